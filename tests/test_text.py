"""Reading bytes: what is a text, what is refused, and what mark-up leaves behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguards.errors import SourceFault
from safeguards.text import clean_inline, decode, read_lines, shorten_quotes


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a.md is empty; give a file that holds a text"),
        (b" \n\t\n", "a.md is empty; give a file that holds a text"),
        (b"%PDF\x00\x01", "a.md is a binary file; give a text in UTF-8"),
    ],
)
def test_what_holds_no_text_is_refused(data: bytes, message: str) -> None:
    """Empty and binary files are refused in one line."""
    with pytest.raises(SourceFault) as caught:
        decode(data, "a.md")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "codec", "message"),
    [
        ("café", "latin-1", "not UTF-8 (byte 3); if it is ISO-8859-1, run: iconv -f ISO-8859-1"),
        ("“data”", "cp1252", "not UTF-8 (byte 0); if it is WINDOWS-1252, run: iconv -f WINDOWS"),
        ("Пилот ведёт журнал полётов", "cp1251", "not UTF-8 (byte 0); if it is CP1251, run: iconv"),
        (
            "The pilot keeps a log.",
            "utf-16-le",
            "not UTF-8; if it is UTF-16LE, run: iconv -f UTF-16",
        ),
        (
            "The pilot keeps a log.",
            "utf-16-be",
            "not UTF-8; if it is UTF-16BE, run: iconv -f UTF-16",
        ),
    ],
)
def test_other_encodings_are_named_and_refused(text: str, codec: str, message: str) -> None:
    """A text in another encoding is refused with the guess and the command that converts it."""
    with pytest.raises(SourceFault) as caught:
        decode(text.encode(codec), "my log.md")
    assert str(caught.value).startswith(f"my log.md is {message}")
    assert str(caught.value).endswith("-t UTF-8 'my log.md' > 'my log.md.utf8'")


def test_broken_utf8_is_not_taken_for_another_encoding() -> None:
    """UTF-8 that breaks off is called so: converting it would spoil what is right in it."""
    with pytest.raises(
        SourceFault, match=r"a\.md is UTF-8 that breaks at byte 9; get another copy"
    ):
        decode("café café".encode()[:-1], "a.md")


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_are_read(codec: str) -> None:
    """UTF-8 with and without a mark, and UTF-16 with one, give the same text."""
    assert decode("café\r\n".encode(codec), "a.md") == "café\n"


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


@pytest.mark.parametrize(
    ("words", "shortened"),
    [
        ("an end that the data reach", "an end that the data reach"),
        (
            "He quotes: that data be kept for a reasonable time, at most ninety days.",
            "He quotes: that data ... ninety days.",
        ),
        ("That Data Be Kept for a reasonable time", "That Data ... reasonable time"),
        ("data be kept for a reasonable time", "data be kept for a reasonable time"),
        ("", ""),
    ],
)
def test_a_reason_carries_no_sentence_of_its_passage(words: str, shortened: str) -> None:
    """Eight words in a row are cut to their ends, seven stand, whatever the case and the marks."""
    source = "1. A Party may order that data be kept for a reasonable time, at most ninety days."
    assert shorten_quotes(words, source) == shortened
