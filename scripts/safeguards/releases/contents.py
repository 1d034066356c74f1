"""
A built dataset as it lies in a folder: its manifest, its rows, and whether both still agree.

Two hashes are told apart. That of the bytes changes with the version of the Parquet writer; that
of the rows, as canonical JSON Lines, does not, and is what a citation or a pin should name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from safeguards.errors import DatasetMissing, RecordFault
from safeguards.model import hash_text
from safeguards.records import format_record

Row = Mapping[str, Any]
UNLISTED = {"manifest.json", "SHA256SUMS"}


def hash_rows(rows: Iterable[Row]) -> str:
    """
    Return the SHA-256 of rows as canonical JSON Lines, keys in the order of the columns.

    >>> hash_rows([{"layer": "power", "start": None}])[:12]
    '89f54d61bfb7'
    """
    digest = hashlib.sha256()
    for row in rows:
        digest.update(f"{format_record(row)}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Contents:
    """
    What lies in the folder of a built dataset.

    Attributes:
        folder: The folder.
    """

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """
        The manifest.

        Raises:
            DatasetMissing: There is none.
            RecordFault: It is no manifest.
        """
        path = self.folder / "manifest.json"
        if not path.is_file():
            raise DatasetMissing(f"no dataset in {self.folder}; build one with 'safeguards build'")
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            found["dataset_version"], found["tables"], found["files"]
        except (ValueError, KeyError, TypeError) as error:
            raise RecordFault(
                str(path), [f"manifest.json: no manifest of a dataset ({error!r})"]
            ) from error
        return dict(found)

    @property
    def version(self) -> str:
        """The version of the dataset."""
        return str(self.manifest["dataset_version"])

    @property
    def tables(self) -> dict[str, dict[str, Any]]:
        """What the manifest says of each table, by name."""
        return {entry["table"]: entry for entry in self.manifest["tables"]}

    @property
    def content_sha256(self) -> str:
        """One hash for all rows of all tables: what a pin names."""
        said = (f"{e['content_sha256']}  {e['table']}\n" for e in self.manifest["tables"])
        return hash_text("".join(said))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table, all splits together, in the order of their files."""
        import pyarrow.parquet as pq

        return [
            row for path in self.parts(table) for row in pq.ParquetFile(path).read().to_pylist()
        ]

    def parts(self, table: str) -> list[Path]:
        """Return the files of a table, in the order in which the manifest counts their rows."""
        found = (self.folder / "data" / table).glob("*.parquet")
        return sorted(found, key=lambda path: (_place(path.name), path.name))

    def splits(self, table: str) -> dict[str, str]:
        """Return the split that each passage of a table is in."""
        import pyarrow.parquet as pq

        return {
            passage_id: path.name.partition("-")[0]
            for path in self.parts(table)
            for passage_id in pq.ParquetFile(path).read(["passage_id"])["passage_id"].to_pylist()
        }

    @cached_property
    def codebook(self) -> dict[str, Any]:
        """The codebook that the dataset ships, as it was read."""
        return dict(self._yaml("codebook.yaml") or {})

    @cached_property
    def errata(self) -> list[dict[str, Any]]:
        """The errata that the dataset ships."""
        return list(self._yaml("errata.yaml") or [])

    def _yaml(self, name: str) -> Any:
        """Return what a YAML file of the folder holds; None without the file."""
        import yaml

        path = self.folder / name
        if not path.is_file():
            return None
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _place(name: str) -> int:
    """Return the place of a split's file: train, validation, test."""
    order = ("train", "validation", "test")
    return next((n for n, split in enumerate(order) if name.startswith(split)), len(order))


def verify_dataset(contents: Contents) -> list[str]:
    """
    Return what is wrong with a built dataset, one line each; nothing where all is as built.

    Files are held against the checksums of the manifest, rows against its hashes of content.
    """
    faults = [*_iter_file_faults(contents), *_iter_table_faults(contents)]
    sums = contents.folder / "SHA256SUMS"
    if not sums.is_file():
        faults.append("SHA256SUMS: missing")
    else:
        faults += _iter_sum_faults(contents, sums.read_text(encoding="utf-8"))
    return list(dict.fromkeys(faults))


def _iter_file_faults(contents: Contents) -> Iterator[str]:
    """Yield files that are missing, changed, or not in the manifest."""
    listed = {entry["path"]: entry for entry in contents.manifest["files"]}
    there = {
        path.relative_to(contents.folder).as_posix(): path
        for path in sorted(contents.folder.rglob("*"))
        if path.is_file()
    }
    yield from (f"{name}: missing" for name in listed if name not in there)
    yield from (
        f"{name}: not in the manifest" for name in there if name not in {*listed, *UNLISTED}
    )
    for name in sorted(listed.keys() & there.keys()):
        if _hash_file(there[name]) != listed[name]["sha256"]:
            yield f"{name}: its bytes are not those of the manifest"


def _iter_table_faults(contents: Contents) -> Iterator[str]:
    """Yield tables whose rows are not those that were built."""
    for name, entry in contents.tables.items():
        try:
            rows = contents.rows(name)
        except (OSError, ValueError) as error:
            yield f"{name}: cannot be read ({' '.join(str(error).split())})"
            continue
        if len(rows) != entry["rows"]:
            yield f"{name}: {len(rows)} rows, the manifest has {entry['rows']}"
        if hash_rows(rows) != entry["content_sha256"]:
            yield f"{name}: its rows are not those of the manifest"


def _iter_sum_faults(contents: Contents, sums: str) -> Iterator[str]:
    """Yield files whose checksum in ``SHA256SUMS`` is not theirs."""
    for line in sums.splitlines():
        digest, _, name = line.partition("  ")
        path = contents.folder / name
        if not path.is_file():
            yield f"{name}: missing"
        elif _hash_file(path) != digest:
            yield f"{name}: its bytes are not those of SHA256SUMS"


def _hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
