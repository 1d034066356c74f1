"""
How far annotators agree: alpha, kappa, observed agreement and span F1, as pure functions.

The input is the same everywhere: a sequence of units, each a mapping from annotator to value, in
which an absent annotator is a missing judgement. A coefficient which the data cannot carry is
never 0 or 1 by accident, and never NaN: its value is None and its reason says why.

Sources:

- Krippendorff, K. (2011). Computing Krippendorff's Alpha-Reliability.
  https://repository.upenn.edu/asc_papers/43
- Passonneau, R. (2006). Measuring Agreement on Set-valued Items (MASI) for Semantic and
  Pragmatic Annotation. LREC. https://aclanthology.org/L06-1392/
- Cohen, J. (1960). A Coefficient of Agreement for Nominal Scales.
  https://doi.org/10.1177/001316446002000104
- Zapf, A. et al. (2016). Measuring inter-rater reliability for nominal data: which coefficients
  and confidence intervals are appropriate? https://doi.org/10.1186/s12874-016-0200-9
- Field, C. and Welsh, A. (2007). Bootstrapping clustered data.
  https://doi.org/10.1111/j.1467-9868.2007.00593.x

>>> units = [{"ada": 1, "ben": 1}, {"ada": 2, "ben": 3}, {"ada": 3, "ben": 3}, {"ada": 2}]
>>> alpha(units, "ordinal").text
'0.78'
>>> alpha([{"ada": 1}, {"ben": 1}], "ordinal").text
'not estimable: no unit was judged by two annotators'
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain, product
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Metric: TypeAlias = Literal["nominal", "ordinal", "masi"]
Unit: TypeAlias = Mapping[str, Hashable]
CodedSpan: TypeAlias = tuple[str, str, int, int]

NOT_PAIRED = "no unit was judged by two annotators"
ONE_VALUE = "only one value was used"

_Floats: TypeAlias = npt.NDArray[np.float64]
_Integers: TypeAlias = npt.NDArray[np.intp]
_Judged: TypeAlias = list[tuple[Hashable, ...]]
_AlphaOfDraw: TypeAlias = Callable[[_Floats], float | None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    One coefficient with its support, or the reason why there is none.

    >>> Estimate("alpha_masi", 0.714, 0.52, 0.8449, units=40, judgements=80).text
    '0.71 [0.52, 0.84]'
    >>> Estimate("kappa", None, None, None, units=0, judgements=0)
    Traceback (most recent call last):
        ...
    ValueError: kappa needs either a value or a reason; give exactly one

    Attributes:
        measure: ``alpha_nominal``, ``alpha_ordinal``, ``alpha_masi``, ``kappa`` or
            ``observed_agreement``.
        value: The coefficient; None if it cannot be estimated.
        low: Lower end of the interval; None if there is no interval.
        high: Upper end of the interval; None if there is no interval.
        units: How many units have two judgements or more; only these are used.
        judgements: How many judgements those units have together.
        reason: Why there is no value; None if there is one.
    """

    measure: str
    value: float | None
    low: float | None
    high: float | None
    units: int
    judgements: int
    reason: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            raise ValueError(f"{self.measure} needs either a value or a reason; give exactly one")
        if any(n is not None and math.isnan(n) for n in (self.value, self.low, self.high)):
            raise ValueError(f"{self.measure} is not a number; give None and a reason")

    @property
    def text(self) -> str:
        """The estimate in two decimals, as a table cell shows it."""
        if self.value is None:
            return f"not estimable: {self.reason}"
        if self.low is None or self.high is None:
            return f"{self.value:z.2f}"
        return f"{self.value:z.2f} [{self.low:z.2f}, {self.high:z.2f}]"


