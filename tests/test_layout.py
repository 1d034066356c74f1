"""Reading pages: furniture goes, broken lines are joined, and every row says what became of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguards.layout import is_wrapped, read_layout, read_lines
from safeguards.model import normalize_text
from safeguards.text import decode
from safeguards.text import read_lines as read_clean_lines

SHARED = Path(__file__).parents[2] / "shared"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the real treaty texts are not beside the project"
)
WRAPPED = sorted(SHARED.glob("treaties/*/variants/wrapped.txt"))
CLEAN = sorted(
    [*SHARED.glob("treaties/*/source.md"), *SHARED.glob("treaties/*/variants/plain.txt")]
)
FULL = "The Parties to this Convention shall lend each other the greatest amount of friendly"


def joined(*rows: str) -> list[str]:
    """Return the lines that the rows of a page become."""
    return [line.text for line in read_lines("\n".join(rows), "wrapped")]


@needs_shared
@pytest.mark.parametrize("path", WRAPPED, ids=lambda p: p.parts[-3])
def test_furniture_is_found(path: Path) -> None:
    """Headers, footers, page numbers and footnotes of a real page are taken out, and nothing else."""
    furniture = json.loads((path.parent / "furniture.json").read_text(encoding="utf-8"))
    layout = read_layout(decode(path.read_bytes(), path.name))
    found = [part.number for part in layout.parts if part.line is None]
    assert found == furniture["furniture_lines"]


@needs_shared
@pytest.mark.parametrize("path", WRAPPED, ids=lambda p: p.parts[-3])
def test_broken_pages_are_recognised(path: Path) -> None:
    """A text whose lines are as wide as a page is known without being told."""
    assert is_wrapped(decode(path.read_bytes(), path.name))


@needs_shared
@pytest.mark.parametrize("path", CLEAN, ids=lambda p: f"{p.parts[-2]}-{p.stem}")
def test_clean_texts_are_left_alone(path: Path) -> None:
    """A text with one line for each paragraph is not joined."""
    assert not read_layout(decode(path.read_bytes(), path.name)).wrapped


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        (["evid-", "ence is evidence"], "evidence is evidence"),
        (["some co-", "operation", "or co-operation"], "some co-operation or co-operation"),
        (["inter-", "national law"], "international law"),
        (["a non-", "party, as non-governmental"], "a non-party, as non-governmental"),
        (["the Secretary-", "General"], "the Secretary-General"),
        (["a user-", "friendly form for the user, friendly"], "a user-friendly form for the user, friendly"),
        (["as follows -", "at once"], "as follows - at once"),
    ],
)  # fmt: skip
def test_hyphens_that_belong_to_a_word_stay(rows: Sequence[str], word: str) -> None:
    """A hyphen at a line end stays where the text writes the word with one elsewhere."""
    assert " ".join(joined(*rows)) == word


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([FULL, "Article 29 to preserve it."], 1),
        ([FULL + " under", "Article 29", "of this Convention."], 1),
        ([FULL, "assistance under paragraph", "1. The Parties agree."], 1),
        ([FULL, "assistance under paragraph 3", "(b) of this article."], 1),
        ([FULL + ".", "Article 29", "Scope"], 3),
        ([FULL, "assistance.", "2. They shall."], 2),
        ([FULL, "assistance:", "(a) now;", "(b) later."], 3),
        (["Objective", FULL, "assistance."], 2),
        (["STEPS THAT STATES TAKE AT THE", "LOCAL LEVEL", "Article 2"], 2),
        (["Recalling the relevant provisions of the Charter and of the Convention as such,",
          "Convinced of it,"], 2),
        (["     1. " + FULL, "assistance in", "all matters.", "     2. They act."], 2),
    ],
)  # fmt: skip
def test_hard_breaks(rows: Sequence[str], lines: int) -> None:
    """References at a line start go on; markers, headings and new paragraphs begin."""
    assert len(joined(*rows)) == lines


def test_a_page_break_ends_no_sentence() -> None:
    """A sentence goes on over footer, footnote, page number and header."""
    kinds = [3 * first + second for second in "ab" for first in "bcdefghijklmnopqrstu"]
    words = [f"the Parties shall give each other the help of kind {kind}" for kind in kinds]
    pages = ["\n".join(words[n : n + 10]) for n in range(0, 40, 10)]
    foot = "\n__________\n1 See the report.\n- {} -\n\fTreaty Series\n"
    text = "".join(page + foot.format(n) for n, page in enumerate(pages, 1)) + "and more."
    layout = read_layout(text)
    assert [line.text for line in layout.lines] == [" ".join([*words, "and more."])]
    whys = Counter(part.why for part in layout.parts if part.line is None)
    assert whys == {"footnote": 8, "page number": 4, "page header or footer": 4}


def test_headings_in_the_middle_of_the_page_are_known() -> None:
    """What stands in the middle, apart from the text, is a heading of one or more rows."""
    heading = [
        "Article 1",
        "",
        "Protection of legal persons and of the rights",
        "of third parties",
        "",
    ]
    text = ["     The Parties shall protect legal persons, in accordance with the law of", "each."]
    lines = read_lines("\n".join([*(row.center(78) for row in heading), *text]), "wrapped")
    assert [(line.text[:20], line.centred) for line in lines] == [
        ("Article 1", True),
        ("Protection of legal ", True),
        ("The Parties shall pr", False),
    ]


ROWS = st.sampled_from(
    [
        "Article 1", "     1. One", "the Parties shall", "        (a) x;", "co-", "operate", "- 2 -",
        "2/40", "______", "1 See it.", "\f", "", "    and so on.", "A/RES/1/2", "                 Scope",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(ROWS | st.text(max_size=30), max_size=40))
def test_every_row_is_text_or_furniture(rows: list[str]) -> None:
    """Whatever the page, each of its signs is in a line or in a piece of furniture that says why."""
    text = normalize_text("\n".join(rows))
    layout = read_layout(text, "wrapped")
    whole = Counter(sign for row in read_clean_lines(text.replace("\f", "\n")) for sign in row.text)
    assert Counter(sign for part in layout.parts for sign in part.text) == whole
    kept = Counter(s for part in layout.parts if part.line is not None for s in part.text)
    lines = Counter(sign for line in layout.lines for sign in line.text)
    for sign in " -":
        kept.pop(sign, None)
        lines.pop(sign, None)
    assert kept == lines
    assert all(part.why for part in layout.parts)
