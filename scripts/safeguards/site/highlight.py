"""
Overlapping spans to pieces that HTML can hold: elements nest, the words that codes rest on do not.

Every boundary of a span cuts the text, so a piece knows all the codes over it. This is the
stand-off to in-line step that https://www.w3.org/TR/annotation-model/ leaves to the reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A run of characters with the same codes over it.

    Attributes:
        text: The characters.
        over: Numbers of the spans that cover them, ascending.
        ends: Numbers of the spans that end here.
    """

    text: str
    over: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


def cut_text(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """
    Return *text* in pieces, cut wherever a span begins or ends.

    Spans are half-open, in code points, and numbered from 1 in the order given; what lies outside
    the text is left out, and so is an empty span.

    >>> for piece in cut_text("ninety days renewed", [(0, 11), (7, 19)]):
    ...     print(repr(piece.text), piece.over, piece.ends)
    'ninety ' (1,) ()
    'days' (1, 2) (1,)
    ' renewed' (2,) (2,)
    """
    kept = [
        (number, max(0, start), min(end, len(text)))
        for number, (start, end) in enumerate(spans, 1)
        if max(0, start) < min(end, len(text))
    ]
    cuts = sorted({0, len(text), *(place for _, *ends in kept for place in ends)})
    return [
        Piece(
            text[start:end],
            tuple(number for number, first, last in kept if first < end and start < last),
            tuple(number for number, _, last in kept if last == end),
        )
        for start, end in pairwise(cuts)
    ]
