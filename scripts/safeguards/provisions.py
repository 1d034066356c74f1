"""
The splitter: a treaty becomes passages, one for each article, paragraph, point and sub-point.

The text is read line by line (`safeguards.layout`). Headings open containers and articles
(`safeguards.headings`); markers are placed by the list they continue (`safeguards.markers`); what
has no marker is the article's own text, a further unnumbered paragraph, or the words that close a
list. The result is a tree (`safeguards.tree`) in which every character stands exactly once.

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
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from safeguards.eid import PREFIX_BY_LEVEL
from safeguards.headings import (
    Heading,
    opens_conclusions,
    opens_preamble,
    read_heading,
    reads_like_title,
)
from safeguards.layout import Layout, read_layout
from safeguards.markers import ListStack, Marker, OpenList, read_marker
from safeguards.model import Passage
from safeguards.text import Line
from safeguards.tree import Unit, iter_passages

_PREAMBLE_WORD = re.compile(r"(preamble)\b[.:]?\s*", re.IGNORECASE)
_MAX_DEPTH = 12  # lists inside each other; no treaty comes near it
_AHEAD = 40  # lines within which the next marker of a list is looked for


class Reading(NamedTuple):
    """
    What a line of the source became.

    Attributes:
        number: Line number in the source, counted from 1.
        start: How the line begins.
        became: The address it is part of, or ``furniture``, ``heading`` or ``continuation``.
        why: The reason, in a few words.
    """

    number: int
    start: str
    became: str
    why: str


def split(
    text: str, document_id: str, edition: str = "official", layout: str = "auto"
) -> list[Passage]:
    """
    Return the passages of *text*, in document order.

    Args:
        text: A whole instrument, normalised (`safeguards.text.decode`).
        document_id: Id that the passages' ids begin with.
        edition: ``official`` or ``restatement``.
        layout: How the lines stand, see `safeguards.layout.read_layout`.
    """
    reader = _Reader(read_layout(text, layout).lines, partial=edition == "restatement")
    return list(iter_passages(reader.read(), document_id, edition))


def explain(text: str, edition: str = "official", layout: str = "auto") -> list[Reading]:
    r"""
    Return what each line of *text* became, and why.

    >>> for line in explain("Article 1\nScope\n1. One."):
    ...     print(*line, sep=" | ")
    1 | Article 1 | art_1 | words of a heading
    2 | Scope | heading | heading of art_1
    3 | 1. One. | art_1__para_1 | marker 1. opens a list
    """
    read = read_layout(text, layout)
    reader = _Reader(read.lines, partial=edition == "restatement")
    root = reader.read()
    for _ in iter_passages(root, "", edition):
        pass
    return _explain_parts(read, reader) if read.parts else _explain_lines(read, reader)


def _explain_lines(read: Layout, reader: _Reader) -> list[Reading]:
    """Return what became of lines that are lines of the source as well."""
    places = zip(read.lines, reader.places, strict=True)
    return [Reading(line.number, line.text[:60], *_became(*place)) for line, place in places]


def _explain_parts(read: Layout, reader: _Reader) -> list[Reading]:
    """Return what became of lines that were joined or taken out."""
    found = []
    last = -1
    for part in read.parts:
        if part.line is None:
            became, why = "furniture", part.why
        elif part.line == last:
            became, why = "continuation", part.why
        else:
            became, why = _became(*reader.places[part.line])
            why = f"{why} ({part.why})"
            last = part.line
        found.append(Reading(part.number, part.text[:60], became, why))
    return found


def _became(unit: Unit, why: str) -> tuple[str, str]:
    """Return what a line became, in words."""
    if why == "heading":
        return "heading", f"heading of {unit.eid}"
    return unit.eid, why


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
    root: Unit = field(default_factory=lambda: Unit("document", ""))
    stack: list[Unit] = field(default_factory=list)  # containers that are open
    body: Unit | None = None  # what paragraphs hang below: an article, an annex, a resolution
    current: Unit | None = None  # the unit that text without a marker follows
    lists: ListStack = field(default_factory=ListStack)
    part: Unit | None = None  # preamble, conclusions or attachment that takes loose text
    heading_for: Unit | None = None
    titled: Unit | None = None  # an article whose heading stands before its number
    marked: bool = False
    heads: list[Heading | None] = field(default_factory=list)
    markers: list[Marker | None] = field(default_factory=list)
    editorial: frozenset[str] = frozenset()
    head_lines: list[int] = field(default_factory=list)
    preamble_at: int = -1  # line that begins the preamble, if loose text stands before it
    articles: int = 0
    restarts: bool = False  # whether an article 1 now would be that of another instrument
    attachments: int = 0
    editorials: int = 0
    places: list[tuple[Unit, str]] = field(default_factory=list)  # where each line went, and why

    def read(self) -> Unit:
        """Return the root of the finished tree."""
        self.heads = self._read_heads()
        self.markers = [read_marker(x.text) for x in self.lines]
        self.marked = any(x.marks and h for x, h in zip(self.lines, self.heads, strict=True))
        self._drop_references()
        self.head_lines = [index for index, head in enumerate(self.heads) if head]
        self.editorial = _repeated(self.lines, self.markers, self.heads)
        self.preamble_at = self._find_preamble()
        for index, line in enumerate(self.lines):
            self.places.append(self._read_line(index, line))
        return self.root

    def _read_heads(self) -> list[Heading | None]:
        """Return each line's heading; a title after a mere space counts where nothing else does."""
        heads = [read_heading(x.text, bool(x.marks)) for x in self.lines]
        if any(head and head.level == "article" for head in heads):
            return heads
        spaced = [read_heading(x.text, bool(x.marks), spaced=True) for x in self.lines]
        last = found = 0
        for index, head in enumerate(spaced):
            if head is not None and head.level == "attachment":
                last = 0  # an annex counts its own articles
            elif head is not None and head.level == "article":
                follows = head.value == str(last + 1)
                last, found = last + follows, found + follows
                spaced[index] = head if follows else None
        return spaced if found > 1 else heads

    def _drop_references(self) -> None:
        """Forget headings that are references: unmarked ones, or articles out of the count."""
        articles = [(i, h) for i, h in enumerate(self.heads) if h and h.level == "article"]
        if self.marked:
            self.heads = [
                h if x.marks else None for x, h in zip(self.lines, self.heads, strict=True)
            ]
            return
        last: int | None = None
        for place, (index, head) in enumerate(articles):
            after = articles[place + 1][1] if place + 1 < len(articles) else None
            jumps = last is not None and head.value.isdigit() and head.ordinal != last + 1
            if jumps and after is not None and after.value == str((last or 0) + 1):
                self.heads[index] = None
            else:
                last = head.ordinal

    def _find_preamble(self) -> int:
        """Return the first line that begins a preamble, or -1 if there is none."""
        for index, (line, head) in enumerate(zip(self.lines, self.heads, strict=True)):
            if head is not None:
                return -1
            if opens_preamble(line.text) and not line.marks:
                return index
        return -1

    def _read_line(self, index: int, line: Line) -> tuple[Unit, str]:
        """Give one line its place; return the unit it belongs to and why."""
        if (head := self.heads[index]) is not None:
            return self._open_head(index, head)
        if line.text in self.editorial:
            return self._add_editorial(line.text)
        if self.heading_for is not None and self._is_heading(index, line):
            return self._take_heading(line)
        if line.marks:
            return self._open_titled(index, line.text)
        if (self.body or self.articles) and opens_conclusions(line.text):
            return self._open_conclusions(line.text)
        if self.body is None and self._opens_body(index):
            self._open_body()
        if self.body is not None:
            return self._read_body_line(index, line.text)
        return self._read_loose_line(index, line.text)

    # Heads: containers, articles and their headings.

    def _open_head(self, index: int, head: Heading) -> tuple[Unit, str]:
        """Open the container or article that *head* names."""
        piece = f"{PREFIX_BY_LEVEL[head.level]}_{head.value}".rstrip("_")
        unit, self.titled = self.titled or Unit(head.level, piece), None
        titles = (unit.heading, head.title)
        unit.piece, unit.num = piece, head.num
        unit.heading = " ".join(title for title in titles if title) or None
        self._close_body()
        if head.level == "article":
            self._home(head.value).add(unit)
            self.body = self.current = unit
            self.articles += 1
        else:
            self._open_container(unit)
        self.heading_for = None if unit.heading or head.rest else unit
        if head.rest:
            self._read_text(head.rest)
        return unit, "heading mark" if self.lines[index].marks else "words of a heading"

    def _home(self, number: str) -> Unit:
        """Return the unit an article belongs to; numbering that starts again opens an annex."""
        after_end = self.part is not None and self.part.level == "conclusions"
        if number == "1" and (after_end or self.restarts):
            self._open_attachment(None).doubt("annex implied")
        self.restarts = True
        return self.stack[-1] if self.stack else self.root

    def _open_container(self, unit: Unit) -> Unit:
        """Hang a container below the innermost open one of another kind."""
        if unit.level == "attachment":
            self.stack.clear()
            self.attachments += 1
            unit.piece = f"att_{self.attachments}"
        kinds = [open_.level for open_ in self.stack]
        if unit.level in kinds:
            del self.stack[kinds.index(unit.level) :]
        (self.stack[-1] if self.stack else self.root).add(unit)
        self.stack.append(unit)
        self.restarts = False
        self.part = unit if unit.level == "attachment" else None
        return unit

    def _open_attachment(self, heading: str | None) -> Unit:
        """Open an annex that the source announces only by a title, or by new numbering."""
        self._close_body()
        return self._open_container(Unit("attachment", "att", None, heading))

    def _is_heading(self, index: int, line: Line) -> bool:
        """Tell whether *line* is the heading of the article or container just opened."""
        assert self.heading_for is not None
        if line.marks:
            return True
        marker = self.markers[index]
        if self.marked or (marker is not None and marker.style != "-"):
            return False
        if line.centred:
            return True
        after = index + 1
        if after == len(self.lines) or not reads_like_title(marker.rest if marker else line.text):
            return False
        if marker is not None and self.markers[after] is not None:
            return self.markers[after].style != "-"  # type: ignore[union-attr]
        return self.heading_for.level != "article" or self.heads[after] is None

    def _take_heading(self, line: Line) -> tuple[Unit, str]:
        """Give the unit just opened its heading."""
        assert self.heading_for is not None
        unit, self.heading_for = self.heading_for, None
        unit.heading, unit.guessed = line.text, not (line.marks or line.centred)
        return unit, "heading"

    def _open_titled(self, index: int, text: str) -> tuple[Unit, str]:
        """Place a marked heading that names no number: a title, or one between paragraphs."""
        if not self.root.children:
            return self.root.add(Unit("preface", "preface", None, text)), "title"
        at, head = self._next_head(index)
        if self.articles and (self._is_first(head) or (head is None and self._is_after_end())):
            return self._open_attachment(text), "title of a further instrument"
        if head and head.level == "article" and self._only_notes(index + 1, at):
            self._close_body()
            self.titled = Unit("article", "", heading=text)
            return self.titled, "heading"
        if self.body is not None:
            return self._open_crossheading(text), "heading between paragraphs"
        return self._read_loose_line(index, text)

    def _next_head(self, index: int) -> tuple[int, Heading | None]:
        """Return the line of the next heading that names a number, and the heading if any."""
        after = bisect_right(self.head_lines, index)
        if after == len(self.head_lines):
            return len(self.lines), None
        return self.head_lines[after], self.heads[self.head_lines[after]]

    def _is_first(self, head: Heading | None) -> bool:
        """Tell whether *head* opens a first article, by which a further instrument is known."""
        return head is not None and head.level == "article" and head.value in ("1", "I")

    def _is_after_end(self) -> bool:
        """Tell whether the articles have come to their end."""
        return self.part is not None and self.part.level in ("conclusions", "attachment")

    def _only_notes(self, start: int, stop: int) -> bool:
        """Tell whether nothing but editor's notes stands in some lines."""
        return stop - start < 4 and all(x.text in self.editorial for x in self.lines[start:stop])

    def _open_crossheading(self, text: str) -> Unit:
        """Begin an unnumbered paragraph that has a heading; the lists around it go on."""
        assert self.body is not None
        unit = self._add_unnumbered(text)
        unit.heading, unit.texts = text, []
        self.current = unit
        return unit

    def _open_conclusions(self, text: str) -> tuple[Unit, str]:
        """Begin the closing formula, or go on with it."""
        if self.part is None or self.part.level != "conclusions":
            self._close_body()
            annexed = self.stack and self.stack[0].level == "attachment"
            home = self.stack[0] if annexed else self.root
            self.stack = [home] if home is not self.root else []
            self.part = home.add(Unit("conclusions", "conclusions"))
        return self._add_loose(text), "closing formula"

    def _add_editorial(self, text: str) -> tuple[Unit, str]:
        """Keep an editor's note out of the article it stands in."""
        self.editorials += 1
        unit = Unit("editorial", f"editorial_{self.editorials}", texts=[text])
        home = self.body or (self.stack[-1] if self.stack else self.root)
        return home.add(unit), "stands under most articles"

    def _close_body(self) -> None:
        """Forget the article that was open, its lists and its heading."""
        self.body = self.current = self.heading_for = None
        self.lists = ListStack()

    # Text outside articles.

    def _opens_body(self, index: int) -> bool:
        """Tell whether a line outside articles begins numbered paragraphs: annex, resolution."""
        marker = self.markers[index]
        if marker is None or not marker.opens or not marker.rest:
            return False
        if self.part is not None and self.part.level == "attachment":
            return True
        if self.articles or self.stack or marker.style != "9.":
            return False
        return self._counts_on(index)

    def _counts_on(self, index: int) -> bool:
        """Tell whether "2." comes, and no article: then "1." begins a resolution."""
        at, head = self._next_head(index)
        if head is not None and head.level != "attachment":
            return False
        markers = (self.markers[line] for line in range(index + 1, at))
        return next((m.label for m in markers if m and m.style == "9."), None) == "2"

    def _open_body(self) -> None:
        """Let numbered paragraphs hang below the annex that is open, or below the document."""
        annexed = self.part is not None and self.part.level == "attachment"
        self.body = self.part if annexed else self.root
        assert self.body is not None
        children = self.body.children
        self.current = children[-1] if annexed and children else self.body

    def _read_loose_line(self, index: int, text: str) -> tuple[Unit, str]:
        """Place a line of the preamble, of an annex, or of the closing formula."""
        self.heading_for = None
        if index == self.preamble_at and (self.part is None or self.part.level == "preface"):
            self.part = self.root.add(Unit("preamble", "preamble"))
        part = self._loose_part()
        match = _PREAMBLE_WORD.match(text)
        if match and part.level == "preamble" and not (part.children or part.heading):
            part.heading, text = match[1], text[match.end() :]
        return (self._add_loose(text) if text else part), "text outside articles"

    def _add_loose(self, text: str) -> Unit:
        """Add a paragraph to what takes loose text."""
        part = self._loose_part()
        return part.add(Unit(part.level, part.next_piece("p"), texts=[text]))

    def _loose_part(self) -> Unit:
        """Return the home for text that stands in no article."""
        if self.part is None:
            self.part = self.stack[-1] if self.stack else self._open_loose_part()
        return self.part

    def _open_loose_part(self) -> Unit:
        """Return a new home: before the articles the preface or preamble, after them the end."""
        if self.articles:
            level = "conclusions"
        elif self.preamble_at >= len(self.places):
            level = "preface"
            if self.root.children and self.root.children[-1].level == level:
                return self.root.children[-1]
        else:
            level = "preamble"
        return self.root.add(Unit(level, level))

    # Text inside an article.

    def _read_body_line(self, index: int, text: str) -> tuple[Unit, str]:
        """Place a line of an article: a marked unit, or text without a marker."""
        self.heading_for = None
        marker = self.markers[index]
        why = ""
        while marker is not None and (reason := self._place(marker, index)):
            why, text = f"marker {marker.printed} {reason}", marker.rest
            marker = read_marker(text) if text else None
            if marker is not None and (marker.opens is None or marker.style in ("9.", "x.", "-")):
                marker = None
        if text:
            tied = self.lines[index].tied and not why
            reason = self._read_text(text, tied)
            why = why or reason
        assert self.current is not None
        return self.current, why

    def _place(self, marker: Marker, index: int) -> str:
        """Open the unit that *marker* begins and say why; say nothing if it is no marker here."""
        found = self.lists.find(marker, self._following(marker, index))
        if found is not None:
            taken = self.lists.take(found[0], marker)
            why, doubt = "goes on in its list", found[1]
        else:
            opened = self._open_list(marker)
            if opened is None:
                return ""
            taken, why, doubt = opened
        owner = taken.owner
        assert isinstance(owner, Unit)
        self.current = owner.add(self._item(owner, marker, taken.last))
        if doubt and not (self.partial and doubt == "numbers jump"):
            self.current.doubt(doubt)
        return why

    def _following(self, marker: Marker, index: int) -> Marker | None:
        """Return the ii, j or a that comes next, to tell the letter i from roman one."""
        if marker.label.lower() != "i":
            return None
        telling = ("ii", "j", "a", "II", "J", "A")
        at, _ = self._next_head(index)
        for after in self.markers[index + 1 : min(at, index + _AHEAD)]:
            if after is not None and after.style == marker.style and after.label in telling:
                return after
        return None

    def _open_list(self, marker: Marker) -> tuple[OpenList, str, str | None] | None:
        """Return the list that *marker* opens, why, and any doubt; None if it opens none."""
        if marker.opens and self.lists.repeats(marker):
            return self.lists.take(len(self.lists.lists) - 1, marker), "begins its list again", None
        if marker.opens and len(self.lists.lists) < _MAX_DEPTH:
            return self.lists.open(self._list_owner(marker), marker), "opens a list", None
        if self._adopt_first(marker):
            return self.lists.take(0, marker), "follows a paragraph without a number", None
        if self._jumps(marker):
            if not self.lists.lists:
                self.lists.open(self.body, marker)
            return self.lists.take(0, marker), "goes on in a partial text", None
        return None

    def _item(self, owner: Unit, marker: Marker, ordinal: int) -> Unit:
        """Return the unit that *marker* begins below *owner*."""
        if marker.style == "-":
            return Unit("indent", f"indent_{ordinal}", marker.printed)
        if owner is self.body and marker.style[-2:-1] == "9":
            return Unit("paragraph", f"para_{marker.label}", marker.printed)
        return Unit("point", f"point_{marker.label}", marker.printed)

    def _list_owner(self, marker: Marker) -> Unit:
        """Return the unit below which a new list hangs."""
        assert self.body is not None and self.current is not None
        if marker.style == "9." and not self.lists.lists:
            return self.body
        return self.current

    def _adopt_first(self, marker: Marker) -> bool:
        """Take an article's unnumbered first text as paragraph 1 when "2." follows it."""
        assert self.body is not None
        own = [child for child in self.body.children[:2] if child.level != "editorial"]
        if marker.label != "2" or marker.style != "9." or len(own) != 1 or self.lists.lists:
            return False
        own[0].piece = "para_1"
        own[0].doubt("number implied")
        self.lists.open(self.body, marker._replace(values=(("digit", 1),)))
        return True

    def _jumps(self, marker: Marker) -> bool:
        """Tell whether numbers may jump here: a restatement holds only some paragraphs."""
        fresh = not self.lists.lists or self.lists.lists[0].owner is self.body
        return self.partial and marker.style == "9." and fresh

    def _read_text(self, text: str, tied: bool = False) -> str:
        """Place text that has no marker of its own, or what follows one, and say why there."""
        unit = self.current
        assert unit is not None
        if tied and unit.texts:
            unit.texts[-1] += " " + text
            return "no list goes on with its marker"
        if unit is self.body:
            self.current = self._add_unnumbered(text)
            return "text without a marker"
        if not unit.texts and not unit.children:
            unit.texts.append(text)
            return "text of the marker above"
        if self._closes_list(text):
            self._add_wrapup(text)
            return "closes the list above"
        if self._is_numbered() or (self.lists.lists and not _ends_sentence(unit)):
            unit.texts.append(text)
            unit.doubt("text without a number")
            return "goes on with the passage above"
        self.lists = ListStack()
        self.current = self._add_unnumbered(text)
        return "paragraph without a number"

    def _add_unnumbered(self, text: str) -> Unit:
        """Add a paragraph without a number to the article, or to the annex."""
        assert self.body is not None
        if self.body.level == "attachment":
            piece = self.body.next_piece("p")
            return self.body.add(Unit("attachment", piece, texts=[text]))
        piece = self.body.next_piece("para_nn")
        return self.body.add(Unit("paragraph", piece, texts=[text]))

    def _is_numbered(self) -> bool:
        """Tell whether the article's paragraphs carry numbers."""
        return bool(self.lists.lists) and self.lists.lists[0].owner is self.body

    def _closes_list(self, text: str) -> bool:
        """Tell whether *text* goes on with the sentence that a list interrupted."""
        inner = bool(self.lists.lists) and self.lists.lists[-1].owner is not self.body
        return inner and (text[0].islower() or self._is_numbered())

    def _add_wrapup(self, text: str) -> None:
        """Add closing words to the unit that owns the innermost list; the list may go on."""
        owner = self.lists.lists[-1].owner
        assert isinstance(owner, Unit)
        if owner.children[-1].level == "wrapup":
            owner.children[-1].texts.append(text)
            return
        wrapup = owner.add(Unit("wrapup", "wrapup", texts=[text]))
        if not text[0].islower():
            wrapup.doubt("may be a paragraph of its own")


def _repeated(
    lines: Sequence[Line], markers: Sequence[Marker | None], heads: Sequence[Heading | None]
) -> frozenset[str]:
    """Return the sentences that stand under most articles: an editor's words, not the treaty's."""
    articles = sum(head is not None and head.level == "article" for head in heads)
    plain = Counter(
        line.text
        for line, marker, head in zip(lines, markers, heads, strict=True)
        if not (line.marks or marker or head)
    )
    return frozenset(text for text, times in plain.items() if times > 3 and times > articles / 2)


def _ends_sentence(unit: Unit) -> bool:
    """Tell whether the unit's text has come to an end."""
    return not unit.texts or unit.texts[-1][-1] in ".;:"
