"""Checks on the claims of the critiques."""

from __future__ import annotations

from safeguards.checks.data import (
    CLAIMS,
    Data,
    Found,
    check,
    find_repeated,
    find_wrong_words,
)
from safeguards.model import Claim


@check
def claim_id_unique(data: Data) -> Found:
    """A claim id names one claim."""
    yield from find_repeated(CLAIMS, data.read(CLAIMS, Claim), lambda c: c.claim_id)


@check
def claim_document(data: Data) -> Found:
    """A claim stands in a critique of the register."""
    critiques = {d.document_id for d in data.documents.values() if d.kind == "critique"}
    for row in data.read(CLAIMS, Claim):
        if row.record.document_id not in critiques:
            yield CLAIMS, row.line, f"no critique {row.record.document_id}"


@check
def claim_target(data: Data) -> Found:
    """A claim's targets are passages of the corpus."""
    for row in data.read(CLAIMS, Claim):
        for target in row.record.targets:
            if target.passage_id is not None and target.passage_id not in data.passage_ids:
                yield CLAIMS, row.line, f"no passage {target.passage_id}"


@check
def claim_words(data: Data) -> Found:
    """A claim's vocabulary columns hold words of the codebook, lists sorted and unique."""
    for row in data.read(CLAIMS, Claim):
        for message in find_wrong_words(row.record, data.words["claims"]):
            yield CLAIMS, row.line, message


@check
def claim_reason(data: Data) -> Found:
    """A claim says something, and its verdict has a reason."""
    for row in data.read(CLAIMS, Claim):
        if not row.record.claim.strip():
            yield CLAIMS, row.line, f"{row.record.claim_id} says nothing"
        if not row.record.verdict_reason.strip():
            yield CLAIMS, row.line, f"the verdict on {row.record.claim_id} has no reason"
