"""What tests share: a copy of the tiny repository, and a real Label Studio on 127.0.0.1."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from safeguards.errors import ServerFault
from safeguards.labelstudio.client import Server, connect
from safeguards.labelstudio.server import Credentials, Running, find_executable, start
from safeguards.model import hash_text
from safeguards.repository import Repository

ROOT = Path(__file__).resolve().parent.parent
TINY = ROOT / "tests" / "data" / "tiny"

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
StartLabelStudio = Callable[[Path, int], Running]


@pytest.fixture
def tiny(tmp_path: Path) -> Repository:
    """Return a copy of the tiny repository that a test may change."""
    root = tmp_path / "tiny"
    shutil.copytree(TINY, root)
    return Repository(root)


def reword(tiny: Repository, old: str, new: str) -> None:
    """Change words of the tiny treaty, and register the changed text as the one to code."""
    official, register = tiny.official_path("tiny"), tiny.path("corpus/documents.yaml")
    before = official.read_bytes()
    assert old.encode() in before
    after = before.replace(old.encode(), new.encode())
    official.write_bytes(after)
    pinned, fresh = (hashlib.sha256(data).hexdigest() for data in (before, after))
    words = register.read_text(encoding="utf-8").replace(pinned, fresh)
    register.write_text(words, encoding="utf-8")


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def entrance(port: int) -> Credentials:
    """Return who may enter the servers of the tests; they live for minutes, on this machine."""
    return Credentials(f"http://127.0.0.1:{port}", "lead@example.org", "for-tests-only", "5a" * 20)


@pytest.fixture(scope="session")
def label_studio_executable() -> Path:
    """Return the program; skip where there is none, but never in continuous integration."""
    try:
        return find_executable(os.environ, ROOT)
    except ServerFault as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def start_label_studio(
    label_studio_executable: Path, pytestconfig: pytest.Config
) -> Iterator[StartLabelStudio]:
    """
    Return a function that starts a server in a folder; all of them end with the session.

    The first start ever makes the database, which takes a minute; a copy of the empty database is
    kept in pytest's cache for the next.
    """
    version = f"{label_studio_executable}{label_studio_executable.stat().st_mtime_ns}"
    cache = pytestconfig.cache
    assert cache is not None
    template = cache.mkdir("label-studio") / hash_text(version)[:12]
    running: list[Running] = []

    def begin(folder: Path, port: int) -> Running:
        who = entrance(port)
        if not template.is_dir():
            _make_template(label_studio_executable, folder.with_name("template"), template)
        if not folder.exists():
            shutil.copytree(template, folder)
        running.append(
            start(label_studio_executable, folder, port, who.user, who.password, who.token)
        )
        return running[-1]

    yield begin
    for server in running:
        server.stop()


def _make_template(executable: Path, folder: Path, template: Path) -> None:
    """Make an empty database once, and keep it."""
    port = free_port()
    who = entrance(port)
    start(executable, folder, port, who.user, who.password, who.token).stop()
    fresh = template.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in ("label_studio.sqlite3", ".env"):
        shutil.copy2(folder / name, fresh / name)
    fresh.replace(template)


@pytest.fixture(scope="session")
def label_studio(
    start_label_studio: StartLabelStudio, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Server, Credentials]:
    """Return a real Label Studio, and who may enter it."""
    who = entrance(free_port())
    port = int(who.url.rpartition(":")[2])
    start_label_studio(tmp_path_factory.mktemp("label-studio") / "data", port)
    return Server(who.url, who.token), who


@pytest.fixture
def server(label_studio: tuple[Server, Credentials]) -> Server:
    """Return the real Label Studio without any project in it."""
    found, _ = label_studio
    with connect(found) as client:
        for project in list(client.projects.list(include="id,title")):
            client.projects.delete(project.id)
    return found


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    """Return the SDK's client: what a browser, or a careless colleague, would do."""
    with connect(server) as opened:
        yield opened


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return Chromium, one for all tests; skip where there is none, except in CI."""
    if not CHROMIUM.is_file() and not os.environ.get("CI"):
        pytest.skip(f"no browser at {CHROMIUM}; run 'apt-get install chromium'")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield found
        found.close()
