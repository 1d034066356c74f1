"""
The agreement report of a round: how far annotators who worked apart said the same.

A unit is a passage that an annotator read; the passages in which somebody found nothing count as
much as the others. Layers are compared as sets of codes (MASI), single codes as yes or no, status
and severity as ranks on the findings they share, spans by exact and by overlapping words. Intervals
come from a bootstrap over articles, because passages of one article are not independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from safeguards.codebook import NONE, Codebook
from safeguards.coefficients import Estimate, Metric, Unit, estimate_alpha, span_f1
from safeguards.eid import article_of
from safeguards.model import LAYERS, Annotation
from safeguards.pairing import pair_rows

REPLICATIONS = 1000
SEED = 20261122


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """
    One line of the report.

    Attributes:
        subject: What was compared: a layer, a code, ``status``, ``severity`` or ``spans``.
        measure: The coefficient.
        value: Its value, or None where it cannot be estimated.
        low: Lower end of the 95 % interval, or None.
        high: Upper end.
        support: Units that two or more annotators judged; for spans, spans of both annotators.
        positive: How many of these units carry the code for at least one annotator.
        reason: Why there is no value.
    """

    subject: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    support: int
    positive: int
    reason: str | None


Round = Mapping[str, Sequence[Annotation]]


def build_report(annotations: Round, codebook: Codebook) -> list[AgreementRow]:
    """
    Return the agreement of a round: layers, status and severity, spans, then single codes.

    Args:
        annotations: Each annotator's rows; passages read without a finding have a row ``none``.
        codebook: For the order of statuses and severities.
    """
    layers = [layer for layer in LAYERS if layer != NONE]
    rows = [_layer_row(annotations, layer) for layer in layers]
    statuses = {s.id: s.order for s in codebook.statuses}
    severities = {s.id: s.order for s in codebook.severities}
    rows.append(_rank_row(annotations, "status", statuses))
    rows.append(_rank_row(annotations, "severity", severities))
    rows += _span_rows(annotations)
    used = {a.code for coded in annotations.values() for a in coded} - {NONE}
    rows += [_code_row(annotations, code.id) for code in codebook.codes if code.id in used]
    return rows


def _code_sets(annotations: Round, layer: str) -> dict[str, dict[str, frozenset[str]]]:
    """Return passage -> annotator -> the codes of *layer* given; empty where read and not coded."""
    found: dict[str, dict[str, set[str]]] = {}
    for annotator, rows in annotations.items():
        for row in rows:
            codes = found.setdefault(row.passage_id, {}).setdefault(annotator, set())
            if row.layer == layer:
                codes.add(row.code)
    return {p: {a: frozenset(c) for a, c in by.items()} for p, by in sorted(found.items())}


def _estimate(units: Mapping[str, Unit], metric: Metric) -> Estimate:
    """Return alpha over *units* (by passage) with an interval over articles."""
    clusters = [article_of(passage_id.partition("#")[0]) for passage_id in units]
    return estimate_alpha(
        list(units.values()), clusters, metric, replications=REPLICATIONS, seed=SEED
    )


def _row(subject: str, estimate: Estimate, positive: int) -> AgreementRow:
    """Return an estimate as a line of the report."""
    e = estimate
    return AgreementRow(subject, e.measure, e.value, e.low, e.high, e.units, positive, e.reason)


def _layer_row(annotations: Round, layer: str) -> AgreementRow:
    """Compare the sets of codes that annotators gave each passage in one layer."""
    units = _code_sets(annotations, layer)
    positive = sum(any(codes.values()) for codes in units.values())
    return _row(layer, _estimate(units, "masi"), positive)


def _code_row(annotations: Round, code: str) -> AgreementRow:
    """Compare yes and no for one code on each passage."""
    units: dict[str, dict[str, bool]] = {}
    for annotator, rows in annotations.items():
        for row in rows:
            judged = units.setdefault(row.passage_id, {})
            judged[annotator] = judged.get(annotator, False) or row.code == code
    positive = sum(any(judged.values()) for judged in units.values())
    return _row(code, _estimate(dict(sorted(units.items())), "nominal"), positive)


def _rank_row(annotations: Round, field: str, ranks: Mapping[str, int]) -> AgreementRow:
    """Compare the ranks of *field* on the findings that annotators share."""
    units: dict[str, dict[str, int]] = {}
    for place, finding in enumerate(pair_rows(annotations)):
        values = {a: getattr(row, field) for a, row in finding.items()}
        if len(values) > 1 and None not in values.values():
            passage_id = next(iter(finding.values())).passage_id
            units[f"{passage_id}#{place}"] = {a: ranks[v] for a, v in values.items()}
    return _row(field, _estimate(units, "ordinal"), len(units))


def _span_rows(annotations: Round) -> Iterator[AgreementRow]:
    """Compare the words that each pair of annotators marked for the same code."""
    spans = {
        annotator: {(a.passage_id, a.code, a.start, a.end) for a in rows if a.start is not None}
        for annotator, rows in annotations.items()
    }
    for left, right in combinations(sorted(spans), 2):
        for match in ("exact", "overlap"):
            found = span_f1(spans[left], spans[right], match)  # type: ignore[arg-type]
            reason = "no spans" if found.f1 is None else None
            yield AgreementRow(
                "spans", f"f1_{match}", found.f1, None, None, found.left + found.right,
                found.matched, reason,
            )  # fmt: skip
