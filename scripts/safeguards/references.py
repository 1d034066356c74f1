r"""
Cross-references: which provisions and treaties a passage cites, where, and to what effect.

`safeguards.citations` reads what a citation says; here it is resolved. "Article 16" is looked up;
"paragraph 1", "this section" and "the preceding paragraph" are found from the passage's own place
in the tree; an article of another treaty is never taken for one of this treaty.

The words before a citation, at times those after it, tell its kind:

- ``subject_to``: what is cited limits or governs the passage (subject to, except as provided in);
- ``notwithstanding``: the passage prevails over it (notwithstanding, by way of derogation from);
- ``without_prejudice``: the passage leaves it as it is (without prejudice to, shall not affect);
- ``in_accordance``: something is done in its way (in accordance with, pursuant to, under);
- ``established_in``: it lays down what is spoken of (established in, set forth in);
- ``defined_in``: it gives the meaning of a word (as defined in, within the meaning of);
- ``referred_to``: it speaks of the same thing (referred to in, described in, covered by);
- ``applies_to``: the passage says where it applies (for the purposes of X, X shall apply to);
- ``self``: a whole treaty speaks of itself (this Convention);
- ``other``: none of these words is there.

>>> from safeguards.provisions import split
>>> text = "Article 1\nWords.\nArticle 2\n1. Article 1 is subject to this article.\n2. More."
>>> by_id = {p.passage_id: p for p in split(text, "d")}
>>> for r in find_references(by_id["d:art_2__para_1"], by_id, ()):
...     print(r.start, r.end, r.to_passage_id, r.kind)
0 9 d:art_1 other
24 36 d:art_2 subject_to
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from safeguards.citations import (
    LAST,
    OTHER,
    OWN,
    Address,
    Citation,
    Steps,
    read_citations,
    read_names,
)
from safeguards.eid import PREFIX_BY_LEVEL, article_of
from safeguards.model import Document, Passage, Reference, hash_text

_FILLER = r"""
    (?: \s (?: the|any|all|each|either|both|one|or|more|of|in|to|other|relevant|applicable|above
             | provisions?|terms?|requirements?|conditions?|rules?|application|articles ) ){0,8}
    \s? $
"""
_CUES = {
    "subject_to": r"""
          subject \s to | bound \s by
        | (?: except | unless | save ) (?: \s \w+ ){0,4} \s (?: in|by|under|for )""",
    "notwithstanding": r"""
          notwithstanding | despite | (?: in | by \s way \s of ) \s derogation \s (?: of|from )""",
    "without_prejudice": r"""
          without \s (?: prejudice \s to | affecting )
        | not \s (?: be \s )? (?: affect|prejudice )""",
    "defined_in": r"""
          defined \s (?: in|by|under ) | (?: with )? in \s the \s meaning \s of
        | meaning \s given \s in""",
    "established_in": r"""
          (?: establish(?:ed)? | created )
          \s (?: in \s accordance \s with | pursuant \s to | in | by | under )
        | (?: provided \s for | laid \s down | set \s forth | set \s out | contained )
          \s (?: in|by|under )
        | provided \s (?: in|under )""",
    "referred_to": r"""
          (?: referred \s to | mentioned | described | specified | listed | identified | enumerated
            | indicated | stated | outlined | envisaged | contemplated | prescribed | required )
          \s (?: in | by | under | pursuant \s to )
        | covered \s (?: by|in ) | dealt \s with \s in""",
    "applies_to": r"""
          \b appl(?: y|ies|ying|ied|ication|icable ) (?: , \s in \s whole \s or \s in \s part , )?
        | for \s (?: the \s )? purposes? \s of""",
    "in_accordance": r"""
          (?: in \s (?: accordance | conformity | compliance | line ) | consistent(?:ly)?
            | comply | complies ) \s with
        | pursuant \s to | in \s (?: application | pursuance ) \s of | by \s virtue \s of
        | according \s to | \b under | (?: conform | effect ) \s to | implement(?:ing|ed)?
        | carry(?:ing)? \s out | as \s required \s by""",
}
_BEFORE = re.compile(
    "|".join(f"(?P<{kind}> (?: {cue} ) {_FILLER} )" for kind, cue in _CUES.items()),
    re.VERBOSE | re.IGNORECASE,
)
_AFTER = re.compile(
    r"""
      \s (?P<subject_to> binds? \b )
    | \s (?P<applies_to>
          (?: (?: shall|may|must|does|do|is|are|also|not|only ) \s ){0,3}
          appl(?: y|ies|icable|ied ) \b )
    """,
    re.VERBOSE,
)
_JOINED = re.compile(
    r"\s*(?:,|and|or|, and|, or|as well as|and by|and in|or in|or by)\s*(?:the\s)?"
)
_LOOK_BACK = 120
_LONGEST_RANGE = 200


class _Place(NamedTuple):
    """Where a citation is read: the passage, and all passages of the corpus by id."""

    passage: Passage
    by_id: Mapping[str, Passage]

    def has(self, passage_id: str) -> bool:
        """Tell whether there is such a passage."""
        return passage_id in self.by_id

    def ancestors(self) -> Iterator[str]:
        """Yield the passage's own id, then those of all that enclose it."""
        passage: Passage | None = self.by_id.get(self.passage.passage_id, self.passage)
        while passage is not None:
            yield passage.passage_id
            passage = self.by_id.get(passage.parent_id or "")


