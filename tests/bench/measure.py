"""Seconds and memory: of an action, and of a process with all that it starts."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
PAGE = os.sysconf("SC_PAGE_SIZE")


class Measured(NamedTuple):
    """
    What a process took, with all that it started, and what it printed.

    ``processor`` is the seconds of all processors together: on a machine that others use too, it
    says more than ``seconds``.
    """

    seconds: float
    processor: float
    peak: int
    code: int
    printed: str


def best_of(times: int, action: Callable[[], object]) -> float:
    """Return the shortest of several runs, in seconds."""
    durations = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        durations.append(time.perf_counter() - start)
    return min(durations)


def measure(*command: str, sample: float = 0.05) -> Measured:
    """
    Run a command, and return how long it took and how much memory at most.

    The memory of a process and all below it is added up every few hundredths of a second; pages
    that processes share are counted once for each, so the true peak is lower.
    """
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT / 'tests'}"}
    start, before = time.perf_counter(), processor_seconds()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(map(resident, tree(process.pid))))
            time.sleep(sample)
        seconds = time.perf_counter() - start
        printed = process.stdout.read() if process.stdout else ""
    return Measured(seconds, processor_seconds() - before, peak, process.returncode, printed)


def processor_seconds() -> float:
    """Return what the processes that this one started, and that have ended, took of processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tree(pid: int) -> list[int]:
    """Return a process and all that it started, as far as they run."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [c for t in threads for c in (t / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(p for child in children for p in tree(int(child)))]


def resident(pid: int) -> int:
    """Return how much memory a process holds, in bytes."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


def own_peak() -> int:
    """
    Return the most memory that this process has held, in bytes.

    Not from ``getrusage``, whose peak a new process inherits from the one that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def python(module: str, *arguments: str) -> Measured:
    """Run a module of the benchmarks in a fresh process."""
    return measure(sys.executable, "-m", module, *arguments)
