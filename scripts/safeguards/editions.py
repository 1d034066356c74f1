"""
Two texts of one document, compared: whether it is the document, what differs, which spans fit.

Codes are made on a pinned transcription; courts read the authentic text. Nothing is carried from
one to the other on a guess: a span moves only where its exact words stand once in the passage of
the same address.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from safeguards.model import Annotation, Document, Passage, Span

STATES = ("same", "changed", "missing", "added")
_VERIFIED = ("full", "V2")
_WORD = re.compile(r"\w+")
_SHOWN = 12  # words of a run that are shown in full


class Lost(NamedTuple):
    """A code that could not be carried over, and why."""

    annotation: Annotation
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """
    How one passage of a text stands to that of another.

    Attributes:
        passage_id: The passage.
        state: One of `STATES`: ``missing`` is only in the old text, ``added`` only in the new one.
        words: Words that went and came, in the marks of wdiff: ``[-shall-] {+may+}``.
    """

    passage_id: str
    state: str
    words: str = ""


def find_outline_faults(
    passages: Sequence[Passage], document: Document, outline: Mapping[str, Any]
) -> list[str]:
    """
    Return how a text departs from what is known of the document, one line each.

    Headings count only where the outline says that they were verified.

    Args:
        passages: The text, split.
        document: Its entry in the register, which knows how many articles and chapters there are.
        outline: Its outline; empty where there is none.
    """
    tops = {p.eid: p for p in passages if "__" not in p.eid}
    articles = {eid: p for eid, p in tops.items() if p.level == "article"}
    chapters = {eid: p for eid, p in tops.items() if p.level == "chapter"}
    known_articles = {f"art_{a['num']}": a for a in outline.get("articles", [])}
    known_chapters = {c["eid"]: c for c in _iter_chapters(outline)}
    return [
        *_compare_totals("articles", len(articles), document.articles_total),
        *_compare_totals("chapters", len(chapters), document.chapters_total),
        *_compare_parts(articles, known_articles),
        *_compare_parts(chapters, known_chapters),
        *_compare_headings(passages, {**known_articles, **known_chapters}),
    ]


def unwrap_annex(passages: Sequence[Passage], articles: int | None) -> list[Passage]:
    """
    Return the convention that a text carries as an annex; the text itself where it carries none.

    A resolution of the General Assembly adopts a convention by annexing it, and may annex protocols
    as well. The annex with the right number of articles is the document: its passages lose the
    address of the annex, and what stands around it is left out.

    Args:
        passages: The text, split.
        articles: How many articles the document has; None if that is not known.
    """
    counts = Counter(
        p.eid.partition("__")[0] if p.eid.startswith("att_") else "" for p in passages
        if p.level == "article"
    )  # fmt: skip
    annexes = [annex for annex, count in counts.items() if annex and count == articles]
    if counts[""] or not annexes:
        return list(passages)
    inside = [p for p in passages if p.eid.startswith(annexes[0] + "__")]
    return [_without_annex(p, annexes[0], place) for place, p in enumerate(inside, 1)]


def _without_annex(passage: Passage, annex: str, ordinal: int) -> Passage:
    """Return *passage* with the address it has in its own document."""
    head = f"{passage.document_id}:{annex}__"
    parent = passage.parent_id or ""
    return replace(
        passage,
        eid=passage.eid.removeprefix(annex + "__"),
        passage_id=passage.passage_id.replace(f"{annex}__", "", 1),
        parent_id=parent.replace(f"{annex}__", "", 1) if parent.startswith(head) else None,
        ordinal=ordinal,
    )


def _iter_chapters(outline: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Yield the outline's chapters, without what they contain."""
    return (c for c in outline.get("containers", []) if re.fullmatch(r"chp_[^_]+", c["eid"]))


def _compare_totals(what: str, found: int, total: int | None) -> list[str]:
    """Return a line if the number found is not the total."""
    return [] if total in (None, found) else [f"{found} {what}, not {total}"]


def _compare_parts(found: Mapping[str, Passage], known: Collection[str]) -> list[str]:
    """Return a line for each part that is missing or extra."""
    if not known:
        return []
    lines = [f"{eid} is missing" for eid in known if eid not in found]
    extra = [p for eid, p in found.items() if eid not in known]
    return lines + [f"{p.eid} is extra: {p.heading or p.num}" for p in extra]


