"""
The gate: what was written to Parquet is read again and held against the source records.

Rows are joined by id, never by place or words. A row too many or too few, a changed value, two
columns whose contents were exchanged, an article in the wrong split, a file that is not the one in
the manifest: each is a fault, and one is enough to refuse the dataset.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from safeguards.codebook import Codebook
from safeguards.errors import DatasetMissing, RecordFault
from safeguards.model import hash_text
from safeguards.parquet import arrow_schema, plain_value
from safeguards.publish.manifest import hash_rows
from safeguards.publish.rows import Choice, Tables, build_tables
from safeguards.repository import Repository
from safeguards.splits import unit_of
from safeguards.tables import LISTED, kind_of

Row = Mapping[str, Any]
Key = tuple[Any, ...]
MANIFEST = "manifest.json"
UNLISTED = (MANIFEST, "SHA256SUMS")
_LONGEST = 60


class Written(NamedTuple):
    """One Parquet file as it was read: of which table and split, its columns and its rows."""

    table: str
    split: str
    columns: pa.Schema
    rows: list[Row]


def verify_dataset(
    repository: Repository, folder: Path, tables: Tables | None = None
) -> dict[str, int]:
    """
    Return the number of rows of each table of a built dataset, if it is what its sources say.

    Args:
        repository: The checkout it was built from, freshly opened.
        folder: The built dataset.
        tables: What the tables should hold, where that is known; it is worked out otherwise.

    Raises:
        DatasetMissing: There is no dataset in *folder*.
        RecordFault: It differs from its sources; ``faults`` says where, one line for each value.
    """
    manifest = read_manifest(folder)
    faults = [*_find_changed_files(folder, manifest)]
    written = [*read_written(folder)]
    faults += _find_wrong_shapes(written, repository.codebook)
    if not faults or all("sha256" in fault for fault in faults):
        choice = Choice(manifest["edition"], manifest["redistributable"])
        faults += _find_wrong_rows(repository, written)
        faults += _find_wrong_derived(written, tables or build_tables(repository, choice))
        faults += _find_wrong_splits(repository, written)
        faults += _find_wrong_contents(manifest, written)
    if faults:
        raise RecordFault(str(folder), [*dict.fromkeys(faults)])
    return {entry["table"]: entry["rows"] for entry in manifest["tables"]}


def read_manifest(folder: Path) -> dict[str, Any]:
    """
    Return the manifest of a built dataset.

    Raises:
        DatasetMissing: There is none.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise DatasetMissing(f"no dataset in {folder}; build one with 'safeguards build'")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def read_written(folder: Path, table: str = "*") -> Iterator[Written]:
    """Yield every Parquet file of the dataset or of one table, in the order of their names."""
    for path in sorted(folder.glob(f"data/{table}/*.parquet")):
        file = pq.ParquetFile(path)
        split = path.name.partition("-")[0]
        yield Written(path.parent.name, split, file.schema_arrow, file.read().to_pylist())


# Files and columns.


