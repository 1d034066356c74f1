r"""
From bytes to lines that a splitter can read: decoding, mark-up removal, white space.

Texts arrive in the markdown dialect of public law collections: headings marked by ``#``, links,
emphasis. What stands between the marks is the treaty's; the marks are not.

>>> clean_inline("the [1950 Convention](../a(b)/c.md), *inter alia,*  applies")
'the 1950 Convention, inter alia, applies'
"""

from __future__ import annotations

import codecs
import re
import shlex
from functools import cache
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
_WORD = re.compile(r"[^\W_]+")
_MARKUP = re.compile(r"[*\[\\]")
_TO_ESCAPE = re.compile(r"[\\*]|(?<=\])\(|^\s*#")
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

    UTF-8 is read, and UTF-16 that says so by its byte order mark. Every other encoding can only be
    guessed, and a wrong guess looks like a text: so it is refused, with the guess in the message.

    >>> decode(b"Article 1\r\n\r\nOne.", "a.md")
    'Article 1\n\nOne.'
    >>> decode("Article 1".encode("utf-16"), "a.md")
    'Article 1'

    Raises:
        SourceFault: *data* is empty, binary, or neither UTF-8 nor marked UTF-16.
    """
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceFault(_not_utf8(data, where, error)) from error
    if "\0" in text:
        raise SourceFault(_binary(data, where))
    if not text.strip():
        raise SourceFault(f"{where} is empty; give a file that holds a text")
    return normalize_text(text)


def _not_utf8(data: bytes, where: str, error: UnicodeDecodeError) -> str:
    """Return what is wrong with bytes that are no UTF-8, and what to do."""
    if b"\0" in data:
        return _binary(data, where)
    if not data[: error.start].isascii():
        return f"{where} is UTF-8 that breaks at byte {error.start}; get another copy of it"
    return f"{where} is not UTF-8 (byte {error.start}); {_advise(_guess_encoding(data), where)}"


def _binary(data: bytes, where: str) -> str:
    """Return what is wrong with bytes that hold NUL: half of them does in UTF-16."""
    for name, zeros in (("UTF-16LE", data[1::2]), ("UTF-16BE", data[::2])):
        if len(data) >= 20 and zeros.count(0) > 0.4 * len(zeros):
            return f"{where} is not UTF-8; {_advise(name, where)}"
    return f"{where} is a binary file; give a text in UTF-8"


def _guess_encoding(data: bytes) -> str | None:
    """
    Return the likely encoding of a text, as iconv calls it.

    >>> _guess_encoding("Les États".encode("cp1252")), _guess_encoding("“Data”".encode("cp1252"))
    ('ISO-8859-1', 'WINDOWS-1252')
    """
    high = sum(byte >= 0xA0 for byte in data)
    latin = sum(chr(byte).isalpha() for byte in data if byte < 0x80)
    if high < 0.5 * latin:  # a few accents among Latin letters
        return "WINDOWS-1252" if any(0x80 <= byte < 0xA0 for byte in data) else "ISO-8859-1"
    from charset_normalizer import from_bytes

    best = from_bytes(data[:100_000]).best()
    return best.encoding.upper().replace("_", "-") if best else None


def _advise(encoding: str | None, where: str) -> str:
    """Return the advice that ends the message: the command that converts the file."""
    if encoding is None:
        return "convert it to UTF-8, for instance with iconv"
    paths = f"{shlex.quote(where)} > {shlex.quote(where + '.utf8')}"
    return f"if it is {encoding}, run: iconv -f {encoding} -t UTF-8 {paths}"


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


def escape_markup(text: str) -> str:
    r"""
    Return *text* so that `clean_inline` gives it back: what looks like mark-up in it is none.

    >>> escape_markup("# 5 * 3 is [15](sic)"), clean_inline(escape_markup("5 * 3 is [15](sic)"))
    ('\\# 5 \\* 3 is [15]\\(sic)', '5 * 3 is [15](sic)')
    """
    return _TO_ESCAPE.sub(lambda match: match[0][:-1] + "\\" + match[0][-1], text)


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


@cache
def _read_runs(source: str, width: int) -> frozenset[tuple[str, ...]]:
    """Return every run of *width* words in *source*, case folded."""
    read = [m[0].lower() for m in _WORD.finditer(source)]
    return frozenset(tuple(read[i : i + width]) for i in range(len(read) - width + 1))


def shorten_quotes(words: str, source: str, longest: int = 7) -> str:
    """
    Return *words* with every longer quotation from *source* cut to its first and last two words.

    What annotators write is published and what they read may not be, so a reason may name the words
    of a passage but not carry its sentences.

    >>> shorten_quotes("One reads 'the data are kept for as long as needed' twice.",
    ...                "The data are kept for as long as needed, and no longer.")
    "One reads 'the data ... as needed' twice."

    Args:
        words: What somebody wrote.
        source: The text that it may quote.
        longest: How many words in a row may stand.
    """
    said, width = list(_WORD.finditer(words)), longest + 1
    runs = _read_runs(source, width)
    kept, done, place = [], 0, 0
    while place + width <= len(said):
        end = place
        while tuple(m[0].lower() for m in said[end : end + width]) in runs:
            end += 1
        if end > place:
            last = end + longest - 1
            kept.append(words[done : said[place + 1].end()] + " ... ")
            done, place = said[last - 1].start(), last
        place += 1
    return "".join(kept) + words[done:]
