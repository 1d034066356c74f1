"""
Numbers on pages, each with the question that gave it, so that anyone can ask again.

A question reads ``table?condition&condition``. A condition is ``column=value``, ``column!=value``,
``column^=beginning`` or ``column@=passage``, which holds for the passage and those inside it;
``distinct=column`` counts different values instead of rows. The page carries the question beside
the number, and a test puts it to the Parquet files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from safeguards.eid import is_inside

Row = dict[str, Any]
_CONDITION = re.compile(r"(\w+)(!=|\^=|@=|=)(.*)")


def count(rows: Iterable[Row], question: str) -> int:
    """
    Return the answer to *question* over the rows of its table.

    >>> rows = [{"layer": "power", "passage_id": "a:1"}, {"layer": "none", "passage_id": "a:1"}]
    >>> count(rows, "annotations?layer!=none&passage_id^=a:"), count(rows, "annotations")
    (1, 2)
    >>> count(rows, "annotations?distinct=passage_id")
    1
    """
    distinct = None
    for condition in filter(None, question.partition("?")[2].split("&")):
        match = _CONDITION.fullmatch(condition)
        if match is None:
            raise ValueError(f"'{condition}' is not a condition, in the question '{question}'")
        column, relation, value = match.groups()
        if column == "distinct":
            distinct = value
        else:
            rows = [row for row in rows if _holds(row[column], relation, value)]
    return len({row[distinct] for row in rows}) if distinct else len(list(rows))


def _holds(found: Any, relation: str, value: str) -> bool:
    """Tell whether a cell fits; a cell that lists several fits if one of them does."""
    if isinstance(found, list):
        return any(_holds(item, relation, value) for item in found)
    text = "" if found is None else str(found)
    if relation == "^=":
        return text.startswith(value)
    if relation == "@=":
        return is_inside(text, value)
    return (text == value) == (relation == "=")
