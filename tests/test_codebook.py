"""The codebook: the shipped one is sound, and a wrong one reports every fault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from safeguards.codebook import Codebook, find_target, read_codebook, vocabularies
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
    """Each code has at least two hits and two near misses."""
    thin = [c.id for c in codebook.codes if len(c.hits) < 2 or len(c.near_misses) < 2]
    assert thin == []


def test_every_change_names_codes_that_exist(codebook: Codebook) -> None:
    """The changes since the pilot are listed, and each affected code is in the codebook."""
    named = {code for change in codebook.changes for code in change.codes}
    assert "unnamed_actor" in named
    assert named <= set(codebook.by_id)


def test_a_change_of_an_unknown_code_is_a_fault(tmp_path: Path) -> None:
    """A change that names a code the codebook lacks is refused, with its place."""
    text = SHIPPED.read_text(encoding="utf-8")
    path = tmp_path / "codebook.yaml"
    path.write_text(text.replace("codes: [modal_hedge]", "codes: [modal_edge]"), encoding="utf-8")
    with pytest.raises(RecordFault) as caught:
        read_codebook(path)
    assert caught.value.faults == ["changes.weak_verb_direction.codes: no code modal_edge"]


CODED_NEXT = re.compile(
    r"budapest:([1-9]|[12]\d|3[0-5])\b|untoc:(16|18|19|20|26|27|28)\b|uncac:(4[3-9]|50)\b|hanoi:"
)


def test_examples_do_not_tell_the_answers(codebook: Codebook) -> None:
    """No example stands for a passage of the articles that annotators code with this version."""
    shown = [x for c in codebook.codes for x in (*c.hits, *c.near_misses)]
    shown += [x for s in codebook.statuses for x in (*s.hits, *s.near_misses)]
    assert [x.address for x in shown if x.address and CODED_NEXT.match(x.address)] == []


def test_an_unknown_code_names_the_nearest(codebook: Codebook) -> None:
    """A misspelt code is refused with the one that was meant."""
    with pytest.raises(UnknownCode) as caught:
        codebook.code("judical_oversight")
    assert str(caught.value) == (
        "the codebook has no code 'judical_oversight'; did you mean judicial_oversight?"
    )


def test_a_code_takes_the_target_of_its_layer(codebook: Codebook) -> None:
    """The codebook's targets are found by layer or judged value, for a code by its layer."""
    assert {t.id: t.alpha for t in codebook.targets} == {
        "safeguard": 0.7, "power": 0.8, "vagueness": 0.6, "status": 0.7, "severity": 0.6,
    }  # fmt: skip
    assert find_target(codebook, "search_access", "power") == 0.8
    assert find_target(codebook, "force") is None


def test_a_target_for_nothing_is_a_fault(tmp_path: Path) -> None:
    """A target names a layer or a judged value, once, and lies between 0 and 1."""
    text = SHIPPED.read_text(encoding="utf-8")
    path = tmp_path / "codebook.yaml"
    path.write_text(text.replace("{id: status, alpha", "{id: stature, alpha"), encoding="utf-8")
    with pytest.raises(RecordFault) as caught:
        read_codebook(path)
    assert caught.value.faults == ["targets.stature: no layer or judged value of this name"]
    path.write_text(text.replace("{id: status, alpha", "{id: severity, alpha"), encoding="utf-8")
    with pytest.raises(RecordFault) as caught:
        read_codebook(path)
    assert caught.value.faults == ["targets: id severity is used 2 times"]
    path.write_text(text.replace("status, alpha: 0.70", "status, alpha: 70"), encoding="utf-8")
    with pytest.raises(RecordFault) as caught:
        read_codebook(path)
    assert caught.value.faults == ["targets.3.alpha: input should be less than or equal to 1"]


def test_questions_go_to_codes_and_to_layers(codebook: Codebook) -> None:
    """An extra question is asked for its codes, or for every code of its layer."""
    asked = {q.id for q in codebook.questions(codebook.code("judicial_oversight"))}
    assert {"timing", "body", "duty_holder"} <= asked
    assert "intrusiveness" not in asked


def test_two_faults_are_both_reported(tmp_path: Path) -> None:
    """A codebook with two faults reports both, each with its place."""
    text = SHIPPED.read_text(encoding="utf-8")
    broken = text.replace("layer: safeguard", "layer: safegard", 1)
    broken = broken.replace("date: '2026-11-25'", "date: 2026", 1)
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
