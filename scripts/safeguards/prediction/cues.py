"""Proposals by rule: the cues that the codebook names for a code, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from safeguards.codebook import Code, Codebook
from safeguards.model import Passage, Span, hash_text
from safeguards.proposals import Prediction


def predict_by_cues(passages: Iterable[Passage], codebook: Codebook) -> list[Prediction]:
    """Return a proposal for every stretch of words that holds cues of a code."""
    patterns = [(code, _pattern(code)) for code in codebook.codes if code.cues]
    version = f"cues-{codebook.codebook_version}"
    return [
        Prediction(
            passage.passage_id, hash_text(text), code.layer, code.id, span.start, span.end,
            None, version,
        )
        for passage in passages
        if (text := passage.text or "")
        for code, pattern in patterns
        for span in _iter_spans(pattern, text)
    ]  # fmt: skip


def _pattern(code: Code) -> re.Pattern[str]:
    """Return what finds the cues of a code as whole words, the longest first."""
    cues = sorted(code.cues, key=lambda cue: (-len(cue), cue))
    words = "|".join(re.escape(cue).replace(r"\ ", r"\s+") for cue in cues)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


def _iter_spans(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """Yield where cues stand; cues with nothing but a space between them are one stretch."""
    start = end = -1
    for match in pattern.finditer(text):
        if start >= 0 and not text[end : match.start()].strip():
            end = match.end()
            continue
        if start >= 0:
            yield Span(start, end)
        start, end = match.span()
    if start >= 0:
        yield Span(start, end)
