"""
Between our records and Label Studio's: passages to tasks, annotations to results and back.

Pure functions. Label Studio checks nothing that is sent to it, so everything that comes back is
checked here, and what is wrong is named, never repaired. Offsets are trusted, the words that
Label Studio stores beside them are not: it writes a line break as two characters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from safeguards.codebook import NONE, Codebook
from safeguards.errors import TextChanged, UsageFault
from safeguards.labelstudio.config import NOTE, TEXT, control_of
from safeguards.model import (
    Annotation,
    Attribute,
    Passage,
    Round,
    hash_text,
    make_annotation_id,
)
from safeguards.proposals import Prediction
from safeguards.text import shorten_quotes

NOTICES = {
    "official": "Official text",
    "restatement": "Restatement in plain language: not a translation, not authoritative",
}
CHANGED = "the text changed since it was coded"
_CHOICES = ("status", "force", "severity", "direction")
_BETWEEN_ADDRESSES = re.compile(r"[;\n]|,\s*(?=[\w-]+:)")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seat:
    """
    One annotator's place in a round: all that is needed to read what they sent.

    Attributes:
        passages: The passages that the annotator codes by id, in document order.
        resolve: Returns the passage id that an annotator's words name; raises UsageFault.
        source: The texts of the documents; a reason carries none of their sentences.
    """

    plan: Round
    annotator_id: str
    codebook: Codebook
    passages: Mapping[str, Passage]
    resolve: Callable[[str], str]
    source: str = ""


# To Label Studio.


def build_task(
    passage: Passage,
    plan: Round,
    *,
    citation: str = "",
    heading: str | None = None,
    context: str = "",
    before: str = "",
    after: str = "",
) -> Json:
    """
    Return the data of the task that shows *passage*.

    Args:
        passage: A passage with text.
        plan: The round it is coded in.
        citation: How lawyers cite it.
        heading: Its heading, or that of the article it lies in.
        context: The opening words of the passages it lies in.
        before: The passage before it.
        after: The passage after it.
    """
    text = passage.text or ""
    return {
        "passage_id": passage.passage_id,
        "edition": passage.edition,
        "text_sha256": hash_text(text),
        "round": plan.round,
        "codebook_version": plan.codebook_version,
        "citation": citation,
        "heading": heading or "(no heading)",
        "notice": NOTICES[passage.edition],
        "context": f"Opening words, not coded here: {context}" if context else "",
        "before": f"Before: {before}" if before else "This opens the text.",
        "after": f"After: {after}" if after else "This ends the text.",
        "text": text,
    }


def build_result(annotations: Iterable[Annotation], text: str) -> list[Json]:
    """
    Return what Label Studio would hold if somebody had drawn *annotations* on *text* by hand.

    Rows of layer ``none`` have no span and become nothing: an empty result says the same.

    Raises:
        TextChanged: A row was made on another text.
        UsageFault: A row has no span, or one outside the text.
    """
    return [item for row in annotations if row.layer != NONE for item in _build_items(row, text)]


def build_prediction(predictions: Sequence[Prediction], text: str) -> Json:
    """
    Return proposals of one predictor on *text* as Label Studio shows them: labels, no answers.

    Raises:
        TextChanged: They were made on another text.
    """
    items = []
    for p in predictions:
        if p.text_sha256 != hash_text(text):
            raise TextChanged(f"a proposal on {p.passage_id}: {CHANGED}; begin a new round")
        span: Json = {"start": p.start, "end": p.end, "text": text[p.start : p.end]}
        items.append(
            _item(
                _proposal_id(p.code, p.start, p.end), p.layer, "labels", span | {"labels": [p.code]}
            )
        )
    scores = [p.score for p in predictions if p.score is not None]
    score = {"score": min(scores)} if scores else {}
    return {"model_version": predictions[0].model_version, "result": items, **score}


def _proposal_id(code: Any, start: Any, end: Any) -> str:
    """Return the id of a proposed mark; it tells later whether the mark is as it was proposed."""
    return hash_text(f"{code} {start} {end}")[:12]


def count_origins(annotation: Json) -> Counter[str]:
    """
    Return how many marks of an annotation are ``manual``, ``kept`` or ``changed`` proposals.

    Label Studio calls a proposal changed as soon as a question about it was answered; so whether
    its words and its code are still those proposed is told by its id.
    """
    items = annotation.get("result")
    return Counter(
        _origin(item)
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and item.get("type") == "labels"
    )


def _origin(item: Json) -> str:
    """Return where one mark came from."""
    value = item.get("value") or {}
    codes = list(_values(item)) or [None]
    if item.get("id") == _proposal_id(codes[0], value.get("start"), value.get("end")):
        return "kept"
    return "changed" if str(item.get("origin")).startswith("prediction") else "manual"


def _build_items(row: Annotation, text: str) -> list[Json]:
    """Return the label and the answers of one span."""
    _refuse_misfit(row, text)
    span: Json = {"start": row.start, "end": row.end, "text": text[row.start : row.end]}
    region_id = row.annotation_id.rsplit("-", 1)[-1]
    items = [_item(region_id, row.layer, "labels", span | {"labels": [row.code]})]
    answers = {name: getattr(row, name) for name in (*_CHOICES, "confidence")}
    answers |= {f"attribute_{a.name}": a.value for a in row.attributes}
    items += [
        _item(region_id, name, "choices", span | {"choices": [str(value)]})
        for name, value in answers.items()
        if value is not None
    ]
    words = {"reason": [row.reason] if row.reason else [], "resolved_by": list(row.resolved_by)}
    return items + [
        _item(region_id, name, "textarea", span | {"text": value})
        for name, value in words.items()
        if value
    ]


def _refuse_misfit(row: Annotation, text: str) -> None:
    """Raise if *row* cannot be drawn on *text*."""
    if row.text_sha256 != hash_text(text):
        raise TextChanged(f"{row.annotation_id}: {CHANGED}; code {row.passage_id} again")
    if row.start is None or row.end is None or not 0 <= row.start < row.end <= len(text):
        raise UsageFault(f"{row.annotation_id} has no span inside the text; mend start and end")


def _item(region_id: str, name: str, kind: str, value: Json) -> Json:
    """Return one item of a result."""
    return {"id": region_id, "from_name": name, "to_name": TEXT, "type": kind, "value": value}


# From Label Studio.


@dataclass(slots=True)
class _Region:
    """
    A marked span and the answers given for it, by the name of the control.

    Attributes:
        drawn: True if it was marked in the page, which says so; what is sent by a program does not.
    """

    start: Any = None
    end: Any = None
    drawn: bool = False
    answers: dict[str, list[Any]] = field(default_factory=dict)


def parse_annotation(
    task: Json, annotation: Json, seat: Seat
) -> tuple[list[Annotation], list[str]]:
    """
    Return the rows in one submitted annotation, and what is wrong with the rest of it.

    One span with its answers is one row. An annotation without a span is one row of layer
    ``none``. A faulty span gives no row; the others of the same passage do.

    Args:
        task: The task as Label Studio exports it; its ``data`` is what `build_task` made.
        annotation: One member of the task's ``annotations``.
        seat: Whose annotation it is, and in which round.

    Returns:
        The rows, sorted by offsets, layer and code; and the faults, one line each.
    """
    data = task.get("data") or {}
    if fault := _find_task_fault(data, seat):
        return [], [fault]
    blank = _blank_row(data, seat)
    regions, faults = _read_regions(annotation.get("result"))
    if not regions and not faults:
        return [_with_id(blank)], []
    rows: dict[str, Annotation] = {}
    for region in regions:
        row, wrong = _parse_region(region, blank, seat)
        if not wrong and row.annotation_id in rows:
            wrong = [f"{row.code} {row.start}-{row.end}: the same words have this code twice"]
        faults += wrong
        if not wrong:
            rows[row.annotation_id] = row
    return sorted(rows.values(), key=_place), faults


def parse_note(annotation: Json) -> str | None:
    """Return what the annotator tells the lead about the whole passage, or None."""
    return " ".join(parse_notes(annotation)) or None


def parse_notes(annotation: Json) -> list[str]:
    """Return the same line by line, as it was written."""
    items = annotation.get("result")
    found: list[str] = []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and item.get("from_name") == NOTE:
            found += [line for text in _values(item) for line in str(text).splitlines()]
    return [" ".join(line.split()) for line in found if line.strip()]


def _place(row: Annotation) -> tuple[int, int, str, str]:
    """Return where *row* stands among the rows of its passage."""
    return (row.start or 0, row.end or 0, row.layer, row.code)


def _find_task_fault(data: Json, seat: Seat) -> str | None:
    """Return what keeps all of a task's annotations from being used, or None."""
    passage = seat.passages.get(str(data.get("passage_id")))
    if passage is None:
        return f"passage {data.get('passage_id')} is not in round {seat.plan.round}"
    if data.get("edition") != passage.edition:
        return f"the task shows the {data.get('edition')} edition, the round the {passage.edition}"
    seen = hash_text(str(data.get("text")))
    if not data.get("text_sha256") == seen == hash_text(passage.text or ""):
        return CHANGED
    return None


