"""The plan of a round: every passage k times, articles whole, quotas kept, the same every time."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from safeguards.adjudication import find_contests
from safeguards.assignment import format_round, group_by_article, plan_assignments
from safeguards.cli.main import main
from safeguards.errors import UsageFault
from safeguards.model import Assignment
from safeguards.repository import Repository

PEOPLE = ("ann", "ben", "cay", "dan", "eve", "fay")


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Draw articles, people, an overlap, a seed, and quotas that may or may not suffice."""
    sizes = draw(st.lists(st.integers(1, 9), min_size=1, max_size=20))
    people = PEOPLE[: draw(st.integers(1, 6))]
    quotas = st.dictionaries(st.sampled_from(people), st.integers(0, 2 * sum(sizes)))
    return {
        "articles": {f"d:art_{n}": size for n, size in enumerate(sizes, 1)},
        "annotators": people,
        "overlap": draw(st.integers(1, len(people))),
        "seed": draw(st.integers(0, 10**6)),
        "quotas": draw(quotas),
    }


def planned(request: dict[str, Any]) -> tuple[Assignment, ...] | None:
    """Return the plan, or None where the request is refused."""
    try:
        return plan_assignments(**request)
    except UsageFault:
        return None


@given(requests())
def test_every_article_has_exactly_k_annotators(request: dict[str, Any]) -> None:
    """Every article, whole, goes to as many different annotators as the overlap says."""
    if (made := planned(request)) is not None:
        pairs = [(a.annotator_id, address) for a in made for address in a.passages]
        assert len(pairs) == len(set(pairs))
        counted = Counter(address for _, address in pairs)
        assert counted == dict.fromkeys(request["articles"], request["overlap"])


@given(requests())
def test_no_quota_is_exceeded(request: dict[str, Any]) -> None:
    """Nobody gets more passages than their quota, which stands in the plan."""
    articles, quotas = request["articles"], request["quotas"]
    for a in planned(request) or ():
        assert sum(articles[address] for address in a.passages) <= quotas.get(a.annotator_id, 10**9)
        assert a.quota == quotas.get(a.annotator_id)


@given(requests())
def test_the_same_seed_gives_the_same_plan(request: dict[str, Any]) -> None:
    """A plan follows from its arguments, also where articles are named in another order."""
    backwards = {**request, "articles": dict(reversed(request["articles"].items()))}
    assert planned(request) == planned(backwards)


@given(requests())
def test_without_quotas_there_is_always_a_plan(request: dict[str, Any]) -> None:
    """What a refusal proposes does: without quotas, or with the quota named, a plan is found."""
    free = plan_assignments(**{**request, "quotas": {}})
    articles = request["articles"]
    enough = max(sum(articles[address] for address in a.passages) for a in free)
    quotas = dict.fromkeys(request["annotators"], enough)
    assert planned({**request, "quotas": quotas}) is not None


def test_another_seed_gives_another_plan() -> None:
    """The seed changes who gets what, and in which order."""
    articles = {f"d:art_{n}": 1 for n in range(20)}
    one, two = (plan_assignments(articles, PEOPLE, overlap=2, seed=s) for s in (1, 2))
    assert one != two


def test_work_is_shared_evenly() -> None:
    """Without quotas nobody gets more than one article of passages above anybody else."""
    articles = {f"d:art_{n}": 3 for n in range(20)}
    plan = plan_assignments(articles, PEOPLE, overlap=2, seed=5)
    loads = [len(a.passages) for a in plan]
    assert max(loads) - min(loads) <= 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"overlap": 3},
            "an overlap of 3 needs 3 annotators, and there are 2; name more, or use --overlap 2",
        ),
        (
            {"quotas": {"ann": 4, "ben": 5}},
            "5 passages, 2 times each, are 10, and the quotas allow 9; a quota of 5 or more is "
            "needed, or more annotators, or fewer passages",
        ),
        (
            {"overlap": 1, "quotas": {"ann": 2, "ben": 3}, "articles": {"d:art_1": 4}},
            "articles stay whole, and so they do not fit into the quotas; "
            "a quota of 4 for everybody would do",
        ),
        (
            {"quotas": {"cay": 3}},
            "cay has a quota and is no annotator; add --annotator",
        ),
        ({"annotators": ["ann", "ann"]}, "ann is named twice; name each annotator once"),
    ],
)
def test_what_is_impossible_is_told_in_one_line(changes: dict[str, Any], message: str) -> None:
    """A plan that cannot be made is refused, and the line says what would do."""
    request: dict[str, Any] = {
        "articles": {"d:art_1": 3, "d:art_2": 2},
        "annotators": ["ann", "ben"],
        "overlap": 2,
        "seed": 1,
    }
    with pytest.raises(UsageFault) as caught:
        plan_assignments(**{**request, **changes})
    assert str(caught.value) == message


