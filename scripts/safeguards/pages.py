r"""
Page furniture: the headers, footers, page numbers and footnotes between a reader and the text.

What repeats at the edge of pages is not the treaty's. Lines are compared with their digits masked,
so that "2/40" and "3/40" are one line; page numbers must count the pages; a footnote stands below a
rule. Nothing is thrown away: a row that is furniture says why.

>>> rows = read_rows("one\n- 1 -\n\ftwo\n- 2 -\n")
>>> mark_furniture(rows)
>>> [(row.text, row.furniture) for row in rows if row.furniture]
[('- 1 -', 'page number'), ('- 2 -', 'page number')]
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from safeguards.headings import read_heading
from safeguards.markers import read_marker
from safeguards.text import read_line

_SYMBOL = re.compile(
    r"""
    [A-Z]+ (?: / [A-Z0-9][A-Z0-9.()]* )+    # A/RES/79/243
    | \d\d-\d{5}[A-Z]? | \([A-Z]\) | \d{6}  # 24-07683 (E) 020524
    | \*? \d{7} \*?                         # the number under a bar code
    | /\.\.\. | …
    """,
    re.VERBOSE,
)
_PAGE_NUMBER = re.compile(
    r"""
    (?: (?P<open> [-–—\[|] ) \s* | (?P<word> page | p\. ) \s* )?
    (?P<number> \d{1,4} )
    (?: \s* (?: / | of ) \s* (?P<total> \d{1,4} ) )?
    (?: \s* (?P<close> [-–—\]|] ) )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_RULE = re.compile(r"[_—–-]{5,}|[_—–-]+(?: [_—–-]+){4,}")
_NOTE = re.compile(r"[\d*†‡(\[]")
_DIGITS = re.compile(r"\d+")
_HEAD_ROWS = 6  # rows at the top of a page that can hold its header
_FOOT_ROWS = 4
_LEAST_ROWS = 12  # between two page numbers, where nothing else shows a page


@dataclass(slots=True)
class Row:
    """
    A line of a source as it stands on its page.

    Attributes:
        number: Line number in the source, counted from 1.
        page: Number of the page, counted from 0.
        indent: Columns before the first word.
        end: Column after the last word.
        marks: Number of ``#`` before it.
        text: The words, cleaned.
        gap: Whether a blank line stands before it that page furniture does not account for.
        furniture: Why it is no text; empty for text.
    """

    number: int
    page: int
    indent: int
    end: int
    marks: int
    text: str
    gap: bool
    furniture: str = ""


def read_rows(text: str) -> list[Row]:
    r"""
    Return the rows of *text* that hold words; a form feed begins a page.

    >>> [(row.page, row.indent, row.gap) for row in read_rows("a\n\n  b\fc")]
    [(0, 0, False), (0, 2, True), (1, 0, False)]
    """
    rows: list[Row] = []
    page, gap = 0, False
    for number, line in enumerate(text.split("\n"), 1):
        for turned, raw in enumerate(line.split("\f") if "\f" in line else (line,)):
            page += turned > 0
            row = _read_row(number, page, raw, gap)
            gap = row is None and (gap or not line.strip())
            if row is not None:
                rows.append(row)
    return rows


def _read_row(number: int, page: int, raw: str, gap: bool) -> Row | None:
    """Return one row, or None if it holds no words."""
    line = read_line(number, raw)
    if line is None:
        return None
    raw = raw.expandtabs() if "\t" in raw else raw
    indent = len(raw) - len(raw.lstrip())
    return Row(number, page, indent, len(raw.rstrip()), line.marks, line.text, gap)


def mark_furniture(rows: Sequence[Row]) -> None:
    """Say of each row of *rows* that is no text why it is none."""
    pages = _split_pages(rows)
    if len(pages) < 2:
        pages = _split_at_numbers(rows)
        _mark_symbols(rows)
    if len(pages) > 1:
        _mark_page_numbers(pages)
    for page in pages:
        _mark_notes(page)
    if len(pages) > 1:
        _mark_repeated(pages)
        _mark_interrupting(pages)
    for above, row in pairwise(rows):
        row.gap = row.gap and not above.furniture


