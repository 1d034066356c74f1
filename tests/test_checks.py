"""The checks: the committed data passes, and each check finds what it is there for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT, TINY
from safeguards.checks import CHECKS, describe_checks, run_checks
from safeguards.checks.data import Derived
from safeguards.cli.judge import derive_all
from safeguards.errors import RecordFault
from safeguards.repository import Repository

Edit = dict[str, Any]
Case = dict[str, Any]
TABLES = sorted((ROOT / "tests" / "data" / "checks").glob("*.yaml"))
CASES: list[Case] = [
    case for file in TABLES for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]
FIRST = {case["check"]: case for case in reversed(CASES)}
PILOT = "annotations/rounds/pilot/lm-x.jsonl"


@pytest.fixture(scope="module")
def derived() -> Derived:
    """Return what the derived files of the sound tiny repository hold."""
    return derive_all(Repository(TINY))


def apply(edit: Edit, root: Path) -> None:
    """Change one file: remove or create it, replace words, set keys of a line, delete or repeat a record."""
    file = root / edit["path"]
    if "remove" in edit:
        file.unlink()
        return
    if "create" in edit:
        file.parent.mkdir(exist_ok=True)
        file.write_text(edit["create"], encoding="utf-8")
        return
    text = file.read_bytes().decode("utf-8")
    lines = text.split("\n")
    if "replace" in edit:
        assert edit["replace"] in text, f"{file} does not hold {edit['replace']}"
        text = text.replace(edit["replace"], edit["with"], 1)
    elif "repeat" in edit:
        text += text[text.index(edit["repeat"]) :]
    elif "delete" in edit:
        text = "\n".join(lines[: edit["delete"] - 1] + lines[edit["delete"] :])
    else:
        record = json.loads(lines[edit["line"] - 1])
        assert edit["set"].keys() <= record.keys()
        lines[edit["line"] - 1] = json.dumps(record | edit["set"], ensure_ascii=False)
        text = "\n".join(lines)
    file.write_bytes(text.encode("utf-8"))


def found(root: Path, derived: Derived, only: str | None = None) -> list[str]:
    """Return the lines that a run of the checks on *root* prints."""
    return [str(problem) for problem in run_checks(Repository(root), derived, only)]


def test_every_check_has_fixtures() -> None:
    """No check goes without a fault that it must find."""
    assert sorted(FIRST) == sorted(CHECKS)


@pytest.mark.parametrize("check_id", sorted(CHECKS))
def test_a_check_passes_what_is_sound(check_id: str, derived: Derived) -> None:
    """The tiny repository has no problem under any check."""
    assert found(TINY, derived, check_id) == []


@pytest.mark.parametrize("case", CASES, ids=[case["check"] for case in CASES])
def test_a_check_finds_its_fault(case: Case, tiny: Repository, derived: Derived) -> None:
    """One fault in the tiny repository makes the check report exactly what stands in the table."""
    apply(case["bad"], tiny.root)
    assert found(tiny.root, derived, case["check"]) == case["expect"]


NEAR = [case for case in CASES if "good" in case]


@pytest.mark.parametrize("case", NEAR, ids=[case["check"] for case in NEAR])
def test_a_check_passes_the_near_miss(case: Case, tiny: Repository, derived: Derived) -> None:
    """A change that resembles the fault and is none makes the check report nothing."""
    apply(case["good"], tiny.root)
    assert found(tiny.root, derived, case["check"]) == []


def test_every_problem_is_reported(tiny: Repository, derived: Derived) -> None:
    """Two faults for one check give two lines, in the order of the file."""
    apply({"path": PILOT, "line": 2, "set": {"end": 570}}, tiny.root)
    apply({"path": PILOT, "line": 7, "set": {"start": 60}}, tiny.root)
    assert found(tiny.root, derived, "annotation-span") == [
        f"{PILOT}:2: annotation-span span ends at 570, tiny:art_1__para_1 has 79 characters",
        f"{PILOT}:7: annotation-span span 60 to 60 is no stretch of text",
    ]


def test_all_checks_report_at_once(tiny: Repository, derived: Derived) -> None:
    """Faults in several files are all found in one run, by path and line."""
    chosen = ("claim-words", "annotation-span", "no-personal-data", "outline-numbers")
    for check_id in chosen:
        apply(FIRST[check_id]["bad"], tiny.root)
    lines = found(tiny.root, derived)
    assert [
        line for check_id in chosen for line in FIRST[check_id]["expect"] if line not in lines
    ] == []
    places = [(line.split(":")[0], int(line.split(":")[1])) for line in lines]
    assert places == sorted(places)


def test_a_faulty_file_keeps_no_other_fault_from_being_found(tiny: Repository) -> None:
    """A record that breaks its schema is reported beside the problems of the sound files."""
    apply(FIRST["record-shape"]["bad"], tiny.root)
    apply(FIRST["link-reason"]["bad"], tiny.root)
    lines = found(tiny.root, derive_all(Repository(tiny.root)))
    assert lines == FIRST["link-reason"]["expect"] + FIRST["record-shape"]["expect"]


def test_a_check_that_cannot_run_says_so(tiny: Repository, derived: Derived) -> None:
    """One check on a file that breaks its schema fails with the faults; it does not pass."""
    apply(FIRST["record-shape"]["bad"], tiny.root)
    with pytest.raises(RecordFault, match=r"claims.yaml has 1 fault"):
        run_checks(Repository(tiny.root), derived, "claim-words")


def test_the_committed_data_passes() -> None:
    """The data of this repository has no problem."""
    assert found(ROOT, derive_all(Repository(ROOT))) == []


def test_a_check_is_documented_in_one_sentence() -> None:
    """The rule of every check is one sentence, which the listing prints."""
    assert [
        d["check"]
        for d in describe_checks()
        if d["rule"].count(". ") or not d["rule"].endswith(".")
    ] == []


def test_adjudicated_rows_are_checked_too(tiny: Repository, derived: Derived) -> None:
    """A fault in the adjudicated layer is found like one in a round."""
    apply(
        {"path": "annotations/adjudicated.jsonl", "line": 3, "set": {"code": "degree"}}, tiny.root
    )
    assert found(tiny.root, derived, "annotation-code") == [
        "annotations/adjudicated.jsonl:3: annotation-code the codebook has no code degree"
    ]
