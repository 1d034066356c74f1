"""
The tree that a splitter grows, and the passages that it becomes.

Addresses follow the Akoma Ntoso naming convention (`safeguards.eid`): a unit's address is that of
its parent and its own piece. Article numbers run through a treaty, so an article's address drops
its chapters; an annex counts its own articles and stays in front.

>>> root = Unit("document", "")
>>> chapter = root.add(Unit("chapter", "chp_I", "CHAPTER I"))
>>> _ = chapter.add(Unit("article", "art_1", "Article 1", texts=["One."]))
>>> [(p.eid, p.text) for p in iter_passages(root, "demo", "official")]
[('chp_I', ''), ('art_1', 'One.')]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from safeguards.model import Passage, hash_text

_MAX_SURE_HEADING_WORDS = 16


@dataclass(slots=True)
class Unit:
    """
    A node of the tree while it grows.

    Attributes:
        level: A level of the model, or ``document`` for the root.
        piece: Its step of the address.
        num: The number as printed, or None.
        heading: The heading as printed, or None.
        guessed: Whether the heading was known by its words alone.
        texts: Its own text, line by line.
        doubts: Why its place is uncertain.
        eid: Its address; empty until the tree is finished.
        children: The units below it, in order.
    """

    level: str
    piece: str
    num: str | None = None
    heading: str | None = None
    guessed: bool = False
    texts: list[str] = field(default_factory=list)
    doubts: tuple[str, ...] = ()
    eid: str = ""
    children: list[Unit] = field(default_factory=list)

    def add(self, child: Unit) -> Unit:
        """Hang *child* below this unit and return it."""
        self.children.append(child)
        return child

    def doubt(self, reason: str) -> None:
        """Note why the place of this unit is uncertain, once."""
        if reason not in self.doubts:
            self.doubts += (reason,)

    def next_piece(self, prefix: str) -> str:
        """
        Return the address of a further unit below this one that is counted, not numbered.

        >>> unit = Unit("article", "art_1")
        >>> unit.add(Unit("paragraph", unit.next_piece("para_nn"))).piece
        'para_nn_1'
        >>> unit.next_piece("para_nn")
        'para_nn_2'
        """
        for child in reversed(self.children):
            name, _, number = child.piece.rpartition("_")
            if name == prefix:
                return f"{prefix}_{int(number) + 1}"
        return f"{prefix}_1"


def iter_passages(root: Unit, document_id: str, edition: str) -> Iterator[Passage]:
    """Yield the passages of a finished tree, and write their addresses into it."""
    copies: dict[str, int] = {}
    ordinal = 0
    stack: list[tuple[Unit, str, str | None]] = [
        (unit, "", None) for unit in reversed(root.children)
    ]
    while stack:
        unit, base, parent_id = stack.pop()
        absorbed = _absorb_single_paragraph(unit)
        unit.eid = absorbed.eid = eid = _unique(base + unit.piece, unit, copies)
        if _stands(unit):
            ordinal += 1
            yield _passage(unit, document_id, edition, parent_id, ordinal)
            parent_id = f"{document_id}:{eid}"
        annex = eid.split("__", 1)[0] + "__" if eid.startswith("att_") else ""
        for child in reversed(unit.children):
            child_base = annex if child.level in ("article", "editorial") else eid + "__"
            stack.append((child, child_base, parent_id))


def _absorb_single_paragraph(unit: Unit) -> Unit:
    """Let an article whose only unnumbered text stands first carry it; return what carried it."""
    first = unit.children[0] if unit.level == "article" and unit.children else unit
    alone = first.piece == "para_nn_1" and unit.next_piece("para_nn") == "para_nn_2"
    if not alone or first.heading:
        return unit
    unit.texts, unit.doubts = first.texts, unit.doubts + first.doubts
    unit.children[:1] = first.children
    return first


def _stands(unit: Unit) -> bool:
    """Tell whether a unit is a passage; a bare preamble without heading is only a folder."""
    return bool(unit.num or unit.heading or unit.texts) or unit.level == "attachment"


def _unique(eid: str, unit: Unit, copies: dict[str, int]) -> str:
    """Return *eid*, told apart from an equal one before it."""
    if eid not in copies:
        copies[eid] = 1
        return eid
    unit.doubt("number repeats")
    candidate = eid
    while candidate in copies:
        copies[eid] += 1
        candidate = f"{eid}_{copies[eid]}"
    copies[candidate] = 1
    return candidate


def _passage(
    unit: Unit, document_id: str, edition: str, parent_id: str | None, ordinal: int
) -> Passage:
    """Return the passage that a unit of the tree has become."""
    text = "\n".join(unit.texts)
    if unit.guessed and _doubts_heading(unit):
        unit.doubt("heading may be text")
    return Passage(
        passage_id=f"{document_id}:{unit.eid}",
        document_id=document_id,
        edition=edition,
        eid=unit.eid,
        level=unit.level,
        num=unit.num,
        heading=unit.heading,
        parent_id=parent_id,
        ordinal=ordinal,
        text=text,
        text_sha256=hash_text(text),
        text_chars=len(text),
        provisional=edition == "restatement",
        doubt="; ".join(unit.doubts) or None,
    )


def _doubts_heading(unit: Unit) -> bool:
    """Tell whether an unmarked heading may be text: it is long, or nothing follows it."""
    long = len((unit.heading or "").split()) > _MAX_SURE_HEADING_WORDS
    return long or (unit.level == "article" and not unit.texts and not unit.children)
