"""A PostgreSQL of its own for the tests: made, started, ended by its process id, and removed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from safeguards.labelstudio.database import Database, find_program

USER, PASSWORD = "labels", "for-tests-only"
# It is thrown away with the session, so nothing need survive a power cut.
HASTE = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running PostgreSQL on 127.0.0.1, whose password is in PGPASSWORD."""

    port: int

    def database(self, name: str) -> Database:
        """Return one of its databases."""
        return Database("127.0.0.1", self.port, USER, name)

    def run(self, program: str, *arguments: Any) -> str:
        """Run a program of PostgreSQL against it, and return what it prints."""
        place = ["--host=127.0.0.1", f"--port={self.port}", f"--username={USER}", "--no-password"]
        command = [str(find_program(program)), *place, *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a PostgreSQL in a temporary folder for the duration of a block."""
    folder = Path(tempfile.mkdtemp(prefix="safeguards-postgresql-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    # PostgreSQL refuses to run as root, so there it runs as the user that its package makes.
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        other = {"user": "postgres", "group": "postgres", "extra_groups": []}
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    data = folder / "data"
    make = [f"--pgdata={data}", f"--username={USER}", f"--pwfile={secret}", "--no-sync"]
    make += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": "/", **other}
    subprocess.run([str(find_program("initdb")), *make], check=True, **quiet)
    place = ["-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    log = (folder / "log").open("wb")
    process = subprocess.Popen([str(find_program("postgres")), *place, *HASTE], stderr=log, **quiet)
    found = Cluster(port)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PGPASSWORD", PASSWORD)
            _wait(found, process)
            yield found
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        log.close()
        shutil.rmtree(folder)


def _wait(cluster: Cluster, process: subprocess.Popen[bytes]) -> None:
    """Return once *cluster* answers."""
    for _ in range(200):
        assert process.poll() is None, "PostgreSQL ended at its start"
        try:
            cluster.run("psql", "--dbname=postgres", "--command=SELECT 1")
            return
        except subprocess.CalledProcessError:
            time.sleep(0.1)
    raise TimeoutError("PostgreSQL said nothing for twenty seconds")
