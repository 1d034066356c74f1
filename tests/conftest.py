"""What tests share: a copy of the tiny repository, and a real Label Studio on 127.0.0.1."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tarfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cluster import Cluster, running_cluster
from safeguards.errors import ServerFault
from safeguards.labelstudio.client import Server, connect
from safeguards.labelstudio.database import DUMP, SQLITE, Database, find_program, write_backup
from safeguards.labelstudio.server import Credentials, Running, find_executable, start
from safeguards.model import hash_text
from safeguards.publish import build_dataset
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
KINDS = ["sqlite", "postgresql"]
StartLabelStudio = Callable[..., Running]


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


@pytest.fixture
def built(tiny: Repository) -> Path:
    """Return the tiny dataset, built."""
    return build_dataset(tiny, tiny.path("dist/dataset")).folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


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
def cluster() -> Iterator[Cluster]:
    """Return a PostgreSQL of its own on 127.0.0.1; skip where there is none, except in CI."""
    try:
        find_program("initdb")
    except ServerFault:
        if os.environ.get("CI"):
            raise
        pytest.skip("no PostgreSQL is installed here; run 'make postgresql'")
    with running_cluster() as found:
        yield found


@pytest.fixture(scope="session")
def start_label_studio(
    label_studio_executable: Path, pytestconfig: pytest.Config, request: pytest.FixtureRequest
) -> Iterator[StartLabelStudio]:
    """
    Return a function that starts a server in a folder; all of them end with the session.

    The first start ever makes the database, which takes a minute; a copy of the empty database is
    kept in pytest's cache for the next. With kind ``postgresql`` the database is a new one of the
    cluster; the same folder finds its own again.
    """
    version = f"{label_studio_executable}{label_studio_executable.stat().st_mtime_ns}"
    cache = pytestconfig.cache
    assert cache is not None
    templates = Templates(label_studio_executable, cache.mkdir("label-studio"), version)
    running: list[Running] = []

    def begin(folder: Path, port: int, kind: str = "sqlite") -> Running:
        who = entrance(port)
        base = None
        if kind == "postgresql":
            base = templates.lay_postgresql(folder, request.getfixturevalue("cluster"))
        else:
            templates.lay_sqlite(folder)
        running.append(
            start(
                label_studio_executable,
                folder,
                port,
                who.user,
                who.password,
                who.token,
                database=base,
            )
        )
        return running[-1]

    yield begin
    for server in running:
        server.stop()


class Templates:
    """The databases of a Label Studio that was started once, kept for all later ones."""

    def __init__(self, executable: Path, folder: Path, version: str) -> None:
        """Remember whose databases they are, and where they are kept."""
        self.executable = executable
        self.sqlite = folder / hash_text(version)[:12]
        self.postgresql = folder / hash_text("postgresql" + version)[:12]
        self.ready = False

    def lay_sqlite(self, folder: Path) -> None:
        """Put an empty database into a new folder."""
        if not self.sqlite.is_dir():
            self._make(folder.with_name("template"), self.sqlite, SQLITE, None)
        if not folder.exists():
            shutil.copytree(self.sqlite, folder)

    def lay_postgresql(self, folder: Path, cluster: Cluster) -> Database:
        """Return the database of a folder; a new one is a copy of the template."""
        name = f"base_{hash_text(str(folder))[:12]}"
        if folder.exists():
            return cluster.database(name)
        if not self.postgresql.is_dir():
            cluster.run("createdb", "first")
            made = folder.with_name("template-postgresql")
            self._make(made, self.postgresql, DUMP, cluster.database("first"))
        if not self.ready:
            cluster.run("createdb", "template")
            cluster.run("pg_restore", "--no-owner", "--dbname=template", self.postgresql / DUMP)
            self.ready = True
        cluster.run("createdb", "--template=template", name)
        folder.mkdir()
        shutil.copy2(self.postgresql / ".env", folder)
        return cluster.database(name)

    def _make(self, folder: Path, template: Path, name: str, base: Database | None) -> None:
        """Start a server on nothing once, and keep the database it makes."""
        port = free_port()
        who = entrance(port)
        run = start(self.executable, folder, port, who.user, who.password, who.token, database=base)
        run.stop()
        packed = folder / "template.tar.gz"
        write_backup(packed, folder, base)
        fresh = template.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        with tarfile.open(packed) as archive:
            for member in (name, ".env"):
                archive.extract(member, fresh, filter="data")
        fresh.replace(template)


@pytest.fixture(scope="session")
def label_studios(
    start_label_studio: StartLabelStudio, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Credentials]:
    """Return a function that gives the real Label Studio of a kind of database, one for all."""

    @cache
    def find(kind: str) -> Credentials:
        who = entrance(free_port())
        port = int(who.url.rpartition(":")[2])
        start_label_studio(tmp_path_factory.mktemp(kind) / "data", port, kind)
        return who

    return find


@pytest.fixture(scope="session")
def label_studio(label_studios: Callable[[str], Credentials]) -> tuple[Server, Credentials]:
    """Return a real Label Studio on SQLite, and who may enter it."""
    who = label_studios("sqlite")
    return Server(who.url, who.token), who


@pytest.fixture
def server(label_studios: Callable[[str], Credentials], request: pytest.FixtureRequest) -> Server:
    """Return the real Label Studio without any project in it; on SQLite if nothing else is said."""
    who = label_studios(getattr(request, "param", "sqlite"))
    found = Server(who.url, who.token)
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
