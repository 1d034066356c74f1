"""Facts about the database behind Label Studio: its address, its secrets, its backups."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from cluster import PASSWORD, Cluster
from conftest import KINDS, ROOT, StartLabelStudio, entrance, free_port
from safeguards.cli.main import main
from safeguards.errors import ServerFault, UsageFault
from safeguards.labelstudio.client import Server, connect
from safeguards.labelstudio.database import DUMP, SQLITE, Database, parse_database, write_backup
from safeguards.labelstudio.push import push
from safeguards.labelstudio.server import Running, read_credentials, start
from safeguards.repository import Repository

ADDRESS = "postgresql://labels@db.example.org:5433/label_studio"


def test_an_address_is_read() -> None:
    """The address names host, port, user and database, and says the same again."""
    found = parse_database(ADDRESS, {})
    assert found == Database("db.example.org", 5433, "labels", "label_studio")
    assert found.address == ADDRESS


@pytest.mark.parametrize(
    "address",
    [
        "mysql://labels@db.example.org/label_studio",
        "postgresql:///label_studio",
        "postgresql://db.example.org/label_studio",
        "postgresql://labels@db.example.org",
        "postgresql://labels@db.example.org:port/label_studio",
        "postgresql://labels@db.example.org/label_studio?sslmode=disable",
        "postgresql://labels@db.example.org/-f",
        "label_studio",
    ],
)
def test_a_wrong_address(address: str) -> None:
    """An address that is none is refused, with one that is right."""
    with pytest.raises(UsageFault) as caught:
        parse_database(address, {})
    assert str(caught.value) == (
        "the address of the database is wrong; write for instance "
        "postgresql://labels@127.0.0.1:5432/label_studio"
    )


def test_a_password_is_no_part_of_an_address(tmp_path: Path) -> None:
    """A password on the command line is refused, and not printed."""
    address = "postgresql://labels:open-sesame@127.0.0.1/label_studio"
    command = ["label", "serve", "--data-dir", str(tmp_path), "--database", address]
    result = CliRunner().invoke(main, ["-C", str(ROOT), *command])
    assert (result.exit_code, result.output) == (
        2,
        "safeguards: the address of the database holds a password, which others on this machine "
        "can see; set PGPASSWORD, or write ~/.pgpass\n",
    )


def test_a_file_of_passwords_is_private(tmp_path: Path) -> None:
    """Passwords that others may read are refused."""
    path = tmp_path / ".pgpass"
    path.write_text("*:*:*:labels:open-sesame\n", encoding="utf-8")
    path.chmod(0o644)
    with pytest.raises(ServerFault) as caught:
        parse_database(ADDRESS, {"HOME": str(tmp_path)})
    assert str(caught.value) == f"others may read {path}; run 'chmod 600 {path}'"


def test_a_proxy_speaks_https(tmp_path: Path) -> None:
    """An address for the team that would send passwords in the clear is refused."""
    command = ["label", "serve", "--data-dir", str(tmp_path), "--public-url", "http://a.org"]
    result = CliRunner().invoke(main, ["-C", str(ROOT), *command])
    assert (result.exit_code, result.stderr) == (
        2, "safeguards: --public-url begins with https://; passwords travel through it\n",
    )  # fmt: skip


# Backups.


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_begins_again(
    tiny: Repository,
    start_label_studio: StartLabelStudio,
    tmp_path: Path,
    kind: str,
    request: pytest.FixtureRequest,
) -> None:
    """From the archive of a running server another begins with the same tasks and token."""
    folder, port = tmp_path / kind, free_port()
    who = entrance(port)
    running = start_label_studio(folder, port, kind)
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, Server(who.url, who.token))
    again = unpack(folder, kind, running, request)
    found = push(tiny, plan, Server(again.url, who.token)).projects
    again.stop()
    assert [(p.created, p.already_there) for p in found] == [(0, 7)]


def unpack(folder: Path, kind: str, running: Running, request: pytest.FixtureRequest) -> Running:
    """Back a running server up, stop it, and start another one from the archive."""
    base = None
    cluster: Cluster | None = None
    if kind == "postgresql":
        cluster = request.getfixturevalue("cluster")
        name = cluster.run("psql", "--dbname=postgres", "-tAc", NEWEST).strip()
        base = cluster.database(name)
    archive = folder.with_suffix(".tar.gz")
    names = write_backup(archive, folder, base)
    running.stop()
    assert archive.stat().st_mode & 0o777 == 0o600
    assert names[:2] == [DUMP if base else SQLITE, ".env"]
    fresh = folder.with_name("again")
    with tarfile.open(archive) as packed:
        packed.extractall(fresh, filter="data")
    if cluster:
        cluster.run("createdb", "again")
        cluster.run("pg_restore", "--no-owner", "--dbname=again", fresh / DUMP)
        base = cluster.database("again")
    who = entrance(free_port())
    port = int(who.url.rpartition(":")[2])
    executable = request.getfixturevalue("label_studio_executable")
    return start(executable, fresh, port, who.user, who.password, who.token, database=base)


NEWEST = "SELECT datname FROM pg_database WHERE datname LIKE 'base_%' ORDER BY oid DESC LIMIT 1"


def test_a_backup_of_nothing(tmp_path: Path) -> None:
    """A folder in which no server was started is named, and no archive is written."""
    with pytest.raises(ServerFault) as caught:
        write_backup(tmp_path / "b.tar.gz", tmp_path / "data", None)
    assert str(caught.value) == (
        f"no Label Studio was started in {tmp_path / 'data'}; name its --data-dir"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_dead_database_gives_no_archive(tmp_path: Path) -> None:
    """A database that does not answer is one line without a password, and leaves nothing."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".env").write_text("SECRET_KEY=x\n", encoding="utf-8")
    dead = Database("127.0.0.1", free_port(), "labels", "label_studio")
    with pytest.raises(ServerFault) as caught:
        write_backup(tmp_path / "b.tar.gz", tmp_path / "data", dead)
    assert str(caught.value).startswith(f"{dead.address} cannot be copied (pg_dump: error: ")
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


