"""
From files to passages: one source at a time, and the passages that the repository commits.

The committed passages hold the restatements with their text, and of the official texts what is a
fact: addresses, numbers, headings, lengths and hashes. Where an official text is not at hand, its
committed rows stay as they are; where a treaty has no transcription, its outline gives the rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from safeguards.critiques import read_critique
from safeguards.errors import RecordFault, SourceFault, UsageFault
from safeguards.formats import MAX_BYTES, Extracted, extract
from safeguards.model import Document, Passage, Reference, Span, TermAnchor
from safeguards.provisions import split
from safeguards.references import find_references, index_passages
from safeguards.repository import Repository, RestatedUnit

_CHAIN_WORDS = 8  # so many words in a row would be a sentence of somebody else


def read_file(
    path: Path, *, form: str | None = None, language: str = "en", kind: str = "treaty"
) -> Extracted:
    """
    Return the text of the file in *path*, and what to note about it.

    Raises:
        UsageFault: There is no such file.
        SourceFault: It holds no text, or a broken one.
    """
    if not path.is_file():
        raise UsageFault(f"no file {path}; give a text to split")
    if path.stat().st_size > MAX_BYTES:
        raise SourceFault(f"{path} has over {MAX_BYTES // 1_000_000} MB; give the text alone")
    return extract(path.read_bytes(), str(path), form=form, language=language, kind=kind)


def split_source(text: str, document_id: str, edition: str, kind: str = "treaty") -> list[Passage]:
    """
    Return the passages of a text: provisions of a treaty, paragraphs of a critique.

    >>> [p.eid for p in split_source("Logs are kept for ever.", "demo", "official", "critique")]
    ['p_1']
    """
    if kind == "critique":
        return read_critique(text, document_id)
    return split(text, document_id, edition)


def split_bytes(data: bytes, name: str, document_id: str, edition: str) -> list[Passage]:
    r"""
    Return the passages of the text in *data*; a pure function, which may run on any machine.

    >>> [p.eid for p in split_bytes(b"Article 1\n\nOne.", "a.md", "demo", "official")]
    ['art_1']

    Args:
        data: Content of a file.
        name: Its name, for messages and to know its format.
        document_id: Id that the passages' ids begin with.
        edition: ``official`` or ``restatement``.

    Raises:
        SourceFault: The file holds no text, or a broken one.
    """
    return split_source(extract(data, name).text, document_id, edition)


def derive_passages(repository: Repository) -> list[Passage]:
    """Return the passages to commit, documents in the order of the register."""
    derived: list[Passage] = []
    for document in repository.documents:
        derived += _official_rows(repository, document)
        derived += restated_passages(repository, document.document_id)
    return derived


def _official_rows(repository: Repository, document: Document) -> list[Passage]:
    """Return the official passages of a treaty, or the paragraphs of a critique, without text."""
    found = repository.split_official(document)
    if found:
        return [replace(p, text=None) for p in found]
    committed = [p for p in repository.passages if p.document_id == document.document_id]
    if document.pinned_sha256:
        return [p for p in committed if p.edition == "official"]
    return _outline_rows(repository, document.document_id)


def _outline_rows(repository: Repository, document_id: str) -> list[Passage]:
    """Return a row for each chapter and article of a treaty that is known by its outline only."""
    outline = repository.outline(document_id)
    rows: list[Passage] = []
    placed: set[str] = set()
    containers = {c["eid"]: c for c in outline.get("containers", [])}
    for article in outline.get("articles", []):
        home = article["container"]
        if home and home not in placed:
            placed.add(home)
            rows.append(_outline_row(document_id, home, "chapter", containers[home], len(rows)))
        eid = f"art_{article['num']}"
        row = _outline_row(document_id, eid, "article", article, len(rows))
        rows.append(replace(row, parent_id=f"{document_id}:{home}" if home else None))
    return rows


def _outline_row(
    document_id: str, eid: str, level: str, entry: dict[str, str], before: int
) -> Passage:
    """Return one row of an outline."""
    return Passage(
        passage_id=f"{document_id}:{eid}",
        document_id=document_id,
        edition="official",
        eid=eid,
        level=level,
        num=f"{level.capitalize()} {entry['num']}",
        heading=entry["heading"],
        ordinal=before + 1,
        provisional=entry["verified"] not in ("full", "V2"),
        note=entry["note"],
    )


def restated_passages(repository: Repository, document_id: str) -> list[Passage]:
    """
    Return a document's restated passages, with grade, terms and basis.

    Raises:
        RecordFault: A unit of the side file is not in the text, or the other way round.
    """
    restated = repository.restatement(document_id)
    if restated is None:
        return []
    text, units = restated
    passages = split(text, document_id, "restatement")
    by_eid = {located.record.eid: located.record for located in units}
    with_text = {p.eid for p in passages if p.text}
    faults = [f"{eid}: no such unit in the text" for eid in by_eid if eid not in with_text]
    faults += [f"{eid}: no entry beside the text" for eid in sorted(with_text - set(by_eid))]
    if faults:
        raise RecordFault(f"corpus/restatements/{document_id}.yaml", faults)
    return [_with_unit(p, by_eid) for p in passages]


def _with_unit(passage: Passage, by_eid: Mapping[str, RestatedUnit]) -> Passage:
    """Return *passage* with what stands beside it."""
    unit = by_eid.get(passage.eid)
    names = ("grade", "confidence", "terms", "basis", "note")
    return replace(passage, **{name: getattr(unit, name) for name in names}) if unit else passage


def derive_terms(repository: Repository, passages: Sequence[Passage]) -> list[TermAnchor]:
    """
    Return where the operative terms of restated units stand in the official text.

    Documents whose official text is not at hand keep their committed anchors.
    """
    anchors: list[TermAnchor] = []
    for document in repository.documents:
        official = {p.passage_id: p for p in repository.split_official(document)}
        if not official:
            own = document.document_id + ":"
            anchors += [a for a in repository.terms if a.passage_id.startswith(own)]
            continue
        for passage in passages:
            if passage.passage_id in official and passage.edition == "restatement":
                anchors += _iter_anchors(official[passage.passage_id], passage.terms)
    return anchors


def _iter_anchors(official: Passage, terms: Sequence[str]) -> Iterator[TermAnchor]:
    """
    Yield each place where one of *terms* stands in an official passage, in order.

    Terms that stand side by side could be strung together into the official sentence, so a term
    that would make such a chain eight words long is left out.
    """
    text = official.text or ""
    found = {
        (match.start(), match.end(), term)
        for term in terms
        for match in re.finditer(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.IGNORECASE)
    }
    chain = Span(0, 0)
    for start, end, term in sorted(found):
        joined = not re.search(r"\w", text[chain.end : start])
        longer = Span(chain.start if joined else start, max(chain.end, end))
        if len(longer.of(text).split()) < _CHAIN_WORDS:
            chain = longer
            yield TermAnchor(
                official.passage_id, "official", str(official.text_sha256), term, start, end
            )


def derive_references(repository: Repository, passages: Sequence[Passage]) -> list[Reference]:
    """
    Return what official and restated passages cite, documents in the order of the register.

    Documents whose official text is not at hand keep their committed rows.
    """
    by_id = index_passages(passages)
    found: list[Reference] = []
    for document in repository.documents:
        restated = (p for p in passages if p.document_id == document.document_id and p.text)
        found += _official_references(repository, document, by_id)
        for passage in restated:
            found += find_references(passage, by_id, repository.documents)
    return found


def _official_references(
    repository: Repository, document: Document, by_id: Mapping[str, Passage]
) -> list[Reference]:
    """Return what the official passages of a treaty cite; what critiques do, their claims say."""
    official = repository.split_official(document) if document.kind == "treaty" else []
    if not official:
        own = document.document_id + ":"
        committed = (r for r in repository.references if r.passage_id.startswith(own))
        return [r for r in committed if r.edition == "official"]
    return [r for p in official for r in find_references(p, by_id, repository.documents)]
