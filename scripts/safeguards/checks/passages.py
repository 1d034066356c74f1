"""Checks on passages, on restatements, and on the terms and references that lie in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from safeguards.checks.data import (
    PASSAGES,
    REFERENCES,
    TERMS,
    Data,
    Found,
    check,
    find_repeated,
    find_wrong_words,
)
from safeguards.eid import EID, level_of
from safeguards.model import EDITIONS, Passage, Reference, TermAnchor, hash_text
from safeguards.provisions import split
from safeguards.records import Located
from safeguards.repository import RestatedUnit

_HASH = re.compile(r"[0-9a-f]{64}")
_NUMBERED = ("article", "paragraph", "point")
_WEB = ("https://", "http://")

# Passages.


@check
def passage_id_unique(data: Data) -> Found:
    """A passage id names one passage in each edition."""
    counted = Counter((p.record.passage_id, p.record.edition) for p in data.passages)
    for p in data.passages:
        if counted[p.record.passage_id, p.record.edition] > 1:
            yield PASSAGES, p.line, f"{p.record.passage_id} stands twice in {p.record.edition}"


@check
def passage_address(data: Data) -> Found:
    """A passage id is a document of the register, a colon and the passage's eId."""
    for p in data.passages:
        r = p.record
        if r.document_id not in data.documents:
            yield PASSAGES, p.line, f"no document {r.document_id}"
        if r.passage_id != f"{r.document_id}:{r.eid}" or not EID.fullmatch(r.eid):
            yield PASSAGES, p.line, f"{r.passage_id} is not {r.document_id}:{r.eid}"


@check
def passage_words(data: Data) -> Found:
    """A passage's edition, level, grade and confidence are words of the codebook."""
    columns = ("edition", "level", "grade", "confidence")
    words = {name: data.words["provisions"][name] for name in columns}
    for p in data.passages:
        for message in find_wrong_words(p.record, words):
            yield PASSAGES, p.line, message


@check
def passage_level(data: Data) -> Found:
    """A passage is of the level that its eId says."""
    for p in data.passages:
        if p.record.level not in (level_of(p.record.eid), "editorial"):
            wanted = level_of(p.record.eid)
            yield (
                PASSAGES,
                p.line,
                f"{p.record.passage_id}: {p.record.level}, its eId says {wanted}",
            )


@check
def passage_num(data: Data) -> Found:
    """The printed number of an article, paragraph or point is the one in its eId."""
    for p in data.passages:
        number = p.record.eid.rpartition("_")[2].lower()
        printed = re.sub(r"[\W_]|^art(?:icle)?(?=\W)", "", (p.record.num or "").lower())
        if printed and p.record.level in _NUMBERED and printed != number:
            yield PASSAGES, p.line, f"{p.record.passage_id} is printed as '{p.record.num}'"


@check
def passage_order(data: Data) -> Found:
    """Passages stand together by document, as in the register, and by edition, official first."""
    documents = {document_id: place for place, document_id in enumerate(data.documents)}
    highest = (-1, -1)
    for p in data.passages:
        if p.record.document_id in documents and p.record.edition in EDITIONS:
            place = (documents[p.record.document_id], EDITIONS.index(p.record.edition))
            if place < highest:
                yield PASSAGES, p.line, f"{p.record.passage_id} stands after later texts"
            highest = max(highest, place)


@check
def passage_ordinal(data: Data) -> Found:
    """The passages of a document are counted from 1 without a gap, in each edition."""
    counted: Counter[tuple[str, str]] = Counter()
    for p in data.passages:
        key = (p.record.document_id, p.record.edition)
        counted[key] += 1
        if p.record.ordinal != counted[key]:
            yield (
                PASSAGES,
                p.line,
                f"{p.record.passage_id} is number {counted[key]}, not {p.record.ordinal}",
            )


