"""Commands about texts: ``fetch`` and ``segment``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
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
from safeguards.formats import FORMS

if TYPE_CHECKING:
    from safeguards.download import Limits, Progress
    from safeguards.editions import Lost
    from safeguards.errors import SafeguardsError
    from safeguards.model import Annotation, Document, Passage
    from safeguards.repository import Repository

_COLUMNS = ("eid", "level", "num", "heading", "text")
_ID = re.compile(r"[a-z][a-z0-9_-]*")
_READING = ("line", "text", "became", "why")
_CRITIQUE_COLUMNS = ("eid", "boilerplate", "text")
_DIFFERENCES = ("passage_id", "state", "words", "carried", "lost")


@click.command()
@click.argument("documents", nargs=-1, metavar="[DOCUMENT]...")
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the texts from this folder, known by their SHA-256; authentic ones by name: ID.pdf.",
)
@click.option("--authentic", is_flag=True, help="The authentic text, and how it differs.")
@click.option("--allow-private", is_flag=True, help="Visit addresses of the own network, too.")
@click.option("--proxy", is_flag=True, help="Use the proxy that the environment names.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    help="Seconds that one text may take.",
)
@format_option()
@pass_repository
def fetch(
    repository: Repository,
    documents: tuple[str, ...],
    folder: Path | None,
    authentic: bool,
    allow_private: bool,
    proxy: bool,
    time_limit: float,
    form: str,
) -> None:
    """
    Bring official texts into corpus/official/, where git ignores them.

    By default the transcriptions that codes were made on, each only if its SHA-256 is the one in
    the register. With --authentic the text of the official address, each only if it has the
    articles and headings of the outline; it is compared with the transcription, passage by
    passage, and codes are carried over where their words stand there exactly once.

    \b
    Example:
      safeguards fetch budapest
      safeguards fetch budapest --from ~/treaties
      safeguards fetch hanoi --authentic --format markdown
    """
    from safeguards.download import Limits

    limits = Limits(seconds=time_limit, allow_private=allow_private, use_proxy=proxy)
    rows: list[dict[str, Any]] = []
    exit_code = 0
    for document in _chosen(repository, documents, authentic):
        with _reported(document) as faults, _progress(document.document_id) as progress:
            if authentic:
                rows += _fetch_authentic(repository, document, limits, progress, folder)
            else:
                _fetch_pinned(repository, document, limits, progress, folder)
        exit_code = max([exit_code, *(fault.exit_code for fault in faults)])
    if authentic and rows:
        print_rows(rows, form, _DIFFERENCES)
    sys.exit(exit_code)


def _chosen(repository: Repository, documents: tuple[str, ...], authentic: bool) -> list[Document]:
    """Return the documents that were named, or all treaties that say where their text lies."""
    if documents:
        return [repository.document(name) for name in documents]
    treaties = [d for d in repository.documents if d.kind == "treaty"]
    return [d for d in treaties if (d.authentic_url if authentic else d.pinned_sha256)]


@contextmanager
def _reported(document: Document) -> Iterator[list[SafeguardsError]]:
    """Say what goes wrong with one document, and let the next have its turn."""
    from safeguards.errors import FetchFault, SourceFault, TextChanged, UsageFault

    faults: list[SafeguardsError] = []
    try:
        yield faults
    except FetchFault as error:
        for difference in error.differences:
            say(f"{document.document_id}: {difference}")
        say(f"safeguards: {document.document_id}: {error}")
        faults.append(error)
    except (SourceFault, TextChanged, UsageFault) as error:
        say(f"safeguards: {error}")
        faults.append(error)


@contextmanager
def _progress(name: str) -> Iterator[Progress | None]:
    """Show on stderr how much has come, where somebody looks at it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(name, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _fetch_pinned(
    repository: Repository,
    document: Document,
    limits: Limits,
    progress: Progress | None,
    folder: Path | None,
) -> None:
    """Bring a transcription and print where it lies."""
    from safeguards.sources import fetch_from_folder, fetch_pinned

    if folder is None:
        path = fetch_pinned(repository, document, limits, progress)
    else:
        path = fetch_from_folder(repository, document, folder)
    click.echo(path.relative_to(repository.root))


def _fetch_authentic(
    repository: Repository,
    document: Document,
    limits: Limits,
    progress: Progress | None,
    folder: Path | None,
) -> list[dict[str, Any]]:
    """Bring an authentic text, carry codes to it, and return how it differs."""
    from safeguards.editions import carry_spans, compare_editions
    from safeguards.formats import extract
    from safeguards.provisions import split
    from safeguards.records import write_records
    from safeguards.sources import fetch_authentic

    today = datetime.now(UTC).date().isoformat()
    kept = fetch_authentic(repository, document, today, extract, limits, progress, folder)
    say(f"{kept.path.relative_to(repository.root)}: {len(kept.passages)} passages")
    transcription = repository.official_text(document.document_id)
    if transcription is None:
        say(f"{document.document_id}: no transcription to compare it with")
        return []
    old = split(transcription, document.document_id)
    carried, lost = carry_spans(old, kept.passages, _codes(repository, document, old))
    write_records(repository.authentic_path(document.document_id, "jsonl"), carried)
    differences = compare_editions(old, kept.passages)
    changed = sum(d.state != "same" for d in differences)
    say(f"{changed} of {len(differences)} passages have other words")
    say(f"{len(carried)} codes fit, {len(lost)} do not")
    return [_difference_row(asdict(d), carried, lost) for d in differences]


def _codes(repository: Repository, document: Document, old: list[Passage]) -> list[Annotation]:
    """Return every code on the transcription of *document*, by whomever."""
    own = {p.passage_id for p in old}
    rows = [*repository.iter_annotations(), *repository.adjudicated]
    return [row for row in rows if row.passage_id in own and row.edition == "official"]


def _difference_row(
    row: dict[str, Any], carried: list[Annotation], lost: list[Lost]
) -> dict[str, Any]:
    """Return how a passage differs, with what became of its codes."""
    where = row["passage_id"]
    return {
        **row,
        "carried": sum(code.passage_id == where for code in carried),
        "lost": [
            f"{x.annotation.code}: {x.reason}" for x in lost if x.annotation.passage_id == where
        ],
    }


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
@click.option("--explain", is_flag=True, help="Show which line became what, and why.")
@click.option("--corpus", is_flag=True, help="Derive passages, terms and references of corpus/.")
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
    input_format: str | None,
    language: str | None,
    explain: bool,
    corpus: bool,
    output: Path | None,
    engine: str,
    scheduler: str | None,
    workers: int | None,
    form: str,
) -> None:
    """
    Split a treaty into articles, paragraphs and points, or a critique into paragraphs.

    FILE is text, Markdown, PDF, a web page or a Word file.

    With -o, FILE is a folder or a .tar.gz of any number of texts. Their manifest says what became
    of each; after a stop, the same command goes on where it stopped.

    \b
    Example:
      safeguards segment budapest.md --document budapest --format jsonl
      safeguards segment budapest.md --document budapest --explain
      safeguards segment treaties/ -o parts/ --workers 8
      safeguards segment treaties.tar.gz -o parts/ --engine dask --scheduler tcp://host:8786
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

    from safeguards.segment import read_file, split_source

    known = _document(workplace.repository, document)
    language = language or known.language
    found = read_file(file, form=input_format, language=language, kind=known.kind)
    for note in found.notes:
        say(f"{file}: {note}")
    if explain:
        print_rows(_readings(found.text, edition), form, _READING)
        return
    passages = split_source(found.text, known.document_id, edition, known.kind)
    columns = _CRITIQUE_COLUMNS if known.kind == "critique" else _COLUMNS
    print_rows([asdict(p) for p in passages], form, columns)


def _document(repository: Repository, name: str) -> Document:
    """
    Return the document of the register with this name, or a treaty that is not in it.

    Raises:
        UnknownDocument: *name* is no id, or looks like a misspelt one.
    """
    from difflib import get_close_matches

    from safeguards.eid import unknown_document
    from safeguards.model import Document

    aliases = repository.aliases
    if name.lower() in aliases:
        return repository.document(name)
    ids = [d.document_id for d in repository.documents]
    if not _ID.fullmatch(name) or get_close_matches(name, ids, n=1, cutoff=0.85):
        raise unknown_document(name, aliases)
    say(f"{name} is not in the register; it is read as a treaty in English")
    return Document(name, "treaty", None, name)


def _readings(text: str, edition: str) -> list[dict[str, Any]]:
    """Return what each line of a text became, as rows."""
    from safeguards.provisions import explain

    readings = explain(text, edition)
    return [{"line": r.number, "text": r.start, "became": r.became, "why": r.why} for r in readings]


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
