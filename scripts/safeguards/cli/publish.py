"""The commands ``splits`` and ``build``: from the committed state to ``dist/dataset/``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safeguards.cli.shared import Workplace, pass_repository, say

if TYPE_CHECKING:
    from safeguards.repository import Repository

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="[default: dist/dataset]")
@click.option(
    "--edition",
    type=click.Choice(["restatement", "official", "both"]),
    default="restatement",
    show_default=True,
    help="Whose text is filled in; official texts must have been fetched.",
)
@click.option(
    "--redistributable",
    is_flag=True,
    help="Leave out official texts whose licence does not let anyone pass them on.",
)
@click.option("--verify", type=_FOLDER, help="Build nothing; hold this dataset to its sources.")
@click.pass_obj
def build(
    workplace: Workplace,
    output: Path | None,
    edition: str,
    redistributable: bool,
    verify: Path | None,
) -> None:
    """
    Build the dataset: Parquet tables, card, metadata, manifest, checksums.

    Before it replaces the last one, every row that was written is read again and held against its
    source record; a difference keeps the last one in place.

    \b
    Example:
      safeguards build
      safeguards build --edition both --redistributable -o dist/both
      safeguards build --verify dist/dataset
    """
    from safeguards.publish import Choice, build_dataset, verify_dataset

    repository = workplace.repository
    if verify is not None:
        rows = verify_dataset(repository, verify)
    else:
        choice = Choice(edition, redistributable)
        rows = build_dataset(repository, output or repository.path("dist/dataset"), choice).rows
    say(", ".join(f"{count} {name}" for name, count in rows.items()))
    click.echo(verify or output or repository.path("dist/dataset"))


@click.command()
@click.option("--against", type=_FOLDER, help="Change nothing; list articles that moved since.")
@pass_repository
def splits(repository: Repository, against: Path | None) -> None:
    """
    Share new articles out to train, validation and test; those shared out before never move.

    With --against, a dataset built before, articles that lie elsewhere now are printed, and make
    the exit code 1.

    \b
    Example:
      safeguards splits
      safeguards splits --against dist/release/0.1.0
    """
    from safeguards import __version__
    from safeguards.publish.sharing import derive_splits, find_moved_units
    from safeguards.records import write_text

    if against is not None:
        for unit in (moved := find_moved_units(repository, against)):
            click.echo(unit)
        say(f"{len(moved)} articles moved")
        sys.exit(1 if moved else 0)
    for path, text in derive_splits(repository, __version__).items():
        write_text(repository.path(path), text)
        say(f"{text.count(chr(10))} rows")
        click.echo(path)
