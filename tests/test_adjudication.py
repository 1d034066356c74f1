"""Adjudication: what passes through, what is contested, and what a decision does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from safeguards.adjudication import (
    adjudicate,
    find_contests,
    keep_latest,
    list_contested,
    share_contested,
)
from safeguards.errors import RecordFault
from safeguards.repository import Repository


def test_contests_are_what_annotators_differ_on(tiny: Repository) -> None:
    """A missing code and a different value are contests, and nothing else is."""
    found = find_contests(tiny.annotations("pilot"))
    assert [(c.passage_id, c.code, c.missing, c.differs) for c in found] == [
        ("tiny:art_1__para_1", "degree_term", (), ("severity",)),
        ("tiny:art_1__para_2", "judicial_oversight", (), ("status",)),
        ("tiny:art_1__para_2__point_a", "discretionary_qualifier", ("lm-y",), ()),
    ]


def test_unanimous_codes_stand_on_the_words_all_marked(tiny: Repository) -> None:
    """Two spans of different length leave the words that both cover."""
    rows = adjudicate(tiny.annotations("pilot"), tiny.decisions("pilot"))
    text = {p.passage_id: p.text or "" for p in tiny.passages_with_text("tiny", "official")}
    row = next(r for r in rows if r.passage_id == "tiny:art_3__para_1" and r.status)
    assert text[row.passage_id][row.start : row.end] == "court"
    assert (row.contested, row.annotator_id) == (False, "adjudicated")


def test_a_decision_carries_its_reason(tiny: Repository) -> None:
    """An accepted row is marked contested and has the adjudicator's reason."""
    rows = adjudicate(tiny.annotations("pilot"), tiny.decisions("pilot"))
    row = next(r for r in rows if r.code == "degree_term")
    assert (row.severity, row.contested, row.reason) == ("slight", True, "The cap makes it slight.")


def test_a_passage_without_codes_says_so(tiny: Repository) -> None:
    """A passage on which nothing stands has one row that says it was judged."""
    rows = adjudicate(tiny.annotations("pilot"), tiny.decisions("pilot"))
    empty = [r.passage_id for r in rows if r.layer == "none"]
    assert empty == [
        "tiny:art_1__para_2__point_a",
        "tiny:art_1__para_2__point_b",
        "tiny:art_3__para_2",
    ]


def test_every_wrong_decision_is_reported(tiny: Repository) -> None:
    """A contest left open, a decision on nothing and a row that is not there: all three."""
    decisions = tiny.decisions("pilot")
    wrong = [
        replace(decisions[0], accepted=("pilot-lm-x-000000000000",)),
        replace(decisions[1], rows=("pilot-lm-x-000000000001",), accepted=()),
        decisions[2],
    ]
    with pytest.raises(RecordFault) as caught:
        adjudicate(tiny.annotations("pilot"), wrong)
    assert caught.value.faults == [
        "tiny:art_1__para_2 judicial_oversight: contested and not decided",
        "tiny:art_1__para_1 degree_term: no row pilot-lm-x-000000000000",
        "tiny:art_1__para_2 judicial_oversight: decided and not contested",
    ]


def test_spans_that_do_not_meet_are_two_findings(tiny: Repository) -> None:
    """The same code on different words is no agreement: each annotator misses the other's."""
    coded = tiny.annotations("pilot")
    coded["lm-y"] = [
        replace(r, start=0, end=5) if r.code == "preservation_order" else r for r in coded["lm-y"]
    ]
    found = [c for c in find_contests(coded) if c.code == "preservation_order"]
    assert [c.missing for c in found] == [("lm-y",), ("lm-x",)]


def test_a_code_given_twice_by_both_is_two_findings(tiny: Repository) -> None:
    """Two stretches with the same code are compared one by one, and both pass through."""
    coded = tiny.annotations("pilot")
    for annotator, rows in coded.items():
        row = next(r for r in rows if r.code == "secrecy_order")
        again = replace(row, annotation_id=row.annotation_id + "b", start=0, end=5)
        coded[annotator] = [*rows, again]
    rows = adjudicate(coded, tiny.decisions("pilot"))
    assert [(r.start, r.end) for r in rows if r.code == "secrecy_order"] == [(0, 5), (19, 60)]


def test_the_latest_round_speaks_for_a_passage(tiny: Repository) -> None:
    """A passage coded again has the later codes alone; one that was not keeps its own."""
    first = adjudicate(tiny.annotations("pilot"), tiny.decisions("pilot"))
    again = [replace(r, round="main") for r in first if r.passage_id == "tiny:art_3__para_1"]
    kept = keep_latest([first, again])
    assert [r.round for r in kept if r.passage_id == "tiny:art_3__para_1"] == ["main"] * len(again)
    assert len(kept) == len(first)


def test_a_contest_is_listed_with_its_decision(tiny: Repository) -> None:
    """A contest says whose row stands, that it was dropped, or that nobody has decided yet."""
    decisions = tiny.decisions("pilot")
    rows = list_contested(tiny.annotations("pilot"), [decisions[0], decisions[2]])
    assert [(row.code, row.decided, row.reason) for row in rows] == [
        ("degree_term", "lm-x", "The cap makes it slight."),
        ("judicial_oversight", "undecided", None),
        ("discretionary_qualifier", "dropped", "A plain exception, not a hedge."),
    ]


def test_shares_of_contested_findings_add_up(tiny: Repository) -> None:
    """Three of eight findings are contested, all in article 1; margins are the sums of the rest."""
    rows = {(r.layer, r.article): r for r in share_contested(tiny.annotations("pilot"))}
    whole = rows["all", "all"]
    assert (whole.findings, whole.contested, whole.share) == (8, 3, 0.375)
    assert rows["all", "tiny:art_1"].contested == 3
    assert rows["power", "all"].share == 0
    inner = [r for r in rows.values() if "all" not in (r.layer, r.article)]
    assert sum(r.findings for r in inner) == 8
    assert sum(r.contested for r in inner) == 3
