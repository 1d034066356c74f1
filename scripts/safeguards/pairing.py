"""
Which rows of different annotators speak of the same thing.

A finding is one code on one stretch of a passage. Rows of different annotators belong to one
finding when they give the same code to the same passage, in the same edition, on words that
overlap; an annotator has at most one row in a finding, so a code given twice to a passage makes two
findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from safeguards.model import Annotation, Span

Finding = dict[str, Annotation]


def pair_rows(annotations: Mapping[str, Sequence[Annotation]]) -> list[Finding]:
    """
    Return the findings of a round: annotator -> row, one entry for each who has it.

    Rows are joined greedily, the largest overlap first; ties go to the earlier words. Findings come
    in the order of passages, and within a passage in the order of the first annotator's rows.

    Args:
        annotations: Each annotator's rows, in document order.
    """
    grouped: dict[tuple[str, ...], list[Finding]] = {}
    for annotator in sorted(annotations):
        mine: dict[tuple[str, ...], list[Annotation]] = {}
        for row in annotations[annotator]:
            if row.layer != "none":
                place = (row.passage_id, row.edition, row.layer, row.code)
                mine.setdefault(place, []).append(row)
        for key, rows in mine.items():
            _join(grouped.setdefault(key, []), annotator, rows)
    places = {row.passage_id: n for rows in annotations.values() for n, row in enumerate(rows)}
    findings = [finding for found in grouped.values() for finding in found]
    return sorted(findings, key=lambda f: min(places[r.passage_id] for r in f.values()))


def _join(findings: list[Finding], annotator: str, rows: Sequence[Annotation]) -> None:
    """Add one annotator's rows of one code and passage to the findings they belong to."""
    pairs = [
        (-shared_characters(row, finding), n, m)
        for n, row in enumerate(rows)
        for m, finding in enumerate(findings)
        if shared_characters(row, finding) > 0
    ]
    taken: dict[int, int] = {}
    for _, n, m in sorted(pairs):
        if n not in taken and m not in taken.values():
            taken[n] = m
    for n, row in enumerate(rows):
        if n in taken:
            findings[taken[n]][annotator] = row
        else:
            findings.append({annotator: row})


def shared_characters(row: Annotation, finding: Finding) -> int:
    """Return how many characters *row* shares with *finding*; 1 for whole passages."""
    common = common_span([row, *finding.values()])
    return common.end - common.start if isinstance(common, Span) else int(common is None)


def common_span(rows: Sequence[Annotation]) -> Span | bool | None:
    """Return the words all rows mark; None where all mark the whole, False where none meet."""
    spans = [(r.start, r.end) for r in rows if r.start is not None and r.end is not None]
    if not spans:
        return None
    if len(spans) < len(rows):
        return False
    start, end = max(start for start, _ in spans), min(end for _, end in spans)
    return Span(start, end) if start < end else False
