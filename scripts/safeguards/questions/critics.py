"""
Which critiques name a provision, with which claims, and what the data say of them.

Critiques of a draft use its numbers. Each claim is shown with the number as it was written and the
draft, beside the provision of the adopted text on which that lands. From the dataset alone.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from safeguards.assertions import ClaimCheck
from safeguards.eid import is_inside
from safeguards.errors import UsageFault
from safeguards.model import Annotation, Attribute, Link
from safeguards.query import ADJUDICATED, Dataset, Row
from safeguards.verdicts import Evidence, Finding, gather

_WORD = re.compile(r"[a-z0-9]+")
_COMMON = "a an and are as at be by for has in is it no not of on or the to"
_TOO_COMMON = frozenset(_COMMON.split())
_ALIKE = 0.5  # share of the words asked for that a claim must hold


def find_critics_of(dataset: Dataset, provision: str) -> list[Row]:
    """
    Return the claims about a provision, what lies in it, or what it lies in, by critique.

    Raises:
        UnknownDocument, UnknownProvision: There is no such provision.
    """
    passage_id = dataset.provision(provision)
    found = []
    for claim in dataset.claims:
        for target in claim["targets"]:
            place = target["passage_id"]
            if place and (is_inside(place, passage_id) or is_inside(passage_id, place)):
                found.append(_critic_row(dataset, claim, target))
    return sorted(found, key=lambda row: (row["date"] or "", row["critique"], row["claim_id"]))


def _critic_row(dataset: Dataset, claim: Row, target: Row) -> Row:
    """Return a claim with the critique it stands in, and how it lands."""
    critique = dataset.documents[claim["document_id"]]
    return {
        "critique": critique["short_title"],
        "date": critique["date"],
        "stage": critique["stage"],
        "claim_id": claim["claim_id"],
        "claim_type": claim["claim_type"],
        "stance": claim["stance"],
        "claim": claim["claim"],
        "as_written": _as_written(target),
        "citation": dataset.citation(target["passage_id"]),
        "passage_id": target["passage_id"],
        "verdict": claim["verdict"],
        "verdict_reason": claim["verdict_reason"],
        "provisional": claim["provisional"],
        "source": critique["authentic_url"],
        "cite": f"{critique['short_title']}, claim {claim['claim_id']}, in: {dataset.edition_line}",
    }


def _as_written(target: Row) -> str:
    """Return a number as its author wrote it, and in which text."""
    if target["as_written"] is None:
        return "no number, found by its subject"
    return f"{target['as_written']} of the {(target['draft'] or 'adopted text').replace('_', ' ')}"


def find_claim(dataset: Dataset, words: str) -> Row:
    """
    Return the claim with this id, or the one whose words are most like *words*.

    Raises:
        UsageFault: No claim is like it; the message names the nearest.
    """
    by_id = {claim["claim_id"]: claim for claim in dataset.claims}
    if words.strip().upper() in {name.upper() for name in by_id}:
        return next(c for n, c in by_id.items() if n.upper() == words.strip().upper())
    asked = _content_words(words)
    ranked = sorted(
        dataset.claims,
        key=lambda claim: (-_likeness(asked, claim["claim"]), claim["claim_id"]),
    )
    shared = asked & _content_words(ranked[0]["claim"]) if ranked else set()
    if len(shared) > 1 and _likeness(asked, ranked[0]["claim"]) >= _ALIKE:
        return ranked[0]
    near = get_close_matches(words, list(by_id), n=1, cutoff=0.5)
    nearest = near or [claim["claim_id"] for claim in ranked[:1]]
    hint = f"the nearest is {nearest[0]}; " if nearest else ""
    raise UsageFault(f"no claim '{words}'; {hint}'safeguards claims list' lists them")


def _content_words(words: str) -> set[str]:
    """Return the words that carry sense, cut to their first six letters."""
    return {w[:6] for w in _WORD.findall(words.lower()) if w not in _TOO_COMMON}


def _likeness(asked: set[str], claim: str) -> float:
    """Return which share of the words asked for a claim holds; of equal claims the shorter."""
    known = _content_words(claim)
    shared = len(asked & known)
    return shared / len(asked) + 0.001 * shared / len(known or {""}) if asked else 0.0


def find_claims(
    dataset: Dataset,
    *,
    provision: str | None = None,
    claim_type: str | None = None,
    verdict: str | None = None,
    critique: str | None = None,
) -> list[Row]:
    """
    Return the claims about a provision, of a type, with a verdict, of a critique, in file order.

    A claim is about a provision where it targets it, a part of it, or what it lies in.

    Raises:
        UnknownProvision, UnknownDocument, UnknownCode: A name is not known.
    """
    words = dataset.codebook["critiques"] if claim_type or verdict else {}
    for word, vocabulary in ((claim_type, "claim_types"), (verdict, "verdicts")):
        if word:
            dataset.check_code(word, [term["id"] for term in words[vocabulary]])
    document_id = dataset.document(critique) if critique else None
    about = {c["claim_id"] for c in dataset.claims_about(provision)} if provision else None
    return [
        {**claim, "critique": dataset.documents[claim["document_id"]]["short_title"]}
        for claim in dataset.claims
        if claim_type in (None, claim["claim_type"])
        and verdict in (None, claim["verdict"])
        and document_id in (None, claim["document_id"])
        and (about is None or claim["claim_id"] in about)
    ]


def check_claim(dataset: Dataset, words: str) -> Row:
    """
    Return a claim with its parts, the codes that answer each, and the verdict that follows.

    A claim that was not split has no parts; its verdict then was given by hand, or is none.

    Raises:
        UsageFault: There is no such claim.
    """
    claim = find_claim(dataset, words)
    rows = [r for r in dataset.table("claim_checks") if r["claim_id"] == claim["claim_id"]]
    evidence = read_evidence(dataset) if rows else None
    critique = dataset.documents[claim["document_id"]]
    return {
        **claim,
        "critique": critique["short_title"],
        "lands": _as_landed(dataset, claim["targets"]),
        "parts": [_part(dataset, row, evidence) for row in rows if evidence],
        "cite": f"{critique['short_title']}, claim {claim['claim_id']}, in: {dataset.edition_line}",
    }


def _as_landed(dataset: Dataset, targets: list[Row]) -> list[str]:
    """Return where numbers as written stand in the adopted text, one line for each of them."""
    places: dict[str, list[str]] = {}
    for target in targets:
        place = target["passage_id"]
        there = dataset.citation(place) if place else "nothing in the adopted text"
        places.setdefault(_as_written(target), []).append(there)
    return [f"{'; '.join(there)} ({written})" for written, there in places.items()]


def _part(dataset: Dataset, row: Row, evidence: Evidence) -> Row:
    """Return one part as it is shown, with the codes that answer it."""
    found = gather(_record(ClaimCheck, row), evidence)
    return {
        **row,
        "provisions": [dataset.citation(p) for p in row["passage_ids"]],
        "found": [_found(dataset, finding) for finding in found],
        "agreement": sorted({f"{f.row.code}: {_standing(dataset, f.row)}" for f in found}),
        "editions": sorted({f.row.edition for f in found}),
    }


def _found(dataset: Dataset, finding: Finding) -> str:
    """Return one code that answers a part: where, what, and whether a link brings it there."""
    words = (finding.row.code, finding.state, "(by a link)" if finding.linked else "")
    return f"{dataset.citation(finding.row.passage_id)}: {' '.join(filter(None, words))}"


def _standing(dataset: Dataset, row: Annotation) -> str:
    """Return how far a code is agreed on."""
    key = {"round": row.round, "edition": row.edition, "layer": row.layer, "code": row.code}
    return dataset.standings.find(key).explain(row.contested)


def read_evidence(dataset: Dataset) -> Evidence:
    """Return codes, links and what encloses what: all that `gather` looks at."""
    book = dataset.codebook
    columns = ["passage_id", "parent_id", "ordinal"]
    places: dict[str, int] = {}
    parents: dict[str, str | None] = {}
    for row in dataset.iterate("provisions", columns):
        passage_id = row["passage_id"]
        places[passage_id] = row["ordinal"]
        parents[passage_id] = row["parent_id"] or parents.get(passage_id)
    rows = dataset.select("annotations", {"annotator_id": {ADJUDICATED}})
    order = list(dataset.documents)
    rows.sort(
        key=lambda r: (order.index(r["passage_id"].partition(":")[0]), places[r["passage_id"]])
    )
    return Evidence(
        documents={},
        passages=(),
        parents=parents,
        adjudicated=[_record(Annotation, row) for row in rows],
        links=[_record(Link, row) for row in dataset.table("links")],
        claims=(),
        facts=(),
        orders={s["id"]: s["order"] for s in (*book["statuses"], *book["severities"])},
    )


_NESTED = {"attributes": Attribute}


def _record(kind: type[Any], row: Row) -> Any:
    """Return a row as the record it was published from."""
    values = {}
    for name in kind.__dataclass_fields__:
        value = row[name]
        if isinstance(value, list):
            inner = _NESTED.get(name)
            value = tuple(inner(**item) if inner else item for item in value)
        values[name] = value
    return kind(**values)


def find_unanswered(
    dataset: Dataset,
    *,
    document: str | None = None,
    claim_type: str | None = None,
    verdict: str | None = None,
    drafts_only: bool = False,
) -> list[Row]:
    """
    Return the claims of a type or with a verdict, one row for each provision they land on.

    Args:
        dataset: The built dataset.
        document: Only about this treaty, by id or name.
        claim_type: Only claims of this type, such as ``missing_safeguard``.
        verdict: Only claims with this verdict.
        drafts_only: Only where the author wrote a number of a draft.

    Raises:
        UnknownDocument: There is no such treaty.
    """
    treaty = dataset.document(document) if document else None
    found = [
        _critic_row(dataset, claim, target)
        for claim in dataset.claims
        if claim_type in (None, claim["claim_type"]) and verdict in (None, claim["verdict"])
        for target in claim["targets"]
        if target["passage_id"]
        and treaty in (None, target["passage_id"].partition(":")[0])
        and (target["draft"] or not drafts_only)
    ]
    return sorted(found, key=lambda row: (row["date"] or "", row["critique"], row["claim_id"]))
