"""Commands about texts: ``fetch`` and ``segment``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safeguards.cli.shared import Workplace, format_option, pass_repository, print_rows, say
from safeguards.formats import FORMS

if TYPE_CHECKING:
    from safeguards.repository import Repository

_COLUMNS = ("eid", "level", "num", "heading", "text")
_CRITIQUE_COLUMNS = ("eid", "boilerplate", "text")


@click.command()
@click.argument("documents", nargs=-1, metavar="[DOCUMENT]...")
@click.option(
    "--from",
    "folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder that holds the texts; they are known by their SHA-256.",
)
@pass_repository
def fetch(repository: Repository, documents: tuple[str, ...], folder: Path) -> None:
    """
    Bring official texts into corpus/official/, where git ignores them.

    \b
    Example:
      safeguards fetch budapest --from ~/treaties
    """
    from safeguards.sources import fetch_from_folder

    pinned = [d.document_id for d in repository.documents if d.kind == "treaty" and d.pinned_sha256]
    for name in documents or pinned:
        path = fetch_from_folder(repository, repository.document(name), folder)
        click.echo(path.relative_to(repository.root))


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--document", help="Id that the passages' ids begin with.")
@click.option(
    "--edition",
    type=click.Choice(["official", "restatement"]),
    default="official",
    show_default=True,
    help="Which edition the text is.",
)
@click.option(
    "--input-format",
    type=click.Choice(FORMS),
    help="What FILE is.  [default: found out from its bytes]",
)
@click.option("--language", help="Language of FILE, such as fr.  [default: the document's]")
@click.option("--corpus", is_flag=True, help="Derive passages, terms and references of corpus/.")
@format_option(extra=("jsonl",))
@click.pass_obj
def segment(
    workplace: Workplace,
    file: Path | None,
    document: str | None,
    edition: str,
    input_format: str | None,
    language: str | None,
    corpus: bool,
    form: str,
) -> None:
    """
    Split a treaty into articles, paragraphs and points, or a critique into paragraphs.

    FILE is text, Markdown, PDF, a web page or a Word file.

    \b
    Example:
      safeguards segment budapest.md --document budapest --format jsonl
    """
    if corpus:
        _derive(workplace.repository)
        return
    if file is None or document is None:
        raise click.UsageError("give a FILE and --document, or --corpus")
    from dataclasses import asdict

    from safeguards.segment import read_file, split_source

    known = workplace.repository.document(document)
    language = language or known.language
    found = read_file(file, form=input_format, language=language, kind=known.kind)
    for note in found.notes:
        say(f"{file}: {note}")
    passages = split_source(found.text, known.document_id, edition, known.kind)
    columns = _CRITIQUE_COLUMNS if known.kind == "critique" else _COLUMNS
    print_rows([asdict(p) for p in passages], form, columns)


def _derive(repository: Repository) -> None:
    """Write the derived files of the corpus."""
    from safeguards.records import write_text

    for path, text in derive_corpus(repository).items():
        write_text(repository.path(path), text)
        say(f"{path}: {text.count(chr(10))} rows")


def derive_corpus(repository: Repository) -> dict[str, str]:
    """Return the derived files of ``corpus/``: text by path."""
    from safeguards.records import format_record
    from safeguards.segment import derive_passages, derive_references, derive_terms

    passages = derive_passages(repository)
    terms = derive_terms(repository, passages)
    references = derive_references(repository, passages)
    files: dict[str, Sequence[object]] = {
        "passages": passages,
        "terms": terms,
        "references": references,
    }
    return {
        f"corpus/{name}.jsonl": "".join(format_record(row) + "\n" for row in rows)
        for name, rows in files.items()
    }
