"""Pushing 2,000 passages to a real Label Studio, beside one raw import of the same tasks."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.measure import ROOT
from conftest import TINY
from safeguards.errors import ServerFault
from safeguards.labelstudio.client import ONCE, Server, connect
from safeguards.labelstudio.config import build_label_config
from safeguards.labelstudio.push import build_tasks, push
from safeguards.labelstudio.server import find_executable, serving, start
from safeguards.repository import Repository
from test_labelstudio_server import enlarge

WANTED = 2000
PORT = 18099
WHO = ("lead@example.org", "for-benchmarks-only", "5b" * 20)


def bench() -> None:
    """Print what a push, a second push and a raw import take."""
    try:
        executable = find_executable(os.environ, ROOT)
    except ServerFault as error:
        print(f"pushing: skipped, {error}")
        return
    with (
        tempfile.TemporaryDirectory() as name,
        serving(start(executable, Path(name) / "data", PORT, *WHO)) as running,
    ):
        shutil.copytree(TINY, Path(name) / "tiny")
        repository = Repository(Path(name) / "tiny")
        plan = enlarge(repository, WANTED)
        tasks = build_tasks(repository, plan)
        server = Server(running.url, WHO[2])
        raw = timed(lambda: import_raw(repository, server, tasks))
        first = timed(lambda: push(repository, plan, server))
        again = timed(lambda: push(repository, plan, server))
    print(f"pushing: {len(tasks)} passages, load {os.getloadavg()[0]:.1f}")
    for label, taken in (("raw import", raw), ("push", first), ("push again", again)):
        print(f"  {label:10s} {taken:6.1f} s  {taken / raw:5.2f} times the raw import")


def import_raw(repository: Repository, server: Server, tasks: list[Any]) -> None:
    """Send all tasks in one request of the SDK, as one would without this package."""
    with connect(server) as client:
        config = build_label_config(repository.codebook)
        project = client.projects.create(title="raw", label_config=config).id
        request: Any = [{"data": task} for task in tasks]
        client.projects.import_tasks(project, request=request, request_options=ONCE)


def timed(action: Any) -> float:
    """Return how long an action takes, in seconds."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
