"""
Numbers as lists print them: digits, letters, roman numerals.

Web pages and word processors keep "third item of a list in small letters" and print "c". To read a
provision's number from such a file, it has to be printed again.

>>> [format_numeral(4, style) for style in "1aAiI"]
['4', 'd', 'D', 'iv', 'IV']
"""

from __future__ import annotations

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MAX_ROMAN = 3999


def format_numeral(number: int, style: str) -> str:
    """
    Return *number* in one of the styles ``1 a A i I``; in digits where a style has no such number.

    >>> format_numeral(27, "a"), format_numeral(28, "A"), format_numeral(0, "i")
    ('aa', 'BB', '0')
    """
    if number < 1 or style not in ("a", "A", "i", "I"):
        return str(number)
    text = _letters(number) if style in "aA" else _roman(number)
    return text.upper() if style.isupper() else text


def _letters(number: int) -> str:
    """Return the letter of *number*; after z come aa, bb, cc, as lists in treaties do."""
    return chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1)


def _roman(number: int) -> str:
    """Return *number* as a roman numeral."""
    if number > _MAX_ROMAN:
        return str(number)
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text
