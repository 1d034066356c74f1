"""Checks on the register of documents, and on the outlines of the treaties."""

from __future__ import annotations

import re
from collections.abc import Iterator

from safeguards.checks.data import (
    DOCUMENTS,
    ERRATA,
    Data,
    Found,
    check,
    find_repeated,
    find_wrong_words,
    is_date,
)
from safeguards.errata import Erratum
from safeguards.model import Document

_COMMIT, _HASH = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"\d+\.\d+\.\d+")

# Documents.


@check
def document_id_unique(data: Data) -> Found:
    """A document id names one document."""
    yield from find_repeated(DOCUMENTS, data.read(DOCUMENTS, Document), lambda d: d.document_id)


@check
def document_words(data: Data) -> Found:
    """A document's kind, stage, actor type and stance are words of the codebook."""
    for row in data.read(DOCUMENTS, Document):
        for message in find_wrong_words(row.record, data.words["documents"]):
            yield DOCUMENTS, row.line, message


@check
def document_date(data: Data) -> Found:
    """A document's dates are ISO dates; of a critique, year or month may be all that is known."""
    for row in data.read(DOCUMENTS, Document):
        rest = {4: "-01-01", 7: "-01"} if row.record.kind == "critique" else {}
        date = row.record.date
        if date is not None and not is_date(date + rest.get(len(date), "")):
            yield DOCUMENTS, row.line, f"{row.record.document_id}: '{row.record.date}' is no date"
        for other in (row.record.opened, row.record.in_force):
            if other is not None and not is_date(other):
                yield DOCUMENTS, row.line, f"{row.record.document_id}: '{other}' is no date"


@check
def document_url(data: Data) -> Found:
    """A treaty's addresses, from which texts are fetched, begin with https."""
    for row in data.read(DOCUMENTS, Document):
        fetched = row.record.authentic_url if row.record.kind == "treaty" else None
        for url in (fetched, row.record.pinned_repository):
            if url is not None and not url.startswith("https://"):
                yield DOCUMENTS, row.line, f"{row.record.document_id}: {url} is not https"


@check
def document_pinned(data: Data) -> Found:
    """A pinned transcription in a repository is named in full: path, commit, hash, both ends."""
    for row in data.read(DOCUMENTS, Document):
        d = row.record
        named = (d.pinned_repository, d.pinned_path, d.pinned_commit)
        if any(named) and not all((*named, d.pinned_sha256)):
            yield DOCUMENTS, row.line, f"{d.document_id}: the pinned text is named in part"
        ends = (d.pinned_start, d.pinned_end)
        if ends != (None, None) and not 0 <= (d.pinned_start or 0) < (d.pinned_end or 0):
            yield DOCUMENTS, row.line, f"{d.document_id}: {ends[0]} to {ends[1]} is no stretch"


@check
def document_hash(data: Data) -> Found:
    """A pinned hash is 64 lower-case hex digits, a pinned commit 40."""
    for row in data.read(DOCUMENTS, Document):
        d = row.record
        if d.pinned_sha256 is not None and not _HASH.fullmatch(d.pinned_sha256):
            yield DOCUMENTS, row.line, f"{d.document_id}: '{d.pinned_sha256}' is no SHA-256"
        if d.pinned_commit is not None and not _COMMIT.fullmatch(d.pinned_commit):
            yield DOCUMENTS, row.line, f"{d.document_id}: '{d.pinned_commit}' is no commit"


@check
def document_alias(data: Data) -> Found:
    """A name by which people know a document is in lower case, and no other document's."""
    owners: dict[str, set[str]] = {}
    for d in data.documents.values():
        for name in filter(None, (d.document_id, d.short_title, d.title, *d.aliases)):
            owners.setdefault(name.lower(), set()).add(d.document_id)
    for row in data.read(DOCUMENTS, Document):
        for alias in row.record.aliases:
            if alias != alias.lower():
                yield DOCUMENTS, row.line, f"'{alias}' is not in lower case"
            for other in sorted(owners[alias.lower()] - {row.record.document_id}):
                yield DOCUMENTS, row.line, f"'{alias}' is a name of {other} too"