def _find_changed_files(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield each file that is not the one in the manifest, is not there, or is not listed."""
    listed = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    yield from (f"{path}: is missing" for path in sorted(listed.keys() - found))
    yield from (f"{path}: is not in the manifest" for path in sorted(found - {*listed, *UNLISTED}))
    for path in sorted(listed.keys() & found):
        if hashlib.sha256((folder / path).read_bytes()).hexdigest() != listed[path]:
            yield f"{path}: has not the sha256 of the manifest"


def _find_wrong_shapes(written: Iterable[Written], codebook: Codebook) -> Iterator[str]:
    """Yield each file whose columns are not those of its table."""
    for part in written:
        if part.table not in LISTED:
            yield f"{part.table}: is no table of the dataset"
        elif not part.columns.equals(arrow_schema(kind_of(part.table, codebook))):
            yield f"{part.table}: the columns of {part.split} are not those of the table"


# Rows against their sources.


def _find_wrong_rows(repository: Repository, written: Iterable[Written]) -> Iterator[str]:
    """Yield each value of a row that its source record, found by id, does not have."""
    sources = read_sources(repository)
    adjudicated: dict[str, list[Row]] = {}
    for record in repository.adjudicated:
        adjudicated.setdefault(record.passage_id, []).append(plain_value(record))
    for name, rows in _by_table(written).items():
        if name in sources:
            yield from _compare(name, rows, sources[name], _without_text(name))
        if name == "provisions":
            for row in rows:
                yield from _find_wrong_text(row)
                yield from _find_wrong_codes(row, adjudicated.get(row["passage_id"], []))


def read_sources(repository: Repository) -> dict[str, list[Row]]:
    """Return the records that the rows of each table come from; computed tables have none."""
    records: dict[str, Iterable[Any]] = {
        "provisions": repository.passages,
        "annotations": [*repository.iter_annotations(), *repository.adjudicated],
        "claims": repository.claims,
        "claim_checks": repository.claim_checks,
        "concordance": repository.concordance,
        "facts": repository.facts,
        "links": repository.links,
        "references": repository.references,
        "documents": repository.documents,
        "annotators": repository.annotators,
        "splits": repository.splits,
    }
    return {name: [plain_value(record) for record in found] for name, found in records.items()}


def _without_text(table: str) -> Callable[[str], bool]:
    """Return which columns of a table are compared: the text of a passage has a rule of its own."""
    return lambda column: (table, column) != ("provisions", "text")


def _compare(
    table: str, rows: Iterable[Row], sources: Iterable[Row], takes: Callable[[str], bool]
) -> Iterator[str]:
    """Yield how *rows* differ from *sources* in the columns that the sources have."""
    written, wanted = _index(table, rows), _index(table, sources)
    yield from (f"{_name(table, key)}: is missing" for key in wanted if key not in written)
    for key, found in written.items():
        if len(found) > 1:
            yield f"{_name(table, key)}: is there {len(found)} times"
        if key not in wanted:
            yield f"{_name(table, key)}: has no source"
            continue
        for column, value in wanted[key][0].items():
            if takes(column) and found[0][column] != value:
                yield _differs(_name(table, key), column, found[0][column], value)


def _index(table: str, rows: Iterable[Row]) -> dict[Key, list[Row]]:
    """Return *rows* by what they are known by."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(map(str, (row[c] for c in LISTED[table].key))), []).append(row)
    return found


def _name(table: str, key: Key) -> str:
    """Return how a row is called in a fault."""
    return f"{table} {' '.join(key)}"


def _differs(name: str, column: str, value: object, wanted: object) -> str:
    """Return the fault of one value."""
    return f"{name}: {column} is {_short(value)}, its source says {_short(wanted)}"


def _short(value: object) -> str:
    """Return a value that fits into a line."""
    shown = repr(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _find_wrong_text(row: Row) -> Iterator[str]:
    """Yield a text that is not the one its hash was taken of."""
    if row["text"] is not None and hash_text(row["text"]) != row["text_sha256"]:
        yield f"provisions {row['passage_id']} {row['edition']}: text has not its text_sha256"


def _find_wrong_codes(row: Row, adjudicated: Iterable[Row]) -> Iterator[str]:
    """Yield how the codes inside a provision differ from the adjudicated rows on it, by id."""
    name = f"provisions {row['passage_id']} {row['edition']}"
    wanted = {source["annotation_id"]: source for source in adjudicated}
    found = {code["annotation_id"]: code for code in row["codes"]}
    yield from (f"{name}: code {i} is missing" for i in wanted if i not in found)
    yield from (f"{name}: code {i} has no source" for i in found if i not in wanted)
    for annotation_id in wanted.keys() & found.keys():
        for column, value in found[annotation_id].items():
            source = wanted[annotation_id]
            if column in source and source[column] != value:
                yield _differs(f"{name} {annotation_id}", column, value, source[column])


# What is computed: columns, tables, splits, hashes.


def _find_wrong_derived(written: Iterable[Written], tables: Tables) -> Iterator[str]:
    """Yield each value that differs from what the sources give when it is computed again."""
    for name, rows in _by_table(written).items():
        wanted = [plain_value(row) for shared in tables[name].values() for row in shared]
        yield from _compare(name, rows, wanted, lambda column: True)


def _find_wrong_splits(repository: Repository, written: Iterable[Written]) -> Iterator[str]:
    """Yield each article that lies in another split than the committed one."""
    where = {unit.unit_id: unit.split for unit in repository.splits}
    for part in written:
        if column := LISTED[part.table].passage:
            for unit in sorted({unit_of(row[column]) for row in part.rows}):
                if where.get(unit) != part.split:
                    yield f"{part.table} {unit}: is in {part.split}, not in {where.get(unit)}"


def _find_wrong_contents(manifest: Mapping[str, Any], written: Iterable[Written]) -> Iterator[str]:
    """Yield each split whose rows are not counted and hashed as in the manifest."""
    listed = {
        (entry["table"], split["split"]): (split["rows"], split["content_sha256"])
        for entry in manifest["tables"]
        for split in entry["splits"]
    }
    found = {(p.table, p.split): (len(p.rows), hash_rows(p.rows)) for p in written}
    for table, split in sorted(listed.keys() | found.keys()):
        if listed.get((table, split)) != found.get((table, split)):
            yield f"{table}: rows or content of {split} are not those of the manifest"


def _by_table(written: Iterable[Written]) -> dict[str, list[Row]]:
    """Return all rows of each table."""
    found: dict[str, list[Row]] = {name: [] for name in LISTED}
    for part in written:
        found[part.table] += part.rows
    return found
