"""The command ``references``: what cites what, and how well citations are found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.shared import (
    Workplace,
    dataset_option,
    format_option,
    open_dataset,
    print_rows,
    say,
)
from safeguards.model import REFERENCE_KINDS

if TYPE_CHECKING:
    from safeguards.gold import Score

_REFERENCES = ("citation", "kind", "cites", "exact")
_SCORES = ("text", "measure", "marked", "found", "right", "precision", "recall")


@click.command()
@click.argument("words", nargs=-1, metavar="[PROVISION | DOCUMENT]...")
@click.option(
    "--direction",
    type=click.Choice(["out", "in", "both"]),
    default="both",
    show_default=True,
    help="What it cites, what cites it, or both.",
)
@click.option("--kind", type=click.Choice(REFERENCE_KINDS), help="Only this kind.")
@click.option("--score", is_flag=True, help="Measure the finder against marked citations.")
@click.option(
    "--critiques",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="With --score: folder of the critiques that were marked.",
)
@format_option()
@dataset_option
@click.pass_obj
def references(
    workplace: Workplace,
    words: tuple[str, ...],
    direction: str,
    kind: str | None,
    score: bool,
    critiques: Path | None,
    form: str,
    dataset: Path | None,
) -> None:
    """
    List what a provision or treaty cites, and what cites it.

    Where a treaty speaks of itself ("this Convention") is listed with --kind self only.

    \b
    Example:
      safeguards references "Budapest art. 15" --direction in
    """
    if score:
        return _print_scores(workplace, critiques, form)
    if not words:
        raise click.UsageError("name a provision or a document, or give --score")
    from safeguards.query import find_citations

    found = find_citations(
        open_dataset(workplace, dataset), " ".join(words), direction=direction, kind=kind
    )
    print_rows(found, form, _REFERENCES if form == "table" or not found else tuple(found[0]))
    if not found:
        say("no reference fits; drop --kind, or ask for --direction both")
    return None


def _print_scores(workplace: Workplace, critiques: Path | None, form: str) -> None:
    """Print precision and recall."""
    from safeguards.gold import score_references

    rows = [_row(score) for score in score_references(workplace.repository, critiques)]
    print_rows(rows, form, _SCORES)


def _row(score: Score) -> dict[str, Any]:
    """Return a score as it is shown."""
    shown: dict[str, Any] = {name: getattr(score, name) for name in _SCORES}
    return {**shown, "precision": round(score.precision, 4), "recall": round(score.recall, 4)}
