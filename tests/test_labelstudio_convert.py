"""Facts about the way of a code to Label Studio and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT, TINY
from safeguards.codebook import Code, read_codebook
from safeguards.errors import TextChanged, UnknownProvision, UsageFault
from safeguards.labelstudio.config import control_of
from safeguards.labelstudio.convert import (
    Seat,
    build_prediction,
    build_result,
    build_task,
    count_origins,
    parse_annotation,
    parse_note,
)
from safeguards.model import Annotation, Attribute, Passage, hash_text, make_annotation_id
from safeguards.proposals import Prediction
from safeguards.repository import Repository

CODEBOOK = read_codebook(ROOT / "schema" / "codebook.yaml")
PLAN = Repository(TINY).round("pilot")
TEXT = "A Party may order that 🗝️ data be kept for a reasonable time."
KNOWN = ("tiny:art_1", "tiny:art_2__para_1")
# What has broken offsets elsewhere: astral and combining characters, right-to-left, odd spaces.
ALPHABET = "aé e\u0301 🗝️👩‍⚖️🇻🇳𝒳 שלום مرحبا \u00a0\u200b\u00ad\ufeff\t\n“quote”-<b>&amp;\\n"


def passage(text: str) -> Passage:
    """Return a passage with this text."""
    return Passage("tiny:art_1", "tiny", "official", "art_1", "article", text=text)


def resolve(words: str) -> str:
    """Return the passage id that words name, among two."""
    if words not in KNOWN:
        raise UnknownProvision(f"no passage {words}")
    return words


def seat(text: str = TEXT) -> Seat:
    """Return an annotator's place in a round of one passage."""
    return Seat(PLAN, "lm-x", CODEBOOK, {"tiny:art_1": passage(text)}, resolve)


def task(text: str = TEXT, **changes: Any) -> dict[str, Any]:
    """Return the task that shows the passage."""
    data = build_task(passage(text), PLAN, citation="Tiny, art. 1")
    return {"id": 1, "data": data | changes}


def row(code: Code, start: int | None, end: int | None, text: str, **answers: Any) -> Annotation:
    """Return a row as the annotator of the seat would make it."""
    blank = Annotation(
        annotation_id="",
        passage_id="tiny:art_1",
        edition="official",
        text_sha256=hash_text(text),
        round=PLAN.round,
        annotator_id="lm-x",
        codebook_version=PLAN.codebook_version,
        layer=code.layer,
        code=code.id,
        start=start,
        end=end,
        **answers,
    )
    return replace(blank, annotation_id=make_annotation_id(blank))


def items(code: str, start: Any, end: Any, **answers: Any) -> list[dict[str, Any]]:
    """Return one span and its answers as Label Studio stores them."""
    value = {"start": start, "end": end}
    layer = CODEBOOK.by_id[code].layer if code in CODEBOOK.by_id else "power"
    label = {"from_name": layer, "type": "labels", "value": value | {"labels": [code]}}
    others = [
        {"from_name": name, "type": "choices", "value": value | {"choices": [answer]}}
        for name, answer in answers.items()
    ]
    return [{"id": f"{code}{start}", "to_name": "text"} | item for item in (label, *others)]


def parse(result: Any, **changes: Any) -> tuple[list[Annotation], list[str]]:
    """Return rows and faults of a result on the passage."""
    return parse_annotation(task(**changes), {"id": 1, "result": result}, seat())


# There and back.


@st.composite
def coded_texts(draw: st.DrawFn) -> tuple[str, list[Annotation]]:
    """Draw a text, and rows on it that keep all rules."""
    text = draw(st.text(ALPHABET, min_size=1, max_size=80))
    spans = st.integers(0, len(text) - 1).flatmap(
        lambda start: st.tuples(st.just(start), st.integers(start + 1, len(text)))
    )
    keys = draw(st.lists(st.tuples(st.sampled_from(CODEBOOK.codes), spans), max_size=5))
    unique = {(code.id, span): (code, span) for code, span in keys}.values()
    rows = [row(code, *span, text, **draw(answers_to(code))) for code, span in unique]
    return text, sorted(rows, key=lambda r: (r.start or 0, r.end or 0, r.layer, r.code))


