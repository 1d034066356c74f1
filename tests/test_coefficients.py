"""
Facts about the agreement coefficients, from published worked examples and other programs.

The programs are ``krippendorff`` and ``nltk``; both are for development only.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguards.coefficients import (
    Estimate,
    Metric,
    Unit,
    alpha,
    bootstrap_interval,
    cohen_kappa,
    estimate_alpha,
    masi_distance,
    observed_agreement,
)

METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "masi")
NOT_PAIRED = "no unit was judged by two annotators"
ONE_VALUE = "only one value was used"


def units_from(rows: Sequence[str]) -> list[dict[str, int]]:
    """Return the units of a printed table: a line per annotator, a column per unit, . missing."""
    columns = zip(*(row.split() for row in rows), strict=True)
    return [{f"o{n}": int(v) for n, v in enumerate(c) if v != "."} for c in columns]


def units_from_table(table: Sequence[Sequence[int]]) -> list[dict[str, int]]:
    """Return the units behind a table of counts, annotator "row" by annotator "column"."""
    cells = [(r, c, n) for r, row in enumerate(table) for c, n in enumerate(row)]
    return [{"row": r, "column": c} for r, c, n in cells for _ in range(n)]


def random_ranks(seed: int, units: int = 60, annotators: int = 4) -> list[dict[str, int]]:
    """Return units of noisy ranks 1 to 5, about a fifth of them missing."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 6, units)[:, None]
    ranks = np.clip(truth + rng.integers(-1, 2, (units, annotators)), 1, 5)
    absent = rng.random((units, annotators)) < 0.2
    return [
        {f"o{a}": int(ranks[u, a]) for a in range(annotators) if not absent[u, a]}
        for u in range(units)
    ]


def as_sets(units: Sequence[Mapping[str, int]]) -> list[dict[str, frozenset[str]]]:
    """Return ranks as sets of letters, none of them empty, some overlapping."""
    sets = {1: "a", 2: "ab", 3: "abc", 4: "cd", 5: "e"}
    return [{who: frozenset(sets[rank]) for who, rank in unit.items()} for unit in units]


def values_for(units: Sequence[Mapping[str, int]], metric: Metric) -> Sequence[Unit]:
    """Return the ranks as the kind of value the metric compares."""
    return as_sets(units) if metric == "masi" else units


KRIPPENDORFF_C = units_from(
    [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
)
KRIPPENDORFF_A = units_from(["0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"])
KRIPPENDORFF_B = units_from(["1 1 2 2 4 3 3 3 5 4 4 1", "2 1 2 2 2 3 3 3 5 4 4 4"])
COHEN = units_from_table([[88, 10, 2], [14, 40, 6], [18, 10, 12]])

ranks = st.integers(min_value=1, max_value=5)
ranked_unit = st.dictionaries(st.sampled_from(["ada", "ben", "cem", "dora"]), ranks)
ranked_units = st.lists(ranked_unit, max_size=12)


@pytest.mark.parametrize(
    ("units", "metric", "expected"),
    [
        (KRIPPENDORFF_A, "nominal", 0.095),
        (KRIPPENDORFF_B, "nominal", 0.692),
        (KRIPPENDORFF_C, "nominal", 0.743),
        (KRIPPENDORFF_C, "ordinal", 0.815),
    ],
)
def test_alpha_matches_krippendorff(units: Sequence[Unit], metric: Metric, expected: float) -> None:
    """Alpha is what Krippendorff (2011) prints for his examples A, B and C."""
    assert alpha(units, metric).value == pytest.approx(expected, abs=0.0005)


def test_support_counts_pairable_judgements() -> None:
    """Of example C in Krippendorff (2011), 11 units and n = 40 judgements can be paired."""
    estimate = alpha(KRIPPENDORFF_C, "nominal")
    assert (estimate.units, estimate.judgements) == (11, 40)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("ab", "ab", 0.0),
        ("ab", "abcd", 1 - (1 / 2) * (2 / 3)),
        ("a", "abc", 1 - (1 / 3) * (2 / 3)),
        ("ab", "bc", 1 - (1 / 3) * (1 / 3)),
        ("abc", "bcd", 1 - (1 / 2) * (1 / 3)),
        ("a", "b", 1.0),
        ("", "", 0.0),
        ("", "a", 1.0),
    ],
)
def test_masi_distance_follows_passonneau(left: str, right: str, expected: float) -> None:
    """MASI is Jaccard times 1, 2/3, 1/3 or 0, as Passonneau (2006) defines it."""
    assert masi_distance(frozenset(left), frozenset(right)) == pytest.approx(expected)
    assert masi_distance(frozenset(right), frozenset(left)) == pytest.approx(expected)


