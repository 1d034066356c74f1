"""Commands that speak to Label Studio: ``serve``, ``push``, ``packet``, ``submit``, ``pull``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from safeguards.cli.shared import Workplace, format_option, pass_repository, print_rows, say

if TYPE_CHECKING:
    from safeguards.labelstudio.server import Credentials, Running
    from safeguards.model import Annotation, Round
    from safeguards.repository import Repository

F = TypeVar("F", bound=Callable[..., Any])
_OWNER = "lead@example.org"
_PUSHED = ("annotator_id", "project", "created", "already_there", "to_create")
_SUBMITTED = ("annotator_id", "project", "submitted", "already_there", "not_coded")
_PULLED = ("annotator_id", "passages", "rows", "skipped", "quarantined", "missing")


def _round_option(command: F) -> F:
    """Add ``--round``, which every exchange with the server needs."""
    return click.option("--round", "round_name", required=True, help="Name of the round.")(command)


def _url_option(command: F) -> F:
    """Add ``--url``, the address of the server."""
    words = "Address of Label Studio.  [default: LABEL_STUDIO_URL, else http://127.0.0.1:8080]"
    return click.option("--url", help=words)(command)


@contextmanager
def _shown_progress() -> Iterator[Callable[[str, int, int], None]]:
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


@click.group()
def label() -> None:
    """
    Exchange passages and codes with Label Studio.

    \b
    Example:
      safeguards label push --round pilot
    """


@label.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the database.  [default: ~/.local/state/safeguards/label-studio]",
)
@click.pass_obj
def serve(workplace: Workplace, port: int, data_dir: Path | None) -> None:
    """
    Run a Label Studio on this machine until Ctrl-C.

    The other commands find its token by themselves, unless --data-dir puts it elsewhere.

    \b
    Example:
      safeguards label serve --port 8080
    """
    from safeguards.labelstudio.server import (
        default_data_dir,
        find_executable,
        serving,
        write_credentials,
    )

    folder = (data_dir or default_data_dir(os.environ)).resolve()
    executable = find_executable(os.environ, workplace.root)
    who = _prepare_credentials(folder, port)
    say("starting Label Studio; the first start takes about a minute")
    with serving(executable, folder, port, who.user, who.password, who.token) as running:
        write_credentials(folder, who)
        say(f"log in as {who.user}; the password is in {folder / 'credentials.json'}")
        click.echo(running.url)
        _wait_for_end(running)


def _prepare_credentials(folder: Path, port: int) -> Credentials:
    """Return who may enter the server of *folder*; made up at its first start."""
    import secrets

    from safeguards.labelstudio.server import (
        HOST,
        Credentials,
        read_credentials,
        write_credentials,
    )

    url = f"http://{HOST}:{port}"
    if held := read_credentials(folder):
        return replace(held, url=url)
    who = Credentials(url, _OWNER, secrets.token_urlsafe(18), secrets.token_hex(20))
    write_credentials(folder, who)
    return who


def _wait_for_end(running: Running) -> None:
    """Return on Ctrl-C, on a signal to end, or when the server ends."""
    import signal

    from safeguards.errors import ServerFault

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        code = running.process.wait()
    except KeyboardInterrupt:
        say("stopping Label Studio")
        return
    raise ServerFault(f"Label Studio ended by itself with {code}; see {running.log}")


@label.command()
@_round_option
@click.option("--dry-run", is_flag=True, help="Tell what would be sent, and send nothing.")
@_url_option
@format_option()
@pass_repository
def push(
    repository: Repository, round_name: str, dry_run: bool, url: str | None, form: str
) -> None:
    """
    Bring a round's passages to Label Studio, one project per annotator.

    Only what is missing is sent, so it is safe to repeat.

    \b
    Example:
      safeguards label push --round pilot --dry-run
    """
    from safeguards.labelstudio import client, push

    plan = repository.round(round_name)
    server = client.read_server(os.environ, url)
    with _shown_progress() as show:
        report = push.push(repository, plan, server, dry_run=dry_run, progress=show)
    print_rows([asdict(project) for project in report.projects], form, _PUSHED)


@label.command()
@_round_option
@click.option("--annotator", "annotator_id", required=True, help="Whose codes these are.")
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Annotations, or answers to a packet; one JSON record a line.",
)
@_url_option
@format_option()
@pass_repository
def submit(
    repository: Repository,
    round_name: str,
    annotator_id: str,
    path: Path,
    url: str | None,
    form: str,
) -> None:
    """
    Enter the codes of a rule or a language model into Label Studio.

    \b
    Example:
      safeguards label submit --round pilot --annotator lm-a --file lm-a.jsonl
      safeguards label submit --round pilot --annotator lm-a --file answers.jsonl
    """
    from safeguards.labelstudio import client, submit

    plan = repository.round(round_name)
    rows = _read_codes(repository, plan, annotator_id, path)
    server = client.read_server(os.environ, url)
    report = submit.submit(repository, plan, server, annotator_id, rows)
    if report.not_coded:
        say(f"{report.not_coded} passages have no row, not even 'none', and were not submitted")
    print_rows([asdict(report)], form, _SUBMITTED)


def _read_codes(
    repository: Repository, plan: Round, annotator_id: str, path: Path
) -> list[Annotation]:
    """Return the rows of a file, which holds annotations or answers to a packet."""
    from safeguards.labelstudio import client, packets
    from safeguards.model import Annotation
    from safeguards.records import only, read_records

    first = path.read_text(encoding="utf-8").lstrip()[:30]
    if first.startswith('{"annotation_id"'):
        return only(read_records(path, Annotation))
    return packets.read_answers(path, client.build_seat(repository, plan, annotator_id))


@label.command()
@_round_option
@click.option("--parts", type=click.IntRange(min=1), default=1, show_default=True)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; it will hold official text, so not one that git watches.",
)
@pass_repository
def packet(repository: Repository, round_name: str, parts: int, output: Path) -> None:
    """
    Write what a language model needs to code a round, and nothing else.

    \b
    Example:
      safeguards label packet --round pilot --parts 4 -o dist/packets/pilot
    """
    from safeguards.labelstudio import packets
    from safeguards.records import write_text

    plan = repository.round(round_name)
    for number, files in enumerate(packets.build_packets(repository, plan, parts), 1):
        folder = output / f"part-{number}"
        for name, text in files.items():
            write_text(folder / name, text)
        click.echo(folder)


@label.command()
@_round_option
@click.option("--force", is_flag=True, help="Write even if files lose passages they hold.")
@_url_option
@format_option()
@pass_repository
def pull(repository: Repository, round_name: str, force: bool, url: str | None, form: str) -> None:
    """
    Fetch what a round's annotators have coded into annotations/rounds/.

    What is wrong goes to annotations/quarantine/ with the reasons.

    \b
    Example:
      safeguards label pull --round pilot
    """
    from safeguards.labelstudio import client, pull

    plan = repository.round(round_name)
    server = client.read_server(os.environ, url)
    with _shown_progress() as show:
        report = pull.pull(repository, plan, server, force=force, progress=show)
    for annotator in report.annotators:
        for passage_id, note in annotator.notes:
            say(f"note by {annotator.annotator_id} on {passage_id}: {note}")
        if annotator.quarantined:
            name = f"annotations/quarantine/{plan.round}-{annotator.annotator_id}.jsonl"
            say(f"{annotator.quarantined} annotations of {annotator.annotator_id} are in {name}")
    print_rows([asdict(annotator) for annotator in report.annotators], form, _PULLED)
