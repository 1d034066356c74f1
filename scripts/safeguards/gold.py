"""
How well references are found: precision and recall against citations that a reader marked.

Positions are right when start and end are; targets when a citation at the right place also leads
to the right passage or document. What leads nowhere counts as one target of its own, so that an
article of a foreign treaty that is taken for one of this treaty is a mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from safeguards.errors import TextChanged, UsageFault
from safeguards.marks import GoldReference
from safeguards.model import Document, Passage, Reference, hash_text
from safeguards.references import find_references, index_passages
from safeguards.repository import Repository
from safeguards.text import decode

TREATIES = ("budapest", "uncac")
CRITIQUES = "seeds"
_ASIDE = Document(CRITIQUES, "critique", None, CRITIQUES)
Marks = set[tuple[str | int | None, ...]]


@dataclass(frozen=True, slots=True)
class Score:
    """
    How many of the marked citations or targets of a text were found.

    >>> score = Score("demo", "targets", marked=4, found=5, right=3)
    >>> score.precision, score.recall
    (0.6, 0.75)

    Attributes:
        text: The text, or ``all``.
        measure: ``positions`` or ``targets``.
        marked: Number that the reader marked.
        found: Number that the finder found.
        right: Number that both have.
    """

    text: str
    measure: str
    marked: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 where nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what was marked that was found; 1 where nothing was marked."""
        return self.right / self.marked if self.marked else 1.0


def score_references(
    repository: Repository, critiques: Path | None = None, texts: Sequence[str] = TREATIES
) -> list[Score]:
    """
    Return precision and recall of the finder for each text, and for all.

    Args:
        repository: A checkout that holds the official texts.
        critiques: Folder of the critiques that were marked; without it they are left out.
        texts: The treaties that were marked.

    Raises:
        UsageFault: A text that was marked is not here.
        TextChanged: A text is not the one that was marked.
    """
    pairs: dict[str, tuple[Marks, Marks]] = {}
    for name in texts:
        passages = repository.passages_with_text(name, "official")
        pairs[name] = _compare(repository, repository.gold_references(name), passages)
    if critiques:
        gold = repository.gold_references(CRITIQUES)
        pairs[CRITIQUES] = _compare(repository, gold, _read_critiques(critiques, gold))
    scores = [score for name, pair in pairs.items() for score in _score(name, *pair)]
    marked, found = (set().union(*side) for side in zip(*pairs.values(), strict=True))
    return [*scores, *_score("all", marked, found)]


def _read_critiques(folder: Path, gold: Sequence[GoldReference]) -> list[Passage]:
    """Return the lines of the critiques that were marked, as passages."""
    lines: list[Passage] = []
    for name in dict.fromkeys(g.passage_id.rpartition(":")[0] for g in gold):
        path = folder / name
        if not path.is_file():
            raise UsageFault(f"no file {path}; give the folder of the critiques that were marked")
        for number, text in enumerate(decode(path.read_bytes(), str(path)).split("\n"), 1):
            lines.append(_line(f"{name}:{number}", text))
    return lines


def _line(passage_id: str, text: str) -> Passage:
    """Return a line of a critique as a passage."""
    return Passage(
        passage_id, CRITIQUES, "official", "", "paragraph", text=text, text_sha256=hash_text(text)
    )


def _compare(
    repository: Repository, gold: Sequence[GoldReference], passages: Iterable[Passage]
) -> tuple[Marks, Marks]:
    """Return what was marked and what was found in the passages that were read."""
    texts = {p.passage_id: p for p in passages}
    by_id = index_passages([*repository.passages, *texts.values()])
    documents = (*repository.documents, _ASIDE)
    found: Marks = set()
    for passage_id, text_sha256 in dict.fromkeys((g.passage_id, g.text_sha256) for g in gold):
        passage = texts.get(passage_id)
        if passage is None or passage.text_sha256 != text_sha256:
            raise TextChanged(f"{passage_id} is not the text that was marked; mark it again")
        found |= {_mark(r) for r in find_references(passage, by_id, documents)}
    marked = {
        (g.passage_id, g.start, g.end, target)
        for g in gold
        if g.start is not None
        for target in g.targets or (None,)
    }
    return marked, found  # type: ignore[return-value]


def _mark(r: Reference) -> tuple[str | int | None, ...]:
    """Return what a reference has in common with a marked one."""
    return (r.passage_id, r.start, r.end, r.to_passage_id or r.to_document_id)


def _score(text: str, marked: Marks, found: Marks) -> list[Score]:
    """Return the scores of one text: of positions, and of targets."""
    places = {mark[:3] for mark in marked}, {mark[:3] for mark in found}
    return [
        Score(text, measure, len(gold), len(ours), len(gold & ours))
        for measure, (gold, ours) in (("positions", places), ("targets", (marked, found)))
    ]
