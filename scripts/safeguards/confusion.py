"""
Which codes annotators take for each other: a confusion matrix of findings, as flat rows.

Rows of two annotators that are one finding (`safeguards.pairing`) are left out. Of the rest, rows
of one passage and layer are paired where their words overlap, the largest overlap first: the two
gave different codes to the same words. What stays alone was given by one, by the other not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from safeguards.model import Annotation
from safeguards.pairing import pair_rows, shared_characters

NOTHING = "none"

_Pair = tuple[Annotation | None, Annotation | None]


@dataclass(frozen=True, slots=True)
class Confusion:
    """
    How often one annotator gave a code where another gave a different one, or nothing.

    Attributes:
        layer: Layer of both codes.
        one: An annotator; where one annotator's two readings are compared, a round.
        code: What this one said; ``none`` for nothing.
        other: The other annotator, or round.
        other_code: What the other said of the same words; ``none`` for nothing.
        findings: How often.
    """

    layer: str
    one: str
    code: str
    other: str
    other_code: str
    findings: int


def count_confusions(coded: Mapping[str, Sequence[Annotation]]) -> list[Confusion]:
    """
    Return how often codes are taken for each other, by layer, the most frequent first.

    Only passages that both read are compared.

    Args:
        coded: Each annotator's rows, in document order.
    """
    counted = Counter(
        _key(one, other, pair)
        for one, other in combinations(sorted(coded), 2)
        for pair in _iter_pairs(*_both_read(coded[one], coded[other]))
    )
    rows = [Confusion(*key, findings=n) for key, n in counted.items()]
    return sorted(rows, key=lambda r: (r.layer, -r.findings, r.code, r.other_code, r.one, r.other))


def _key(one: str, other: str, pair: _Pair) -> tuple[str, str, str, str, str]:
    """Return what a pair of rows is counted under."""
    left, right = pair
    layer = next(row.layer for row in pair if row)
    return (layer, one, left.code if left else NOTHING, other, right.code if right else NOTHING)


def _both_read(
    left: Sequence[Annotation], right: Sequence[Annotation]
) -> tuple[list[Annotation], list[Annotation]]:
    """Return the rows on passages that both have read."""
    shared = {(r.passage_id, r.edition) for r in left} & {(r.passage_id, r.edition) for r in right}
    kept = [[r for r in rows if (r.passage_id, r.edition) in shared] for rows in (left, right)]
    return kept[0], kept[1]


def _iter_pairs(left: Sequence[Annotation], right: Sequence[Annotation]) -> Iterator[_Pair]:
    """Yield the rows on which the two differ: paired by overlap, or alone."""
    places: dict[tuple[str, str, str], tuple[list[Annotation], list[Annotation]]] = {}
    for finding in pair_rows({"left": left, "right": right}):
        if len(finding) == 1:
            (side, row), *_ = finding.items()
            alone = places.setdefault((row.passage_id, row.edition, row.layer), ([], []))
            alone[side == "right"].append(row)
    for lefts, rights in places.values():
        yield from _match(lefts, rights)


def _match(lefts: Sequence[Annotation], rights: Sequence[Annotation]) -> Iterator[_Pair]:
    """Yield rows of one passage and layer paired one to one, the largest overlap first."""
    shared = sorted(
        (-shared_characters(left, {"": right}), n, m)
        for n, left in enumerate(lefts)
        for m, right in enumerate(rights)
    )
    taken: dict[int, int] = {}
    for overlap, n, m in shared:
        if overlap < 0 and n not in taken and m not in taken.values():
            taken[n] = m
    for n, left in enumerate(lefts):
        yield left, rights[taken[n]] if n in taken else None
    for m, right in enumerate(rights):
        if m not in taken.values():
            yield None, right
