"""
The noun of the agreement report, which is published as a table: one figure and what it is worth.

Standard library only, as `safeguards.model`, and under the same rule: one name everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

COMPARISONS = ("inter", "intra")
MEASURES = ("alpha_masi", "alpha_nominal", "alpha_ordinal", "f1_exact", "f1_overlap")
ANSWERS = ("yes", "no", "not_estimable")


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """
    How far annotators agree on one thing: a line of the agreement report.

    When a row counts as estimable: see `safeguards.agreement`.

    Attributes:
        round: Name of the round.
        comparison: ``inter`` for annotators with each other, ``intra`` for one annotator's codes
            with the same annotator's codes in the round that is repeated.
        annotators: Whose codes are compared, sorted.
        edition: Edition of the passages compared: official, restatement or both.
        layer: Layer that the subject belongs to; None for spans of all layers together.
        subject: What is compared: a layer, a code, spans, or status, force, severity, direction.
        measure: The coefficient: Krippendorff's alpha with its metric, or F1 of spans.
        value: Its value to four decimals; None where it cannot be computed.
        low: Lower end of the 95 % interval from a bootstrap over articles; None without one.
        high: Upper end of that interval.
        support: Units that were judged twice: passages; for status, force, severity and direction
            findings that both have; for spans, the spans of both.
        positive: How many of these units carry the code for at least one annotator; for spans,
            pairs that match.
        varied: Units with a judgement other than the commonest; for spans, passages that hold any.
        articles: Articles in which these varied units lie.
        estimable: Whether so many units vary, in so many articles, that the value means something.
        target: The least alpha that the codebook asks for; None where it asks for none.
        meets_target: Whether the value reaches the target; None where there is no target.
        reason: Why there is no value, no interval, or too little to estimate from.
    """

    round: str
    comparison: str
    annotators: tuple[str, ...]
    edition: str
    layer: str | None
    subject: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    support: int
    positive: int
    varied: int
    articles: int
    estimable: bool
    target: float | None
    meets_target: str | None
    reason: str | None
