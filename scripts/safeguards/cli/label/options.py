"""What the commands of ``label`` share: which round, which server, and how far they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def round_option(command: F) -> F:
    """Add ``--round``, which every exchange with the server needs."""
    return click.option("--round", "round_name", required=True, help="Name of the round.")(command)


def url_option(command: F) -> F:
    """Add ``--url``, the address of the server."""
    words = "Address of Label Studio.  [default: LABEL_STUDIO_URL, else http://127.0.0.1:8080]"
    return click.option("--url", help=words)(command)


@contextmanager
def shown_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show how far each annotator's project is, on stderr, while a block runs."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        rows: dict[str, Any] = {}

        def show(annotator_id: str, done: int, total: int) -> None:
            if annotator_id not in rows:
                rows[annotator_id] = bar.add_task(annotator_id, total=total)
            bar.update(rows[annotator_id], completed=done, total=total)

        yield show