def answers_to(code: Code) -> st.SearchStrategy[dict[str, Any]]:
    """Return all ways of answering the questions about a code."""
    asked: dict[str, st.SearchStrategy[Any]] = {
        "confidence": st.none() | st.sampled_from([c.id for c in CODEBOOK.confidences]),
        "reason": st.none() | st.text(ALPHABET, min_size=1),
        "resolved_by": st.sets(st.sampled_from(KNOWN)).map(sorted).map(tuple),
        "attributes": attributes_of(code),
    }
    if code.layer == "safeguard":
        asked["status"] = st.sampled_from([s.id for s in CODEBOOK.statuses])
        asked["force"] = st.none() | st.sampled_from([f.id for f in CODEBOOK.forces])
    if code.layer == "vagueness":
        asked["severity"] = st.sampled_from([s.id for s in CODEBOOK.severities])
        asked["direction"] = st.none() | st.sampled_from([d.id for d in CODEBOOK.directions])
    return st.fixed_dictionaries(asked)


def attributes_of(code: Code) -> st.SearchStrategy[tuple[Attribute, ...]]:
    """Return all ways of answering the extra questions about a code."""
    questions = sorted(CODEBOOK.questions(code), key=lambda question: question.id)
    answers = [
        st.none() | st.sampled_from([Attribute(q.id, value) for value in q.values])
        for q in questions
    ]
    return st.tuples(*answers).map(lambda found: tuple(a for a in found if a))


@given(coded_texts())
def test_round_trip(drawn: tuple[str, list[Annotation]]) -> None:
    """Rows that go to Label Studio come back the same, whatever the text is made of."""
    text, rows = drawn
    result = {"id": 1, "result": build_result(rows, text)}
    found, faults = parse_annotation(task(text), result, seat(text))
    assert ([r for r in found if r.layer != "none"], faults) == (rows, [])


@given(coded_texts())
def test_spans_cover_the_words(drawn: tuple[str, list[Annotation]]) -> None:
    """What is sent as the words of a span is the slice of the text at its offsets."""
    text, rows = drawn
    labels = [i["value"] for i in build_result(rows, text) if i["type"] == "labels"]
    assert [v["text"] for v in labels] == [text[r.start : r.end] for r in rows]


# What is read.


def test_no_span() -> None:
    """An annotation without a span is one row of layer none, without offsets."""
    rows, faults = parse([])
    assert [(r.layer, r.code, r.start, r.end) for r in rows] == [("none", "none", None, None)]
    assert faults == []


def test_words_are_not_trusted() -> None:
    """The offsets count, also where the words stored beside them differ."""
    result = items("preservation_order", 2, 7)
    result[0]["value"]["text"] = "something\\nelse"
    assert [(r.start, r.end) for r in parse(result)[0]] == [(2, 7)]


def test_address_in_plain_words() -> None:
    """Several addresses in one line are taken apart, sorted and made unique."""
    result = items("degree_term", 2, 7, severity="none")
    lines = ["tiny:art_2__para_1; tiny:art_1", "tiny:art_1, tiny:art_2__para_1"]
    value = {"start": 2, "end": 7, "text": lines}
    result.append(result[0] | {"from_name": "resolved_by", "type": "textarea", "value": value})
    assert parse(result)[0][0].resolved_by == KNOWN


def test_note_is_no_code() -> None:
    """A note to the lead is read apart, and the passage still counts as empty."""
    note = {"id": "n", "from_name": "note_to_lead", "type": "textarea", "value": {"text": ["Odd."]}}
    assert parse_note({"result": [note]}) == "Odd."
    assert [r.layer for r in parse([note])[0]] == ["none"]


def test_rows_are_sorted() -> None:
    """Rows come in the order of the text, however they were drawn."""
    result = items("production_order", 9, 12) + items("preservation_order", 2, 7)
    assert [r.start for r in parse(result)[0]] == [2, 9]


# What is refused.

