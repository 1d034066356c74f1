"""
Addresses: eIds, passage ids, and the many ways people write a provision.

An eId follows the Akoma Ntoso naming convention (OASIS LegalDocML, Naming Convention 1.0) without
chapter prefixes, because article numbers run through a treaty: ``art_24__para_2__point_a``. An
article number never stands alone: a passage id is ``document_id:eid``.

>>> parse_provision("Art 24(2)(a) of the Hanoi Convention", {"hanoi convention": "hanoi"})
'hanoi:art_24__para_2__point_a'
>>> format_citation("budapest:art_16__para_2", "Budapest Convention")
'Budapest Convention, art. 16(2)'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from safeguards.errors import UnknownDocument, UnknownProvision
from safeguards.model import Document

PREFIX_BY_LEVEL = {
    "part": "part",
    "chapter": "chp",
    "section": "sec",
    "title": "title",
    "article": "art",
    "paragraph": "para",
    "point": "point",
    "indent": "indent",
    "attachment": "att",
}
_LEVEL_BY_PREFIX = {prefix: level for level, prefix in PREFIX_BY_LEVEL.items()}
_SHORT = {"part": "part", "chp": "ch.", "sec": "sec.", "title": "title", "att": "annex"}
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")

EID = re.compile(r"[a-z]+(?:_[A-Za-z0-9]+)*(?:__[a-z]+(?:_[A-Za-z0-9]+)*)*")
_NUMBER = r"\d+(?:\s*(?:bis|ter|quater|quinquies|sexies))?"
_SPOKEN = re.compile(
    rf"""
    (?P<container> part | ch(?:ap(?:ter)?|p)?\.? | sec(?:tion)?\.? | title )
        [\s_]* (?P<roman> [ivxlc]+ | \d+ ) \b
    | (?: (?<!\w) (?: art(?:icles?|s)?\.? | §+ | para(?:graphs?|s)?\.? | (?:sub-?)?paragraphs?
          | points? | items? | lit(?:era|\.)? ) [\s_]* )?
      [\(\[.]? \s* (?P<piece> {_NUMBER} | (?<![a-z])[a-z]{{1,4}}(?![a-z]) ) \s* [\)\].]?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FILLER = re.compile(r"\b(?:of|the|in|under|to|and|convention)\b|,", re.IGNORECASE)


def level_of(eid: str) -> str:
    """
    Return the level of the passage that *eid* addresses.

    >>> level_of("art_24__para_2__point_a"), level_of("chp_II__sec_1"), level_of("preamble__p_1")
    ('point', 'section', 'preamble')
    >>> level_of("p_3")  # of a critique
    'paragraph'
    """
    last = eid.rsplit("__", 1)[-1]
    prefix = last.split("_", 1)[0]
    if prefix == "p":
        prefix = eid.split("__", 1)[0].split("_", 1)[0]
    if prefix == "p":
        return "paragraph"
    return _LEVEL_BY_PREFIX.get(prefix, prefix)


def article_of(passage_id: str) -> str:
    """
    Return the passage id of the article *passage_id* lies in; itself where there is none.

    >>> article_of("budapest:art_16__para_2"), article_of("iccpr:att_1__art_3__para_1")
    ('budapest:art_16', 'iccpr:att_1__art_3')
    >>> article_of("budapest:chp_II")
    'budapest:chp_II'
    """
    document_id, _, eid = passage_id.partition(":")
    pieces = eid.split("__")
    for depth, piece in enumerate(pieces, 1):
        if piece.startswith("art_"):
            return f"{document_id}:{'__'.join(pieces[:depth])}"
    return passage_id


def container_of(passage_id: str) -> str:
    """
    Return the article *passage_id* lies in; outside articles the outermost part, as the preamble.

    >>> container_of("untoc:art_16__para_2"), container_of("untoc:preamble__p_3")
    ('untoc:art_16', 'untoc:preamble')
    """
    article = article_of(passage_id)
    inside = level_of(article.partition(":")[2]) == "article"
    return article if inside else passage_id.partition("__")[0]


def is_inside(passage_id: str, ancestor_id: str) -> bool:
    """
    Tell whether *passage_id* is *ancestor_id* or lies below it.

    >>> is_inside("budapest:art_16__para_2", "budapest:art_16")
    True
    >>> is_inside("budapest:art_160", "budapest:art_16")
    False
    """
    return passage_id == ancestor_id or passage_id.startswith(ancestor_id + "__")


