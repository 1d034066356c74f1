"""Serial, pool and Dask over 1,497 treaty texts: seconds, and memory of all processes together."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from bench.measure import SHARED, Measured, python
from safeguards.engines import choose_engine, segment_all
from safeguards.segment import split_bytes

SCALE = SHARED / "scale" / "scale.tar.gz"
RUNS = (("serial", 1), ("pool", 1), ("pool", 2), ("dask", 2))


def bench() -> None:
    """Print what each engine takes, first run and second run, and whether all give the same."""
    if not SCALE.is_file():
        print(f"scale: skipped, there is no {SCALE}")
        return
    print(f"scale: {SCALE.name}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        taken = [run(engine, workers, Path(name) / "parts") for engine, workers in RUNS]
        digests = [done.printed.split()[-1] for done in taken]
        again = python("bench.scale", "pool", "2", f"{name}/parts")
    for (engine, workers), done in zip(RUNS, taken, strict=True):
        show(f"{engine}, {workers}", done, taken[0].seconds)
    show("unchanged", again, taken[0].seconds)
    print(f"  same manifest, and so the same bytes, from all: {len(set(digests)) == 1}")


def run(engine: str, workers: int, folder: Path) -> Measured:
    """Split all texts afresh in a process of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    return python("bench.scale", engine, str(workers), str(folder))


def show(label: str, done: Measured, serial: float) -> None:
    """Print one line."""
    speed = serial / done.seconds
    memory = done.peak / 2**20
    times = f"{done.seconds:6.1f} s ({done.processor:5.1f} s of processors)"
    print(f"  {label:10s} {times}  {speed:5.2f} times serial  {memory:5.0f} MiB peak")


def split_all(engine: str, workers: int, folder: Path) -> None:
    """Split all texts, and print the hash of the manifest."""
    import hashlib

    chosen = choose_engine(engine, workers)
    report = segment_all(SCALE, folder, chosen, split_bytes)
    manifest = (folder / "manifest.jsonl").read_bytes()
    print(report.done, report.kept, hashlib.sha256(manifest).hexdigest())


if __name__ == "__main__":
    split_all(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
