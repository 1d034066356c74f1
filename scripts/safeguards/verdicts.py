"""
Verdicts that follow from the data: each part of a claim is a question, and its answer is computed.

Seven kinds of question are known. ``safeguard``, ``power`` and ``vagueness`` look for adjudicated
codes on the provisions in play; a safeguard may also reach them by a link. ``outline`` counts
articles and chapters or looks for words in headings, ``register`` looks up a figure on a date,
``critique`` asks what a critique of the corpus claims, and ``none`` stands for what no text can
answer. Nothing found is an answer only where somebody has read the provision. A claim is no better
than its weakest part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from safeguards.assertions import ClaimCheck, Fact
from safeguards.eid import format_citation, is_inside
from safeguards.linking import Parents, iter_enclosing, read_parents
from safeguards.model import Annotation, Claim, Document, Link, Passage

if TYPE_CHECKING:
    from safeguards.codebook import Codebook
    from safeguards.repository import Repository

SUPPORTED = "supported"
QUALIFIED = "supported_with_qualification"
UNCHECKED = "not_checkable_from_text"
PARTLY = "partly_supported"
UNSUPPORTED = "not_supported"
CONTRADICTED = "contradicted"
DATED = "status_dated"
BEST_FIRST = (SUPPORTED, DATED, QUALIFIED, UNCHECKED, PARTLY, UNSUPPORTED, CONTRADICTED)
CODED = ("safeguard", "power", "vagueness")
ABSENT = "absent"
_WEAKER = {"qualified": QUALIFIED, "deferred": PARTLY, ABSENT: CONTRADICTED}
_MILDER = {"slight": QUALIFIED, "none": UNSUPPORTED}


class Answer(NamedTuple):
    """What the data say to a question, why, and whether that may change with a better text."""

    verdict: str
    reason: str
    provisional: bool


class Finding(NamedTuple):
    """An adjudicated code, what it counts as on the provisions in play, and how it gets there."""

    row: Annotation
    state: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What questions are put to.

    Attributes:
        documents: The register, by document_id.
        passages: The passages of the corpus.
        parents: The enclosing passage of each.
        adjudicated: The adjudicated codes.
        links: Which safeguard reaches which power.
        claims: What critiques claim.
        facts: Figures with their dates.
        orders: Statuses and severities of the codebook with their order, strongest highest.
    """

    documents: Mapping[str, Document]
    passages: Sequence[Passage]
    parents: Parents
    adjudicated: Sequence[Annotation]
    links: Sequence[Link]
    claims: Sequence[Claim]
    facts: Sequence[Fact]
    orders: Mapping[str, int]


def read_evidence(repository: Repository) -> Evidence:
    """Return what a checkout holds."""
    codebook = repository.codebook
    return Evidence(
        documents={d.document_id: d for d in repository.documents},
        passages=repository.passages,
        parents=read_parents(repository.passages),
        adjudicated=repository.adjudicated,
        links=repository.links,
        claims=repository.claims,
        facts=repository.facts,
        orders={s.id: s.order for s in codebook.statuses}
        | {s.id: s.order for s in codebook.severities},
    )


def find_part_faults(check: ClaimCheck, codebook: Codebook) -> Iterator[str]:
    """Yield what a question about codes asks for and could never find."""
    if check.question not in CODED:
        return
    for code in check.codes:
        if code not in codebook.ids(check.question):
            yield f"{code} is no {check.question} of the codebook"
    asked = {q.id: q.values for q in codebook.attributes}
    for attribute in check.attributes:
        if attribute.value not in asked.get(attribute.name, []):
            yield f"the codebook asks for no {attribute.name}: {attribute.value}"
    vague = check.question == "vagueness"
    known = {entry.id for entry in (codebook.severities if vague else codebook.statuses)}
    yield from (f"expected: no '{w}' in the codebook" for w in check.expected if w not in known)


def derive_part(check: ClaimCheck, evidence: Evidence) -> ClaimCheck:
    """Return *check* with the verdict that follows from *evidence*."""
    verdict, reason, provisional = answer(check, evidence)
    return replace(check, verdict=verdict, verdict_reason=reason, provisional=provisional)


