"""Commands about texts: ``fetch`` and ``segment``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.shared import (
    Workplace,
    format_option,
    pass_repository,
    print_rows,
    say,
    show_progress,
)

if TYPE_CHECKING:
    from safeguards.repository import Repository

_COLUMNS = ("eid", "level", "num", "heading", "text")


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
@click.option("--corpus", is_flag=True, help="Derive corpus/passages.jsonl and corpus/terms.jsonl.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Split every text of a folder or .tar.gz into one Parquet part each, in this folder.",
)
@click.option(
    "--engine",
    type=click.Choice(["serial", "pool", "dask"]),
    default="pool",
    show_default=True,
    help="With -o: what carries the work.",
)
@click.option("--scheduler", metavar="ADDRESS", help="With --engine dask: a running scheduler.")
@click.option("--workers", type=click.IntRange(min=1), help="With -o: how many processes.")
@format_option(extra=("jsonl",))
@click.pass_obj
def segment(
    workplace: Workplace,
    file: Path | None,
    document: str | None,
    edition: str,
    corpus: bool,
    output: Path | None,
    engine: str,
    scheduler: str | None,
    workers: int | None,
    form: str,
) -> None:
    """
    Split a treaty's text into passages: articles, paragraphs, points.

    With -o, FILE is a folder or a .tar.gz of any number of texts. Their manifest says what became
    of each; after a stop, the same command goes on where it stopped.

    \b
    Example:
      safeguards segment budapest.md --document budapest --format jsonl
      safeguards segment treaties/ -o parts/ --workers 8
      safeguards segment treaties.tar.gz -o parts/ --engine dask --scheduler tcp://10.0.0.5:8786
    """
    if corpus:
        _derive(workplace.repository)
        return
    if file is not None and output is not None and document is None:
        _segment_all(file, output, edition, (engine, workers, scheduler))
        return
    if file is None or document is None or output is not None:
        raise click.UsageError("give a FILE and --document, a folder and -o, or --corpus")
    from dataclasses import asdict

    from safeguards.segment import read_source

    document_id = _known_id(workplace, document)
    rows: list[dict[str, Any]] = [asdict(p) for p in read_source(file, document_id, edition)]
    print_rows(rows, form, _COLUMNS)


def _segment_all(
    source: Path, folder: Path, edition: str, choice: tuple[str, int | None, str | None]
) -> None:
    """Split every text of *source*, and tell what gave no part."""
    import logging

    from safeguards.engines import choose_engine, segment_all
    from safeguards.errors import SourceFault
    from safeguards.manifest import MANIFEST, read_manifest
    from safeguards.segment import split_bytes

    engine = choose_engine(*choice)
    if choice[0] == "dask":
        logging.disable()  # Dask logs a traceback for each lost connection; we say it in one line
    with show_progress("segment") as progress:
        report = segment_all(source, folder, engine, split_bytes, edition, progress)
    for part in read_manifest(folder):
        if part.fault:
            say(f"{part.name}: {part.fault}")
    click.echo(folder / MANIFEST)
    say(f"{report.done} texts split, {report.kept} unchanged, {report.faults} without a part")
    if report.faults:
        hint = "mend them or take them out, and run again"
        raise SourceFault(f"{report.faults} of {report.inputs} files gave no part; {hint}")


def _known_id(workplace: Workplace, document: str) -> str:
    """Return the id of a document of the register."""
    return workplace.repository.document(document).document_id


def _derive(repository: Repository) -> None:
    """Write the derived files of the corpus."""
    from safeguards.records import write_text

    for path, text in derive_corpus(repository).items():
        write_text(repository.path(path), text)
        say(f"{path}: {text.count(chr(10))} rows")


def derive_corpus(repository: Repository) -> dict[str, str]:
    """Return the derived files of ``corpus/``: text by path."""
    from safeguards.records import format_record
    from safeguards.segment import derive_passages, derive_terms

    passages = derive_passages(repository)
    terms = derive_terms(repository, passages)
    return {
        "corpus/passages.jsonl": "".join(format_record(p) + "\n" for p in passages),
        "corpus/terms.jsonl": "".join(format_record(t) + "\n" for t in terms),
    }
