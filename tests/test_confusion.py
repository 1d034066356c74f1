"""Confusion: which codes stand against each other, and which against nothing."""

from __future__ import annotations

from dataclasses import replace

from safeguards.confusion import Confusion, count_confusions
from safeguards.model import Annotation
from safeguards.repository import Repository


def replace_code(rows: list[Annotation], old: str, new: str) -> list[Annotation]:
    """Return *rows* in which one code has become another."""
    return [replace(row, code=new) if row.code == old else row for row in rows]


def test_a_code_that_one_missed_stands_against_nothing(tiny: Repository) -> None:
    """The only code that one annotator alone gave is counted against none; agreement is not."""
    assert count_confusions(tiny.annotations("pilot")) == [
        Confusion("vagueness", "lm-x", "discretionary_qualifier", "lm-y", "none", 1)
    ]


def test_two_codes_on_the_same_words_stand_against_each_other(tiny: Repository) -> None:
    """A term that one calls a matter of degree and the other a missing limit is one confusion."""
    coded = tiny.annotations("pilot")
    coded["lm-y"] = replace_code(coded["lm-y"], "degree_term", "missing_limit")
    assert Confusion("vagueness", "lm-x", "degree_term", "lm-y", "missing_limit", 1) in (
        count_confusions(coded)
    )


def test_codes_on_other_words_are_no_confusion(tiny: Repository) -> None:
    """Different codes on words that do not meet stand against nothing, each for itself."""
    coded = tiny.annotations("pilot")
    rows = replace_code(coded["lm-y"], "degree_term", "missing_limit")
    coded["lm-y"] = [
        replace(row, start=0, end=5) if row.code == "missing_limit" else row for row in rows
    ]
    found = {(row.code, row.other_code): row.findings for row in count_confusions(coded)}
    assert found == {
        ("degree_term", "none"): 1,
        ("discretionary_qualifier", "none"): 1,
        ("none", "missing_limit"): 1,
    }


def test_a_second_code_beside_an_agreed_one_stands_against_nothing(tiny: Repository) -> None:
    """Where both gave a code, another code of one on the same words takes no partner from it."""
    coded = tiny.annotations("pilot")
    row = next(r for r in coded["lm-y"] if r.code == "degree_term")
    coded["lm-y"].append(replace(row, annotation_id="more", code="missing_limit"))
    assert Confusion("vagueness", "lm-x", "none", "lm-y", "missing_limit", 1) in (
        count_confusions(coded)
    )


def test_passages_that_one_has_not_read_say_nothing(tiny: Repository) -> None:
    """What an annotator did not read is no judgement, and so no confusion."""
    coded = tiny.annotations("pilot")
    passage_id = "tiny:art_1__para_2__point_a"
    coded["lm-y"] = [row for row in coded["lm-y"] if row.passage_id != passage_id]
    assert count_confusions(coded) == []
