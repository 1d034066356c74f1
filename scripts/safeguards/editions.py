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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from safeguards.model import Annotation, Document, Passage

STATES = ("same", "changed", "missing", "added")
_VERIFIED = ("full", "V2")
_WORD = re.compile(r"\w+")


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
        words: Words that went (``-``) and came (``+``).
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
    found = [p for p in passages if "__" not in p.eid]
    articles = {p.eid: p for p in found if p.level == "article"}
    chapters = {p.eid: p for p in found if p.level == "chapter"}
    known = {f"art_{a['num']}": a for a in outline.get("articles", [])}
    return [
        *_compare_totals("articles", len(articles), document.articles_total),
        *_compare_totals("chapters", len(chapters), document.chapters_total),
        *_compare_parts(articles, known),
        *_compare_parts(chapters, {c["eid"]: c for c in _iter_chapters(outline)}),
    ]


def _iter_chapters(outline: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Yield the outline's chapters, without what they contain."""
    return (c for c in outline.get("containers", []) if re.fullmatch(r"chp_[^_]+", c["eid"]))


def _compare_totals(what: str, found: int, total: int | None) -> list[str]:
    """Return a line if the number found is not the total."""
    return [] if total in (None, found) else [f"{found} {what}, not {total}"]


def _compare_parts(
    found: Mapping[str, Passage], known: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Return a line for each part that is missing, extra, or headed otherwise."""
    if not known:
        return []
    lines = [f"{eid} is missing" for eid in known if eid not in found]
    lines += [
        f"{eid} is extra: {p.heading or p.num}" for eid, p in found.items() if eid not in known
    ]
    for eid, entry in known.items():
        if eid in found and entry["verified"] in _VERIFIED:
            heading = found[eid].heading or ""
            if _fold(heading) != _fold(entry["heading"]):
                lines.append(f"{eid} is headed '{heading}', not '{entry['heading']}'")
    return lines


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
    [Difference(passage_id='d:art_1', state='changed', words='-shall +may')]
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
    """Return the words that went and came, each with its sign."""
    if old == new:
        return ""
    parts: list[str] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for _, a, b, c, d in (step for step in matcher.get_opcodes() if step[0] != "equal"):
        parts += [f"-{word}" for word in old[a:b]] + [f"+{word}" for word in new[c:d]]
    return " ".join(parts)


def carry_spans(
    old_passages: Sequence[Passage],
    new_passages: Sequence[Passage],
    annotations: Iterable[Annotation],
) -> tuple[list[Annotation], list[Lost]]:
    """
    Return the codes that fit the new text, with its offsets and hashes, and those that do not.

    A code with a span fits where the words it covers stand exactly once in the passage with the
    same address; a code on a whole passage fits where that passage has the same text.

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
        return moved if before == after else "the passage's text differs"
    words = before[row.start : row.end]
    start = after.find(words)
    if not words or start < 0:
        return f"'{words}' is not there"
    if after.find(words, start + 1) >= 0:
        return f"'{words}' stands there more than once"
    return replace(moved, start=start, end=start + len(words))
