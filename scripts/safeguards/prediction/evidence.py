"""
What proposals are learnt from and held against: adjudicated passages with a text that is here.

Codes were mostly made on official texts, which are not shipped. Where one was not fetched, the
restatement stands in for it, with its codes on the whole passage, for their offsets mean nothing
there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from safeguards.errors import UsageFault
from safeguards.model import EDITIONS, Annotation, Passage, hash_text
from safeguards.repository import Repository

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    Passages that were adjudicated, with all that was said of them.

    Attributes:
        passages: Passages with text.
        adjudicated: Their adjudicated rows.
        annotated: What annotators said of them without having been shown proposals.
        restated: How many of the passages are restatements that stand in for official texts.
    """

    passages: tuple[Passage, ...]
    adjudicated: tuple[Annotation, ...]
    annotated: tuple[Annotation, ...]
    restated: int


def read_evidence(repository: Repository) -> Evidence:
    """
    Return all that was adjudicated, as far as there is a text.

    Raises:
        UsageFault: Nothing was adjudicated, or there is no text of it.
    """
    rows = repository.adjudicated
    texts = _texts(repository, rows)
    if not texts:
        raise UsageFault("no adjudicated passage has a text here; run 'safeguards fetch' first")
    shown = {name for name in repository.round_names if repository.predictions(name)}
    blind = [row for row in repository.iter_annotations() if row.round not in shown]
    return Evidence(
        passages=tuple(texts.values()),
        adjudicated=tuple(_fit(rows, texts)),
        annotated=tuple(_fit(blind, texts)),
        restated=sum(hash_text(p.text or "") != sha for (_, sha), p in texts.items()),
    )


def _texts(repository: Repository, rows: Sequence[Annotation]) -> dict[Key, Passage]:
    """Return the passage of each coded text, or the restatement that stands in for it."""
    exact: dict[Key, Passage] = {}
    restated: dict[str, Passage] = {}
    for document_id in dict.fromkeys(row.passage_id.partition(":")[0] for row in rows):
        for edition in EDITIONS:
            try:
                found = repository.passages_with_text(document_id, edition)
            except UsageFault:  # Not fetched, or not restated.
                continue
            exact |= {(p.passage_id, hash_text(p.text)): p for p in found if p.text}
            if edition == "restatement":
                restated |= {p.passage_id: p for p in found if p.text}
    keys = dict.fromkeys((row.passage_id, row.text_sha256) for row in rows)
    return {key: p for key in keys if (p := exact.get(key) or restated.get(key[0]))}


def _fit(rows: Sequence[Annotation], texts: Mapping[Key, Passage]) -> Iterator[Annotation]:
    """Yield the rows that have a text; those of an absent text are moved to its restatement."""
    for row in rows:
        passage = texts.get((row.passage_id, row.text_sha256))
        if passage is None:
            continue
        sha = hash_text(passage.text or "")
        moved = {"text_sha256": sha, "start": None, "end": None}
        yield row if sha == row.text_sha256 else replace(row, **moved)  # type: ignore[arg-type]
