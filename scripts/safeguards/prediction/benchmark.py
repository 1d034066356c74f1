"""
The baselines that whoever trains a model has to beat: majority, cues, TF-IDF.

The task is one yes or no for each passage and code. Every passage is judged by what was learnt
from other articles; articles are kept whole, for their paragraphs repeat each other's words. So
do treaties: UNCAC takes over articles of UNTOC. What can be learnt from other treaties alone is
therefore measured, too. The interval is a bootstrap over articles (Field and Welsh 2007, https://doi.org/10.1111/
j.1467-9868.2007.00593.x). A code with too few cases gets no figure at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from safeguards.baselines import BASELINES, MACRO, BaselineScore
from safeguards.codebook import Codebook
from safeguards.coefficients import draw_clusters, find_percentiles
from safeguards.eid import article_of
from safeguards.errors import UsageFault
from safeguards.model import Annotation, Passage, hash_text
from safeguards.prediction.cues import predict_by_cues
from safeguards.repository import Repository

MIN_POSITIVE, MIN_ARTICLES = 10, 5
FOLDS, REPLICATIONS, SEED = 10, 1000, 20
RECALL = 0.8
LAYERS = ("safeguard", "power", "vagueness")
Floats = npt.NDArray[np.float64]


class Fold(NamedTuple):
    """Places of the passages that are learnt from, and of those that are judged."""

    learnt: list[int]
    judged: list[int]


@dataclass(frozen=True)
class Examples:
    """
    Passages of one edition with a text, and the adjudicated codes of each.

    Attributes:
        edition: Their edition.
        passages: The passages.
        codes: The codes of each; vagueness that the instrument cures is left out.
    """

    edition: str
    passages: tuple[Passage, ...]
    codes: tuple[frozenset[str], ...]

    @property
    def articles(self) -> list[str]:
        """The article of each passage."""
        return [article_of(p.passage_id) for p in self.passages]

    def truth(self, code: str) -> npt.NDArray[np.bool_]:
        """Return which passages carry a code."""
        return np.array([code in found for found in self.codes], dtype=bool)


def read_examples(repository: Repository, edition: str) -> Examples:
    """
    Return the adjudicated passages whose text in this edition is here.

    Codes that were made on the official text hold for its restatement too, as far as a yes or no
    for the whole passage goes; the other way round they do not.
    """
    rows: dict[tuple[str, str], list[Annotation]] = {}
    for row in repository.adjudicated:
        rows.setdefault((row.passage_id, row.edition), []).append(row)
    found: list[Passage] = []
    codes: list[frozenset[str]] = []
    for passage in _passages(repository, edition, {place for place, _ in rows}):
        own = rows.get((passage.passage_id, edition), [])
        own = [row for row in own if row.text_sha256 == hash_text(passage.text or "")]
        if edition == "restatement" and not own:
            own = rows.get((passage.passage_id, "official"), [])
        if own:
            found.append(passage)
            codes.append(frozenset(r.code for r in own if r.severity != "none"))
    return Examples(edition, tuple(found), tuple(codes))


def _passages(repository: Repository, edition: str, wanted: set[str]) -> list[Passage]:
    """Return the passages with text of the documents in which something was adjudicated."""
    found: list[Passage] = []
    for document_id in dict.fromkeys(d.document_id for d in repository.documents):
        if any(place.startswith(f"{document_id}:") for place in wanted):
            try:
                found += repository.passages_with_text(document_id, edition)
            except UsageFault:  # Not fetched, or not restated.
                continue
    return [p for p in found if p.text and p.passage_id in wanted]


def fold_by_article(articles: Sequence[str], folds: int = FOLDS) -> list[Fold]:
    """
    Return folds that keep articles whole, dealt in their order; none where there is one article.

    >>> fold_by_article(["d:art_1", "d:art_1", "d:art_2"], folds=2)
    [Fold(learnt=[2], judged=[0, 1]), Fold(learnt=[0, 1], judged=[2])]
    """
    order = {article: n % folds for n, article in enumerate(dict.fromkeys(articles))}
    dealt = [order[article] for article in articles]
    places = range(len(articles))
    found = [
        Fold([n for n in places if dealt[n] != fold], [n for n in places if dealt[n] == fold])
        for fold in sorted(set(dealt))
    ]
    return found if len(found) > 1 else []


def fold_by_treaty(articles: Sequence[str]) -> list[Fold]:
    """
    Return one fold for each treaty, learnt from the others; none where there is one treaty.

    >>> fold_by_treaty(["c:art_1", "d:art_1", "d:art_2"])
    [Fold(learnt=[1, 2], judged=[0]), Fold(learnt=[0], judged=[1, 2])]
    """
    treaties = [article.partition(":")[0] for article in articles]
    return fold_by_article(treaties, folds=len(set(treaties)))


def fold_by_split(examples: Examples, splits: Mapping[str, str]) -> list[Fold]:
    """Return the one fold of a fixed split: learnt from train and validation, judged on test."""
    where = [splits.get(p.passage_id) for p in examples.passages]
    learnt = [n for n, split in enumerate(where) if split in ("train", "validation")]
    judged = [n for n, split in enumerate(where) if split == "test"]
    return [Fold(learnt, judged)] if learnt and judged else []


def score_baselines(
    examples: Examples, codebook: Codebook, folds: Sequence[Fold], evaluation: str
) -> list[BaselineScore]:
    """
    Return the figures of every baseline: the mean of each layer, then each of its codes.

    Args:
        examples: What is judged.
        codebook: Whose codes and cues.
        folds: What is learnt from, and what is judged.
        evaluation: What to call these folds.
    """
    judged = sorted(n for fold in folds for n in fold.judged)
    if not judged:
        return []
    articles = [examples.articles[n] for n in judged]
    clusters = {article: n for n, article in enumerate(dict.fromkeys(articles))}
    draws = draw_clusters(len(clusters), REPLICATIONS, SEED)
    where = np.array([clusters[a] for a in articles])
    scorer = _Scorer(evaluation, examples.edition, where, draws)
    guesses = _guess(examples, codebook, folds)
    return [
        score
        for baseline in BASELINES
        for layer in LAYERS
        for score in scorer.score_layer(
            baseline, layer,
            {c: (examples.truth(c)[judged], guesses[baseline][c][judged])
             for c in codebook.ids(layer) if examples.truth(c)[judged].any()},
        )
    ]  # fmt: skip


def _guess(
    examples: Examples, codebook: Codebook, folds: Sequence[Fold]
) -> dict[str, dict[str, Floats]]:
    """Return, by baseline and code, how likely each passage is to carry the code."""
    codes = [code for layer in LAYERS for code in codebook.ids(layer)]
    proposed = {(p.passage_id, p.code) for p in predict_by_cues(examples.passages, codebook)}
    cued: dict[str, Floats] = {
        code: np.array([float((p.passage_id, code) in proposed) for p in examples.passages])
        for code in codes
    }
    learnt: dict[str, dict[str, Floats]]
    learnt = {name: {c: np.zeros(len(examples.passages)) for c in codes} for name in BASELINES}
    for fold in folds:
        texts = _weigh_words(examples, fold)
        for code in codes:
            truth = examples.truth(code)[fold.learnt]
            learnt["majority"][code][fold.judged] = float(truth.mean() > 0.5)
            learnt["tfidf"][code][fold.judged] = _learn(texts, truth, len(fold.judged))
    return {**learnt, "cues": cued}


def _weigh_words(examples: Examples, fold: Fold) -> tuple[Any, Any]:
    """Return the weighed words of the passages learnt from, and of those judged."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    learnt, judged = ([examples.passages[n].text or "" for n in part] for part in fold)
    return vectorizer.fit_transform(learnt), vectorizer.transform(judged)


