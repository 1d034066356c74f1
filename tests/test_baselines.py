"""The baselines: nothing leaks from one article to another, and no figure without cases."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from safeguards.cli.main import main
from safeguards.model import Passage
from safeguards.prediction.benchmark import (
    Examples,
    Fold,
    fold_by_article,
    fold_by_split,
    fold_by_treaty,
    precision_at_recall,
    read_examples,
    score_baselines,
)
from safeguards.repository import Repository

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def committed() -> Repository:
    """The committed data."""
    return Repository(ROOT)


def examples(repository: Repository, articles: int = 12) -> Examples:
    """Return invented passages: in each article one that names a judge, coded, and one without."""
    passages, codes = [], []
    for n in range(articles):
        for m, text in enumerate(("A judge must agree.", "Parties keep files.")):
            eid = f"art_{n}__para_{m}"
            passages.append(Passage(f"d:{eid}", "d", "official", eid, "paragraph", text=text))
            codes.append(frozenset({"judicial_oversight"} if m == 0 else ()))
    return Examples("official", tuple(passages), tuple(codes))


def scores(repository: Repository, found: Examples, folds: list[Fold]) -> dict[str, float | None]:
    """Return F1 of oversight by baseline."""
    rows = score_baselines(found, repository.codebook, folds, "test")
    return {r.baseline: r.f1 for r in rows if r.subject == "judicial_oversight"}


def test_what_is_plain_is_found(committed: Repository) -> None:
    """Cues and words find what one word decides; the majority, which says no, finds nothing."""
    found = examples(committed)
    folds = fold_by_article(found.articles)
    assert scores(committed, found, folds) == {"majority": 0.0, "cues": 1.0, "tfidf": 1.0}


def test_too_few_cases_have_no_figure(committed: Repository) -> None:
    """Nine passages are too few: words stand where the figure would."""
    found = examples(committed, articles=9)
    rows = score_baselines(found, committed.codebook, fold_by_article(found.articles), "test")
    coded = next(r for r in rows if r.subject == "judicial_oversight")
    assert (coded.f1, coded.low, coded.precision_at_80) == (None, None, None)
    assert coded.reason == "too few cases: 9 of 10 passages, 9 of 5 articles needed"


def test_no_article_is_learnt_and_judged(committed: Repository) -> None:
    """In every fold of the committed data, no article is on both sides; each is judged once."""
    found = read_examples(committed, "restatement")
    folds = fold_by_article(found.articles)
    for fold in folds:
        learnt, judged = ({found.articles[n] for n in part} for part in fold)
        assert not learnt & judged
    assert sorted(n for fold in folds for n in fold.judged) == list(range(len(found.passages)))


def test_no_treaty_is_learnt_and_judged(committed: Repository) -> None:
    """Across treaties, what is judged shares no document with what was learnt from."""
    found = read_examples(committed, "restatement")
    documents = [p.document_id for p in found.passages]
    folds = fold_by_treaty(found.articles)
    assert len(folds) == len(set(documents)) > 2
    for fold in folds:
        assert not {documents[n] for n in fold.learnt} & {documents[n] for n in fold.judged}


def test_a_fixed_split_is_kept(committed: Repository) -> None:
    """Training and validation are learnt from, test is judged, and what has no split is left out."""
    found = examples(committed, articles=2)
    ids = [p.passage_id for p in found.passages]
    splits = dict(zip(ids, ["train", "validation", "test"], strict=False))
    assert fold_by_split(found, splits) == [Fold([0, 1], [2])]
    assert fold_by_split(found, {}) == []


@pytest.mark.parametrize(
    ("guess", "expected"),
    [([0.9, 0.8, 0.1], 1.0), ([0.1, 0.2, 0.9], 2 / 3), ([0.9, 0.0, 0.0], None)],
)
def test_precision_is_taken_where_recall_suffices(
    guess: list[float], expected: float | None
) -> None:
    """Of all thresholds that find four cases in five, the most precise one counts."""
    assert precision_at_recall(np.array([True, True, False]), np.array(guess), 0.8) == expected


def test_the_committed_figures_are_of_the_committed_codes(committed: Repository) -> None:
    """What is shown was measured on the restatements and codes of today; else 'make baselines'."""
    found = read_examples(committed, "restatement")
    folds = fold_by_article(found.articles)
    rows = score_baselines(found, committed.codebook, folds, "cross_validation")
    shown = [r for r in committed.baselines if r.edition == "restatement"]
    shown = [r for r in shown if r.evaluation == "cross_validation"]
    names = ("baseline", "subject", "passages", "positive", "articles", "reason")
    assert [[asdict(r)[n] for n in names] for r in shown] == [
        [asdict(r)[n] for n in names] for r in rows
    ]
    values = [(r.f1, s.f1) for r, s in zip(rows, shown, strict=True) if r.f1 is not None]
    assert all(now == pytest.approx(then, abs=0.02) for now, then in values)


def test_the_command_shows_means_and_codes() -> None:
    """By itself the command shows the mean of each layer; with --codes each code, too."""
    short = CliRunner().invoke(main, ["-C", str(ROOT), "baselines", "--format", "csv"])
    long = CliRunner().invoke(main, ["-C", str(ROOT), "baselines", "--codes", "--format", "csv"])
    assert len(long.stdout.splitlines()) > len(short.stdout.splitlines()) > 9
    assert "too few cases" in long.stdout
