"""The built dataset: typed, the same bytes every time, and read alike by every reader."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from conftest import ROOT, contents
from safeguards.evidence import find_terms
from safeguards.model import Annotation, TermAnchor
from safeguards.publish import Choice, build_dataset
from safeguards.repository import Repository


def test_two_builds_give_the_same_bytes(tiny: Repository, built: Path) -> None:
    """Building twice, into another folder, changes no byte."""
    again = build_dataset(Repository(tiny.root), tiny.path("other/place")).folder
    assert contents(again) == contents(built)


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


def test_agreement_is_published_with_its_verdict(built: Path) -> None:
    """Each code has a row with its target, also where the target cannot be said to be met."""
    frame = pd.read_parquet(built / "data" / "agreement").set_index("subject")
    row = frame.loc["judicial_oversight"]
    assert (row["value"], row["target"], row["meets_target"]) == (1.0, 0.7, "not_estimable")
    assert row["reason"] == "varied: 2 of 5 needed; articles: 2 of 3 needed"
    assert pd.isna(frame.loc["degree_term", "meets_target"])


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


def test_codes_stand_inside_their_provision(built: Path) -> None:
    """Each adjudicated code of a passage is nested in its row, with what is known of it."""
    row = provisions(built).loc[("tiny:art_3__para_1", "restatement")]
    assert [(c["layer"], c["code"], c["status"], c["severity"]) for c in row["codes"]] == [
        ("safeguard", "judicial_oversight", "qualified", None),
        ("vagueness", "discretionary_qualifier", None, "material"),
    ]


@pytest.mark.parametrize(
    ("passage_id", "answers"),
    [
        ("tiny:art_3__para_1", (True, False, True, True)),
        ("tiny:art_1__para_1", (True, True, True, False)),
        ("sketch:art_1", (None, None, None, None)),
    ],
)
def test_yes_and_no_differ_from_nobody_looked(
    built: Path, passage_id: str, answers: tuple[bool | None, ...]
) -> None:
    """A coded passage answers each question with yes or no; one that nobody coded with null."""
    columns = ["has_safeguard", "has_power", "is_vague", "has_judicial_oversight"]
    row = provisions(built).loc[(passage_id, "official")]
    found = tuple(None if pd.isna(row[c]) else bool(row[c]) for c in columns)
    assert found == answers


def test_a_licence_decides_what_may_be_passed_on(tiny: Repository) -> None:
    """With redistributable, an official text is filled in only where its licence says so."""
    choice = Choice("both", redistributable=True)
    text = ("tiny:art_2", "official"), "text"
    free = build_dataset(tiny, tiny.path("free"), choice).folder
    assert provisions(free).loc[text].startswith("Whoever keeps")
    register = tiny.path("corpus/documents.yaml")
    words = register.read_text(encoding="utf-8").replace("licence: invented", "licence: not seen")
    register.write_text(words, encoding="utf-8")
    bound = build_dataset(Repository(tiny.root), tiny.path("bound"), choice).folder
    assert pd.isna(provisions(bound).loc[text])
    assert not (bound / "akn/tiny.official.xml").exists()
    restated = provisions(bound).loc[("tiny:art_1__para_1", "restatement"), "text"]
    assert restated.startswith("Parties")


CLOCK = """
import time
late = time.gmtime(2e9)
time.time, time.time_ns = lambda: 2e9, lambda: 2 * 10**18
time.localtime = time.gmtime = lambda *seconds: late
"""


def test_seed_date_and_place_change_no_byte(tiny: Repository, tmp_path: Path) -> None:
    """Builds in other folders, with another hash seed and in another year, give the same bytes."""
    copy, clock = tmp_path / "elsewhere" / "copy", tmp_path / "clock"
    shutil.copytree(tiny.root, copy)
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
    scripts = str(ROOT / "scripts")
    first = build_apart(tiny.root, PYTHONHASHSEED="1", PYTHONPATH=scripts)
    second = build_apart(copy, PYTHONHASHSEED="2", PYTHONPATH=f"{clock}{os.pathsep}{scripts}")
    assert first == second
    assert len(first) > 20


def build_apart(root: Path, **environment: str) -> dict[str, bytes]:
    """Build in a process of its own, and return every file."""
    subprocess.run(
        [sys.executable, "-m", "safeguards", "-C", str(root), "build"],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    return contents(root / "dist" / "dataset")


def provisions(folder: Path) -> pd.DataFrame:
    """Return the provisions of all splits, by id and edition."""
    frame = pd.read_parquet(folder / "data" / "provisions")
    return frame.set_index(["passage_id", "edition"])
