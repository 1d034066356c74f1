"""The commands ``matrix`` and ``links``: which safeguards reach which power, and by which path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.shared import format_option, pass_repository, print_rows, say

if TYPE_CHECKING:
    from safeguards.cells import MatrixCell
    from safeguards.codebook import Codebook
    from safeguards.linking import Candidate
    from safeguards.matrix import Difference
    from safeguards.repository import Repository

_WHY = ("power", "article", "safeguard", "status", "path")
_COMPARED = ("power", "article", "safeguard", "worked", "computed", "path", "explained")
_CANDIDATES = ("citation", "kind", "cites", "judged", "reason")


@click.command()
@click.option("--document", help="Only this treaty: an id or a name.")
@click.option("--power", help="Only this power.")
@click.option("--safeguard", help="Only this safeguard.")
@click.option("--why", is_flag=True, help="One row for each cell, with the path that fills it.")
@click.option("--compare", is_flag=True, help="Differences from the cells worked out by reading.")
@format_option()
@pass_repository
def matrix(
    repository: Repository,
    document: str | None,
    power: str | None,
    safeguard: str | None,
    why: bool,
    compare: bool,
    form: str,
) -> None:
    """
    Show which safeguards bind each power, from the committed codes and links.

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
        rows = _compared(repository, document, power, safeguard)
        print_rows(rows, form, _COMPARED)
        unexplained = sum(not row["explained"] for row in rows)
        say(f"{len(rows)} differences in articles that were coded, {unexplained} unexplained")
        return
    cells = _chosen(repository, document, power, safeguard)
    if not cells:
        say("no power that was coded fits; drop --document, --power or --safeguard")
    if why:
        print_rows([_explain(cell) for cell in cells], form, _WHY)
    else:
        _print_grid(repository.codebook, cells, form)
    return


def _chosen(
    repository: Repository, document: str | None, power: str | None, safeguard: str | None
) -> list[MatrixCell]:
    """Return the cells that were asked for."""
    from safeguards.matrix import read_matrix

    _check_code(repository, "power", power)
    _check_code(repository, "safeguard", safeguard)
    wanted = repository.document(document).document_id if document else None
    return [
        cell
        for cell in read_matrix(repository)
        if wanted in (None, cell.document_id)
        and power in (None, cell.power)
        and safeguard in (None, cell.safeguard)
    ]


def _check_code(repository: Repository, layer: str, code: str | None) -> None:
    """Accept a code that the codebook has in this layer."""
    from safeguards.errors import unknown_code

    known = repository.codebook.ids(layer)
    if code is not None and code not in known:
        raise unknown_code(code, known)


def _print_grid(codebook: Codebook, cells: Sequence[MatrixCell], form: str) -> None:
    """Print one row for each power, with a letter for each safeguard."""
    from safeguards.matrix import grid, short_names

    rows = grid(codebook, cells)
    names = list(dict.fromkeys(cell.safeguard for cell in cells))
    if form != "table" or not rows:
        return print_rows(rows, form, ("document_id", "power", "article", *names))
    short = short_names(codebook.ids("safeguard"))
    for document_id in dict.fromkeys(row["document_id"] for row in rows):
        shown = [row for row in rows if row["document_id"] == document_id]
        head = " ".join(short[name] for name in names)
        lines = [" ".join(row[name].ljust(len(short[name])) for name in names) for row in shown]
        table = [
            {document_id: f"{row['power']} {row['article']}", head: line}
            for row, line in zip(shown, lines, strict=True)
        ]
        print_rows(table, form, (document_id, head))
    import textwrap

    return say(textwrap.fill("; ".join(f"{short[name]} {name}" for name in names), 96))


def _explain(cell: MatrixCell) -> dict[str, Any]:
    """Return a cell with its path in words."""
    return {
        **asdict(cell),
        "article": _cite(cell.power_passage_id),
        "path": _path(cell),
    }


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
    from safeguards.matrix import letters

    known, worked, cell = letters(repository.codebook), difference.worked, difference.cell
    return {
        "power": worked.power,
        "article": _cite(worked.power_passage_id),
        "safeguard": worked.safeguard,
        "worked": known[worked.status],
        "computed": known[cell.status] if cell else "no such power",
        "path": _path(cell) if cell else "",
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
        "cites": _cite(candidate.to_passage_id),
        "judged": candidate.links or ("rejected" if candidate.rejected is not None else ""),
        "reason": candidate.rejected or "",
        "via_passage_id": candidate.via_passage_id,
        "to_passage_id": candidate.to_passage_id,
    }
