"""
Names of treaties in running text: this one, one of the register, or one that nobody registered.

A name is found from its noun outward: the words before it that begin with a capital ("Council of
Europe Convention") and the words after it up to the last one that does ("Convention on the Rights
of the Child"). A lone "the Convention" is the instrument it stands in, if that is its noun.

>>> names = read_names((Document("demo", "treaty", "Demo Convention", "Demo", ("uncd",)),))
>>> text = "under the International Covenant on Civil Rights and other treaties"
>>> name = find_name(text, text.index("Covenant"), 0, names)
>>> text[name.start : name.end], name.document_id
('International Covenant on Civil Rights', None)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from safeguards.model import Document

NOUN = (
    r"(?:Convention|Covenant|Treaty|Protocol|Agreement|Charter|Statute|Declaration|Pact|Compact"
    r"|Code|Act)\b"
)
NUMBERED = r"""
    (?:[Rr]esolution|Recommendation|Decision|Directive|Regulation)s? \s
    (?: No\. \s? | \((?:EU|EC)\) \s (?:No\. \s)? )?
    (?: R \s? \(\d+\) \s? \d+ | \d+ (?: [/-] \d+ )* (?: / [A-Z]+ )? (?: \s? \(\d{4}\) )? ) (?!\w)
"""
_NOUN = re.compile(NOUN)
_CAPITAL = (
    r"(?!(?:States?|Part(?:y|ies)|Contracting|Signatory|Secretary|Depositary|Governments?"
    r"|Articles?|Having|Have)\b)[A-Z][\w’'-]*"
)
_WORD = r"[A-Z][\w’'-]*"
_NEXT = rf"(?!{NOUN}){_CAPITAL}"  # after "and", where another name may begin
_FURTHER = rf"(?!\w+ing\b){_NEXT}"  # after a comma, where "Recalling" may begin
_LINK = (
    r"(?:of|on|for|against|to|with|in|between|from|by|at|as|relating\sto|concerning|regarding"
    r"|involving|revising|with\sregard\sto|with\srespect\sto)"
)
_THE = r"(?:the|a|an|its|all|certain)"
_TAIL = re.compile(
    rf"""
    (?: \s No\. \s? \d+ \w* )?                                       # Protocol No. 14
    (?: \s (?: on | for | against | of | between | concerning | regarding | relating\ to | revising
             | (?<=Protocol\ ) to )
        (?: \s {_THE} )? \s {_CAPITAL}
        (?: \s {_WORD}                                               # Civil Rights
          | \s (?:and|or) \s {_NEXT}                                 # Rights and Freedoms
          | , \s {_FURTHER} (?= (?: \s {_WORD} | \s of )* (?: , | \s (?:and|or) ) \s [A-Z] )
          | \s {_LINK} (?: \s {_THE} )? \s {_WORD}                   # on the Rights of the Child
        )*
    )?
    (?: \s of \s (?: \d{{1,2}} \s [A-Z][a-z]+ \s )? \d{{4}}          # of 4 November 1950
      | , \s \d{{4}} (?= [,;.)] ) )?                                # , 1961,
    """,
    re.VERBOSE,
)
_STOP = re.compile(
    "(?:The|This|That|These|Those|Each|Any|Such|Every|No|A|An|In|Under|By|For|If|When|Where|With"
    "|States?|Party|Parties|As|And|Or|To|Of|Articles?|On|At|From|Whereas|Subject)"
)


class Name(NamedTuple):
    """
    A treaty named in a text.

    Attributes:
        start: Offset of its first character.
        end: Offset just past the last.
        document_id: The document of the register it names, or None.
    """

    start: int
    end: int
    document_id: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """
    What the documents of the register are called.

    Attributes:
        by_name: document_id by every lower-case name of a treaty.
        nouns: What each document calls itself, by document_id: Convention, Protocol.
        critiques: The documents that are no treaties, and so never speak of themselves.
        pattern: A regular expression that matches every name, however it is capitalised.
    """

    by_name: Mapping[str, str]
    nouns: Mapping[str, str]
    critiques: frozenset[str]
    pattern: str


@lru_cache(maxsize=16)
def read_names(documents: tuple[Document, ...]) -> Names:
    """
    Return what *documents* are called.

    >>> read_names((Document("demo", "treaty", "A Protocol to a Pact", "DP"),)).nouns
    {'demo': 'Protocol'}
    """
    by_name: dict[str, str] = {}
    nouns = {}
    for d in documents:
        if d.kind == "treaty":
            noun = _NOUN.search(d.title or "")
            nouns[d.document_id] = noun[0] if noun else "Convention"
            for name in (d.short_title, d.title, *d.aliases):
                if name:
                    by_name.setdefault(name.lower(), d.document_id)
    longest = sorted(by_name, key=lambda name: (-len(name), name))
    critiques = frozenset(d.document_id for d in documents if d.kind != "treaty")
    return Names(by_name, nouns, critiques, _any_of(longest))


def _any_of(names: list[str]) -> str:
    """Return a pattern for *names*, tried only where a word begins with their first letters."""
    if not names:
        return r"(?!)"
    firsts = "".join(sorted({re.escape(name[0].upper()) for name in names}))
    listed = "|".join(re.escape(name).replace(r"\ ", r"\s") for name in names)
    return rf"(?=[{firsts}])(?i:{listed})(?!\w)"


def find_name(text: str, noun: int, low: int, names: Names) -> Name | None:
    """
    Return the name around the noun that begins at offset *noun*; None if it stands alone.

    Args:
        text: The text.
        noun: Offset of Convention, Protocol and the like.
        low: Offset before which the name does not begin.
        names: What the documents of the register are called.
    """
    match = _NOUN.match(text, noun)
    assert match is not None
    start = _first_word(text, low, noun)
    tail = _TAIL.match(text, match.end())
    end = tail.end() if tail else match.end()
    if (start, end) == match.span():
        return None
    return Name(start, end, _look_up(text[start:end], names))


def end_of_name(text: str, end: int) -> int:
    """
    Return where a name ends that was known up to offset *end*, and may go on from its noun.

    >>> end_of_name("the Demo Convention on Demos, adopted", 19)
    28
    """
    noun = text[max(0, end - 20) : end].rpartition(" ")[2]
    tail = _TAIL.match(text, end) if _NOUN.fullmatch(noun) else None
    return tail.end() if tail else end


def _look_up(name: str, names: Names) -> str | None:
    """Return the document that *name* names, with or without its year."""
    plain = re.sub(r"^\d{4} ", "", name).lower()
    return names.by_name.get(plain)


def _first_word(text: str, low: int, noun: int) -> int:
    """Return where the capitalised words begin that lead up to offset *noun*."""
    start = end = noun
    while end > low and text[end - 1] == " ":
        begin = max(text.rfind(" ", low, end - 1) + 1, low)
        word = text[begin : end - 1]
        if _is_name_word(word.lstrip("(")):
            start = begin + word.count("(")
        elif start == noun or word not in ("of", "and"):
            break
        end = begin if word[0] != "(" else low
    year = re.compile(r"(?<!\d)\d{4} $").search(text, max(low, start - 5), start)
    return year.start() if year else start


def _is_name_word(word: str) -> bool:
    """Tell whether *word* can stand before the noun in the name of a treaty."""
    return (
        word[:1].isupper()
        and word[-1] not in ",.;:)"
        and not _STOP.fullmatch(word)
        and not word.endswith(("ing", "'s", "’s"))
    )
