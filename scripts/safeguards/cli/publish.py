"""The command ``build``: from the committed state to ``dist/dataset/``."""

from __future__ import annotations

from pathlib import Path

import click

from safeguards.cli.shared import Workplace, say


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="[default: dist/dataset]")
@click.option(
    "--edition",
    type=click.Choice(["restatement", "official", "both"]),
    default="restatement",
    show_default=True,
    help="Whose text is filled in; official texts must have been fetched.",
)
@click.pass_obj
def build(workplace: Workplace, output: Path | None, edition: str) -> None:
    """
    Build the dataset: Parquet tables, card, manifest, checksums.

    \b
    Example:
      safeguards build
    """
    from safeguards.publish import build_dataset

    repository = workplace.repository
    report = build_dataset(repository, output or repository.path("dist/dataset"), edition)
    say(", ".join(f"{count} {name}" for name, count in report.rows.items()))
    click.echo(report.folder)