@dataclass(frozen=True, slots=True)
class SpanAgreement:
    """
    How far two sets of spans are the same.

    Attributes:
        precision: Matched share of the left spans; None if there are none.
        recall: Matched share of the right spans; None if there are none.
        f1: Harmonic mean of the two; 0 if one side is empty, None if both are.
        left: How many spans the left side has.
        right: How many spans the right side has.
        matched: How many spans found a partner.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    left: int
    right: int
    matched: int


def alpha(units: Sequence[Unit], metric: Metric) -> Estimate:
    """
    Return Krippendorff's alpha, for any number of annotators and with judgements missing.

    ``alpha = 1 - D_o / D_e``, where ``D_o = sum_ck o_ck d_ck / n`` is the disagreement observed
    and ``D_e = sum_ck n_c n_k d_ck / (n (n - 1))`` the one expected by chance. A unit with m
    judgements adds 1 / (m - 1) to the coincidence ``o_ck`` for each ordered pair of them;
    ``n_c`` counts the uses of the value c in units judged at least twice, n all of these
    (Krippendorff 2011). The disagreement ``d_ck`` of two values is

    - nominal: 0 if they are equal, otherwise 1;
    - ordinal: ``(sum_{g=c..k} n_g - (n_c + n_k) / 2)²`` (Krippendorff 2011);
    - masi: see `masi_distance` (Passonneau 2006).

    >>> sets = [{"ada": frozenset("ab"), "ben": frozenset("a")}, {"ada": frozenset("c")},
    ...         {"ada": frozenset(), "ben": frozenset()}]
    >>> estimate = alpha(sets, "masi")
    >>> estimate.text, estimate.units, estimate.judgements
    ('0.57', 2, 4)

    Args:
        units: Annotator to value, per unit; an int rank if ordinal, a frozenset if masi.
        metric: How far apart two values are.

    Raises:
        TypeError: A value is not of the kind the metric compares.
        ValueError: There is no such metric.
    """
    judged = _judged_twice(units)
    values = _distinct_values(judged, metric)
    reason = _why_not_estimable(judged, values)
    value = None if reason else _alpha_function(judged, [""] * len(judged), metric)(np.ones(1))
    return _estimate(f"alpha_{metric}", value, judged, reason)


def bootstrap_interval(
    units: Sequence[Unit],
    clusters: Sequence[str],
    metric: Metric,
    *,
    replications: int,
    seed: int,
    level: float = 0.95,
) -> tuple[float, float] | None:
    """
    Return the percentile interval of alpha when whole clusters are drawn with replacement.

    The bootstrap is the interval Zapf et al. (2016) advise for alpha. Units of one article are
    not independent, so the cluster is what is drawn (Field and Welsh 2007), as often as there are
    clusters with a unit judged twice; other clusters carry nothing.
    The counts of each cluster are made once and a replication adds up those it drew. The ordinal
    metric depends on how often each value is used, so every replication makes it anew from its
    own counts. Replications in which only one value is left are left out.

    The same seed gives the same interval, whatever the order of the units. It is not made to
    contain the estimate.

    >>> units = [{"ada": n % 2, "ben": (n + n // 8) % 2} for n in range(12)]
    >>> clusters = [f"art_{n // 2}" for n in range(12)]
    >>> low, high = bootstrap_interval(units, clusters, "nominal", replications=99, seed=7)
    >>> f"{low:.2f} to {high:.2f}"
    '-0.60 to 1.00'

    Args:
        units: As for `alpha`.
        clusters: The cluster of each unit, for example its article.
        metric: As for `alpha`.
        replications: How many times to draw.
        seed: The only source of randomness.
        level: Share of the replications inside the interval.

    Returns:
        The two ends; None if alpha cannot be estimated, if there is only one cluster to draw
        from, or if fewer than half of the replications can be estimated.

    Raises:
        TypeError: A value is not of the kind the metric compares.
        ValueError: An argument is out of range.
    """
    _require_bootstrap_arguments(units, clusters, replications, level)
    paired = [(c, u) for c, u in zip(clusters, units, strict=True) if len(u) > 1]
    kept = [cluster for cluster, _ in paired]
    judged = _judged_twice(unit for _, unit in paired)
    if _why_not_estimable(judged, _distinct_values(judged, metric)) or len(set(kept)) < 2:
        return None
    alpha_of = _alpha_function(judged, kept, metric)
    drawn = (alpha_of(draw) for draw in _iter_draws(len(set(kept)), replications, seed))
    return _percentiles([value for value in drawn if value is not None], replications, level)


def estimate_alpha(
    units: Sequence[Unit],
    clusters: Sequence[str],
    metric: Metric,
    *,
    replications: int,
    seed: int,
    level: float = 0.95,
) -> Estimate:
    """
    Return `alpha` together with its `bootstrap_interval`; the arguments are the same.

    >>> units = [{"ada": n % 2, "ben": (n + n // 8) % 2} for n in range(12)]
    >>> clusters = [f"art_{n // 2}" for n in range(12)]
    >>> estimate_alpha(units, clusters, "nominal", replications=99, seed=7).text
    '0.36 [-0.60, 1.00]'
    """
    point = alpha(units, metric)
    interval = bootstrap_interval(
        units, clusters, metric, replications=replications, seed=seed, level=level
    )
    return point if interval is None else replace(point, low=interval[0], high=interval[1])


def cohen_kappa(units: Sequence[Unit], left: str, right: str) -> Estimate:
    """
    Return Cohen's kappa of two annotators, over the units which both judged.

    ``kappa = (p_o - p_e) / (1 - p_e)``, where ``p_o`` is the share of units judged alike and
    ``p_e`` the share expected from how often each of the two used each value (Cohen 1960).

    >>> units = [{"ada": "yes", "ben": "yes"}, {"ada": "no", "ben": "no"},
    ...          {"ada": "yes", "ben": "no"}, {"ada": "no"}]
    >>> cohen_kappa(units, "ada", "ben").text
    '0.40'

    Raises:
        ValueError: The two annotators are one.
    """
    if left == right:
        raise ValueError(f"kappa compares two annotators, not {left!r} with itself; name another")
    pairs = [(unit[left], unit[right]) for unit in units if left in unit and right in unit]
    judged: _Judged = list(pairs)
    reason = _why_not_estimable(judged, set(chain.from_iterable(pairs)))
    return _estimate("kappa", None if reason else _kappa(pairs), judged, reason)


def observed_agreement(units: Sequence[Unit]) -> Estimate:
    """
    Return the share of judgements that agree, not corrected for chance.

    With two annotators this is percent agreement. With more, a unit's share is that of its
    agreeing pairs, and a unit weighs as much as it has judgements: ``sum_c o_cc / n`` of the
    coincidences in `alpha`, so that it is one minus the nominal ``D_o``. If only one value was
    used the share is 1, which says nothing about reliability.

    >>> units = [{"ada": "yes", "ben": "yes"}, {"ada": "yes", "ben": "no"}, {"ben": "no"}]
    >>> observed_agreement(units).text
    '0.50'
    """
    judged = _judged_twice(units)
    if not judged:
        return _estimate("observed_agreement", None, judged, NOT_PAIRED)
    agreeing = math.fsum(_agreeing_judgements(values) for values in judged)
    return _estimate("observed_agreement", agreeing / sum(map(len, judged)), judged, None)


def masi_distance(left: frozenset[str], right: frozenset[str]) -> float:
    """
    Return how far apart two sets are: one minus Jaccard times monotonicity (Passonneau 2006).

    Monotonicity is 1 for equal sets, 2/3 if one holds the other, 1/3 if each has members of its
    own beside shared ones, and 0 if they share none. Two empty sets are equal, so 0 apart; an
    empty set is 1 apart from any other.

    >>> round(masi_distance(frozenset({"a"}), frozenset({"a", "b"})), 4)
    0.6667
    >>> masi_distance(frozenset(), frozenset()), masi_distance(frozenset(), frozenset({"a"}))
    (0.0, 1.0)
    """
    return float(_masi_distances([left, right])[0, 1])


def span_f1(
    left: AbstractSet[CodedSpan],
    right: AbstractSet[CodedSpan],
    match: Literal["exact", "overlap"] = "exact",
) -> SpanAgreement:
    """
    Return precision, recall and F1 of two annotators' spans.

    A span is (unit id, code, start, end), half-open. An exact match has all four alike. An
    overlap has unit and code alike and shares at least one character; spans are matched one to
    one, the largest overlap first and of equal ones the tightest pair. So the count does not
    depend on any order, but a cleverer matching may now and then find one pair more. Taking the
    right side as the truth gives precision and recall their usual sense; F1 is the same both ways.

    >>> ada = {("p1", "SG.01", 0, 10), ("p1", "SG.02", 3, 8)}
    >>> ben = {("p1", "SG.01", 4, 12)}
    >>> span_f1(ada, ben).f1
    0.0
    >>> round(span_f1(ada, ben, "overlap").f1, 2)
    0.67

    Raises:
        ValueError: There is no such way to match.
    """
    if match not in ("exact", "overlap"):
        raise ValueError(f"spans are not matched by {match!r}; use 'exact' or 'overlap'")
    matched = len(left & right) if match == "exact" else _count_overlapping(left, right)
    return SpanAgreement(
        precision=_share(matched, len(left)),
        recall=_share(matched, len(right)),
        f1=_share(2 * matched, len(left) + len(right)),
        left=len(left),
        right=len(right),
        matched=matched,
    )


def _judged_twice(units: Iterable[Unit]) -> _Judged:
    """Return the values of each unit that has two or more."""
    return [tuple(unit.values()) for unit in units if len(unit) > 1]


def _why_not_estimable(judged: _Judged, values: Collection[Hashable]) -> str | None:
    """Return why chance cannot be corrected for; None if it can."""
    if not judged:
        return NOT_PAIRED
    return ONE_VALUE if len(values) < 2 else None


def _estimate(measure: str, value: float | None, judged: _Judged, reason: str | None) -> Estimate:
    """Return the estimate without an interval, its support counted."""
    count = sum(map(len, judged))
    return Estimate(measure, value, None, None, len(judged), count, reason)


def _distinct_values(judged: _Judged, metric: Metric) -> list[Any]:
    """Return the values used: ranks ascending, others in the order of their first use."""
    values = list(dict.fromkeys(chain.from_iterable(judged)))
    if metric == "nominal":
        return values
    if metric == "ordinal":
        return sorted(_require_kind(values, int, metric))
    if metric == "masi":
        return _require_kind(values, frozenset, metric)
    raise ValueError(f"alpha has no metric {metric!r}; use 'nominal', 'ordinal' or 'masi'")


def _require_kind(values: list[Hashable], kind: type[_T], metric: str) -> list[_T]:
    """Return *values* if all are of one kind, so that a string is never taken for a set."""
    fitting = [value for value in values if isinstance(value, kind)]
    if len(fitting) < len(values):
        wrong = next(value for value in values if not isinstance(value, kind))
        raise TypeError(f"alpha ({metric}) cannot take {wrong!r}; give only {kind.__name__} values")
    return fitting


def _require_bootstrap_arguments(
    units: Sequence[Unit], clusters: Sequence[str], replications: int, level: float
) -> None:
    """Refuse arguments that name no interval."""
    if len(clusters) != len(units):
        raise ValueError(f"{len(units)} units have {len(clusters)} clusters; give one for each")
    if replications < 1:
        raise ValueError(f"cannot draw {replications} times; give one replication or more")
    if not 0 < level < 1:
        raise ValueError(f"level {level} is no share; give one between 0 and 1")


class _Pairs(NamedTuple):
    """
    Two unlike judgements of one unit, one entry for each cluster and two values.

    Pairs of equal values are left out, for they add no disagreement.

    Attributes:
        cluster: The cluster, as a row of the marginals.
        left: One value, as a column of the marginals.
        right: The other value.
        weight: The coincidences of the two, in both orders.
    """

    cluster: _Integers
    left: _Integers
    right: _Integers
    weight: _Floats


@dataclass(frozen=True, slots=True)
class _Counts:
    """
    What the judgements come to, as counts per cluster.

    Attributes:
        marginals: Clusters by values, how often each value was used.
        pairs: Where judgements differ.
    """

    marginals: _Floats
    pairs: _Pairs


def _alpha_function(judged: _Judged, clusters: Sequence[str], metric: Metric) -> _AlphaOfDraw:
    """Return alpha as a function of how often each cluster, in sorted order, was drawn."""
    values = _distinct_values(judged, metric)
    counts = _count(judged, clusters, values)
    if metric == "ordinal":
        return _ordinal_alpha(counts)
    if metric == "masi":
        return _fixed_alpha(counts, _masi_distances(values))
    return _fixed_alpha(counts, 1.0 - np.eye(len(values)))


def _fixed_alpha(counts: _Counts, distances: _Floats) -> _AlphaOfDraw:
    """Return alpha under distances that hold for every draw, so clusters are summed once."""
    pairs = counts.pairs
    apart = pairs.weight * distances[pairs.left, pairs.right]
    observed = np.bincount(pairs.cluster, apart, minlength=len(counts.marginals))

    def alpha_of(draw: _Floats) -> float | None:
        return _correct_for_chance(float(draw @ observed), draw @ counts.marginals, distances)

    return alpha_of


def _ordinal_alpha(counts: _Counts) -> _AlphaOfDraw:
    """Return alpha under ordinal distances, made anew from the marginals of each draw."""
    pairs = counts.pairs

    def alpha_of(draw: _Floats) -> float | None:
        marginals = draw @ counts.marginals
        distances = _ordinal_distances(marginals)
        weight = draw[pairs.cluster] * pairs.weight
        observed = float(weight @ distances[pairs.left, pairs.right])
        return _correct_for_chance(observed, marginals, distances)

    return alpha_of


def _correct_for_chance(observed: float, marginals: _Floats, distances: _Floats) -> float | None:
    """Return one minus D_o over D_e; None if chance expects no disagreement."""
    expected = float(marginals @ distances @ marginals)
    if expected == 0:
        return None
    return 1 - (float(marginals.sum()) - 1) * observed / expected


def _ordinal_distances(marginals: _Floats) -> _Floats:
    """
    Return the ordinal distances of all pairs of ranks, ascending.

    ``sum_{g=c..k} n_g - (n_c + n_k) / 2`` is the difference of the midranks of c and k, where a
    midrank is the count up to and including a rank, less half of its own.
    """
    midranks = np.cumsum(marginals) - marginals / 2
    return np.square(midranks[:, None] - midranks)


def _masi_distances(values: Sequence[frozenset[str]]) -> _Floats:
    """Return the MASI distances of all pairs of sets."""
    members = _membership(values)
    shared = members @ members.T
    size = np.diagonal(shared)
    union = size[:, None] + size - shared
    smaller = np.minimum(size[:, None], size)
    jaccard = np.divide(shared, union, out=np.ones_like(shared), where=union > 0)
    monotonicity = np.select(
        [shared == union, shared == smaller, shared > 0], [1.0, 2 / 3, 1 / 3], 0.0
    )
    distances: _Floats = 1.0 - jaccard * monotonicity
    return distances


def _membership(values: Sequence[frozenset[str]]) -> _Floats:
    """Return sets by members, 1 where the set has the member."""
    members = sorted(frozenset[str]().union(*values))
    rows = [[float(member in value) for member in members] for value in values]
    return np.array(rows, dtype=np.float64).reshape(len(values), len(members))


def _count(judged: _Judged, clusters: Sequence[str], values: Sequence[Hashable]) -> _Counts:
    """Return the judgements as counts; values and clusters become indices."""
    column = {value: index for index, value in enumerate(values)}
    row = {cluster: index for index, cluster in enumerate(sorted(set(clusters)))}
    codes = np.array([column[value] for value in chain.from_iterable(judged)], dtype=np.intp)
    sizes = np.array([len(unit) for unit in judged], dtype=np.intp)
    rows = np.array([row[cluster] for cluster in clusters], dtype=np.intp)
    marginals = np.zeros((len(row), len(column)))
    np.add.at(marginals, (np.repeat(rows, sizes), codes), 1)
    return _Counts(marginals, _count_pairs(codes, sizes, rows, len(values)))


def _count_pairs(codes: _Integers, sizes: _Integers, rows: _Integers, width: int) -> _Pairs:
    """Return the pairs of all units, taking together the units of one size."""
    starts = np.cumsum(sizes) - sizes
    blocks = [
        _list_pairs(codes[starts[sizes == size, None] + np.arange(size)], rows[sizes == size])
        for size in np.unique(sizes)
    ]
    return _merge_pairs(blocks, width)


def _list_pairs(block: _Integers, rows: _Integers) -> _Pairs:
    """Return every pair of unlike values in *block*, which is units by judgements."""
    size = block.shape[1]
    first, second = np.triu_indices(size, k=1)
    one, other = block[:, first], block[:, second]
    unlike = one != other
    cluster = np.repeat(rows, np.count_nonzero(unlike, axis=1))
    left, right = np.minimum(one, other)[unlike], np.maximum(one, other)[unlike]
    return _Pairs(cluster, left, right, np.full(len(cluster), 2 / (size - 1)))


def _merge_pairs(blocks: Sequence[_Pairs], width: int) -> _Pairs:
    """Return one entry for each cluster and two values; *width* is the number of values."""
    keys = np.concatenate([(b.cluster * width + b.left) * width + b.right for b in blocks])
    kinds, kind = np.unique(keys, return_inverse=True)
    weight = np.zeros(len(kinds))
    np.add.at(weight, kind, np.concatenate([b.weight for b in blocks]))
    return _Pairs(kinds // width**2, kinds // width % width, kinds % width, weight)


def _iter_draws(clusters: int, replications: int, seed: int) -> Iterable[_Floats]:
    """Yield how often each cluster was drawn, per replication."""
    generator = np.random.default_rng(seed)
    for _ in range(replications):
        drawn = generator.integers(clusters, size=clusters)
        yield np.bincount(drawn, minlength=clusters).astype(np.float64)


def _percentiles(
    values: list[float], replications: int, level: float
) -> tuple[float, float] | None:
    """Return the middle *level* of *values*; None if too few replications have one."""
    if 2 * len(values) < replications:
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float:
    """Return kappa from whole numbers, so that perfect agreement is exactly 1."""
    unlike = sum(left != right for left, right in pairs)
    used_left = Counter(left for left, _ in pairs)
    used_right = Counter(right for _, right in pairs)
    alike_by_chance = sum(count * used_right[value] for value, count in used_left.items())
    return 1 - unlike * len(pairs) / (len(pairs) ** 2 - alike_by_chance)


def _agreeing_judgements(values: tuple[Hashable, ...]) -> float:
    """Return the unit's agreeing coincidences, which are at most its judgements."""
    return sum(n * (n - 1) for n in Counter(values).values()) / (len(values) - 1)


def _share(part: int, whole: int) -> float | None:
    """Return part of whole; None if there is no whole."""
    return part / whole if whole else None


def _count_overlapping(left: AbstractSet[CodedSpan], right: AbstractSet[CodedSpan]) -> int:
    """Return how many spans are matched within the same unit and code."""
    lefts, rights = _group_ranges(left), _group_ranges(right)
    return sum(_match_greedily(lefts[key], rights[key]) for key in lefts.keys() & rights.keys())


def _group_ranges(
    spans: AbstractSet[CodedSpan],
) -> Mapping[tuple[str, str], list[tuple[int, int]]]:
    """Return the offsets of the spans by unit and code."""
    groups = defaultdict(list)
    for unit, code, start, end in spans:
        groups[unit, code].append((start, end))
    return groups


def _match_greedily(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> int:
    """Return how many ranges are matched one to one, the best pairs first."""
    pairs = sorted((_rank_pair(a, b), a, b) for a, b in product(left, right))
    taken_left: set[tuple[int, int]] = set()
    taken_right: set[tuple[int, int]] = set()
    for (negative_overlap, *_), a, b in pairs:
        if negative_overlap < 0 and a not in taken_left and b not in taken_right:
            taken_left.add(a)
            taken_right.add(b)
    return len(taken_left)


def _rank_pair(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int, tuple[int, int]]:
    """Return a sort key: more shared characters, a smaller extent, then the earlier; symmetric."""
    overlap = min(a[1], b[1]) - max(a[0], b[0])
    extent = max(a[1], b[1]) - min(a[0], b[0])
    return -overlap, extent, min(a, b)
