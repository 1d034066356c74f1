"""
Claims of critiques: which there are, and what the data say of those that were split into parts.

Answered from a checkout. How a verdict follows from the data: `safeguards.verdicts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from safeguards.assertions import ClaimCheck
from safeguards.eid import format_citation, is_inside, resolve_provision
from safeguards.errors import UsageFault, unknown_code
from safeguards.model import Claim
from safeguards.records import format_yaml, read_head
from safeguards.repository import Repository
from safeguards.verdicts import Finding, apply_whole, derive_part, gather, read_evidence

CHECKS = "annotations/claim_checks.yaml"
CLAIMS = "corpus/claims.yaml"
Row = dict[str, Any]


def derive_claims(repository: Repository) -> dict[str, str]:
    """Return both files that hold derived verdicts, as they should be: text by path."""
    evidence = read_evidence(repository)
    parts = [derive_part(check, evidence) for check in repository.claim_checks]
    own: dict[str, list[ClaimCheck]] = {}
    for part in parts:
        own.setdefault(part.claim_id, []).append(part)
    claims = [apply_whole(claim, own.get(claim.claim_id, [])) for claim in repository.claims]
    records: dict[str, Sequence[Any]] = {CHECKS: parts, CLAIMS: claims}
    return {
        path: format_yaml(rows, read_head(repository.path(path)))
        for path, rows in records.items()
        if rows
    }


def find_claims(
    repository: Repository,
    *,
    provision: str | None = None,
    claim_type: str | None = None,
    verdict: str | None = None,
    critique: str | None = None,
) -> list[Row]:
    """
    Return the claims about a provision, of a type, with a verdict, of a critique, in file order.

    A claim is about a provision where it targets it, a part of it, or the article it lies in.

    Raises:
        UnknownProvision, UnknownDocument, UnknownCode: A name is not known.
    """
    words = repository.codebook.critiques
    _check_word(claim_type, [term.id for term in words.claim_types])
    _check_word(verdict, [term.id for term in words.verdicts])
    document_id = repository.document(critique).document_id if critique else None
    passage_id = _resolve(repository, provision) if provision else None
    return [
        asdict(claim)
        for claim in repository.claims
        if claim_type in (None, claim.claim_type)
        and verdict in (None, claim.verdict)
        and document_id in (None, claim.document_id)
        and (passage_id is None or _is_about(claim, passage_id))
    ]


def _check_word(word: str | None, known: Sequence[str]) -> None:
    """Refuse a word that the codebook lacks."""
    if word is not None and word not in known:
        raise unknown_code(word, known)


def _resolve(repository: Repository, provision: str) -> str:
    """Return the passage id that people call *provision*."""
    ids = [p.passage_id for p in repository.passages]
    return resolve_provision(provision, repository.aliases, ids)


def _is_about(claim: Claim, passage_id: str) -> bool:
    """Tell whether a claim targets a passage, a part of it, or the article it lies in."""
    targets = [t.passage_id for t in claim.targets if t.passage_id]
    return any(is_inside(t, passage_id) or is_inside(passage_id, t) for t in targets)


def describe_claim(repository: Repository, claim_id: str) -> Row:
    """
    Return a claim with its parts, and the codes that answer each.

    Raises:
        UsageFault: There is no such claim, or it was not split into parts.
    """
    claim = next((c for c in repository.claims if c.claim_id == claim_id), None)
    if claim is None:
        raise UsageFault(f"no claim '{claim_id}'; 'safeguards claims list' lists them")
    evidence = read_evidence(repository)
    parts = [derive_part(c, evidence) for c in repository.claim_checks if c.claim_id == claim_id]
    if not parts:
        split = ", ".join(key for key, _ in groupby(c.claim_id for c in repository.claim_checks))
        raise UsageFault(f"{claim_id} was not split into parts; these were: {split or 'none yet'}")
    titles = {d.document_id: d.short_title for d in repository.documents}
    whole = apply_whole(claim, parts)
    rows = [_part_row(part, gather(part, evidence), titles) for part in parts]
    return {**asdict(whole), "critique": titles[claim.document_id], "parts": rows}


def _part_row(part: ClaimCheck, findings: Sequence[Finding], titles: dict[str, str]) -> Row:
    """Return one part as it is shown, with the codes that answer it."""
    provisions = [_cite(passage_id, titles) for passage_id in part.passage_ids]
    return {
        **asdict(part),
        "provisions": provisions,
        "found": [_shown(finding, titles) for finding in findings],
    }


def _shown(finding: Finding, titles: dict[str, str]) -> str:
    """Return one code that answers a part: where, what, and whether a link brings it there."""
    words = (finding.row.code, finding.state, "(by a link)" if finding.linked else "")
    return f"{_cite(finding.row.passage_id, titles)}: {' '.join(filter(None, words))}"


def _cite(passage_id: str, titles: dict[str, str]) -> str:
    """Return the legal form of a passage id."""
    return format_citation(passage_id, titles[passage_id.partition(":")[0]])