def test_backup_while_somebody_writes(label_studios: Callable[[str], Any], tmp_path: Path) -> None:
    """The copy of a database file in use is a whole database."""
    with closing(sqlite3.connect(tmp_path / SQLITE)) as busy:
        busy.execute("CREATE TABLE t (n)")
        busy.execute("INSERT INTO t VALUES (1)")
        busy.commit()
        busy.execute("BEGIN IMMEDIATE")
        busy.execute("INSERT INTO t VALUES (2)")
        (tmp_path / ".env").write_text("SECRET_KEY=x\n", encoding="utf-8")
        write_backup(tmp_path / "b.tar.gz", tmp_path, None)
    with tarfile.open(tmp_path / "b.tar.gz") as packed:
        packed.extract(SQLITE, tmp_path / "out", filter="data")
    with closing(sqlite3.connect(tmp_path / "out" / SQLITE)) as copy:
        assert copy.execute("SELECT n FROM t").fetchall() == [(1,)]


# The command, as a team would start it.


def test_serve_on_postgresql_behind_a_proxy(
    label_studio_executable: Path,
    start_label_studio: StartLabelStudio,
    tmp_path: Path,
    cluster: Cluster,
) -> None:
    """``label serve`` uses the database; a login through https works, and no secret is printed."""
    folder, port = tmp_path / "data", free_port()
    start_label_studio(folder, port, "postgresql").stop()
    name = cluster.run("psql", "--dbname=postgres", "-tAc", NEWEST).strip()
    command = [sys.executable, "-m", "safeguards", "-C", str(ROOT), "label", "serve"]
    options = ["--port", str(port), "--data-dir", str(folder)]
    options += ["--database", cluster.database(name).address, "--public-url", PUBLIC]
    environment = os.environ | {"SAFEGUARDS_LABEL_STUDIO": str(label_studio_executable)}
    process = subprocess.Popen(
        [*command, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(url, process)
        who = read_credentials(folder)
        assert who is not None
        page = httpx.get(f"{url}/user/login/", headers=FORWARDED)
        form = {"email": entrance(port).user, "password": entrance(port).password}
        form["csrfmiddlewaretoken"] = page.cookies["csrftoken"]
        jar = {"Cookie": f"csrftoken={page.cookies['csrftoken']}"}
        login = httpx.post(
            f"{url}/user/login/", data=form, headers=FORWARDED | jar | {"Origin": PUBLIC}
        )
    finally:
        process.send_signal(signal.SIGINT)
        told = b"".join(process.communicate(timeout=30)).decode()
    log = (folder / "server.log").read_text(encoding="utf-8")
    assert (login.status_code, "secure" in login.headers["set-cookie"].lower()) == (302, True)
    assert [s for s in (PASSWORD, who.password, who.token) if s in told + log] == []


PUBLIC = "https://labels.example.org"
FORWARDED = {"Host": "labels.example.org", "X-Forwarded-Proto": "https"}


def wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return once the server answers."""
    for _ in range(240):
        assert process.poll() is None, "the command ended at its start"
        try:
            if httpx.get(f"{url}/health/").is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.25)
    raise TimeoutError(url)


def test_the_database_is_the_one_that_was_named(
    label_studios: Callable[[str], Any], cluster: Cluster
) -> None:
    """A server on PostgreSQL keeps its projects there."""
    who = label_studios("postgresql")
    with connect(Server(who.url, who.token)) as client:
        made = client.projects.create(title="where am I")
        names = cluster.run("psql", "--dbname=postgres", "-tAc", ALL).split()
        asked = f"SELECT count(*) FROM project WHERE id = {made.id} AND title = 'where am I'"
        found = [cluster.run("psql", f"--dbname={n}", "-tAc", asked).strip() for n in names]
        client.projects.delete(made.id)
    assert "1" in found


ALL = "SELECT datname FROM pg_database WHERE datname LIKE 'base_%'"
