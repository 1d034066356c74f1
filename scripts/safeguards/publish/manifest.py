"""The manifest: versions, choices, and rows and checksums of each table, split and file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from safeguards import __version__
from safeguards.codebook import Codebook
from safeguards.model import hash_text
from safeguards.parquet import arrow_schema, plain_value
from safeguards.publish.rows import Choice, Tables
from safeguards.records import format_record
from safeguards.repository import Repository
from safeguards.tables import kind_of


def build_rounds(repository: Repository) -> str:
    """Return when each round was planned, in which edition and by which codebook, as JSON."""
    plans = [repository.round(name) for name in repository.round_names]
    kept = ("round", "title", "date", "edition", "codebook_version", "annotators", "adjudicator")
    return json.dumps([{n: getattr(p, n) for n in kept} for p in plans], indent=2) + "\n"


def build_manifest(
    codebook: Codebook, tables: Tables, files: Mapping[str, bytes], choice: Choice
) -> str:
    """
    Return the manifest.

    ``content_sha256`` is taken over the rows as canonical JSON Lines, splits in the order train,
    validation, test; it does not depend on the version of the Parquet writer. ``sha256`` is that
    of the bytes. The content of the dataset is the hash of the contents of its tables.
    """
    described = [_describe_table(codebook, name, shared) for name, shared in tables.items()]
    contents = "".join(f"{entry['content_sha256']}  {entry['table']}\n" for entry in described)
    listed = [
        {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in sorted(files.items())
    ]
    manifest = {
        "dataset": "treaty-safeguards",
        "dataset_version": __version__,
        "codebook_version": codebook.codebook_version,
        **asdict(choice),
        "content_sha256": hash_text(contents),
        "tables": described,
        "files": listed,
    }
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def _describe_table(
    codebook: Codebook, name: str, shared: Mapping[str, list[Any]]
) -> dict[str, Any]:
    """Return the entry of one table."""
    lines = {split: _format_rows(rows) for split, rows in shared.items()}
    splits = [
        {"split": split, "rows": len(rows), "content_sha256": hash_text(lines[split])}
        for split, rows in shared.items()
    ]
    return {
        "table": name,
        "rows": sum(map(len, shared.values())),
        "columns": arrow_schema(kind_of(name, codebook)).names,
        "content_sha256": hash_text("".join(lines.values())),
        "splits": splits,
    }


def hash_rows(rows: Iterable[Any]) -> str:
    """
    Return the hash of *rows*, records or mappings, as canonical JSON Lines.

    >>> hash_rows([{"name": "timing"}]) == hash_text('{"name": "timing"}' + chr(10))
    True
    """
    return hash_text(_format_rows(rows))


def _format_rows(rows: Iterable[Any]) -> str:
    """Return *rows* as JSON Lines, keys in the order of the columns."""
    return "".join(format_record(plain_value(row)) + "\n" for row in rows)


def build_sums(files: Mapping[str, bytes]) -> str:
    """Return checksums in the form that ``sha256sum -c`` reads."""
    return "".join(f"{hashlib.sha256(d).hexdigest()}  {p}\n" for p, d in sorted(files.items()))
