"""
Critiques: articles, statements and posts about a treaty, as numbered paragraphs.

What is copied from a web page brings menus, share buttons, bylines and teasers along. A rule can
tell most of them by their shape and place, but no rule can be sure: short headings and lists look
like menus. So such lines are flagged and stay, with their numbers; a person decides. The rules
know the stock phrases of English pages and the shape of running text, and no outlet by name.

>>> text = '''Share this article
... The treaty lets every state keep the logs of all pilots, and no judge is ever asked.
... By Ann Writer'''
>>> [(p.eid, p.boilerplate) for p in read_critique(text, "demo")]
[('p_1', True), ('p_2', False), ('p_3', True)]
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from safeguards.model import Passage, hash_text
from safeguards.text import Line, read_lines

_PROSE_WORDS = 12  # a line of that many words that ends like a sentence is running text
_SENTENCE_WORDS = 6  # the last items of a list may be shorter than running text
_TITLE_WORDS = 4  # a line before the text that has fewer is a menu or the name of the site
_STOCK_WORDS = 25  # a longer line with a stock phrase in it speaks about something
_LATE = 0.6  # share of the running text that must stand before a heading that ends it
_SENTENCE_END = re.compile(r"[.!?:;…。！？؟](?:[\"'”’»)]|\[\d{1,3}\])*$")
_WIDE = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]")  # scripts that write two or so to a word
_STOCK = re.compile(
    r"""
    \b(?: subscribe | newsletters? | bookmarks? | unsubscribe | get[ ]notified | no[ ]spam
      | don[’']t[ ](?:spam|miss) | sign[ ]?up[ ](?:for|to[ ](?:our|get|receive|continue))
      | follow[ ](?:us|me|him|her|them)[ ]on | share[ ](?:this|on|via|the[ ](?:article|post|story))
      | (?:read|learn)[ ]more(?=\W*$|:)
      | accept[ ](?:all[ ])?cookies | uses?[ ]cookies | all[ ]rights[ ]reserved
      | terms[ ](?:of[ ]use|and[ ]conditions) | advertis(?:ements?|e[ ]with)
      | copy[ ]link | print[ ]this | back[ ]to[ ]top | skip[ ]to | table[ ]of[ ]contents
      | stay[ ](?:informed|connected|up[ ]to[ ]date|tuned) | min(?:ute)?s?[ ]read
      | editorially[ ]independent | (?:leave|post)[ ]a[ ]comment
      | (?:click|tap|swipe|scroll)[ ](?:here|to|for|below)
      | (?:download|install)[ ](?:the|our)[ ]app
      | (?:donate|support[ ]us|join)[ ](?:now|today|us) | views?[ ]expressed
      | (?:image|photo|picture)[ ](?:credit|source|by|courtesy) | affiliate[ ](?:links?|commission)
    )\b
    | ^(?:log[ ]?in | sign[ ](?:in|up) | no[ ](?:data|comments) | privacy[ ](?:policy|notice) )\W*$
    | ^(?:read|see|learn|show|load|view)[ ](?:more|also|next|all)\b(?![ ]art)
    | ^comments?\s*\(\d+\) | ^(?:©|\(c\)\s*\d) | \bspam\W*$
    | ^(?:tags?|topics?|filed[ ]under|categor(?:y|ies)|credit|source)\s*:
    | ^(?:photo|image|picture|video|illustration)s?\s*:
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BIOGRAPHY = re.compile(
    r"\byears of (?:[\w-]+ ){0,3}experience\b|^(?:he|she|\w+ \w+) is an? (?:[\w-]+ ){0,3}"
    r"(?:journalist|reporter|writer|editor|correspondent|contributor|columnist)\b",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"""
    ^(?: (?:posted|post|written|published|reported|edited|updated|author|reviewed|story)?
         \s* (?:by\b|:) \s* (?:by\b\s*)? :? \s* [^\W\d_] .{0,60}
       | (?:last[ ])?(?:posted|published|updated|modified)\b .{0,40} \d{4} .{0,20}
    )$
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"""
    (?<!\d)\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}\b | \b\d{{4}}-\d\d-\d\d\b
    | \b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b | \b\d{{1,2}}\s+{_MONTH},?\s+\d{{4}}\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FILE = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg|mp[34]|pdf)|(?:https?://|www\.|@|#)\S+", re.I)
_ENDING = re.compile(
    r"""
    (?: related | recommended | similar | more[ ](?:from|on|in|stories|news|articles)
      | you[ ](?:may|might)[ ](?:also[ ])?like | (?:most[ ])?(?:read|popular|viewed|trending|recent)
      | latest | (?:also[ ]|further[ ])?read(?:ing)?[ ]next | comments? | about[ ]the[ ]authors?
      | same[ ](?:tag|category|author) | share | tags | previous | next | up[ ]next | sponsored
      | trending | editor[’']?s[ ]picks? | what[ ]to[ ]read
    )\b .{0,40}
    """,
    re.VERBOSE | re.IGNORECASE,
)


def read_critique(text: str, document_id: str) -> list[Passage]:
    """
    Return the paragraphs of a critique, ``p_1`` onwards; one line of *text* is one paragraph.

    Args:
        text: The critique, normalised (`safeguards.text.decode`).
        document_id: Id that the passages' ids begin with.
    """
    lines = read_lines(text)
    flags = flag_boilerplate(lines)
    return [
        _passage(document_id, n, line.text, flag)
        for n, (line, flag) in enumerate(zip(lines, flags, strict=True), 1)
    ]


def _passage(document_id: str, number: int, text: str, boilerplate: bool) -> Passage:
    """Return one paragraph as a passage."""
    return Passage(
        passage_id=f"{document_id}:p_{number}",
        document_id=document_id,
        edition="official",
        eid=f"p_{number}",
        level="paragraph",
        ordinal=number,
        text=text,
        text_sha256=hash_text(text),
        text_chars=len(text),
        boilerplate=boilerplate,
    )


def flag_boilerplate(lines: Sequence[Line]) -> list[bool]:
    """
    Tell for each line whether it looks like a part of the page and not of the critique.

    A line is flagged where its words give it away; where it stands outside the running text and
    is neither its title nor a sentence; where it comes back; and where a picture comes before it.
    """
    own = [_gives_itself_away(line.text) for line in lines]
    prose = [not flag and _is_prose(line.text) for flag, line in zip(own, lines, strict=True)]
    if not any(prose):
        return own
    first, end = prose.index(True), _find_end(lines, prose)
    title = _find_title(lines, own, first)
    pictures = _find_pictures(lines, prose)
    return [
        own[n] or n in pictures or n >= end or (n < first and n != title and not line.marks)
        for n, line in enumerate(lines)
    ]


def _gives_itself_away(text: str) -> bool:
    """
    Tell whether the words of a line alone say that it belongs to the page.

    >>> _gives_itself_away("Posted by: Ann Writer"), _gives_itself_away("3 min read")
    (True, True)
    >>> _gives_itself_away("By signing, states accept.")
    False
    """
    words = _count_words(text)
    if words <= 10 and _DATE.search(text) and not _ends_sentence(text):
        return True
    if words <= 8 and _BYLINE.match(text) and not _ends_sentence(text):
        return True
    if _FILE.fullmatch(text) or _BIOGRAPHY.search(text):
        return True
    return words <= _STOCK_WORDS and _STOCK.search(text) is not None


def _is_prose(text: str) -> bool:
    """Tell whether a line is running text: long enough, and with the end of a sentence."""
    return _count_words(text) >= _PROSE_WORDS and _ends_sentence(text)


def _ends_sentence(text: str) -> bool:
    """Tell whether a line ends like a sentence."""
    return _SENTENCE_END.search(text) is not None


def _count_words(text: str) -> int:
    """Return the number of words; two characters make one where words are not spaced."""
    return len(text.split()) + len(_WIDE.findall(text)) // 2


def _find_title(lines: Sequence[Line], own: Sequence[bool], first: int) -> int | None:
    """Return the index of the title: the nearest line before the text that could be one."""
    for n in range(first - 1, -1, -1):
        if not own[n] and _count_words(lines[n].text) >= _TITLE_WORDS:
            return n
    return None


def _find_end(lines: Sequence[Line], prose: Sequence[bool]) -> int:
    """Return the index past the running text: past its last line, or at a heading that ends it."""
    last = len(prose) - 1 - list(reversed(prose)).index(True)
    total, before = sum(prose), 0
    for n in range(last + 1):
        ends = not prose[n] and _ENDING.fullmatch(lines[n].text)
        if ends and _count_words(lines[n].text) <= 6 and before >= _LATE * total:
            return n
        before += prose[n]
    end = last + 1
    while end < len(lines) and _goes_on(lines[end].text):
        end += 1
    return end


def _goes_on(text: str) -> bool:
    """Tell whether a line after the last running text is a shorter sentence of it."""
    long_enough = _count_words(text) >= _SENTENCE_WORDS
    return long_enough and _ends_sentence(text) and not _gives_itself_away(text)


def _find_pictures(lines: Sequence[Line], prose: Sequence[bool]) -> set[int]:
    """Return the lines that stand for pictures, because they come back, and their captions."""
    counted = Counter(line.text for line in lines)
    again = {n for n, line in enumerate(lines) if counted[line.text] > 1 and not prose[n]}
    below = {n + 1 for n in again - {n + 1 for n in again} if n + 1 < len(lines)}
    return again | {n for n in below if lines[n].number == lines[n - 1].number + 1}
