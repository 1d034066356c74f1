"""The commands ``label serve`` and ``label backup``: a Label Studio on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from safeguards.cli.shared import Workplace, say

if TYPE_CHECKING:
    from safeguards.labelstudio.server import Credentials, Running

_OWNER = "lead@example.org"


F = TypeVar("F", bound=Callable[..., Any])


def _place_options(command: F) -> F:
    """Add ``--data-dir`` and ``--database``, which say where a server keeps what it knows."""
    folder = click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the server.  [default: ~/.local/state/safeguards/label-studio]",
    )
    database = click.option(
        "--database",
        metavar="ADDRESS",
        help="postgresql://USER@HOST/NAME; the password from PGPASSWORD or ~/.pgpass.  "
        "[default: a file in the folder]",
    )
    return folder(database(command))


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@_place_options
@click.option(
    "--public-url", metavar="URL", help="https address that a reverse proxy gives the server."
)
@click.pass_obj
def serve(
    workplace: Workplace,
    port: int,
    data_dir: Path | None,
    database: str | None,
    public_url: str | None,
) -> None:
    """
    Run a Label Studio on this machine until Ctrl-C.

    It listens on 127.0.0.1 alone. The other commands find its token by themselves, unless
    --data-dir puts it elsewhere.

    \b
    Example:
      safeguards label serve --port 8080
      safeguards label serve --database postgresql://labels@127.0.0.1/label_studio
    """
    from safeguards.errors import UsageFault
    from safeguards.labelstudio.database import parse_database
    from safeguards.labelstudio.server import (
        default_data_dir,
        find_executable,
        serving,
        start,
        write_credentials,
    )

    if public_url and not public_url.startswith("https://"):
        raise UsageFault("--public-url begins with https://; passwords travel through it")
    base = parse_database(database, os.environ) if database else None
    folder = (data_dir or default_data_dir(os.environ)).resolve()
    executable = find_executable(os.environ, workplace.root)
    who = _prepare_credentials(folder, port)
    say("starting Label Studio; the first start takes about a minute")
    address = (public_url or "").rstrip("/") or None
    begun = start(
        executable,
        folder,
        port,
        who.user,
        who.password,
        who.token,
        database=base,
        public_url=address,
    )
    with serving(begun) as running:
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


@click.command()
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Archive to write, a .tar.gz; it holds secrets, and only its owner may read it.",
)
@_place_options
def backup(output: Path, data_dir: Path | None, database: str | None) -> None:
    """
    Copy a Label Studio's database and secrets to one archive, also while it runs.

    How to begin again from it stands in annotations/README.md.

    \b
    Example:
      safeguards label backup -o ~/backups/label-studio.tar.gz
    """
    from safeguards.labelstudio.database import parse_database, write_backup
    from safeguards.labelstudio.server import default_data_dir

    base = parse_database(database, os.environ) if database else None
    folder = (data_dir or default_data_dir(os.environ)).resolve()
    for name in write_backup(output, folder, base):
        click.echo(name)
    say(f"{output} opens the server; keep it as you keep a password")
