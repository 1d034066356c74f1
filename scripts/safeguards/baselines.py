"""The noun of the baselines, published as a table: how well a simple method finds one code."""

from __future__ import annotations

from dataclasses import dataclass

BASELINES = ("majority", "cues", "tfidf")
EVALUATIONS = ("cross_validation", "cross_treaty", "test")
MACRO = "macro"


@dataclass(frozen=True, slots=True)
class BaselineScore:
    """
    How well one baseline finds one code in passages whose articles it has not seen.

    Attributes:
        evaluation: ``cross_validation`` by article; ``cross_treaty``, where nothing is learnt from
            the treaty that is judged; ``test``: the fixed split.
        edition: Edition of the passages that were read.
        baseline: ``majority``, ``cues`` (the codebook's) or ``tfidf`` with logistic regression.
        layer: Layer of the code.
        subject: A code; ``macro`` for the mean of the layer's codes that have cases enough.
        f1: F1; None with a reason.
        low: Lower end of the 95 % interval from a bootstrap over articles.
        high: Upper end of it.
        precision_at_80: Best precision at a recall of 80 % or more; None where it is not reached.
        passages: Passages judged.
        positive: Passages that carry the code; for ``macro``, codes that count.
        articles: Articles in which these passages lie; for ``macro``, all articles.
        reason: Why there are no figures.
    """

    evaluation: str
    edition: str
    baseline: str
    layer: str
    subject: str
    f1: float | None
    low: float | None
    high: float | None
    precision_at_80: float | None
    passages: int
    positive: int
    articles: int
    reason: str | None
