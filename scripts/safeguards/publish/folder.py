"""The folder of the dataset: all its files, written beside the old one and put in its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from safeguards.codebook import Codebook, vocabularies
from safeguards.parquet import parquet_bytes
from safeguards.publish.akomantoso import build_documents
from safeguards.publish.card import build_card
from safeguards.publish.croissant import build_croissant
from safeguards.publish.gate import verify_dataset
from safeguards.publish.manifest import build_manifest, build_rounds, build_sums
from safeguards.publish.rows import Choice, Tables, build_tables
from safeguards.publish.webannotations import build_web_annotations
from safeguards.records import replace_folder, write_folder
from safeguards.repository import Repository
from safeguards.tables import NESTED, kind_of

# Files of the checkout that the dataset ships as they are.
SHIPPED = (
    "CHANGELOG.md", "CITATION.cff", "DATASHEET.md", "LICENSE",
    "schema/codebook.yaml", "schema/data_dictionary.md", "corpus/errata.yaml",
    "annotations/baselines.jsonl", "schema/questions.yaml",
)  # fmt: skip
# Columns beside those with a vocabulary whose values recur, and are stored once.
_RECURRING = (
    "annotator_id", "codebook_version", "document_id", "language", "round", "since",
    "to_document_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build wrote: the folder, and the number of rows of each table."""

    folder: Path
    rows: dict[str, int]


def build_dataset(
    repository: Repository,
    folder: Path,
    choice: Choice | str = "restatement",
    *,
    before_gate: Callable[[Path], object] | None = None,
) -> BuildReport:
    """
    Write the dataset to *folder*, replacing what was there in one step, if the gate lets it pass.

    Args:
        repository: The checkout.
        folder: Where the dataset goes.
        choice: Whose text is filled in; the name of an edition will do.
        before_gate: Called with the folder that was written, before the gate reads it.

    Raises:
        RecordFault, TextChanged, UsageFault: The checkout cannot be published, or what was written
            is not what the source records say.
    """
    chosen = Choice(choice) if isinstance(choice, str) else choice
    tables = build_tables(repository, chosen)
    fresh = folder.with_name(f".{folder.name}.new")
    write_folder(fresh, build_files(repository, tables, chosen))
    try:
        if before_gate is not None:
            before_gate(fresh)
        verify_dataset(Repository(repository.root), fresh, tables)
        replace_folder(folder, fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    counts = {name: sum(map(len, shared.values())) for name, shared in tables.items()}
    return BuildReport(folder, counts)


def build_files(repository: Repository, tables: Tables, choice: Choice) -> dict[str, bytes]:
    """Return every file of the dataset by path."""
    codebook = repository.codebook
    files = build_parquet(codebook, tables)
    for name in SHIPPED:
        if repository.path(name).is_file():
            files[Path(name).name] = repository.path(name).read_bytes()
    files["rounds.json"] = build_rounds(repository).encode("utf-8")
    files["README.md"] = build_card(codebook, tables, choice, repository.baselines).encode()
    files["annotations.jsonld"] = build_web_annotations(tables, repository.terms).encode()
    files.update(build_documents(repository, tables))
    files["croissant.json"] = build_croissant(codebook, tables, files).encode("utf-8")
    files["manifest.json"] = build_manifest(codebook, tables, files, choice).encode("utf-8")
    files["SHA256SUMS"] = build_sums(files).encode("utf-8")
    return files


def build_parquet(codebook: Codebook, tables: Tables) -> dict[str, bytes]:
    """Return the Parquet files by path: one for each split of each table."""
    words = vocabularies(codebook)
    return {
        parquet_path(name, split): parquet_bytes(
            kind_of(name, codebook), rows, categories=_categories(words, name)
        )
        for name, shared in tables.items()
        for split, rows in shared.items()
    }


def parquet_path(table: str, split: str) -> str:
    """Return the path of a file of rows inside the dataset."""
    return f"data/{table}/{split}-00000-of-00001.parquet"


def _categories(words: Mapping[str, Mapping[str, object]], table: str) -> set[str]:
    """Return the columns of a table whose values recur; nested ones with the path to them."""
    nested = {f"{column}.{name}" for column, of in NESTED.items() for name in words[of]}
    return {*words[table], *_RECURRING, *nested}
