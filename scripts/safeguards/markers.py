"""
Markers at the start of a line ("2.", "(a)", "ii)", "-"), and the lists that they continue.

A marker alone says little: "i)" may be the letter after h or the first roman numeral. What decides
is the list it continues, so open lists are kept as a stack and the innermost one that expects the
marker takes it.

>>> read_marker("(iv) any other entity").values
(('roman', 4),)
>>> read_marker("i) rules").values
(('alpha', 9), ('roman', 1))
>>> read_marker("e-mail") is None
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

_MARKER = re.compile(
    r"""
      (?P<digit> \( \d{1,3} \)
                | \d{1,3} (?: \s? (?:bis|ter|quater) )? [.)] (?= \s | $ | \( | [A-Z] ) )
    | (?P<letter> \( (?: [a-z]{1,5} | [A-Z]{1,4} ) \)          # (a) (iv) (A)
                | (?: [a-z]{1,5} | [A-Z] ) \)                  # a) iv) A)
                | [a-z]{1,3} \. (?! [a-z] \. ) (?= \s | [A-Za-z"'“‘`] ) )  # a. ii.  but not e.g.
    | (?P<dash> [–—-] (?= \s | [A-Za-z] ) )
    """,
    re.VERBOSE,
)
_ROMAN = re.compile(r"(?=.)(x{0,3})(ix|iv|v?i{0,3})")
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10}


class Marker(NamedTuple):
    """
    A marker at the start of a line.

    Attributes:
        printed: The marker as printed, "(a)".
        label: What it says, "a"; empty for a dash.
        style: Its form with the label masked, "(x)": lists keep one form.
        values: The places it can take, as (numbering, ordinal) pairs, the likelier first.
        rest: What follows it on the line.
    """

    printed: str
    label: str
    style: str
    values: tuple[tuple[str, int], ...]
    rest: str

    @property
    def opens(self) -> str | None:
        """Name the numbering in which this marker is the first, or None."""
        firsts = [name for name, ordinal in self.values if ordinal == 1]
        return firsts[-1] if firsts else None


def read_marker(line: str) -> Marker | None:
    """
    Return the marker that *line* starts with, or None.

    >>> read_marker("2. Such conditions")
    Marker(printed='2.', label='2', style='9.', values=(('digit', 2),), rest='Such conditions')
    """
    if line[:1].isalpha() and ")" not in line[1:6] and "." not in line[1:4]:
        return None
    match = _MARKER.match(line)
    if match is None:
        return None
    printed = match[0]
    form = _read_form(printed)
    return Marker(printed, *form, line[match.end() :].lstrip()) if form else None


@lru_cache(maxsize=4096)
def _read_form(printed: str) -> tuple[str, str, tuple[tuple[str, int], ...]] | None:
    """Return label, style and values of a printed marker, or None if it counts nothing."""
    if printed in "–—-":
        return "", "-", (("dash", 1),)
    label = re.sub(r"\s", "", printed.strip("().").lower() if printed[-1] != "." else printed[:-1])
    case = "9" if label[0].isdigit() else "X" if printed.strip("().").isupper() else "x"
    style = ("(" if printed[0] == "(" else "") + case + printed[-1]
    values = (("digit", int(re.match(r"\d+", label)[0])),) if case == "9" else _letter_values(label)  # type: ignore[index]
    return (printed.strip("().") if case == "X" else label, style, values) if values else None


def _letter_values(label: str) -> tuple[tuple[str, int], ...]:
    """Return what a letter label can count: ``b`` is 2, ``aa`` is 27, ``iv`` is 4 in roman."""
    values = []
    if len(set(label)) == 1 and len(label) <= 2:
        values.append(("alpha", ord(label[0]) - 96 + 26 * (len(label) - 1)))
    if _ROMAN.fullmatch(label):
        digits = [_ROMAN_DIGITS[c] for c in label]
        pairs = zip(digits, [*digits[1:], 0], strict=True)
        values.append(("roman", sum(-a if a < b else a for a, b in pairs)))
    return tuple(values)


@dataclass(slots=True)
class OpenList:
    """
    A list that may still go on.

    Attributes:
        owner: The unit whose list this is.
        style: Form of its markers.
        numbering: digit, alpha, roman or dash.
        last: Ordinal of its last item.
    """

    owner: object
    style: str
    numbering: str
    last: int = 0

    def expects(self, marker: Marker) -> bool:
        """Tell whether *marker* is the next item of this list."""
        if self.numbering == "dash":
            return marker.style == "-"
        return (self.numbering, self.last + 1) in marker.values


@dataclass(slots=True)
class ListStack:
    """The lists that are open at a point of an article, outermost first."""

    lists: list[OpenList] = field(default_factory=list)

    def find(self, marker: Marker, following: Marker | None) -> tuple[int, str | None] | None:
        """
        Return the depth of the list that *marker* continues and any doubt about it, or None.

        The innermost list with the same form of marker wins; then any list that expects it (some
        sources change from ``a)`` to ``(b)`` inside one list); then one whose next items were lost.

        Args:
            marker: The marker to place.
            following: The next marker of the source, to tell the letter i from roman one.
        """
        same = [d for d, lst in enumerate(self.lists) if lst.style == marker.style]
        for depth in reversed(same):
            if self.lists[depth].expects(marker):
                roman = _opens_roman(self.lists[depth], marker, following)
                return None if roman else (depth, None)
        if marker.opens and not _goes_on(marker, following):
            return None
        for depth in reversed(range(len(self.lists))):
            if self.lists[depth].expects(marker):
                return depth, "form of number changes"
        skipped = (d for d in reversed(same) if _skips_to(self.lists[d], marker))
        return next(((depth, "numbers jump") for depth in skipped), None)

    def repeats(self, marker: Marker) -> bool:
        """Tell whether *marker* is the first item of the innermost list once more."""
        if not self.lists or marker.style == "-":
            return False
        inner = self.lists[-1]
        return inner.style == marker.style and (inner.numbering, inner.last) in marker.values

    def take(self, depth: int, marker: Marker) -> OpenList:
        """Close what lies deeper than *depth*, count *marker* in the list there and return it."""
        del self.lists[depth + 1 :]
        taken = self.lists[depth]
        counted = None if marker.style == "-" else dict(marker.values).get(taken.numbering)
        taken.last = counted or taken.last + 1
        return taken

    def open(self, owner: object, marker: Marker) -> OpenList:
        """Open a list of *owner* that begins with *marker*, below those that are open."""
        opened = OpenList(owner, marker.style, marker.opens or marker.values[0][0])
        opened.last = dict(marker.values)[opened.numbering]
        self.lists.append(opened)
        return opened


def _opens_roman(lst: OpenList, marker: Marker, following: Marker | None) -> bool:
    """Tell whether "i", though it would follow h, is roman one because "ii" comes next."""
    if lst.numbering != "alpha" or marker.label.lower() != "i" or following is None:
        return False
    return following.label.lower() == "ii" and following.style == marker.style


def _goes_on(marker: Marker, following: Marker | None) -> bool:
    """Tell whether "i" is the letter because "j" comes next."""
    return marker.label.lower() == "i" and following is not None and following.label.lower() == "j"


def _skips_to(lst: OpenList, marker: Marker) -> bool:
    """Tell whether *marker* goes on in *lst* after at most two lost items."""
    ordinal = dict(marker.values).get(lst.numbering)
    return ordinal is not None and lst.last < ordinal <= lst.last + 3
