"""Which operative terms a code rests on: the words that can be quoted where the text cannot."""

from __future__ import annotations

from collections.abc import Sequence

from safeguards.model import Annotation, Span, TermAnchor


def find_terms(row: Annotation, anchors: Sequence[TermAnchor]) -> tuple[str, ...]:
    """
    Return the operative terms that the span of *row* covers, in reading order.

    Terms wholly under the span go before terms that it only touches; of terms that overlap each
    other the longest is taken.
    """
    if row.start is None or row.end is None:
        return ()
    span = Span(row.start, row.end)
    touched = [a for a in anchors if Span(a.start, a.end).overlap(span)]
    inside = [a for a in touched if span.start <= a.start and a.end <= span.end]
    taken: list[TermAnchor] = []
    for anchor in sorted(inside or touched, key=lambda a: (a.start - a.end, a.start)):
        if not any(Span(anchor.start, anchor.end).overlap(Span(t.start, t.end)) for t in taken):
            taken.append(anchor)
    return tuple(dict.fromkeys(a.term for a in sorted(taken, key=lambda a: a.start)))
