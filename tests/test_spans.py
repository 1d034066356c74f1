"""Span F1: which spans match, and how far the value can be trusted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguards.spans import CodedSpan, SpanAgreement, f1_interval, span_f1

spans = st.frozensets(
    st.tuples(
        st.sampled_from(["p1", "p2"]),
        st.sampled_from(["SG.01", "VG.02"]),
        st.integers(0, 12),
        st.integers(1, 6),
    ).map(lambda s: (s[0], s[1], s[2], s[2] + s[3])),
    max_size=8,
)

A, B = "SG.01", "VG.02"


@pytest.mark.parametrize(
    ("left", "right", "exact", "overlap"),
    [
        ({("p", A, 0, 5)}, {("p", A, 0, 5)}, 1, 1),
        ({("p", A, 0, 5)}, {("p", A, 4, 9)}, 0, 1),
        ({("p", A, 0, 5)}, {("p", A, 5, 9)}, 0, 0),
        ({("p", A, 0, 5)}, {("p", B, 0, 5)}, 0, 0),
        ({("p", A, 0, 5)}, {("q", A, 0, 5)}, 0, 0),
        ({("p", A, 0, 9)}, {("p", A, 0, 4), ("p", A, 5, 9)}, 0, 1),
        ({("p", A, 0, 4), ("p", A, 3, 9)}, {("p", A, 0, 9), ("p", A, 0, 2)}, 0, 2),
        ({("p", A, 0, 4), ("p", A, 4, 9)}, {("p", A, 0, 4), ("p", A, 2, 9)}, 1, 2),
        (set(), {("p", A, 0, 5)}, 0, 0),
        (set(), set(), 0, 0),
    ],
    ids=[
        "same",
        "shares a character",
        "touches",
        "another code",
        "another unit",
        "one for two",
        "largest first",
        "tightest first",
        "left empty",
        "both empty",
    ],
)
def test_spans_matched(
    left: set[CodedSpan], right: set[CodedSpan], exact: int, overlap: int
) -> None:
    """Spans are matched one to one, within a unit and a code."""
    assert span_f1(left, right).matched == exact
    assert span_f1(left, right, "overlap").matched == overlap


def test_span_f1_by_hand() -> None:
    """With one of two spans matched by one of three, precision is 1/2, recall 1/3, F1 2/5."""
    left = {("p", A, 0, 5), ("p", A, 6, 9)}
    right = {("p", A, 0, 5), ("p", B, 6, 9), ("q", A, 6, 9)}
    assert span_f1(left, right) == SpanAgreement(1 / 2, 1 / 3, 2 / 5, left=2, right=3, matched=1)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (set(), set(), SpanAgreement(None, None, None, 0, 0, 0)),
        ({("p", A, 0, 5)}, set(), SpanAgreement(0.0, None, 0.0, 1, 0, 0)),
        (set(), {("p", A, 0, 5)}, SpanAgreement(None, 0.0, 0.0, 0, 1, 0)),
    ],
)
def test_span_f1_of_nothing(
    left: set[CodedSpan], right: set[CodedSpan], expected: SpanAgreement
) -> None:
    """F1 is None if nobody marked anything, and 0 if only one side did."""
    assert span_f1(left, right) == expected


@given(left=spans, right=spans)
def test_span_f1_swaps_sides(left: frozenset[CodedSpan], right: frozenset[CodedSpan]) -> None:
    """Swapping the sides swaps precision and recall, and keeps F1."""
    one, other = span_f1(left, right, "overlap"), span_f1(right, left, "overlap")
    assert (one.precision, one.recall, one.f1) == (other.recall, other.precision, other.f1)


@given(left=spans, right=spans)
def test_span_matches_are_bounded(left: frozenset[CodedSpan], right: frozenset[CodedSpan]) -> None:
    """No side matches more spans than it has, and a side matches all of itself."""
    assert span_f1(left, right, "overlap").matched <= min(len(left), len(right))
    assert span_f1(left, left, "overlap").matched == len(left)


def test_span_f1_refuses_other_matches() -> None:
    """There are two ways to match spans and no third."""
    fuzzy: Any = "fuzzy"
    with pytest.raises(ValueError) as caught:
        span_f1(set(), set(), fuzzy)
    assert str(caught.value) == "spans are not matched by 'fuzzy'; use 'exact' or 'overlap'"


def article(unit: str) -> str:
    """Return the article of a made-up unit id such as ``a1/p2``."""
    return unit.partition("/")[0]


def slow_interval(
    left: set[CodedSpan], right: set[CodedSpan], replications: int, seed: int
) -> tuple[float, float]:
    """Return the interval as the definition has it: pool the articles drawn, compute F1."""
    rng = np.random.default_rng(seed)
    names = sorted({article(span[0]) for span in left | right})
    values = []
    for _ in range(replications):
        drawn = [names[i] for i in rng.integers(len(names), size=len(names))]
        sides = [
            {(f"{n}:{u}", c, s, e) for n, name in enumerate(drawn) for u, c, s, e in side if article(u) == name}
            for side in (left, right)
        ]  # fmt: skip
        values.append(span_f1(sides[0], sides[1], "overlap").f1)
    low, high = np.quantile([v for v in values if v is not None], [0.025, 0.975])
    return float(low), float(high)


def test_the_interval_equals_pooling_the_articles_drawn() -> None:
    """Adding up counts per article gives what F1 of the drawn articles gives."""
    left = {(f"a{n % 7}/p{n}", A, 0, 10) for n in range(20)}
    right = {(f"a{n % 7}/p{n}", A, 5 * (n % 3), 30) for n in range(3, 23)}
    fast = f1_interval(left, right, "overlap", article, replications=60, seed=3)
    assert fast == pytest.approx(slow_interval(left, right, 60, 3))


def test_one_article_has_no_interval() -> None:
    """Spans of one article alone leave nothing to draw."""
    spans = {("a1/p1", A, 0, 5), ("a1/p2", A, 0, 5)}
    assert f1_interval(spans, spans, "exact", article, replications=9, seed=1) is None
