"""
Cells as people read them, and CSV that a spreadsheet opens without computing anything in it.

A cell that begins like a formula gets an apostrophe before it, as OWASP advises against
`CSV injection <https://owasp.org/www-community/attacks/CSV_Injection>`_.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-\d+(?:\.\d+)?")


def format_cell(value: Any) -> str:
    """
    Return a value as people read it.

    >>> format_cell(["a", "b"]), format_cell(True), format_cell(None)
    ('a; b', 'yes', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return "; ".join(format_cell(item) for item in value)
    if isinstance(value, Mapping):
        return ": ".join(format_cell(item) for item in value.values())
    return str(value)


def is_formula(cell: str) -> bool:
    """
    Tell whether a spreadsheet would compute *cell*; a negative number is none.

    >>> is_formula("=1+1"), is_formula("-1"), is_formula("shall")
    (True, False, False)
    """
    return cell.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(cell)


def csv_text(cells: Iterable[Sequence[str]], columns: Sequence[str]) -> str:
    r"""
    Return *cells* below their *columns* as CSV in which no cell runs as a formula.

    >>> csv_text([["=1+1", "-1"]], ["a", "b"])
    "a,b\n'=1+1,-1\n"
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in cells:
        writer.writerow(["'" + cell if is_formula(cell) else cell for cell in row])
    return out.getvalue()