def _compare_headings(
    passages: Sequence[Passage], known: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Return a line for each part that is headed otherwise, where its heading was verified."""
    lines = []
    for place, passage in enumerate(passages):
        entry = known.get(passage.eid)
        if entry and entry["verified"] in _VERIFIED:
            if not _is_headed(passages[place:], _fold(entry["heading"])):
                lines.append(
                    f"{passage.eid} is headed '{passage.heading or ''}', not '{entry['heading']}'"
                )
    return lines


def _is_headed(passages: Sequence[Passage], wanted: Sequence[str]) -> bool:
    """
    Tell whether the first passage has the heading *wanted*.

    In a text without mark-up a heading may be broken over two lines, or be read as the first words
    below it; it is the heading all the same if nothing stands between.
    """
    words = _fold(passages[0].heading or "")
    if len(words) >= len(wanted):
        return words == wanted
    for passage in passages[: 1 + len(wanted)]:
        words += _fold(passage.heading or "") if passage is not passages[0] else []
        words += _fold(passage.text or "")
    return words[: len(wanted)] == wanted


def _fold(text: str) -> list[str]:
    """
    Return the words of *text* without regard to case, punctuation and ligatures.

    >>> _fold("24/7 Network") == _fold("24/7 NETWORK.")
    True
    """
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def compare_editions(old: Sequence[Passage], new: Sequence[Passage]) -> list[Difference]:
    """
    Return how each passage of two texts differs, in the order of the new one.

    >>> old = [Passage("d:art_1", "d", "official", "art_1", "article", text="It shall end.")]
    >>> compare_editions(old, [replace(old[0], text="It may end.")])
    [Difference(passage_id='d:art_1', state='changed', words='[-shall-] {+may+}')]
    """
    before = {p.passage_id: p for p in old}
    after = {p.passage_id for p in new}
    return [
        *(_compare_passage(before.get(p.passage_id), p) for p in new),
        *(Difference(p.passage_id, "missing") for p in old if p.passage_id not in after),
    ]


def _compare_passage(old: Passage | None, new: Passage) -> Difference:
    """Return how one passage differs."""
    if old is None:
        return Difference(new.passage_id, "added")
    words = _changed_words(_read_words(old), _read_words(new))
    if words:
        return Difference(new.passage_id, "changed", words)
    typography = "" if (old.text or "") == (new.text or "") else "only punctuation or spacing"
    return Difference(new.passage_id, "same", typography)


def _read_words(passage: Passage) -> list[str]:
    """Return the words of a passage; headings without regard to case."""
    return [*_fold(passage.heading or ""), *_WORD.findall(passage.text or "")]


def _changed_words(old: Sequence[str], new: Sequence[str]) -> str:
    """Return the words that went and came, each run of them between its marks."""
    if old == new:
        return ""
    parts: list[str] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for _, a, b, c, d in (step for step in matcher.get_opcodes() if step[0] != "equal"):
        parts += [f"[-{_shorten(old[a:b])}-]"] if a < b else []
        parts += [f"{{+{_shorten(new[c:d])}+}}"] if c < d else []
    return " ".join(parts)


def _shorten(words: Sequence[str]) -> str:
    """
    Return *words*, or both ends of them if they are many.

    >>> _shorten("a b c d e f g h i j k l m n".split())
    'a b c d e (6 words) l m n'
    """
    if len(words) <= _SHOWN:
        return " ".join(words)
    return " ".join([*words[:5], f"({len(words) - 8} words)", *words[-3:]])


def carry_spans(
    old_passages: Sequence[Passage],
    new_passages: Sequence[Passage],
    annotations: Iterable[Annotation],
) -> tuple[list[Annotation], list[Lost]]:
    """
    Return the codes that fit the new text, with its offsets and hashes, and those that do not.

    A code with a span fits where the words it covers stand exactly once in the passage with the
    same address; a code on a whole passage fits where that passage has the same text. White space
    is no part of the words, since lines break elsewhere in every edition.

    Args:
        old_passages: The text that was coded, with its words.
        new_passages: The text to carry codes to.
        annotations: Codes; their ids stay, for it is the same judgement.
    """
    old = {(p.passage_id, p.edition): p for p in old_passages}
    new = {p.passage_id: p for p in new_passages}
    carried: list[Annotation] = []
    lost: list[Lost] = []
    for row in annotations:
        fitted = _carry(row, old.get((row.passage_id, row.edition)), new.get(row.passage_id))
        if isinstance(fitted, Annotation):
            carried.append(fitted)
        else:
            lost.append(Lost(row, fitted))
    return carried, lost


def _carry(row: Annotation, old: Passage | None, new: Passage | None) -> Annotation | str:
    """Return *row* as it stands in the new passage, or why it cannot."""
    if old is None or old.text_sha256 != row.text_sha256:
        return "coded on another text"
    if new is None:
        return "no such passage"
    before, after = old.text or "", new.text or ""
    moved = replace(row, edition=new.edition, text_sha256=str(new.text_sha256))
    if row.start is None or row.end is None:
        return moved if before.split() == after.split() else "the passage's text differs"
    words = before[row.start : row.end]
    places = _find_words(words, after)
    if len(places) == 1:
        return replace(moved, start=places[0].start, end=places[0].end)
    return f"'{words}' {'stands there more than once' if places else 'is not there'}"


def _find_words(words: str, text: str) -> list[Span]:
    r"""
    Return every place where *words* stand in *text*, also across a line break.

    >>> _find_words("higher court", "a higher\ncourt")
    [Span(start=2, end=14)]
    """
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    found = re.finditer(f"(?=({pattern}))", text) if pattern else ()
    return [Span(*match.span(1)) for match in found]