def test_kappa_matches_cohen() -> None:
    """Kappa is .492 for the 200 diagnoses of Cohen (1968), table 1, unweighted."""
    estimate = cohen_kappa(COHEN, "row", "column")
    assert estimate.value == pytest.approx(0.492, abs=0.0005)
    assert (estimate.units, estimate.judgements) == (200, 400)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (COHEN, 0.70),
        (KRIPPENDORFF_A, 0.60),
        (KRIPPENDORFF_C, 32 / 40),
    ],
)
def test_observed_agreement_matches_print(units: Sequence[Unit], expected: float) -> None:
    """The diagonals of the tables in Cohen (1968) and Krippendorff (2011) give these shares."""
    assert observed_agreement(units).value == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("metric", ["nominal", "ordinal"])
def test_alpha_agrees_with_krippendorff_package(seed: int, metric: Metric) -> None:
    """The krippendorff package computes the same nominal and ordinal alpha."""
    other = pytest.importorskip("krippendorff")
    units = random_ranks(seed)
    matrix = [[unit.get(f"o{a}", np.nan) for unit in units] for a in range(4)]
    expected = other.alpha(reliability_data=matrix, level_of_measurement=metric)
    assert alpha(units, metric).value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_agrees_with_nltk(seed: int) -> None:
    """NLTK computes the same set-valued alpha, where no set is empty."""
    metrics = pytest.importorskip("nltk.metrics")
    units = as_sets(random_ranks(seed))
    task = metrics.agreement.AnnotationTask(
        data=[(who, n, value) for n, unit in enumerate(units) for who, value in unit.items()],
        distance=metrics.masi_distance,
    )
    assert alpha(units, "masi").value == pytest.approx(task.alpha(), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_kappa_agrees_with_nltk(seed: int) -> None:
    """NLTK computes the same kappa for two annotators who judged every unit."""
    agreement = pytest.importorskip("nltk.metrics.agreement")
    units = [unit for unit in random_ranks(seed, annotators=2) if len(unit) == 2]
    task = agreement.AnnotationTask(
        data=[(who, n, value) for n, unit in enumerate(units) for who, value in unit.items()]
    )
    assert cohen_kappa(units, "o0", "o1").value == pytest.approx(task.kappa(), abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
@given(units=ranked_units, data=st.data())
def test_alpha_ignores_names_and_order(
    metric: Metric, units: list[dict[str, int]], data: st.DataObject
) -> None:
    """Renaming the annotators and shuffling the units leaves alpha as it is."""
    names = data.draw(st.permutations(["ada", "ben", "cem", "dora"]))
    renamed = dict(zip(["ada", "ben", "cem", "dora"], names, strict=True))
    shuffled = data.draw(st.permutations(units))
    other = [{renamed[who]: value for who, value in unit.items()} for unit in shuffled]
    before, after = (alpha(values_for(side, metric), metric) for side in (units, other))
    assert (before.units, before.judgements, before.reason) == (
        after.units,
        after.judgements,
        after.reason,
    )
    assert after.value == (before.value if before.value is None else pytest.approx(before.value))


@pytest.mark.parametrize("metric", METRICS)
@given(units=ranked_units, rank=ranks)
def test_single_judgement_changes_nothing(
    metric: Metric, units: list[dict[str, int]], rank: int
) -> None:
    """A unit with one judgement, or with none, leaves the whole estimate as it is."""
    more = [*units, {"ada": rank}, {}]
    assert alpha(values_for(more, metric), metric) == alpha(values_for(units, metric), metric)


@pytest.mark.parametrize("metric", METRICS)
@given(units=ranked_units)
def test_alpha_is_at_most_one(metric: Metric, units: list[dict[str, int]]) -> None:
    """Alpha is at most 1, or None with a reason, and never NaN."""
    estimate = alpha(values_for(units, metric), metric)
    assert (
        estimate.reason in (NOT_PAIRED, ONE_VALUE)
        if estimate.value is None
        else (estimate.value <= 1)
    )


@pytest.mark.parametrize("metric", METRICS)
@given(truth=st.lists(ranks, min_size=2).filter(lambda ranks: len(set(ranks)) > 1))
def test_identical_judgements_give_exactly_one(metric: Metric, truth: list[int]) -> None:
    """Annotators who always agree, and use two values, have an alpha of exactly 1."""
    units = [{"ada": rank, "ben": rank, "cem": rank} for rank in truth]
    assert alpha(values_for(units, metric), metric).value == 1


@given(units=ranked_units)
def test_chance_correction_only_lowers(units: list[dict[str, int]]) -> None:
    """Nominal alpha is never above the observed agreement it corrects."""
    corrected, observed = alpha(units, "nominal").value, observed_agreement(units).value
    assert corrected is None or (observed is not None and corrected <= observed + 1e-12)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("units", "reason", "support"),
    [
        ([], NOT_PAIRED, (0, 0)),
        ([{}, {}], NOT_PAIRED, (0, 0)),
        ([{"ada": 1}, {"ben": 2}], NOT_PAIRED, (0, 0)),
        ([{"ada": 1, "ben": 1}], ONE_VALUE, (1, 2)),
        ([{"ada": 1, "ben": 1, "cem": 1}, {"ada": 1, "cem": 1}], ONE_VALUE, (2, 5)),
        ([{"ada": 1, "ben": 1}, {"ada": 2}], ONE_VALUE, (1, 2)),
    ],
)
def test_alpha_says_why_it_cannot_be_estimated(
    metric: Metric, units: list[dict[str, int]], reason: str, support: tuple[int, int]
) -> None:
    """Without two judgements of a unit, or two values, alpha is None and says why."""
    expected = Estimate(f"alpha_{metric}", None, None, None, *support, reason)
    assert alpha(values_for(units, metric), metric) == expected


def test_alpha_of_empty_sets_cannot_be_estimated() -> None:
    """Annotators who found nothing anywhere used only one value: the empty set."""
    units: list[Unit] = [{"ada": frozenset(), "ben": frozenset()}] * 3
    assert alpha(units, "masi").text == f"not estimable: {ONE_VALUE}"


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ([{"ada": 1}, {"ben": 1}], NOT_PAIRED),
        ([{"ada": 1, "cem": 2}], NOT_PAIRED),
        ([{"ada": 1, "ben": 1}, {"ada": 2, "cem": 3}], ONE_VALUE),
    ],
)
def test_kappa_says_why_it_cannot_be_estimated(units: list[dict[str, int]], reason: str) -> None:
    """Only units judged by both named annotators count, and they need two values."""
    assert cohen_kappa(units, "ada", "ben").reason == reason


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([{"ada": "x", "ben": "x"}, {"ada": "y", "ben": "y"}], 1.0),
        ([{"ada": "x", "ben": "y"}, {"ada": "y", "ben": "x"}], -1.0),
        ([{"ada": "x", "ben": "y"}, {"ada": "x", "ben": "y"}], 0.0),
    ],
)
def test_kappa_at_its_ends(units: list[dict[str, str]], expected: float) -> None:
    """Kappa is 1 for all alike, -1 for all swapped, 0 if each always says the same."""
    assert cohen_kappa(units, "ada", "ben").value == expected


