"""
The agreement report of a round: how far annotators who worked apart said the same.

A unit is a passage that an annotator read; the passages in which somebody found nothing count as
much as the others. Layers are compared as sets of codes (MASI), single codes as yes or no, status,
force and severity as ranks on the findings that both have, spans by exact and by overlapping words.
Intervals come from a bootstrap over articles, because passages of one article are not independent.
In a round that repeats another, each annotator is compared with the same annotator's first codes.

When a figure can be estimated, and when not:

- No value where no unit was judged twice, or where all judgements are one value: chance cannot be
  corrected for, and neither 0 nor 1 would be true.
- A value, but not called estimable and without an interval, where fewer than five units vary (hold
  a judgement other than the commonest) or these lie in fewer than three articles. With n passages
  that carry a rare code, one disputed passage costs about 1 / (2n - 1): everything at one passage,
  0.33 at two, 0.20 at three, 0.11 at five. And if a code lives in a articles, a bootstrap draw
  misses all of them with probability e ** -a: 37 in 100 at one, 14 at two, 5 at three.
- A value without an interval where fewer than five articles can be drawn, for four articles give 35
  different draws, too few to have one in a tail of 2.5 %; and where every draw gives the same
  value, as it does where no disagreement was seen, for that is no certainty.

A target is met if the value itself, not the lower end of its interval, reaches it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from safeguards.codebook import JUDGED, NONE, Codebook, find_target
from safeguards.coefficients import Estimate, Metric, Unit, alpha, bootstrap_interval
from safeguards.comparisons import Comparison, Place, find_comparisons
from safeguards.eid import container_of
from safeguards.errors import RecordFault
from safeguards.model import LAYERS, Annotation
from safeguards.pairing import Finding
from safeguards.reliability import AgreementRow
from safeguards.repository import Repository
from safeguards.spans import CodedSpan, Match, f1_interval, span_f1

REPLICATIONS = 1000
SEED = 20261122
LEAST_VARIED = 5
LEAST_ARTICLES = 3
LEAST_DRAWN = 5
ALIKE = "every draw of articles gives the same value, which is no certainty"
THIN = (
    f"varied: {{row.varied}} of {LEAST_VARIED} needed; "
    f"articles: {{row.articles}} of {LEAST_ARTICLES} needed"
)
UNSTABLE = "in most draws of articles the value cannot be computed"
DIGITS = 4

_Judged = Sequence[tuple[str, Unit]]
_Interval = tuple[float, float] | None


def build_agreement(repository: Repository) -> list[AgreementRow]:
    """Return the agreement of every round that two have coded, or one has coded twice."""
    return [
        row
        for name in repository.round_names
        for comparison in find_comparisons(repository, name)
        if len(comparison.coded) > 1
        for row in build_report(comparison, repository.codebook)
    ]


# The report.


def build_report(comparison: Comparison, codebook: Codebook) -> list[AgreementRow]:
    """
    Return the agreement of a comparison: layers, judged values, spans, then single codes.

    Args:
        comparison: The codes; passages read without a finding have a row ``none``.
        codebook: For the order of ranks and of codes, and for the targets.
    """
    rows = [*_layer_rows(comparison)]
    if len(comparison.editions) > 1:
        rows += [row for e in comparison.editions for row in _layer_rows(comparison.only(e))]
    rows += _judged_rows(comparison, codebook)
    rows += _span_rows(comparison)
    rows += _code_rows(comparison, codebook)
    return [_with_target(row, codebook) for row in rows]


def _layer_rows(comparison: Comparison) -> Iterator[AgreementRow]:
    """Compare the sets of codes that readers gave each passage, layer by layer."""
    for layer in LAYERS:
        if layer != NONE:
            units: list[tuple[str, Unit]] = [
                (place[0], {reader: _codes_of(layer, given) for reader, given in by.items()})
                for place, by in comparison.codes_by_place.items()
            ]
            yield _alpha_row(comparison, layer, layer, units, "masi")


def _codes_of(layer: str, given: set[tuple[str, str]]) -> frozenset[str]:
    """Return the codes of one layer."""
    return frozenset(code for of_layer, code in given if of_layer == layer)


def _code_rows(comparison: Comparison, codebook: Codebook) -> Iterator[AgreementRow]:
    """Compare yes and no for each code that was used, in the codebook's order."""
    places = comparison.codes_by_place
    used = {pair for by in places.values() for given in by.values() for pair in given}
    order = {code.id: n for n, code in enumerate(codebook.codes)}
    known = sorted(used - {(NONE, NONE)}, key=lambda pair: (order.get(pair[1], len(order)), pair))
    for layer, code in known:
        units: list[tuple[str, Unit]] = [
            (place[0], {r: (layer, code) in given for r, given in by.items()})
            for place, by in places.items()
        ]
        yield _alpha_row(comparison, layer, code, units, "nominal")


