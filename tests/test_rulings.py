"""Rulings: what an adjudicator leaves on a page, and the decisions that follow from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from safeguards.adjudication import adjudicate, find_cases
from safeguards.errors import RecordFault
from safeguards.model import Annotation, Decision, make_annotation_id
from safeguards.pairing import Finding
from safeguards.repository import Repository
from safeguards.rulings import Ruling, build_ruling, letters_of, merge_decisions, read_ruling

PASSAGE = "tiny:art_1__para_1"


def finding_on(tiny: Repository, passage_id: str) -> Finding:
    """Return the only finding at issue in a passage."""
    case = next(c for c in find_cases(tiny.annotations("pilot")) if c.passage_id == passage_id)
    (finding,) = case.findings
    return finding


def left(row: Annotation, **changes: object) -> Annotation:
    """Return a row as the adjudicator leaves it."""
    changed = replace(row, annotator_id="lm-z", **changes)  # type: ignore[arg-type]
    return replace(changed, annotation_id=make_annotation_id(changed))


def decide(finding: Finding, *rows: Annotation, notes: tuple[str, ...] = ()) -> Decision:
    """Return the decision that a ruling makes, which has to be right."""
    (decision,), _, faults = read_ruling([finding], Ruling(PASSAGE, rows, notes), "lm-z")
    assert faults == []
    return decision


def test_cases_are_what_is_contested(tiny: Repository) -> None:
    """Only passages with a contest are put before the adjudicator."""
    cases = find_cases(tiny.annotations("pilot"))
    assert [(c.passage_id, c.readers, len(c.findings)) for c in cases] == [
        ("tiny:art_1__para_1", ("lm-x", "lm-y"), 1),
        ("tiny:art_1__para_2", ("lm-x", "lm-y"), 1),
        ("tiny:art_1__para_2__point_a", ("lm-x", "lm-y"), 1),
    ]


@pytest.mark.parametrize(("share", "drawn"), [(0.0, 0), (0.05, 1), (0.5, 3), (1.0, 5)])
def test_an_audit_draws_from_what_is_agreed(tiny: Repository, share: float, drawn: int) -> None:
    """An audit adds its share of the agreed findings, rounded up, and the same ones each time."""
    coded = tiny.annotations("pilot")
    cases = find_cases(coded, share, seed=7)
    assert sum(len(c.findings) for c in cases) == 3 + drawn
    assert cases == find_cases(coded, share, seed=7)


def test_letters_do_not_follow_an_annotator(tiny: Repository) -> None:
    """The same annotator is A on some passages and B on others, the same way for each seed."""
    cases = find_cases(tiny.annotations("pilot"), audit=1.0)
    letters = [letters_of(case, seed=1)["lm-x"] for case in cases]
    assert set(letters) == {"A", "B"}
    assert letters == [letters_of(case, seed=1)["lm-x"] for case in cases]


@pytest.mark.parametrize("annotator", ["lm-x", "lm-y"])
def test_a_code_left_as_it_was_accepts_its_row(tiny: Repository, annotator: str) -> None:
    """What says the same as an annotator's row accepts that row, whatever reason is written."""
    finding = finding_on(tiny, PASSAGE)
    decision = decide(finding, left(finding[annotator], reason="The cap settles it."))
    assert decision.accepted == (finding[annotator].annotation_id,)
    assert decision.reason == "The cap settles it."


def test_a_changed_code_is_the_adjudicators_own(tiny: Repository) -> None:
    """A code with another value accepts neither row, and becomes a row of the adjudicator."""
    finding = finding_on(tiny, PASSAGE)
    row = left(finding["lm-x"], severity="none", reason="Nothing is open.")
    (decision,), own, _ = read_ruling([finding], Ruling(PASSAGE, (row,)), "lm-z")
    assert (decision.accepted, own) == ((row.annotation_id,), [row])


def test_another_code_on_the_same_words_corrects(tiny: Repository) -> None:
    """Another code on the words at issue stands in the place of the finding."""
    finding = finding_on(tiny, PASSAGE)
    row = left(finding["lm-x"], code="missing_limit", reason="No end is named.")
    (decision,), own, _ = read_ruling([finding], Ruling(PASSAGE, (row,)), "lm-z")
    assert (decision.code, decision.accepted) == ("degree_term", (own[0].annotation_id,))


def test_nothing_left_drops_the_finding(tiny: Repository) -> None:
    """A finding of which nothing is left is dropped, with what the note says about its code."""
    notes = ("degree_term: The cap settles it.", "power: not this one", "In general fine.")
    decision = decide(finding_on(tiny, PASSAGE), notes=notes)
    assert (decision.accepted, decision.reason) == ((), "The cap settles it.")