def derive_whole(parts: Sequence[ClaimCheck]) -> Answer:
    """
    Return the verdict of a whole claim: that of its weakest part.

    A part that cannot be answered leaves the claim open, but a part that fails settles it.
    """
    weakest = max(parts, key=lambda part: BEST_FIRST.index(part.verdict))
    same = [part for part in parts if part.verdict == weakest.verdict]
    if len(parts) == 1:
        reason = weakest.verdict_reason
    else:
        reason = f"Weakest of {len(parts)} parts, '{weakest.part}' {weakest.verdict_reason}"
    firm = any(not part.provisional for part in same)
    can_fall = weakest.verdict != CONTRADICTED and any(part.provisional for part in parts)
    return Answer(weakest.verdict, reason, can_fall or not firm)


def apply_whole(claim: Claim, parts: Sequence[ClaimCheck]) -> Claim:
    """Return *claim* with the verdict of its parts; as it is, where it was not split."""
    if not parts:
        return claim
    verdict, reason, provisional = derive_whole(parts)
    return replace(claim, verdict=verdict, verdict_reason=reason, provisional=provisional)


def answer(check: ClaimCheck, evidence: Evidence) -> Answer:
    """Return the answer to the question of a part."""
    if check.question in CODED:
        return _answer_codes(check, evidence)
    if check.question == "outline":
        return _answer_outline(check, evidence)
    if check.question == "register":
        return _answer_register(check, evidence)
    if check.question == "critique":
        return _answer_critique(check, evidence)
    return Answer(UNCHECKED, "No text can answer this: it is a forecast or a value.", False)


# Codes.


def gather(check: ClaimCheck, evidence: Evidence) -> list[Finding]:
    """Return the adjudicated codes that answer *check*, in their order."""
    links = list(_find_links(check, evidence))
    found = []
    for row in evidence.adjudicated:
        if row.layer == check.question and row.code in check.codes:
            finding = _reach(row, check, links, evidence)
            if finding and finding.state != "not_applicable":
                found.append(finding)
    return found


def _find_links(check: ClaimCheck, evidence: Evidence) -> Iterator[Link]:
    """Yield the links that lead to the provisions in play, to parts of them, or around them."""
    around = {e for p in check.passage_ids for e in iter_enclosing(p, evidence.parents)}
    for link in evidence.links if check.question == "safeguard" else ():
        power = link.power_passage_id
        if power in around or any(is_inside(power, p) for p in check.passage_ids):
            yield link


def _reach(
    row: Annotation, check: ClaimCheck, links: Sequence[Link], evidence: Evidence
) -> Finding | None:
    """
    Return what a code counts as on the provisions in play, or None where it does not reach them.

    As in the gap matrix, a clause that does not name the power counts as qualified at most.
    """
    state = row.status or row.severity or "present"  # a power that was found is present
    if any(is_inside(row.passage_id, place) for place in check.passage_ids):
        return Finding(row, state, False)
    reaching = [x for x in links if is_inside(row.passage_id, x.safeguard_passage_id)]
    if not reaching:
        return None
    if not any(link.names_power for link in reaching):
        state = min(state, "qualified", key=evidence.orders.__getitem__)
    return Finding(row, state, True)


def find_unread(check: ClaimCheck, evidence: Evidence) -> list[str]:
    """Return the provisions in play on which nothing is adjudicated, not even a none."""
    read = {row.passage_id for row in evidence.adjudicated}
    return [p for p in check.passage_ids if not any(is_inside(r, p) for r in read)]


def _answer_codes(check: ClaimCheck, evidence: Evidence) -> Answer:
    """Answer a question about codes: the firmest code found counts."""
    found = gather(check, evidence)
    fitting = [f for f in found if set(check.attributes) <= set(f.row.attributes)]
    if not found:
        return _answer_nothing(check, evidence)
    best = max(fitting or found, key=lambda f: (evidence.orders[f.state], not f.linked))
    where = format_citation(best.row.passage_id, evidence.documents[check.document_id].short_title)
    wanted = ", ".join(f"{a.name} {a.value}" for a in check.attributes)
    other = f" without {wanted}" if check.attributes and not fitting else ""
    verdict = PARTLY if other else _weigh(best.state, check)
    provisional = any(f.row.edition == "restatement" for f in found)
    return Answer(verdict, f"{where}: {best.row.code} {best.state}{other}.", provisional)


def _weigh(state: str, check: ClaimCheck) -> str:
    """Return what a code with this status or severity says of what was expected."""
    if state in check.expected:
        return SUPPORTED
    if check.question == "vagueness":
        return CONTRADICTED if check.expected == ("none",) else _MILDER.get(state, QUALIFIED)
    if "present" not in check.expected:  # the part says that it is weak, or not there
        return CONTRADICTED if state == "present" else PARTLY
    return _WEAKER.get(state, PARTLY)


