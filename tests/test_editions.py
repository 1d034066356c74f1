"""Two texts of a document: is it the document, what differs, and which codes fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguards.editions import (
    Difference,
    carry_spans,
    compare_editions,
    find_outline_faults,
    unwrap_annex,
)
from safeguards.model import Annotation, Document, Passage, hash_text
from safeguards.provisions import split
from safeguards.repository import Repository

TEXT = """
### CHAPTER I
#### POWERS
### Article 1
#### Keeping data
1. A Party may order that data be kept.
### Article 2
#### Silence
Keep it quiet, and keep it short.
"""
DOCUMENT = Document("d", "treaty", None, "D", articles_total=2, chapters_total=1)
OUTLINE: dict[str, Any] = {
    "containers": [
        {"eid": "chp_I", "num": "I", "heading": "Powers", "verified": "full"},
        {"eid": "chp_I__sec_1", "num": "1", "heading": "Kept out", "verified": "full"},
    ],
    "articles": [
        {"num": "1", "heading": "Keeping data", "verified": "full"},
        {"num": "2", "heading": "Silence", "verified": "V0"},
    ],
}


def faults(text: str, **register: Any) -> list[str]:
    """Return how *text* departs from the outline."""
    return find_outline_faults(split(text, "d"), replace(DOCUMENT, **register), OUTLINE)


def test_a_text_with_the_outlines_parts_is_the_document() -> None:
    """All articles and chapters are there, headings may be in capitals."""
    assert faults(TEXT) == []


DEPARTURES = [
    ("### Article 2", "### Article 3", ["art_2 is missing", "art_3 is extra: Silence"]),
    ("### CHAPTER I\n#### POWERS\n", "", ["0 chapters, not 1", "chp_I is missing"]),
    ("### CHAPTER I", "### CHAPTER II", ["chp_I is missing", "chp_II is extra: POWERS"]),
    ("Keeping data", "Losing data", ["art_1 is headed 'Losing data', not 'Keeping data'"]),
    ("#### Keeping data\n", "", ["art_1 is headed '', not 'Keeping data'"]),
    ("### Article 2\n", "### Article 2\n#### One\nText.\n### Article 2\n",
     ["3 articles, not 2", "art_2_2 is extra: Silence"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "lines"), DEPARTURES)
def test_each_departure_is_a_line(old: str, new: str, lines: list[str]) -> None:
    """Missing, extra and repeated parts, and other headings, are all reported at once."""
    assert faults(TEXT.replace(old, new)) == lines


@pytest.mark.parametrize(
    "text",
    [
        "CHAPTER I\nPowers\nArticle 1\nKeeping data\n1. Keep it.\nArticle 2\nSilence\nBe quiet.",
        "CHAPTER I\nPowers\nArticle 1\nKeeping\ndata\n1. Keep it.\nArticle 2\nSilence\nBe quiet.",
    ],
)
def test_a_heading_may_be_broken_or_read_as_text(text: str) -> None:
    """Without mark-up a heading can be read as the first words below it; that is no departure."""
    assert faults(text) == []


def test_an_unverified_heading_is_no_reason_to_refuse() -> None:
    """A heading from general knowledge may be wrong in the outline."""
    assert faults(TEXT.replace("Silence", "Confidentiality")) == []


def test_a_page_about_the_text_has_nothing_of_it() -> None:
    """Sixty-eight articles in nine chapters are missed one by one, after the totals."""
    lines = faults("Please log in.", articles_total=68, chapters_total=9)
    assert lines[:2] == ["0 articles, not 68", "0 chapters, not 9"]
    assert lines[2:] == ["art_1 is missing", "art_2 is missing", "chp_I is missing"]


def test_without_an_outline_the_totals_of_the_register_count() -> None:
    """A register that knows no totals either asks nothing."""
    passages = split(TEXT, "d")
    assert find_outline_faults(passages, replace(DOCUMENT, articles_total=3), {}) == [
        "2 articles, not 3"
    ]
    unknown = replace(DOCUMENT, articles_total=None, chapters_total=None)
    assert find_outline_faults(passages, unknown, {}) == []


def test_annexes_count_their_own_articles() -> None:
    """An annex with articles makes the treaty no longer."""
    assert faults(TEXT + "IN WITNESS WHEREOF.\n### ANNEX\n### Article 1\nMore.\n") == []


@pytest.mark.parametrize("document_id", ["budapest", "uncac", "untoc"])
def test_outlines_fit_their_transcriptions(document_id: str) -> None:
    """Each outline that was read in full describes the transcription, where that is here."""
    from pathlib import Path

    repository = Repository(Path(__file__).parents[1])
    text = repository.official_text(document_id)
    if text is None:
        pytest.skip(f"no transcription; run 'safeguards fetch {document_id}'")
    document, outline = repository.document(document_id), repository.outline(document_id)
    assert find_outline_faults(split(text, document_id), document, outline) == []


# What differs.


def passage(eid: str, text: str, edition: str = "official") -> Passage:
    """Return a passage with these words."""
    return Passage(
        f"d:{eid}", "d", edition, eid, "article", text=text,
        text_sha256=hash_text(text), text_chars=len(text),
    )  # fmt: skip


CASES = [
    ("A Party shall act.", "A Party shall act.", "same", ""),
    ("A Party shall act.", "A Party shall act ;", "same", "only punctuation or spacing"),
    ("A Party shall act.", "A Party may act.", "changed", "[-shall-] {+may+}"),
    ("It may, as appropriate, act.", "It may act.", "changed", "[-as appropriate-]"),
    ("", "More.", "changed", "{+More+}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "state", "words"), CASES)
def test_how_a_passage_differs(old: str, new: str, state: str, words: str) -> None:
    """Words that went and came are named; punctuation is told apart from words."""
    found = compare_editions([passage("art_1", old)], [passage("art_1", new)])
    assert found == [Difference("d:art_1", state, words)]


def test_passages_that_only_one_text_has() -> None:
    """What only the new text has was added, what only the old one has is missing."""
    found = compare_editions([passage("art_1", "a")], [passage("art_2", "b")])
    assert found == [Difference("d:art_2", "added"), Difference("d:art_1", "missing")]


def test_a_heading_is_part_of_a_passage() -> None:
    """Another heading is another word, capitals are not."""
    old = replace(passage("art_1", "a"), heading="Scope")
    assert compare_editions([old], [replace(old, heading="SCOPE")])[0].state == "same"
    assert compare_editions([old], [replace(old, heading="Aims")])[0].words == "[-scope-] {+aims+}"


# Which codes fit.


def code(old: Passage, start: int | None = None, end: int | None = None) -> Annotation:
    """Return a code on a passage."""
    return Annotation(
        "a1", old.passage_id, old.edition, str(old.text_sha256), "pilot", "lm-x", "0.1.0",
        "safeguard", "court", start=start, end=end,
    )  # fmt: skip


OLD = passage("art_1", "Review by a court, then by a higher court.")
COURT = (12, 17)
HIGHER = (29, 41)
LOSSES = [
    (COURT, "Review by a judge.", "'court' is not there"),
    (COURT, OLD.text, "'court' stands there more than once"),
    (HIGHER, "Review by a higher Court.", "'higher court' is not there"),
    ((None, None), "Review by a court.", "the passage's text differs"),
]


@pytest.mark.parametrize(("span", "new", "reason"), LOSSES)
def test_a_code_is_lost_where_its_words_are_not_plain(
    span: tuple[int | None, int | None], new: str, reason: str
) -> None:
    """Words that changed, or stand twice, carry no code, and the reason is told."""
    carried, lost = carry_spans([OLD], [passage("art_1", new)], [code(OLD, *span)])
    assert carried == []
    assert [(x.annotation.annotation_id, x.reason) for x in lost] == [("a1", reason)]


def test_a_span_moves_with_its_words() -> None:
    """Offsets and hash are the new text's; everything else of the judgement stays."""
    new = passage("art_1", "First, review by a higher court.")
    carried, lost = carry_spans([OLD], [new], [code(OLD, *HIGHER)])
    assert lost == []
    assert carried == [replace(code(OLD), start=19, end=31, text_sha256=str(new.text_sha256))]