@pytest.mark.parametrize(
    ("units", "text"),
    [
        ([{"ada": 1}], f"not estimable: {NOT_PAIRED}"),
        ([{"ada": 1, "ben": 1}], "1.00"),
        ([{"ada": 1, "ben": 1, "cem": 2}, {"ada": 1, "ben": 1}], "0.60"),
    ],
)
def test_observed_agreement_needs_only_pairs(units: list[dict[str, int]], text: str) -> None:
    """Observed agreement is a plain share: one value is enough, one annotator is not."""
    assert observed_agreement(units).text == text


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.714, 0.52, 0.8449, "0.71 [0.52, 0.84]"),
        (1.0, None, None, "1.00"),
        (-0.001, -0.5, 0.004, "0.00 [-0.50, 0.00]"),
    ],
)
def test_estimate_as_text(
    value: float, low: float | None, high: float | None, expected: str
) -> None:
    """An estimate is shown in two decimals, with its interval if it has one, and no -0.00."""
    assert Estimate("kappa", value, low, high, 9, 18).text == expected


def test_estimate_refuses_nan() -> None:
    """NaN is no value of an estimate."""
    with pytest.raises(ValueError, match=r"^kappa is not a number; give None and a reason$"):
        Estimate("kappa", float("nan"), None, None, 1, 2)


