"""Checks on which safeguard clause reaches which power, and on the gap matrix made with that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from safeguards.cells import MatrixNote, RejectedLink, WorkedCell
from safeguards.checks.data import (
    LINKS,
    MATRIX_NOTES,
    REJECTED_LINKS,
    WORKED_MATRIX,
    Data,
    Found,
    check,
    find_repeated,
    find_wrong_version,
    find_wrong_words,
)
from safeguards.eid import article_of
from safeguards.linking import stands_between
from safeguards.matrix import read_candidates, read_differences
from safeguards.model import Link

# Links.


@check
def link_id_unique(data: Data) -> Found:
    """A link id names one link."""
    yield from find_repeated(LINKS, data.read(LINKS, Link), lambda link: link.link_id)


@check
def link_passage(data: Data) -> Found:
    """A link joins three passages of one document."""
    for row in data.read(LINKS, Link):
        link = row.record
        ids = (link.safeguard_passage_id, link.power_passage_id, link.via_passage_id)
        for passage_id in ids:
            if passage_id not in data.passage_ids:
                yield LINKS, row.line, f"no passage {passage_id}"
        if len({passage_id.partition(":")[0] for passage_id in ids}) > 1:
            yield LINKS, row.line, f"{link.link_id} joins passages of different documents"


@check
def link_annotator(data: Data) -> Found:
    """Whoever judged a link, or explained a cell, is described in annotations/annotators.yaml."""
    for path, line, judged in _judged(data):
        if judged.annotator_id not in data.annotators:
            yield path, line, f"nothing says who {judged.annotator_id} is"


@check
def link_reason(data: Data) -> Found:
    """A link, a rejected link and a note on a cell have their reason."""
    for path, line, judged in _judged(data):
        if not judged.reason.strip():
            yield path, line, f"what {judged.annotator_id} judged has no reason"


@check
def link_version(data: Data) -> Found:
    """A link was judged or rejected with a version of the codebook that exists by now."""
    today = data.repository.codebook.codebook_version
    for path, line, judged in _judged(data):
        if not isinstance(judged, MatrixNote):
            if message := find_wrong_version(judged.codebook_version, today):
                yield path, line, message


def _judged(data: Data) -> Iterator[tuple[str, int, Link | RejectedLink | MatrixNote]]:
    """Yield what was judged beside the codes: links, rejected links, notes on cells."""
    yield from ((LINKS, row.line, row.record) for row in data.read(LINKS, Link))
    for rejected in data.read(REJECTED_LINKS, RejectedLink):
        yield REJECTED_LINKS, rejected.line, rejected.record
    for note in data.read(MATRIX_NOTES, MatrixNote):
        yield MATRIX_NOTES, note.line, note.record


@check
def link_via(data: Data) -> Found:
    """A link's words stand in the granting article or the safeguard's, or cite the safeguard's."""
    for row in data.read(LINKS, Link):
        if not stands_between(row.record, data.repository.references):
            via, home = row.record.via_passage_id, article_of(row.record.safeguard_passage_id)
            yield LINKS, row.line, f"{via} does not cite {home}"


@check
def link_candidates(data: Data) -> Found:
    """A reference between coded articles that may carry a safeguard was judged: a link, or none."""
    for candidate in read_candidates(data.repository):
        if not candidate.is_judged:
            via, to = candidate.via_passage_id, candidate.to_passage_id
            yield REJECTED_LINKS, 1, f"nobody judged that {via} cites {to}"


@check
def link_rejected(data: Data) -> Found:
    """A rejected reference leads from one passage of the corpus to another, and stands once."""
    rows = data.read(REJECTED_LINKS, RejectedLink)
    counted = Counter((row.record.via_passage_id, row.record.to_passage_id) for row in rows)
    for row in rows:
        ends = (row.record.via_passage_id, row.record.to_passage_id)
        for lost in [passage_id for passage_id in ends if passage_id not in data.passage_ids]:
            yield REJECTED_LINKS, row.line, f"no passage {lost}"
        if counted[ends] > 1:
            yield REJECTED_LINKS, row.line, f"{ends[0]} to {ends[1]} is rejected twice"


# The gap matrix.


@check
def matrix_difference(data: Data) -> Found:
    """Where the gap matrix differs from a worked cell, a note explains it, and only there."""
    differences = read_differences(data.repository)
    for difference in differences:
        if difference.note is None:
            worked, status = difference.worked, difference.status or "no such power"
            where = f"{worked.power} in {worked.power_passage_id}, {worked.safeguard}"
            yield MATRIX_NOTES, 1, f"{where}: {status}, worked out as {worked.status}"
    used = [difference.note for difference in differences]
    for row in data.read(MATRIX_NOTES, MatrixNote):
        if row.record not in used:
            yield MATRIX_NOTES, row.line, f"no such difference in {row.record.power_passage_id}"


@check
def worked_words(data: Data) -> Found:
    """A worked cell names codes of the codebook and passages of the corpus."""
    for row in data.read(WORKED_MATRIX, WorkedCell):
        words = data.words["matrix"]
        asked = {name: words[name] for name in ("power", "safeguard", "status")}
        for message in find_wrong_words(row.record, asked):
            yield WORKED_MATRIX, row.line, message
        for passage_id in (row.record.power_passage_id, *row.record.basis):
            if passage_id not in data.passage_ids:
                yield WORKED_MATRIX, row.line, f"no passage {passage_id}"
