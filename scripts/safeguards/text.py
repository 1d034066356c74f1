r"""
From bytes to lines that a splitter can read: decoding, mark-up removal, white space.

Texts arrive in the markdown dialect of public law collections: headings marked by ``#``, links,
emphasis. What stands between the marks is the treaty's; the marks are not.

>>> clean_inline("the [1950 Convention](../a(b)/c.md), *inter alia,*  applies")
'the 1950 Convention, inter alia, applies'
"""

from __future__ import annotations

import re
from typing import NamedTuple

from safeguards.errors import SourceFault
from safeguards.model import normalize_text

_LINK = re.compile(
    r"""
    !?\[ ( (?: [^\[\]]++ | \[ [^\[\]]*+ \] )*+ ) \]  # label, which may hold pairs of brackets
    \( (?: [^()\s]++ | \( [^()]*+ \) )*+ \)          # address, which may hold pairs of parentheses
    """,
    re.VERBOSE,
)
_EMPHASIS = re.compile(r"(?<!\\)\*")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|-])")
_MARKUP = re.compile(r"[*\[\\]")
_HEADING = re.compile(r"[ \t]*(#{1,6})[ \t]*(.*?)[ \t]*#*[ \t]*$")


class Line(NamedTuple):
    """
    One line of a source that is not blank, or the lines that a page broke it into.

    Attributes:
        number: Line number in the source where it begins, counted from 1.
        marks: Number of ``#`` before it; 0 for plain text.
        text: The words, cleaned.
        centred: True where it stands in the middle of the page.
        tied: True where it goes on with the line before unless the marker it begins with counts.
    """

    number: int
    marks: int
    text: str
    centred: bool = False
    tied: bool = False


def decode(data: bytes, where: str) -> str:
    r"""
    Return the text in *data*, normalised.

    >>> decode(b"Article 1\r\n\r\nOne.", "a.md")
    'Article 1\n\nOne.'

    Raises:
        SourceFault: *data* is empty, binary, or not UTF-8.
    """
    if b"\0" in data[:65536]:
        raise SourceFault(f"{where} is a binary file; give a text in UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceFault(
            f"{where} is not UTF-8 (byte {error.start}); convert it, for instance with iconv"
        ) from error
    if not text.strip():
        raise SourceFault(f"{where} is empty; give a file that holds a text")
    return normalize_text(text)


def clean_inline(text: str) -> str:
    r"""
    Return *text* without links, emphasis and escapes, white space folded to single spaces.

    >>> clean_inline("2\\. Such  \t conditions")
    '2. Such conditions'
    """
    if _MARKUP.search(text):
        text = _EMPHASIS.sub("", _LINK.sub(r"\1", text))
        text = _ESCAPE.sub(r"\1", text)
    return " ".join(text.split())


def read_line(number: int, raw: str) -> Line | None:
    """
    Return one *raw* line of a source, cleaned; None if it holds no words.

    >>> read_line(1, "###Article  7")
    Line(number=1, marks=3, text='Article 7', centred=False, tied=False)
    """
    marks = 0
    if "#" in raw[:4] and (match := _HEADING.match(raw)):
        marks, raw = len(match[1]), match[2]
    words = clean_inline(raw)
    return Line(number, marks, words) if words else None


def read_lines(text: str) -> list[Line]:
    r"""
    Return the lines of *text* that hold words, cleaned.

    >>> [line.text for line in read_lines("###Article  7\n\n1.   A  rule. ")]
    ['Article 7', '1. A rule.']
    """
    found = (read_line(number, raw) for number, raw in enumerate(text.split("\n"), 1) if raw)
    return [line for line in found if line]
