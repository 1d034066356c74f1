"""
How far annotators agree: alpha, kappa and observed agreement, as pure functions.

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
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Metric: TypeAlias = Literal["nominal", "ordinal", "masi"]
Unit: TypeAlias = Mapping[str, Hashable]

NOT_PAIRED = "no unit was judged by two annotators"
ONE_VALUE = "only one value was used"

Floats: TypeAlias = npt.NDArray[np.float64]
_Integers: TypeAlias = npt.NDArray[np.intp]
_Judged: TypeAlias = list[tuple[Hashable, ...]]
_AlphaOfDraws: TypeAlias = Callable[[Floats], Floats]
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
    value = None
    if not reason:
        alpha_of = _alpha_function(judged, [""] * len(judged), metric)
        value = float(alpha_of(np.ones((1, 1)))[0])
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
    return find_percentiles(alpha_of(draw_clusters(len(set(kept)), replications, seed)), level)


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


def draw_clusters(clusters: int, replications: int, seed: int) -> Floats:
    """
    Return draws with replacement: replications by clusters, how often each was drawn.

    >>> draw_clusters(3, replications=2, seed=1).tolist()
    [[0.0, 2.0, 1.0], [2.0, 0.0, 1.0]]
    """
    drawn = np.random.default_rng(seed).integers(clusters, size=(replications, clusters))
    cells = drawn + clusters * np.arange(replications)[:, None]
    counted = np.bincount(cells.ravel(), minlength=replications * clusters)
    return counted.reshape(replications, clusters).astype(np.float64)


def find_percentiles(values: Floats, level: float = 0.95) -> tuple[float, float] | None:
    """
    Return the middle *level* of *values*; None if more than half of them are NaN.

    >>> find_percentiles(np.array([0.0, 1.0, np.nan]), level=0.5)
    (0.25, 0.75)
    """
    kept = values[~np.isnan(values)]
    if 2 * len(kept) < len(values):
        return None
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


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
    weight: Floats


@dataclass(frozen=True, slots=True)
class _Counts:
    """
    What the judgements come to, as counts per cluster.

    Attributes:
        marginals: Clusters by values, how often each value was used.
        pairs: Where judgements differ.
    """

    marginals: Floats
    pairs: _Pairs


def _alpha_function(judged: _Judged, clusters: Sequence[str], metric: Metric) -> _AlphaOfDraws:
    """
    Return alpha as a function of draws: rows that say how often each cluster was drawn.

    Clusters are the columns, in sorted order. Where chance expects no disagreement, alpha is NaN.
    """
    values = _distinct_values(judged, metric)
    counts = _count(judged, clusters, values)
    if metric == "ordinal":
        return _ordinal_alpha(counts)
    if metric == "masi":
        return _fixed_alpha(counts, _masi_distances(values))
    return _fixed_alpha(counts, 1.0 - np.eye(len(values)))


def _fixed_alpha(counts: _Counts, distances: Floats) -> _AlphaOfDraws:
    """Return alpha under distances that hold for every draw, so clusters are summed once."""
    pairs = counts.pairs
    apart = pairs.weight * distances[pairs.left, pairs.right]
    observed = np.bincount(pairs.cluster, apart, minlength=len(counts.marginals))

    def alpha_of(draws: Floats) -> Floats:
        marginals = draws @ counts.marginals
        expected = ((marginals @ distances) * marginals).sum(axis=1)
        return _correct_for_chance(draws @ observed, marginals.sum(axis=1), expected)

    return alpha_of


def _ordinal_alpha(counts: _Counts) -> _AlphaOfDraws:
    """Return alpha under ordinal distances, made anew from the marginals of each draw."""
    pairs = counts.pairs

    def alpha_of(draws: Floats) -> Floats:
        marginals = draws @ counts.marginals
        distances = _ordinal_distances(marginals)
        weight = draws[:, pairs.cluster] * pairs.weight
        observed = (weight * distances[:, pairs.left, pairs.right]).sum(axis=1)
        expected = np.einsum("rc,rck,rk->r", marginals, distances, marginals)
        return _correct_for_chance(observed, marginals.sum(axis=1), expected)

    return alpha_of


def _correct_for_chance(observed: Floats, judgements: Floats, expected: Floats) -> Floats:
    """Return one minus D_o over D_e per draw; NaN where chance expects no disagreement."""
    ratio = np.full(len(expected), np.nan)
    np.divide((judgements - 1) * observed, expected, out=ratio, where=expected > 0)
    return 1 - ratio


def _ordinal_distances(marginals: Floats) -> Floats:
    """
    Return the ordinal distances of all pairs of ranks, ascending, for each row of *marginals*.

    ``sum_{g=c..k} n_g - (n_c + n_k) / 2`` is the difference of the midranks of c and k, where a
    midrank is the count up to and including a rank, less half of its own.
    """
    midranks = np.cumsum(marginals, axis=1) - marginals / 2
    return np.square(midranks[:, :, None] - midranks[:, None, :])


def _masi_distances(values: Sequence[frozenset[str]]) -> Floats:
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
    distances: Floats = 1.0 - jaccard * monotonicity
    return distances


def _membership(values: Sequence[frozenset[str]]) -> Floats:
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