@pytest.mark.parametrize(
    ("units", "metric", "error", "message"),
    [
        (
            [{"ada": "ab", "ben": "a"}],
            "masi",
            TypeError,
            "alpha (masi) cannot take 'ab'; give only frozenset values",
        ),
        (
            [{"ada": 1, "ben": "high"}],
            "ordinal",
            TypeError,
            "alpha (ordinal) cannot take 'high'; give only int values",
        ),
        (
            [{"ada": 1, "ben": 2}],
            "ratio",
            ValueError,
            "alpha has no metric 'ratio'; use 'nominal', 'ordinal' or 'masi'",
        ),
    ],
)
def test_alpha_refuses_other_values(
    units: list[dict[str, Hashable]], metric: Any, error: type[Exception], message: str
) -> None:
    """A value the metric cannot compare is refused rather than taken for something else."""
    with pytest.raises(error) as caught:
        alpha(units, metric)
    assert str(caught.value) == message


def test_kappa_refuses_one_annotator() -> None:
    """An annotator is not compared with themselves."""
    with pytest.raises(ValueError) as caught:
        cohen_kappa(COHEN, "row", "row")
    assert str(caught.value) == "kappa compares two annotators, not 'row' with itself; name another"


def slow_interval(
    units: Sequence[Unit], clusters: Sequence[str], metric: Metric, replications: int, seed: int
) -> tuple[float, float]:
    """Return the interval as the definition has it: pool the units drawn, compute alpha."""
    rng = np.random.default_rng(seed)
    names = sorted(set(clusters))
    members = {c: [u for u, of in zip(units, clusters, strict=True) if of == c] for c in names}
    draws = [rng.integers(len(names), size=len(names)) for _ in range(replications)]
    values = [alpha([u for i in d for u in members[names[i]]], metric).value for d in draws]
    low, high = np.quantile([v for v in values if v is not None], [0.025, 0.975])
    return float(low), float(high)


CLUSTERS = [f"art_{n // 5:02}" for n in range(60)]


@pytest.mark.parametrize("metric", METRICS)
def test_bootstrap_equals_pooling_the_units_drawn(metric: Metric) -> None:
    """Summing counts per cluster gives what alpha of the drawn units gives, ordinal included."""
    units = values_for(random_ranks(3), metric)
    fast = bootstrap_interval(units, CLUSTERS, metric, replications=50, seed=11)
    assert fast == pytest.approx(slow_interval(units, CLUSTERS, metric, 50, 11))