def iter_enclosing(passage_id: str) -> Iterator[str]:
    """
    Yield *passage_id* and every address it lies in, the narrowest first.

    >>> list(iter_enclosing("budapest:art_16__para_2__point_a"))
    ['budapest:art_16__para_2__point_a', 'budapest:art_16__para_2', 'budapest:art_16']
    """
    while passage_id:
        yield passage_id
        passage_id = passage_id.rpartition("__")[0]


def format_eid(eid: str) -> str:
    """
    Return the legal form of *eid*, as lawyers write it.

    >>> format_eid("art_24__para_2__point_a__point_ii")
    'art. 24(2)(a)(ii)'
    >>> format_eid("chp_II__sec_1__title_1"), format_eid("art_45__para_nn_2")
    ('ch. II, sec. 1, title 1', 'art. 45, second unnumbered paragraph')
    >>> format_eid("preamble__p_2"), format_eid("p_2")
    ('preamble, second paragraph', 'para. 2')
    """
    text = ""
    for piece in eid.split("__"):
        prefix, _, value = piece.partition("_")
        text = _append_piece(text, prefix, value)
    return text


def _append_piece(text: str, prefix: str, value: str) -> str:
    """Return *text* with one more step of the address."""
    comma = ", " if text else ""
    if prefix == "art":
        return f"{text}{comma}art. {re.sub(r'(?<=[0-9])(?=[a-z])', ' ', value)}"
    if value.startswith("nn_"):
        return f"{text}, {_ordinal(value[3:])} unnumbered {_LEVEL_BY_PREFIX[prefix]}"
    if prefix in ("para", "point"):
        return f"{text}({value})"
    if prefix == "indent":
        return f"{text}, {_ordinal(value)} indent"
    if prefix == "wrapup":
        return f"{text}, closing words"
    if prefix == "p":
        return f"{text}, {_ordinal(value)} paragraph" if text else f"para. {value}"
    return f"{text}{comma}{_SHORT.get(prefix, prefix)} {value}".strip()


def _ordinal(value: str) -> str:
    """Return ``first`` for ``1``; past eight, the number with a dot."""
    number = int(value)
    return _ORDINALS[number] if number < len(_ORDINALS) else f"{number}."


def format_citation(passage_id: str, short_title: str) -> str:
    """Return the citation of *passage_id* in the document called *short_title*."""
    return f"{short_title}, {format_eid(passage_id.partition(':')[2])}"


def parse_provision(words: str, aliases: Mapping[str, str]) -> str:
    """
    Return the passage id that *words* name.

    Understands passage ids, ``budapest:16.2``, ``Budapest art. 16(2)``, ``article 24, paragraph 2
    (a) of the Hanoi Convention``, ``chapter IV Hanoi`` and the like. Whether the passage exists is
    not its business: see `resolve_provision`.

    >>> names = {"budapest": "budapest", "hanoi convention": "hanoi"}
    >>> parse_provision("budapest:16.2", names), parse_provision("Budapest art. 16 bis", names)
    ('budapest:art_16__para_2', 'budapest:art_16bis')
    >>> parse_provision("article 24, paragraph 2 (a) of the Hanoi Convention", names)
    'hanoi:art_24__para_2__point_a'

    Args:
        words: What the person wrote.
        aliases: document_id by lower-case name.

    Raises:
        UnknownDocument: No document is named, or one that is not in *aliases*.
        UnknownProvision: The document is known, the rest is not an address.
    """
    document_id, rest = _take_document(words, aliases)
    if not rest:
        raise UnknownProvision(
            f"'{words}' names no provision; write for instance {document_id}:16.2"
        )
    if EID.fullmatch(rest) and _is_address(rest):
        return f"{document_id}:{rest}"
    return f"{document_id}:{_parse_spoken(rest, words, document_id)}"


def _is_address(eid: str) -> bool:
    """Tell whether the first step of *eid* is one that eIds begin with."""
    return eid.split("_", 1)[0] in {*_SHORT, "art", "p", "preamble", "preface", "conclusions"}


