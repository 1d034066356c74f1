"""Checks on where claims land and stand, and on the verdicts that follow for their parts."""

from __future__ import annotations

from safeguards.assertions import ClaimCheck, Concordance, Fact
from safeguards.checks.data import (
    CLAIM_CHECKS,
    CLAIMS,
    CONCORDANCE,
    FACTS,
    Data,
    Found,
    check,
    find_repeated,
    find_wrong_words,
)
from safeguards.concordance import land
from safeguards.errors import UnknownProvision
from safeguards.model import Claim
from safeguards.verdicts import apply_whole, derive_part, find_part_faults, read_evidence


@check
def claim_concordance(data: Data) -> Found:
    """A target lands where the concordance says its number stands in the adopted text."""
    for row in data.read(CLAIMS, Claim):
        for target in row.record.targets:
            where = f"{target.as_written} of {target.draft or 'the adopted text'}"
            try:
                wanted = land(target, data.repository.concordance, data.passage_ids)
            except UnknownProvision as error:
                yield CLAIMS, row.line, f"{where}: {error}"
                continue
            if wanted is None and target.draft is None:
                yield CLAIMS, row.line, f"{where}: name the passage that it is"
            elif wanted != target.passage_id:
                yield CLAIMS, row.line, f"{where} lands on {wanted}, not {target.passage_id}"


@check
def claim_passage(data: Data) -> Found:
    """A claim stands in a paragraph of its own critique that is no part of the page around it."""
    for row in data.read(CLAIMS, Claim):
        passage_id = row.record.passage_id
        found = data.by_edition.get((passage_id or "", "official"))
        if passage_id is None:
            continue
        if found is None or found.document_id != row.record.document_id:
            yield CLAIMS, row.line, f"no paragraph {passage_id} in {row.record.document_id}"
        elif found.boilerplate:
            yield CLAIMS, row.line, f"{passage_id} is boilerplate"


@check
def concordance_rows(data: Data) -> Found:
    """A number of a draft stands in one row, in the codebook's words."""
    rows = data.read(CONCORDANCE, Concordance)
    yield from find_repeated(
        CONCORDANCE, rows, lambda r: f"{r.document_id}, {r.draft}: {r.article}"
    )
    for row in rows:
        for message in find_wrong_words(row.record, data.words["concordance"]):
            yield CONCORDANCE, row.line, message


@check
def claim_check_parts(data: Data) -> Found:
    """A part asks about a known claim, document and passages, in words its question knows."""
    claims = {row.record.claim_id for row in data.read(CLAIMS, Claim)}
    for row in data.read(CLAIM_CHECKS, ClaimCheck):
        part = row.record
        if part.claim_id not in claims:
            yield CLAIM_CHECKS, row.line, f"no claim {part.claim_id}"
        if part.document_id not in data.documents:
            yield CLAIM_CHECKS, row.line, f"no document {part.document_id}"
        for passage_id in part.passage_ids:
            if passage_id not in data.passage_ids:
                yield CLAIM_CHECKS, row.line, f"no passage {passage_id}"
        wrong = [*find_part_faults(part, data.repository.codebook)]
        for message in [*wrong, *find_wrong_words(part, data.words["claim_checks"])]:
            yield CLAIM_CHECKS, row.line, message


@check
def claim_check_verdict(data: Data) -> Found:
    """Verdicts are those that follow from the data; run 'safeguards claims derive'."""
    evidence = read_evidence(data.repository)
    own: dict[str, list[ClaimCheck]] = {}
    for row in data.read(CLAIM_CHECKS, ClaimCheck):
        part = derive_part(row.record, evidence)
        own.setdefault(part.claim_id, []).append(part)
        if part != row.record:
            yield CLAIM_CHECKS, row.line, f"{part.claim_check_id} should be {part.verdict}"
    for line, known in data.read(CLAIMS, Claim):
        claim = apply_whole(known, own.get(known.claim_id, []))
        if claim != known:
            yield CLAIMS, line, f"{claim.claim_id} should be {claim.verdict}"


@check
def fact_words(data: Data) -> Found:
    """A figure is about a treaty of the register, and of a kind that is known."""
    treaties = {d.document_id for d in data.documents.values() if d.kind == "treaty"}
    for row in data.read(FACTS, Fact):
        if row.record.document_id not in treaties:
            yield FACTS, row.line, f"no treaty {row.record.document_id}"
        for message in find_wrong_words(row.record, data.words["facts"]):
            yield FACTS, row.line, message
