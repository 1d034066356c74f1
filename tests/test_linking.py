"""Links and what they rest on: every committed link's words join its ends, every candidate is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeguards.linking import find_candidates, iter_enclosing, read_parents, stands_between
from safeguards.matrix import read_candidates
from safeguards.model import Link, Reference
from safeguards.repository import Repository

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def committed() -> Repository:
    """The committed data."""
    return Repository(ROOT)


def reference(via: str, to: str | None, kind: str) -> Reference:
    """Return a reference of the tiny treaty."""
    return Reference("r", via, "official", "0" * 64, 0, 9, to, "tiny", kind, True)


def link(safeguard: str, power: str, via: str) -> Link:
    """Return a link of the tiny treaty."""
    return Link("l", safeguard, power, via, True, "lm-z", "1.0.0", "Because.")


@pytest.mark.parametrize(
    ("via", "to", "kind", "found"),
    [
        ("tiny:art_3__para_2", "tiny:art_1", "subject_to", True),
        ("tiny:art_3__para_2", "tiny:chp_I", "in_accordance", True),
        ("tiny:art_3__para_2", "tiny:art_1", "referred_to", False),
        ("tiny:art_3__para_2", "tiny:art_3__para_1", "subject_to", False),
        ("tiny:art_3__para_2", "tiny:art_2", "subject_to", False),
        ("tiny:art_2", "tiny:art_1", "subject_to", False),
        ("tiny:art_3__para_2", None, "subject_to", False),
        ("tiny:art_3__para_2", "other:art_1", "subject_to", False),
    ],
)
def test_a_candidate_joins_two_coded_articles(
    tiny: Repository, via: str, to: str | None, kind: str, found: bool
) -> None:
    """A reference is a candidate if its kind can carry a safeguard between two coded articles."""
    parents = read_parents(tiny.passages)
    coded = {"tiny:art_1", "tiny:art_3"}
    assert bool(find_candidates([reference(via, to, kind)], [], [], coded, parents)) is found


@pytest.mark.parametrize(
    ("made", "judged"),
    [
        (link("tiny:art_3__para_1", "tiny:art_1", "tiny:art_3__para_2"), True),
        (link("tiny:art_1__para_2", "tiny:art_3", "tiny:art_3__para_2"), True),
        (link("tiny:art_3__para_1", "tiny:art_2", "tiny:art_3__para_2"), False),
        (link("tiny:art_3__para_1", "tiny:art_1", "tiny:art_3__para_1"), False),
    ],
)
def test_a_link_judges_the_reference_it_is_made_of(
    tiny: Repository, made: Link, judged: bool
) -> None:
    """A link settles a reference if it takes its words and reaches what it cites, either way."""
    rows = [reference("tiny:art_3__para_2", "tiny:art_1", "subject_to")]
    coded = {"tiny:art_1", "tiny:art_3"}
    (found,) = find_candidates(rows, [made], [], coded, read_parents(tiny.passages))
    assert found.is_judged is judged


@pytest.mark.parametrize(
    ("via", "stands"),
    [
        ("tiny:art_1__para_2", True),
        ("tiny:art_3__para_2", True),
        ("tiny:art_2", False),
    ],
)
def test_the_words_of_a_link_stand_at_one_of_its_ends(via: str, stands: bool) -> None:
    """Words of a third article join two others only if they cite the one with the safeguard."""
    made = link("tiny:art_3__para_1", "tiny:art_1", via)
    assert stands_between(made, []) is stands
    assert stands_between(made, [reference(via, "tiny:art_3", "other")])


def test_every_reference_of_the_corpus_that_may_carry_a_safeguard_is_judged(
    committed: Repository,
) -> None:
    """Nothing is left open in Budapest, UNTOC, UNCAC and Hanoi, coded or not."""
    open_ones = [c for c in read_candidates(committed, uncoded=True) if not c.is_judged]
    assert open_ones == []


def test_a_chapter_encloses_its_articles(committed: Repository) -> None:
    """Hanoi's chapter on procedure encloses the points of its articles, not those of chapter V."""
    parents = read_parents(committed.passages)
    assert "hanoi:chp_IV" in iter_enclosing("hanoi:art_25__para_1", parents)
    assert "hanoi:chp_IV" not in iter_enclosing("hanoi:art_40__para_21__point_a", parents)