def test_a_line_may_break_inside_the_words() -> None:
    """Where lines break differs between editions and changes no word."""
    new = passage("art_1", "Review by a higher\ncourt.")
    carried, _ = carry_spans([OLD], [new], [code(OLD, *HIGHER)])
    assert [(row.start, row.end) for row in carried] == [(12, 24)]


def test_a_code_on_a_whole_passage_stays_on_the_same_text() -> None:
    """A passage that did not change keeps the codes without a span."""
    assert carry_spans([OLD], [OLD], [code(OLD)]) == ([code(OLD)], [])


def test_words_are_sought_in_the_same_passage_only() -> None:
    """The same words in another article are other words."""
    new = [passage("art_2", "by a higher court")]
    assert carry_spans([OLD], new, [code(OLD, *HIGHER)])[1][0].reason == "no such passage"


@pytest.mark.parametrize(
    "change", [{"text_sha256": "0"}, {"edition": "restatement"}, {"passage_id": "d:art_9"}]
)
def test_a_code_on_another_text_is_not_carried(change: dict[str, str]) -> None:
    """What was coded on another text has no words here that could be sought."""
    _, lost = carry_spans([OLD], [OLD], [replace(code(OLD, *HIGHER), **change)])  # type: ignore[arg-type]
    assert lost[0].reason == "coded on another text"


@given(st.text(), st.text(min_size=1), st.text(), st.text())
def test_a_carried_span_always_covers_its_words(
    before: str, words: str, after: str, more: str
) -> None:
    """Whatever the script, a code that is carried covers the very words it covered before."""
    old, new = passage("art_1", before + words + after), passage("art_1", more + words + before)
    row = code(old, len(before), len(before) + len(words))
    carried, lost = carry_spans([old], [new], [row])
    assert len(carried) + len(lost) == 1
    for moved in carried:
        assert (new.text or "")[moved.start : moved.end].split() == words.split()


RESOLUTION = """The General Assembly,

Recalling that texts should be short,

1. Adopts the treaty that is annexed to this text;

2. Opens it for signature.

Annex

Treaty of Tiny

CHAPTER I

POWERS

Article 1

Keeping data

1. A Party may order that data be kept.

Article 2

Silence

Keep it quiet, and keep it short.
"""


def test_a_convention_is_taken_out_of_the_resolution_that_carries_it() -> None:
    """The annex with the right number of articles is the document, with its own addresses."""
    whole = split(RESOLUTION, "d")
    assert "d:att_1__art_1__para_1" in {p.passage_id for p in whole}
    found = unwrap_annex(whole, 2)
    assert find_outline_faults(found, DOCUMENT, {}) == []
    by_id = {p.passage_id: p for p in found}
    assert by_id["d:art_1__para_1"].parent_id == "d:art_1"
    assert by_id["d:art_1"].parent_id == "d:chp_I"
    assert [p.ordinal for p in found] == list(range(1, len(found) + 1))


def test_a_text_that_is_the_document_stays_as_it_is() -> None:
    """Without articles in an annex, or with another number of them, nothing is taken out."""
    whole = split(RESOLUTION, "d")
    assert unwrap_annex(whole, 68) == whole
    own = split(TEXT, "d")
    assert unwrap_annex(own, 2) == own