def _learn(texts: tuple[Any, Any], truth: npt.NDArray[np.bool_], judged: int) -> Floats:
    """Return the probability of one code in each judged passage."""
    from sklearn.linear_model import LogisticRegression

    if truth.sum() < 2 or truth.all():
        return np.full(judged, float(truth.all()))
    model = LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear")
    probable: Floats = model.fit(texts[0], truth).predict_proba(texts[1])[:, 1]
    return probable


Judged = tuple[npt.NDArray[np.bool_], Floats]


@dataclass(frozen=True)
class _Scorer:
    """Turns truth and guesses into figures with intervals."""

    evaluation: str
    edition: str
    where: npt.NDArray[np.int_]
    draws: Floats

    def score_layer(
        self, baseline: str, layer: str, judged: Mapping[str, Judged]
    ) -> list[BaselineScore]:
        """Return the mean of a layer and the figures of its codes."""
        enough = {c: j for c, j in judged.items() if self._lack(j[0]) is None}
        counts = {c: self._count(*j) for c, j in enough.items()}
        drawn = [_f1(self.draws @ count) for count in counts.values()]
        f1 = {c: float(_f1(count.sum(axis=0))) for c, count in counts.items()}
        mean = sum(f1.values()) / len(f1) if f1 else None
        interval = find_percentiles(_mean(drawn)) if drawn else None
        total = (len(self.where), len(enough), self.draws.shape[1])
        none = None if enough else "too few cases of every code"
        head = self._row(baseline, layer, MACRO, mean, interval, None, total, none)
        rows = [
            self._score_code(baseline, layer, code, judged[code], counts.get(code))
            for code in judged
        ]
        return [head, *rows]

    def _score_code(
        self, baseline: str, layer: str, code: str, judged: Judged, count: Floats | None
    ) -> BaselineScore:
        """Return the figures of one code, or the reason why there are none."""
        truth, guess = judged
        total = (len(truth), int(truth.sum()), len(set(self.where[truth])))
        if count is None:
            lack = self._lack(truth)
            return self._row(baseline, layer, code, None, None, None, total, lack)
        value, interval = float(_f1(count.sum(axis=0))), find_percentiles(_f1(self.draws @ count))
        at_80 = precision_at_recall(truth, guess, RECALL)
        return self._row(baseline, layer, code, value, interval, at_80, total, None)

    def _lack(self, truth: npt.NDArray[np.bool_]) -> str | None:
        """Return what a code lacks to be measured."""
        positive, articles = int(truth.sum()), len(set(self.where[truth]))
        if positive >= MIN_POSITIVE and articles >= MIN_ARTICLES:
            return None
        return (
            f"too few cases: {positive} of {MIN_POSITIVE} passages, "
            f"{articles} of {MIN_ARTICLES} articles needed"
        )

    def _count(self, truth: npt.NDArray[np.bool_], guess: Floats) -> Floats:
        """Return right, false and missed answers in each article: articles by three."""
        said = guess >= 0.5
        counted = np.zeros((self.draws.shape[1], 3))
        for column, cells in enumerate((said & truth, said & ~truth, ~said & truth)):
            np.add.at(counted[:, column], self.where, cells)
        return counted

    def _row(
        self,
        baseline: str,
        layer: str,
        subject: str,
        f1: float | None,
        interval: tuple[float, float] | None,
        at_80: float | None,
        total: tuple[int, int, int],
        reason: str | None,
    ) -> BaselineScore:
        """Return one row, figures to four decimals."""
        low, high = interval or (None, None)
        named = (self.evaluation, self.edition, baseline, layer, subject)
        figures = (_round(f1), _round(low), _round(high), _round(at_80))
        return BaselineScore(*named, *figures, *total, reason)