def _take_document(words: str, aliases: Mapping[str, str]) -> tuple[str, str]:
    """Return the document that *words* name, and what is left of them."""
    head, colon, tail = words.strip().partition(":")
    if colon:
        if head.strip().lower() not in aliases:
            raise unknown_document(head.strip(), aliases)
        return aliases[head.strip().lower()], tail.strip()
    for alias in sorted(aliases, key=lambda name: (-len(name), name)):
        pattern = rf"(?<!\w)(?:the\s+)?{re.escape(alias)}(?!\w)"
        rest, hits = re.subn(pattern, " ", words, count=1, flags=re.IGNORECASE)
        if hits:
            return aliases[alias], rest.strip(" ,")
    raise unknown_document(words.strip(), aliases)


def unknown_document(words: str, aliases: Mapping[str, str]) -> UnknownDocument:
    """Return the exception for a document nobody knows, with the nearest names."""
    near = get_close_matches(words.lower(), list(aliases), n=1, cutoff=0.6)
    if near:
        return UnknownDocument(f"no document called '{words}'; did you mean {aliases[near[0]]}?")
    known = ", ".join(sorted(set(aliases.values())))
    return UnknownDocument(f"no document in '{words}'; name one of {known}")


def _parse_spoken(rest: str, words: str, document_id: str) -> str:
    """Return the eId that people's words *rest* stand for."""
    plain = _FILLER.sub(" ", rest)
    steps: list[str] = []
    position = 0
    for match in _SPOKEN.finditer(plain):
        if plain[position : match.start()].strip(" .;()[]"):
            break
        position = match.end()
        steps.append(_spoken_step(match, steps))
    if not steps or plain[position:].strip(" .;()[]"):
        raise UnknownProvision(
            f"'{words}' is not an address; write for instance {document_id}:16.2 or art. 16(2)"
        )
    return "__".join(steps)


def _spoken_step(match: re.Match[str], steps: list[str]) -> str:
    """Return the next step of an eId, given the *steps* before it."""
    if match["container"]:
        kind = match["container"].lower()[:2]
        prefix = {"pa": "part", "ch": "chp", "se": "sec", "ti": "title"}[kind]
        return f"{prefix}_{match['roman'].upper()}"
    piece = re.sub(r"\s+", "", match["piece"]).lower()
    if piece[0].isdigit():
        has_article = any(step.startswith("art_") for step in steps)
        return f"para_{piece}" if has_article else f"art_{piece}"
    return f"point_{piece}"


def build_aliases(documents: Iterable[Document]) -> dict[str, str]:
    """
    Return document_id by every lower-case name of a document.

    The title of a critique is no name: nobody types it, and some sound like a treaty.

    >>> build_aliases([Document("demo", "treaty", "A Demo", "Demo Treaty", ("dt",))])
    {'demo': 'demo', 'demo treaty': 'demo', 'a demo': 'demo', 'dt': 'demo'}
    """
    names: dict[str, str] = {}
    for d in documents:
        title = d.title if d.kind == "treaty" else None
        for name in (d.document_id, d.short_title, title, *d.aliases):
            if name:
                names.setdefault(name.lower(), d.document_id)
    return names


def resolve_provision(words: str, aliases: Mapping[str, str], known: Iterable[str]) -> str:
    """
    Return the passage id that *words* name, if it is among the *known* ones.

    An address that is one step off is forgiven where only one passage can be meant: paragraph 1 of
    an article whose only paragraph has no number, a point that hangs under that paragraph.

    >>> resolve_provision("demo:2.1", {"demo": "demo"}, ["demo:art_2", "demo:art_3"])
    'demo:art_2'

    Raises:
        UnknownProvision: There is no such passage; the message names the nearest.
    """
    ids = set(known)
    wanted = parse_provision(words, aliases)
    candidates = (wanted, wanted.replace("__para_1__", "__", 1), wanted.removesuffix("__para_1"))
    for candidate in candidates:
        if candidate in ids:
            return candidate
    raise UnknownProvision(f"no passage {wanted}; {_nearest(wanted, ids)}")


def _nearest(wanted: str, ids: set[str]) -> str:
    """Say which passage comes closest to *wanted*."""
    parent = wanted
    while "__" in parent:
        parent = parent.rsplit("__", 1)[0]
        if parent in ids:
            return f"the nearest is {parent}"
    document_id = wanted.partition(":")[0]
    same = sorted(i for i in ids if i.startswith(document_id + ":"))
    near = get_close_matches(wanted, same, n=1, cutoff=0.0)
    return f"the nearest is {near[0]}" if near else f"{document_id} has no passages yet"
