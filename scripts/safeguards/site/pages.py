"""
Which pages there are, and what each of them shows: a path, a template and its values.

Pages about a table that the dataset lacks are left out, and so is their entry in the navigation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from safeguards.eid import article_of
from safeguards.query import ADJUDICATED, Row
from safeguards.site.content import Content, group
from safeguards.site.downloads import describe_tables
from safeguards.site.reading import read_article


@dataclass(frozen=True)
class Page:
    """
    A page that is to be written.

    Attributes:
        path: Where it lies in the site.
        template: What it is made from.
        section: Its entry of the navigation.
        trail: Pages above it, as (name, path), the nearest last.
        values: What the template shows.
    """

    path: str
    template: str
    section: str
    trail: tuple[tuple[str, str], ...] = ()
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """The way from the page to the folder of the site."""
        return "../" * self.path.count("/")


def iter_pages(content: Content) -> Iterator[Page]:
    """Yield every page, in a fixed order."""
    sections = list_sections(content)
    yield Page("index.html", "index.html", "", values=_start(content))
    for name, make in _MAKERS.items():
        if name in sections:
            yield from make(content)
    yield Page("search.html", "search.html", "search")


def list_sections(content: Content) -> dict[str, str]:
    """Return the sections that this dataset can fill, with the first page of each."""
    needs = {
        "matrix": "matrix",
        "claims": "claims",
        "critiques": "claims",
        "agreement": "agreement",
    }
    return {
        name: f"{name}.html" for name in _MAKERS if name not in needs or content.has(needs[name])
    }


def _start(content: Content) -> dict[str, Any]:
    """Return what the start page shows."""
    checked = [c for c in content.table("claims") if c["claim_id"] in content.checks_by_claim]
    answered = [c for c in checked if c["verdict"] != "not_checkable_from_text"]
    worst = [row for row in content.vague if row["severity"] == "critical"]
    gaps = [c for c in _gaps(content, "judicial_oversight") if c["status"] != "not_applicable"]
    return {
        "checked": answered or checked,
        "worst": worst[:3],
        "least": gaps[:3],
        "treaties": content.treaties,
    }


# Treaties and their provisions.


def _treaties(content: Content) -> Iterator[Page]:
    """Yield the list of treaties, a page for each, and one for each of their articles."""
    yield Page("treaties.html", "treaties.html", "treaties")
    for document in content.treaties:
        document_id, title = document["document_id"], document["short_title"]
        path = f"treaties/{document_id}.html"
        trail = (("treaties", "treaties.html"),)
        entries = list(_table_of_contents(content, document_id))
        values = {"document": document, "entries": entries, "title": title}
        yield Page(path, "treaty.html", "treaties", trail, values)
        yield from _provisions(content, document_id, (*trail, (title, path)))


def _table_of_contents(content: Content, document_id: str) -> Iterator[Row]:
    """Yield chapters and articles in document order, each with how deep it lies."""
    for passage_id in content.by_passage:
        row = content.passage(passage_id)
        place = content.place_of(passage_id)
        inside = passage_id.startswith(document_id + ":")
        heads = row["eid"].count("__") if row["level"] != "article" else 9
        is_entry = passage_id in content.provision_pages or place == (
            f"treaties/{document_id}.html#{row['eid']}"
        )
        if inside and is_entry:
            codes = content.codes_by_article.get(passage_id, [])
            state = content.state_of(passage_id)
            yield {**row, "place": place, "depth": heads, "codes": codes, "state": state}


def _provisions(
    content: Content, document_id: str, trail: tuple[tuple[str, str], ...]
) -> Iterator[Page]:
    """Yield a page for each article of a treaty."""
    rows = content.articles(document_id)
    for place, row in enumerate(rows):
        values = {
            "title": row["citation"],
            "before": rows[place - 1] if place else None,
            "after": rows[place + 1] if place + 1 < len(rows) else None,
            **read_article(content, row["passage_id"]),
        }
        path = content.provision_pages[row["passage_id"]]
        yield Page(path, "provision.html", "treaties", trail, values)


# Vague wording.


def _vague(content: Content) -> Iterator[Page]:
    """Yield the page of all vague wording."""
    powers = {
        article: sorted({c["code"] for c in codes if c["layer"] == "power"})
        for article, codes in content.codes_by_article.items()
    }
    findings = [{**r, "powers": powers.get(article_of(r["passage_id"]), [])} for r in content.vague]
    values = {
        "findings": findings,
        "documents": _documents_of(content, findings),
        "kinds": sorted({r["code"] for r in findings}),
        "powers": sorted({power for r in findings for power in r["powers"]}),
    }
    yield Page("vague.html", "vague.html", "vague", values=values)


def _documents_of(content: Content, rows: list[Row]) -> list[Row]:
    """Return the documents in which passages of *rows* stand."""
    ids = {row["passage_id"].partition(":")[0] for row in rows}
    return [d for d in content.documents.values() if d["document_id"] in ids]


# The gap matrix.


def _matrix(content: Content) -> Iterator[Page]:
    """Yield the overview, a page for each safeguard, each treaty and each power in it."""
    trail = (("matrix", "matrix.html"),)
    columns = [c for c in content.rules.codes if c.layer == "safeguard"]
    yield Page("matrix.html", "matrix.html", "matrix", values={"columns": columns})
    for code in columns:
        values = {"title": code.name, "code": code, "cells": _gaps(content, code.id)}
        yield Page(f"safeguards/{code.id}.html", "safeguard.html", "matrix", trail, values)
    for document_id, cells in content.matrices.items():
        title = content.documents[document_id]["short_title"]
        path = f"matrix/{document_id}.html"
        rows = group(cells, "row")
        provisional = any(cell["provisional"] for cell in cells)
        values = {"title": title, "rows": rows, "columns": columns, "provisional": provisional}
        yield Page(path, "matrix_document.html", "matrix", trail, values)
        for row_id, found in rows.items():
            values = {"title": title, "cells": found, "row": found[0]}
            below = (*trail, (title, path))
            yield Page(f"matrix/{row_id}.html", "power.html", "matrix", below, values)


def _gaps(content: Content, safeguard: str) -> list[Row]:
    """Return the cells of one safeguard, the emptiest first."""
    orders = {status.id: status.order for status in content.rules.statuses}
    cells = [c for c in content.cells if c["safeguard"] == safeguard]
    last = max(orders.values()) + 1

    def rank(cell: Row) -> tuple[int, int]:
        meaningless = cell["status"] == "not_applicable"
        return last if meaningless else orders[cell["status"]], content.order[
            cell["power_passage_id"]
        ]

    return sorted(cells, key=rank)


# Claims and critiques.


def _claims(content: Content) -> Iterator[Page]:
    """Yield the page of all claims, those with an answer first."""

    def rank(claim: Row) -> tuple[bool, bool]:
        unanswered = claim["verdict"] == "not_checkable_from_text"
        return unanswered, claim["claim_id"] not in content.checks_by_claim

    claims = sorted(content.table("claims"), key=rank)
    values = {
        "claims": claims,
        "verdicts": _used(claims, "verdict"),
        "types": _used(claims, "claim_type"),
        "authors": [content.documents[d] for d in _used(claims, "document_id")],
    }
    yield Page("claims.html", "claims.html", "claims", values=values)


def _used(rows: list[Row], column: str) -> list[str]:
    """Return the values of a column, sorted."""
    return sorted({row[column] for row in rows})


def _critiques(content: Content) -> Iterator[Page]:
    """Yield the list of critiques, and a page for each that makes claims."""
    yield Page("critiques.html", "critiques.html", "critiques")
    for document in content.critiques:
        claims = content.claims_by_document.get(document["document_id"])
        if claims:
            path = f"critiques/{document['document_id']}.html"
            values = {"document": document, "claims": claims, "title": document["short_title"]}
            trail = (("critiques", "critiques.html"),)
            yield Page(path, "critique.html", "critiques", trail, values)


# Method.


def _codebook(content: Content) -> Iterator[Page]:
    """Yield the codebook."""
    yield Page("codebook.html", "codebook.html", "codebook")


def _agreement(content: Content) -> Iterator[Page]:
    """Yield the report on agreement, with what was contested."""
    keys = ("round", "comparison", "annotators", "edition")
    rows = [
        {**r, "heading": tuple(str(r[k]) if k != "annotators" else tuple(r[k]) for k in keys)}
        for r in content.table("agreement")
    ]
    contested = [
        row
        for row in content.adjudicated
        if row["contested"] and content.place_of(row["passage_id"])
    ]
    values = {"groups": group(rows, "heading"), "contested": contested}
    yield Page("agreement.html", "agreement.html", "agreement", values=values)


def _data(content: Content) -> Iterator[Page]:
    """Yield the page of downloads."""
    yield Page("data.html", "data.html", "data", values={"tables": describe_tables(content)})


def _cite(content: Content) -> Iterator[Page]:
    """Yield how to cite, and who annotated."""
    coders = {r["annotator_id"] for r in content.annotations} - {ADJUDICATED}
    annotators = [
        {**row, "coded": row["annotator_id"] in coders} for row in content.table("annotators")
    ]
    yield Page("cite.html", "cite.html", "cite", values={"annotators": annotators})


_MAKERS: dict[str, Callable[[Content], Iterator[Page]]] = {
    "treaties": _treaties,
    "vague": _vague,
    "matrix": _matrix,
    "claims": _claims,
    "critiques": _critiques,
    "codebook": _codebook,
    "agreement": _agreement,
    "data": _data,
    "cite": _cite,
}
