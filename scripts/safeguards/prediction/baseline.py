"""
Proposals by a trained baseline: TF-IDF and logistic regression, one yes or no for each code.

It learns from the adjudicated layer, clause by clause, because a passage of four clauses and two
codes says little about which words carry them. A code is learnt only if several passages have it.
It is a baseline to measure others by, not a model to trust.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from safeguards.codebook import NONE
from safeguards.model import Annotation, Passage, Span, hash_text
from safeguards.proposals import Prediction

MIN_PASSAGES = 3
THRESHOLD = 0.5
_CLAUSE = re.compile(r"[^,;:.()\n]+")


@dataclass(frozen=True)
class Baseline:
    """A trained baseline; ``predict`` gives its proposals for passages."""

    version: str
    layers: Mapping[str, str]
    vectorizer: Any
    classifiers: Mapping[str, Any]

    def predict(self, passages: Sequence[Passage]) -> list[Prediction]:
        """Return the clauses that the baseline holds to carry a code, in the order of the text."""
        clauses = [(p, span) for p in passages for span in iter_clauses(p.text or "")]
        if not clauses or not self.classifiers:
            return []
        rows = self.vectorizer.transform([span.of(p.text or "") for p, span in clauses])
        scores = {code: c.predict_proba(rows)[:, 1] for code, c in self.classifiers.items()}
        return [
            Prediction(
                passage.passage_id, hash_text(passage.text or ""), self.layers[code], code,
                span.start, span.end, round(float(scores[code][n]), 4), self.version,
            )
            for n, (passage, span) in enumerate(clauses)
            for code in sorted(scores)
            if scores[code][n] >= THRESHOLD
        ]  # fmt: skip


def iter_clauses(text: str) -> Iterator[Span]:
    """
    Yield the clauses of a text, without spaces at their ends.

    >>> text = "A Party may ask; it shall wait, unless"
    >>> [span.of(text) for span in iter_clauses(text)]
    ['A Party may ask', 'it shall wait', 'unless']
    """
    for match in _CLAUSE.finditer(text):
        words = match.group().strip()
        if len(words) > 2:
            start = match.start() + match.group().index(words)
            yield Span(start, start + len(words))


def train_baseline(passages: Sequence[Passage], adjudicated: Sequence[Annotation]) -> Baseline:
    """
    Return a baseline that has learnt the adjudicated codes of these passages.

    Args:
        passages: Passages with their texts; those that nobody coded are left out.
        adjudicated: Adjudicated rows; only rows on the very text of a passage count.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    rows = _rows_by_passage(passages, adjudicated)
    known = [p for p in passages if p.passage_id in rows]
    texts, labels = _examples(known, rows)
    counted = Counter(c for found in rows.values() for c in {r.code for r in found})
    codes = sorted(c for c, n in counted.items() if n >= MIN_PASSAGES and c != NONE)
    layers = {row.code: row.layer for found in rows.values() for row in found}
    version = _version(rows)
    if not codes:
        return Baseline(version, layers, None, {})
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    matrix = vectorizer.fit_transform(texts)
    classifiers = {}
    for code in codes:
        answers = [code in found for found in labels]
        if any(answers) and not all(answers):
            model = LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear")
            classifiers[code] = model.fit(matrix, answers)
    return Baseline(version, layers, vectorizer, classifiers)


def _rows_by_passage(
    passages: Sequence[Passage], adjudicated: Sequence[Annotation]
) -> dict[str, list[Annotation]]:
    """Return the rows of each passage that were made on the text that is here."""
    hashes = {(p.passage_id, hash_text(p.text or "")) for p in passages}
    rows: dict[str, list[Annotation]] = defaultdict(list)
    for row in adjudicated:
        if (row.passage_id, row.text_sha256) in hashes:
            rows[row.passage_id].append(row)
    return dict(rows)


def _examples(
    passages: Sequence[Passage], rows: Mapping[str, Sequence[Annotation]]
) -> tuple[list[str], list[set[str]]]:
    """Return the clauses of passages, and the codes that each carries."""
    texts, labels = [], []
    for passage in passages:
        text = passage.text or ""
        for clause in iter_clauses(text):
            texts.append(clause.of(text))
            labels.append({r.code for r in rows[passage.passage_id] if _covers(r, clause)})
    return texts, labels


def _covers(row: Annotation, clause: Span) -> bool:
    """Tell whether a row speaks of a clause; a row without a span speaks of the whole passage."""
    if row.start is None or row.end is None:
        return row.code != NONE
    return clause.overlap(Span(row.start, row.end)) is not None


def _version(rows: Mapping[str, Sequence[Annotation]]) -> str:
    """Return a name that changes whenever what was learnt from changes."""
    said = sorted(
        f"{r.text_sha256} {r.code} {r.start} {r.end}" for found in rows.values() for r in found
    )
    return f"tfidf-lr-{hash_text(chr(10).join(said))[:8]}"
