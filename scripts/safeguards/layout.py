"""
From lines on a page to lines of a text: what a page broke is joined, what it added is taken out.

A clean source has one line for each paragraph. Text taken from pages has lines as wide as a page,
words broken at line ends, and headers in between. Whether a row goes on with the line before it
is told by how the source indents, by whether its first word would still have fitted there, by
punctuation and by markers. Page furniture (`safeguards.pages`) stays inspectable.

>>> text = '''     1. The Parties shall co-operate in mat-
... ters of cooper-
... ation.
...      2. They co-operate.'''
>>> [line.text for line in read_layout(text, "wrapped").lines]
['1. The Parties shall co-operate in matters of cooperation.', '2. They co-operate.']
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from safeguards.headings import read_heading
from safeguards.markers import read_marker
from safeguards.pages import Row, mark_furniture, read_rows
from safeguards.text import Line
from safeguards.text import read_lines as read_clean_lines

LAYOUTS = ("auto", "clean", "wrapped")
_SOFT_BREAK = re.compile(r"\n(?<=[A-Za-z,\- ]\n)[ \t]*[a-z]{2}")
_MIN_SOFT_BREAKS = 8
_MARKER_START = frozenset("(-–—0123456789")
_ENDED = re.compile(r"[.;:?!…][\"'”’)\]]*\Z|[.;:,] (?:and|or|and/or|but)\Z| [–—-]\Z")
_TAIL = 24  # characters at the end of a row that show whether a sentence ends there
_REFERENCE = r"(?:sub-?)?(?:paragraph|article|point|item|section|chapter|annex|part|rule|clause)s?"
_OPEN_END = re.compile(
    rf"""(?:^|\s)(?: {_REFERENCE} | of | the | an? | and | or | to | in | for | with | by | from
        | on | at | as | that | which | under | their | its | this | such | any | between )\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_REFERRING_END = re.compile(
    rf"""(?: \b{_REFERENCE} | \d | \([a-z]{{1,4}}\) | \([a-z]{{1,4}}\), # paragraphs 1 (a),
        | \([a-z]{{1,4}}\),?\s(?:and|or|to) )\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_REFERRING_REST = re.compile(r"[,;.)]|(?:and|or|above|below|thereof)\b|to \(")
_RECITAL = re.compile(r"[A-Z][a-z]+(?:ing|ed)\b")  # Recalling, Convinced
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LAST_WORDS = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)-\Z")
_LAST_WORD = re.compile(r"([^\W\d_]+)-\Z")
_FIRST_WORD = re.compile(r"[^\W\d_]+")


class Part(NamedTuple):
    """
    One line of the source and where it went.

    Attributes:
        number: Line number in the source, counted from 1.
        text: The words, cleaned.
        line: Index of the line it became part of; None for furniture.
        why: Why it is furniture, or why it begins or goes on.
    """

    number: int
    text: str
    line: int | None
    why: str


@dataclass(slots=True)
class Layout:
    """
    What was read from a page.

    Attributes:
        wrapped: Whether lines were joined.
        lines: The lines of the text.
        parts: Each line of the source; empty where nothing was joined.
    """

    wrapped: bool
    lines: list[Line]
    parts: list[Part] = field(default_factory=list)


def read_lines(text: str, layout: str = "auto") -> list[Line]:
    """Return the lines of *text* that hold words, joined where a page broke them."""
    return read_layout(text, layout).lines


def read_layout(text: str, layout: str = "auto") -> Layout:
    """
    Return the lines of *text*, and what became of each line of the source.

    Args:
        text: A whole instrument.
        layout: ``clean`` if each line is a paragraph, ``wrapped`` if pages broke the lines,
            ``auto`` to look.
    """
    if layout == "wrapped" or (layout == "auto" and is_wrapped(text)):
        return _Joiner(text).read()
    return Layout(False, read_clean_lines(text))


def is_wrapped(text: str) -> bool:
    r"""
    Tell whether pages broke the lines of *text*: many begin in the middle of a sentence.

    >>> is_wrapped("The Parties\n\nshall cooperate.")
    False
    >>> is_wrapped("The Parties shall\ncooperate and shall\nnot fail to\n" * 5)
    True
    """
    soft = len(_SOFT_BREAK.findall(text))
    return soft >= _MIN_SOFT_BREAKS and soft * 8 >= text.count("\n")


class _Joiner:
    """Joins the rows of one text."""

    def __init__(self, text: str) -> None:
        self.rows = read_rows(text)
        mark_furniture(self.rows)
        self.kept = [row for row in self.rows if not row.furniture]
        ends = sorted(row.end for row in self.kept) or [0]
        self.width = ends[len(ends) * 9 // 10]
        self.ended = [_ENDED.search(row.text[-_TAIL:]) is not None for row in self.kept]
        self.heads = [read_heading(row.text, bool(row.marks)) is not None for row in self.kept]
        self.rise_breaks, self.fall_breaks = self._read_indentation()
        self.centred = self._find_centred()

    def read(self) -> Layout:
        """Return the joined lines, with the part that each row of the source plays."""
        lines: list[Line] = []
        parts: list[Part] = []
        whys: dict[int, tuple[int, str]] = {}
        for start, stop, why in self._iter_groups():
            for index in range(start, stop):
                whys[id(self.kept[index])] = (len(lines), why if index == start else "goes on")
            lines.append(self._join(start, stop, why))
        for row in self.rows:
            line, why = whys.get(id(row), (None, row.furniture))
            parts.append(Part(row.number, row.text, line, why))
        return Layout(True, lines, parts)

    def _iter_groups(self) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and reason of each run of rows that are one line."""
        start, reason = 0, "first line"
        for index in range(1, len(self.kept)):
            why = self._begins(index, start)
            if why:
                yield start, index, reason
                start, reason = index, why
        if self.kept:
            yield start, len(self.kept), reason

    def _join(self, start: int, stop: int, why: str) -> Line:
        """Return the line that a run of rows is."""
        first = self.kept[start]
        pieces = [first.text]
        for row in self.kept[start + 1 : stop]:
            pieces[-1:] = self._glue(pieces[-1], row.text)
        return Line(
            first.number, first.marks, "".join(pieces), self.centred[start], why == "marker"
        )

    def _glue(self, above: str, row: str) -> tuple[str, str]:
        """Return two rows as they stand in one line, mending a word broken between them."""
        broken = _LAST_WORD.search(above) if above[-1] == "-" else None
        rest = _FIRST_WORD.match(row) if broken else None
        if broken is None or rest is None:
            return above + " ", row
        if row[0].isupper() or self._keeps_hyphen(broken[1].lower(), rest[0].lower()):
            return above, row
        return above[:-1], row

    # Hyphens.

    @cached_property
    def vocabulary(self) -> Counter[str]:
        """Count the words of the text, without the halves of those that a line end breaks."""
        words = Counter(_WORD.findall("\n".join(row.text for row in self.kept).lower()))
        for above, row in pairwise(self.kept):
            if above.text[-1] == "-":
                halves = (
                    *_LAST_WORDS.findall(above.text.lower()),
                    *_WORD.findall(row.text.lower())[:1],
                )
                words.subtract(halves)
        return words

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """Return what stands before a hyphen in a word of the text: co, non, self."""
        return frozenset(
            word.split("-", 1)[0]
            for word, times in self.vocabulary.items()
            if times and "-" in word
        )

    def _keeps_hyphen(self, left: str, right: str) -> bool:
        """Tell whether the hyphen between two halves of a broken word belongs to it."""
        with_it, without = self.vocabulary[f"{left}-{right}"], self.vocabulary[left + right]
        if with_it or without:
            return with_it > without
        if left in self.prefixes:
            return True
        return len(left) > 2 and min(self.vocabulary[left], self.vocabulary[right]) > 0

    # What the page shows.

    def _read_indentation(self) -> tuple[bool, bool]:
        """
        Return whether more, and whether less, indentation than the row above begins a paragraph.

        Rows that surely go on, because they begin in the middle of a sentence, show how the
        source indents: the first row of a paragraph, all rows but the first, or none.
        """
        rises = falls = pairs = 0
        for ended, (above, row) in zip(self.ended, pairwise(self.kept), strict=False):
            if not ended and not row.gap and _goes_on(row):
                pairs += 1
                rises += row.indent > above.indent
                falls += row.indent < above.indent
        few = pairs // 50
        return (falls > 0 and rises <= few), (rises > 0 and falls <= few)

    def _find_centred(self) -> list[bool]:
        """Tell of each row whether it stands in the middle of the page."""
        middles = sorted(
            row.indent + row.end
            for row, head in zip(self.kept, self.heads, strict=True)
            if head and row.indent > 8
        )
        if len(middles) * 2 < sum(self.heads) or not middles:
            return [False] * len(self.kept)
        middle = middles[len(middles) // 2]
        near = [row.indent > 0 and abs(row.indent + row.end - middle) <= 3 for row in self.kept]
        centred = [False] * len(near)
        start = 0
        for index in range(1, len(near) + 1):
            if index == len(near) or self.kept[index].gap or not near[index]:
                if all(near[start:index]) and self._stands_apart(start, index):
                    centred[start:index] = [True] * (index - start)
                start = index
        return centred

    def _stands_apart(self, start: int, stop: int) -> bool:
        """Tell whether rows in the middle of the page are set apart from the text around them."""
        if all(row.indent > 12 for row in self.kept[start:stop]):
            return True
        above = start == 0 or self.kept[start].gap
        below = stop == len(self.kept) or self.kept[stop].gap
        return above and below and not self.ended[stop - 1]

    def _fits_above(self, index: int, share: float) -> bool:
        """Tell whether the first word of a row would have fitted into the row above."""
        above, row = self.kept[index - 1], self.kept[index]
        return above.end + 1 + len(row.text.split(" ", 1)[0]) < share * self.width

    # Where a line begins.

    def _begins(self, index: int, start: int) -> str:
        """Return why a row begins a line; empty if it goes on with the line from *start*."""
        above, row = self.kept[index - 1], self.kept[index]
        if row.marks or above.marks:
            return "heading mark"
        ended = self.ended[index - 1]
        turned = above.page != row.page
        if self.centred[index] or self.centred[index - 1]:
            return self._begins_centred(index)
        if self.heads[index - 1]:
            return "below a heading"
        if self.heads[index] and (ended or (row.gap and not turned) or self._is_head(index)):
            return "words of a heading"
        self.heads[index] = False  # its words are a reference
        if self._has_marker(index, start, ended):
            indented = self.rise_breaks and row.indent > above.indent
            return "indented marker" if indented else "marker"
        if row.gap and not turned:
            return "" if row.text[0].islower() and not ended else "blank line"
        if row.text[0].islower():
            return ""
        if row.text[0] == "(" and _REFERRING_END.search(above.text[-_TAIL:]):
            return ""
        by_indent = self._begins_by_indent(above, row, index - 1 == start)
        return by_indent or self._begins_by_width(index, ended)

    def _is_head(self, index: int) -> bool:
        """Tell whether words of a heading below an unfinished row are no reference."""
        above, row = self.kept[index - 1].text, self.kept[index].text
        titled = index > 1 and self.heads[index - 2]
        if row[-1] == "." or above[-1] in ",-" or (not titled and _OPEN_END.search(above[-_TAIL:])):
            return False
        return index + 1 == len(self.kept) or not _goes_on(self.kept[index + 1])

    def _begins_centred(self, index: int) -> str:
        """Return why a row in the middle, or below one, begins a line."""
        if not (self.centred[index] and self.centred[index - 1]):
            return "centred" if self.centred[index] else "below a heading"
        if self.kept[index].gap or self.heads[index] or self.heads[index - 1]:
            return "centred"
        return ""

    def _begins_by_indent(self, above: Row, row: Row, above_is_first: bool) -> str:
        """Return why indentation makes a row begin a line."""
        if self.rise_breaks and row.indent > above.indent:
            return "indentation"
        if self.fall_breaks and row.indent < above.indent:
            return "indentation"
        if self.rise_breaks and above_is_first and 0 < above.indent == row.indent:
            return "indentation"
        return ""

    def _begins_by_width(self, index: int, ended: bool) -> str:
        """Return why the space left in the row above makes a row begin a line."""
        above, row = self.kept[index - 1].text, self.kept[index].text
        if above[-1] == "," and _RECITAL.match(row):
            return "recital"
        if ended:
            return "short line" if self._fits_above(index, 0.87) else ""
        if _OPEN_END.search(above[-_TAIL:]) or (above.isupper() and row.isupper()):
            return ""
        return "short line" if self._fits_above(index, 0.75) else ""

    def _has_marker(self, index: int, start: int, ended: bool) -> bool:
        """Tell whether a row begins with a marker that counts, and not with a reference."""
        text = self.kept[index].text
        if text[0] not in _MARKER_START and not (")" in text[1:6] or "." in text[1:4]):
            return False
        marker = read_marker(text)
        if marker is None or _REFERRING_REST.match(marker.rest):
            return False
        above, row = self.kept[index - 1], self.kept[index]
        if self.rise_breaks and row.indent > above.indent and marker.style != "-":
            return True
        if ended or (marker.opens and start > 0 and self.heads[start - 1]):
            return True
        if _REFERRING_END.search(above.text[-_TAIL:]) or marker.style == "-":
            return False
        return above.text[-1] == "," or self._fits_above(index, 0.87)


def _goes_on(row: Row) -> bool:
    """Tell whether a row begins in the middle of a sentence: a small letter and no marker."""
    return row.text[0].islower() and ")" not in row.text[:6] and "." not in row.text[:4]