def test_the_reason_that_was_copied_comes_last(tiny: Repository) -> None:
    """A code copied with its annotator's reason takes the note on the passage, if there is one."""
    finding = finding_on(tiny, PASSAGE)
    row = left(finding["lm-x"])
    assert decide(finding, row, notes=("Both are right.",)).reason == "Both are right."
    assert decide(finding, row).reason == finding["lm-x"].reason


def test_a_ruling_without_a_reason_decides_nothing(tiny: Repository) -> None:
    """A dropped finding without a word why stays open, and is named."""
    decisions, _, faults = read_ruling([finding_on(tiny, PASSAGE)], Ruling(PASSAGE, ()), "lm-z")
    assert decisions == []
    assert faults == [f"{PASSAGE} degree_term: dropped without a reason; say why"]


def test_a_code_on_other_words_is_named(tiny: Repository) -> None:
    """A code where nothing is at issue is no decision, and is told."""
    finding = finding_on(tiny, PASSAGE)
    row = left(finding["lm-x"], start=0, end=1)
    _, own, faults = read_ruling([finding], Ruling(PASSAGE, (row,), ("Why.",)), "lm-z")
    assert (own, faults) == ([], [f"{PASSAGE} degree_term 0-1: nothing is at issue on these words"])


def test_decisions_make_the_ruling_they_came_from(tiny: Repository) -> None:
    """A decision that goes to the page and back is the same decision."""
    for decision in tiny.decisions("pilot"):
        finding = finding_on(tiny, decision.passage_id)
        ruling, faults = build_ruling([finding], tiny.decisions("pilot"), {})
        assert ruling is not None
        rows = tuple(left(row) for row in ruling.rows)
        again = read_ruling([finding], replace(ruling, rows=rows), "lm-z")[0]
        assert (again, faults) == ([decision], [])


def test_an_undecided_finding_is_not_sent(tiny: Repository) -> None:
    """A passage of which something is not decided makes no ruling."""
    ruling, faults = build_ruling([finding_on(tiny, PASSAGE)], [], {})
    assert (ruling, faults) == (None, [f"{PASSAGE} degree_term: at issue and not decided"])


def test_new_decisions_win_and_old_ones_stay(tiny: Repository) -> None:
    """A decision made again replaces the old one; decisions on nothing are kept at the end."""
    old = tiny.decisions("pilot")
    stale = replace(old[0], rows=("gone",))
    new = replace(old[1], reason="On second thoughts.")
    order = [finding_on(tiny, d.passage_id) for d in old]
    assert merge_decisions(order, [stale, *old], [new]) == [old[0], new, old[2], stale]


# The adjudicated layer.


def test_an_own_row_stands_in_the_layer(tiny: Repository) -> None:
    """A corrected code is published as adjudicated, with the decision's reason."""
    own = left(finding_on(tiny, PASSAGE)["lm-x"], severity="none")
    first, *others = tiny.decisions("pilot")
    decisions = [replace(first, accepted=(own.annotation_id,)), *others]
    rows = adjudicate(tiny.annotations("pilot"), decisions, [own])
    row = next(r for r in rows if r.code == "degree_term")
    assert (row.severity, row.annotator_id, row.contested) == ("none", "adjudicated", True)
    assert row.reason == first.reason


def agreed(tiny: Repository) -> Finding:
    """Return a finding that both annotators share."""
    cases = find_cases(tiny.annotations("pilot"), audit=1.0)
    return next(f for c in cases for f in c.findings if f["lm-x"].code == "duration_limit")


@pytest.mark.parametrize(("accepted", "found"), [(True, 1), (False, 0)])
def test_an_audit_confirms_or_drops(tiny: Repository, accepted: bool, found: int) -> None:
    """An audited code passes through when a row is accepted, and is gone when none is."""
    finding = agreed(tiny)
    row = left(finding["lm-x"], reason="Checked.")
    decision = decide(finding, *[row] * accepted, notes=("No cap at all.",))
    before = adjudicate(tiny.annotations("pilot"), tiny.decisions("pilot"))
    rows = adjudicate(tiny.annotations("pilot"), [*tiny.decisions("pilot"), decision])
    assert sum(r.code == "duration_limit" for r in rows) == found
    assert (rows == before) is accepted


def test_an_own_row_needs_its_decision(tiny: Repository) -> None:
    """A row of the adjudicator that no decision accepts is a fault."""
    own = left(finding_on(tiny, PASSAGE)["lm-x"], severity="none")
    with pytest.raises(RecordFault) as caught:
        adjudicate(tiny.annotations("pilot"), tiny.decisions("pilot"), [own])
    assert caught.value.faults == [
        f"{PASSAGE} degree_term: no decision accepts {own.annotation_id}"
    ]