def _round(figure: float | None) -> float | None:
    """Return a figure to four decimals."""
    return None if figure is None else round(float(figure), 4)


def _mean(drawn: Sequence[Floats]) -> Floats:
    """
    Return the mean over codes of each draw; NaN where a draw has no case of any code.

    >>> _mean([np.array([1.0, np.nan]), np.array([0.5, np.nan])]).tolist()
    [0.75, nan]
    """
    stacked = np.array(drawn)
    known = (~np.isnan(stacked)).sum(axis=0)
    return np.where(known > 0, np.nansum(stacked, axis=0) / np.maximum(known, 1), np.nan)


def _f1(counts: Floats) -> Floats:
    """
    Return F1 from right, false and missed answers; 0 where nothing was right, NaN without cases.

    >>> _f1(np.array([[2.0, 1.0, 1.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.0]])).round(2).tolist()
    [0.67, 0.0, nan]
    """
    whole = 2 * counts[..., 0] + counts[..., 1] + counts[..., 2]
    return np.where(whole > 0, 2 * counts[..., 0] / np.maximum(whole, 1), np.nan)


def precision_at_recall(truth: npt.NDArray[np.bool_], guess: Floats, recall: float) -> float | None:
    """
    Return the best precision at which at least this recall is reached; None where it never is.

    Passages that are guessed impossible (0) are never taken.

    >>> precision_at_recall(np.array([True, False, True]), np.array([0.9, 0.5, 0.4]), 0.8)
    0.6666666666666666
    """
    found = [
        float(truth[taken].mean())
        for threshold in np.unique(guess[guess > 0])
        if truth[taken := guess >= threshold].sum() >= recall * truth.sum()
    ]
    return max(found, default=None)
