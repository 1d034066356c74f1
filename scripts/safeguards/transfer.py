"""
A round's codes when a text gets a new version: what follows it, and what is to be coded again.

A code follows the text where the words it covers stand in the new passage exactly once
(`safeguards.editions.carry_spans`). What annotators said about one finding follows together or not
at all, with its decision: if one of two codes were left behind, it would look as though that
annotator had never given it. All old rows are kept beside the round, with the hash of the old text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from safeguards.editions import carry_spans
from safeguards.model import Annotation, Decision, Passage, make_annotation_id
from safeguards.pairing import pair_rows

_TOGETHER = "another code of the same finding cannot follow"


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of one code.

    Attributes:
        state: ``carried``, or ``relabel``: its passage is to be coded again.
        reason: Why it was not carried.
    """

    annotator_id: str
    passage_id: str
    code: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """
    A round after its texts changed.

    Attributes:
        rows: Each annotator's rows that stand: on unchanged texts, and carried ones.
        decisions: The decisions that stand, on the rows as they are called now: the id of a row
            follows from its text and offsets.
        old_rows: Each annotator's rows on the old texts, as they were; also those carried.
        old_decisions: Decisions on rows that changed, as they were.
        outcomes: What became of each code on a changed text.
    """

    rows: dict[str, list[Annotation]]
    decisions: list[Decision]
    old_rows: dict[str, list[Annotation]]
    old_decisions: list[Decision]
    outcomes: list[Outcome]


def find_changed(
    annotations: Mapping[str, Sequence[Annotation]], passages: Iterable[Passage]
) -> list[Annotation]:
    """Return the rows that were made on another text than the present one."""
    present = {(p.passage_id, p.edition): p.text_sha256 for p in passages}
    return [
        row
        for rows in annotations.values()
        for row in rows
        if present.get((row.passage_id, row.edition)) != row.text_sha256
    ]


def transfer_round(
    annotations: Mapping[str, Sequence[Annotation]],
    decisions: Sequence[Decision],
    old: Sequence[Passage],
    new: Sequence[Passage],
) -> Transfer:
    """
    Return a round whose codes followed their texts, as far as they could.

    Args:
        annotations: The rows of annotators, and the adjudicator's own.
        decisions: The adjudicator's decisions.
        old: The texts that were coded, with their words.
        new: The present texts, with theirs.
    """
    changed = find_changed(annotations, new)
    fitted, lost = _fit(changed, old, new)
    _lose_together(lost, annotations, decisions)
    moved = {row.annotation_id for row in changed}
    ids = {i: row.annotation_id for i, row in fitted.items() if i not in lost}
    standing = {
        annotator_id: [fitted.get(r.annotation_id, r) for r in rows if r.annotation_id not in lost]
        for annotator_id, rows in annotations.items()
    }
    kept = [d for d in decisions if not lost.keys() & {*d.rows, *d.accepted}]
    return Transfer(
        rows={annotator_id: _in_order(rows) for annotator_id, rows in standing.items()},
        decisions=[_rename(decision, ids) for decision in kept],
        old_rows={
            annotator_id: [r for r in rows if r.annotation_id in moved]
            for annotator_id, rows in annotations.items()
        },
        old_decisions=[d for d in decisions if moved & {*d.rows, *d.accepted}],
        outcomes=[_outcome(row, lost.get(row.annotation_id)) for row in changed],
    )


def _in_order(rows: Sequence[Annotation]) -> list[Annotation]:
    """Return an annotator's rows as a pull sorts them: passages as they were, then by offsets."""
    places: dict[str, int] = {}
    for row in rows:
        places.setdefault(row.passage_id, len(places))
    return sorted(
        rows,
        key=lambda r: (places[r.passage_id], r.start or 0, r.end or 0, r.layer, r.code),
    )


def _rename(decision: Decision, ids: Mapping[str, str]) -> Decision:
    """Return a decision on the rows as they are called now."""
    return replace(
        decision,
        rows=tuple(ids.get(i, i) for i in decision.rows),
        accepted=tuple(ids.get(i, i) for i in decision.accepted),
    )


def _fit(
    changed: Sequence[Annotation], old: Sequence[Passage], new: Sequence[Passage]
) -> tuple[dict[str, Annotation], dict[str, str]]:
    """Return the rows that fit the new texts by their old ids, and why the others do not."""
    fitted: dict[str, Annotation] = {}
    lost: dict[str, str] = {}
    for edition in sorted({row.edition for row in changed}):
        rows = [row for row in changed if row.edition == edition]
        carried, left = carry_spans(old, [p for p in new if p.edition == edition], rows)
        fitted |= {
            row.annotation_id: replace(row, annotation_id=make_annotation_id(row))
            for row in carried
        }
        lost |= {item.annotation.annotation_id: item.reason for item in left}
    return fitted, lost


def _lose_together(
    lost: dict[str, str],
    annotations: Mapping[str, Sequence[Annotation]],
    decisions: Sequence[Decision],
) -> None:
    """Add to *lost* all that belongs to a finding or decision of which something is lost."""
    groups = [{row.annotation_id for row in f.values()} for f in pair_rows(annotations)]
    groups += [{*d.rows, *d.accepted} for d in decisions]
    before = -1
    while before != len(lost):
        before = len(lost)
        for group in groups:
            if lost.keys() & group:
                lost |= dict.fromkeys(group - lost.keys(), _TOGETHER)


def _outcome(row: Annotation, reason: str | None) -> Outcome:
    """Return what became of one row."""
    state = "carried" if reason is None else "relabel"
    return Outcome(row.annotator_id, row.passage_id, row.code, state, reason or "")