class _Found(NamedTuple):
    """What an address resolves to."""

    passage_id: str | None
    exact: bool


def find_references(
    passage: Passage, by_id: Mapping[str, Passage], documents: Sequence[Document]
) -> list[Reference]:
    """
    Return what *passage* cites, in the order of its text.

    Args:
        passage: A passage with its text.
        by_id: Passages that can be cited, of any document, by passage id; their text is not used.
        documents: The documents of the register, for their names.
    """
    names = read_names(tuple(documents))
    noun = names.nouns.get(passage.document_id, "Convention")
    finder = _Finder(_Place(passage, by_id), passage.document_id in names.critiques)
    citations = read_citations(passage.text or "", names, noun)
    return [row for citation in citations for row in finder.iter_rows(citation)]


def index_passages(passages: Iterable[Passage]) -> dict[str, Passage]:
    """
    Return passages by id; of two editions the official one, which has the whole tree.

    >>> both = [Passage("d:art_1", "d", e, "art_1", "article") for e in ("restatement", "official")]
    >>> index_passages(both)["d:art_1"].edition
    'official'
    """
    by_id: dict[str, Passage] = {}
    for passage in passages:
        if passage.edition == "official" or passage.passage_id not in by_id:
            by_id[passage.passage_id] = passage
    return by_id


@dataclass(slots=True)
class _Finder:
    """
    Resolves the citations of one passage, in order.

    Attributes:
        place: The passage, and the corpus.
        critique: Whether it speaks of treaties from outside, and never of itself.
        article: The article cited last, which "that article" means.
        named: The treaty named last, which "thereof" means.
        before: The citation before and its kind, which go on over "and".
    """

    place: _Place
    critique: bool
    article: str | None = None
    named: str = OTHER
    before: tuple[Citation, str] | None = None

    def iter_rows(self, citation: Citation) -> Iterator[Reference]:
        """Yield one row for each target of *citation*."""
        passage = self.place.passage
        read = self._read_outside(citation) if self.critique else citation
        if read is None:
            return
        if read.document_id == LAST:
            read = read._replace(document_id=self.named)
        elif not read.addresses:
            self.named = read.document_id or OTHER
        kind = _kind(passage.text or "", read, self.before)
        self.before = (read, kind)
        targets = _resolve_all(read, self.place, self.article)
        for number, target in enumerate(targets, 1):
            self.article = article_of(target.passage_id) if target.passage_id else self.article
            yield _reference(passage, read, kind, target, number)

    def _read_outside(self, citation: Citation) -> Citation | None:
        """Return a citation as a critique means it: "article 5" is of the treaty named last."""
        if any(address.is_relative for address in citation.addresses):
            return None
        if citation.document_id in (None, OWN):
            return citation._replace(document_id=LAST) if citation.addresses else None
        return citation


def _reference(
    passage: Passage, citation: Citation, kind: str, target: _Found, number: int
) -> Reference:
    """Return the row of one target of a citation."""
    named = citation.document_id
    document_id = passage.document_id if named in (None, OWN) else named
    return Reference(
        reference_id=f"{passage.passage_id}@{passage.edition}:"
        f"{citation.start}-{citation.end}.{number}",
        passage_id=passage.passage_id,
        edition=passage.edition,
        text_sha256=passage.text_sha256 or hash_text(passage.text or ""),
        start=citation.start,
        end=citation.end,
        to_passage_id=target.passage_id,
        to_document_id=None if named == OTHER else document_id,
        kind=kind,
        exact=target.exact,
    )


# Kinds.