GOOD = {"status": "present"}


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (items("warp_drive", 0, 4), "warp_drive 0-4: the codebook has no code warp_drive"),
        (items("extradition", 4, 4), "extradition 4-4: the span ends before it starts"),
        (items("extradition", 9, 3), "extradition 9-3: the span ends before it starts"),
        (
            items("extradition", -1, 3),
            "extradition -1-3: the span leaves the text, which has 61 characters",
        ),
        (
            items("extradition", 0, 62),
            "extradition 0-62: the span leaves the text, which has 61 characters",
        ),
        (items("extradition", 1.5, 3), "extradition 1.5-3: the offsets are not whole numbers"),
        (items("extradition", "1", 3), "extradition 1-3: the offsets are not whole numbers"),
        (items("extradition", True, 3), "extradition True-3: the offsets are not whole numbers"),
        (items("necessity", 0, 4), "necessity 0-4: a safeguard needs a status"),
        (items("degree_term", 0, 4), "degree_term 0-4: a vagueness needs a severity"),
        (
            items("extradition", 0, 4, status="present"),
            "extradition 0-4: status is not asked for this code",
        ),
        (items("necessity", 0, 4, status="good"), "necessity 0-4: status cannot be good"),
        (
            items("necessity", 0, 4, status="present", force="must"),
            "necessity 0-4: force cannot be must",
        ),
        (
            items("necessity", 0, 4, status="present", confidence="9"),
            "necessity 0-4: confidence cannot be 9",
        ),
        (
            items("necessity", 0, 4, status="present", attribute_timing="prior"),
            "necessity 0-4: timing is not asked for this code",
        ),
        (
            items("judicial_oversight", 0, 4, status="present", attribute_timing="soon"),
            "judicial_oversight 0-4: timing cannot be soon",
        ),
        (
            items("extradition", 0, 4, sentiment="sad"),
            "extradition 0-4: the codebook has no question sentiment",
        ),
        (
            items("extradition", 0, 4)[:1] * 2,
            "span 0-4: one label is wanted, and there are 2",
        ),
        (
            [*items("extradition", 0, 4), items("x", 0, 4)[0] | {"id": "y"}],
            "x 0-4: the codebook has no code x",
        ),
        (
            [items("extradition", 0, 4)[0] | {"from_name": "safeguard"}],
            "extradition 0-4: the code is of layer power, not safeguard",
        ),
        ("garbage", "the result is not a list"),
        (["garbage"], "an item of the result has no value"),
        ([{"id": "a", "from_name": "power", "value": None}], "an item of the result has no value"),
    ],
)
def test_faults(result: Any, fault: str) -> None:
    """What is wrong is named in one line, and gives no row."""
    rows, faults = parse(result)
    assert faults == [fault]
    assert [r.code for r in rows if r.code not in ("extradition",)] == []


def test_an_answer_that_nobody_saw() -> None:
    """A key of a hidden question, pressed in the page, does not cost the annotator the span."""
    result = items("extradition", 0, 4, status="present", confidence="3")
    (found,), faults = parse([item | {"origin": "manual"} for item in result])
    assert (found.code, found.status, found.confidence, faults) == ("extradition", None, 3, [])


PROPOSED = Prediction("tiny:art_1", hash_text(TEXT), "power", "extradition", 2, 7, 0.8, "test-1")


def test_proposals_are_labels_without_answers() -> None:
    """A proposal is sent with its version and score, as a label only."""
    sent = build_prediction([PROPOSED, replace(PROPOSED, start=0, end=7, score=0.6)], TEXT)
    assert (sent["model_version"], sent["score"]) == ("test-1", 0.6)
    assert [(i["type"], i["value"]["text"]) for i in sent["result"]] == [
        ("labels", TEXT[2:7]),
        ("labels", TEXT[0:7]),
    ]


def test_proposals_on_another_text_are_not_sent() -> None:
    """Offsets of another text mean nothing here."""
    with pytest.raises(TextChanged):
        build_prediction([PROPOSED], TEXT + ".")


def test_origins_are_counted() -> None:
    """A mark as proposed counts as kept, also if answered; with other words it is changed."""
    (item,) = build_prediction([PROPOSED], TEXT)["result"]
    wider = item | {"value": item["value"] | {"end": 9}, "origin": "prediction-changed"}
    drawn = item | {"id": "x1", "origin": "manual"}
    answered = item | {"origin": "prediction-changed"}
    assert count_origins({"result": [answered, wider, drawn]}) == {
        "kept": 1,
        "changed": 1,
        "manual": 1,
    }


