"""Reading bytes: what is a text, what is refused, and what mark-up leaves behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguards.errors import SourceFault
from safeguards.text import clean_inline, decode, read_lines


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a.md is empty; give a file that holds a text"),
        (b" \n\t\n", "a.md is empty; give a file that holds a text"),
        (b"%PDF\x00\x01", "a.md is a binary file; give a text in UTF-8"),
        (b"caf\xe9", "a.md is not UTF-8 (byte 3); convert it, for instance with iconv"),
    ],
)
def test_what_holds_no_text_is_refused(data: bytes, message: str) -> None:
    """Empty, binary and wrongly encoded files are refused in one line."""
    with pytest.raises(SourceFault) as caught:
        decode(data, "a.md")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("the [Treaty](a/b.md) and [a [b] c](x(1).md)", "the Treaty and a [b] c"),
        ("*inter alia,* **all**", "inter alia, all"),
        (r"2\. 5 \* 3", "2. 5 * 3"),
        ("  much   white\tspace ", "much white space"),
        ("[no link] (stays)", "[no link] (stays)"),
    ],
)
def test_markup_goes_and_words_stay(raw: str, clean: str) -> None:
    """Links, emphasis, escapes and runs of white space leave only the words."""
    assert clean_inline(raw) == clean


def test_heading_marks_are_counted() -> None:
    """A heading is known by its marks, with or without a space after them."""
    lines = read_lines("####Scope\n\n## CHAPTER I ##\nplain")
    assert [(line.marks, line.text) for line in lines] == [
        (4, "Scope"),
        (2, "CHAPTER I"),
        (0, "plain"),
    ]


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    """White space is folded once and for all."""
    assert " ".join(clean_inline(text).split()) == clean_inline(text)
