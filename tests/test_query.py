"""Questions to the built dataset: the right rows, gravest first, and help when nothing fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeguards.errors import DatasetMissing, UnknownCode, UnknownDocument, UnknownProvision
from safeguards.publish import build_dataset
from safeguards.query import Dataset, describe, find_provisions, find_vague
from safeguards.repository import Repository


@pytest.fixture
def dataset(tiny: Repository) -> Dataset:
    """The tiny dataset, built and opened."""
    return Dataset(build_dataset(tiny, tiny.path("dist/dataset")).folder)


def test_vague_provisions_come_gravest_first(dataset: Dataset) -> None:
    """Each finding has kind, severity, evidence, citation and edition."""
    rows = find_vague(dataset)
    assert [
        (r["citation"], r["kind"], r["severity"], r["evidence"], r["edition"]) for r in rows
    ] == [
        (
            "Tiny Treaty, art. 3(1)",
            "discretionary_qualifier",
            "material",
            ["as appropriate"],
            "official",
        ),
        ("Tiny Treaty, art. 1(1)", "degree_term", "slight", ["reasonable time"], "official"),
    ]


@pytest.mark.parametrize(
    ("filters", "kinds"),
    [
        ({"severity": "material"}, ["discretionary_qualifier"]),
        ({"kind": "degree_term"}, ["degree_term"]),
        ({"power": "preservation_order"}, ["degree_term"]),
        ({"power": "secrecy_order"}, []),
        ({"document": "tt"}, ["discretionary_qualifier", "degree_term"]),
        ({"document": "sketch"}, []),
    ],
)
def test_vague_provisions_can_be_narrowed(
    dataset: Dataset, filters: dict[str, str], kinds: list[str]
) -> None:
    """Severity, kind, power and document leave only what fits."""
    assert [r["kind"] for r in find_vague(dataset, **filters)] == kinds  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"code": "judicial_oversight"}, ["tiny:art_1__para_2", "tiny:art_3__para_1"]),
        ({"code": "judicial_oversight", "status": "present"}, []),
        ({"words": "ninety DAYS"}, ["tiny:art_1__para_1"]),
        ({"words": "silence"}, ["tiny:art_2"]),
        ({"words": "review", "level": "paragraph"}, ["tiny:art_3__para_1"]),
    ],
)
def test_provisions_are_found_by_words_and_codes(
    dataset: Dataset, arguments: dict[str, str], found: list[str]
) -> None:
    """All words must stand in heading, text or terms; codes are the adjudicated ones."""
    rows = find_provisions(dataset, **arguments)
    assert [r["passage_id"] for r in rows] == found


def test_a_provision_is_shown_with_all_that_is_known(dataset: Dataset) -> None:
    """Text, codes of every annotator, links and claims come together."""
    found = describe(dataset, "Tiny Treaty art. 1(1)")
    assert found["passage"]["edition"] == "restatement"
    assert {r["annotator_id"] for r in found["annotators"]} == {"lm-x", "lm-y"}
    assert {r["code"] for r in found["adjudicated"]} == {
        "preservation_order",
        "duration_limit",
        "degree_term",
    }
    assert [c["claim_id"] for c in found["claims"]] == ["C-1", "C-2"]
    assert [x["link_id"] for x in describe(dataset, "tiny:1")["links"]] == ["tiny-3-1"]


def test_a_provision_without_text_is_still_shown(dataset: Dataset) -> None:
    """A provision known by its heading only has its row."""
    assert describe(dataset, "sketch:1")["passage"]["heading"] == "Drones"


@pytest.mark.parametrize(
    ("words", "error"),
    [("tiny:9", UnknownProvision), ("nowhere:1", UnknownDocument)],
)
def test_what_is_not_there_is_refused(dataset: Dataset, words: str, error: type[Exception]) -> None:
    """An unknown provision or document is refused."""
    with pytest.raises(error):
        describe(dataset, words)


def test_an_unknown_code_is_refused(dataset: Dataset) -> None:
    """A misspelt kind is refused with the nearest."""
    with pytest.raises(UnknownCode, match="did you mean degree_term"):
        find_vague(dataset, kind="degre_term")


def test_a_missing_dataset_says_which_command_makes_it(tmp_path: Path) -> None:
    """Without a built dataset the answer names the command."""
    with pytest.raises(DatasetMissing, match="build one with 'safeguards build'"):
        find_vague(Dataset(tmp_path))
