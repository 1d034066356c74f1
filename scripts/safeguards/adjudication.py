"""
From two annotators to one layer: what they share passes through, what they contest is decided.

The question is asked for each finding (`safeguards.pairing`). Where all annotators of the round
have it with the same values it stands, on the words that all of them marked. Everything else is
contested: a third person decides which rows stand, with a reason, and the contest stays visible.
A sample of what they share may be put to the same person; what is confirmed passes through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil

from safeguards.codebook import NONE
from safeguards.eid import container_of
from safeguards.errors import RecordFault
from safeguards.model import Annotation, Decision, Span, hash_text
from safeguards.pairing import Finding, common_span, pair_rows
from safeguards.rulings import Case, name_finding

ADJUDICATED = "adjudicated"
ALL = "all"
_VALUES = ("status", "force", "severity", "direction")
_LAYERS = ("power", "safeguard", "vagueness", NONE)

Round = Mapping[str, Sequence[Annotation]]


@dataclass(frozen=True, slots=True)
class Contest:
    """
    A finding on which the annotators of a round differ.

    Attributes:
        rows: What each annotator said; an annotator without the finding is not in it.
        missing: Annotators who read the passage and do not have the finding.
        differs: The values that differ among those who have it.
    """

    passage_id: str
    layer: str
    code: str
    rows: tuple[Annotation, ...]
    missing: tuple[str, ...]
    differs: tuple[str, ...]

    @property
    def key(self) -> frozenset[str]:
        """The annotation ids at issue; a decision names them."""
        return frozenset(row.annotation_id for row in self.rows)


def find_contests(annotations: Round) -> list[Contest]:
    """Return every finding on which the annotators of a round differ, in document order."""
    readers = _readers(annotations)
    contests = (_contest(finding, readers) for finding in pair_rows(annotations))
    return [contest for contest in contests if contest]


def _readers(annotations: Round) -> dict[str, set[str]]:
    """Return who read each passage; who did not get it contests nothing on it."""
    readers: dict[str, set[str]] = {}
    for annotator_id, rows in annotations.items():
        for row in rows:
            readers.setdefault(row.passage_id, set()).add(annotator_id)
    return readers


def _contest(finding: Finding, readers: Mapping[str, set[str]]) -> Contest | None:
    """Return what is contested about *finding* among those who read the passage, or None."""
    rows = tuple(finding.values())
    missing = tuple(sorted(readers[rows[0].passage_id] - set(finding)))
    differs = tuple(v for v in _VALUES if len({getattr(row, v) for row in rows}) > 1)
    if not missing and not differs:
        return None
    first = rows[0]
    return Contest(first.passage_id, first.layer, first.code, rows, missing, differs)


@dataclass(frozen=True, slots=True)
class ContestedRow:
    """
    A contest, and what became of it.

    Attributes:
        passage_id: Passage at issue.
        layer: Layer of the code.
        code: Code at issue.
        missing: Annotators who read the passage and do not have the finding.
        differs: The values that differ among those who have it.
        decided: Whose row stands, an annotator's or the adjudicator's own; ``dropped`` if nobody's
            does, ``undecided`` without a decision.
        reason: The adjudicator's reason, or None.
    """

    passage_id: str
    layer: str
    code: str
    missing: tuple[str, ...]
    differs: tuple[str, ...]
    decided: str
    reason: str | None


def list_contested(annotations: Round, decisions: Sequence[Decision]) -> list[ContestedRow]:
    """Return every contest with how it was decided, in document order."""
    decided = {frozenset(decision.rows): decision for decision in decisions}
    rows = []
    for c in find_contests(annotations):
        decision = decided.get(c.key)
        reason = decision.reason if decision else None
        became = _outcome(c, decision)
        rows.append(
            ContestedRow(c.passage_id, c.layer, c.code, c.missing, c.differs, became, reason)
        )
    return rows


def _outcome(contest: Contest, decision: Decision | None) -> str:
    """Return whose rows stand after *decision*."""
    if decision is None:
        return "undecided"
    whose = {row.annotation_id: row.annotator_id for row in contest.rows}
    stand = [whose.get(row, decision.annotator_id) for row in decision.accepted]
    return "; ".join(stand) or "dropped"


@dataclass(frozen=True, slots=True)
class ShareRow:
    """
    How much of a layer, an article or both is contested; ``all`` stands for every one.

    Attributes:
        layer: Layer, or ``all``.
        article: passage_id of the article or of the part outside articles, or ``all``.
        findings: Findings of all annotators together.
        contested: How many of these are contested.
        share: Contested of all.
    """

    layer: str
    article: str
    findings: int
    contested: int
    share: float


def share_contested(annotations: Round) -> list[ShareRow]:
    """Return the contested share per layer, per article, and per layer in each article."""
    findings: Counter[tuple[str, str]] = Counter()
    contested: Counter[tuple[str, str]] = Counter()
    readers = _readers(annotations)
    for finding in pair_rows(annotations):
        first = next(iter(finding.values()))
        article = container_of(first.passage_id)
        for key in product((ALL, first.layer), (ALL, article)):
            findings[key] += 1
            contested[key] += _contest(finding, readers) is not None
    order = {article: n for n, article in enumerate(dict.fromkeys(a for _, a in findings))}
    keys = sorted(findings, key=lambda k: (order[k[1]], (ALL, *_LAYERS).index(k[0])))
    return [ShareRow(*k, findings[k], contested[k], contested[k] / findings[k]) for k in keys]


def find_cases(annotations: Round, audit: float = 0.0, seed: int = 0) -> list[Case]:
    """
    Return what an adjudicator is to decide, passage by passage.

    Args:
        annotations: Each annotator's rows.
        audit: Share of the findings without a contest that are decided as well, to see whether
            agreement can be trusted; 0.05 draws one in twenty, rounded up.
        seed: Seed of the draw.
    """
    contested = {contest.key for contest in find_contests(annotations)}
    findings = pair_rows(annotations)
    agreed = [f for f in findings if _key(f) not in contested]
    agreed.sort(key=lambda f: hash_text(f"{seed}\x1f{name_finding(f)}"))
    audited = {_key(f) for f in agreed[: ceil(len(agreed) * audit)]}
    at_issue: dict[str, list[Finding]] = {}
    for finding in findings:
        if _key(finding) in contested | audited:
            at_issue.setdefault(_passage_of(finding), []).append(finding)
    readers: dict[str, set[str]] = {}
    for annotator_id, rows in annotations.items():
        for row in rows:
            readers.setdefault(row.passage_id, set()).add(annotator_id)
    return [Case(p, tuple(sorted(readers[p])), tuple(f)) for p, f in at_issue.items()]


def _key(finding: Finding) -> frozenset[str]:
    """Return the annotation ids of a finding; a decision names them."""
    return frozenset(row.annotation_id for row in finding.values())


def _passage_of(finding: Finding) -> str:
    """Return the passage of a finding."""
    return next(iter(finding.values())).passage_id


def adjudicate(
    annotations: Round, decisions: Sequence[Decision], own: Sequence[Annotation] = ()
) -> list[Annotation]:
    """
    Return the adjudicated layer of a round.

    Passages on which nothing stands get a row ``none``, so that the layer says they were judged.

    Args:
        annotations: Each annotator's rows.
        decisions: One for each contest, and for each finding that was audited.
        own: The adjudicator's rows, where neither annotator's was right.

    Raises:
        RecordFault: A contest is undecided, a decision is on no finding, or accepts a row that is
            not there, or an own row is accepted by no decision; ``faults`` lists all of them.
    """
    contests = {contest.key: contest for contest in find_contests(annotations)}
    decided = {frozenset(d.rows): d for d in decisions}
    findings = {_key(finding): finding for finding in pair_rows(annotations)}
    if faults := list(_iter_faults(contests, findings, decided, own)):
        raise RecordFault("the decisions", faults)
    result = []
    for key, finding in findings.items():
        decision = decided.get(key)
        # An audit that accepts a row confirms what all annotators share.
        if decision is None or (key not in contests and key.intersection(decision.accepted)):
            result.append(_unanimous(list(finding.values())))
        else:
            rows = [*finding.values(), *own]
            result += _decided(rows, decision, contested=key in contests)
    return _with_empty(result, annotations)


def keep_latest(layers: Sequence[Sequence[Annotation]]) -> list[Annotation]:
    """
    Return the adjudicated layers of several rounds as one: a passage has its latest round's codes.

    The codes of earlier rounds stay where they were made, in the files of their annotators.

    Args:
        layers: One adjudicated layer for each round, the earliest first.
    """
    latest = {row.passage_id: row.round for layer in layers for row in layer}
    return [row for layer in layers for row in layer if latest[row.passage_id] == row.round]


def _iter_faults(
    contests: Mapping[frozenset[str], Contest],
    findings: Mapping[frozenset[str], Finding],
    decided: Mapping[frozenset[str], Decision],
    own: Sequence[Annotation],
) -> Iterator[str]:
    """Yield what is wrong between findings, decisions and the adjudicator's own rows."""
    for key, contest in contests.items():
        if key not in decided:
            yield f"{contest.passage_id} {contest.code}: contested and not decided"
    places = {row.annotation_id: row.passage_id for row in own}
    for key, decision in decided.items():
        if key not in findings:
            yield f"{decision.passage_id} {decision.code}: decided and not contested"
        for annotation_id in decision.accepted:
            known = annotation_id in decision.rows
            if not known and places.get(annotation_id) != decision.passage_id:
                yield f"{decision.passage_id} {decision.code}: no row {annotation_id}"
    accepted = {annotation_id for d in decided.values() for annotation_id in d.accepted}
    for row in own:
        if row.annotation_id not in accepted:
            yield f"{row.passage_id} {row.code}: no decision accepts {row.annotation_id}"


