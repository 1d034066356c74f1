"""The command ``cite``: how to cite the dataset, or one provision as it stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from safeguards import __version__
from safeguards.citing import STYLES
from safeguards.cli.shared import pass_repository

if TYPE_CHECKING:
    from safeguards.model import Passage
    from safeguards.repository import Repository


@click.command()
@click.argument("provision", required=False)
@click.option(
    "--style",
    type=click.Choice(STYLES),
    default="bibtex",
    show_default=True,
    help="BibTeX, CSL-JSON, or a footnote in plain text.",
)
@pass_repository
def cite(repository: Repository, provision: str | None, style: str) -> None:
    """
    Cite the dataset, or a provision as it stands in this version of it.

    A provision is cited as its treaty is, with passage id and the beginning of the hash of the text
    that was coded, so that a reader can tell whether it is still the same.

    \b
    Example:
      safeguards cite --style csl
      safeguards cite "Budapest art. 16(2)" --style oscola
    """
    from safeguards.citing import cite as format_citation
    from safeguards.citing import read_source
    from safeguards.repository import read_citation

    source = read_source(read_citation(repository.root), __version__)
    if provision is None:
        return click.echo(format_citation(style, source))
    passage = _find(repository, provision)
    document = repository.document(passage.document_id)
    return click.echo(format_citation(style, source, (document, passage)))


def _find(repository: Repository, words: str) -> Passage:
    """Return the passage that *words* name: in its official edition, if that was ever read."""
    from safeguards.eid import resolve_provision

    by_id: dict[str, Passage] = {}
    for passage in sorted(repository.passages, key=lambda p: p.edition, reverse=True):
        if passage.passage_id not in by_id or passage.text_chars:
            by_id[passage.passage_id] = passage
    return by_id[resolve_provision(words, repository.aliases, by_id)]
