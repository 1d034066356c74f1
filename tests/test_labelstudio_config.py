"""Facts about the labelling configuration."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from conftest import ROOT
from safeguards.codebook import Codebook, read_codebook
from safeguards.labelstudio.config import build_label_config, codes_asked, control_of

# Real codebook: what annotators see is what is tested.


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    """Return the codebook of the dataset."""
    return read_codebook(ROOT / "schema" / "codebook.yaml")


@pytest.fixture(scope="module")
def config(codebook: Codebook) -> ElementTree.Element:
    """Return the configuration, parsed."""
    return ElementTree.fromstring(build_label_config(codebook))


def answers(config: ElementTree.Element, control: str) -> list[str | None]:
    """Return the values that a control stores."""
    return [choice.get("alias") for choice in config.findall(f".//*[@name='{control}']//*[@alias]")]


def test_same_text_each_time(codebook: Codebook) -> None:
    """One codebook gives one configuration."""
    assert build_label_config(codebook) == build_label_config(codebook)


@pytest.mark.parametrize("layer", ["safeguard", "power", "vagueness"])
def test_labels_store_ids(codebook: Codebook, config: ElementTree.Element, layer: str) -> None:
    """The labels of a layer are its codes, stored by id, each once."""
    assert answers(config, layer) == codebook.ids(layer)


def test_labels_show_names(codebook: Codebook, config: ElementTree.Element) -> None:
    """Annotators see the name of a code, in the colour of its layer, with its scope as a hint."""
    colors = {layer.id: layer.color for layer in codebook.layers}
    shown = {
        (e.get("alias"), e.get("value"), e.get("hint"), e.get("background"))
        for e in config.iter("Label")
    }
    assert shown == {(c.id, c.name, c.scope, colors[c.layer]) for c in codebook.codes}


@pytest.mark.parametrize(
    ("control", "vocabulary"),
    [
        ("status", "statuses"),
        ("force", "forces"),
        ("severity", "severities"),
        ("direction", "directions"),
        ("confidence", "confidences"),
    ],
)
def test_answers_are_the_codebooks(
    codebook: Codebook, config: ElementTree.Element, control: str, vocabulary: str
) -> None:
    """A question offers the words of the codebook, and no other."""
    assert answers(config, control) == [str(e.id) for e in getattr(codebook, vocabulary)]


def test_required_questions(config: ElementTree.Element) -> None:
    """Status and severity are required; two questions about one label would not both be."""
    asked = {e.get("name"): e.get("whenTagName") for e in config.iter() if e.get("required")}
    assert asked == {"status": "safeguard", "severity": "vagueness"}


def test_no_key_stands_for_two_things(config: ElementTree.Element) -> None:
    """A key stands for one label or answer: Label Studio would give both, also a hidden one."""
    keys = [e.get("hotkey") for e in config.iter() if e.get("hotkey")]
    assert len(keys) == len(set(keys))
    assert {"u", "escape", "enter", "backspace"}.isdisjoint(keys)


@pytest.mark.parametrize("layer", ["safeguard", "vagueness"])
def test_labels_have_keys(config: ElementTree.Element, layer: str) -> None:
    """Every safeguard and every kind of vagueness can be chosen with a key."""
    labels = config.findall(f".//Labels[@name='{layer}']//Label")
    assert [label.get("alias") for label in labels if not label.get("hotkey")] == []


def test_attributes_are_asked_where_they_belong(
    codebook: Codebook, config: ElementTree.Element
) -> None:
    """An extra question shows for its codes only."""
    shown = {
        control_of(q): (config.find(f".//*[@name='{control_of(q)}']"), codes_asked(q, codebook))
        for q in codebook.attributes
    }
    assert [
        name
        for name, (tag, codes) in shown.items()
        if tag is None or (tag.get("whenLabelValue") or "").split(",") != codes
    ] == []


def test_names_are_unique(config: ElementTree.Element) -> None:
    """No two controls share a name; Label Studio would refuse them."""
    names = [e.get("name") for e in config.iter() if e.get("name")]
    assert len(names) == len(set(names))


def test_every_control_points_at_the_text(config: ElementTree.Element) -> None:
    """Every control is about the passage's text, never about its context."""
    assert {e.get("toName") for e in config.iter() if e.get("toName")} == {"text"}