@pytest.mark.parametrize("metric", METRICS)
def test_bootstrap_repeats_itself(metric: Metric) -> None:
    """The same seed gives the same interval, and another seed another one."""
    units = values_for(random_ranks(3), metric)
    first, again, other = (
        bootstrap_interval(units, CLUSTERS, metric, replications=99, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_bootstrap_ignores_the_order_of_units() -> None:
    """Clusters are drawn by name, so the order of the units does not matter."""
    units = random_ranks(3)
    one = bootstrap_interval(units, CLUSTERS, "ordinal", replications=99, seed=1)
    other = bootstrap_interval(units[::-1], CLUSTERS[::-1], "ordinal", replications=99, seed=1)
    assert one == pytest.approx(other)


def test_bootstrap_ignores_units_judged_once() -> None:
    """A cluster with nothing to pair is not drawn, so it leaves the interval as it is."""
    units = random_ranks(3)
    one = bootstrap_interval(units, CLUSTERS, "nominal", replications=99, seed=1)
    more = bootstrap_interval(
        [*units, {"o1": 1}], [*CLUSTERS, "art_00_bis"], "nominal", replications=99, seed=1
    )
    assert one == more


@pytest.mark.parametrize("metric", METRICS)
def test_interval_brackets_the_estimate(metric: Metric) -> None:
    """With sixty units the 95 percent interval lies around the estimate, and the 50 within it."""
    units = values_for(random_ranks(3), metric)
    wide = estimate_alpha(units, CLUSTERS, metric, replications=400, seed=5)
    half = estimate_alpha(units, CLUSTERS, metric, replications=400, seed=5, level=0.5)
    ends = [float(end or 0) for end in (wide.low, half.low, wide.value, half.high, wide.high)]
    assert ends == sorted(ends)


def test_interval_is_wider_for_clusters_than_for_units() -> None:
    """Where a whole article is judged alike or unlike, drawing units would promise too much."""
    units = [{"ada": n % 2, "ben": (n + (n // 8) % 2) % 2} for n in range(160)]
    by_article, by_unit = (
        bootstrap_interval(units, clusters, "nominal", replications=400, seed=5)
        for clusters in ([f"art_{n // 8}" for n in range(160)], [str(n) for n in range(160)])
    )
    assert by_article is not None and by_unit is not None
    assert by_article[1] - by_article[0] > 1.5 * (by_unit[1] - by_unit[0])


TWO_ARTICLES = [{"ada": 1, "ben": 1}, {"ada": 2, "ben": 2}]
DRAWS_ONE_ARTICLE_TWICE = 0


def test_bootstrap_leaves_out_draws_of_one_value() -> None:
    """Draws in which one value is left count neither as 0 nor as 1: they are left out."""
    units = [*TWO_ARTICLES, {"ada": 1, "ben": 1}]
    interval = bootstrap_interval(units, ["a", "b", "c"], "ordinal", replications=200, seed=1)
    assert interval == (1.0, 1.0)


@pytest.mark.parametrize(
    ("units", "clusters", "seed"),
    [
        ([], [], 1),
        ([{"ada": 1, "ben": 1}] * 2, ["a", "b"], 1),
        ([{"ada": 1, "ben": 2}, {"ada": 1}], ["a", "b"], 1),
        (TWO_ARTICLES, ["a", "a"], 1),
        (TWO_ARTICLES, ["a", "b"], DRAWS_ONE_ARTICLE_TWICE),
    ],
    ids=["no unit", "one value", "one cluster pairable", "one cluster", "draw of one value"],
)
def test_bootstrap_without_support_has_no_interval(
    units: list[dict[str, int]], clusters: list[str], seed: int
) -> None:
    """There is no interval without two clusters and half of the replications estimable."""
    assert bootstrap_interval(units, clusters, "ordinal", replications=1, seed=seed) is None


def test_estimate_without_interval_keeps_its_value() -> None:
    """One cluster gives an estimate and no interval."""
    estimate = estimate_alpha(TWO_ARTICLES, ["a", "a"], "nominal", replications=9, seed=1)
    assert estimate == Estimate("alpha_nominal", 1.0, None, None, 2, 4)


@pytest.mark.parametrize(
    ("clusters", "replications", "level", "message"),
    [
        (["a"], 9, 0.95, "2 units have 1 clusters; give one for each"),
        (["a", "b"], 0, 0.95, "cannot draw 0 times; give one replication or more"),
        (["a", "b"], 9, 95, "level 95 is no share; give one between 0 and 1"),
    ],
)
def test_bootstrap_refuses_arguments(
    clusters: list[str], replications: int, level: float, message: str
) -> None:
    """Arguments that name no interval are refused."""
    with pytest.raises(ValueError) as caught:
        bootstrap_interval(
            TWO_ARTICLES, clusters, "nominal", replications=replications, seed=1, level=level
        )
    assert str(caught.value) == message
