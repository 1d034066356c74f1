"""
Verdicts on the claims of critiques, written into the checkout where the data give them.

How a verdict follows from the data: `safeguards.verdicts`. Who asks for claims is answered from the
dataset: `safeguards.questions.critics`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from safeguards.assertions import ClaimCheck
from safeguards.records import format_yaml, read_head
from safeguards.repository import Repository
from safeguards.verdicts import apply_whole, derive_part, read_evidence

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