@check
def passage_hash(data: Data) -> Found:
    """A passage's hash and length are those of its text; an official one has both or neither."""
    for p in data.passages:
        r = p.record
        if r.text is not None and r.text_sha256 != hash_text(r.text):
            yield PASSAGES, p.line, f"the hash of {r.passage_id} is not that of its text"
        if r.text is not None and r.text_chars != len(r.text):
            yield PASSAGES, p.line, f"{r.passage_id} has {len(r.text)} characters"
        if (r.text_sha256 is None) != (r.text_chars is None):
            yield PASSAGES, p.line, f"{r.passage_id} has a hash or a length, not both"
        if (r.text_sha256 == hash_text("")) != (r.text_chars == 0):
            yield PASSAGES, p.line, f"{r.passage_id} has a length of 0 or the hash of no text"
        if r.text_sha256 is not None and not _HASH.fullmatch(r.text_sha256):
            yield PASSAGES, p.line, f"{r.passage_id}: '{r.text_sha256}' is no SHA-256"


@check
def passage_parent(data: Data) -> Found:
    """A passage's parent is a passage of the same edition."""
    for p in data.passages:
        parent = p.record.parent_id
        if parent is not None and (parent, p.record.edition) not in data.by_edition:
            yield PASSAGES, p.line, f"no parent {parent}"


@check
def passage_official(data: Data) -> Found:
    """No official text is committed: only its addresses, hashes and lengths."""
    for p in data.passages:
        if p.record.edition == "official" and p.record.text is not None:
            yield PASSAGES, p.line, f"{p.record.passage_id} holds official text"


# Restatements.


@check
def restated_counterpart(data: Data) -> Found:
    """A restated unit has the same address as an official one, where the official text is known."""
    pinned = {d.document_id for d in data.documents.values() if d.pinned_sha256}
    for p in data.passages:
        official = (p.record.passage_id, "official") in data.by_edition
        if p.record.edition == "restatement" and p.record.document_id in pinned and not official:
            if p.record.level != "preface":
                yield PASSAGES, p.line, f"{p.record.passage_id} is not in the official text"


@check
def restated_grade(data: Data) -> Found:
    """A published restatement has grade A or B."""
    for p in _restated(data):
        if p.record.grade not in ("A", "B"):
            yield PASSAGES, p.line, f"{p.record.passage_id} has grade {p.record.grade}"


@check
def draft_grade(data: Data) -> Found:
    """A draft has grade C; a restatement has neither C nor D."""
    folders = {"restatements": "AB", "drafts": "C"}
    for document_id in data.documents:
        for folder, grades in folders.items():
            path = f"corpus/{folder}/{document_id}.yaml"
            for unit in data.read(path, RestatedUnit):
                if unit.record.grade not in grades:
                    yield path, unit.line, f"{unit.record.eid} has grade {unit.record.grade}"


@check
def draft_unpublished(data: Data) -> Found:
    """What a draft says stands in no passage, and each of its units has an entry beside it."""
    published = {p.record.text: p.record.passage_id for p in _restated(data)}
    for document_id in data.documents:
        path = f"corpus/drafts/{document_id}.yaml"
        text, units = data.repository.units("drafts", document_id) or ("", [])
        drafted = {p.eid: p.text for p in split(text, document_id, "restatement") if p.text}
        for eid in sorted(drafted.keys() ^ {unit.record.eid for unit in units}):
            yield path, 1, f"{eid} has a text or an entry, not both"
        for eid, words in drafted.items():
            if words in published:
                yield path, 1, f"{eid} is published as {published[words]}"


@check
def restated_basis(data: Data) -> Found:
    """A restatement names what it rests on: known passages, or addresses on the web."""
    for p in _restated(data):
        if not p.record.basis:
            yield PASSAGES, p.line, f"{p.record.passage_id} has no basis"
        for basis in p.record.basis:
            if not basis.startswith(_WEB) and basis not in data.passage_ids:
                yield PASSAGES, p.line, f"{p.record.passage_id} rests on unknown {basis}"


@check
def term_length(data: Data) -> Found:
    """An operative term has at most four words."""
    for p in _restated(data):
        for term in p.record.terms:
            if len(term.split()) > 4:
                yield PASSAGES, p.line, f"'{term}' has more than four words"


