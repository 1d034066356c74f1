"""An article as its page shows it: passages with marked words, codes, and what surrounds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from safeguards.query import Row
from safeguards.site.content import Content, group
from safeguards.site.highlight import Piece, cut_text

_LAYERS = ("power", "safeguard", "vagueness")


def read_article(content: Content, article: str) -> dict[str, Any]:
    """Return what the page of an article shows."""
    found = content.describe(article)
    coded = group(found["adjudicated"], "passage_id")
    given = group(found["annotators"], "passage_id")
    rows = [found["passage"], *found["below"]]
    passages = [_read_passage(content, row, coded, given) for row in rows]
    return {
        "article": found["passage"],
        "passages": passages,
        "editions": sorted({v["edition"] for p in passages for v in p["versions"]}),
        "words_missing": any(p["codes"] and not p["marked"] for p in passages),
        "state": content.state_of(article),
        "links": found["links"],
        "refers_to": found["refers_to"],
        "referred_to_by": found["referred_to_by"],
        "claims": found["claims"],
        "matrix_rows": [
            cells[0]
            for cells in content.matrix_rows.values()
            if cells[0]["power_passage_id"] == article
        ],
        "beside": _read_beside(content, article),
    }


def _read_passage(
    content: Content, row: Row, coded: dict[Any, list[Row]], given: dict[Any, list[Row]]
) -> dict[str, Any]:
    """Return one passage: its texts with the words marked on which its codes rest."""
    codes = sorted(
        coded.get(row["passage_id"], []),
        key=lambda c: (_LAYERS.index(c["layer"]), c["start"] or 0, c["annotation_id"]),
    )
    editions = content.by_passage[row["passage_id"]]
    versions = [
        {**version, "pieces": _mark(version, codes)}
        for _, version in sorted(editions.items())
        if version["text"]
    ]
    return {
        **row,
        "codes": codes,
        "given": given.get(row["passage_id"], []),
        "state": content.states.get(row["passage_id"]),
        "versions": versions,
        "marked": any(piece.over for v in versions for piece in v["pieces"]),
        "depth": row["eid"].count("__"),
    }


def _mark(version: Row, codes: Sequence[Row]) -> list[Piece]:
    """Return the text of one edition in pieces; only codes made on this very text are marked."""
    spans = [
        (code["start"], code["end"])
        if code["start"] is not None
        and (code["edition"], code["text_sha256"]) == (version["edition"], version["text_sha256"])
        else (0, 0)
        for code in codes
    ]
    return cut_text(version["text"], spans)


def _read_beside(content: Content, article: str) -> list[dict[str, Any]]:
    """Return the article and its counterparts, to be read side by side; nothing if it has none."""
    others = content.counterparts.get(article, {})
    ordered = sorted(others, key=content.order.__getitem__)
    found = [_read_side(content, other, others[other]) for other in ordered]
    return [_read_side(content, article, "this"), *found] if found else []


def _read_side(content: Content, article: str, kind: str) -> dict[str, Any]:
    """Return an article for reading beside others, and why it stands there."""
    found = [content.passage(p) for p in content.inside(article)]
    return {
        **content.passage(article),
        "kind": kind,
        "passages": [row for row in found if row["text"]],
    }
