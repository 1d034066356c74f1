"""Proposals of codes: what rules and the baseline propose, how right it is, whether it pulls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import ROOT
from safeguards.cli.main import main
from safeguards.codebook import read_codebook
from safeguards.eid import article_of
from safeguards.errors import UsageFault
from safeguards.model import Annotation, Passage, hash_text, make_annotation_id
from safeguards.prediction.anchoring import compare_rounds
from safeguards.prediction.baseline import train_baseline
from safeguards.prediction.cues import predict_by_cues
from safeguards.prediction.evidence import read_evidence
from safeguards.prediction.measure import find_missed, predict_apart, score_predictions
from safeguards.proposals import Origins, Prediction
from safeguards.records import write_records, write_text
from safeguards.repository import Repository

CODEBOOK = read_codebook(ROOT / "schema" / "codebook.yaml")
TEXT = "A judge or a court shall review the order; warrants lapse."


def passage(text: str, number: int = 1) -> Passage:
    """Return the only passage of an article."""
    eid = f"art_{number}"
    return Passage(f"d:{eid}", "d", "official", eid, "article", text=text)


def finding(p: Passage, code: str, start: int | None, end: int | None) -> Annotation:
    """Return an adjudicated row."""
    layer = CODEBOOK.by_id[code].layer if code in CODEBOOK.by_id else "none"
    sha = hash_text(p.text or "")
    return Annotation(
        f"{p.passage_id}-{code}-{start}", p.passage_id, "official", sha, "r", "adjudicated",
        "0.1.0", layer, code, start=start, end=end,
    )  # fmt: skip


def proposal(p: Passage, code: str, start: int, end: int) -> Prediction:
    """Return a proposal."""
    layer = CODEBOOK.by_id[code].layer
    return Prediction(
        p.passage_id, hash_text(p.text or ""), layer, code, start, end, None, "test-1"
    )


# By rule.


def test_cues_are_whole_words() -> None:
    """A cue is found in any case, as a whole word: "warrants" is not "warrant"."""
    found = predict_by_cues([passage(TEXT)], CODEBOOK)
    words = [TEXT[p.start : p.end] for p in found if p.code == "judicial_oversight"]
    assert words == ["judge", "court"]
    assert {p.model_version for p in found} == {f"cues-{CODEBOOK.codebook_version}"}


def test_cues_side_by_side_are_one() -> None:
    """Two cues of a code with only a space between them are one proposal."""
    found = predict_by_cues([passage("judicial warrant")], CODEBOOK)
    assert [(p.start, p.end) for p in found if p.code == "judicial_oversight"] == [(0, 16)]


# By a trained model.

LESSONS = [
    passage(f"The order {n} needs a warrant of a court; the data are kept{' long' * n}.", n)
    for n in range(1, 7)
]
LEARNT = [finding(p, "judicial_oversight", 8, 30) for p in LESSONS]


def test_the_baseline_finds_what_it_learnt() -> None:
    """The baseline proposes the clause that carries the code, and not the other one."""
    pytest.importorskip("sklearn")
    text = "The search needs a warrant of a court; the data are kept."
    found = train_baseline(LESSONS, LEARNT).predict([passage(text, 9)])
    assert [(p.code, text[p.start : p.end]) for p in found] == [
        ("judicial_oversight", "The search needs a warrant of a court")
    ]
    assert all(p.score and p.score >= 0.5 for p in found)


def test_the_baseline_is_the_same_every_time() -> None:
    """What was learnt names the version: the same rows the same, other rows another."""
    pytest.importorskip("sklearn")
    one, two = (train_baseline(LESSONS, LEARNT) for _ in range(2))
    assert (one.version, one.predict(LESSONS)) == (two.version, two.predict(LESSONS))
    assert train_baseline(LESSONS, LEARNT[1:]).version != one.version


def test_too_few_examples_teach_nothing() -> None:
    """A code that fewer than three passages have is not proposed."""
    pytest.importorskip("sklearn")
    assert train_baseline(LESSONS, LEARNT[:2]).predict(LESSONS) == []


def test_no_article_is_judged_by_what_learnt_from_it() -> None:
    """Each article is left out of what its proposals are learnt from."""
    seen: list[tuple[set[str], set[str]]] = []

    def train(known: Sequence[Passage]) -> object:
        def predict(held_out: Sequence[Passage]) -> list[Prediction]:
            articles = tuple({article_of(p.passage_id) for p in ps} for ps in (known, held_out))
            seen.append((articles[0], articles[1]))
            return []

        return predict

    predict_apart(LESSONS, train)  # type: ignore[arg-type]
    assert [known & held_out for known, held_out in seen] == [set()] * len(LESSONS)


# Measured.


def test_scores_are_counted_by_overlap() -> None:
    """Of three proposals one overlaps its finding; of two findings one is proposed."""
    p = passage(TEXT)
    findings = [finding(p, "judicial_oversight", 2, 18), finding(p, "degree_term", 0, 5)]
    proposed = [
        proposal(p, "judicial_oversight", 11, 18),
        proposal(p, "judicial_oversight", 40, 50),
        proposal(p, "necessity", 2, 18),
    ]
    said = [replace(findings[0], annotator_id="ann")]
    score = score_predictions("test", proposed, findings, said)[0]
    assert (score.proposed, score.right, score.precision) == (3, 1, 0.3333)
    assert (score.accepted, score.accepted_precision) == (1, 1.0)
    assert (score.findings, score.found, score.recall) == (2, 1, 0.5)
    assert find_missed(findings, proposed) == [findings[1]]


def test_a_proposal_on_another_text_is_not_right() -> None:
    """Offsets of an older text bear nothing out."""
    p = passage(TEXT)
    old = replace(proposal(p, "judicial_oversight", 2, 7), text_sha256="0" * 64)
    found = score_predictions("test", [old], [finding(p, "judicial_oversight", 2, 7)], [])
    assert found[0].right == 0


def test_restatements_stand_in_for_absent_texts(tiny: Repository) -> None:
    """Without the official text codes are held against the restatement, passage by passage."""
    official = read_evidence(tiny)
    tiny.official_path("tiny").unlink()
    restated = read_evidence(Repository(tiny.root))
    assert official.restated == 0
    assert restated.restated == len(restated.passages) > 0
    assert {row.start for row in restated.adjudicated} == {None}


def run(root: Path, *arguments: str) -> Result:
    """Run a command on a checkout."""
    return CliRunner().invoke(main, ["-C", str(root), "label", "predict", *arguments])


def test_cues_are_measured_on_the_committed_codes(tiny: Repository) -> None:
    """The command prints a score for all, each layer and each code, and what nobody proposes."""
    result = run(tiny.root, "--measure", "--predict", "cues", "--format", "json")
    rows = json.loads(result.stdout)
    assert rows[0]["subject"] == "all"
    assert rows[0]["findings"] == sum(row.code != "none" for row in tiny.adjudicated)
    assert f"{rows[0]['findings'] - rows[0]['found']} of" in result.stderr


def test_one_question_at_a_time(tiny: Repository) -> None:
    """The command wants to know what is asked."""
    result = run(tiny.root, "--measure", "--missed")
    assert (result.exit_code, "give one of --round" in result.stderr) == (2, True)


# Whether proposals pull. These rounds are simulated: nobody has coded them.


def simulate(tiny: Repository, name: str, codes: dict[str, list[tuple[int, int]]]) -> None:
    """Write a round in which each annotator marked these words of one passage."""
    plan = tiny.round_path("pilot").read_text(encoding="utf-8")
    plan = plan.replace("round: pilot", f"round: {name}").replace("lm-x", "sim-a")
    write_text(tiny.round_path(name), plan.replace("lm-y", "sim-b"))
    first = tiny.annotations("pilot")["lm-x"][0]
    for annotator_id, spans in codes.items():
        made = replace(first, round=name, annotator_id=annotator_id)
        rows = [replace(made, start=start, end=end) for start, end in spans]
        rows = [replace(row, annotation_id=make_annotation_id(row)) for row in rows]
        write_records(tiny.annotations_path(name, annotator_id), rows)


def test_a_pull_towards_proposals_shows(tiny: Repository) -> None:
    """Who saw the proposals agrees with them more often than who did not, in a simulated pair."""
    first = tiny.annotations("pilot")["lm-x"][0]
    simulate(tiny, "with", {"sim-a": [(0, 7), (20, 30)], "sim-b": [(0, 7)]})
    simulate(tiny, "without", {"sim-a": [(2, 9)], "sim-b": [(40, 44)]})
    shown = [
        Prediction(first.passage_id, first.text_sha256, first.layer, first.code, a, b, None, "t-1")
        for a, b in ((0, 7), (20, 28))
    ]
    write_records(tiny.predictions_path("with"), shown)
    origins = [
        Origins("sim-a", first.passage_id, manual=0, kept=1, changed=1),
        Origins("sim-b", first.passage_id, manual=0, kept=1, changed=0),
    ]
    write_records(tiny.origins_path("with"), origins)
    result = run(tiny.root, "--compare", "with", "without", "--format", "json")
    totals = {r["round"]: r for r in json.loads(result.stdout) if r["annotator_id"] == "all"}
    told = ("proposed", "agreed", "agreed_share", "exact", "kept", "kept_share", "changed", "own")
    assert [totals["with"][name] for name in told] == [4, 3, 0.75, 2, 2, 0.5, 1, 0]
    assert [totals["without"][name] for name in told] == [4, 1, 0.25, 0, 0, None, 0, 1]


def test_rounds_without_a_common_passage_are_not_compared(tiny: Repository) -> None:
    """Two rounds over different passages say nothing about a pull."""
    coded = tiny.annotations("pilot")
    first = coded["lm-x"][0]
    shown = [Prediction(first.passage_id, first.text_sha256, "power", "x", 0, 7, None, "t-1")]
    with pytest.raises(UsageFault) as caught:
        compare_rounds(("one", "two"), (coded, {}), shown, [])
    assert str(caught.value) == (
        "one and two have no passage of the same text in common; compare rounds over the same "
        "articles"
    )


def test_a_round_that_saw_nothing_is_not_compared(tiny: Repository) -> None:
    """The round with proposals comes first."""
    result = run(tiny.root, "--compare", "pilot", "pilot")
    assert result.stderr == (
        "safeguards: round pilot was shown no proposals; name the round that was pushed with "
        "--predict first\n"
    )
