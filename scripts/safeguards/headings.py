"""
Headings that say by their words what they open: articles, chapters, annexes, closing formulas.

A heading names a level and a number, alone on its line or with its title behind it. The same words
open a line of running text when a reference happens to stand there, so a heading must fill its
line, and a title must not read like a sentence.

>>> read_heading("Article 16 bis - Preservation")
Heading(level='article', value='16bis', num='Article 16 bis', title='Preservation', rest='')
>>> read_heading("Article 29 to preserve") is None
True
"""

from __future__ import annotations

import re
from typing import NamedTuple

_LEVEL_BY_WORD = {
    "art": "article",
    "article": "article",
    "part": "part",
    "chapter": "chapter",
    "section": "section",
    "title": "title",
    "annex": "attachment",
    "appendix": "attachment",
    "schedule": "attachment",
}
_HEADING = re.compile(
    r"""
    (?P<num>
        (?: (?P<article> Article | Art (?=\.) ) \.? \s+
            (?P<number> \d+ (?: \s* (?:bis|ter|quater|quinquies|sexies) \b | [A-Z] \b | \.\d+ )?
                      | [IVXLC]+ (?: \.\d+ )? \b | [A-Z] \b ) )
      | (?P<word> part | chapter | section | title | annex | appendix | schedule ) \b
        (?: \s+ (?P<value> [IVXLC]+ | \d+ | [A-Z] ) \b )?
    )
    (?: [.:]? \s* $
      | [.:]? \s* [–—-] \s* (?P<dashed> \S.* ) $
      | [.:] \s+ (?P<behind> \S.* ) $
      | \s+ (?P<spaced> \S.* ) $ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_INITIALS = frozenset("AaCcPpSsTt")
_CONCLUSIONS = re.compile(
    r"""
    in \s (?:witness|faith|testimony) \s (?:where|there)of \b
    | done \s (?:at|in) \b
    | \d{1,3} (?:st|nd|rd|th) \s (?:plenary \s)? meeting \b   # the foot of a resolution
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PREAMBLE = re.compile(
    r"""
    preamble \b
    | the \s (?: [\w-]+ \s ){0,5}? (?: part(?:y|ies) | states? | governments? | assembly | council
        | members? | conference | plenipotentiaries ) \b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MAX_TITLE_WORDS = 40


class Heading(NamedTuple):
    """
    What a heading opens.

    Attributes:
        level: article, part, chapter, section, title or attachment.
        value: Its number as addresses write it; empty for an annex without one.
        num: The number as printed.
        title: The title behind it on the same line, or None.
        rest: Text behind it on the same line that is no title.
    """

    level: str
    value: str
    num: str
    title: str | None = None
    rest: str = ""

    @property
    def ordinal(self) -> int | None:
        """Return the number of an article that is counted in digits."""
        digits = re.match(r"\d+", self.value)
        return int(digits[0]) if digits else None


def read_heading(text: str, marked: bool = False, spaced: bool = False) -> Heading | None:
    """
    Return what *text* opens if it is a heading.

    >>> read_heading("ARTICLE 5. The Parties shall cooperate.").rest
    'The Parties shall cooperate.'
    >>> read_heading("annex.") is None
    True

    Args:
        text: A whole line.
        marked: Whether the source marks the line as a heading.
        spaced: Whether only a space may stand between number and title ("Article 1 Scope"); in
            most sources that is a reference in running text.
    """
    if text[:1] not in _INITIALS or not (match := _HEADING.match(text)):
        return None
    word = match["article"] or match["word"]
    level = _LEVEL_BY_WORD[word.lower()]
    if not marked and word[0].islower():
        return None
    if not (match["number"] or match["value"] or level == "attachment"):
        return None
    if match["spaced"] and not spaced:
        return None
    title, rest = match["dashed"], match["behind"] or match["spaced"] or ""
    if title and title[0].islower() and not marked:
        return None
    if rest and reads_like_title(rest):
        title, rest = rest, ""
    if rest and (level != "article" or rest[0].islower()):
        return None
    return Heading(level, _value(match, level), match["num"], title, rest)


def _value(match: re.Match[str], level: str) -> str:
    """Return the number of a heading as addresses write it: 16bis, 5A, IV."""
    value = re.sub(r"\s", "", match["number"] or match["value"] or "").lstrip("0").replace(".", "_")
    if level == "article" and value[:1].isdigit() and len(value) > 1 and value[-2:].isalpha():
        return value.lower()
    return value.upper()


def reads_like_title(text: str) -> bool:
    """
    Tell whether *text* reads like a title and not like a sentence.

    >>> reads_like_title("Scope of application"), reads_like_title("It applies.")
    (True, False)
    """
    return (
        not text[0].islower()
        and text[-1] not in ".;:,–—-"
        and len(text.split()) <= _MAX_TITLE_WORDS
    )


def opens_conclusions(text: str) -> bool:
    """Tell whether *text* begins the closing formula."""
    return _CONCLUSIONS.match(text) is not None


def opens_preamble(text: str) -> bool:
    """
    Tell whether *text* begins a preamble: by that word, or by naming who agrees.

    >>> opens_preamble("The General Assembly,"), opens_preamble("Seventy-eighth session")
    (True, False)
    """
    return _PREAMBLE.match(text) is not None
