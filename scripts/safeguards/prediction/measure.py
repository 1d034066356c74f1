"""
How far proposals can be trusted: against the adjudicated layer, before anybody is shown them.

A proposal is right if the adjudicated layer has its code on words that it overlaps. What a model
proposes is measured on articles that it did not learn from, each left out in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from safeguards.codebook import NONE
from safeguards.eid import article_of
from safeguards.model import Annotation, Passage, Span
from safeguards.proposals import Prediction

Predict = Callable[[Sequence[Passage]], Sequence[Prediction]]


@dataclass(frozen=True, slots=True)
class PredictionScore:
    """
    How right a predictor is about one code, one layer, or all codes.

    Attributes:
        predictor: ``cues`` or ``model``.
        subject: A code, a layer, or ``all``.
        proposed: Proposals.
        right: Those that the adjudicated layer bears out.
        precision: Share of proposals that are right, or None where there are none.
        accepted: Proposals that some annotator, who had not seen them, made as well.
        accepted_right: Those of them that are right.
        accepted_precision: Share of the accepted that are right, or None.
        findings: Adjudicated findings.
        found: Those that were proposed.
        recall: Share of findings that were proposed, or None.
    """

    predictor: str
    subject: str
    proposed: int
    right: int
    precision: float | None
    accepted: int
    accepted_right: int
    accepted_precision: float | None
    findings: int
    found: int
    recall: float | None


def predict_apart(
    passages: Sequence[Passage], train: Callable[[Sequence[Passage]], Predict]
) -> list[Prediction]:
    """
    Return proposals for passages, each article by what was trained on all the others.

    Args:
        passages: Passages that were coded.
        train: Returns what predicts, having learnt from passages.
    """
    articles = dict.fromkeys(article_of(p.passage_id) for p in passages)
    found: list[Prediction] = []
    for article in articles:
        held_out = [p for p in passages if article_of(p.passage_id) == article]
        others = [p for p in passages if article_of(p.passage_id) != article]
        found += train(others)(held_out)
    return found


def score_predictions(
    predictor: str,
    predictions: Sequence[Prediction],
    adjudicated: Sequence[Annotation],
    annotated: Iterable[Annotation],
) -> list[PredictionScore]:
    """
    Return how right proposals are: in all, by layer, then by code.

    Args:
        predictor: Its name.
        predictions: What it proposes on the passages that were adjudicated.
        adjudicated: The adjudicated rows of these passages.
        annotated: What annotators said on them without having seen the proposals.
    """
    findings = [row for row in adjudicated if row.code != NONE]
    layers = {row.code: row.layer for row in findings} | {p.code: p.layer for p in predictions}
    truth, said = _by_place(findings), _by_place(annotated)
    subjects = [("all", set(layers))]
    subjects += [(x, {c for c in layers if layers[c] == x}) for x in sorted({*layers.values()})]
    subjects += [(code, {code}) for code in sorted(layers, key=lambda c: (layers[c], c))]
    return [
        _score(predictor, name, codes, predictions, findings, truth, said)
        for name, codes in subjects
    ]


def _score(
    predictor: str,
    subject: str,
    codes: set[str],
    predictions: Sequence[Prediction],
    findings: Sequence[Annotation],
    truth: Mapping[tuple[str, str], Sequence[Annotation]],
    said: Mapping[tuple[str, str], Sequence[Annotation]],
) -> PredictionScore:
    """Return how right proposals of some codes are."""
    mine = [p for p in predictions if p.code in codes]
    right = [p for p in mine if is_borne_out(p, truth)]
    accepted = [p for p in mine if is_borne_out(p, said)]
    both = [p for p in accepted if is_borne_out(p, truth)]
    wanted = [row for row in findings if row.code in codes]
    found = len(wanted) - len(find_missed(wanted, mine))
    return PredictionScore(
        predictor=predictor,
        subject=subject,
        proposed=len(mine),
        right=len(right),
        precision=_share(len(right), len(mine)),
        accepted=len(accepted),
        accepted_right=len(both),
        accepted_precision=_share(len(both), len(accepted)),
        findings=len(wanted),
        found=found,
        recall=_share(found, len(wanted)),
    )


def find_missed(
    findings: Iterable[Annotation], predictions: Iterable[Prediction]
) -> list[Annotation]:
    """Return the findings that nobody proposed: what an annotator who only ticks would lose."""
    proposed: dict[tuple[str, str], list[Prediction]] = {}
    for p in predictions:
        proposed.setdefault((p.passage_id, p.code), []).append(p)
    return [
        row
        for row in findings
        if row.code != NONE
        and not any(is_same(p, row) for p in proposed.get((row.passage_id, row.code), ()))
    ]


def is_borne_out(
    prediction: Prediction, rows: Mapping[tuple[str, str], Sequence[Annotation]]
) -> bool:
    """Tell whether some row has the code of a proposal on words that it overlaps."""
    found = rows.get((prediction.passage_id, prediction.code), ())
    return any(is_same(prediction, row) for row in found)


def is_same(prediction: Prediction, row: Annotation) -> bool:
    """Tell whether a row of the same code and passage overlaps a proposal."""
    if prediction.text_sha256 != row.text_sha256 or row.start is None or row.end is None:
        return prediction.text_sha256 == row.text_sha256
    span = Span(prediction.start, prediction.end)
    return span.overlap(Span(row.start, row.end)) is not None


def _by_place(rows: Iterable[Annotation]) -> dict[tuple[str, str], list[Annotation]]:
    """Return rows by passage and code."""
    found: dict[tuple[str, str], list[Annotation]] = {}
    for row in rows:
        found.setdefault((row.passage_id, row.code), []).append(row)
    return found


def _share(part: int, whole: int) -> float | None:
    """Return a share, or None of nothing."""
    return round(part / whole, 4) if whole else None