def test_an_annex_with_words_of_its_own_stays_whole() -> None:
    """Articles below a part that opens with words go with it, so that no passage goes twice."""
    ids = ["d:art_1", "d:att_1", "d:att_1__art_1__para_1", "d:att_2__art_1"]
    assert group_by_article(ids) == {
        "d:art_1": ["d:art_1"],
        "d:att_1": ["d:att_1", "d:att_1__art_1__para_1"],
        "d:att_2__art_1": ["d:att_2__art_1"],
    }


# The command, and the commands after it.


def label_plan(tiny: Repository, *arguments: str) -> Result:
    """Plan a round of the tiny treaty for three annotators."""
    people = [word for name in PEOPLE[:3] for word in ("--annotator", name)]
    command = ["label", "plan", "--adjudicator", "lead", "--date", "2020-03-05", *people]
    return CliRunner().invoke(main, ["-C", str(tiny.root), *command, *arguments])


def test_a_plan_is_written_and_read(tiny: Repository) -> None:
    """The round that is written is the one that is read, with every passage assigned twice."""
    result = label_plan(tiny, "--round", "main-1", "tiny", "--format", "json")
    assert (result.exit_code, result.stdout.count("annotator_id")) == (0, 3)
    plan = tiny.round("main-1")
    assert format_round(plan) == tiny.round_path("main-1").read_text(encoding="utf-8")
    seats = [p.passage_id for a in plan.annotators for p in tiny.round_passages(plan, a)]
    assert set(Counter(seats).values()) == {2}
    assert len(seats) == sum(row["passages"] for row in json.loads(result.stdout))
    assert (plan.kind, plan.overlap, plan.seed, plan.date) == ("main", 2, 1, "2020-03-05")


def test_a_part_of_an_article_is_assigned_alone(tiny: Repository) -> None:
    """A paragraph that was named does not bring the rest of its article with it."""
    assert label_plan(tiny, "--round", "main-1", "tiny:1.2").exit_code == 0
    plan = tiny.round("main-1")
    assert [p.passage_id for p in tiny.round_passages(plan)] == [
        "tiny:art_1__para_2",
        "tiny:art_1__para_2__point_a",
        "tiny:art_1__para_2__point_b",
    ]


def test_each_document_is_planned_in_the_edition_that_is_coded(tiny: Repository) -> None:
    """With both editions, passages are those of the pinned official text, where there is one."""
    result = label_plan(
        tiny, "--round", "main-1", "--edition", "both", "tiny:3", "--kind", "relabel"
    )
    assert result.exit_code == 0
    plan = tiny.round("main-1")
    assert (plan.edition, plan.kind, plan.passages) == ("both", "relabel", ("tiny:art_3",))
    assert {p.edition for p in tiny.round_passages(plan)} == {"official"}


def test_a_dry_run_writes_nothing(tiny: Repository) -> None:
    """A dry run prints who would get what."""
    result = label_plan(tiny, "--round", "main-1", "tiny", "--dry-run", "--format", "csv")
    assert result.stdout.startswith("annotator_id,articles,passages,quota\nann,")
    assert not tiny.round_path("main-1").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--round", "pilot", "tiny"], "round pilot has codes already; plan a round of another name"),
        (["--round", "../x", "tiny"], "'../x' is no name; use a-z, 0-9 and hyphens"),
        (["--round", "a", "tiny", "--quota", "many"], "'many' is no quota; write 40, or ann=40"),
        (["--round", "a", "sketch:1"], "no official text of sketch here; run 'safeguards fetch sketch'"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused(
    tiny: Repository, arguments: list[str], message: str
) -> None:
    """A refusal is one line, and leaves the round as it was."""
    before = tiny.round_path("pilot").read_bytes()
    result = label_plan(tiny, *arguments)
    assert (result.exit_code, result.stderr) == (2, f"safeguards: {message}\n")
    assert tiny.round_path("pilot").read_bytes() == before


def test_who_did_not_get_a_passage_does_not_contest_it(tiny: Repository) -> None:
    """A finding is not contested by an annotator to whom its passage was not assigned."""
    coded = tiny.annotations("pilot")
    first = [row for row in coded["lm-x"] if row.passage_id.startswith("tiny:art_1")]
    alone = {"lm-x": coded["lm-x"], "lm-z": first}
    assert find_contests(alone) == []
