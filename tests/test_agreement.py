"""The agreement report: passages as units, absence as a judgement, honest gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner

from safeguards.agreement import (
    ALIKE,
    build_agreement,
    build_report,
)
from safeguards.checks import run_checks
from safeguards.cli.judge import derive_adjudicated
from safeguards.cli.main import main
from safeguards.codebook import Codebook
from safeguards.comparisons import Comparison, find_comparisons
from safeguards.errors import RecordFault
from safeguards.model import Annotation
from safeguards.records import write_records
from safeguards.reliability import AgreementRow
from safeguards.repository import Repository

Report = dict[tuple[str, str, str | None], AgreementRow]
ROOT = Path(__file__).parents[1]


def report_on(comparison: Comparison, codebook: Codebook) -> Report:
    """Return a report by subject, measure and layer, without the rows of single editions."""
    rows = build_report(comparison, codebook)
    return {(r.subject, r.measure, r.layer): r for r in reversed(rows)}


@pytest.fixture
def report(tiny: Repository) -> Report:
    """The report on the tiny pilot."""
    return report_on(find_comparisons(tiny, "pilot")[0], tiny.codebook)


@pytest.fixture(scope="module")
def pilot() -> Report:
    """The report on the committed pilot round."""
    repository = Repository(ROOT)
    return report_on(find_comparisons(repository, "pilot")[0], repository.codebook)


def code_row(annotator: str, passage_id: str, code: str | None, **more: object) -> Annotation:
    """Return a row: a power on the first ten characters of a passage, or nothing found there."""
    row = Annotation(
        f"r-{annotator}-{passage_id}-{code}", passage_id, "official", "hash", "r", annotator, "0.1.0",
        "power" if code else "none", code or "none",
        start=0 if code else None, end=10 if code else None,
    )  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]


def compare(
    articles: int, per_article: int, said: Callable[[str, int, int], str | None]
) -> Comparison:
    """Return two annotators' codes: what *said* returns for an annotator, an article, a paragraph."""
    places = list(product(range(articles), range(per_article)))
    coded = {
        who: [code_row(who, f"tiny:art_{a}__para_{p}", said(who, a, p)) for a, p in places]
        for who in ("lm-x", "lm-y")
    }
    return Comparison("r", "inter", ("lm-x", "lm-y"), coded)


# What is compared.


def test_every_read_passage_is_a_unit(report: Report) -> None:
    """Passages in which nobody found anything count in the support."""
    row = report["safeguard", "alpha_masi", "safeguard"]
    assert (row.support, row.positive) == (7, 3)
    assert row.value == 1


def test_disagreement_on_a_code_shows(report: Report) -> None:
    """A code that one annotator missed once has an alpha below one."""
    row = report["discretionary_qualifier", "alpha_nominal", "vagueness"]
    assert (row.value, row.positive) == (0.6061, 2)


@pytest.mark.parametrize(
    ("subject", "measure", "layer", "support"),
    [
        ("status", "alpha_ordinal", "safeguard", 3),
        ("force", "alpha_nominal", "safeguard", 3),
        ("severity", "alpha_ordinal", "vagueness", 2),
        ("direction", "alpha_nominal", "vagueness", 2),
    ],
)
def test_values_are_compared_where_both_gave_the_code(
    report: Report, subject: str, measure: str, layer: str, support: int
) -> None:
    """Status, force, severity and direction are compared on the findings that both have."""
    assert report[subject, measure, layer].support == support


@pytest.mark.parametrize(
    ("measure", "layer", "spans", "matched"),
    [
        ("f1_exact", None, 15, 5),
        ("f1_overlap", None, 15, 7),
        ("f1_exact", "vagueness", 5, 1),
        ("f1_overlap", "vagueness", 5, 2),
    ],
)
def test_spans_are_compared_exactly_and_by_overlap(
    report: Report, measure: str, layer: str | None, spans: int, matched: int
) -> None:
    """Of fifteen spans five pairs are equal and seven share words; each layer has its own row."""
    row = report["spans", measure, layer]
    assert (row.support, row.positive) == (spans, matched)


def test_spans_on_a_passage_that_one_has_not_read_do_not_count(tiny: Repository) -> None:
    """An annotator who stopped early did not reject what the other marked later."""
    coded = tiny.annotations("pilot")
    coded["lm-y"] = [row for row in coded["lm-y"] if "art_3" not in row.passage_id]
    row = report_on(Comparison("pilot", "inter", ("lm-x", "lm-y"), coded), tiny.codebook)
    assert row["spans", "f1_overlap", None].support == 11


