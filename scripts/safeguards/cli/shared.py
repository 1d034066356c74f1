"""What all commands share: the repository they work on, and the ways rows are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from safeguards.spreadsheets import csv_text, format_cell

if TYPE_CHECKING:
    from safeguards.query import Dataset
    from safeguards.repository import Repository

F = TypeVar("F", bound=Callable[..., Any])
FORMATS = ("table", "csv", "json", "markdown")
_GAP, _NARROWEST = 3, 8  # between columns; of a column that is folded
_WHOLE = ("citation", "kind", "severity", "power", "status", "subject")  # never folded


class Workplace:
    """The checkout a command works on, found only when a command asks for it."""

    def __init__(self, root: Path | None) -> None:
        """Remember the folder the person named, if any."""
        self.named = root

    @property
    def root(self) -> Path:
        """The folder of the checkout."""
        from safeguards.checkout import find_root

        return find_root((self.named or Path.cwd()).resolve())

    @property
    def repository(self) -> Repository:
        """The checkout, ready to read."""
        from safeguards.repository import Repository

        return Repository(self.root)


def pass_repository(command: F) -> F:
    """Give *command* the repository as its first argument."""

    def call(context: click.Context, *args: Any, **kwargs: Any) -> Any:
        return context.invoke(command, context.obj.repository, *args, **kwargs)

    call.__name__, call.__doc__ = command.__name__, command.__doc__
    call.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    return click.pass_context(call)  # type: ignore[return-value]


def format_option(*, default: str = "table", extra: Sequence[str] = ()) -> Callable[[F], F]:
    """Add ``--format``, the same for every command."""
    return click.option(
        "--format",
        "form",
        type=click.Choice([*FORMATS, *extra]),
        default=default,
        show_default=True,
        help="How to print.",
    )


def dataset_option(command: F) -> F:
    """Add ``--dataset``, the folder that questions are answered from."""
    option = click.option(
        "--dataset",
        type=click.Path(path_type=Path),
        default=None,
        help="Folder of the built dataset.  [default: dist/dataset]",
    )
    return option(command)


def print_rows(rows: Sequence[Mapping[str, Any]], form: str, columns: Sequence[str]) -> None:
    """
    Print *rows* on stdout.

    Args:
        rows: What to print, as mappings.
        form: One of `FORMATS`, or ``jsonl``.
        columns: The columns a table, CSV or Markdown shows; JSON shows all.
    """
    if form == "json":
        click.echo(json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2))
    elif form == "jsonl":
        for row in rows:
            click.echo(json.dumps(dict(row), ensure_ascii=False))
    elif rows or form != "table":
        printer = {"csv": _print_csv, "markdown": _print_markdown, "table": _print_table}[form]
        printer([[format_cell(row.get(column)) for column in columns] for row in rows], columns)


def _print_csv(cells: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    """Print CSV in which no cell runs as a formula when a spreadsheet opens it."""
    click.echo(csv_text(cells, columns), nl=False)


def _print_markdown(cells: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    """Print a Markdown table."""
    for row in [columns, ["---"] * len(columns), *cells]:
        escaped = [cell.replace("|", "\\|").replace("\n", " ") for cell in row]
        click.echo(f"| {' | '.join(escaped)} |")


def _print_table(cells: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    """Print a table that fits the terminal; 100 columns wide where there is none."""
    import shutil

    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else 100
    heads = [column.replace("_", " ") for column in columns]
    widths = _fit([heads, *cells], columns, room)
    click.echo("\n".join(_fold(heads, widths, at_bottom=True)))
    click.echo("─" * (sum(widths) + _GAP * (len(widths) - 1)))
    for row in cells:
        click.echo("\n".join(_fold(row, widths)))


def _fit(rows: Sequence[Sequence[str]], columns: Sequence[str], room: int) -> list[int]:
    """Return how wide each column is: the widest that may be folded give way first."""
    widths = [max(map(_width, cells)) for cells in zip(*rows, strict=True)]
    open_ones = [n for n, column in enumerate(columns) if column not in _WHOLE]
    over = sum(widths) + _GAP * (len(widths) - 1) - room
    for _ in range(max(0, over)):
        widest = max(open_ones or range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= _NARROWEST:
            open_ones, widest = [], max(range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _width(cell: str) -> int:
    """Return how wide a cell is that nothing folds."""
    return max(map(len, cell.split("\n")))


def _fold(row: Sequence[str], widths: Sequence[int], *, at_bottom: bool = False) -> list[str]:
    """Return the lines of a row whose cells are folded to their widths."""
    import textwrap

    folded = [
        [
            line
            for part in cell.split("\n")
            for line in textwrap.wrap(part, max(width, 1), break_on_hyphens=False) or [""]
        ]
        if _width(cell) > width or "\n" in cell
        else [cell]
        for cell, width in zip(row, widths, strict=True)
    ]
    height = max(map(len, folded))
    for lines in folded:
        blank = [""] * (height - len(lines))
        lines[:] = [*blank, *lines] if at_bottom else [*lines, *blank]
    pairs = [zip(lines, widths, strict=True) for lines in zip(*folded, strict=True)]
    return [(" " * _GAP).join(c.ljust(w) for c, w in pair).rstrip() for pair in pairs]


def open_dataset(workplace: Workplace, folder: Path | None) -> Dataset:
    """Return the dataset in *folder*, or the one that was built in the checkout."""
    from safeguards.query import Dataset

    return Dataset(folder or workplace.root / "dist" / "dataset")


def print_answer(rows: Sequence[Mapping[str, Any]], form: str, columns: Sequence[str]) -> None:
    """
    Print an answer: a table of some *columns*, every other form with all that is known of a row.

    In a table a star on the citation marks what is provisional, ``alpha`` is the agreement in
    short, and stderr tells how to read both and how to cite the first row; other forms have the
    columns ``edition``, ``provisional``, ``agreement`` and ``cite``.
    """
    if form != "table":
        return print_rows(rows, form, tuple(rows[0]) if rows else columns)
    print_rows([_in_short(row) for row in rows], form, columns)
    explain_marks(rows)
    return None


def _in_short(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with a star on what is provisional, and agreement in short."""
    star = "*" * bool(row.get("provisional"))
    return {**row, "citation": f"{row['citation']}{star}", "alpha": row.get("agreement_mark")}


def explain_marks(rows: Sequence[Mapping[str, Any]]) -> None:
    """Say on stderr what star and alpha mean, and how the first row is cited."""
    if any(row.get("provisional") for row in rows):
        say("* provisional: coded on our restatement; without a star: on the official text")
    elif any(row.get("edition") for row in rows):
        say("coded on the official text")
    if any("alpha" in row for row in rows):
        say("alpha: agreement on the code, target met or missed; in brackets: too few to tell")
    if rows and "cite" in rows[0]:
        say(f"cite: {rows[0]['cite']}")


def mark_edition(row: Mapping[str, Any]) -> str:
    """
    Return the edition of a row, with a star on what is provisional.

    >>> mark_edition({"edition": "restatement", "provisional": True})
    'restated*'
    """
    name = {"restatement": "restated"}.get(str(row.get("edition")), str(row.get("edition") or ""))
    return name + ("*" if row.get("provisional") else "")


def print_wrapped(text: str, indent: str = "", more: str = "  ") -> None:
    """Print a line, folded to a readable width."""
    import textwrap

    click.echo(textwrap.fill(text, 96, initial_indent=indent, subsequent_indent=indent + more))


@contextmanager
def show_progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr, and give the function that moves it: how many are done, of how many."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def say(message: str) -> None:
    """Tell the person something, on stderr."""
    click.echo(message, err=True)