def _judged_rows(comparison: Comparison, codebook: Codebook) -> Iterator[AgreementRow]:
    """Compare the values that stand beside a code, on the findings that two readers share."""
    ranks = {
        "status": {s.id: s.order for s in codebook.statuses},
        "force": {f.id: f.order for f in codebook.forces},
        "severity": {s.id: s.order for s in codebook.severities},
    }
    compared = (
        ("safeguard", "status", "ordinal"),
        ("safeguard", "force", "ordinal"),
        ("safeguard", "force", "nominal"),
        ("vagueness", "severity", "ordinal"),
        ("vagueness", "direction", "nominal"),
    )
    for layer, field, metric in compared:
        of_rank = ranks[field] if metric == "ordinal" else None
        units = _judgements(comparison.findings, layer, field, of_rank)
        yield _alpha_row(comparison, layer, field, units, metric)  # type: ignore[arg-type]


def _judgements(
    findings: Sequence[Finding], layer: str, field: str, ranks: Mapping[str, int] | None
) -> list[tuple[str, Unit]]:
    """Return what was said in *field* of each finding of *layer*; as ranks where there are any."""
    units: list[tuple[str, Unit]] = []
    for finding in findings:
        first = next(iter(finding.values()))
        said = {reader: getattr(row, field) for reader, row in finding.items()}
        if first.layer == layer and None not in said.values():
            unknown = [v for v in said.values() if ranks is not None and v not in ranks]
            if unknown:
                raise RecordFault(
                    "the round", [f"{first.passage_id}: the codebook has no {field} {unknown[0]}"]
                )
            values = {reader: ranks[v] if ranks else v for reader, v in said.items()}
            units.append((first.passage_id, values))
    return units


def _span_rows(comparison: Comparison) -> Iterator[AgreementRow]:
    """Compare the words that each pair of readers marked for the same code, in all and by layer."""
    for layer in (None, *(x for x in LAYERS if x != NONE)):
        for left, right in combinations(sorted(comparison.coded), 2):
            pair = (left, right) if comparison.comparison == "inter" else comparison.annotators
            of_pair = replace(comparison, annotators=pair)
            read = {p for p, by in comparison.codes_by_place.items() if left in by and right in by}
            spans = [_spans(comparison.coded[reader], layer, read) for reader in (left, right)]
            yield _f1_row(of_pair, layer, spans[0], spans[1], "exact")
            yield _f1_row(of_pair, layer, spans[0], spans[1], "overlap")


def _spans(rows: Sequence[Annotation], layer: str | None, read: set[Place]) -> set[CodedSpan]:
    """Return the words marked in one layer, or in all, on the passages that both readers read."""
    return {
        (f"{r.passage_id}@{r.edition}", r.code, r.start, r.end)
        for r in rows
        if r.start is not None and r.end is not None
        if layer in (None, r.layer) and (r.passage_id, r.edition) in read
    }


# One figure, and what may be said of it.


def _alpha_row(
    comparison: Comparison, layer: str, subject: str, judged: _Judged, metric: Metric
) -> AgreementRow:
    """Return alpha over *judged*, which are passages with their judgements."""
    twice = [(passage_id, unit) for passage_id, unit in judged if len(unit) > 1]
    units, clusters = [u for _, u in twice], [container_of(p) for p, _ in twice]
    varied = find_varied(twice)
    row = _row(comparison, layer, subject, alpha(units, metric), varied)
    row = replace(row, positive=len(units) if metric == "ordinal" else _positive(units))
    row = _ruled(row, len(set(clusters)))
    if row.reason is not None:
        return row
    return _with_interval(
        row, bootstrap_interval(units, clusters, metric, replications=REPLICATIONS, seed=SEED)
    )


def _positive(units: Sequence[Unit]) -> int:
    """Return how many units carry a code for at least one reader."""
    return sum(any(unit.values()) for unit in units)


