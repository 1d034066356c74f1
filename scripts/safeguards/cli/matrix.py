"""The commands ``matrix`` and ``links``: which safeguards reach which power, and by which path."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.shared import (
    Workplace,
    dataset_option,
    format_option,
    open_dataset,
    pass_repository,
    print_answer,
    print_rows,
    say,
)
from safeguards.grid import cite_inside, explain_cell

if TYPE_CHECKING:
    from safeguards.linking import Candidate
    from safeguards.matrix import Difference
    from safeguards.query import Dataset
    from safeguards.repository import Repository

_WHY = ("citation", "power", "safeguard", "status", "why", "alpha")
_COMPARED = ("power", "article", "safeguard", "worked", "computed", "path", "explained")
_CANDIDATES = ("citation", "kind", "cites", "judged", "reason")


@click.command()
@click.option("--document", help="Only this treaty: an id or a name.")
@click.option("--power", help="Only this power.")
@click.option("--safeguard", help="Only this safeguard.")
@click.option("--why", is_flag=True, help="One row for each cell, with the path that fills it.")
@click.option("--compare", is_flag=True, help="Differences from the cells worked out by reading.")
@format_option()
@dataset_option
@click.pass_obj
def matrix(
    workplace: Workplace,
    document: str | None,
    power: str | None,
    safeguard: str | None,
    why: bool,
    compare: bool,
    form: str,
    dataset: Path | None,
) -> None:
    """
    Show which safeguards bind each power.

    P present, Q qualified, D left to domestic law, A absent, N makes no sense there; a star marks
    what rests on a restatement. A power has a row for each article that grants it; powers of
    articles that nobody has coded are not listed.

    \b
    Example:
      safeguards matrix --document budapest
      safeguards matrix --document budapest --power realtime_traffic --why
    """
    if why and compare:
        raise click.UsageError("give --why or --compare, not both")
    if compare:
        rows = _compared(workplace.repository, document, power, safeguard)
        print_rows(rows, form, _COMPARED)
        unexplained = sum(not row["explained"] for row in rows)
        say(f"{len(rows)} differences in articles that were coded, {unexplained} unexplained")
        return
    cells = _print_why if why else _print_grid
    with _opened(workplace, dataset) as opened:
        if not cells(opened, form, document=document, power=power, safeguard=safeguard):
            say("no power that was coded fits; drop --document, --power or --safeguard")


@contextmanager
def _opened(workplace: Workplace, folder: Path | None) -> Iterator[Dataset]:
    """Open the built dataset; where a checkout has none yet, one made from its files for this."""
    opened = open_dataset(workplace, folder)
    if folder is not None or opened.folder.exists():
        yield opened
        return
    from tempfile import TemporaryDirectory

    from safeguards.publish import build_dataset

    with TemporaryDirectory() as place:
        say("worked out from the committed data; quicker once 'safeguards build' was run")
        made = Path(place) / "dataset"
        build_dataset(workplace.repository, made, "restatement")
        yield open_dataset(workplace, made)


def _print_why(opened: Dataset, form: str, **wanted: str | None) -> int:
    """Print one row for each cell, and return how many."""
    from safeguards.questions.gaps import read_cell_rows

    rows = read_cell_rows(opened, **wanted)
    one = wanted["safeguard"] is not None
    print_answer(rows, form, [name for name in _WHY if not (one and name == "safeguard")])
    return len(rows)


def _check_code(repository: Repository, layer: str, code: str | None) -> None:
    """Accept a code that the codebook has in this layer."""
    from safeguards.errors import unknown_code

    known = repository.codebook.ids(layer)
    if code is not None and code not in known:
        raise unknown_code(code, known)


def _print_grid(opened: Dataset, form: str, **wanted: str | None) -> int:
    """Print one row for each power, with a letter for each safeguard, and return how many."""
    from safeguards.grid import build_grid, short_names
    from safeguards.questions.gaps import read_cells

    cells = read_cells(opened, **wanted)
    rows = build_grid(cells, opened.letters)
    names = list(dict.fromkeys(cell.safeguard for cell in cells))
    if form != "table" or not rows:
        print_rows(rows, form, ("document_id", "power", "article", *names))
        return len(rows)
    short = short_names(opened.codes["safeguard"])
    for document_id in dict.fromkeys(row["document_id"] for row in rows):
        shown = [row for row in rows if row["document_id"] == document_id]
        head = " ".join(short[name] for name in names)
        lines = [" ".join(row[name].ljust(len(short[name])) for name in names) for row in shown]
        table = [
            {document_id: f"{row['power']} {row['article']}", head: line}
            for row, line in zip(shown, lines, strict=True)
        ]
        print_rows(table, form, (document_id, head))
    say(textwrap.fill("; ".join(f"{short[name]} {name}" for name in names), 96))
    say(f"cite: {opened.edition_line}")
    return len(rows)


def _compared(
    repository: Repository, document: str | None, power: str | None, safeguard: str | None
) -> list[dict[str, Any]]:
    """Return the differences from the worked cells that were asked for."""
    from safeguards.matrix import read_differences

    _check_code(repository, "power", power)
    _check_code(repository, "safeguard", safeguard)
    wanted = repository.document(document).document_id if document else None
    return [
        _difference_row(repository, difference)
        for difference in read_differences(repository)
        if power in (None, difference.worked.power)
        and safeguard in (None, difference.worked.safeguard)
        and wanted in (None, difference.worked.power_passage_id.partition(":")[0])
    ]


def _difference_row(repository: Repository, difference: Difference) -> dict[str, Any]:
    """Return a difference as it is shown."""
    known = {status.id: status.letter for status in repository.codebook.statuses}
    worked, cell = difference.worked, difference.cell
    return {
        "power": worked.power,
        "article": cite_inside(worked.power_passage_id),
        "safeguard": worked.safeguard,
        "worked": known[worked.status],
        "computed": known[cell.status] if cell else "no such power",
        "path": explain_cell(cell) if cell else "",
        "explained": difference.note.reason if difference.note else "",
        "power_passage_id": worked.power_passage_id,
        "worked_status": worked.status,
        "worked_basis": worked.basis,
        "computed_status": difference.status,
    }


@click.group()
def links() -> None:
    """
    Show what the links between safeguards and powers rest on.

    \b
    Example:
      safeguards links candidates
    """


@links.command()
@click.option("--document", help="Only this treaty: an id or a name.")
@click.option("--all", "everything", is_flag=True, help="Also those that were judged.")
@click.option("--uncoded", is_flag=True, help="Also between articles that nobody has coded.")
@format_option()
@pass_repository
def candidates(
    repository: Repository, document: str | None, everything: bool, uncoded: bool, form: str
) -> None:
    """
    List the references between articles that may carry a safeguard and are not judged yet.

    To judge one, read both ends; then write a link, or reject it in rejected_links.yaml.

    \b
    Example:
      safeguards links candidates --document budapest --all
    """
    from safeguards.matrix import read_candidates

    wanted = repository.document(document).document_id if document else None
    rows = [
        _candidate_row(repository, c)
        for c in read_candidates(repository, uncoded=uncoded)
        if wanted in (None, c.via_passage_id.partition(":")[0])
    ]
    shown = [row for row in rows if everything or not row["judged"]]
    print_rows(shown, form, _CANDIDATES)
    say(f"{len(rows)} references, {sum(not row['judged'] for row in rows)} not judged yet")


def _candidate_row(repository: Repository, candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as it is shown."""
    from safeguards.eid import format_citation

    title = repository.document(candidate.via_passage_id.partition(":")[0]).short_title
    return {
        "citation": format_citation(candidate.via_passage_id, title),
        "kind": candidate.kind,
        "cites": cite_inside(candidate.to_passage_id),
        "judged": candidate.links or ("rejected" if candidate.rejected is not None else ""),
        "reason": candidate.rejected or "",
        "via_passage_id": candidate.via_passage_id,
        "to_passage_id": candidate.to_passage_id,
    }