def test_two_statuses() -> None:
    """A safeguard has one status."""
    result = items("necessity", 0, 4, status="present")
    result[1]["value"]["choices"] = ["present", "absent"]
    assert parse(result)[1] == ["necessity 0-4: status has 2 answers"]


def test_same_span_twice() -> None:
    """The same words coded the same way twice give one row and a fault."""
    again = items("extradition", 0, 4)[0] | {"id": "again"}
    rows, faults = parse([*items("extradition", 0, 4), again])
    assert len(rows) == 1
    assert faults == ["extradition 0-4: the same words have this code twice"]


def test_unknown_cure() -> None:
    """A cure that is no passage is a fault."""
    result = items("degree_term", 0, 4, severity="none")
    value = {"start": 0, "end": 4, "text": ["tiny:art_9"]}
    result.append(result[0] | {"from_name": "resolved_by", "type": "textarea", "value": value})
    assert parse(result)[1] == ["degree_term 0-4: resolved_by: no passage tiny:art_9"]


def test_faults_leave_the_rest() -> None:
    """A faulty span keeps no good one back."""
    rows, faults = parse(items("extradition", 9, 3) + items("extradition", 0, 4))
    assert ([r.start for r in rows], len(faults)) == ([0], 1)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"text": "Another text."}, "the text changed since it was coded"),
        ({"text_sha256": "0" * 64}, "the text changed since it was coded"),
        ({"passage_id": "tiny:art_7"}, "passage tiny:art_7 is not in round pilot"),
        (
            {"edition": "restatement"},
            "the task shows the restatement edition, the round the official",
        ),
    ],
)
def test_task_faults(changes: dict[str, str], fault: str) -> None:
    """A task that no longer fits the passage gives no rows at all."""
    data = task()["data"] | changes
    annotation = {"id": 1, "result": items("extradition", 0, 4)}
    assert parse_annotation({"data": data}, annotation, seat()) == ([], [fault])


def test_text_changed_after_the_push() -> None:
    """A task that is right in itself is refused once the passage has another text."""
    annotation = {"id": 1, "result": items("extradition", 0, 4)}
    found = parse_annotation(task("An older text."), annotation, seat())
    assert found == ([], ["the text changed since it was coded"])


# What is sent.


def test_task_holds_what_is_shown() -> None:
    """A task carries the text untouched, its hash, and what stands around it apart from it."""
    data = build_task(passage(TEXT), PLAN, context="1. Parties may:", before="art. 1: Ask.")
    assert (data["text"], data["text_sha256"]) == (TEXT, hash_text(TEXT))
    assert [data[name] for name in ("context", "before", "after", "notice")] == [
        "Opening words, not coded here: 1. Parties may:",
        "Before: art. 1: Ask.",
        "This ends the text.",
        "Official text",
    ]


def test_wrong_text_is_not_sent() -> None:
    """A row made on another text is not sent."""
    made = row(CODEBOOK.code("extradition"), 0, 4, "An older text.")
    with pytest.raises(TextChanged):
        build_result([made], TEXT)


def test_row_without_span_is_not_sent() -> None:
    """A row about a whole passage cannot be drawn, and is refused."""
    made = row(CODEBOOK.code("extradition"), None, None, TEXT)
    with pytest.raises(UsageFault) as caught:
        build_result([made], TEXT)
    assert str(caught.value).endswith("has no span inside the text; mend start and end")


def test_annotation_id_is_stable() -> None:
    """The id of a row follows from what it says, and is the one that was published."""
    made = row(CODEBOOK.code("extradition"), 0, 4, TEXT)
    assert made.annotation_id == make_annotation_id(replace(made, reason="Another reason."))


def test_annotation_ids_of_the_tiny_repository() -> None:
    """The ids in the tiny repository are what the rule gives."""
    rows = [r for found in Repository(TINY).annotations("pilot").values() for r in found]
    assert [r.annotation_id for r in rows] == [make_annotation_id(r) for r in rows]


def test_control_names_hold_no_clash() -> None:
    """The control of an extra question cannot be taken for one of the fixed ones."""
    assert {control_of(q).split("_", 1)[0] for q in CODEBOOK.attributes} == {"attribute"}