def _kind(text: str, citation: Citation, before: tuple[Citation, str] | None) -> str:
    """Return the kind of a citation, by the words before it, or after it."""
    if citation.document_id == OWN and not citation.addresses:
        return "self"
    if before and _JOINED.fullmatch(text, before[0].end, citation.start):
        if before[1] not in ("self", "other"):
            return before[1]
    tail = text[max(0, citation.start - _LOOK_BACK) : citation.start]
    match = _BEFORE.search(tail) or _AFTER.match(text, citation.end)
    return str(match.lastgroup) if match else "other"


# Resolution.


def _resolve_all(citation: Citation, place: _Place, article: str | None) -> list[_Found]:
    """Return the targets of a citation, each once; *article* is the one cited last."""
    if not citation.addresses:
        return [_Found(None, citation.document_id != OTHER)]
    if citation.document_id == OTHER:
        return [_Found(None, False)]
    found: dict[str | None, _Found] = {}
    for address in citation.addresses:
        for target in _resolve(address, citation.document_id, place, article):
            found.setdefault(target.passage_id, target)
    return list(found.values())


def _resolve(
    address: Address, document_id: str | None, place: _Place, article: str | None
) -> list[_Found]:
    """Return the targets of one address; a range has one for each of its members."""
    if document_id not in (None, OWN):
        first = _look_up(f"{document_id}:", address.steps, place)
    else:
        first = _look_up_here(address.steps, document_id == OWN, place, article)
    if address.steps[-1][1] == "-*":
        return _all_before(address.steps[-1][0], place) or [first]
    if not address.until or first.passage_id is None or not first.exact:
        return [first]
    return _range(first.passage_id, address.until, place)


def _look_up_here(steps: Steps, whole: bool, place: _Place, article: str | None) -> _Found:
    """Return the target of an address in the treaty that the passage stands in."""
    (level, label), below = steps[0], steps[1:]
    own = f"{place.passage.document_id}:"
    if label == "this":
        base = _enclosing(level, place)
    elif label == "that":
        base = article if level == "article" else None
    elif label.startswith("-"):
        base = _earlier(level, int(label.strip("-*") or 1), place)
    elif level in ("paragraph", "point"):
        return _look_up_near(steps, place)
    else:
        return _look_up_top(steps, whole, place)
    if base is None:
        return _Found(None, False)
    exact = label != "this" or _is_level(base, level)
    found = _look_up(base, below, place) if below else _Found(base, exact)
    return found if base != own else _Found(None, False)


def _is_level(passage_id: str, level: str) -> bool:
    """Tell whether the last step of a passage id is of this level."""
    return passage_id.rsplit("__", 1)[-1].rpartition(":")[2].startswith(PREFIX_BY_LEVEL[level])


def _look_up_near(steps: Steps, place: _Place) -> _Found:
    """Return the target of a paragraph or point that is cited without its article."""
    home = article_of(place.passage.passage_id)
    if steps[0][0] == "paragraph":
        return _look_up(home, steps, place)
    for base in place.ancestors():
        found = _look_up(base, steps, place)
        if found.exact:
            return found
        if base == home:
            break
    return _look_up(_enclosing("paragraph", place) or home, steps, place)


def _look_up_top(steps: Steps, whole: bool, place: _Place) -> _Found:
    """Return the target of an article, chapter or annex: first in the same annex, or container."""
    bases = [f"{place.passage.document_id}:"]
    if not whole:
        annex = place.passage.eid.partition("__")[0]
        if steps[0][0] == "article" and annex.startswith("att_"):
            bases.insert(0, f"{bases[0]}{annex}")
        if steps[0][0] in ("section", "title", "chapter"):
            bases = [a for a in place.ancestors() if ":art_" not in a] + bases
    found = [_look_up(base, steps, place) for base in bases]
    exact = [f for f in found if f.exact]
    return exact[0] if exact else found[-1]


def _look_up(base: str, steps: Steps, place: _Place) -> _Found:
    """
    Return the target of *steps* below *base*, or the nearest passage around it.

    Containers before an article are passed over, as article numbers run through a treaty.
    """
    names = [level for level, _ in steps]
    if "article" in names:
        steps = steps[names.index("article") :]
    current, exact = base, True
    for level, label in steps:
        below = next((c for c in _candidates(current, level, label) if place.has(c)), None)
        if below is None and level == "point" and current == base:
            below, exact = _nearby_point(base, label, place), False
        if below is None:
            exact = False
            if level not in ("paragraph", "article"):
                break
            continue
        current = below
    return _Found(current if place.has(current) else None, exact and place.has(current))


