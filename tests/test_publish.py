"""The built dataset: typed, the same bytes every time, and read alike by every reader."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import datasets
import pandas as pd
import pytest

from safeguards.evidence import find_terms
from safeguards.model import Annotation, TermAnchor
from safeguards.publish import TABLES, build_dataset
from safeguards.repository import Repository


@pytest.fixture
def built(tiny: Repository) -> Path:
    """The tiny dataset, built."""
    return build_dataset(tiny, tiny.path("dist/dataset")).folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def load(folder: Path, table: str, cache: Path) -> Any:
    """Load one configuration with the Hugging Face loader, offline."""
    return datasets.load_dataset(str(folder), table, split="train", cache_dir=str(cache))


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No loader of these tests may use the network."""
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


def test_two_builds_give_the_same_bytes(tiny: Repository, built: Path) -> None:
    """Building twice, into another folder, changes no byte."""
    again = build_dataset(Repository(tiny.root), tiny.path("other/place")).folder
    assert contents(again) == contents(built)


@pytest.mark.parametrize("table", list(TABLES))
def test_pandas_reads_what_the_loader_reads(built: Path, table: str, tmp_path: Path) -> None:
    """Every configuration loads with typed columns, and pandas sees the same rows."""
    loaded = load(built, table, tmp_path / "cache")
    frame = pd.read_parquet(built / "data" / table)
    assert loaded.column_names == list(frame.columns)
    assert len(loaded) == len(frame) > 0
    words = load_words(loaded)
    for column in frame.columns:
        assert [plain(v) for v in words[column]] == [plain(v) for v in frame[column]], column


def load_words(loaded: Any) -> dict[str, list[Any]]:
    """Return the columns with class labels as their words."""
    found: dict[str, list[Any]] = {}
    for name, feature in loaded.features.items():
        inner = getattr(feature, "feature", feature)
        values = list(loaded[name])
        if isinstance(inner, datasets.ClassLabel):
            values = [word(inner, v) for v in values]
        found[name] = values
    return found


def word(label: datasets.ClassLabel, value: Any) -> Any:
    """Return the words of a label or a list of labels."""
    if isinstance(value, list):
        return [label.int2str(v) for v in value]
    return None if value is None else label.int2str(value)


def plain(value: Any) -> Any:
    """Return a value without pandas' and numpy's clothes."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    return None if value is None or value != value else value


def test_words_are_class_labels(built: Path, tmp_path: Path) -> None:
    """Vocabulary columns load as labels with the codebook's words, lists of them too."""
    annotations = load(built, "annotations", tmp_path / "cache")
    assert annotations.features["layer"].names == ["safeguard", "power", "vagueness", "none"]
    provisions = load(built, "provisions", tmp_path / "cache")
    inner = provisions.features["safeguards"].feature
    assert inner.names == ["judicial_oversight", "duration_limit"]


def test_an_unknown_word_makes_the_load_fail(built: Path, tmp_path: Path) -> None:
    """A label that the card does not know cannot be loaded by accident."""
    card = built / "README.md"
    text = card.read_text(encoding="utf-8").replace("duration_limit", "duration")
    card.write_text(text, encoding="utf-8")
    with pytest.raises(datasets.exceptions.DatasetGenerationError):
        load(built, "annotations", tmp_path / "cache")


def test_the_manifest_names_every_file(built: Path) -> None:
    """Checksums in the manifest are those of the files, and rows are counted."""
    manifest = json.loads((built / "manifest.json").read_text(encoding="utf-8"))
    files = contents(built)
    for entry in manifest["files"]:
        assert hashlib.sha256(files[entry["path"]]).hexdigest() == entry["sha256"]
    assert {e["path"] for e in manifest["files"]} == set(files) - {"manifest.json", "SHA256SUMS"}
    rows = {entry["table"]: entry["rows"] for entry in manifest["tables"]}
    assert rows["claims"] == 2


def test_official_text_is_filled_in_only_on_request(tiny: Repository, built: Path) -> None:
    """The default build ships restatements only; the official edition has to be asked for."""
    frame = pd.read_parquet(built / "data" / "provisions").set_index(["passage_id", "edition"])
    assert pd.isna(frame.loc[("tiny:art_2", "official"), "text"])
    both = build_dataset(tiny, tiny.path("both"), "both").folder
    frame = pd.read_parquet(both / "data" / "provisions").set_index(["passage_id", "edition"])
    assert frame.loc[("tiny:art_2", "official"), "text"].startswith("Whoever keeps")
    assert frame.loc[("tiny:art_1__para_1", "restatement"), "text"].startswith("Parties")


def test_a_provision_carries_its_adjudicated_codes(built: Path) -> None:
    """Codes stand in both editions' rows, with the edition they were made on."""
    frame = pd.read_parquet(built / "data" / "provisions").set_index(["passage_id", "edition"])
    for edition in ("official", "restatement"):
        row = frame.loc[("tiny:art_3__para_1", edition)]
        assert list(row["safeguards"]) == ["judicial_oversight"]
        assert list(row["vagueness"]) == ["discretionary_qualifier"]
        assert (row["severity"], row["coded_edition"]) == ("material", "official")
    assert frame.loc[("tiny:art_3__para_2", "official"), "severity"] == "none"
    assert pd.isna(frame.loc[("sketch:art_1", "official"), "severity"])


def test_agreement_is_published_with_its_verdict(built: Path, tmp_path: Path) -> None:
    """Each code has a row with its target, also where the target cannot be said to be met."""
    frame = pd.read_parquet(built / "data" / "agreement").set_index("subject")
    row = frame.loc["judicial_oversight"]
    assert (row["value"], row["target"], row["meets_target"]) == (1.0, 0.7, "not_estimable")
    assert row["reason"] == "varied: 2 of 5 needed; articles: 2 of 3 needed"
    assert pd.isna(frame.loc["degree_term", "meets_target"])
    features = load(built, "agreement", tmp_path / "cache").features
    assert features["value"].dtype == "float64"
    assert features["meets_target"].names == ["yes", "no", "not_estimable"]


@pytest.mark.parametrize(
    ("start", "end", "terms"),
    [
        (10, 20, ("grounds",)),
        (12, 15, ("grounds to believe",)),
        (0, 5, ()),
        (0, 60, ("grounds to believe", "maximum")),
    ],
)
def test_evidence_is_the_longest_terms_under_a_span(
    start: int, end: int, terms: tuple[str, ...]
) -> None:
    """Terms under a span are its evidence, else those it touches; the longest one wins."""
    places = [("grounds", 10, 17), ("grounds to believe", 10, 28), ("maximum", 50, 57)]
    anchors = [TermAnchor("d:art_1", "official", "h", *place) for place in places]
    row = Annotation(
        "i", "d:art_1", "official", "h", "r", "a", "0", "power", "p", start=start, end=end
    )
    assert find_terms(row, anchors) == terms


def test_a_failing_build_leaves_the_old_dataset(tiny: Repository, built: Path) -> None:
    """A build that cannot finish changes nothing."""
    before = contents(built)
    tiny.path("corpus/claims.yaml").write_text("- {claim_id: 3}\n", encoding="utf-8")
    from safeguards.errors import RecordFault

    with pytest.raises(RecordFault):
        build_dataset(Repository(tiny.root), built)
    assert contents(built) == before
    assert [p.name for p in built.parent.iterdir()] == ["dataset"]