def _answer_nothing(check: ClaimCheck, evidence: Evidence) -> Answer:
    """Answer where no code was found: that is a finding only where everything was read."""
    title = evidence.documents[check.document_id].short_title
    unread = find_unread(check, evidence)
    if unread:
        cited = "; ".join(format_citation(p, title) for p in unread)
        return Answer(UNCHECKED, f"Not coded yet: {cited}.", True)
    cited = "; ".join(format_citation(p, title) for p in check.passage_ids)
    wanted = {"none"} if check.question == "vagueness" else {ABSENT}
    verdict = SUPPORTED if wanted & set(check.expected) else UNSUPPORTED
    on_restatement = any(
        row.edition == "restatement"
        and any(is_inside(row.passage_id, p) for p in check.passage_ids)
        for row in evidence.adjudicated
    )
    return Answer(verdict, f"Read, and no such code found: {cited}.", on_restatement)


# Facts.


def _answer_outline(check: ClaimCheck, evidence: Evidence) -> Answer:
    """Answer from the articles and chapters of a treaty."""
    rows = [p for p in evidence.passages if p.document_id == check.document_id]
    official = [p for p in rows if p.edition == "official"]
    unread = evidence.documents[check.document_id].pinned_sha256 is None
    if check.fact == "heading":
        return _answer_heading(check, official, unread)
    level = {"articles_total": "article", "chapters_total": "chapter"}[str(check.fact)]
    number = sum(p.level == level for p in official)
    verdict = SUPPORTED if _fits(number, check.expected) else CONTRADICTED
    return Answer(verdict, f"The outline has {number} {level}s.", unread)


def _answer_heading(check: ClaimCheck, official: Sequence[Passage], unread: bool) -> Answer:
    """Answer by the words of headings; any of the expected words will do."""
    for passage in official:
        heading = (passage.heading or "").lower()
        if passage.level == "article" and any(word in heading for word in check.expected):
            return Answer(SUPPORTED, f"{passage.num} has such a heading.", unread)
    words = " or ".join(f"'{word}'" for word in check.expected)
    return Answer(UNSUPPORTED, f"No article has a heading with {words}.", unread)


def _answer_register(check: ClaimCheck, evidence: Evidence) -> Answer:
    """Answer by a figure on a date; a claim without a date can be right only on some date."""
    rows = [f for f in evidence.facts if (f.document_id, f.fact) == (check.document_id, check.fact)]
    on_date = [f for f in rows if f.date == check.date]
    too_few = _find_too_few(check, rows)
    if too_few is not None:
        reason = f"Only {too_few.figure} on {too_few.date}, with confidence high."
        return Answer(CONTRADICTED, reason, False)
    right = [f for f in on_date or rows if _fits(f.figure, check.expected)]
    shown = (right or on_date or rows)[:1]
    if not shown or (check.date and not on_date):
        return Answer(UNCHECKED, f"The register has no such figure for {check.date}.", True)
    fact = shown[0]
    reason = f"{fact.figure} on {fact.date}, with confidence {fact.confidence}."
    if not right:
        return Answer(CONTRADICTED, reason, fact.confidence != "high")
    verdict = SUPPORTED if fact.confidence == "high" else QUALIFIED
    return Answer(verdict if check.date else DATED, reason, fact.confidence != "high")


def _find_too_few(check: ClaimCheck, rows: Sequence[Fact]) -> Fact | None:
    """Return a sure figure of that day or later that is below the least: such counts only grow."""
    least = min(int(word) for word in check.expected)
    later = (f for f in rows if check.date and f.date >= check.date and f.confidence == "high")
    return next((f for f in later if f.figure < least), None)


def _fits(number: int, expected: Sequence[str]) -> bool:
    """Tell whether a number is the expected one, or lies between a least and a most."""
    bounds = [int(word) for word in expected]
    return min(bounds) <= number <= max(bounds)


def _answer_critique(check: ClaimCheck, evidence: Evidence) -> Answer:
    """Answer by what a critique of the corpus claims: any of the codes, in any of its claims."""
    title = evidence.documents[check.document_id].short_title
    for claim in evidence.claims:
        if claim.document_id == check.document_id:
            for code in sorted({*claim.safeguards, *claim.vagueness} & set(check.codes)):
                return Answer(SUPPORTED, f"{title} claims {code} ({claim.claim_id}).", False)
    return Answer(UNSUPPORTED, f"No claim of {title} speaks of it.", False)