def _blank_row(data: Json, seat: Seat) -> Annotation:
    """Return the row that says: read, and nothing found."""
    return Annotation(
        annotation_id="",
        passage_id=data["passage_id"],
        edition=data["edition"],
        text_sha256=data["text_sha256"],
        round=seat.plan.round,
        annotator_id=seat.annotator_id,
        codebook_version=seat.plan.codebook_version,
        layer=NONE,
        code=NONE,
    )


def _with_id(row: Annotation) -> Annotation:
    """Return *row* with the id that follows from what it says."""
    return replace(row, annotation_id=make_annotation_id(row))


def _read_regions(result: Any) -> tuple[list[_Region], list[str]]:
    """Return the spans of a result, in the order of their first item, and faulty items."""
    if not isinstance(result, list):
        return [], ["the result is not a list"]
    regions: dict[str, _Region] = {}
    faults: list[str] = []
    for item in result:
        if not isinstance(item, dict) or not isinstance(item.get("value"), dict):
            faults.append("an item of the result has no value")
        elif item.get("from_name") != NOTE:
            _add_item(regions.setdefault(str(item.get("id")), _Region()), item)
    return list(regions.values()), faults


def _add_item(region: _Region, item: Json) -> None:
    """Add one item of a result to the span it belongs to."""
    name, value = str(item.get("from_name")), item["value"]
    region.drawn = region.drawn or "origin" in item
    region.answers.setdefault(name, []).extend(_values(item))
    if item.get("type") == "labels" or region.start is None:
        region.start, region.end = value.get("start"), value.get("end")


