"""The concordance: numbers of drafts land where they stand in the adopted text."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeguards.assertions import Concordance
from safeguards.concordance import land
from safeguards.errors import UnknownProvision
from safeguards.model import Target
from safeguards.repository import Repository

ROOT = Path(__file__).parents[1]
ROWS = [
    Concordance("demo", "zero_draft", "17", "4", ("x",), "medium"),
    Concordance("demo", "zero_draft", "40", "40", ("x",), "medium"),
    Concordance("demo", "zero_draft", "40(4)", "40(4)", ("x",), "medium"),
    Concordance("demo", "zero_draft", "chapter IV", "chapter IV", ("x",), "low"),
    Concordance("demo", "zero_draft", "50", None, ("x",), "low"),
]
KNOWN = {
    "demo:art_4",
    "demo:art_40",
    "demo:art_40__para_4",
    "demo:art_40__para_5",
    "demo:chp_IV",
}


@pytest.mark.parametrize(
    ("as_written", "draft", "passage_id", "lands_on"),
    [
        ("17", "zero_draft", None, "demo:art_4"),
        ("17(2)(a)", "zero_draft", None, "demo:art_4"),
        ("40(4)", "zero_draft", None, "demo:art_40__para_4"),
        ("40(5)", "zero_draft", None, "demo:art_40"),
        ("chapter IV", "zero_draft", None, "demo:chp_IV"),
        ("50", "zero_draft", None, None),
        ("17", "revised_draft", None, None),
        ("99", "zero_draft", None, None),
        ("40(5)", None, "demo:art_9", "demo:art_40__para_5"),
        ("4(3)", None, "demo:art_4", "demo:art_4"),
        ("9", None, "demo:art_4", None),
        ("9", None, None, None),
        (None, "zero_draft", "demo:art_9", "demo:art_9"),
    ],
)
def test_a_number_lands_where_the_concordance_says(
    as_written: str | None, draft: str | None, passage_id: str | None, lands_on: str | None
) -> None:
    """Articles move, paragraphs only by a row of their own, and adopted numbers stay."""
    assert land(Target(as_written, draft, passage_id), ROWS, KNOWN) == lands_on


def test_what_is_no_address_is_refused() -> None:
    """Words that are no number raise, instead of landing somewhere."""
    with pytest.raises(UnknownProvision):
        land(Target("the whole", None, "demo:art_4"), ROWS, KNOWN)


@pytest.mark.parametrize(
    ("draft", "article", "final"),
    [
        ("zero_draft", "5", "6"),
        ("zero_draft", "6", "7"),
        ("zero_draft", "16", "17"),
        ("zero_draft", "17", "4"),
        ("further_revised_draft", "4", "5"),
        ("revised_draft", "24", "24"),
        ("updated_draft", "4", "4"),
        ("updated_draft", "6", "6"),
    ],
)
def test_the_hanoi_drafts_move_as_was_worked_out(draft: str, article: str, final: str) -> None:
    """Old 17 became 4, old 4 to 16 became 5 to 17, the updated draft has the final numbers."""
    rows = Repository(ROOT).concordance
    found = [r.final_article for r in rows if (r.draft, r.article) == (draft, article)]
    assert found == [final]


def test_no_two_articles_of_a_draft_land_on_one() -> None:
    """Within a draft the concordance is one to one, so nothing is counted twice."""
    rows = [r for r in Repository(ROOT).concordance if r.final_article]
    places = [(r.draft, r.final_article) for r in rows]
    assert len(places) == len(set(places))


def test_every_final_number_is_a_passage() -> None:
    """Each row but those that land nowhere leads to a passage of the corpus."""
    repository = Repository(ROOT)
    known = {p.passage_id for p in repository.passages}
    rows = repository.concordance
    lost = [r for r in rows if land(Target(r.article, r.draft, None), rows, known) is None]
    assert [(r.draft, r.article) for r in lost] == [("zero_draft", "preamble")]
