"""
Whether proposals pull annotators: a round coded with them beside one coded without.

If annotators who were shown proposals agree with them more often than annotators who were not,
on the same passages, the proposals have pulled them. How much of that is good is for the
adjudicated layer to say (`safeguards.prediction.measure`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from safeguards.errors import UsageFault
from safeguards.model import Annotation
from safeguards.prediction.measure import is_borne_out
from safeguards.proposals import Origins, Prediction

Coded = Mapping[str, Sequence[Annotation]]


@dataclass(frozen=True, slots=True)
class Anchoring:
    """
    How an annotator, or all of a round, stands to the proposals on the passages they read.

    Attributes:
        round: Name of the round.
        annotator_id: Pseudonym, or ``all``.
        shown: True where the annotator saw the proposals.
        passages: Passages that were read in both rounds.
        proposed: Proposals on them.
        agreed: Those that the annotator has too, on overlapping words.
        agreed_share: Their share, or None.
        exact: Those that the annotator has on exactly the proposed words.
        kept: Proposals that were left as they were, as Label Studio recorded it.
        kept_share: Their share of the proposals, or None where none were shown.
        changed: Proposals that were kept with other words or another code.
        own: Rows of the annotator that no proposal overlaps.
    """

    round: str
    annotator_id: str
    shown: bool
    passages: int
    proposed: int
    agreed: int
    agreed_share: float | None
    exact: int
    kept: int
    kept_share: float | None
    changed: int
    own: int


def compare_rounds(
    names: tuple[str, str],
    coded: tuple[Coded, Coded],
    shown: Sequence[Prediction],
    origins: Sequence[Origins],
) -> list[Anchoring]:
    """
    Return how annotators stand to the proposals, in the round that saw them and in the other.

    Args:
        names: The round with proposals, and the one without.
        coded: Their codes by annotator.
        shown: What the first round was shown.
        origins: Where the marks of the first round came from.

    Raises:
        UsageFault: The first round was shown nothing, or no passage was read in both.
    """
    if not shown:
        raise UsageFault(
            f"round {names[0]} was shown no proposals; name the round that was pushed with "
            "--predict first"
        )
    both = _read(coded[0]) & _read(coded[1])
    if not both:
        raise UsageFault(
            f"{names[0]} and {names[1]} have no passage of the same text in common; compare "
            "rounds over the same articles"
        )
    proposals = [p for p in shown if (p.passage_id, p.text_sha256) in both]
    found: list[Anchoring] = []
    for name, rows, was_shown in zip(names, coded, (True, False), strict=True):
        mine = origins if was_shown else ()
        each = [_stand(name, a, was_shown, rows[a], proposals, both, mine) for a in sorted(rows)]
        found += [*each, _total(name, was_shown, each)]
    return found


def _read(coded: Coded) -> set[tuple[str, str]]:
    """Return the passages that somebody read, with their texts."""
    return {(row.passage_id, row.text_sha256) for rows in coded.values() for row in rows}


def _stand(
    name: str,
    annotator_id: str,
    shown: bool,
    rows: Sequence[Annotation],
    proposals: Sequence[Prediction],
    both: set[tuple[str, str]],
    origins: Sequence[Origins],
) -> Anchoring:
    """Return how one annotator stands to the proposals on what they read."""
    read = {(r.passage_id, r.text_sha256) for r in rows} & both
    mine = [p for p in proposals if (p.passage_id, p.text_sha256) in read]
    said: dict[tuple[str, str], list[Annotation]] = {}
    for row in rows:
        said.setdefault((row.passage_id, row.code), []).append(row)
    places = {(r.passage_id, r.code, r.start, r.end) for r in rows}
    passages = {p for p, _ in read}
    marks = [o for o in origins if o.annotator_id == annotator_id and o.passage_id in passages]
    agreed = sum(is_borne_out(p, said) for p in mine)
    overlapped = {
        r.annotation_id
        for r in rows
        for p in mine
        if is_borne_out(p, {(r.passage_id, r.code): [r]})
    }
    coded = [r for r in rows if r.start is not None and (r.passage_id, r.text_sha256) in read]
    return _row(
        (name, annotator_id, shown),
        passages=len(read),
        proposed=len(mine),
        agreed=agreed,
        exact=sum((p.passage_id, p.code, p.start, p.end) in places for p in mine),
        kept=sum(o.kept for o in marks),
        changed=sum(o.changed for o in marks),
        own=sum(r.annotation_id not in overlapped for r in coded),
    )


def _total(name: str, shown: bool, each: Sequence[Anchoring]) -> Anchoring:
    """Return the annotators of a round together."""
    columns = ("passages", "proposed", "agreed", "exact", "kept", "changed", "own")
    return _row((name, "all", shown), **{c: sum(getattr(a, c) for a in each) for c in columns})


def _row(
    who: tuple[str, str, bool],
    *,
    passages: int,
    proposed: int,
    agreed: int,
    exact: int,
    kept: int,
    changed: int,
    own: int,
) -> Anchoring:
    """Return counts with their shares."""
    shown = who[2]
    return Anchoring(
        *who,
        passages=passages,
        proposed=proposed,
        agreed=agreed,
        agreed_share=round(agreed / proposed, 4) if proposed else None,
        exact=exact,
        kept=kept,
        kept_share=round(kept / proposed, 4) if proposed and shown else None,
        changed=changed,
        own=own,
    )
