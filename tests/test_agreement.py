"""The agreement report: passages as units, absence as a judgement, honest gaps."""

from __future__ import annotations

import pytest

from safeguards.agreement import AgreementRow, build_report
from safeguards.repository import Repository


@pytest.fixture
def report(tiny: Repository) -> dict[tuple[str, str], AgreementRow]:
    """The report on the tiny pilot, by subject and measure."""
    rows = build_report(tiny.annotations("pilot"), tiny.codebook)
    return {(row.subject, row.measure): row for row in rows}


def test_every_read_passage_is_a_unit(report: dict[tuple[str, str], AgreementRow]) -> None:
    """Passages in which nobody found anything count in the support."""
    row = report["safeguard", "alpha_masi"]
    assert (row.support, row.positive) == (7, 3)
    assert row.value == 1


def test_disagreement_on_a_code_shows(report: dict[tuple[str, str], AgreementRow]) -> None:
    """A code that one annotator missed once has an alpha below one."""
    row = report["discretionary_qualifier", "alpha_nominal"]
    assert row.value is not None
    assert 0 < row.value < 1
    assert row.positive == 2


def test_ranks_are_compared_where_both_gave_the_code(
    report: dict[tuple[str, str], AgreementRow],
) -> None:
    """Severity is compared on the two vague spots that both saw."""
    assert report["severity", "alpha_ordinal"].support == 2


def test_spans_are_compared_exactly_and_by_overlap(
    report: dict[tuple[str, str], AgreementRow],
) -> None:
    """Of nine and eight spans six are equal and eight share words."""
    exact, overlap = report["spans", "f1_exact"], report["spans", "f1_overlap"]
    assert (exact.support, exact.positive) == (15, 5)
    assert (overlap.support, overlap.positive) == (15, 7)


def test_what_cannot_be_estimated_says_why(tiny: Repository) -> None:
    """One annotator alone gives no agreement, and the report says so."""
    alone = {"lm-x": tiny.annotations("pilot")["lm-x"]}
    row = build_report(alone, tiny.codebook)[0]
    assert (row.value, row.reason) == (None, "no unit was judged by two annotators")


def test_the_report_is_the_same_every_time(tiny: Repository) -> None:
    """The bootstrap's seed is fixed, so that two runs print the same intervals."""
    coded = tiny.annotations("pilot")
    assert build_report(coded, tiny.codebook) == build_report(coded, tiny.codebook)
