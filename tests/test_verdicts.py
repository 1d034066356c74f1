"""Verdicts: what follows from codes, outline, register and critiques, and what does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safeguards.assertions import ClaimCheck, Fact
from safeguards.model import Annotation, Attribute, Claim, Document, Link, Passage
from safeguards.repository import Repository
from safeguards.verdicts import (
    BEST_FIRST,
    Evidence,
    answer,
    derive_part,
    derive_whole,
    find_part_faults,
    read_evidence,
)

ROOT = Path(__file__).parents[1]
ORDERS = {
    "not_applicable": 0, "absent": 1, "deferred": 2, "qualified": 3, "present": 4,
    "none": 0, "slight": 1, "material": 2, "critical": 3,
}  # fmt: skip
COURT = Attribute("body", "court")
ANY = Attribute("body", "other_independent")


def code(where: str, code_id: str, state: str | None = None, **more: Any) -> Annotation:
    """Return an adjudicated code: a power without a state, a vagueness with a severity."""
    layer = "power" if state is None else "vagueness" if code_id.endswith("_term") else "safeguard"
    field = {"safeguard": "status", "vagueness": "severity"}.get(layer)
    values: dict[str, Any] = {"edition": "official", **({field: state} if field else {}), **more}
    edition = values.pop("edition")
    return Annotation(
        "a", f"d:{where}", edition, "0", "r", "adjudicated", "1", layer, code_id, **values
    )


READ = code("art_1", "none", "present")


def evidence(*rows: Annotation, links: tuple[Link, ...] = ()) -> Evidence:
    """Return evidence that holds these codes, on a document whose text was read."""
    document = Document("d", "treaty", "Demo", "Demo Treaty", pinned_sha256="0")
    return Evidence({"d": document}, [], {}, rows, links, [], [], ORDERS)


def ask(question: str, *expected: str, codes: tuple[str, ...] = (), **more: Any) -> ClaimCheck:
    """Return a part that asks about article 1."""
    part = ClaimCheck(
        "C-1-1", "C-1", "It is so.", question, "d", ("d:art_1",), codes, (), None, None, expected,
        "supported", "", False,
    )  # fmt: skip
    return replace(part, **more)


@pytest.mark.parametrize(
    ("expected", "states", "verdict"),
    [
        (("present",), ["present"], "supported"),
        (("present",), ["qualified"], "supported_with_qualification"),
        (("present",), ["qualified", "present"], "supported"),
        (("present",), ["deferred"], "partly_supported"),
        (("present",), ["absent"], "contradicted"),
        (("present",), [], "not_supported"),
        (("present",), ["not_applicable"], "not_supported"),
        (("absent",), [], "supported"),
        (("absent",), ["absent"], "supported"),
        (("absent",), ["qualified"], "partly_supported"),
        (("absent",), ["present"], "contradicted"),
        (("deferred", "qualified"), ["qualified"], "supported"),
        (("deferred", "qualified"), ["present"], "contradicted"),
    ],
)
def test_the_firmest_status_answers_for_a_safeguard(
    expected: tuple[str, ...], states: list[str], verdict: str
) -> None:
    """A part that says a safeguard is there, weak or missing is held against the statuses found."""
    rows = [READ, *(code("art_1__para_2", "duration_limit", state) for state in states)]
    part = ask("safeguard", *expected, codes=("duration_limit",))
    assert answer(part, evidence(*rows)).verdict == verdict


@pytest.mark.parametrize(
    ("expected", "severities", "verdict"),
    [
        (("material", "critical"), ["material"], "supported"),
        (("material", "critical"), ["slight"], "supported_with_qualification"),
        (("material", "critical"), ["none"], "not_supported"),
        (("material", "critical"), [], "not_supported"),
        (("none",), [], "supported"),
        (("none",), ["critical"], "contradicted"),
    ],
)
def test_the_gravest_severity_answers_for_vagueness(
    expected: tuple[str, ...], severities: list[str], verdict: str
) -> None:
    """A part that says words are vague, or clear, is held against the severities found."""
    rows = [READ, *(code("art_1", "degree_term", severity) for severity in severities)]
    part = ask("vagueness", *expected, codes=("degree_term",))
    assert answer(part, evidence(*rows)).verdict == verdict


def test_silence_is_an_answer_only_where_somebody_has_read() -> None:
    """Nothing found on a provision that nobody coded cannot be checked, and says so."""
    part = ask("safeguard", "absent", codes=("duration_limit",))
    assert answer(part, evidence()) == (
        "not_checkable_from_text",
        "Not coded yet: Demo Treaty, art. 1.",
        True,
    )


def test_another_body_than_a_court_bears_out_a_court_in_part() -> None:
    """A code without the attribute asked for supports the part only partly."""
    part = ask("safeguard", "present", codes=("judicial_oversight",), attributes=(COURT,))
    other = code("art_1", "judicial_oversight", "present", attributes=(ANY,))
    court = code("art_1", "judicial_oversight", "present", attributes=(COURT,))
    assert answer(part, evidence(other)).verdict == "partly_supported"
    assert answer(part, evidence(other, court)).verdict == "supported"


def test_a_link_brings_a_safeguard_to_a_power() -> None:
    """A safeguard of another article counts where a link joins it to the provision in play."""
    part = ask("safeguard", "present", codes=("duration_limit",))
    rows = (READ, code("art_9", "duration_limit", "qualified"))
    link = Link("l", "d:art_9", "d:art_1", "d:art_9", True, "x", "1", "It says so.")
    assert answer(part, evidence(*rows)).verdict == "not_supported"
    assert answer(part, evidence(*rows, links=(link,))).verdict == "supported_with_qualification"


@pytest.mark.parametrize(
    ("names_power", "verdict"), [(True, "supported"), (False, "supported_with_qualification")]
)
def test_a_general_clause_counts_as_qualified_at_most(names_power: bool, verdict: str) -> None:
    """By a link to the chapter a safeguard comes whole only where the words name the power."""
    part = ask("safeguard", "present", codes=("duration_limit",))
    rows = (READ, code("art_9", "duration_limit", "present"))
    link = Link("l", "d:art_9", "d:chp_I", "d:art_9", names_power, "x", "1", "It says so.")
    inside = {"d:art_1": "d:chp_I", "d:chp_I": None}
    found = answer(part, replace(evidence(*rows, links=(link,)), parents=inside))
    assert found.verdict == verdict


def test_a_power_found_contradicts_that_there_is_none() -> None:
    """Whoever says that a treaty knows no such power is contradicted by one code."""
    part = ask("power", "absent", codes=("production_order",))
    assert answer(part, evidence(READ)).verdict == "supported"
    found = answer(part, evidence(READ, code("art_1__para_1", "production_order")))
    assert found == ("contradicted", "Demo Treaty, art. 1(1): production_order present.", False)


def test_a_code_on_a_restatement_makes_the_verdict_provisional() -> None:
    """What rests on our own words may change with the official text."""
    part = ask("safeguard", "present", codes=("duration_limit",))
    row = code("art_1", "duration_limit", "present", edition="restatement")
    assert answer(part, evidence(row)).provisional


@pytest.mark.parametrize(
    ("fact", "expected", "verdict"),
    [
        ("articles_total", ("2",), "supported"),
        ("articles_total", ("3",), "contradicted"),
        ("chapters_total", ("1",), "supported"),
        ("heading", ("fraud",), "supported"),
        ("heading", ("hate", "racis"), "not_supported"),
    ],
)
def test_the_outline_is_counted_and_searched(
    fact: str, expected: tuple[str, ...], verdict: str
) -> None:
    """Articles, chapters and headings answer what the outline can answer."""
    rows = [
        Passage("d:chp_I", "d", "official", "chp_I", "chapter", "Chapter I", "Fraudulent titles"),
        Passage(
            "d:art_1", "d", "official", "art_1", "article", "Article 1", "System-related Fraud"
        ),
        Passage("d:art_2", "d", "official", "art_2", "article", "Article 2", "Theft"),
        Passage("d:art_2", "d", "restatement", "art_2", "article", "Article 2", "Theft"),
    ]
    found = answer(ask("outline", *expected, fact=fact), replace(evidence(), passages=rows))
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("date", "expected", "verdict"),
    [
        ("2025-10-25", ("69",), "supported_with_qualification"),
        ("2025-10-25", ("90", "100"), "contradicted"),
        ("2025-10-26", ("72",), "supported"),
        ("2025-10-26", ("70",), "contradicted"),
        (None, ("72",), "status_dated"),
        (None, ("50",), "contradicted"),
        ("2025-12-01", ("80",), "not_checkable_from_text"),
    ],
)
def test_a_count_needs_its_date(date: str | None, expected: tuple[str, ...], verdict: str) -> None:
    """A figure is compared on the date the claim names; without one it is right on a date only."""
    facts = [
        Fact("d", "signatories", "2025-10-25", 69, "a register", "low"),
        Fact("d", "signatories", "2025-10-26", 72, "the depositary", "high"),
    ]
    part = ask("register", *expected, fact="signatories", date=date)
    assert answer(part, replace(evidence(), facts=facts)).verdict == verdict


def test_what_a_critique_said_is_looked_up_in_its_claims() -> None:
    """That somebody holds a text vague is borne out by a claim of theirs."""
    claim = Claim(
        "d-01", "d", "It is vague.", "vague_language", "amend", (), ("degree_term",), (), "amend",
        "textual", "supported", "", None, False, None,
    )  # fmt: skip
    part = ask("critique", codes=("degree_term",))
    assert answer(part, replace(evidence(), claims=[claim])).verdict == "supported"
    assert answer(part, evidence()).verdict == "not_supported"


def test_a_claim_is_no_better_than_its_weakest_part() -> None:
    """The parts stand in one order; an open part leaves the claim open, a failed one settles it."""
    parts = [ask("none", verdict=verdict) for verdict in BEST_FIRST]
    assert [derive_whole(parts[: n + 1]).verdict for n in range(len(parts))] == list(BEST_FIRST)


def test_a_firm_contradiction_is_not_made_provisional_by_other_parts() -> None:
    """Nothing is worse than contradicted, so parts that may still change do not matter."""
    firm = ask("power", verdict="contradicted", provisional=False)
    loose = ask("power", verdict="supported", provisional=True)
    assert not derive_whole([firm, loose]).provisional
    assert derive_whole([replace(firm, verdict="not_supported"), loose]).provisional


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        (ask("safeguard", "present", codes=("degree_term",)), "degree_term is no safeguard of the codebook"),
        (ask("safeguard", "slight", codes=("duration_limit",)), "expected: no 'slight' in the codebook"),
        (ask("vagueness", "present", codes=("degree_term",)), "expected: no 'present' in the codebook"),
        (ask("safeguard", "present", attributes=(Attribute("body", "king"),)), "the codebook asks for no body: king"),
    ],
)  # fmt: skip
def test_a_question_that_could_find_nothing_is_a_fault(part: ClaimCheck, fault: str) -> None:
    """Codes, statuses and attributes that the codebook lacks are named, so none is missed in silence."""
    assert list(find_part_faults(part, Repository(ROOT).codebook)) == [fault]


def test_verdicts_are_the_words_of_the_codebook() -> None:
    """The order of verdicts knows each verdict of the codebook, and no other."""
    words = Repository(ROOT).codebook.critiques.verdicts
    assert sorted(term.id for term in words) == sorted(BEST_FIRST)


def test_budapest_settles_that_hanoi_is_not_the_first_on_providers() -> None:
    """On the committed codes, the claim that no earlier treaty binds providers is contradicted."""
    repository = Repository(ROOT)
    part = next(c for c in repository.claim_checks if c.claim_check_id == "S2-09-2")
    found = derive_part(part, read_evidence(repository))
    assert (found.verdict, found.provisional) == ("contradicted", False)


def test_codes_on_hanoi_will_answer_what_waits_for_them() -> None:
    """Once article 24(2) of Hanoi is coded like Budapest 15(2), the judge is found in part only."""
    repository = Repository(ROOT)
    part = next(c for c in repository.claim_checks if c.claim_check_id == "S1-05-1")
    like = next(
        row
        for row in repository.adjudicated
        if row.passage_id == "budapest:art_15__para_2" and row.code == "judicial_oversight"
    )
    row = replace(like, passage_id="hanoi:art_24__para_2", edition="restatement")
    found = answer(part, replace(read_evidence(repository), adjudicated=[row]))
    assert (found.verdict, found.provisional) == ("partly_supported", True)
