"""The command ``label predict``: proposals of codes, how right they are, and whether they pull."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.shared import format_option, pass_repository, print_rows, say

if TYPE_CHECKING:
    from safeguards.model import Annotation, Passage
    from safeguards.prediction.evidence import Evidence
    from safeguards.proposals import Prediction
    from safeguards.repository import Repository

PREDICTORS = ("cues", "model")
_PREDICTED = ("passage_id", "layer", "code", "words", "score")
_SCORED = (
    "predictor", "subject", "proposed", "precision", "accepted", "accepted_precision",
    "findings", "recall",
)  # fmt: skip
_MISSED = ("passage_id", "layer", "code", "start", "end")
_COMPARED = (
    "round", "annotator_id", "shown", "passages", "proposed", "agreed", "agreed_share", "kept",
    "kept_share", "changed", "own",
)  # fmt: skip


@click.command()
@click.option("--round", "round_name", help="Show what would be proposed in this round.")
@click.option(
    "--predict",
    "predictor",
    type=click.Choice(PREDICTORS),
    help="Only the codebook's cues, or only the trained model.  [default: both]",
)
@click.option("--measure", is_flag=True, help="Hold the proposals against the adjudicated layer.")
@click.option("--missed", is_flag=True, help="List the adjudicated findings that nobody proposes.")
@click.option(
    "--compare",
    type=(str, str),
    metavar="WITH WITHOUT",
    help="Compare a round that was shown proposals with one that was not.",
)
@format_option()
@pass_repository
def predict(
    repository: Repository,
    round_name: str | None,
    predictor: str | None,
    measure: bool,
    missed: bool,
    compare: tuple[str, str] | None,
    form: str,
) -> None:
    """
    Propose codes by rule or by a trained model, and measure them.

    Measure before trusting: --measure tells what share of proposals the adjudicated layer bears
    out, and what share of its findings nobody proposes. The model is measured on articles it did
    not learn from. Whether proposals pull people is not known: no such round with people exists;
    --compare is there for the first one.

    \b
    Example:
      safeguards label predict --measure
      safeguards label predict --missed --predict cues
      safeguards label predict --round pilot --predict cues
      safeguards label predict --compare main-2 main-1
    """
    chosen = (predictor,) if predictor else PREDICTORS
    if sum(map(bool, (round_name, measure, missed, compare))) != 1:
        raise click.UsageError("give one of --round, --measure, --missed and --compare")
    if compare:
        return _compare(repository, compare, form)
    if round_name:
        return _show(repository, round_name, chosen, form)
    if missed:
        return _list_missed(repository, chosen, form)
    return _measure(repository, chosen, form)


def propose(
    repository: Repository, predictor: str, passages: Sequence[Passage]
) -> list[Prediction]:
    """Return what a predictor proposes for passages."""
    from safeguards.prediction.baseline import train_baseline
    from safeguards.prediction.cues import predict_by_cues
    from safeguards.prediction.evidence import read_evidence

    if predictor == "cues":
        return predict_by_cues(passages, repository.codebook)
    evidence = read_evidence(repository)
    return train_baseline(evidence.passages, evidence.adjudicated).predict(passages)


def _show(repository: Repository, name: str, chosen: Sequence[str], form: str) -> None:
    """Print what would be proposed in a round."""
    passages = repository.round_passages(repository.round(name))
    texts = {p.passage_id: p.text or "" for p in passages}
    found = [p for predictor in chosen for p in propose(repository, predictor, passages)]
    rows = [{**asdict(p), "words": texts[p.passage_id][p.start : p.end]} for p in found]
    print_rows(rows, form, _PREDICTED)


def _apart(repository: Repository, predictor: str, evidence: Evidence) -> list[Prediction]:
    """Return proposals for the adjudicated passages by what has not seen their answers."""
    from safeguards.prediction.baseline import train_baseline
    from safeguards.prediction.cues import predict_by_cues
    from safeguards.prediction.measure import predict_apart

    if predictor == "cues":
        return predict_by_cues(evidence.passages, repository.codebook)
    rows = evidence.adjudicated
    return predict_apart(evidence.passages, lambda known: train_baseline(known, rows).predict)


def _read(repository: Repository) -> Evidence:
    """Return what proposals are held against, and say how much of it is a stand-in."""
    from safeguards.prediction.evidence import read_evidence

    evidence = read_evidence(repository)
    say(f"{len(evidence.passages)} adjudicated passages, {evidence.restated} of them restated")
    return evidence


def _measure(repository: Repository, chosen: Sequence[str], form: str) -> None:
    """Print how right the proposals are."""
    from safeguards.prediction.measure import find_missed, score_predictions

    evidence = _read(repository)
    rows: list[dict[str, Any]] = []
    everything: list[Prediction] = []
    for predictor in chosen:
        found = _apart(repository, predictor, evidence)
        everything += found
        scores = score_predictions(predictor, found, evidence.adjudicated, evidence.annotated)
        rows += [asdict(score) for score in scores]
    print_rows(rows, form, _SCORED)
    lost = find_missed(evidence.adjudicated, everything)
    findings = sum(row.code != "none" for row in evidence.adjudicated)
    say(f"{len(lost)} of {findings} findings are proposed by none; --missed lists them")


def _list_missed(repository: Repository, chosen: Sequence[str], form: str) -> None:
    """Print the adjudicated findings that no chosen predictor proposes."""
    from safeguards.prediction.measure import find_missed

    evidence = _read(repository)
    found = [p for predictor in chosen for p in _apart(repository, predictor, evidence)]
    lost: list[Annotation] = find_missed(evidence.adjudicated, found)
    print_rows([asdict(row) for row in lost], form, _MISSED)


def _compare(repository: Repository, names: tuple[str, str], form: str) -> None:
    """Print how annotators stand to proposals that one of two rounds was shown."""
    from safeguards.prediction.anchoring import compare_rounds

    coded = repository.annotations(names[0]), repository.annotations(names[1])
    shown, origins = repository.predictions(names[0]), repository.origins(names[0])
    rows = compare_rounds(names, coded, shown, origins)
    print_rows([asdict(row) for row in rows], form, _COMPARED)
