"""
What a citation says: "articles 31, paragraph 1, and 54" as a span and addresses, not yet resolved.

A scanner finds the words that can begin a citation, and a small recursive parser reads on from
there: units (articles, paragraphs), their numbers as lists and ranges, letters below them, and
what follows them ("above", "of this article", "of the European Convention on Extradition"). Every
repetition is bounded or consumes what it reads, so the time is linear in the text.

>>> text = "subject to articles 3 to 5 and 9, paragraph 1 (a), of this Convention"
>>> found = read_citations(text, read_names(()))[0]
>>> text[found.start : found.end]
'articles 3 to 5 and 9, paragraph 1 (a), of this Convention'
>>> [(a.steps, a.until) for a in found.addresses]
[((('article', '3'),), '5'), ((('article', '9'), ('paragraph', '1'), ('point', 'a')), '')]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from safeguards.instruments import NOUN, NUMBERED, Names, end_of_name, find_name, read_names

__all__ = ["LAST", "OTHER", "OWN", "Address", "Citation", "Steps", "read_citations", "read_names"]

Steps = tuple[tuple[str, str], ...]
OWN, OTHER, LAST = ".", "?", "^"  # this treaty, one nobody registered, the one named last
_RANKS = ("attachment", "part", "chapter", "section", "title", "article", "paragraph", "point")
_LEVEL_BY_START = {
    "part": "part",
    "par": "paragraph",
    "§": "paragraph",
    "art": "article",
    "cha": "chapter",
    "sec": "section",
    "tit": "title",
    "ann": "attachment",
    "app": "attachment",
}
_NUMERALS = ("", "one", "two", "three", "four", "five", "six")
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth")

# The words that citations are made of. Groups are named only where the parser asks for them.
_UNIT = r"""
    (?: (?P<many> [Aa]rticles | [Aa]rts\.? | [Ss]ub-?paragraphs | [Pp]aragraphs | [Pp]aras\.?
          | [Cc]hapters | [Ss]ections | [Tt]itles | [Pp]arts | [Aa]nnexes | [Pp]oints | [Ii]tems
          | [Ll]etters | §§ )
      | (?: [Aa]rticle | [Aa]rt\.? | [Ss]ub-?paragraph | [Pp]aragraph | [Pp]ara\.? | [Cc]hapter
          | [Ss]ection | [Tt]itle | [Pp]art | [Aa]nnex | [Aa]ppendix | [Pp]oint | [Ii]tem
          | [Ll]etter | [Ll]itt?\. | § )
    ) (?: \s | (?<=§) ) (?= [\dA-Ha-zIVXLC(] )
"""
_PLACE = r"""
    (?P<place> [Aa]rticle | [Pp]aragraph | [Ss]ub-?paragraph | [Cc]hapter | [Ss]ection
             | Part | Title | Annex ) (?![\w-])
"""
_THIS = rf"(?: [Tt]his | [Tt]he \s present ) \s (?: {_PLACE} | {NOUN} )"
_PRECEDING = r"""
    [Tt]he \s (?: (?P<count> two|three|four|five|six ) \s )? (?:preceding|foregoing|previous) \s
    (?P<before> [Aa]rticles? | [Ss]ub-?paragraphs? | [Pp]aragraphs? | [Cc]hapter | [Ss]ection ) \b
"""
_NTH = rf"[Tt]he \s (?P<nth> {'|'.join(_ORDINALS[1:])} ) \s paragraph \b"
_LABEL = r"(?: [ivxl]{2,5} | aa | bb | cc | dd | ee | [a-z] )"
_VERB = r"(?: of|above|below|shall|may|must|can|is|are|was|were|has|have|does|do|appl(?:y|ies) )"
_ENDS = rf"(?= \.? \s* (?: $ | [,;:)] ) | \. \s | \s (?: and|or|to|through|{_VERB} ) \b )"
_JOINT = r"(?: , \s (?: (?: and/or | and | or ) \s )? | \s (?: and/or | and | or ) \s )"


def _compile(pattern: str) -> re.Pattern[str]:
    """Return a verbose pattern, compiled."""
    return re.compile(pattern, re.VERBOSE)


_UNIT_WORD = _compile(_UNIT)
_THIS_PHRASE = _compile(_THIS)
_PRECEDING_UNITS = _compile(_PRECEDING)
_NTH_PARAGRAPH = _compile(_NTH)
_BIS = r"(?: \s? (?: bis|ter|quater|quinquies|sexies ) \b )?"
_NUMBER = _compile(rf"(?P<label> \d{{1,4}} {_BIS} ) (?! [\d/%] )")
_PAREN_NUMBER = _compile(r"\( (?P<label> \d{1,3} ) \)")
_ROMAN = _compile(r"(?P<label> [IVXLC]+ ) \b (?! [’'-] )")
_CONTAINER = _compile(r"(?P<label> [IVXLC]+ | \d{1,3} | [A-H] ) \b (?! [’'-] )")
_PARAGRAPH_TAIL = _compile(r"\s? \( (?P<paren> \d{1,3} ) \) | \. (?P<dot> \d{1,3} ) \b")
_LETTER = _compile(rf"\( (?P<paren> {_LABEL} | [A-Z] | \d ) \) | (?P<half> {_LABEL} ) \)")
_LETTER_TAIL = _compile(
    rf"""
      \s? \( (?P<paren> {_LABEL} | [A-Z] ) \) | \s? (?P<half> {_LABEL} ) \)
    | \. (?P<dot> [ivxl]{{2,5}} | [a-z] ) (?! \w )
    | \s (?P<spaced> [a-z] ) (?= \. [ivx]+ \b )
    """
)
_BARE = _compile(r"(?P<bare> [ivx]{2,5} | [a-z] | \d ) (?! [\w’'] )")
_BARE_ENDING = _compile(
    rf"(?P<bare> [ivx]{{2,5}} | [a-z] ) (?! [\w’'] ) (?: (?= \.[a-z] ) | {_ENDS} )"
)
_DOT = _compile(r"\. (?= \s (?: of|and|or|to|through ) \b | , )")
_SEPARATOR = _compile(_JOINT)
_RANGE = _compile(r"\s (?: to|through|until ) \s | \s? [–—-] \s? (?= [\d(] )")
_LOOSE_LIST = _compile(
    rf"""
    (?: , \s \d+ (?: \s? \( [a-z]+ \) )? )* ,? \s (?: and|or|to|through ) \s
    \d+ (?: \s? \( [a-z]+ \) )? (?= \s* (?: $ | [.,;:)] ) | \s {_VERB} \b )
    """
)
_BELOW = _compile(r"\s [–-] \s | \s (?P<bracket> \( ) | ,? \s")
_BRACKET = _compile(r"\)")
_THEREOF = _compile(r"\s thereof \b")
_ABOVE = _compile(r"\s (?: above | below | hereof ) \b (?!-)")
_OF = _compile(r",? \s (?P<word> of | to | in ) \s")
_SAID = _compile(rf"(?: that | the \s (?:said|same|aforementioned|latter) ) \s {_PLACE}")
_FOREIGN = _compile(
    rf"(?: that | such | (?:the \s)? said | the \s same ) \s (?: {NOUN} | treaty \b )"
)
_TO_NOUN = _compile(
    rf"""
    (?: the \s )? (?: \d{{4}} \s )? (?: [A-Z][\w’'.-]* \s | of \s (?:the \s)? ){{0,12}}?
    (?P<noun> {NOUN} )
    """
)
_PROPER = _compile(
    r"(?: (?:the|its|their) \s )? [A-Z]\w+ (?: \s (?: of \s (?:the \s)? )? [A-Z]\w+ ){0,6}"
)


class Address(NamedTuple):
    """
    A place in a treaty as it is cited, from the outermost unit that is named.

    Attributes:
        steps: Pairs of level and label; ``this`` is the unit the citation stands in, ``that`` the
            one cited last, ``-1`` the one before, ``#2`` the second.
        until: Last label of a range that begins with the last step; empty where there is none.
    """

    steps: Steps
    until: str = ""

    @property
    def is_relative(self) -> bool:
        """Whether the place depends on where the citation stands: "this article"."""
        label = self.steps[0][1]
        return label in ("this", "that") or label.startswith(("-", "#"))


class Citation(NamedTuple):
    """
    A citation, not yet resolved.

    Attributes:
        start: Offset of its first character.
        end: Offset just past the last.
        addresses: What is cited; empty where a whole treaty is.
        document_id: The treaty it names: a document of the register, `OWN`, `OTHER`, `LAST`, or
            None.
    """

    start: int
    end: int
    addresses: tuple[Address, ...]
    document_id: str | None = None


def read_citations(text: str, names: Names, noun: str = "Convention") -> list[Citation]:
    """
    Return the citations in *text*, in order; they do not overlap.

    Args:
        text: Running text.
        names: What the documents of the register are called.
        noun: What the treaty calls itself.
    """
    return _Reader(text, names, noun).read()


@lru_cache(maxsize=16)
def _trigger(aliases: str) -> re.Pattern[str]:
    """Return the pattern of all that can begin a citation, known names first."""
    parts = {"unit": _UNIT, "this": _THIS, "preceding": _PRECEDING, "nth": _NTH, "noun": NOUN}
    nameless = {name: re.sub(r"\(\?P<\w+>", "(?:", part) for name, part in parts.items()}
    listed = "|".join(f"(?P<{name}>{part})" for name, part in nameless.items())
    return _compile(
        rf"\b(?<!-)(?:(?P<alias>{aliases})|{listed}|(?P<numbered>{NUMBERED}))|(?P<sign>§)"
    )


@dataclass(slots=True)
class _Reader:
    """Reads one text from left to right."""

    text: str
    names: Names
    noun: str
    place: int = 0
    named: bool = False  # whether another treaty was named

    def read(self) -> list[Citation]:
        """Return the citations of the text."""
        found: list[Citation] = []
        pattern = _trigger(self.names.pattern)
        while match := pattern.search(self.text, self.place):
            low, self.place = self.place, match.start()
            citation = self._read_at(match, low)
            self.place = citation.end if citation else match.end()
            if citation:
                found.append(citation)
                self.named |= not citation.addresses and citation.document_id != OWN
        return found

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what *pattern* matches here, if it does."""
        match = pattern.match(self.text, self.place)
        if match:
            self.place = match.end()
        return match

    def _read_at(self, match: re.Match[str], low: int) -> Citation | None:
        """Return the citation that begins at *match*; names may begin before it, down to *low*."""
        kind = match.lastgroup
        if kind == "alias":
            return self._read_alias(match, low)
        if kind == "noun":
            return self._read_noun(match.start(), low)
        if kind == "numbered":
            return Citation(*match.span(), (), OTHER)
        readers = {"this": self._this, "preceding": self._preceding, "nth": self._nth}
        start = self.place
        addresses = readers.get(str(kind), self._units)()
        if not addresses:
            return Citation(start, self.place, (), OWN) if kind == "this" else None
        addresses, document_id = self._read_context(addresses)
        if document_id is None and self.named and self.text.startswith("its ", start - 4):
            document_id = LAST
        return Citation(start, self.place, tuple(addresses), document_id)

    # Names.

    def _read_alias(self, match: re.Match[str], low: int) -> Citation | None:
        """Return the citation of a document of the register by its name."""
        if re.match(NOUN, match[0]):  # "Convention on X" may be the end of a longer name
            return self._read_noun(match.start(), low)
        known = self.names.by_name[" ".join(match[0].lower().split())]
        return Citation(match.start(), end_of_name(self.text, match.end()), (), known)

    def _read_noun(self, noun: int, low: int) -> Citation | None:
        """Return the citation of a treaty by the name around its noun, or by the noun alone."""
        name = find_name(self.text, noun, low, self.names)
        if name is not None:
            return Citation(name.start, name.end, (), name.document_id or OTHER)
        start = noun - 4
        lone = start >= low and self.text[start:noun] in ("the ", "The ")
        if lone and self.text.startswith(self.noun, noun):
            return Citation(start, noun + len(self.noun), (), OWN)
        return None

    # Relative words.

    def _this(self) -> list[Address]:
        """Read "this article"; nothing for "this Convention"."""
        match = self._take(_THIS_PHRASE)
        assert match is not None
        return [Address(((_level(match["place"]), "this"),))] if match["place"] else []

    def _preceding(self) -> list[Address]:
        """Read "the two preceding paragraphs"; ``-*`` is all that come before."""
        match = self._take(_PRECEDING_UNITS)
        assert match is not None
        count = _NUMERALS.index(match["count"]) if match["count"] else 1
        level, plural = _level(match["before"]), match["before"].endswith("s")
        if plural and not match["count"]:
            return [Address(((level, "-*"),))]
        return [Address(((level, f"-{n}"),)) for n in range(count, 0, -1)]

    def _nth(self) -> list[Address]:
        """Read "the second paragraph"."""
        match = self._take(_NTH_PARAGRAPH)
        assert match is not None
        return [Address((("paragraph", f"#{_ORDINALS.index(match['nth'])}"),))]

    # Units and their numbers.

    def _units(self, nested: bool = False) -> list[Address]:
        """
        Read units with their numbers: "articles 3, 5, paragraph 1, and 7".

        Args:
            nested: Whether this stands below a unit of which more may follow.
        """
        before = self.place
        match = self._take(_UNIT_WORD)
        found = self._list(_level(match[0]), bool(match["many"]), nested) if match else []
        if not found:
            self.place = before
        return found

    def _list(self, level: str, many: bool, nested: bool) -> list[Address]:
        """Read the numbers of a unit, each with what is named below it."""
        found = self._one(level, True, many or nested)
        many = many or (not nested and self._loose())
        closed = False
        while found and many and not (closed and nested):
            before = self.place
            ranged = self._take(_RANGE)
            joint = ranged or self._take(_SEPARATOR)
            more = self._one(level, False, True) if joint else []
            if joint is None or not more:
                self.place = before
                break
            closed = not ranged and joint[0].strip(" ,") != ""
            found = _join_range(found, more) if ranged else found + more
        return found

    def _loose(self) -> bool:
        """Tell whether a list follows though the unit's word is singular: "paragraph 1 or 2"."""
        return _LOOSE_LIST.match(self.text, self.place) is not None

    def _one(self, level: str, first: bool, nested: bool) -> list[Address]:
        """Read one number of a unit and what is named below it."""
        found = self._item(level, first)
        below = self._below(level, nested) if found else []
        if not below:
            return found
        return found[:-1] + [Address(found[-1].steps + b.steps, b.until) for b in below]

    def _below(self, level: str, nested: bool) -> list[Address]:
        """Read what is named below a number: ", paragraph 1", also in brackets."""
        before = self.place
        joint = self._take(_BELOW)
        word = _UNIT_WORD.match(self.text, self.place) if joint else None
        if joint and word and _rank(_level(word[0])) > _rank(level):
            found = self._units(nested)
            if found and (not joint["bracket"] or self._take(_BRACKET)):
                return found
        self.place = before
        return []

    def _item(self, level: str, first: bool) -> list[Address]:
        """Read a number or letter, and the letters that hang on it."""
        if _rank(level) < _rank("article"):
            match = self._take(_CONTAINER)
            return [Address(((level, match["label"]),))] if match else []
        if level != "point" and (match := self._take(_NUMBER)):
            return self._letters(self._numbered(level, match["label"]))
        if level == "paragraph" and (match := self._take(_PAREN_NUMBER)):
            return self._letters(((level, match["label"]),))
        if level == "article":
            match = self._take(_ROMAN)
            return [Address(((level, match["label"]),))] if match else []
        label = self._label(_BARE if first else _BARE_ENDING)
        return self._letters((("point", label),)) if label else []

    def _numbered(self, level: str, label: str) -> Steps:
        """Return the steps of a number; "16(2)" and "9.1" name a paragraph of an article."""
        steps: Steps = ((level, "".join(label.split())),)
        tail = self._take(_PARAGRAPH_TAIL) if level == "article" else None
        return (*steps, ("paragraph", tail["paren"] or tail["dot"])) if tail else steps

    def _label(self, bare: re.Pattern[str] | None) -> str | None:
        """Read a letter: "(a)", "a)", and "a" where *bare* allows it."""
        match = self._take(_LETTER) or (self._take(bare) if bare else None)
        return str(match[match.lastgroup or 0]) if match else None

    def _letters(self, steps: Steps) -> list[Address]:
        """Read the letters below *steps*, and their list: "1 (a) (i) or (ii)"."""
        steps = self._tails(steps)
        found = [Address(steps)]
        while steps[-1][0] == "point":
            before = self.place
            ranged = self._take(_RANGE)
            joint = ranged or self._take(_SEPARATOR)
            label = self._label(_BARE_ENDING) if joint else None
            if label is None:
                self.place = before
                break
            sibling = _sibling(steps, label)
            steps = self._tails(sibling)
            found = _join_range(found, [Address(steps)]) if ranged else [*found, Address(steps)]
        self._take(_DOT)
        return found

    def _tails(self, steps: Steps) -> Steps:
        """Return *steps* with the letters that follow directly: "(a)", ".b", " a.ii"."""
        while match := self._take(_LETTER_TAIL):
            steps = (*steps, ("point", match[match.lastgroup or 0]))
        return steps

    # What follows.

    def _read_context(self, addresses: list[Address]) -> tuple[list[Address], str | None]:
        """Read "above", "of this article", "of this Convention" and the like."""
        document_id = None
        while document_id is None:
            self._take(_ABOVE)
            before = self.place
            match = self._take(_OF)
            if match is None or not self._may_follow(match["word"], addresses):
                self.place = before
                break
            outer = self._outer(_rank(addresses[0].steps[0][0]))
            if outer:
                addresses = [Address(o.steps + a.steps, a.until) for o in outer for a in addresses]
                continue
            document_id = self._instrument(_rank(addresses[0].steps[0][0]))
            if document_id is None:
                self.place = before
                break
        if document_id is None and self._take(_THEREOF):
            document_id = LAST
        return addresses, document_id

    def _may_follow(self, word: str, addresses: Sequence[Address]) -> bool:
        """Tell whether "of", "to" or "in" can lead from *addresses* to what holds them."""
        level = addresses[0].steps[0][0]
        if word == "to":
            return level == "attachment"
        return word == "of" or self.text.startswith(("this ", "article ", "Article "), self.place)

    def _outer(self, rank: int) -> list[Address]:
        """Read the unit of a lower *rank* that holds what was read before."""
        before = self.place
        for pattern, label in ((_THIS_PHRASE, "this"), (_SAID, "that")):
            match = self._take(pattern)
            if match and match["place"] and _rank(_level(match["place"])) < rank:
                return [Address(((_level(match["place"]), label),))]
            self.place = before
        found = self._units(nested=True)
        if found and _rank(found[0].steps[0][0]) < rank:
            return found
        self.place = before
        return []

    def _instrument(self, rank: int) -> str | None:
        """Read the name of the treaty that holds what was read before."""
        if self._take(_THIS_PHRASE):
            return OWN
        if self._take(_FOREIGN):
            return OTHER
        return self._named_instrument() or self._proper_name(rank)

    def _named_instrument(self) -> str | None:
        """Read the name of a treaty, or of a resolution."""
        start = self.place
        low = start + 4 if self.text.startswith("the ", start) else start
        known = _trigger(self.names.pattern).match(self.text, low)
        if known and known.lastgroup == "numbered":
            self.place = known.end()
            return OTHER
        noun = _TO_NOUN.match(self.text, start)
        alias = known if known and known.lastgroup == "alias" else None
        if alias is None and noun is None:
            return None
        citation = (
            self._read_alias(alias, low) if alias else self._read_noun(noun.start("noun"), start)  # type: ignore[union-attr]
        )
        if citation is not None:
            self.place = citation.end
        return citation.document_id if citation else None

    def _proper_name(self, rank: int) -> str | None:
        """Read the name of something else that has articles: "of the Penal Rules"."""
        if rank > _rank("article") or _UNIT_WORD.match(self.text, self.place):
            return None
        return OTHER if self._take(_PROPER) else None


def _level(word: str) -> str:
    """
    Return the level that a unit's *word* names.

    >>> _level("Arts. "), _level("sub-paragraph"), _level("Part")
    ('article', 'point', 'part')
    """
    lower = word.lower()
    return next((v for k, v in _LEVEL_BY_START.items() if lower.startswith(k)), "point")


def _rank(level: str) -> int:
    """Return how deep *level* lies."""
    return _RANKS.index(level)


def _join_range(found: list[Address], more: list[Address]) -> list[Address]:
    """
    Return *found* with its last address extended to the first of *more*.

    >>> a, b, c = (Address((("article", n),)) for n in "258")
    >>> _join_range([a], [b, c])
    [Address(steps=(('article', '2'),), until='5'), Address(steps=(('article', '8'),), until='')]
    """
    last, first = found[-1], more[0]
    if last.steps[:-1] != first.steps[:-1] or last.steps[-1][0] != first.steps[-1][0]:
        return found + more
    return [*found[:-1], last._replace(until=first.steps[-1][1]), *more[1:]]


def _sibling(steps: Steps, label: str) -> Steps:
    """
    Return the address of *label* in a list that went as far as *steps*.

    >>> _sibling((("point", "d"), ("point", "i")), "iii")
    (('point', 'd'), ('point', 'iii'))
    >>> _sibling((("point", "a"), ("point", "ii")), "b"), _sibling((("point", "h"),), "i")
    ((('point', 'b'),), (('point', 'i'),))
    """
    for depth in range(len(steps) - 1, -1, -1):
        level, before = steps[depth]
        if level != "point":
            break
        below = depth > 0 and steps[depth - 1][0] == "point"
        if _goes_on(before, label, below):
            return (*steps[:depth], ("point", label))
    return (*steps[:-1], ("point", label))


def _goes_on(before: str, label: str, below: bool) -> bool:
    """Tell whether *label* can follow *before* in one list; lists *below* a letter are roman."""
    roman = set(before) <= set("ivx"), set(label) <= set("ivx")
    if below and roman[0]:
        return roman[1]
    return (len(before) == len(label) == 1 and before < label) or all(roman)
