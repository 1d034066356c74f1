"""
Word files to text, with the numbers that Word adds to lists.

In a Word file "(a)" is often no text: the paragraph says "next item of list 3", and Word prints the
number. A treaty without its numbers cannot be cited, so they are counted again as Word counts them
(ECMA-376 part 1, section 17.9). Libraries that read Word files leave that out, so the XML is read
directly, inside the zip and within limits, with entities and document types refused.

Deleted text, hidden text and the table of contents are left out; footnotes follow at the end under
a heading, apart from the treaty's words.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from safeguards.errors import SourceFault
from safeguards.model import normalize_text
from safeguards.numerals import format_numeral
from safeguards.text import escape_markup

_MAX_PART = 40_000_000  # bytes of XML; the longest treaties have a tenth of it
_MAX_ENTRIES = 5_000  # files in the zip; a document has some dozens
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DOCUMENT = re.compile(r"word/document\d*\.xml")
_ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
)
_STYLES = {
    "lowerLetter": "a",
    "upperLetter": "A",
    "lowerRoman": "i",
    "upperRoman": "I",
}
_LEFT_OUT = {
    "del", "moveFrom", "pPr", "rPr", "instrText", "delText", "Fallback", "rt", "sectPr",
    "tblPr",
}  # fmt: skip
_SIGNS = {
    "tab": " ",
    "ptab": " ",
    "br": "\n",
    "cr": "\n",
    "noBreakHyphen": "-",
}
_WORD_IN_LABEL = re.compile(r"[^\W\d_]{3,}")  # "Article 1" is a heading, "iv" is one rarely
_TITLE = "title"
_CONTENTS = re.compile(r"toc \d|table of figures", re.IGNORECASE)
_NOTES_HEADING = "# Notes"


def detect_word(data: bytes, name: str) -> bool:
    """
    Tell whether *data* is a Word file (.docx).

    >>> detect_word(b"Article 1", "treaty.docx")
    False

    Raises:
        SourceFault: It is a file of a word processor or a zip that we do not read.
    """
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise SourceFault(f"{name} is encrypted; save a copy without a password")
        raise SourceFault(f"{name} is an old Word file; open it and save it as .docx")
    if not data.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
    except _ZIP_FAULTS as error:
        raise SourceFault(f"{name} is a broken zip or Word file; get another copy") from error
    if any(_DOCUMENT.fullmatch(entry) for entry in names):
        return True
    if "content.xml" in names:
        raise SourceFault(f"{name} is an OpenDocument file; open it and save it as .docx")
    raise SourceFault(f"{name} is a zip without a Word document; unpack it and give one file in it")


def extract_docx(data: bytes, name: str = "the Word file") -> tuple[str, list[str]]:
    """
    Return the text of a Word file, and what to note about it.

    Raises:
        SourceFault: The file is broken, too large, or holds no text.
    """
    if not detect_word(data, name):
        raise SourceFault(f"{name} is no Word file; leave the format out to have it found")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = _read_parts(package, name)
    except _ZIP_FAULTS as error:
        raise SourceFault(f"{name} is a broken Word file; get another copy") from error
    reader = _WordReader(_read_styles(parts.get("styles")), _read_numbering(parts.get("numbering")))
    lines = list(reader.read(parts["document"]))
    lines += _read_notes(parts, reader.notes)
    if not any(char.isalpha() for line in lines for char in line):
        raise SourceFault(f"{name} holds no text; if its pages are images, run OCR on them")
    return normalize_text("\n\n".join(lines)), _note_changes(parts["document"])


# The zip and its XML.


def _read_parts(package: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """Return the root elements of the parts that hold text, numbers and styles."""
    entries = package.namelist()
    if len(entries) > _MAX_ENTRIES:
        raise SourceFault(
            f"{name} holds {len(entries)} files, a document some dozens; save it anew"
        )
    parts = {}
    for part in ("styles", "numbering", "footnotes", "endnotes"):
        if f"word/{part}.xml" in entries:
            parts[part] = _read_xml(package, f"word/{part}.xml", name)
    main = next(entry for entry in entries if _DOCUMENT.fullmatch(entry))
    parts["document"] = _read_xml(package, main, name)
    return parts


def _read_xml(package: zipfile.ZipFile, entry: str, name: str) -> Any:
    """Return the root element of a part, read within limits."""
    from lxml import etree

    with package.open(entry) as handle:
        data = handle.read(_MAX_PART + 1)
    if len(data) > _MAX_PART:
        raise SourceFault(
            f"{name} unpacks to over {_MAX_PART // 1_000_000} MB; give one document at once"
        )
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise SourceFault(f"{name} is a broken Word file ({entry}); get another copy") from error
    if root.getroottree().docinfo.doctype:
        raise SourceFault(f"{name} declares a document type, as no Word file does; do not use it")
    return root


def _tag(element: Any) -> str:
    """Return the name of an element without its namespace; Word has used two."""
    return str(element.tag).rpartition("}")[2]


def _children(element: Any, name: str) -> Iterator[Any]:
    """Yield the children of *element* that are called *name*."""
    if element is not None:
        yield from (child for child in element if _tag(child) == name)


def _child(element: Any, *path: str) -> Any:
    """Return the first element at a path of names, or None."""
    for name in path:
        element = next(_children(element, name), None)
    return element


def _get(element: Any, name: str) -> str | None:
    """Return an attribute by its name without namespace, or None."""
    if element is None:
        return None
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), None)


def _index(element: Any, name: str) -> int:
    """Return the number in an attribute; 0 where there is none."""
    value = _get(element, name) or ""
    return int(value) if re.fullmatch(r"\d{1,9}", value) else 0


def _number(element: Any, *path: str) -> int | None:
    """Return the number in the ``val`` of the element at a path, or None."""
    value = _get(_child(element, *path), "val") or ""
    return int(value) if re.fullmatch(r"-?\d{1,9}", value) else None


# Styles and numbering.


@dataclass(frozen=True, slots=True)
class _Style:
    """
    What a paragraph style says about headings and numbers.

    Attributes:
        name: Its name in lower case, the same in every language of Word.
        base: Id of the style it is based on, or None.
        outline: Level of heading, from 0; None for running text.
        num_id: List that its paragraphs belong to, or None.
        depth: Level of that list, or None.
    """

    name: str
    base: str | None
    outline: int | None
    num_id: int | None
    depth: int | None


def _read_styles(root: Any) -> dict[str | None, _Style]:
    """Return the paragraph styles by id; the default one also under None."""
    styles: dict[str | None, _Style] = {}
    for element in _children(root, "style"):
        style = _Style(
            (_get(_child(element, "name"), "val") or "").lower(),
            _get(_child(element, "basedOn"), "val"),
            _number(element, "pPr", "outlineLvl"),
            _number(element, "pPr", "numPr", "numId"),
            _number(element, "pPr", "numPr", "ilvl"),
        )
        styles[_get(element, "styleId")] = style
        if _get(element, "type") == "paragraph" and _get(element, "default") in ("1", "true"):
            styles[None] = style
    return styles


@dataclass(frozen=True, slots=True)
class _Level:
    """
    One level of a list, as ``numbering.xml`` describes it.

    Attributes:
        start: Number of its first item.
        form: Word's name for the numerals, for instance ``lowerLetter``.
        text: What is printed, with ``%1`` for the number of the first level.
        restart: Level, from 1, after which it starts again; 0 for never; None for any.
        legal: Whether all numbers in it are printed in digits.
        style: Id of the paragraph style that this level belongs to, or None.
    """

    start: int
    form: str
    text: str
    restart: int | None
    legal: bool
    style: str | None

    def restarts_after(self, depth: int) -> bool:
        """Tell whether an item at a higher level *depth*, from 0, starts this level again."""
        return self.restart is None or depth < self.restart


@dataclass(slots=True)
class _Numbering:
    """
    The lists of a file, and how far each was counted.

    Attributes:
        levels: Levels of each list, by id of the list.
        counters: Which lists count together: one counter for each definition.
        starts: Numbers at which a list begins anew, by list and level; each is used once.
        counts: Numbers reached, by counter and level.
    """

    levels: dict[int, dict[int, _Level]] = field(default_factory=dict)
    counters: dict[int, int] = field(default_factory=dict)
    starts: dict[tuple[int, int], int] = field(default_factory=dict)
    counts: dict[int, dict[int, int]] = field(default_factory=dict)

    def depth_of(self, num_id: int, style_id: str | None) -> int:
        """Return the level of a list that belongs to a paragraph style; 0 where none does."""
        levels = self.levels.get(num_id, {}).items()
        return next((depth for depth, level in levels if style_id and level.style == style_id), 0)

    def next_label(self, num_id: int, depth: int) -> str:
        """Count one more item of a list, and return what Word prints before it."""
        levels = self.levels.get(num_id, {})
        if depth not in levels:
            return ""
        counts = self.counts.setdefault(self.counters[num_id], {})
        start = self.starts.pop((num_id, depth), None)
        if start is None:
            start = counts[depth] + 1 if depth in counts else levels[depth].start
        counts[depth] = start
        for deeper in [d for d in counts if d > depth]:
            if deeper not in levels or levels[deeper].restarts_after(depth):
                del counts[deeper]
        return _format_label(levels, counts, depth)


def _format_label(levels: dict[int, _Level], counts: dict[int, int], depth: int) -> str:
    """Return the label of an item: the pattern of its level with the numbers filled in."""
    level = levels[depth]
    if level.form == "bullet":
        return "-"

    def fill(match: re.Match[str]) -> str:
        other = int(match[1]) - 1
        if other not in levels or levels[other].form == "none":
            return ""
        style = "1" if level.legal else _STYLES.get(levels[other].form, "1")
        return format_numeral(counts.get(other, levels[other].start), style)

    return " ".join(re.sub(r"%(\d)", fill, level.text).split())


def _read_numbering(root: Any) -> _Numbering:
    """Return the lists of ``numbering.xml``."""
    numbering = _Numbering()
    definitions = {_get(e, "abstractNumId"): e for e in _children(root, "abstractNum")}
    linked = {_get(_child(e, "styleLink"), "val"): e for e in definitions.values()}
    for element in _children(root, "num"):
        num_id = _index(element, "numId")
        definition = definitions.get(_get(_child(element, "abstractNumId"), "val"))
        link = _get(_child(definition, "numStyleLink"), "val")
        definition = linked.get(link, definition) if link else definition
        numbering.levels[num_id] = _read_levels(definition)
        numbering.counters[num_id] = _index(definition, "abstractNumId")
        for override in _children(element, "lvlOverride"):
            _override(numbering, num_id, override)
    return numbering


def _override(numbering: _Numbering, num_id: int, override: Any) -> None:
    """Take what one list changes in its definition."""
    depth = _index(override, "ilvl")
    numbering.levels[num_id].update(_read_levels(override))
    start = _number(override, "startOverride")
    if start is not None:
        numbering.starts[num_id, depth] = start


def _read_levels(parent: Any) -> dict[int, _Level]:
    """Return the levels below an element of ``numbering.xml``."""
    levels = {}
    for element in _children(parent, "lvl"):
        start = _number(element, "start")
        levels[_index(element, "ilvl")] = _Level(
            1 if start is None else start,
            _get(_child(element, "numFmt"), "val") or "decimal",
            _get(_child(element, "lvlText"), "val") or "",
            _number(element, "lvlRestart"),
            _child(element, "isLgl") is not None,
            _get(_child(element, "pStyle"), "val"),
        )
    return levels


# The document.


@dataclass(slots=True)
class _WordReader:
    """
    Reads the paragraphs and tables of a document, one after the other.

    Attributes:
        styles: Paragraph styles by id.
        numbering: The lists, counted as far as was read.
        notes: Ids of the foot- and endnotes in the order they are referred to.
    """

    styles: dict[str | None, _Style]
    numbering: _Numbering
    notes: list[tuple[str, str]] = field(default_factory=list)

    def read(self, element: Any) -> Iterator[str]:
        """Yield the lines below *element*."""
        for child in element:
            tag = _tag(child)
            if tag == "p":
                yield from self._read_paragraph(child)
            elif tag == "tbl":
                yield from self._read_table(child)
            elif tag not in _LEFT_OUT:
                yield from self.read(child)

    def _read_paragraph(self, element: Any) -> list[str]:
        """Return the lines of a paragraph: marks, number, words."""
        style_id = _get(_child(element, "pPr", "pStyle"), "val")
        chain = self._chain(style_id)
        label = self._next_label(element, style_id, chain)
        if any(_CONTENTS.match(style.name) for style in chain):
            return []
        lines = [" ".join(line.split()) for line in self._words(element).split("\n")]
        lines = [escape_markup(line) for line in lines if line]
        if label and (not lines or _WORD_IN_LABEL.search(label)):
            lines.insert(0, label)
        elif label:
            lines[0] = f"{label} {lines[0]}"
        marks = self._marks(element, chain)
        return [marks + line for line in lines]

    def _chain(self, style_id: str | None) -> list[_Style]:
        """Return a style and those it is based on, nearest first."""
        chain: list[_Style] = []
        style = self.styles.get(style_id) or self.styles.get(None)
        while style is not None and style not in chain:
            chain.append(style)
            style = self.styles.get(style.base) if style.base else None
        return chain

    def _marks(self, element: Any, chain: list[_Style]) -> str:
        """Return the ``#`` marks of a heading; nothing for running text."""
        outline = _number(element, "pPr", "outlineLvl")
        if outline is None:
            outline = next((s.outline for s in chain if s.outline is not None), None)
        if outline is None and any(style.name == _TITLE for style in chain):
            outline = 0
        return "#" * min(outline + 1, 6) + " " if outline is not None and outline < 9 else ""

    def _next_label(self, element: Any, style_id: str | None, chain: list[_Style]) -> str:
        """Return the number that Word prints before a paragraph; its own beats its style's."""
        num_id = _number(element, "pPr", "numPr", "numId")
        depth = _number(element, "pPr", "numPr", "ilvl")
        styled = next((style for style in chain if style.num_id is not None), None)
        if num_id is None and styled is not None and styled.num_id is not None:
            num_id = styled.num_id
            if depth is None:
                depth = styled.depth or self.numbering.depth_of(num_id, style_id)
        return self.numbering.next_label(num_id, depth or 0) if num_id else ""

    def _words(self, element: Any) -> str:
        """Return the words below *element*, line breaks kept."""
        tag = _tag(element)
        if tag == "t":
            return element.text or ""
        if tag in ("footnoteReference", "endnoteReference"):
            self.notes.append((tag.removesuffix("Reference") + "s", _get(element, "id") or ""))
        if tag in _LEFT_OUT or (tag == "r" and _is_hidden(element)):
            return ""
        if tag in _SIGNS:
            return _SIGNS[tag]
        words = "".join(self._words(child) for child in element)
        return f"\n{words}\n" if tag == "txbxContent" or (tag == "p" and words) else words

    def _read_table(self, table: Any) -> Iterator[str]:
        """Yield a table row by row; one of a single column only frames its text."""
        for row in _children(table, "tr"):
            cells = [cell for cell in row.iter() if _tag(cell) == "tc" and _row_of(cell) is row]
            if len(cells) == 1:
                yield from self.read(cells[0])
            elif cells:
                texts = [" ".join(" ".join(self.read(cell)).split()) for cell in cells]
                yield f"| {' | '.join(texts)} |"


