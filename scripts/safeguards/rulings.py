"""
What an adjudicator decides on a page, and the decisions it makes: there and back.

On the page stand the codes at issue in one passage, as the annotators gave them. The adjudicator
leaves the codes that stand, and says why. Nothing but what is left is read: a code that is left as
an annotator gave it accepts that annotator's row, a changed one is the adjudicator's own row, and
a finding of which nothing is left is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from safeguards.model import Annotation, Decision, hash_text
from safeguards.pairing import Finding, shared_characters

_SAID = ("start", "end", "status", "force", "severity", "direction", "attributes", "resolved_by")
_SPECIFIC = re.compile(r"(?P<code>[a-z][a-z0-9_]*)(?: (?P<start>\d+)-(?P<end>\d+))?:\s+(?P<why>.+)")


@dataclass(frozen=True, slots=True)
class Case:
    """
    What is to be decided on one passage.

    Attributes:
        readers: Annotators who read the passage, sorted.
        findings: The findings at issue.
    """

    passage_id: str
    readers: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The anonymous names of the findings at issue, in order."""
        return tuple(name_finding(finding) for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Ruling:
    """
    What an adjudicator left on one passage.

    Attributes:
        rows: The codes that stand.
        notes: What was said about the whole passage; a line ``code: why`` or ``code 4-9: why``
            speaks of that code alone.
    """

    passage_id: str
    rows: tuple[Annotation, ...]
    notes: tuple[str, ...] = ()


def name_finding(finding: Finding) -> str:
    """Return a name for *finding* that does not tell who coded it."""
    return hash_text("\x1f".join(sorted(row.annotation_id for row in finding.values())))[:12]


def letters_of(case: Case, seed: int) -> dict[str, str]:
    """
    Return the letter under which each annotator appears on a passage: A, B and so on.

    The order is drawn anew for each passage, so nobody can be followed through a round.
    """

    def draw(annotator_id: str) -> str:
        return hash_text("\x1f".join((str(seed), case.passage_id, annotator_id)))

    drawn = sorted(case.readers, key=draw)
    return {annotator: chr(ord("A") + place) for place, annotator in enumerate(drawn)}


# From the page to decisions.


def read_ruling(
    findings: Sequence[Finding], ruling: Ruling, adjudicator: str
) -> tuple[list[Decision], list[Annotation], list[str]]:
    """
    Return the decisions in a ruling, the adjudicator's own rows, and what is wrong.

    Args:
        findings: The findings at issue in the passage.
        ruling: What the adjudicator left.
        adjudicator: Pseudonym of the adjudicator.
    """
    left, faults = _share_out(findings, ruling.rows)
    decisions: list[Decision] = []
    own: list[Annotation] = []
    for finding, rows in zip(findings, left, strict=True):
        accepted = [_find_equal(row, finding) or row for row in rows]
        first = next(iter(finding.values()))
        if reason := _reason(finding, rows, ruling.notes):
            ids = tuple(row.annotation_id for row in accepted)
            decisions.append(_decision(finding, ids, adjudicator, reason))
            own += [row for row in accepted if row.annotator_id == adjudicator]
        else:
            fate = "accepted" if rows else "dropped"
            faults.append(f"{first.passage_id} {first.code}: {fate} without a reason; say why")
    return decisions, own, faults


def _share_out(
    findings: Sequence[Finding], rows: Iterable[Annotation]
) -> tuple[list[list[Annotation]], list[str]]:
    """Return which of *rows* are left of each finding; and those that are of none."""
    left: list[list[Annotation]] = [[] for _ in findings]
    codes = [_code(finding) for finding in findings]
    strangers = []
    for row in rows:
        best = _nearest(
            row, findings, {n for n, c in enumerate(codes) if c == (row.layer, row.code)}
        )
        if best is None:
            strangers.append(row)
        else:
            left[best].append(row)
    faults = []
    # The same words under another code correct a finding of which nothing else is left.
    for row in strangers:
        best = _nearest(row, findings, {n for n, rest in enumerate(left) if not rest})
        if best is None:
            place = f"{row.passage_id} {row.code} {row.start}-{row.end}"
            faults.append(f"{place}: nothing is at issue on these words")
        else:
            left[best].append(row)
    return left, faults


def _nearest(row: Annotation, findings: Sequence[Finding], fitting: set[int]) -> int | None:
    """Return the place of the *fitting* finding that shares most with *row*, or None."""
    shared = [(_shared(row, f), -n) for n, f in enumerate(findings) if n in fitting]
    best = max(shared, default=(0, 0))
    return -best[1] if best[0] else None


def _code(finding: Finding) -> tuple[str, str]:
    """Return layer and code of a finding."""
    first = next(iter(finding.values()))
    return first.layer, first.code


def _shared(row: Annotation, finding: Finding) -> int:
    """Return how many characters *row* shares with the row of *finding* that is nearest."""
    return max(shared_characters(row, {who: other}) for who, other in finding.items())


def _find_equal(row: Annotation, finding: Finding) -> Annotation | None:
    """Return the annotator's row that says the same as *row*, or None."""
    said = (row.layer, row.code, *(getattr(row, name) for name in _SAID))
    for other in finding.values():
        if (other.layer, other.code, *(getattr(other, name) for name in _SAID)) == said:
            return other
    return None


def _reason(finding: Finding, rows: Sequence[Annotation], notes: Sequence[str]) -> str:
    """Return why a finding was decided so: the adjudicator's words, before an annotator's."""
    specific, general = _sort_notes(finding, notes)
    copied = {row.reason for row in finding.values()}
    written = [row.reason for row in rows if row.reason and row.reason not in copied]
    kept = [row.reason for row in rows if row.reason]
    return " ".join(specific or written or general or kept)


def _sort_notes(finding: Finding, notes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the notes about *finding*, and those about the whole passage."""
    specific, general = [], []
    for note in notes:
        match = _SPECIFIC.fullmatch(note)
        if match is None:
            general.append(note)
        elif match["code"] == _code(finding)[1] and _is_place(match, finding):
            specific.append(match["why"])
    return specific, general


def _is_place(match: re.Match[str], finding: Finding) -> bool:
    """Tell whether a note that names words names those of *finding*."""
    places = {(str(row.start), str(row.end)) for row in finding.values()}
    return match["start"] is None or (match["start"], match["end"]) in places


def _decision(
    finding: Finding, accepted: tuple[str, ...], adjudicator: str, reason: str
) -> Decision:
    """Return the decision on a finding."""
    first = next(iter(finding.values()))
    return Decision(
        round=first.round,
        passage_id=first.passage_id,
        layer=first.layer,
        code=first.code,
        rows=tuple(row.annotation_id for row in finding.values()),
        accepted=accepted,
        annotator_id=adjudicator,
        reason=reason,
    )


# From decisions to the page.


def build_ruling(
    findings: Sequence[Finding], decisions: Sequence[Decision], own: Mapping[str, Annotation]
) -> tuple[Ruling | None, list[str]]:
    """
    Return what an adjudicator who decided so would have left on a passage, and what is wrong.

    Args:
        findings: The findings at issue in the passage; each needs a decision.
        decisions: Decisions, also on other passages.
        own: The adjudicator's own rows by id.
    """
    decided = {frozenset(d.rows): d for d in decisions}
    rows: list[Annotation] = []
    notes, faults = [], []
    for finding in findings:
        first = next(iter(finding.values()))
        decision = decided.get(frozenset(row.annotation_id for row in finding.values()))
        if decision is None:
            faults.append(f"{first.passage_id} {first.code}: at issue and not decided")
            continue
        known = {row.annotation_id: row for row in finding.values()} | dict(own)
        unknown = [i for i in decision.accepted if i not in known]
        faults += [f"{first.passage_id} {first.code}: no row {i}" for i in unknown]
        accepted = [known[i] for i in decision.accepted if i in known]
        rows += [replace(row, reason=decision.reason) for row in accepted]
        if not decision.accepted:
            notes.append(f"{first.code} {first.start}-{first.end}: {decision.reason}")
    if faults:
        return None, faults
    passage_id = next(iter(findings[0].values())).passage_id
    return Ruling(passage_id, tuple(rows), tuple(notes)), []


def merge_decisions(
    order: Sequence[Finding], old: Sequence[Decision], new: Sequence[Decision]
) -> list[Decision]:
    """
    Return old and new decisions as one list, in the order of the findings; new ones win.

    Decisions on what is no finding any more come last: they are shown to be wrong, not lost.
    """
    places = {frozenset(r.annotation_id for r in f.values()): n for n, f in enumerate(order)}
    merged = {frozenset(d.rows): d for d in (*old, *new)}
    return sorted(merged.values(), key=lambda d: places.get(frozenset(d.rows), len(places)))
