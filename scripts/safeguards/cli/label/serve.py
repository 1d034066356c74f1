"""The command ``label serve``: a Label Studio on this machine."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safeguards.cli.shared import Workplace, say

if TYPE_CHECKING:
    from safeguards.labelstudio.server import Credentials, Running

_OWNER = "lead@example.org"


@click.command()
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
