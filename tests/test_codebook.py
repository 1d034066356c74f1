"""The codebook: the shipped one is sound, and a wrong one reports every fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeguards.codebook import Codebook, read_codebook, vocabularies
from safeguards.errors import RecordFault, UnknownCode, UsageFault

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "schema" / "codebook.yaml"


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    """The shipped codebook."""
    return read_codebook(SHIPPED)


def test_the_shipped_codebook_has_all_its_codes(codebook: Codebook) -> None:
    """The three layers hold 15 safeguards, 32 powers and 12 kinds of vagueness."""
    counts = {layer.id: len(codebook.ids(layer.id)) for layer in codebook.layers}
    assert counts == {"safeguard": 15, "power": 32, "vagueness": 12}


def test_every_code_can_be_learned_from_examples(codebook: Codebook) -> None:
    """Each safeguard and each kind of vagueness has two hits and two near misses."""
    thin = [
        code.id
        for code in codebook.codes
        if code.layer != "power" and (len(code.hits) < 2 or len(code.near_misses) < 2)
    ]
    assert thin == []


def test_an_unknown_code_names_the_nearest(codebook: Codebook) -> None:
    """A misspelt code is refused with the one that was meant."""
    with pytest.raises(UnknownCode) as caught:
        codebook.code("judical_oversight")
    assert str(caught.value) == (
        "the codebook has no code 'judical_oversight'; did you mean judicial_oversight?"
    )


def test_questions_go_to_codes_and_to_layers(codebook: Codebook) -> None:
    """An extra question is asked for its codes, or for every code of its layer."""
    asked = {q.id for q in codebook.questions(codebook.code("judicial_oversight"))}
    assert {"timing", "body", "duty_holder"} <= asked
    assert "intrusiveness" not in asked


def test_two_faults_are_both_reported(tmp_path: Path) -> None:
    """A codebook with two faults reports both, each with its place."""
    text = SHIPPED.read_text(encoding="utf-8")
    broken = text.replace("layer: safeguard", "layer: safegard", 1)
    broken = broken.replace("date: '2026-11-22'", "date: 2026", 1)
    path = tmp_path / "codebook.yaml"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(RecordFault) as caught:
        read_codebook(path)
    assert caught.value.faults == ["date: input should be a valid string"]
    path.write_text(
        text.replace("layer: safeguard", "layer: safegard", 1).replace(
            "basis: [", "basis: [NOWHERE, ", 1
        ),
        encoding="utf-8",
    )
    with pytest.raises(RecordFault) as caught:
        read_codebook(path)
    assert "codes.judicial_oversight.layer: no layer safegard" in caught.value.faults
    assert any(fault.endswith("no basis NOWHERE") for fault in caught.value.faults)
    assert "codebook.yaml has 2 faults" in str(caught.value)


def test_yaml_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    """A file that is not YAML is refused in one line."""
    path = tmp_path / "codebook.yaml"
    path.write_text("codes: [unclosed", encoding="utf-8")
    with pytest.raises(RecordFault) as caught:
        read_codebook(path)
    assert len(caught.value.faults) == 1
    assert "\n" not in caught.value.faults[0]


def test_a_missing_codebook_says_what_to_do(tmp_path: Path) -> None:
    """No codebook is a wrong usage."""
    with pytest.raises(UsageFault, match="run in a checkout, or name one with -C"):
        read_codebook(tmp_path / "codebook.yaml")


def test_vocabularies_name_real_columns(codebook: Codebook) -> None:
    """Every column with a vocabulary is a column of its table."""
    from dataclasses import fields

    from safeguards.publish import TABLES

    for table, words in vocabularies(codebook).items():
        assert set(words) <= {f.name for f in fields(TABLES[table])}, table