def _row_of(cell: Any) -> Any:
    """Return the row that a cell stands in."""
    return next(parent for parent in cell.iterancestors() if _tag(parent) == "tr")


def _is_hidden(run: Any) -> bool:
    """Tell whether a run of words is hidden."""
    vanish = _child(run, "rPr", "vanish")
    return vanish is not None and _get(vanish, "val") not in ("0", "false", "off")


def _read_notes(parts: dict[str, Any], wanted: list[tuple[str, str]]) -> Iterator[str]:
    """Yield the foot- and endnotes in the order they are referred to, under a heading."""
    plain = _WordReader({}, _Numbering())
    texts = {
        (part, _get(note, "id")): " ".join(" ".join(plain.read(note)).split())
        for part in ("footnotes", "endnotes")
        for note in parts.get(part, ())
    }
    if any(texts.get(key) for key in wanted):
        yield _NOTES_HEADING
    for number, key in enumerate(wanted, 1):
        if texts.get(key):
            yield f"[{number}] {texts[key]}"


def _note_changes(document: Any) -> list[str]:
    """Return a note where a file holds changes that nobody has accepted yet."""
    tags = {_tag(element) for element in document.iter() if isinstance(element.tag, str)}
    if tags & {"ins", "del", "moveFrom", "moveTo"}:
        return ["tracked changes were read as accepted; see whether they are part of the text"]
    return []
