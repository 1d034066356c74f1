"""
How far two annotators marked the same words: span F1, with an interval over articles.

F1 needs no correction for chance, for two people hardly ever mark the same words by chance
(Hripcsak, G. and Rothschild, A. (2005). Agreement, the F-Measure, and Reliability in Information
Retrieval. https://doi.org/10.1197/jamia.M1733).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import product
from typing import Literal, TypeAlias

import numpy as np

from safeguards.coefficients import draw_clusters, find_percentiles

CodedSpan: TypeAlias = tuple[str, str, int, int]
Match: TypeAlias = Literal["exact", "overlap"]


@dataclass(frozen=True, slots=True)
class SpanAgreement:
    """
    How far two sets of spans are the same.

    Attributes:
        precision: Matched share of the left spans; None if there are none.
        recall: Matched share of the right spans; None if there are none.
        f1: Harmonic mean of the two; 0 if one side is empty, None if both are.
        left: How many spans the left side has.
        right: How many spans the right side has.
        matched: How many spans found a partner.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    left: int
    right: int
    matched: int


def span_f1(
    left: AbstractSet[CodedSpan],
    right: AbstractSet[CodedSpan],
    match: Match = "exact",
) -> SpanAgreement:
    """
    Return precision, recall and F1 of two annotators' spans.

    A span is (unit id, code, start, end), half-open. An exact match has all four alike. An
    overlap has unit and code alike and shares at least one character; spans are matched one to
    one, the largest overlap first and of equal ones the tightest pair. So the count does not
    depend on any order, but a cleverer matching may now and then find one pair more. Taking the
    right side as the truth gives precision and recall their usual sense; F1 is the same both ways.

    >>> ada = {("p1", "SG.01", 0, 10), ("p1", "SG.02", 3, 8)}
    >>> ben = {("p1", "SG.01", 4, 12)}
    >>> span_f1(ada, ben).f1
    0.0
    >>> round(span_f1(ada, ben, "overlap").f1, 2)
    0.67

    Raises:
        ValueError: There is no such way to match.
    """
    if match not in ("exact", "overlap"):
        raise ValueError(f"spans are not matched by {match!r}; use 'exact' or 'overlap'")
    matched = len(left & right) if match == "exact" else _count_overlapping(left, right)
    return SpanAgreement(
        precision=_share(matched, len(left)),
        recall=_share(matched, len(right)),
        f1=_share(2 * matched, len(left) + len(right)),
        left=len(left),
        right=len(right),
        matched=matched,
    )


def f1_interval(
    left: AbstractSet[CodedSpan],
    right: AbstractSet[CodedSpan],
    match: Match,
    cluster_of: Callable[[str], str],
    *,
    replications: int,
    seed: int,
) -> tuple[float, float] | None:
    """
    Return the 95 percent percentile interval of F1 when clusters are drawn with replacement.

    Spans match within a unit, so the counts of a cluster are made once and added up for each draw.
    Clusters without a span carry nothing and are not drawn.

    >>> ada = {(f"art_{n}", "SG.01", 0, 10) for n in range(9)}
    >>> ben = {(f"art_{n}", "SG.01", 0, 10 + n % 2) for n in range(9)}
    >>> low, high = f1_interval(ada, ben, "exact", str, replications=99, seed=7)
    >>> f"{low:.2f} to {high:.2f}"
    '0.22 to 0.84'

    Args:
        left: One annotator's spans, as for `span_f1`.
        right: The other's.
        match: As for `span_f1`.
        cluster_of: Returns the cluster of a unit id, for example its article.
        replications: How many times to draw.
        seed: The only source of randomness.

    Returns:
        The two ends; None if fewer than two clusters hold spans.
    """
    lefts, rights = _group_by_cluster(left, cluster_of), _group_by_cluster(right, cluster_of)
    clusters = sorted(lefts.keys() | rights.keys())
    if len(clusters) < 2:
        return None
    found = [span_f1(lefts.get(c, set()), rights.get(c, set()), match) for c in clusters]
    counts = np.array([(2 * f.matched, f.left + f.right) for f in found], dtype=np.float64)
    matched, spans = (draw_clusters(len(clusters), replications, seed) @ counts).T
    return find_percentiles(matched / spans)


def _group_by_cluster(
    spans: AbstractSet[CodedSpan], cluster_of: Callable[[str], str]
) -> dict[str, set[CodedSpan]]:
    """Return the spans by the cluster that their unit lies in."""
    groups: dict[str, set[CodedSpan]] = defaultdict(set)
    for span in spans:
        groups[cluster_of(span[0])].add(span)
    return dict(groups)


def _share(part: int, whole: int) -> float | None:
    """Return part of whole; None if there is no whole."""
    return part / whole if whole else None


def _count_overlapping(left: AbstractSet[CodedSpan], right: AbstractSet[CodedSpan]) -> int:
    """Return how many spans are matched within the same unit and code."""
    lefts, rights = _group_ranges(left), _group_ranges(right)
    return sum(_match_greedily(lefts[key], rights[key]) for key in lefts.keys() & rights.keys())


def _group_ranges(
    spans: AbstractSet[CodedSpan],
) -> Mapping[tuple[str, str], list[tuple[int, int]]]:
    """Return the offsets of the spans by unit and code."""
    groups = defaultdict(list)
    for unit, code, start, end in spans:
        groups[unit, code].append((start, end))
    return groups


def _match_greedily(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> int:
    """Return how many ranges are matched one to one, the best pairs first."""
    pairs = sorted((_rank_pair(a, b), a, b) for a, b in product(left, right))
    taken_left: set[tuple[int, int]] = set()
    taken_right: set[tuple[int, int]] = set()
    for (negative_overlap, *_), a, b in pairs:
        if negative_overlap < 0 and a not in taken_left and b not in taken_right:
            taken_left.add(a)
            taken_right.add(b)
    return len(taken_left)


def _rank_pair(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int, tuple[int, int]]:
    """Return a sort key: more shared characters, a smaller extent, then the earlier; symmetric."""
    overlap = min(a[1], b[1]) - max(a[0], b[0])
    extent = max(a[1], b[1]) - min(a[0], b[0])
    return -overlap, extent, min(a, b)