def _decided(
    rows: Sequence[Annotation], decision: Decision, *, contested: bool
) -> list[Annotation]:
    """Return the rows that the adjudicator accepted, with the adjudicator's reason."""
    accepted = [row for row in rows if row.annotation_id in decision.accepted]
    return [_publish(row, contested=contested, reason=decision.reason) for row in accepted]


def _unanimous(rows: Sequence[Annotation]) -> Annotation:
    """Return the row all agree on: the surest annotator's, on the words that all marked."""
    best = max(rows, key=lambda row: (row.confidence or 0, len(row.reason or ""), row.annotator_id))
    span = common_span(rows)
    if isinstance(span, Span):
        best = replace(best, start=span.start, end=span.end)
    lowest = min(row.confidence or 0 for row in rows)
    resolved = tuple(sorted({i for row in rows for i in row.resolved_by}))
    best = replace(best, confidence=lowest, resolved_by=resolved)
    return _publish(best, contested=False, reason=best.reason)


def _publish(row: Annotation, *, contested: bool, reason: str | None) -> Annotation:
    """Return *row* as one of the adjudicated layer."""
    return replace(
        row,
        annotation_id=f"{ADJUDICATED}-{row.annotation_id.rsplit('-', 1)[-1]}",
        annotator_id=ADJUDICATED,
        contested=contested,
        reason=reason,
    )


def _with_empty(result: list[Annotation], annotations: Round) -> list[Annotation]:
    """Add a row ``none`` for each passage that was read and holds nothing, and sort."""
    first: dict[str, Annotation] = {}
    for rows in annotations.values():
        for row in rows:
            first.setdefault(row.passage_id, row)
    full = {row.passage_id for row in result}
    result += [_empty(row) for passage_id, row in first.items() if passage_id not in full]
    places = {passage_id: place for place, passage_id in enumerate(first)}
    return sorted(
        result,
        key=lambda r: (
            places[r.passage_id],
            _LAYERS.index(r.layer),
            r.start or 0,
            r.end or 0,
            r.code,
        ),
    )


def _empty(row: Annotation) -> Annotation:
    """Return the row that says nothing stands on the passage of *row*."""
    return Annotation(
        annotation_id=f"{ADJUDICATED}-{hash_text(row.round + row.passage_id)[:12]}",
        passage_id=row.passage_id,
        edition=row.edition,
        text_sha256=row.text_sha256,
        round=row.round,
        annotator_id=ADJUDICATED,
        codebook_version=row.codebook_version,
        layer=NONE,
        code=NONE,
        contested=False,
    )