def _values(item: Json) -> Sequence[Any]:
    """Return the answers in one item: labels, choices or lines of text."""
    key = {"textarea": "text"}.get(str(item.get("type")), str(item.get("type")))
    found = item["value"].get(key) if isinstance(item.get("value"), dict) else None
    return found if isinstance(found, list) else [] if found is None else [found]


def _parse_region(region: _Region, blank: Annotation, seat: Seat) -> tuple[Annotation, list[str]]:
    """Return the row that a span and its answers make, and what is wrong with it."""
    layer, code, faults = _parse_label(region, seat.codebook)
    answers, wrong = ({}, []) if faults else _parse_answers(region, layer, code, seat)
    text = seat.passages[blank.passage_id].text or ""
    faults += _find_span_faults(region, text) + wrong
    place = f"{code or 'span'} {region.start}-{region.end}"
    if faults:
        return blank, [f"{place}: {fault}" for fault in faults]
    row = replace(blank, layer=layer, code=code, start=region.start, end=region.end, **answers)
    return _with_id(replace(row, reason=shorten_quotes(row.reason or "", seat.source) or None)), []


def _parse_label(region: _Region, codebook: Codebook) -> tuple[str, str, list[str]]:
    """Return layer and code of a span, and what is wrong with its label."""
    layers = [layer.id for layer in codebook.layers if layer.id in region.answers]
    labels = [(layer, str(code)) for layer in layers for code in region.answers[layer]]
    if len(labels) != 1:
        return "", "", [f"one label is wanted, and there are {len(labels)}"]
    layer, code = labels[0]
    known = codebook.by_id.get(code)
    if known is None:
        return layer, code, [f"the codebook has no code {code}"]
    if known.layer != layer:
        return layer, code, [f"the code is of layer {known.layer}, not {layer}"]
    return layer, code, []