@check
def document_files(data: Data) -> Found:
    """An outline, a restatement or a draft is called after a document of the register."""
    for folder in ("drafts", "outlines", "restatements"):
        for file in sorted(data.repository.path(f"corpus/{folder}").glob("*.*")):
            if file.stem not in data.documents:
                yield f"corpus/{folder}/{file.name}", 1, f"no document {file.stem}"


# Outlines.


@check
def outline_document(data: Data) -> Found:
    """An outline says which document it is of, as its file does."""
    for path, document_id in _outlines(data):
        told = data.outlines[document_id].get("document_id")
        if told is None or told.value != document_id:
            line = told.start_mark.line + 1 if told else 1
            yield path, line, f"the outline says it is of {told.value if told else 'nothing'}"


@check
def outline_complete(data: Data) -> Found:
    """A treaty's outline has as many articles and chapters as the register says."""
    for document in data.documents.values():
        path = f"corpus/outlines/{document.document_id}.yaml"
        if document.kind != "treaty":
            continue
        listed = data.outline_entries(document.document_id, "containers")
        chapters = [c for c in listed if "__" not in c.record["eid"]]
        articles = data.outline_entries(document.document_id, "articles")
        if document.articles_total not in (None, len(articles)):
            yield path, 1, f"{len(articles)} articles, the register says {document.articles_total}"
        if document.chapters_total not in (None, len(chapters)):
            yield path, 1, f"{len(chapters)} chapters, the register says {document.chapters_total}"


@check
def outline_numbers(data: Data) -> Found:
    """The article numbers of an outline are unique, and run from 1 without a gap."""
    for path, document_id in _outlines(data):
        seen: set[str] = set()
        expected = 1
        for line, article in data.outline_entries(document_id, "articles"):
            num = str(article["num"])
            if num in seen:
                yield path, line, f"article {num} stands twice"
            elif num.isdigit() and int(num) != expected:
                yield path, line, f"article {num} stands where {expected} should"
            seen.add(num)
            expected = int(num) + 1 if num.isdigit() else expected


@check
def outline_containers(data: Data) -> Found:
    """An article of an outline lies in one of its parts, and a part begins and ends at one."""
    for path, document_id in _outlines(data):
        parts = data.outline_entries(document_id, "containers")
        articles = data.outline_entries(document_id, "articles")
        eids, numbers = {p.record["eid"] for p in parts}, {str(a.record["num"]) for a in articles}
        for line, article in articles:
            if article.get("container") not in {*eids, None}:
                yield path, line, f"no part {article['container']}"
        for line, part in parts:
            for end in (part.get("first_article"), part.get("last_article")):
                if end is not None and str(end) not in numbers:
                    yield path, line, f"{part['eid']}: no article {end}"


def _outlines(data: Data) -> Iterator[tuple[str, str]]:
    """Yield path and document id of each outline."""
    return ((f"corpus/outlines/{name}.yaml", name) for name in data.outlines)


# Errata.


@check
def erratum_entry(data: Data) -> Found:
    """An erratum has its own id, a date, the version that corrects it, and what it touches."""
    rows = data.read(ERRATA, Erratum)
    yield from find_repeated(ERRATA, rows, lambda erratum: erratum.erratum_id)
    for row in rows:
        if not is_date(row.record.date):
            yield ERRATA, row.line, f"{row.record.erratum_id}: '{row.record.date}' is no date"
        if _VERSION.fullmatch(row.record.version) is None:
            yield ERRATA, row.line, f"{row.record.erratum_id}: '{row.record.version}' is no version"
        if not row.record.records:
            yield ERRATA, row.line, f"{row.record.erratum_id} names no record; name what it touches"