def _candidates(base: str, level: str, label: str) -> list[str]:
    """
    Return the passage ids that a label can have below *base*.

    >>> _candidates("d:", "attachment", "II"), _candidates("d:art_1", "point", "1")
    (['d:att_2'], ['d:art_1__point_1', 'd:art_1__para_1'])
    """
    joint = base if base.endswith(":") else base + "__"
    if label.startswith("#"):
        return [f"{joint}para_{label[1:]}", f"{joint}para_nn_{label[1:]}"]
    if level == "attachment":
        return [f"{joint}att_{_ordinal(label)}"]
    if level == "point" and label.isdigit():
        return [f"{joint}point_{label}", f"{joint}para_{label}"]
    return [f"{joint}{PREFIX_BY_LEVEL[level]}_{label}"]


def _ordinal(label: str) -> int:
    """
    Return the number that an annex's label stands for.

    >>> _ordinal("3"), _ordinal("IV"), _ordinal("B")
    (3, 4, 2)
    """
    if label.isdigit():
        return int(label)
    roman = {"I": 1, "V": 5, "X": 10}
    if not set(label) <= set(roman):
        return ord(label[0]) - 64
    digits = [roman[c] for c in label]
    pairs = zip(digits, [*digits[1:], 0], strict=True)
    return sum(-a if a < b else a for a, b in pairs)


def _nearby_point(base: str, label: str, place: _Place) -> str | None:
    """Return the point that drafters meant who skipped the paragraph: the one nearest here."""
    for ancestor in place.ancestors():
        if not ancestor.startswith(base + "__"):
            return None
        if place.has(f"{ancestor}__point_{label}"):
            return f"{ancestor}__point_{label}"
    return None


def _enclosing(level: str, place: _Place) -> str | None:
    """
    Return the unit of this level that the passage lies in.

    "This paragraph" of an article without numbers is the article; "this subparagraph" below a
    sub-point is the outer one.
    """
    inside = [a for a in place.ancestors() if _is_level(a, level)]
    if inside:
        return inside[-1] if level == "point" else inside[0]
    if level in ("paragraph", "point"):
        home = article_of(place.passage.passage_id)
        return home if place.has(home) else None
    return None


def _earlier(level: str, distance: int, place: _Place) -> str | None:
    """Return the unit so many places before the one of this level that the passage lies in."""
    before = _siblings_before(level, place)
    return before[-distance] if len(before) >= distance else None


def _all_before(level: str, place: _Place) -> list[_Found]:
    """Return all units of this level that come before the passage's own."""
    return [_Found(passage_id, True) for passage_id in _siblings_before(level, place)]


def _siblings_before(level: str, place: _Place) -> list[str]:
    """Return the units of this level before the passage's own, in document order."""
    own = place.by_id.get(_enclosing(level, place) or "")
    if own is None or not _is_level(own.passage_id, level):
        return []
    document = own.document_id
    before = [
        p
        for p in place.by_id.values()
        if p.document_id == document and p.edition == own.edition and p.ordinal < own.ordinal
        and p.level == own.level and (level == "article" or p.parent_id == own.parent_id)
    ]  # fmt: skip
    return [p.passage_id for p in sorted(before, key=lambda p: p.ordinal)]


def _range(first: str, until: str, place: _Place) -> list[_Found]:
    """Return the members of a range that exist, from passage *first* to its sibling *until*."""
    stem, _, label = first.rpartition("_")
    members = _labels(label, until.replace(" ", ""))
    found = [_Found(f"{stem}_{m}", True) for m in members if place.has(f"{stem}_{m}")]
    last = f"{stem}_{until}"
    return found if place.has(last) or not members else [*found, _Found(None, False)]


def _labels(first: str, last: str) -> list[str]:
    """
    Return the labels from *first* to *last*.

    >>> _labels("2", "4")
    ['2', '2bis', '2ter', '3', '3bis', '3ter', '4']
    >>> _labels("b", "d"), _labels("i", "iii"), _labels("4", "2")
    (['b', 'c', 'd'], ['i', 'ii', 'iii'], ['4'])
    """
    if first.isdigit() and last.isdigit():
        numbers = range(int(first), min(int(last), int(first) + _LONGEST_RANGE))
        inserted = [f"{n}{more}" for n in numbers for more in ("", "bis", "ter")]
        return [*inserted, last] if inserted else [first]
    if first.isupper() and last.isupper():
        return [label.upper() for label in _labels(first.lower(), last.lower())]
    if len(first) == len(last) == 1 and first < last and not {first, last} <= set("ivx"):
        return [chr(c) for c in range(ord(first), ord(last) + 1)]
    roman = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]
    if first in roman and last in roman and first != last:
        return roman[roman.index(first) : roman.index(last) + 1]
    return [first]
