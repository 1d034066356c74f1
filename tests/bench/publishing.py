"""
Building the dataset: how long, how long for 20 times as much, and with another Parquet writer.

The larger corpus is this one with every treaty, critique, code and claim 20 times under other ids.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bench.measure import ROOT, Measured, measure
from safeguards.repository import Repository

TIMES = 20
OTHER = ROOT / ".venv-bench" / "pyarrow"
LISTS = (
    "corpus/documents.yaml", "corpus/claims.yaml", "corpus/concordance.yaml", "corpus/facts.yaml",
    "annotations/links.yaml", "annotations/claim_checks.yaml",
)  # fmt: skip
OWN = {"annotation_id", "claim_id", "claim_check_id", "link_id", "reference_id"}


def bench() -> None:
    """Print what a build takes, and whether another writer gives the same content."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large = enlarge(folder / "large")
        once, often = build(ROOT, folder / "once"), build(large, folder / "often")
        print(f"publishing: load {os.getloadavg()[0]:.1f}")
        show("this corpus", once)
        show(f"{TIMES} times", often)
        print(
            f"  {often.processor / once.processor:.1f} times the processor for {TIMES} times as much"
        )
        compare_writers(folder)


def build(root: Path, output: Path) -> Measured:
    """Build a dataset in a process of its own."""
    done = measure(sys.executable, "-m", "safeguards", "-C", str(root), "build", "-o", str(output))
    if done.code != 0:
        raise RuntimeError(f"the build of {root} failed")
    return done


def show(label: str, done: Measured) -> None:
    """Print one line."""
    print(f"  {label:12s} {done.seconds:6.1f} s, {done.processor:6.1f} s of processors, "
          f"{done.peak / 2**20:5.0f} MiB peak")  # fmt: skip


def compare_writers(folder: Path) -> None:
    """Print whether another version of pyarrow gives the same content, and reads as this one does."""
    if not OTHER.is_dir():
        print(f"  another writer: skipped, there is no {OTHER}; 'make bench' installs it")
        return
    paths = os.pathsep.join([str(OTHER), str(ROOT / "scripts")])
    command = [sys.executable, "-m", "safeguards", "-C", str(ROOT)]
    subprocess.run(
        [*command, "build", "-o", str(folder / "other")],
        env={**os.environ, "PYTHONPATH": paths}, check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        [*command, "build", "--verify", str(folder / "other")], check=True, capture_output=True
    )
    first, second = (
        json.loads((folder / name / "manifest.json").read_text(encoding="utf-8"))
        for name in ("once", "other")
    )
    same = first["content_sha256"] == second["content_sha256"]
    pairs = zip(first["files"], second["files"], strict=True)
    differ = sum(a["sha256"] != b["sha256"] for a, b in pairs)
    print(
        f"  another writer: same content: {same}; {differ} files differ in bytes; verified by this one"
    )


# The larger corpus.


def enlarge(root: Path) -> Path:
    """Write a checkout that holds this one many times over, and return it."""
    for name in ("schema", "annotations", "corpus"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("official"))
    ids = "|".join(re.escape(d.document_id) for d in Repository(ROOT).documents)
    place = re.compile(rf"({ids})(:.*)?")
    for name in LISTS:
        records = yaml.load((root / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        lines = [json.dumps(r, ensure_ascii=False) for r in multiply(records, place)]
        (root / name).write_text("".join(f"- {line}\n" for line in lines), encoding="utf-8")
    for path in sorted(root.rglob("*.jsonl")):
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        lines = [json.dumps(r, ensure_ascii=False) for r in multiply(records, place)]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return root


def multiply(records: list[Any], place: re.Pattern[str]) -> list[Any]:
    """Return *records* and their copies under other ids."""
    return [change(r, renamer(place, n)) for n in range(TIMES) for r in records]


def renamer(place: re.Pattern[str], number: int) -> Callable[[str, str], str]:
    """Return what gives an id of the copy for an id, and any other text as it is."""
    suffix = f"-x{number}" if number else ""

    def rename(key: str, value: str) -> str:
        if key in OWN:
            return value + suffix
        found = place.fullmatch(value)
        return f"{found[1]}{suffix}{found[2] or ''}" if found else value

    return rename


def change(value: Any, rename: Callable[[str, str], str], key: str = "") -> Any:
    """Return a record with every id in it renamed."""
    if isinstance(value, dict):
        return {k: change(v, rename, k) for k, v in value.items()}
    if isinstance(value, list):
        return [change(item, rename, key) for item in value]
    return rename(key, value) if isinstance(value, str) else value
