"""
Mojibake: text that somebody decoded in the wrong encoding, found and never repaired.

UTF-8 read as one of the old one-byte encodings turns each accented letter into two or three odd
characters. Turning a run of odd characters back into bytes, and finding that they are UTF-8 for a
common letter, is a proof rather than a list of odd sequences; see also https://ftfy.readthedocs.io.

>>> find_mojibake("AntĂłnio")
[Mojibake(line=1, seen='Ăł', meant='ó')]
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ENCODINGS = ("cp1252", "cp1250", "cp1251", "mac_roman")
_RUN = re.compile(r"[^\x00-\x7f]{2,}")
_CONTROL = re.compile(r"[\x80-\x9f]")
_COMMON = re.compile(
    "[\u00a0-\u017f"  # accented Latin letters and signs
    "\u0384-\u03ce\u0401-\u045f"  # Greek, Cyrillic
    "\u1ea0-\u1ef9"  # Vietnamese
    "\u2010-\u203a\u20ac\u2122]+"  # dashes, quotes, the euro, the trade mark
)


class Mojibake(NamedTuple):
    """
    A run of characters that was decoded in the wrong encoding.

    Attributes:
        line: Line of the text, counted from 1.
        seen: The characters as they stand.
        meant: What they were before.
    """

    line: int
    seen: str
    meant: str


def find_mojibake(text: str) -> list[Mojibake]:
    """Return the runs of *text* that were decoded in a wrong encoding, in reading order."""
    if text.isascii():
        return []
    return [
        Mojibake(number, run, meant)
        for number, line in enumerate(text.split("\n"), 1)
        for run in _RUN.findall(line)
        if (meant := _undo(run))
    ]


def _undo(run: str) -> str | None:
    """
    Return what *run* was before it was decoded wrongly, or None if it is as it should be.

    >>> _undo("Ã©"), _undo("â€™"), _undo("Ãé"), _undo("É»")
    ('é', '’', None, None)
    """
    for encoding in _ENCODINGS:
        try:
            meant = _encode(run, encoding).decode("utf-8")
        except UnicodeError:
            continue
        if _COMMON.fullmatch(meant):
            return meant
    return None


def _encode(run: str, encoding: str) -> bytes:
    """Return the bytes of *run*; those that an encoding leaves undefined stay as they are."""
    if _CONTROL.search(run) is None:
        return run.encode(encoding)
    return b"".join(bytes([ord(c)]) if _CONTROL.match(c) else c.encode(encoding) for c in run)