def test_each_edition_has_its_own_layers(tiny: Repository) -> None:
    """A round on both editions gives each layer for both together and for each of them."""
    whole = compare(6, 2, lambda who, a, p: "secrecy_order" if a < 3 + (who == "lm-y") else None)
    coded = {
        who: [replace(r, edition="restatement") if "art_5" in r.passage_id else r for r in rows]
        for who, rows in whole.coded.items()
    }
    rows = build_report(replace(whole, coded=coded), tiny.codebook)
    found = [(r.edition, r.support) for r in rows if r.subject == "power"]
    assert found == [("both", 12), ("official", 10), ("restatement", 2)]
    assert {r.edition for r in rows if r.subject == "secrecy_order"} == {"both"}


# What may be said of a figure.


def test_what_cannot_be_estimated_says_why(tiny: Repository) -> None:
    """One annotator alone gives no agreement, and the report says so."""
    alone = {"lm-x": tiny.annotations("pilot")["lm-x"]}
    row = build_report(Comparison("pilot", "inter", ("lm-x",), alone), tiny.codebook)[0]
    assert (row.value, row.reason) == (None, "no unit was judged by two annotators")
    assert (row.estimable, row.meets_target) == (False, "not_estimable")


def test_one_value_everywhere_is_neither_nought_nor_one(report: Report) -> None:
    """All three safeguards bind with the same force, so agreement on force has no value."""
    row = report["force", "alpha_ordinal", "safeguard"]
    assert (row.value, row.reason, row.estimable) == (None, "only one value was used", False)


