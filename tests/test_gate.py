"""The gate: no published row differs from its source record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import contents
from safeguards.errors import DatasetMissing, RecordFault
from safeguards.publish import build_dataset, verify_dataset
from safeguards.publish.manifest import hash_rows
from safeguards.repository import Repository

Rows = list[dict[str, Any]]
Change = Callable[[Rows], object]


def tamper(folder: Path, part: str, change: Change) -> None:
    """Change the rows of a Parquet file, and forge the manifest so that its hashes fit."""
    table, split = part.split("/")
    path = folder / "data" / table / f"{split}-00000-of-00001.parquet"
    stored = pq.ParquetFile(path).read()
    rows = stored.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=stored.schema), path)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        entry["sha256"] = hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest()
    listed = next(entry for entry in manifest["tables"] if entry["table"] == table)
    shared = next(entry for entry in listed["splits"] if entry["split"] == split)
    shared.update(rows=len(rows), content_sha256=hash_rows(rows))
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def set_value(number: int, column: str, value: object) -> Change:
    """Return a change of one value."""
    return lambda rows: rows[number].update({column: value})


def swap_columns(first: str, second: str) -> Change:
    """Return a change that exchanges the contents of two columns."""

    def change(rows: Rows) -> None:
        for row in rows:
            row[first], row[second] = row[second], row[first]

    return change


def set_code(rows: Rows) -> None:
    """Change the code inside the first provision that has any."""
    next(row for row in rows if row["codes"])["codes"][0]["code"] = "duration_limit"


TAMPERED: list[tuple[str, Change, str]] = [
    (
        "annotations/test",
        lambda rows: rows.pop(0),
        "annotations {0[annotation_id]} lm-x: is missing",
    ),
    (
        "annotations/test",
        set_value(0, "code", "duration_limit"),
        "annotations {0[annotation_id]} lm-x: code is 'duration_limit', "
        "its source says 'discretionary_qualifier'",
    ),
    (
        "annotations/test",
        swap_columns("status", "force"),
        "annotations {1[annotation_id]} lm-x: status is 'shall', its source says 'qualified'",
    ),
    (
        "annotations/test",
        lambda rows: rows.append(rows[0]),
        "annotations {0[annotation_id]} lm-x: is there 2 times",
    ),
    (
        "claims/train",
        set_value(0, "verdict", "contradicted"),
        "claims {0[claim_id]}: verdict is 'contradicted', its source says '{0[verdict]}'",
    ),
    (
        "provisions/train",
        set_value(0, "heading", "Another"),
        "provisions {0[passage_id]} {0[edition]}: heading is 'Another', its source says "
        "{0[heading]!r}",
    ),
    (
        "provisions/train",
        set_value(0, "text", "Another text."),
        "provisions {0[passage_id]} {0[edition]}: text has not its text_sha256",
    ),
    (
        "provisions/train",
        swap_columns("safeguards", "powers"),
        "provisions tiny:art_1__para_1 official: powers is ['duration_limit'], "
        "its source says ['preservation_order']",
    ),
    (
        "provisions/train",
        swap_columns("has_power", "has_safeguard"),
        "provisions tiny:art_1__para_2 official: has_power is True, its source says False",
    ),
    (
        "matrix/train",
        set_value(0, "status", "absent"),
        "matrix {0[power_passage_id]} {0[power]} {0[safeguard]}: status is 'absent', its source says "
        "'{0[status]}'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("part", "change", "fault"), TAMPERED)
def test_the_gate_sees_what_was_changed(
    tiny: Repository, built: Path, part: str, change: Change, fault: str
) -> None:
    """A deleted, changed or doubled row and exchanged columns fail, though every hash was forged."""
    table, split = part.split("/")
    path = built / "data" / table / f"{split}-00000-of-00001.parquet"
    before = pq.ParquetFile(path).read().to_pylist()
    tamper(built, part, change)
    with pytest.raises(RecordFault) as caught:
        verify_dataset(Repository(tiny.root), built)
    assert fault.format(*before) in caught.value.faults


def test_the_gate_sees_a_changed_code_inside_a_provision(tiny: Repository, built: Path) -> None:
    """A nested code is held to the adjudicated row with its id."""
    tamper(built, "provisions/test", set_code)
    with pytest.raises(RecordFault) as caught:
        verify_dataset(Repository(tiny.root), built)
    assert any("code is 'duration_limit'" in fault for fault in caught.value.faults)


def test_the_gate_sees_an_article_in_another_split(tiny: Repository, built: Path) -> None:
    """An article that was moved from one file to another is in the wrong split."""
    moved: Rows = []
    tamper(built, "provisions/validation", lambda rows: moved.extend(take(rows, "tiny:art_2")))
    tamper(built, "provisions/train", lambda rows: rows.extend(moved))
    with pytest.raises(RecordFault) as caught:
        verify_dataset(Repository(tiny.root), built)
    assert caught.value.faults == ["provisions tiny:art_2: is in train, not in validation"]


def take(rows: Rows, unit: str) -> Rows:
    """Take the rows of one article out of *rows*."""
    taken = [row for row in rows if row["unit_id"] == unit]
    rows[:] = [row for row in rows if row["unit_id"] != unit]
    return taken


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("README.md", "README.md: has not the sha256 of the manifest"),
        ("data/claims/train-1.parquet", "data/claims/train-1.parquet: is not in the manifest"),
    ],
)
def test_the_gate_sees_a_file_that_is_not_in_the_manifest(
    tiny: Repository, built: Path, name: str, fault: str
) -> None:
    """A file that was changed or added is a fault."""
    claims = built / "data/claims/train-00000-of-00001.parquet"
    (built / name).write_bytes(claims.read_bytes())
    with pytest.raises(RecordFault) as caught:
        verify_dataset(Repository(tiny.root), built)
    assert fault in caught.value.faults


def test_a_column_that_is_gone_is_a_fault(tiny: Repository, built: Path) -> None:
    """A table without one of its columns is refused before its rows are compared."""
    path = built / "data/annotations/test-00000-of-00001.parquet"
    pq.write_table(pq.ParquetFile(path).read().drop_columns(["force"]), path)
    with pytest.raises(RecordFault) as caught:
        verify_dataset(Repository(tiny.root), built)
    assert "annotations: the columns of test are not those of the table" in caught.value.faults


def test_a_sound_dataset_passes(tiny: Repository, built: Path) -> None:
    """What was built a moment ago is what its sources say."""
    rows = verify_dataset(Repository(tiny.root), built)
    assert rows["annotations"] == 30


def test_a_build_that_the_gate_stops_changes_nothing(tiny: Repository, built: Path) -> None:
    """Rows that are changed between writing and the gate never replace the dataset."""
    before = contents(built)
    change = partial(tamper, part="annotations/test", change=set_value(0, "code", "none"))
    with pytest.raises(RecordFault):
        build_dataset(Repository(tiny.root), built, before_gate=change)
    assert contents(built) == before
    assert [p.name for p in built.parent.iterdir()] == ["dataset"]


def test_no_dataset_is_a_wrong_usage(tiny: Repository, tmp_path: Path) -> None:
    """A folder without a manifest is no dataset."""
    with pytest.raises(DatasetMissing, match="build one with 'safeguards build'"):
        verify_dataset(tiny, tmp_path)
