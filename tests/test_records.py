"""Records on disk: every fault is reported, and a file is never half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeguards.errors import RecordFault, UsageFault
from safeguards.model import Annotator, Attribute
from safeguards.records import read_records, write_records, write_text


def test_records_survive_a_round_trip(tmp_path: Path) -> None:
    """What was written is what is read, with its lines."""
    path = tmp_path / "a.jsonl"
    written = [Attribute("facet", "é 🗝️"), Attribute("timing", "prior")]
    write_records(path, written)
    assert [(x.line, x.record) for x in read_records(path, Attribute)] == [
        (1, written[0]),
        (2, written[1]),
    ]


def test_every_fault_of_a_file_is_reported(tmp_path: Path) -> None:
    """Two wrong records give all their faults, each with its line."""
    path = tmp_path / "annotators.yaml"
    path.write_text(
        "- {annotator_id: a, kind: 3, rounds: [x], note: n}\n"
        "- {annotator_id: b, kind: rule, rounds: [], note: n, email: x}\n"
        "- {annotator_id: c}\n",
        encoding="utf-8",
    )
    with pytest.raises(RecordFault) as caught:
        read_records(path, Annotator)
    assert caught.value.faults == [
        "annotators.yaml:1: kind: input should be a valid string",
        "annotators.yaml:2: email: unknown key",
        "annotators.yaml:3: kind: field required",
        "annotators.yaml:3: rounds: field required",
        "annotators.yaml:3: note: field required",
    ]
    assert str(caught.value) == f"{path} has 5 faults; mend them and run again"


def test_a_line_that_is_not_json_is_named(tmp_path: Path) -> None:
    """A broken line is reported with its number."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"name": "a", "value": "b"}\n{oops\n', encoding="utf-8")
    with pytest.raises(RecordFault) as caught:
        read_records(path, Attribute)
    assert caught.value.faults[0].startswith("a.jsonl:2: not JSON")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    """A file that is not there is a wrong usage, in one line."""
    with pytest.raises(UsageFault, match="run in a checkout, or name one with -C"):
        read_records(tmp_path / "no.jsonl", Attribute)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """When writing fails, the old file stands and nothing else is left."""
    path = tmp_path / "a.jsonl"
    write_text(path, "old")

    def records() -> object:
        yield Attribute("a", "b")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        write_records(path, records())  # type: ignore[arg-type]
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]
