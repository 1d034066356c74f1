"""
The splitter: a treaty becomes passages, one for each article, paragraph, point and sub-point.

The text is read line by line. Headings open containers and articles; markers are placed by the
list they continue (`safeguards.markers`); what has no marker is the article's own text, a further
unnumbered paragraph, or the words that close a list. The result is a tree, named in the Akoma
Ntoso way (`safeguards.eid`), in which every character of the source stands exactly once.

>>> text = '''### Article 16
...
... #### Preservation
...
... 1. Orders are possible:
...
... a) for data;
...
... b) for traffic data.
... '''
>>> for p in split(text, "demo"):
...     print(p.eid, "|", p.num, "|", p.text or p.heading)
art_16 | Article 16 | Preservation
art_16__para_1 | 1. | Orders are possible:
art_16__para_1__point_a | a) | for data;
art_16__para_1__point_b | b) | for traffic data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from safeguards.eid import PREFIX_BY_LEVEL
from safeguards.markers import ListStack, Marker, read_marker
from safeguards.model import Passage, hash_text
from safeguards.text import Line, read_lines

_LEVEL_BY_WORD = {
    "part": "part",
    "chapter": "chapter",
    "section": "section",
    "title": "title",
    "annex": "attachment",
    "appendix": "attachment",
}
_HEAD = re.compile(
    r"""
    (?P<num>
        (?P<article> Article ) \s+ (?P<number> \d+ (?: \s* (?:bis|ter|quater|quinquies) \b )? )
      | (?P<word> part | chapter | section | title | annex | appendix )
        (?: \s+ (?P<value> [IVXLC]+ | \d+ | [A-Z] ) )?
    )
    [.:]? (?: \s* [–—-] \s* (?P<heading> \S.* ) )? $
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PREAMBLE = re.compile(r"(preamble)\b[.:]?\s*", re.IGNORECASE)
_CONCLUSIONS = re.compile(
    r"in (?:witness|faith|testimony) (?:where|there)of\b|done (?:at|in)\b", re.IGNORECASE
)
_MARKER_START = frozenset("(-–—0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_MAX_HEADING_WORDS = 40


@dataclass(slots=True)
class _Unit:
    """A node of the tree while it grows."""

    level: str
    piece: str
    num: str | None = None
    heading: str | None = None
    texts: list[str] = field(default_factory=list)
    children: list[_Unit] = field(default_factory=list)

    def add(self, child: _Unit) -> _Unit:
        """Hang *child* below this unit and return it."""
        self.children.append(child)
        return child


def split(text: str, document_id: str, edition: str = "official") -> list[Passage]:
    """
    Return the passages of *text*, in document order.

    Args:
        text: A whole instrument, normalised (`safeguards.text.decode`).
        document_id: Id that the passages' ids begin with.
        edition: ``official`` or ``restatement``.
    """
    root = _Reader(read_lines(text), partial=edition == "restatement").read()
    return list(_emit(root, document_id, edition))


def opening_words(passage: Passage, by_id: Mapping[str, Passage]) -> str:
    """
    Return the words of a passage's ancestors that lead up to it, one line each.

    They are shown to whoever reads the passage, and are not part of its text.

    >>> text = chr(10).join(("Article 1", "1. Parties may:", "a) ask."))
    >>> passages = {p.passage_id: p for p in split(text, "d")}
    >>> opening_words(passages["d:art_1__para_1__point_a"], passages)
    '1. Parties may:'
    """
    lines: list[str] = []
    parent = by_id.get(passage.parent_id or "")
    while parent is not None:
        if parent.text:
            number = parent.num if parent.level != "article" else None
            lines.insert(0, " ".join(part for part in (number, parent.text) if part))
        parent = by_id.get(parent.parent_id or "")
    return "\n".join(lines)


@dataclass(slots=True)
class _Reader:
    """Reads lines one after the other and grows the tree."""

    lines: Sequence[Line]
    partial: bool = False  # only some paragraphs are there, as in a restatement
    root: _Unit = field(default_factory=lambda: _Unit("document", ""))
    stack: list[_Unit] = field(default_factory=list)  # containers that are open
    article: _Unit | None = None
    current: _Unit | None = None  # the unit that text without a marker follows
    lists: ListStack = field(default_factory=ListStack)
    part: _Unit | None = None  # preamble, conclusions or attachment that takes loose text
    heading_for: _Unit | None = None
    marked: bool = False
    markers: list[Marker | None] = field(default_factory=list)
    editorial: frozenset[str] = frozenset()

    def read(self) -> _Unit:
        """Return the root of the finished tree."""
        self.marked = any(line.marks and _HEAD.match(line.text) for line in self.lines)
        self.markers = [
            read_marker(x.text) if x.text[0] in _MARKER_START else None for x in self.lines
        ]
        self.editorial = _repeated(self.lines, self.markers)
        for index, line in enumerate(self.lines):
            self._read_line(index, line)
        return self.root

    def _read_line(self, index: int, line: Line) -> None:
        """Give one line its place."""
        if head := self._match_head(line):
            self._open_head(head)
        elif self.heading_for is not None and self._is_heading(index, line):
            self._take_heading(line.text)
        elif line.marks:
            self._open_titled(line.text)
        elif _CONCLUSIONS.match(line.text) and (self.article or self._last_articles()):
            self._open_conclusions(line.text)
        elif line.text in self.editorial:
            self._add_editorial(line.text)
        elif self.article is not None:
            self._read_article_line(index, line.text)
        else:
            self._read_loose_line(line.text)

    def _match_head(self, line: Line) -> re.Match[str] | None:
        """Return the match if *line* opens an article or a container."""
        head = _HEAD.match(line.text)
        if head is None or (self.marked and not line.marks):
            return None
        if head["word"] and not head["value"] and _level(head) != "attachment":
            return None
        return head

    def _last_articles(self) -> bool:
        """Tell whether any article was read."""
        return any(unit.level == "article" for unit in _walk(self.root))

    # Heads: containers, articles and their headings.

    def _open_head(self, head: re.Match[str]) -> None:
        """Open the container or article that *head* names."""
        level = _level(head)
        value = re.sub(r"\s", "", head["number"] or head["value"] or "").lstrip("0")
        value = value.lower() if level == "article" else value.upper()
        unit = _Unit(level, f"{PREFIX_BY_LEVEL[level]}_{value}".rstrip("_"), head["num"])
        self._close_article()
        if level == "article":
            self._home(value).add(unit)
            self.article = self.current = unit
        else:
            self._open_container(unit)
        unit.heading = head["heading"]
        self.heading_for = None if unit.heading else unit

    def _home(self, number: str) -> _Unit:
        """Return the unit an article belongs to; numbering that starts again opens an annex."""
        after_end = self.part is not None and self.part.level == "conclusions"
        if after_end and number == "1":
            self._open_attachment(None)
        return self.stack[-1] if self.stack else self.root

    def _open_container(self, unit: _Unit) -> None:
        """Hang a container below the innermost open one of another kind."""
        if unit.level == "attachment":
            self.stack.clear()
            unit.piece = f"att_{1 + sum(c.level == 'attachment' for c in self.root.children)}"
        kinds = [open_.level for open_ in self.stack]
        if unit.level in kinds:
            del self.stack[kinds.index(unit.level) :]
        (self.stack[-1] if self.stack else self.root).add(unit)
        self.stack.append(unit)
        self.part = unit if unit.level == "attachment" else None

    def _open_attachment(self, heading: str | None) -> None:
        """Open an annex that the source announces only by a title, or by new numbering."""
        self._close_article()
        self._open_container(_Unit("attachment", "att", None, heading))

    def _is_heading(self, index: int, line: Line) -> bool:
        """Tell whether *line* is the heading of the article or container just opened."""
        if line.marks:
            return True
        if self.marked or self.markers[index] is not None:
            return False
        following = self.lines[index + 1] if index + 1 < len(self.lines) else None
        return (
            _looks_like_title(line.text)
            and following is not None
            and not _HEAD.match(following.text)
        )

    def _take_heading(self, text: str) -> None:
        """Give the unit just opened its heading."""
        assert self.heading_for is not None
        self.heading_for.heading = text
        self.heading_for = None

    def _open_titled(self, text: str) -> None:
        """Place a marked heading of no article: the title, or that of a further instrument."""
        if not self.root.children:
            self.root.add(_Unit("preface", "preface", None, text))
        elif self._last_articles():
            self._open_attachment(text)
        else:
            self._read_loose_line(text)

    def _open_conclusions(self, text: str) -> None:
        """Begin the closing formula, or go on with it."""
        if self.part is None or self.part.level != "conclusions":
            self._close_article()
            home = (
                self.stack[0] if self.stack and self.stack[0].level == "attachment" else self.root
            )
            self.stack = [home] if home is not self.root else []
            self.part = home.add(_Unit("conclusions", "conclusions"))
        self._read_loose_line(text)

    def _add_editorial(self, text: str) -> None:
        """Keep an editor's note out of the article it stands in."""
        home = self.article or self.root
        ordinal = 1 + sum(unit.level == "editorial" for unit in _walk(self.root))
        home.add(_Unit("editorial", f"editorial_{ordinal}", texts=[text]))

    def _close_article(self) -> None:
        """Forget the article that was open, its lists and its heading."""
        self.article = self.current = self.heading_for = None
        self.lists = ListStack()

    # Text outside articles.

    def _read_loose_line(self, text: str) -> None:
        """Place a line of the preamble, of an annex, or of the closing formula."""
        self.heading_for = None
        match = _PREAMBLE.match(text)
        if self.part is None:
            self.part = self._open_loose_part(bool(match))
        if match and self.part.level == "preamble" and not self.part.children:
            self.part.heading, text = match[1], text[match.end() :]
        if text:
            ordinal = 1 + sum(child.piece.startswith("p_") for child in self.part.children)
            self.part.add(_Unit(self.part.level, f"p_{ordinal}", texts=[text]))

    def _open_loose_part(self, is_preamble: bool) -> _Unit:
        """Return a new home for text that stands in no article."""
        if self.stack:
            return self.stack[-1]
        level = "preamble" if is_preamble or not self._last_articles() else "conclusions"
        return self.root.add(_Unit(level, level))

    # Text inside an article.

    def _read_article_line(self, index: int, text: str) -> None:
        """Place a line of an article: a marked unit, or text without a marker."""
        self.heading_for = None
        marker = self.markers[index]
        following = next((m for m in self.markers[index + 1 : index + 40] if m), None)
        while marker is not None and self._place(marker, following):
            text = marker.rest
            marker = read_marker(text) if text else None
            if marker is not None and (marker.opens is None or marker.style in ("9.", "x.", "-")):
                marker = None
        if text:
            self._read_text(text)

    def _place(self, marker: Marker, following: Marker | None) -> bool:
        """Open the unit that *marker* begins; return False if it is no marker here."""
        depth = self.lists.find(marker, following)
        if depth is not None:
            taken = self.lists.take(depth, marker)
        elif marker.opens:
            taken = self.lists.open(self._list_owner(marker), marker)
        elif self._adopt_first(marker):
            taken = self.lists.take(0, marker)
        elif self._jumps(marker):
            if not self.lists.lists:
                self.lists.open(self.article, marker)
            taken = self.lists.take(0, marker)
        else:
            return False
        owner = taken.owner
        assert isinstance(owner, _Unit)
        self.current = owner.add(_item(owner, marker, taken.last))
        return True

    def _list_owner(self, marker: Marker) -> _Unit:
        """Return the unit below which a new list hangs."""
        assert self.article is not None and self.current is not None
        if marker.style == "9." and not self.lists.lists:
            return self.article
        return self.current

    def _adopt_first(self, marker: Marker) -> bool:
        """Take an article's unnumbered first text as paragraph 1 when "2." follows it."""
        assert self.article is not None
        children = self.article.children
        if marker.label != "2" or marker.style != "9." or len(children) != 1 or self.lists.lists:
            return False
        children[0].piece = "para_1"
        self.lists.open(self.article, marker._replace(values=(("digit", 1),)))
        return True

    def _jumps(self, marker: Marker) -> bool:
        """Tell whether numbers may jump here: a restatement holds only some paragraphs."""
        fresh = not self.lists.lists or self.lists.lists[0].owner is self.article
        return self.partial and marker.style == "9." and fresh

    def _read_text(self, text: str) -> None:
        """Place text that has no marker of its own, or what follows one."""
        assert self.article is not None and self.current is not None
        unit = self.current
        if unit is self.article:
            self.current = self._add_unnumbered(text)
        elif not unit.texts and not unit.children:
            unit.texts.append(text)
        elif self._closes_list(text):
            self._add_wrapup(text)
        elif self._is_numbered() or (self.lists.lists and not _ends_sentence(unit)):
            unit.texts.append(text)
        else:
            self.lists = ListStack()
            self.current = self._add_unnumbered(text)

    def _add_unnumbered(self, text: str) -> _Unit:
        """Add a paragraph without a number to the article."""
        assert self.article is not None
        ordinal = 1 + sum(c.piece.startswith("para_nn") for c in self.article.children)
        return self.article.add(_Unit("paragraph", f"para_nn_{ordinal}", texts=[text]))

    def _is_numbered(self) -> bool:
        """Tell whether the article's paragraphs carry numbers."""
        return bool(self.lists.lists) and self.lists.lists[0].owner is self.article

    def _closes_list(self, text: str) -> bool:
        """Tell whether *text* goes on with the sentence that a list interrupted."""
        depth = len(self.lists.lists) - 1
        inner = depth >= 0 and self.lists.lists[depth].owner is not self.article
        return inner and (text[0].islower() or self._is_numbered())

    def _add_wrapup(self, text: str) -> None:
        """Add closing words to the unit that owns the innermost list; the list may go on."""
        owner = self.lists.lists[-1].owner
        assert isinstance(owner, _Unit)
        if owner.children[-1].level == "wrapup":
            owner.children[-1].texts.append(text)
        else:
            owner.add(_Unit("wrapup", "wrapup", texts=[text]))


def _level(head: re.Match[str]) -> str:
    """Return the level that a heading line opens."""
    return "article" if head["article"] else _LEVEL_BY_WORD[head["word"].lower()]


def _item(owner: _Unit, marker: Marker, ordinal: int) -> _Unit:
    """Return the unit that *marker* begins below *owner*."""
    if marker.style == "-":
        return _Unit("indent", f"indent_{ordinal}", marker.printed)
    if owner.level == "article" and marker.style[-2:-1] == "9":
        return _Unit("paragraph", f"para_{marker.label}", marker.printed)
    return _Unit("point", f"point_{marker.label}", marker.printed)


def _repeated(lines: Sequence[Line], markers: Sequence[Marker | None]) -> frozenset[str]:
    """Return the sentences that stand under most articles: an editor's words, not the treaty's."""
    plain: Counter[str] = Counter()
    articles = 0
    for line, marker in zip(lines, markers, strict=True):
        head = _HEAD.match(line.text)
        articles += bool(head and head["article"])
        plain[line.text] += not (line.marks or marker or head)
    return frozenset(text for text, times in plain.items() if times > 3 and times > articles / 2)


def _looks_like_title(text: str) -> bool:
    """Tell whether a line without marks reads like a heading and not like a sentence."""
    return (
        not text[0].islower() and text[-1] not in ".;:," and len(text.split()) <= _MAX_HEADING_WORDS
    )


def _ends_sentence(unit: _Unit) -> bool:
    """Tell whether the unit's text has come to an end."""
    return not unit.texts or unit.texts[-1][-1] in ".;:"


def _walk(unit: _Unit) -> Iterator[_Unit]:
    """Yield *unit* and all below it, in document order."""
    yield unit
    for child in unit.children:
        yield from _walk(child)


# From the tree to passages.


def _emit(root: _Unit, document_id: str, edition: str) -> Iterator[Passage]:
    """Yield the passages of the tree with their final addresses."""
    seen: set[str] = set()
    ordinal = 0
    stack = [(unit, "", None) for unit in reversed(root.children)]
    while stack:
        unit, base, parent_id = stack.pop()
        _merge_single_paragraph(unit)
        eid = _unique(base + unit.piece, seen)
        passage_id = f"{document_id}:{eid}"
        if _stands(unit):
            ordinal += 1
            yield _passage(unit, eid, document_id, edition, parent_id, ordinal)
        # Article numbers run through a treaty, so an article's address drops its chapters; an
        # annex counts its own articles and stays in front.
        annex = eid.split("__", 1)[0] + "__" if eid.startswith("att_") else ""
        below_id = passage_id if _stands(unit) else parent_id
        for child in reversed(unit.children):
            child_base = annex if child.level in ("article", "editorial") else eid + "__"
            stack.append((child, child_base, below_id))  # type: ignore[arg-type]


def _merge_single_paragraph(unit: _Unit) -> None:
    """Let an article whose only unnumbered text stands first carry that text itself."""
    loose = [child for child in unit.children if child.piece.startswith("para_nn_")]
    own = [child for child in unit.children if child.level != "editorial"]
    if unit.level == "article" and len(loose) == 1 and own[0] is loose[0]:
        unit.texts = loose[0].texts
        place = unit.children.index(loose[0])
        unit.children[place : place + 1] = loose[0].children


def _stands(unit: _Unit) -> bool:
    """Tell whether a unit is a passage; a bare preamble without heading is only a folder."""
    return bool(unit.num or unit.heading or unit.texts) or unit.level == "attachment"


def _unique(eid: str, seen: set[str]) -> str:
    """Return *eid*, told apart from an equal one before it."""
    candidate, copy = eid, 2
    while candidate in seen:
        candidate, copy = f"{eid}_{copy}", copy + 1
    seen.add(candidate)
    return candidate


def _passage(
    unit: _Unit, eid: str, document_id: str, edition: str, parent_id: str | None, ordinal: int
) -> Passage:
    """Return the passage that a unit of the tree has become."""
    text = "\n".join(unit.texts)
    return Passage(
        passage_id=f"{document_id}:{eid}",
        document_id=document_id,
        edition=edition,
        eid=eid,
        level=unit.level,
        num=unit.num,
        heading=unit.heading,
        parent_id=parent_id,
        ordinal=ordinal,
        text=text,
        text_sha256=hash_text(text),
        text_chars=len(text),
        provisional=edition == "restatement",
    )
