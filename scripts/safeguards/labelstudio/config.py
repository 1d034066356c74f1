"""
The labelling configuration: what an annotator sees beside a passage, built from the codebook.

Codes travel as ``alias``, which Label Studio writes into results in place of the name shown, so a
code may be renamed without touching what was coded. A question appears only once a marked span
makes it meaningful. Tags are described at https://labelstud.io/tags/.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, zip_longest
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from safeguards.codebook import Code, Codebook, Layer, Question

TEXT = "text"
NOTE = "note_to_lead"

# With a span selected, a label would give that span another code; hence the Esc.
_STEPS = (
    "Choose a label, drag over the words, answer, press Esc. Nothing to mark? Submit as it is. "
    "Once, in the settings below the text: 'Select region after creating it'; else click the words."
)

# Keys, in the order of a keyboard. Answers are typed most, so they have the plain keys. No key
# stands for two answers: Label Studio would give both, also the one whose question is hidden. U and
# Esc are its own.
_KEYS = {
    "safeguard": [f"shift+{key}" for key in "qwertyuiopasdfg"],
    "vagueness": [f"shift+{key}" for key in "hjklzxcvbnm1"],
    "power": [f"shift+{key}" for key in "234567890"],
    "status": list("12345"),
    "severity": list("6789"),
    "force": list("qwertyop"),
    "direction": list("asdfg"),
    "confidence": list("zxcv"),
}

# The text and the questions about a span stand together on the left, where the eye is; the
# labels stand on the right and scroll by themselves.
_STYLE = {
    ".sg": "display: flex; gap: 20px; align-items: flex-start",
    ".sg-read": "flex: 1 1 58%; min-width: 0; max-height: calc(100vh - 160px); overflow-y: auto",
    ".sg-code": "flex: 1 1 42%; min-width: 0; max-height: calc(100vh - 160px); overflow-y: auto",
    ".sg h3, .sg h4": "margin: 4px 0 !important",
    ".sg-small h4": "font-size: 14px; line-height: 1.45; font-weight: 400; color: #5b6270",
    ".sg-near": "border-left: 4px solid #b9bec7; padding-left: 10px; margin: 6px 0",
    ".sg-near h4": "white-space: pre-line; max-height: 4.4em; overflow-y: auto",
    ".sg-text .lsf-richtext__container": "font-size: 19px; line-height: 1.7",
    ".sg-layer": "border-left: 4px solid; padding-left: 8px; margin-bottom: 8px",
    ".sg-layer h4": "font-size: 15px; line-height: 1.3; flex-basis: 100%",
    ".sg-layer .lsf-labels": "display: flex; flex-wrap: wrap; gap: 4px; margin: 0",
    ".sg-layer .lsf-labels h4": "font-size: 12px; font-weight: 400; color: #5b6270",
    ".sg-layer .lsf-label": (
        "font-size: 12.5px; height: 22px; line-height: 22px; margin: 0; padding: 0 6px"
    ),
    ".sg-layer .lsf-label__hotkey": "font-size: 10px; margin-left: 4px",
    ".sg-question": "display: flex; gap: 10px; align-items: baseline; margin: 2px 0",
    ".sg-question h4": "flex: 0 0 120px; font-size: 13px; line-height: 1.3",
    ".sg-question .lsf-choices": "flex: 1; gap: 0; margin: 0 !important",
    ".sg-question .lsf-text-area": "flex: 1; margin: 0 !important",
    ".sg-question .lsf-text-area form": "width: 100%; margin: 0",
    ".sg-question .lsf-choice, .sg-question .lsf-choice__item": "margin: 0; padding: 0",
    ".sg-question .ant-checkbox-wrapper": (
        "font-size: 13px; line-height: 20px; font-weight: 400; margin: 0 10px 0 0; padding: 0"
    ),
    ".sg-answers": (
        "position: sticky; bottom: 0; z-index: 2; max-height: 36vh; overflow-y: auto; "
        "background: var(--color-neutral-background, #fff); border-top: 1px solid #d7dae0"
    ),
}


def build_label_config(codebook: Codebook) -> str:
    """
    Return the labelling configuration for *codebook*, as XML.

    The same codebook gives the same text, so a change can be seen by comparing.
    """
    view = Element("View", className="sg")
    SubElement(view, "Style").text = "".join(f"{s} {{ {rules} }} " for s, rules in _STYLE.items())
    _add_reading(view, codebook)
    _add_labels(view, codebook)
    ElementTree.indent(view, "  ")
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def control_of(question: Question) -> str:
    """Return the name of the control that asks an extra question of the codebook."""
    return f"attribute_{question.id}"


def codes_asked(question: Question, codebook: Codebook) -> list[str]:
    """Return the ids of the codes for which *question* is asked."""
    return [code.id for code in codebook.codes if question in codebook.questions(code)]


# Left: the passage, and the questions about the span that is selected.


def _add_reading(view: Element, codebook: Codebook) -> None:
    """Add the column with the passage and the questions."""
    column = SubElement(view, "View", className="sg-read")
    SubElement(column, "Header", value="$citation", size="4")
    SubElement(column, "Header", value="$heading", size="5")
    small = SubElement(column, "View", className="sg-small")
    SubElement(small, "Header", value="$notice", size="6")
    _add_surroundings(column, "$context", "$before")
    text = SubElement(column, "View", className="sg-text")
    SubElement(text, "Text", name=TEXT, value="$text", granularity="word")
    _add_answers(SubElement(column, "View", className="sg-answers"), codebook)
    _add_surroundings(column, "$after")
    _add_text(column, NOTE, "Note to the lead", "About the whole passage", per_region=False)


def _add_surroundings(column: Element, *values: str) -> None:
    """Add words that are shown to be read, and are not coded here."""
    near = SubElement(column, "View", className="sg-small sg-near")
    for value in values:
        SubElement(near, "Header", value=value, size="6")


def _add_answers(view: Element, codebook: Codebook) -> None:
    """Add the questions about a span."""
    statuses = [(s.id, _spell(s.id)) for s in codebook.statuses]
    # Both required questions are enforced, for each is asked for labels of another layer; of two
    # that are asked for the same label Label Studio enforces one.
    _add_choices(view, "status", "Status", statuses, layer="safeguard", required=True)
    forces = [(f.id, _spell(f.id)) for f in codebook.forces]
    _add_choices(view, "force", "Force", forces, layer="safeguard")
    severities = [(s.id, _spell(s.id)) for s in codebook.severities]
    _add_choices(view, "severity", "Severity", severities, layer="vagueness", required=True)
    directions = [(d.id, _spell(d.id)) for d in codebook.directions]
    _add_choices(view, "direction", "Direction", directions, layer="vagueness")
    sure = [
        (str(c.id), f"{c.id} {c.name}") for c in sorted(codebook.confidences, key=lambda c: -c.id)
    ]
    _add_choices(view, "confidence", "Confidence", sure)
    for question in codebook.attributes:
        values = [(value, _spell(value)) for value in question.values]
        codes = codes_asked(question, codebook)
        _add_choices(view, control_of(question), question.name, values, codes=codes)
    _add_text(view, "reason", "Reason", "One sentence")
    _add_text(view, "resolved_by", "Resolved by", "For instance budapest:16.2")


def _add_choices(
    view: Element,
    name: str,
    title: str,
    values: Sequence[tuple[str, str]],
    *,
    layer: str | None = None,
    codes: Sequence[str] = (),
    required: bool = False,
) -> None:
    """Add one question with fixed answers, shown for spans of *layer* or of *codes*."""
    when = {"whenTagName": layer} if layer else {}
    when |= {"whenLabelValue": ",".join(codes)} if codes else {}
    when["visibleWhen"] = "region-selected"
    box = _add_box(view, title, when)
    asked = {"name": name, "toName": TEXT, "perRegion": "true", "choice": "single"}
    must = {"required": "true", "requiredMessage": f"Choose a {name}"} if required else {}
    question = SubElement(box, "Choices", asked | {"layout": "inline"} | when | must)
    for (value, words), key in zip_longest(values, _KEYS.get(name, [])[: len(values)]):
        SubElement(question, "Choice", {"alias": value, "value": words} | _hotkey(key))


def _add_text(view: Element, name: str, title: str, hint: str, *, per_region: bool = True) -> None:
    """Add one question that is answered in words."""
    box = _add_box(view, title, {"visibleWhen": "region-selected"} if per_region else {})
    asked = {"name": name, "toName": TEXT, "rows": "1", "editable": "true"}
    asked |= {"placeholder": hint, "showSubmitButton": "false"}
    asked |= {"perRegion": "true"} if per_region else {}
    SubElement(box, "TextArea", asked)


def _add_box(view: Element, title: str, when: dict[str, str]) -> Element:
    """Add the row of one question, with its title on the left."""
    box = SubElement(view, "View", {"className": "sg-question"} | when)
    SubElement(box, "Header", value=title, size="6")
    return box


# Right: the labels, one group for each layer.


def _add_labels(view: Element, codebook: Codebook) -> None:
    """Add the column with the labels of all layers."""
    column = SubElement(view, "View", className="sg-code")
    SubElement(SubElement(column, "View", className="sg-small"), "Header", value=_STEPS, size="6")
    # The shortest group first, so that no layer lies hidden below the powers.
    for layer in sorted(codebook.layers, key=lambda layer: len(codebook.ids(layer.id))):
        group = SubElement(
            column, "View", className="sg-layer", style=f"border-left-color: {layer.color}"
        )
        SubElement(group, "Header", value=layer.name, size="5")
        labels = SubElement(group, "Labels", name=layer.id, toName=TEXT, showInline="true")
        codes = [codebook.by_id[i] for i in codebook.ids(layer.id)]
        keys = dict(zip(codebook.ids(layer.id), _KEYS.get(layer.id, []), strict=False))
        for family, members in groupby(codes, key=lambda code: code.family):
            if family:
                SubElement(labels, "Header", value=_spell(family), size="6")
            for code in members:
                _add_label(labels, code, layer, keys.get(code.id))


def _add_label(labels: Element, code: Code, layer: Layer, key: str | None) -> None:
    """Add the label of one code; its scope shows when the mouse rests on it."""
    shown = {"alias": code.id, "value": code.name, "hint": code.scope, "background": layer.color}
    SubElement(labels, "Label", shown | _hotkey(key))


def _hotkey(key: str | None) -> dict[str, str]:
    """Return the key that stands for a label or an answer, if there is one."""
    return {"hotkey": key} if key else {}


def _spell(identifier: str) -> str:
    """
    Return an id of the codebook as people read it.

    >>> _spell("widens_power")
    'widens power'
    """
    return identifier.replace("_", " ")
