"""How long questions take as fresh processes: on the shipped data, and over a million rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import best_of, processor_seconds

ROOT = Path(__file__).parents[2]
MILLION, ROW_GROUP = 1_000_000, 20_000
COMMANDS = (
    ["vague"], ["query", "--code", "duration_limit"], ["show", "budapest:16.2"],
    ["matrix"], ["gaps", "--safeguard", "judicial_oversight"], ["compare", "hanoi:24", "budapest:15"],
    ["critiques", "--provision", "hanoi:24"], ["claims", "check", "S2-09"], ["claims", "list"],
    ["ask", "vague-uncured-two-critiques"], ["explain", "pilot-lm-a-6365e8f82a68"],
    ["references", "budapest:15"], ["search", "judicial", "review"],
    ["sql", "select count(*) from findings"], ["counts"],
)  # fmt: skip
LARGE = (
    ["vague", "--document", "budapest", "--severity", "critical"],
    ["vague", "--kind", "open_list", "--severity", "critical"],
    ["search", "consider", "third"],
)


def bench() -> None:
    """Print the seconds of each question on the shipped data, then on the large dataset."""
    small = ROOT / "dist" / "dataset"
    print(f"{'seconds':61s}  first   best  processor, mean")
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = name
        _time("shipped", COMMANDS, small)
        large = Path(name) / "dataset"
        _enlarge(small, large, MILLION)
        _time("million", LARGE, large)


def _time(label: str, commands: tuple[list[str], ...], folder: Path) -> None:
    """Print the best of three runs of each command, after one that fills the caches."""
    for command in commands:
        words = (sys.executable, "-m", "safeguards", *command, "--dataset", str(folder))
        run = partial(subprocess.run, words, stdout=subprocess.DEVNULL, check=True)
        first, before = best_of(1, run), processor_seconds()
        taken = best_of(3, run)
        processor = (processor_seconds() - before) / 3
        print(f"{label:8s} {' '.join(command):52s} {first:6.2f} {taken:6.2f} {processor:6.2f}")


def _enlarge(source: Path, target: Path, rows: int) -> None:
    """Write a dataset whose provisions and annotations are repeated to *rows* rows each."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    for name in ("provisions", "annotations"):
        files = sorted((target / "data" / name).glob("*.parquet"))
        table = pa.concat_tables([pq.read_table(path) for path in files])
        for path in files:
            path.unlink()
        _write_repeated(table, target / "data" / name / "train-00000-of-00001.parquet", rows)
    manifest = target / "manifest.json"
    known = json.loads(manifest.read_text(encoding="utf-8"))
    for entry in known["tables"]:
        if entry["table"] in ("provisions", "annotations"):
            entry["rows"] = rows
    manifest.write_text(json.dumps({**known, "enlarged": rows}), encoding="utf-8")


def _write_repeated(table: pa.Table, path: Path, rows: int) -> None:
    """Write *table* again and again, each time as another treaty, in row groups as published."""
    copies = -(-ROW_GROUP // table.num_rows)
    with pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=3) as writer:
        written = 0
        while written < rows:
            first = written // table.num_rows
            parts = [_renamed(table, first + n) for n in range(copies)]
            whole = pa.concat_tables(parts).slice(0, rows - written)
            writer.write_table(whole, row_group_size=whole.num_rows)
            written += whole.num_rows


def _renamed(table: pa.Table, copy: int) -> pa.Table:
    """Return *table* with other passages: their eIds run on. The first copy is as it is."""
    if copy == 0:
        return table
    import pyarrow.compute as pc

    place = table.schema.get_field_index("passage_id")
    return table.set_column(
        place, "passage_id", pc.binary_join_element_wise(table["passage_id"], f"x{copy}", "__")
    )
