"""
Web pages to text: treaties with their headings and list numbers, critiques as the article alone.

A treaty page is text from end to end, but for its menus; leaving a line out would change the law.
So its mark-up is read as it is, and the numbers that browsers add to lists are written out. A
critique is surrounded by teasers and buttons; trafilatura (https://trafilatura.readthedocs.io)
finds the article in it, and `safeguards.critiques` flags what it left.

>>> page = b"<h2>Article 1</h2><ol type=a><li>Pilots keep<br>a log.<li>Each day.</ol>"
>>> print(extract_html(page, "page.html"))
## Article 1
<BLANKLINE>
a. Pilots keep
<BLANKLINE>
a log.
<BLANKLINE>
b. Each day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from safeguards.errors import SourceFault
from safeguards.model import normalize_text
from safeguards.numerals import format_numeral
from safeguards.text import decode, escape_markup

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_KNOWN_CHARSET = re.compile(
    r"windows-\d+|iso-8859-\d+|koi8-[ru]|gb(?:2312|k|18030)|big5|shift_jis|euc-(?:jp|kr)",
    re.IGNORECASE,
)
_SKIPPED = {
    "head", "script", "style", "noscript", "template", "nav", "aside", "del", "button",
    "select", "textarea", "svg", "iframe", "object", "audio", "video", "canvas", "map",
    "dialog",
}  # fmt: skip
_SKIPPED_ROLES = {
    "navigation", "banner", "contentinfo", "search", "complementary", "doc-noteref",
    "doc-backlink",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn",
    "em", "font", "i", "img", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby",
    "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    "wbr",
}  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:[^;]*?([a-z]+-?[a-z]+)", re.IGNORECASE)
_NUMBERINGS = {
    "decimal": "1",
    "lower-alpha": "a",
    "lower-latin": "a",
    "upper-alpha": "A",
    "upper-latin": "A",
    "lower-roman": "i",
    "upper-roman": "I",
    "none": "",
}
_FORMS = {"-": "-", "": "", "A": "({})", "I": "({})"}  # "A." alone is no marker in treaties
_OWN_MARKER = re.compile(r"\(?(?:\d{1,3}|[a-z]|[ivxlc]{1,6})[.)]", re.IGNORECASE)
_MAX_STYLE = 500  # characters of a style that are looked at
_MAX_CELL = 400  # characters; a table with longer cells lays out a page and holds no data


def extract_html(data: bytes, name: str = "the page", kind: str = "treaty") -> str:
    """
    Return the text of a web page.

    Args:
        data: The bytes of the page.
        name: Name of the file, for messages.
        kind: ``treaty``, or ``critique`` for the article on the page alone.

    Raises:
        SourceFault: The page holds no text, or is in an encoding that it does not declare.
    """
    root = _parse(_decode_page(data, name), name)
    text = ""
    if root is not None:
        text = _find_article(root) if kind == "critique" else _read_page(root)
    if not text.strip():
        raise SourceFault(f"{name} holds no text; save the page once it is shown, or copy its text")
    return text


def _decode_page(data: bytes, name: str) -> str:
    """Return the characters of a page: UTF-8, or the encoding that the page itself declares."""
    try:
        return decode(data, name)
    except SourceFault:
        declared = _CHARSET.search(data[:4096])
        charset = declared[1].decode("ascii") if declared else ""
        if b"\0" in data or not _KNOWN_CHARSET.fullmatch(charset):
            raise
    if charset.lower() == "iso-8859-1":  # what browsers do, https://encoding.spec.whatwg.org
        charset = "windows-1252"
    try:
        return normalize_text(data.decode(charset))
    except (UnicodeDecodeError, LookupError) as error:
        raise SourceFault(
            f"{name} is not the {charset} it declares; save the page again as UTF-8"
        ) from error


def _parse(page: str, name: str) -> Any:
    """
    Return the root element of a page, or None where it has none.

    Old pages leave so many elements open that they nest hundreds deep. The parser drops what is
    too deep without an error, so its log is asked.

    Raises:
        SourceFault: The page nests too deep to be read whole.
    """
    from lxml import etree, html

    parser = html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        root = html.document_fromstring(page.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError):  # nothing but comments, for instance
        return None
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise SourceFault(f"{name} nests too deep to be read whole; copy its text into a file")
    return root


def _find_article(root: Any) -> str:
    """
    Return the main text of an article page, headings marked.

    trafilatura writes XML on its way, and fails on characters that XML forbids, such as U+FFFE;
    then the page is read whole, as it would be for a treaty.
    """
    import trafilatura

    try:
        text = trafilatura.extract(root, output_format="markdown", include_comments=False)
    except ValueError:
        text = _read_page(root)
    return normalize_text(text or "")


def _read_page(root: Any) -> str:
    """Return all text of a page but its menus."""
    from lxml import etree

    reader = _PageReader()
    root = _main_part(root)
    root.tail = None
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        if event == "end":
            reader.end(element)
        elif _is_skipped(element):
            walker.skip_subtree()
        else:
            reader.start(element)
    reader.flush()
    return normalize_text("\n\n".join(reader.lines))


def _is_inline(tag: str) -> bool:
    """Tell whether an element stands inside a line; Word writes its own, as in ``<o:p>``."""
    return tag in _INLINE or ":" in tag


def _main_part(root: Any) -> Any:
    """Return the element that holds the text, where the page names one; else all of it."""
    for path in ("//main | //*[@role='main']", "//article"):
        found = root.xpath(path)
        if len(found) == 1:
            return found[0]
    return root


def _is_skipped(element: Any) -> bool:
    """Tell whether an element is no part of the text: a menu, a script, something hidden."""
    if element.tag in _SKIPPED or element.get("role") in _SKIPPED_ROLES:
        return True
    if element.get("hidden") is not None or _HIDDEN.search(element.get("style", "")[:_MAX_STYLE]):
        return True
    if element.tag in ("header", "footer"):
        return not any(e.tag in ("main", "article", "section") for e in element.iterancestors())
    return element.tag == "sup" and bool(element.xpath("a[starts-with(@href, '#')]"))


@dataclass(slots=True)
class _List:
    """
    A list that is open.

    Attributes:
        numbering: ``1``, ``a``, ``A``, ``i``, ``I``, ``-`` or nothing.
        ordinal: Ordinal of the next item.
    """

    numbering: str
    ordinal: int = 1


@dataclass(slots=True)
class _PageReader:
    """
    Turns the elements of a page, one after the other, into lines.

    Attributes:
        lines: The lines so far.
        words: Pieces of the line that is being read.
        marks: ``#`` marks of the heading that is open.
        markers: Numbers of list items that still wait for the first words of their item.
        lists: Lists that are open.
        table: The data table that is open, if any.
        verbatim: Number of ``pre`` elements that are open.
    """

    lines: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    marks: str = ""
    markers: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    table: Any = None
    verbatim: int = 0

    def start(self, element: Any) -> None:
        """Take the start of an element and the words it begins with."""
        tag = element.tag
        if self.table is not None:
            self._start_cell(tag)
        elif not _is_inline(tag):
            self.flush()
            self._open(element, tag)
        self._add(element.text)

    def _open(self, element: Any, tag: str) -> None:
        """Open a block."""
        if tag in ("ol", "ul", "menu"):
            self.lists.append(_read_list(element))
        elif tag == "li":
            self.markers.append(self._next_marker(element))
        elif tag == "table" and _holds_data(element):
            self.table = element
        elif tag == "pre":
            self.verbatim += 1
        elif tag[0] == "h" and tag[1:] in ("1", "2", "3", "4", "5", "6"):
            self.marks = "#" * int(tag[1]) + " "

    def end(self, element: Any) -> None:
        """Take the end of an element and the words that follow it."""
        tag = element.tag
        if element is self.table:
            self.table = None
        if self.table is None and not _is_inline(tag) and not _is_skipped(element):
            self.flush()
            self._close(tag)
        elif self.table is not None and tag == "tr":
            self.words.append(" |")
            self.flush()
        self._add(element.tail)

    def _close(self, tag: str) -> None:
        """Close a block."""
        if tag in ("ol", "ul", "menu") and self.lists:
            self.lists.pop()
        elif tag == "li":
            self.markers.clear()
        elif tag == "pre":
            self.verbatim -= 1
        elif tag[0] == "h" and tag[1:].isdigit():
            self.marks = ""

    def _start_cell(self, tag: str) -> None:
        """Take the start of an element inside a data table."""
        if tag in ("td", "th"):
            self.words.append(" | ")
        elif not _is_inline(tag):
            self.words.append(" ")

    def _add(self, words: str | None) -> None:
        """Add words to the line; where lines count, each is one of its own."""
        if not self.verbatim:
            self.words.append(words or "")
            return
        first, *others = (words or "").split("\n")
        self.words.append(first)
        for line in others:
            self.flush()
            self.words.append(line)

    def flush(self) -> None:
        """End the line that is being read."""
        words = " ".join("".join(self.words).split())
        self.words.clear()
        if not words:
            return
        markers = [] if _OWN_MARKER.match(words) else self.markers
        start = "".join(f"{marker} " for marker in markers if marker)
        self.lines.append(self.marks + start + escape_markup(words))
        self.markers.clear()

    def _next_marker(self, item: Any) -> str:
        """Return the number that a browser shows before a list item."""
        if not self.lists:
            return ""
        current = self.lists[-1]
        current.ordinal = _integer(item.get("value"), current.ordinal)
        number = format_numeral(current.ordinal, current.numbering)
        current.ordinal += 1
        return _FORMS.get(current.numbering, "{}.").format(number)


def _read_list(element: Any) -> _List:
    """Return how a list is numbered; the style beats the attribute, as in browsers."""
    styled = _LIST_STYLE.search(element.get("style", "")[:_MAX_STYLE])
    numbering = _NUMBERINGS.get(styled[1].lower()) if styled else None
    if numbering is None:
        numbering = element.get("type", "1") if element.tag == "ol" else "-"
    return _List(numbering, _integer(element.get("start"), 1))


def _integer(words: str | None, default: int) -> int:
    """Return the number in an attribute, or *default*."""
    return int(words) if words and re.fullmatch(r"\d{1,4}", words) else default


def _holds_data(table: Any) -> bool:
    """Tell whether a table holds data, or only lays out a page."""
    if table.xpath(".//table | .//h1 | .//h2 | .//h3 | .//h4 | .//ol") or not table.xpath(".//tr"):
        return False
    cells = table.xpath(".//td | .//th")
    columns = max(len(row.xpath("td | th")) for row in table.xpath(".//tr"))
    return columns > 1 and all(len("".join(cell.itertext())) <= _MAX_CELL for cell in cells)