def find_varied(judged: _Judged) -> list[str]:
    """
    Return the passages that hold a judgement other than the commonest.

    The commonest value is the one on which most passages agree; of several such values, the one
    that leaves the fewest articles.

    >>> find_varied([("d:art_1", {"ada": 1, "ben": 1}), ("d:art_2", {"ada": 1, "ben": 2})])
    ['d:art_2']
    """
    said = [(passage_id, set(unit.values())) for passage_id, unit in judged]
    alone = Counter(value for _, values in said if len(values) == 1 for value in values)
    most = max(alone.values(), default=0)
    commonest = [value for value, n in alone.items() if n == most] or [None]
    left = [[p for p, values in said if values != {value}] for value in commonest]
    return min(left, key=lambda ids: len(set(map(container_of, ids))))


def _f1_row(
    comparison: Comparison, layer: str | None, left: set[CodedSpan], right: set[CodedSpan],
    match: Match,
) -> AgreementRow:  # fmt: skip
    """Return F1 of two readers' spans."""
    found = span_f1(left, right, match)
    reason = "no spans" if found.f1 is None else None
    support = found.left + found.right
    estimate = Estimate(f"f1_{match}", found.f1, None, None, support, support, reason)
    marked = sorted({span[0].partition("@")[0] for span in left | right})
    row = _row(comparison, layer, "spans", estimate, marked)
    row = _ruled(replace(row, positive=found.matched), row.articles)
    if row.reason is not None:
        return row
    return _with_interval(
        row, f1_interval(left, right, match, _article_of, replications=REPLICATIONS, seed=SEED)
    )


def _article_of(unit_id: str) -> str:
    """Return the article of a passage that is written with its edition."""
    return container_of(unit_id.partition("@")[0])


def _row(
    comparison: Comparison, layer: str | None, subject: str, estimate: Estimate,
    varied: Sequence[str],
) -> AgreementRow:  # fmt: skip
    """Return an estimate as a line of the report, before the rule is applied."""
    editions = comparison.editions
    return AgreementRow(
        round=comparison.round,
        comparison=comparison.comparison,
        annotators=comparison.annotators,
        edition=editions[0] if len(editions) == 1 else "both",
        layer=layer,
        subject=subject,
        measure=estimate.measure,
        value=None if estimate.value is None else _rounded(estimate.value),
        low=None,
        high=None,
        support=estimate.units,
        positive=0,
        varied=len(varied),
        articles=len({container_of(passage_id) for passage_id in varied}),
        estimable=False,
        target=None,
        meets_target=None,
        reason=estimate.reason,
    )


def _ruled(row: AgreementRow, drawn: int) -> AgreementRow:
    """
    Return *row* with whether it is estimable, and why not, or why it gets no interval.

    *drawn* is how many articles a bootstrap could draw from.
    """
    if row.value is None:
        return row
    if row.varied < LEAST_VARIED or row.articles < LEAST_ARTICLES:
        return replace(row, reason=THIN.format(row=row))
    if drawn < LEAST_DRAWN:
        return replace(row, estimable=True, reason=f"{drawn} articles are too few to draw from")
    return replace(row, estimable=True)


def _with_interval(row: AgreementRow, interval: _Interval) -> AgreementRow:
    """Return *row* with its interval, or with why there is none."""
    if interval is None:
        return replace(row, reason=UNSTABLE)
    low, high = _rounded(interval[0]), _rounded(interval[1])
    return replace(row, reason=ALIKE) if low == high else replace(row, low=low, high=high)


def _with_target(row: AgreementRow, codebook: Codebook) -> AgreementRow:
    """Return *row* with the target of its subject and whether it is met; spans have no target."""
    target = None if row.measure.startswith("f1") else _target(row, codebook)
    if target is None:
        return row
    if not row.estimable or row.value is None:
        return replace(row, target=target, meets_target="not_estimable")
    return replace(row, target=target, meets_target="yes" if row.value >= target else "no")


def _target(row: AgreementRow, codebook: Codebook) -> float | None:
    """Return the target of a layer, a code or a judged value; the last have their own or none."""
    layer = None if row.subject in JUDGED else row.layer
    return find_target(codebook, row.subject, layer)


def _rounded(value: float) -> float:
    """Return *value* with the digits that are published, which every machine computes alike."""
    return round(value, DIGITS) + 0.0
