"""How much the built dataset holds of everything; the datasheet's numbers come from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from safeguards.query import ADJUDICATED, Dataset, Row


def count_rows(dataset: Dataset) -> list[Row]:
    """
    Return how much there is of everything: rows with ``of``, ``group`` and ``number``.

    The datasheet's numbers come from here.
    """
    repeats = {r["round"] for r in dataset.table("agreement") if r["comparison"] == "intra"}
    given = [row for row in dataset.annotations if row["layer"] != "none"]
    coded = [row for row in given if row["round"] not in repeats]
    again = [row for row in given if row["round"] in repeats]
    counted: list[tuple[str, Iterable[str]]] = [
        ("documents", (row["kind"] for row in dataset.documents.values())),
        ("passages", (f"{r['document_id']}, {r['edition']}" for r in dataset.provisions)),
        ("passages with text", (_text_group(r) for r in dataset.provisions if r["text"])),
        ("codes", (f"{r['annotator_id']}, {r['layer']}" for r in coded)),
        ("codes given again", (f"{r['annotator_id']}, {r['layer']}" for r in again)),
        ("passages read", (who for who, _ in _readings(dataset))),
        ("adjudicated codes", (_contested(r) for r in coded if r["annotator_id"] == ADJUDICATED)),
        ("claims", (row["verdict"] for row in dataset.table("claims"))),
        ("claims by type", (row["claim_type"] for row in dataset.table("claims"))),
        ("claims by landing", (_landing(row["targets"]) for row in dataset.table("claims"))),
        ("claim checks, parts", (row["verdict"] for row in dataset.table("claim_checks"))),
        ("links", (r["link_id"].partition("-")[0] for r in dataset.table("links"))),
    ]
    return [
        {"of": name, "group": group, "number": number}
        for name, groups in counted
        for group, number in sorted(Counter(groups).items())
    ]


def _landing(targets: list[Row]) -> str:
    """Return how a claim gets to the adopted text, in words."""
    landed = [target for target in targets if target["passage_id"]]
    if not landed:
        return "names a number that lands nowhere" if targets else "names no provision"
    drafts = any(target["draft"] for target in landed)
    return "on the adopted text, from a draft" if drafts else "on the adopted text"


def _text_group(row: Row) -> str:
    """Return the group of a passage that holds text."""
    grade = f", grade {row['grade']}" if row["grade"] else ""
    return f"{row['document_id']}, {row['edition']}{grade}"


def _readings(dataset: Dataset) -> list[tuple[str, str]]:
    """Return each annotator with each passage that the annotator read, once."""
    return sorted({(r["annotator_id"], r["passage_id"]) for r in dataset.annotations})


def _contested(row: Row) -> str:
    """Return whether an adjudicated code was contested, in words."""
    return f"{row['layer']}, {'contested' if row['contested'] else 'unanimous'}"
