"""The command ``baselines``: what a model has to beat."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.shared import format_option, pass_repository, print_rows, say, show_progress

if TYPE_CHECKING:
    from pathlib import Path

    from safeguards.baselines import BaselineScore
    from safeguards.repository import Repository

_COLUMNS = (
    "edition", "evaluation", "baseline", "layer", "subject", "f1", "precision_at_80", "support",
    "reason",
)  # fmt: skip


@click.command()
@click.option("--measure", is_flag=True, help="Train and measure anew, and write the results.")
@click.option("--codes", is_flag=True, help="Each code, not the means of the layers alone.")
@format_option()
@pass_repository
def baselines(repository: Repository, measure: bool, codes: bool, form: str) -> None:
    """
    Show how well majority, cues and TF-IDF find codes in articles they have not seen.

    The results stand in annotations/baselines.jsonl. --measure needs a built dataset (for its
    splits) and the extra 'ml'; it reads restatements, and official texts that were fetched.

    \b
    Example:
      safeguards baselines --codes --format csv
      safeguards baselines --measure
    """
    from safeguards.baselines import MACRO
    from safeguards.records import write_records

    if measure:
        write_records(repository.path("annotations/baselines.jsonl"), _measure(repository))
    shown = [s for s in repository.baselines if codes or s.subject == MACRO]
    rows = [asdict(score) if form == "json" else _row(score) for score in shown]
    print_rows(rows, form, _COLUMNS)


def _row(score: BaselineScore) -> dict[str, Any]:
    """Return a score as it is printed: figures of two decimals, and on how much they rest."""
    return {
        **asdict(score),
        "evaluation": score.evaluation.replace("_", " "),
        "f1": _figure(score.f1, score.low, score.high),
        "precision_at_80": _figure(score.precision_at_80),
        "support": _support(score),
    }


def _figure(figure: float | None, low: float | None = None, high: float | None = None) -> str:
    """
    Return a figure with its interval.

    >>> _figure(0.8125, 0.69, 0.921), _figure(None)
    ('0.81 (0.69 to 0.92)', '')
    """
    if figure is None:
        return ""
    return f"{figure:.2f}" + (f" ({low:.2f} to {high:.2f})" if low is not None else "")


def _support(score: BaselineScore) -> str:
    """Return on how many cases a figure rests."""
    what = "codes," if score.subject == "macro" else "of"
    return f"{score.positive} {what} {score.passages} passages, {score.articles} articles"


def _measure(repository: Repository) -> list[BaselineScore]:
    """Return the figures of all baselines, for each edition whose texts are here."""
    from safeguards.model import EDITIONS
    from safeguards.prediction import benchmark

    splits = _read_splits(repository.path("dist/dataset"))
    found: list[BaselineScore] = []
    with show_progress("editions") as progress:
        for done, edition in enumerate(EDITIONS):
            progress(done, len(EDITIONS))
            examples = benchmark.read_examples(repository, edition)
            ways = {
                "cross_validation": benchmark.fold_by_article(examples.articles),
                "cross_treaty": benchmark.fold_by_treaty(examples.articles),
                "test": benchmark.fold_by_split(examples, splits),
            }
            for name, folds in ways.items():
                found += benchmark.score_baselines(examples, repository.codebook, folds, name)
            articles = len(set(examples.articles))
            say(f"{edition}: {len(examples.passages)} passages, {articles} articles")
        progress(len(EDITIONS), len(EDITIONS))
    return found


def _read_splits(folder: Path) -> dict[str, str]:
    """Return the split of each passage in the built dataset; nothing where it has one split."""
    from safeguards.releases.contents import Contents

    splits = Contents(folder).splits("provisions")
    return splits if len(set(splits.values())) > 1 else {}
