"""The nouns of proposals: what a rule or a model proposes, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prediction:
    """
    A code that a rule or a trained model proposes; annotators may be shown it.

    Attributes:
        passage_id: Passage.
        text_sha256: Hash of the text that was read.
        layer: Layer of the code.
        code: Code proposed.
        start: Offset of the first code point of the words it rests on.
        end: Offset past the last one.
        score: Probability that a trained model gives it; None for a rule.
        model_version: What proposed it.
    """

    passage_id: str
    text_sha256: str
    layer: str
    code: str
    start: int
    end: int
    score: float | None
    model_version: str


@dataclass(frozen=True, slots=True)
class Origins:
    """
    Where an annotator's marks on a passage came from, as Label Studio recorded it.

    Attributes:
        annotator_id: Pseudonym.
        passage_id: Passage.
        manual: Marks that the annotator drew.
        kept: Marks that were proposed, and whose words and code are as they were proposed.
        changed: Marks that were proposed, and that the annotator changed.
    """

    annotator_id: str
    passage_id: str
    manual: int
    kept: int
    changed: int