def _split_pages(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows of each page that form feeds make."""
    pages: list[list[Row]] = []
    last = -1
    for row in rows:
        if row.page != last:
            pages.append([])
            last = row.page
        pages[-1].append(row)
    return pages


def _split_at_numbers(rows: Sequence[Row]) -> list[list[Row]]:
    """Return pages where form feeds are lost: each ends with a number that counts on."""
    pages: list[list[Row]] = [[]]
    numbers = ((i, n[0]) for i, row in enumerate(rows) if (n := _page_number(row.text)))
    counted = _longest_count(numbers)
    for index, row in enumerate(rows):
        row.page = len(pages) - 1
        pages[-1].append(row)
        if index in counted:
            pages.append([])
    return [page for page in pages if page]


def _longest_count(numbers: Iterable[tuple[int, int]]) -> set[int]:
    """Return the places of the longest run of *numbers* that counts up by one, page by page."""
    runs: dict[int, list[int]] = {}
    for place, number in numbers:
        before = runs.pop(number - 1, [])
        if before and place - before[-1] < _LEAST_ROWS:
            before = []
        runs[number] = [*before, place]
    longest = max(runs.values(), key=len, default=[])
    return set(longest) if len(longest) > 2 else set()


def _page_number(text: str) -> tuple[int, bool] | None:
    """Return the number of a page and whether its form leaves no doubt, or None."""
    if len(text) > 40 or not any(map(str.isdigit, text)):
        return None
    words = [word for word in text.split() if not _SYMBOL.fullmatch(word)]
    match = _PAGE_NUMBER.fullmatch(" ".join(words))
    if match is None:
        return None
    framed = bool(match["open"] and match["close"])
    if bool(match["open"]) != bool(match["close"]):
        return None
    return int(match["number"]), bool(framed or match["word"] or match["total"])


def _is_symbol(text: str) -> bool:
    """Tell whether a row holds nothing but document symbols, or no word at all."""
    if len(text) > 60:
        return False
    return all(_SYMBOL.fullmatch(word) for word in text.split()) or not any(map(str.isalnum, text))


def _mark_symbols(rows: Sequence[Row]) -> None:
    """Mark document symbols that stand between blank lines, where no page shows."""
    for index, row in enumerate(rows):
        after = rows[index + 1] if index + 1 < len(rows) else None
        below = after is None or after.gap or _is_symbol(after.text)
        above = row.gap or (index and rows[index - 1].furniture)
        if above and below and _is_symbol(row.text) and any(map(str.isdigit, row.text)):
            row.furniture = "document symbol"


def _mark_notes(page: Sequence[Row]) -> None:
    """Mark the footnotes of a page: all below the last rule that a note follows."""
    for index in range(len(page) - 2, 0, -1):
        if _RULE.fullmatch(page[index].text) and _NOTE.match(page[index + 1].text):
            for row in page[index:]:
                if row.gap and row is not page[index]:
                    break  # without form feeds the next page begins below a blank line
                row.furniture = row.furniture or "footnote"
            return


def _mark_page_numbers(pages: Sequence[Sequence[Row]]) -> None:
    """Mark page numbers, and what stands between them and the edge of the page."""
    found = [edge for page in pages for edge in _edge_numbers(page)]
    shifts = Counter(number - page[index].page for page, index, number, _, _ in found)
    tops = Counter(at_top for *_, at_top in found)
    for page, index, number, sure, at_top in found:
        if not sure and shifts[number - page[index].page] < max(2, len(pages) // 3):
            continue
        if len(page) < 2 * _HEAD_ROWS and tops[not at_top] > tops[at_top]:
            at_top = not at_top
        edge = range(index + 1) if at_top else range(index, len(page))
        if len(edge) > _HEAD_ROWS or any(_is_body(page[i]) for i in edge):
            edge = range(index, index + 1)
        for place in edge:
            page[place].furniture = page[place].furniture or "page header or footer"
        page[index].furniture = "page number"


def _edge_numbers(page: Sequence[Row]) -> list[tuple[Sequence[Row], int, int, bool, bool]]:
    """Return page, place, number, sureness and top-or-bottom of numbers at a page's edges."""
    found = []
    for index, row in enumerate(page):
        from_end = len(page) - 1 - index
        if index >= _HEAD_ROWS and from_end >= _FOOT_ROWS:
            continue
        if not row.furniture and (number := _page_number(row.text)):
            found.append((page, index, *number, index < from_end))
    return found


def _is_body(row: Row) -> bool:
    """Tell whether a row is surely text of the treaty, though it stands at a page's edge."""
    return row.text[-1] in ";:" or bool(row.marks) or read_heading(row.text) is not None


def _mark_repeated(pages: Sequence[Sequence[Row]]) -> None:
    """Mark rows at the edges of pages that stand there, and nowhere else, on many pages."""
    edges = [edge for page in pages for edge in (page[:_HEAD_ROWS], page[::-1][:_FOOT_ROWS])]
    counts = Counter(
        (place % 2, mask) for place, edge in enumerate(edges) for mask in {_mask(r) for r in edge}
    )
    inside = Counter(row.text for page in pages for row in page[_HEAD_ROWS:-_FOOT_ROWS])
    least = max(2, len(pages) // 4)
    for place, edge in enumerate(edges):
        for row in edge:
            repeated = counts[place % 2, _mask(row)] >= least and inside[row.text] < 3
            if not row.furniture and not _stands_at_edge(row, repeated):
                break
            row.furniture = row.furniture or "page header or footer"


def _stands_at_edge(row: Row, repeated: bool) -> bool:
    """Tell whether an outermost row of a page is furniture."""
    if _is_symbol(row.text):
        return True
    return repeated and len(row.text) > 3 and not _is_body(row)


def _mask(row: Row) -> str:
    """Return the words of a row with digits masked, to compare it with other pages."""
    return _DIGITS.sub("#", row.text.casefold())


def _mark_interrupting(pages: Sequence[Sequence[Row]]) -> None:
    """Mark what stands alone at the top of a page, in the middle of a sentence."""
    for before, page in pairwise(pages):
        last = next((row for row in reversed(before) if not row.furniture), None)
        rest = [row for row in page[: _HEAD_ROWS + 2] if not row.furniture]
        if last is None or len(rest) < 2 or rest[0].gap or not _is_unfinished(last.text):
            continue
        if rest[1].gap and rest[1].text[0].islower() and not rest[0].text[0].islower():
            rest[0].furniture = "page header or footer"


def _is_unfinished(text: str) -> bool:
    """Tell whether a sentence goes on after *text*, or a number stands alone."""
    marker = read_marker(text)
    return text[-1] not in ".;:" or (marker is not None and not marker.rest)
