"""Every configuration loads offline, with the same rows and types in every reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from safeguards.codebook import vocabularies
from safeguards.publish import TABLES
from safeguards.repository import Repository
from safeguards.splits import SPLITS
from safeguards.tables import LISTED

_TEXTS = ("string", "large_string", "string_view")
SPLIT_TABLES = [name for name, table in LISTED.items() if table.passage]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No loader of these tests may use the network."""
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


def load(folder: Path, table: str, cache: Path) -> Any:
    """Load all splits of one configuration with the Hugging Face loader."""
    return datasets.load_dataset(str(folder), table, cache_dir=str(cache))


def parts(folder: Path, table: str) -> dict[str, Path]:
    """Return the file of each split of a table."""
    found = {p.name.partition("-")[0]: p for p in (folder / "data" / table).glob("*.parquet")}
    return {split: found[split] for split in SPLITS if split in found}


def words(feature: Any, value: Any) -> Any:
    """Return a value with every class label in it as its word."""
    if value is None:
        return None
    if isinstance(feature, datasets.ClassLabel):
        return feature.int2str(value)
    if isinstance(feature, datasets.List):
        return [words(feature.feature, item) for item in value]
    if isinstance(feature, dict):
        return {name: words(inner, value[name]) for name, inner in feature.items()}
    return value


def type_of(feature: Any) -> Any:
    """Return the type of a column of the Hugging Face loader, class labels as the words they are."""
    if isinstance(feature, datasets.ClassLabel):
        return "string"
    if isinstance(feature, datasets.List):
        return [type_of(feature.feature)]
    if isinstance(feature, dict):
        return {name: type_of(inner) for name, inner in feature.items()}
    return feature.dtype


def arrow_type(kind: pa.DataType) -> Any:
    """Return the type of an Arrow column; how wide its offsets are does not matter."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [arrow_type(kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: arrow_type(field.type) for field in kind}
    return "string" if str(kind) in _TEXTS else {"double": "float64"}.get(str(kind), str(kind))


def types(table: pa.Table) -> dict[str, Any]:
    """Return the types of the columns of an Arrow table."""
    return {field.name: arrow_type(field.type) for field in table.schema}


@pytest.mark.parametrize("table", list(TABLES))
def test_the_loader_reads_what_is_on_disk(built: Path, table: str, tmp_path: Path) -> None:
    """The Hugging Face loader gives the splits, rows and types that the files have."""
    loaded = load(built, table, tmp_path / "cache")
    files = {split: pq.ParquetFile(path).read() for split, path in parts(built, table).items()}
    assert list(loaded) == list(files)
    for split, stored in files.items():
        features = loaded[split].features
        assert {name: type_of(f) for name, f in features.items()} == types(stored)
        assert [words(dict(features), row) for row in loaded[split]] == stored.to_pylist()
    assert sum(map(len, loaded.values())) > 0


@pytest.mark.parametrize("table", list(TABLES))
def test_polars_duckdb_and_pandas_read_the_same(built: Path, table: str) -> None:
    """Three more readers give the same rows with the same types."""
    for path in parts(built, table).values():
        stored = pq.ParquetFile(path).read()
        frame = pl.read_parquet(path).to_arrow()
        relation = duckdb.read_parquet(str(path)).to_arrow_table()
        panda = pa.Table.from_pandas(
            pd.read_parquet(path, dtype_backend="pyarrow"), preserve_index=False
        )
        for read in (frame, relation, panda):
            assert types(read) == types(stored)
            assert read.to_pylist() == stored.to_pylist()


def test_vocabulary_columns_are_class_labels(built: Path, tiny: Repository, tmp_path: Path) -> None:
    """Every column with a vocabulary loads as labels with exactly its words."""
    expected = vocabularies(tiny.codebook)
    for table, columns in expected.items():
        features = load(built, table, tmp_path / "cache")["train"].features
        for column, known in columns.items():
            feature = features[column]
            assert getattr(feature, "feature", feature).names == known, (table, column)


def test_words_inside_codes_are_class_labels(built: Path, tmp_path: Path) -> None:
    """The nested codes of a provision have typed labels too."""
    inner = load(built, "provisions", tmp_path / "cache")["train"].features["codes"].feature
    assert inner["layer"].names == ["safeguard", "power", "vagueness", "none"]


@pytest.mark.parametrize("table", ["annotations", "provisions", "matrix"])
def test_an_unknown_word_makes_the_load_fail(built: Path, table: str, tmp_path: Path) -> None:
    """A label that the card does not know cannot be loaded by accident."""
    card = built / "README.md"
    text = card.read_text(encoding="utf-8").replace(": judicial_oversight", ": oversight")
    card.write_text(text, encoding="utf-8")
    with pytest.raises(datasets.exceptions.DatasetGenerationError):
        load(built, table, tmp_path / "cache")


@pytest.mark.parametrize("table", SPLIT_TABLES)
def test_categories_alone_are_dictionaries(built: Path, table: str) -> None:
    """Columns with a vocabulary are stored as a dictionary, free text and ids are not."""
    group = pq.ParquetFile(parts(built, table)["train"]).metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    stored = {c.path_in_schema for c in columns if c.has_dictionary_page}
    assert "edition" in stored
    assert not stored & {"text", "text_sha256", "passage_id", "reason", "annotation_id"}
    assert {c.compression for c in columns} == {"ZSTD"}
    assert all(c.has_offset_index for c in columns)
