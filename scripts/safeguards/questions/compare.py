"""Two provisions side by side: text, the codes on both or on one only, and what they cite."""

from __future__ import annotations

from collections.abc import Iterable

from safeguards.eid import is_inside
from safeguards.query import ADJUDICATED, Dataset, Row, describe

SIDES = ("left", "right")


def compare_provisions(dataset: Dataset, left: str, right: str) -> Row:
    """
    Return two provisions and the codes on both, only left and only right.

    Codes are the adjudicated ones of each provision and of all that lies in it. A provision that
    nobody has coded is marked so, because there an empty side means nothing.

    Raises:
        UnknownDocument, UnknownProvision: There is no such provision.
    """
    sides = {
        name: describe(dataset, words) for name, words in zip(SIDES, (left, right), strict=True)
    }
    codes = {name: _group(found["adjudicated"]) for name, found in sides.items()}
    keys = sorted({key for group in codes.values() for key in group}, key=_layer_first)
    rows = [_code_row(dataset, key, codes) for key in keys]
    return {
        "left": _side(dataset, sides["left"]),
        "right": _side(dataset, sides["right"]),
        "on_both": [r for r in rows if r["where"] == "both"],
        "only_left": [r for r in rows if r["where"] == "left"],
        "only_right": [r for r in rows if r["where"] == "right"],
    }


def _layer_first(key: tuple[str, str]) -> tuple[int, str]:
    """Return the order of codes: safeguards, powers, vagueness."""
    return ("safeguard", "power", "vagueness").index(key[0]), key[1]


def _group(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """Return the codes of a provision by layer and code."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["layer"], row["code"]), []).append(row)
    return found


def _code_row(
    dataset: Dataset, key: tuple[str, str], codes: dict[str, dict[tuple[str, str], list[Row]]]
) -> Row:
    """Return what a code is on each side."""
    present = [name for name in SIDES if key in codes[name]]
    shown = {name: _judged(codes[name].get(key, [])) for name in SIDES}
    first = codes[present[0]][key][0]
    contested = any(row["contested"] for name in present for row in codes[name][key])
    standing = dataset.standings.find(first)
    return {
        "layer": key[0],
        "code": key[1],
        "where": "both" if len(present) == 2 else present[0],
        **shown,
        "agreement": standing.explain(contested),
        "alpha": standing.mark(contested),
    }


def _judged(rows: Iterable[Row]) -> str:
    """Return how a code was judged, and on which words, once for each judgement."""
    found = []
    for row in rows:
        facts = [f for f in (row["status"], row["force"], row["severity"]) if f]
        words = ", ".join(f"'{term}'" for term in row["terms"])
        found.append(" ".join([*facts, *([f"on {words}"] if words else [])]) or "coded")
    return "; ".join(dict.fromkeys(found))


def _side(dataset: Dataset, found: Row) -> Row:
    """Return one provision as it is shown."""
    passage, below = found["passage"], found["below"]
    return {
        "passage_id": found["passage_id"],
        "citation": found["citation"],
        "heading": passage["heading"],
        "edition": passage["edition"],
        "provisional": passage["provisional"],
        "coded": is_coded(dataset, found["passage_id"]),
        "text": [
            {"num": row["num"], "level": row["level"], "eid": row["eid"], "text": row["text"]}
            for row in (passage, *below)
            if row["text"]
        ],
        "refers_to": sorted({r["cites"] for r in found["refers_to"]}),
        "referred_to_by": sorted({r["citation"] for r in found["referred_to_by"]}),
        "cite": dataset.cite(found["passage_id"]),
    }


def is_coded(dataset: Dataset, passage_id: str) -> bool:
    """Tell whether a passage, or what lies in it, has been coded and adjudicated."""
    return any(
        row["annotator_id"] == ADJUDICATED and is_inside(row["passage_id"], passage_id)
        for row in dataset.annotations
    )