@check
def term_kept(data: Data) -> Found:
    """An operative term stands in the restated text word for word."""
    for p in _restated(data):
        for term in p.record.terms:
            if term.lower() not in (p.record.text or "").lower():
                yield PASSAGES, p.line, f"'{term}' is not in the text of {p.record.passage_id}"


def _restated(data: Data) -> Iterator[Located[Passage]]:
    """Yield the restated passages that hold text."""
    return (p for p in data.passages if p.record.edition == "restatement" and p.record.text)


# What points into passages.


@check
def term_passage(data: Data) -> Found:
    """An operative term is anchored in a known passage, by the hash of its text."""
    for row in data.read(TERMS, TermAnchor):
        yield from _find_misfit(TERMS, row, data)


@check
def term_span(data: Data) -> Found:
    """An anchor lies in its passage, is as long as its term, and has at most four words."""
    for row in data.read(TERMS, TermAnchor):
        term = row.record.term
        yield from _find_outside(TERMS, row, data)
        if row.record.end - row.record.start != len(term):
            yield TERMS, row.line, f"'{term}' has {len(term)} characters"
        if len(term.split()) > 4:
            yield TERMS, row.line, f"'{term}' has more than four words"


@check
def reference_id(data: Data) -> Found:
    """A reference's id is unique and says where its citation stands."""
    rows = data.read(REFERENCES, Reference)
    yield from find_repeated(REFERENCES, rows, lambda r: r.reference_id)
    for row in rows:
        r = row.record
        if not r.reference_id.startswith(f"{r.passage_id}@{r.edition}:{r.start}-{r.end}."):
            yield REFERENCES, row.line, f"{r.reference_id} does not say where it stands"


@check
def reference_words(data: Data) -> Found:
    """A reference's edition and kind are words of the codebook."""
    for row in data.read(REFERENCES, Reference):
        for message in find_wrong_words(row.record, data.words["references"]):
            yield REFERENCES, row.line, message


@check
def reference_text(data: Data) -> Found:
    """A reference was found in the text that its passage has today."""
    for row in data.read(REFERENCES, Reference):
        if (row.record.passage_id, row.record.edition) in data.by_edition:
            yield from _find_misfit(REFERENCES, row, data)


@check
def reference_span(data: Data) -> Found:
    """A citation lies in its passage and is not empty."""
    for row in data.read(REFERENCES, Reference):
        yield from _find_outside(REFERENCES, row, data)


@check
def reference_target(data: Data) -> Found:
    """A reference leads from a passage of the corpus to one, or to a document of the register."""
    for row in data.read(REFERENCES, Reference):
        r = row.record
        if (r.passage_id, r.edition) not in data.by_edition:
            yield REFERENCES, row.line, f"no {r.edition} passage {r.passage_id}"
        if r.to_passage_id is not None and r.to_passage_id not in data.passage_ids:
            yield REFERENCES, row.line, f"no passage {r.to_passage_id}"
        if r.to_document_id is not None and r.to_document_id not in data.documents:
            yield REFERENCES, row.line, f"no document {r.to_document_id}"


def _find_misfit(path: str, row: Located[TermAnchor] | Located[Reference], data: Data) -> Found:
    """Yield that the passage of *row* is unknown, or has another text."""
    r = row.record
    passage = data.by_edition.get((r.passage_id, r.edition))
    if passage is None:
        yield path, row.line, f"no {r.edition} passage {r.passage_id}"
    elif passage.text_sha256 != r.text_sha256:
        yield path, row.line, f"the text of {r.passage_id} is another one"


def _find_outside(path: str, row: Located[TermAnchor] | Located[Reference], data: Data) -> Found:
    """Yield that the span of *row* is empty, or leaves its passage."""
    r = row.record
    passage = data.by_edition.get((r.passage_id, r.edition))
    length = passage.text_chars if passage else None
    if not 0 <= r.start < r.end or (length is not None and r.end > length):
        yield path, row.line, f"{r.start} to {r.end} is no stretch of {r.passage_id}"