def _find_span_faults(region: _Region, text: str) -> list[str]:
    """Return what is wrong with the offsets of a span."""
    if type(region.start) is not int or type(region.end) is not int:
        return ["the offsets are not whole numbers"]
    if region.end <= region.start:
        return ["the span ends before it starts"]
    if region.start < 0 or region.end > len(text):
        return [f"the span leaves the text, which has {len(text)} characters"]
    return []


def _parse_answers(
    region: _Region, layer: str, code: str, seat: Seat
) -> tuple[dict[str, Any], list[str]]:
    """Return the answers to all questions about a span, and what is wrong with them."""
    allowed = _allowed_answers(layer, code, seat.codebook)
    faults = [f"the codebook has no question {n}" for n in region.answers if n not in _names(seat)]
    given: dict[str, Any] = {}
    for name, values in allowed.items():
        answers = [str(answer) for answer in region.answers.get(name, [])]
        if region.drawn and not values:
            # The page obeys the keys of questions that it hides; nobody saw such an answer.
            answers = []
        faults += _find_answer_faults(name, answers, values)
        given[name] = answers[0] if answers else None
    if layer == "safeguard" and given["status"] is None:
        faults.append("a safeguard needs a status")
    if layer == "vagueness" and given["severity"] is None:
        faults.append("a vagueness needs a severity")
    row = {name: given[name] for name in _CHOICES}
    row["attributes"] = _attributes(given)
    row["confidence"] = int(given["confidence"]) if given["confidence"] and not faults else None
    row["reason"] = " ".join(str(line) for line in region.answers.get("reason", [])) or None
    row["resolved_by"], wrong = _parse_addresses(region.answers.get("resolved_by", []), seat)
    return row, faults + wrong


def _allowed_answers(layer: str, code: str, codebook: Codebook) -> dict[str, list[str]]:
    """Return the answers that each question admits for a code; none where it is not asked."""
    safeguard, vagueness = layer == "safeguard", layer == "vagueness"
    allowed = {
        "status": [s.id for s in codebook.statuses if safeguard],
        "force": [f.id for f in codebook.forces if safeguard],
        "severity": [s.id for s in codebook.severities if vagueness],
        "direction": [d.id for d in codebook.directions if vagueness],
        "confidence": [str(c.id) for c in codebook.confidences],
    }
    known = codebook.by_id.get(code)
    asked = codebook.questions(known) if known else []
    for question in codebook.attributes:
        allowed[control_of(question)] = question.values if question in asked else []
    return allowed


def _names(seat: Seat) -> set[str]:
    """Return the names of all controls that a span may have answers for."""
    layers = {layer.id for layer in seat.codebook.layers}
    return {*_allowed_answers("", "", seat.codebook), *layers, "reason", "resolved_by"}


def _find_answer_faults(name: str, answers: Sequence[str], values: Sequence[str]) -> list[str]:
    """Return what is wrong with the answers to one question."""
    shown = name.removeprefix("attribute_")
    if answers and not values:
        return [f"{shown} is not asked for this code"]
    if len(answers) > 1:
        return [f"{shown} has {len(answers)} answers"]
    return [f"{shown} cannot be {answer}" for answer in answers if answer not in values]


def _attributes(given: Mapping[str, str | None]) -> tuple[Attribute, ...]:
    """Return the answers to the extra questions, sorted by name."""
    found = {
        n.removeprefix("attribute_"): v for n, v in given.items() if n.startswith("attribute_")
    }
    return tuple(Attribute(name, value) for name, value in sorted(found.items()) if value)


def _parse_addresses(lines: Sequence[Any], seat: Seat) -> tuple[tuple[str, ...], list[str]]:
    """Return the passages that an annotator named, sorted, and what is wrong with the rest."""
    named: set[str] = set()
    faults: list[str] = []
    for words in (w for line in lines for w in _BETWEEN_ADDRESSES.split(str(line)) if w.strip()):
        try:
            named.add(seat.resolve(words.strip()))
        except UsageFault as error:
            faults.append(f"resolved_by: {error}")
    return tuple(sorted(named)), faults
