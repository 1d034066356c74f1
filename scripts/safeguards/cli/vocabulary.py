"""The command ``schema``: what is generated from the codebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from safeguards.cli.shared import pass_repository

if TYPE_CHECKING:
    from safeguards.repository import Repository


@click.command()
@pass_repository
def schema(repository: Repository) -> None:
    """
    Generate schemas, labelling configuration and data dictionary.

    \b
    Example:
      safeguards schema
    """
    from safeguards.records import write_text

    for path, text in derive_schema(repository).items():
        write_text(repository.path(path), text)
        click.echo(path)


def derive_schema(repository: Repository) -> dict[str, str]:
    """Return the derived files of ``schema/``: text by path."""
    from safeguards.labelstudio.config import build_label_config
    from safeguards.schemas import derive_schema_files

    files = derive_schema_files(repository.codebook)
    files["schema/label_config.xml"] = build_label_config(repository.codebook)
    return files