@pytest.mark.parametrize(
    ("positive", "articles", "estimable"),
    [(1, 1, False), (4, 4, False), (5, 2, False), (5, 3, True), (8, 4, True)],
)
def test_a_code_needs_five_passages_in_three_articles(
    tiny: Repository, positive: int, articles: int, estimable: bool
) -> None:
    """Below the least support a code keeps its value, and has no interval and no verdict."""
    places = [(n % articles, n // articles) for n in range(positive)]
    comparison = compare(
        8, 8, lambda who, a, p: "secrecy_order" if (a, p) in places[who == "lm-y" :] else None
    )
    row = report_on(comparison, tiny.codebook)["secrecy_order", "alpha_nominal", "power"]
    assert (row.positive, row.varied, row.articles) == (positive, positive, articles)
    assert row.value is not None and row.value < 1
    assert row.estimable is estimable
    assert (row.low is not None) is estimable
    assert (row.meets_target == "not_estimable") is not estimable


def test_a_code_on_almost_every_passage_is_thin_too(tiny: Repository) -> None:
    """Where nearly all passages carry a code, the few that do not decide, and they are counted."""
    comparison = compare(8, 8, lambda who, a, p: None if (a, p) == (0, 0) else "secrecy_order")
    row = report_on(comparison, tiny.codebook)["secrecy_order", "alpha_nominal", "power"]
    assert (row.value, row.positive, row.varied, row.estimable) == (1, 63, 1, False)
    assert row.reason == "varied: 1 of 5 needed; articles: 1 of 3 needed"


def test_no_disagreement_gives_no_interval(tiny: Repository) -> None:
    """Where nobody differs every draw gives one, and an interval of no width would be a lie."""
    comparison = compare(8, 4, lambda who, a, p: "secrecy_order" if p == 0 else None)
    row = report_on(comparison, tiny.codebook)["secrecy_order", "alpha_nominal", "power"]
    assert (row.value, row.estimable, row.low, row.reason) == (1, True, None, ALIKE)
    assert row.meets_target == "yes"


def test_four_articles_give_no_interval(tiny: Repository) -> None:
    """A bootstrap needs five articles to draw from; with four the value stands alone."""
    comparison = compare(
        4, 8, lambda who, a, p: "secrecy_order" if p < 3 + (who == "lm-y" and a == 0) else None
    )
    row = report_on(comparison, tiny.codebook)["secrecy_order", "alpha_nominal", "power"]
    assert (row.estimable, row.low) == (True, None)
    assert row.reason == "4 articles are too few to draw from"


def test_paragraphs_of_a_preamble_are_one_article(tiny: Repository) -> None:
    """Outside articles the whole part is drawn at once, not each paragraph by itself."""
    coded = {
        who: [code_row(who, f"tiny:preamble__p_{n}", "secrecy_order" if n % 2 else None) for n in range(12)]
        for who in ("lm-x", "lm-y")
    }  # fmt: skip
    comparison = Comparison("r", "inter", ("lm-x", "lm-y"), coded)
    assert report_on(comparison, tiny.codebook)["power", "alpha_masi", "power"].articles == 1


def test_negative_agreement_misses_the_target(tiny: Repository) -> None:
    """Annotators who contradict each other have a value below nought, and it is published."""
    comparison = compare(
        8, 4, lambda who, a, p: "secrecy_order" if (a + p) % 2 == (who == "lm-y") else None
    )
    row = report_on(comparison, tiny.codebook)["secrecy_order", "alpha_nominal", "power"]
    assert row.value is not None and row.value < -0.9
    assert (row.target, row.meets_target) == (0.8, "no")


def test_a_word_that_the_codebook_lacks_is_one_line(tiny: Repository) -> None:
    """A status without a rank is refused with the passage it stands on."""
    path = tiny.path("annotations/rounds/pilot/lm-x.jsonl")
    text = path.read_text(encoding="utf-8").replace('"status": "present"', '"status": "there"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordFault) as caught:
        build_agreement(Repository(tiny.root))
    assert caught.value.faults == ["tiny:art_1__para_1: the codebook has no status there"]


# Targets.


def test_a_code_has_the_target_of_its_layer(report: Report) -> None:
    """Targets come from the codebook; what has none gets no verdict."""
    assert report["judicial_oversight", "alpha_nominal", "safeguard"].target == 0.7
    assert report["status", "alpha_ordinal", "safeguard"].target == 0.7
    for key in [
        ("spans", "f1_exact", "safeguard"),
        ("severity", "alpha_ordinal", "vagueness"),
        ("force", "alpha_ordinal", "safeguard"),
    ]:
        assert (report[key].target, report[key].meets_target) == (None, None)


def test_the_pilot_meets_its_targets_where_it_can_be_told(pilot: Report) -> None:
    """Layers of the pilot reach the codebook's targets; a code on one passage gets no verdict."""
    assert pilot["power", "alpha_masi", "power"].meets_target == "yes"
    assert pilot["severity", "alpha_ordinal", "vagueness"].meets_target == "yes"
    thin = pilot["structural_ambiguity", "alpha_nominal", "vagueness"]
    assert (thin.value, thin.low, thin.meets_target) == (0, None, "not_estimable")


def test_intervals_of_the_pilot_hold_their_values(pilot: Report) -> None:
    """Every interval of the pilot has its value inside."""
    wrong = [
        key
        for key, r in pilot.items()
        if r.low is not None and r.high is not None and not r.low <= (r.value or 0) <= r.high
    ]
    assert wrong == []
    assert sum(row.low is not None for row in pilot.values()) > 10


# Rounds that repeat another.


def repeat_pilot(tiny: Repository, change: Callable[[Annotation], Annotation]) -> Repository:
    """Add a round in which lm-x codes article 1 of the pilot again, differently by *change*."""
    folder = tiny.path("annotations/rounds/pilot")
    again = folder.with_name("pilot-again")
    again.mkdir()
    plan = (folder / "round.yaml").read_text(encoding="utf-8")
    plan = plan.replace("round: pilot", "round: pilot-again").replace("  - lm-y\n", "")
    plan = plan.replace("  - tiny:art_2\n  - tiny:art_3\n", "") + "  repeats: pilot\n"
    (again / "round.yaml").write_text(plan, encoding="utf-8")
    rows = [r for r in tiny.annotations("pilot")["lm-x"] if r.passage_id.startswith("tiny:art_1__")]
    renamed = [
        replace(
            r, round="pilot-again", annotation_id=r.annotation_id.replace("pilot", "pilot-again")
        )
        for r in rows
    ]
    write_records(again / "lm-x.jsonl", map(change, renamed))
    return Repository(tiny.root)


def test_an_annotator_is_compared_with_the_first_reading(tiny: Repository) -> None:
    """The repeated round compares one annotator on the passages of both rounds, labelled intra."""
    repository = repeat_pilot(tiny, lambda row: row)
    (comparison,) = find_comparisons(repository, "pilot-again")
    row = report_on(comparison, repository.codebook)["safeguard", "alpha_masi", "safeguard"]
    assert (row.round, row.comparison, row.annotators) == ("pilot-again", "intra", ("lm-x",))
    assert (row.support, row.value) == (4, 1)


def test_a_changed_mind_shows(tiny: Repository) -> None:
    """A status that the annotator gave differently the second time lowers the agreement."""
    repository = repeat_pilot(
        tiny, lambda row: replace(row, status="deferred") if row.code == "duration_limit" else row
    )
    (comparison,) = find_comparisons(repository, "pilot-again")
    row = report_on(comparison, repository.codebook)["status", "alpha_ordinal", "safeguard"]
    assert row.support == 2
    assert row.value is not None and row.value < 1


def test_passages_whose_text_changed_are_not_compared(tiny: Repository) -> None:
    """A second reading of another text is no second reading."""
    repository = repeat_pilot(
        tiny, lambda r: replace(r, text_sha256="0" * 64) if "point_a" in r.passage_id else r
    )
    (comparison,) = find_comparisons(repository, "pilot-again")
    read = [{r.passage_id for r in rows} for rows in comparison.coded.values()]
    assert read == [
        {"tiny:art_1__para_1", "tiny:art_1__para_2", "tiny:art_1__para_2__point_b"}
    ] * 2  # fmt: skip


def test_all_rounds_are_published(tiny: Repository) -> None:
    """The table holds the report of each round; one that nobody has coded yet adds nothing."""
    repository = repeat_pilot(tiny, lambda row: row)
    rows = build_agreement(repository)
    assert {(r.round, r.comparison) for r in rows} == {("pilot", "inter"), ("pilot-again", "intra")}
    for path in tiny.path("annotations/rounds/pilot-again").glob("*.jsonl"):
        path.unlink()
    assert {r.round for r in build_agreement(Repository(tiny.root))} == {"pilot"}


def test_a_repeated_round_is_not_adjudicated(tiny: Repository) -> None:
    """The adjudicated layer comes from the rounds that have decisions, and stays as it was."""
    repository = repeat_pilot(tiny, lambda row: replace(row, reason="Again."))
    text = derive_adjudicated(repository)["annotations/adjudicated.jsonl"]
    assert text == tiny.path("annotations/adjudicated.jsonl").read_text(encoding="utf-8")


def test_the_command_names_the_first_reading(tiny: Repository) -> None:
    """The table of a repeated round says who is compared with what; adjudicating it is refused."""
    repository = repeat_pilot(tiny, lambda row: row)
    options = ["-C", str(repository.root)]
    shown = CliRunner().invoke(main, [*options, "agree", "--round", "pilot-again"])
    assert shown.stdout.splitlines()[0] == "lm-x with the same annotator's codes of round pilot"
    same = CliRunner().invoke(main, [*options, "agree", "--round", "pilot-again", "--contested"])
    assert (same.exit_code, same.stdout) == (0, "")
    assert same.stderr == "round pilot-again: nothing to show, for nobody differs\n"
    refused = CliRunner().invoke(main, [*options, "adjudicate", "--round", "pilot-again"])
    assert (refused.exit_code, refused.stderr) == (
        2,
        "safeguards: round pilot-again repeats pilot and is not adjudicated; adjudicate pilot\n",
    )


def test_a_second_reading_is_shown_and_counted_by_itself(tiny: Repository) -> None:
    """Codes of a repeated round are not mixed with the first ones, nor added to their number."""
    repeat_pilot(tiny, lambda row: row)
    options = ["-C", str(tiny.root)]
    assert CliRunner().invoke(main, [*options, "build"]).exit_code == 0
    shown = CliRunner().invoke(main, [*options, "show", "tiny:1.1"]).stdout.splitlines()
    assert [line for line in shown if line.startswith("Codes by")] == [
        "Codes by lm-x in pilot",
        "Codes by lm-x in pilot-again",
        "Codes by lm-y",
    ]
    counts = CliRunner().invoke(main, [*options, "counts", "--format", "csv"]).stdout.splitlines()
    assert 'codes,"lm-x, safeguard",3' in counts
    assert 'codes given again,"lm-x, safeguard",2' in counts


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("0.1.0", "0.2.0", "codebook 0.2.0, pilot has 0.1.0"),
        ("  - lm-x\n", "  - lm-q\n", "lm-q did not code pilot"),
        ("edition: official", "edition: both", "edition both, pilot has official"),
        ("tiny:art_1\n", "tiny:art_9\n", "tiny:art_9 is not in pilot"),
        ("repeats: pilot", "repeats: pilot-again", "there is no other round pilot-again to repeat"),
    ],
)
def test_a_repeated_round_must_fit_the_first(
    tiny: Repository, old: str, new: str, fault: str
) -> None:
    """A plan with another codebook, annotator or passage than the round it repeats is a problem."""
    repository = repeat_pilot(tiny, lambda row: row)
    assert run_checks(repository, {}, "round-repeats") == []
    path = tiny.path("annotations/rounds/pilot-again/round.yaml")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    found = run_checks(Repository(tiny.root), {}, "round-repeats")
    assert [problem.message for problem in found] == [fault]


def test_decisions_on_a_repeated_round_are_a_problem(tiny: Repository) -> None:
    """Decisions beside a round that repeats another would put codes into the layer twice."""
    repository = repeat_pilot(tiny, lambda row: row)
    path = tiny.path("annotations/rounds/pilot/decisions.yaml")
    path.with_name("decisions.yaml").replace(
        tiny.path("annotations/rounds/pilot-again/decisions.yaml")
    )
    (problem,) = run_checks(repository, {}, "round-repeats")
    assert problem.message.startswith("a round that repeats another is not adjudicated")


def test_the_report_is_the_same_every_time(tiny: Repository) -> None:
    """The bootstrap's seed is fixed, so that two runs print the same intervals."""
    comparison = find_comparisons(tiny, "pilot")[0]
    assert build_report(comparison, tiny.codebook) == build_report(comparison, tiny.codebook)
