"""
What the pages show, read from the dataset: each table once, and where each provision has its page.

A dataset without an optional table gives a site without the pages that need it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from safeguards.codebook import Codebook, read_codebook
from safeguards.eid import article_of, container_of
from safeguards.query import (
    ADJUDICATED,
    SEVERITIES,
    Dataset,
    Row,
    describe,
    shown_edition,
)
from safeguards.site.figures import count

NEEDED = ("provisions", "annotations", "documents")
_CONTAINERS = {"part", "chapter", "section", "title", "attachment"}


class Content(Dataset):
    """A dataset that is read as a whole, with the indexes that pages need."""

    @cached_property
    def _tables(self) -> dict[str, list[Row]]:
        """The tables read so far."""
        return {}

    def has(self, name: str) -> bool:
        """Tell whether the dataset has rows in this table."""
        return bool(self.table(name))

    def table(self, name: str) -> list[Row]:
        """
        Return the rows of a table, read once; none where an optional table is missing.

        Raises:
            DatasetMissing: The dataset has not been built.
        """
        if name not in self._tables:
            there = any((self.folder / "data" / name).glob("*.parquet"))
            self._tables[name] = super().table(name) if there or name in NEEDED else []
        return self._tables[name]

    @cached_property
    def provisions(self) -> list[Row]:
        """The passages as they stand in their documents, whichever split they are in."""
        places = {document_id: place for place, document_id in enumerate(self.documents)}
        return sorted(
            self.table("provisions"),
            key=lambda r: (places[r["document_id"]], r["edition"], r["ordinal"]),
        )

    def count(self, question: str) -> int:
        """Return the answer to a question of `safeguards.site.figures`."""
        return count(self.table(question.partition("?")[0]), question)

    @cached_property
    def rules(self) -> Codebook:
        """The codebook that the dataset ships, checked."""
        return read_codebook(self.folder / "codebook.yaml")

    @cached_property
    def treaties(self) -> list[Row]:
        """The treaties of which anything is published, in the order of the register."""
        known = {row["document_id"] for row in self.provisions}
        found = self.documents.values()
        return [d for d in found if d["kind"] == "treaty" and d["document_id"] in known]

    @cached_property
    def critiques(self) -> list[Row]:
        """The critiques, latest first."""
        found = [d for d in self.documents.values() if d["kind"] == "critique"]
        return sorted(found, key=lambda d: (d["date"] or "", d["document_id"]), reverse=True)

    @cached_property
    def adjudicated(self) -> list[Row]:
        """The codes of the adjudicated layer, without the rows that say that nothing was found."""
        rows = (r for r in self.annotations if r["annotator_id"] == ADJUDICATED)
        return [r for r in rows if r["layer"] != "none"]

    @cached_property
    def vague(self) -> list[Row]:
        """The findings of vagueness, cured ones too: the gravest first, then as treaties stand."""
        documents = list(self.documents)

        def rank(row: Row) -> tuple[int, int, int, str]:
            passage_id = row["passage_id"]
            document = documents.index(passage_id.partition(":")[0])
            grave = -SEVERITIES.index(row["severity"])
            return grave, document, self.order[passage_id], row["annotation_id"]

        return sorted((r for r in self.adjudicated if r["layer"] == "vagueness"), key=rank)

    @cached_property
    def _by_id(self) -> dict[str, Row]:
        """The codes of the adjudicated layer by their ids."""
        return {row["annotation_id"]: row for row in self.adjudicated}

    def words_of(self, row: Row) -> list[str]:
        """
        Return the words that a code rests on, to be quoted.

        The words themselves where the text that was coded is shipped, else its operative terms.
        *row* is a code or a cell of the matrix.
        """
        if "power_passage_id" in row:
            code = self._by_id.get(row["annotation_id"] or "")
            return self.words_of(code) if code else row["terms"]
        version = self.by_passage[row["passage_id"]].get(row["edition"], {})
        same = row["text_sha256"] == version.get("text_sha256")
        if row["start"] is not None and version.get("text") and same:
            return [version["text"][row["start"] : row["end"]]]
        return list(row["terms"])

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of each passage in the dataset."""
        return {passage_id: place for place, passage_id in enumerate(self.by_passage)}

    def passage(self, passage_id: str) -> Row:
        """Return a passage in the edition to show."""
        return shown_edition(self.by_passage[passage_id])

    @cached_property
    def provision_pages(self) -> dict[str, str]:
        """The page of each article of a treaty, preambles and the like among them."""
        treaties = {d["document_id"] for d in self.treaties}
        pages: dict[str, str] = {}
        for passage_id, editions in self.by_passage.items():
            row = next(iter(editions.values()))
            article = container_of(passage_id)
            eid = article.partition(":")[2]
            if row["document_id"] not in treaties or row["level"] in _CONTAINERS:
                continue
            if article in self.by_passage and eid != "preface":
                pages[article] = f"provisions/{row['document_id']}/{eid}.html"
        return pages

    def place_of(self, passage_id: str | None) -> str | None:
        """Return the page and anchor of a passage; None where the site shows no such passage."""
        if not passage_id or passage_id not in self.by_passage:
            return None
        page = self.provision_pages.get(container_of(passage_id))
        if page is None:
            return self._place_of_container(passage_id)
        return f"{page}#{passage_id.partition(':')[2]}"

    def _place_of_container(self, passage_id: str) -> str | None:
        """Return the place of a chapter on its treaty's page."""
        document_id, _, eid = passage_id.partition(":")
        level = self.passage(passage_id)["level"]
        treaty = any(d["document_id"] == document_id for d in self.treaties)
        return f"treaties/{document_id}.html#{eid}" if treaty and level in _CONTAINERS else None

    def describe(self, article: str) -> Row:
        """Return all that is known about an article."""
        return describe(self, article)

    def articles(self, document_id: str) -> list[Row]:
        """Return the articles of a treaty that have pages, as shown, in document order."""
        return [self.passage(p) for p in self.provision_pages if p.startswith(document_id + ":")]

    @cached_property
    def codes_by_article(self) -> dict[str, list[Row]]:
        """The adjudicated codes of each article."""
        found: dict[str, list[Row]] = {}
        for row in self.adjudicated:
            found.setdefault(article_of(row["passage_id"]), []).append(row)
        return found

    @cached_property
    def states(self) -> dict[str, str]:
        """``decided`` for each passage that was adjudicated, ``undecided`` if only coded."""
        found: dict[str, str] = {}
        for row in self.annotations:
            decided = row["annotator_id"] == ADJUDICATED
            if decided or row["passage_id"] not in found:
                found[row["passage_id"]] = "decided" if decided else "undecided"
        return found

    def state_of(self, article: str) -> str | None:
        """Return the state of an article: undecided where that holds of any passage in it."""
        found = {self.states[p] for p in self.inside(article) if p in self.states}
        return max(found) if found else None

    @cached_property
    def checks_by_claim(self) -> dict[str, list[Row]]:
        """The parts of each claim that was checked."""
        return group(self.table("claim_checks"), "claim_id")

    @cached_property
    def claims_by_document(self) -> dict[str, list[Row]]:
        """The claims that each critique makes."""
        return group(self.table("claims"), "document_id")

    @cached_property
    def matrices(self) -> dict[str, list[Row]]:
        """The cells of the gap matrix of each treaty."""
        return group(self.cells, "document_id")

    @cached_property
    def cells(self) -> list[Row]:
        """The cells of the gap matrix, each with the id of its row: treaty, article and power."""
        return [
            {**c, "row": f"{c['power_passage_id'].replace(':', '/')}--{c['power']}"}
            for c in self.table("matrix")
        ]

    @cached_property
    def matrix_rows(self) -> dict[str, list[Row]]:
        """The cells of each row of the gap matrix."""
        return group(self.cells, "row")

    def inside(self, article: str) -> list[str]:
        """Return an article and the passages below it."""
        return self._by_article.get(article, [])

    @cached_property
    def _by_article(self) -> dict[str, list[str]]:
        """The passages of each article."""
        found: dict[str, list[str]] = {}
        for passage_id in self.by_passage:
            found.setdefault(container_of(passage_id), []).append(passage_id)
        return found

    @cached_property
    def counterparts(self) -> dict[str, dict[str, str]]:
        """
        For each article, the articles of other treaties that answer to it, and how that is known.

        ``basis`` where the restatement of one rests on the other, ``heading`` where both carry the
        same heading.
        """
        found: dict[str, dict[str, str]] = {}
        for kind, first, second in (*self._headings_shared(), *self._bases()):
            for one, other in ((first, second), (second, first)):
                found.setdefault(one, {})[other] = kind
        return found

    def _bases(self) -> Iterable[tuple[str, str, str]]:
        """Yield the pairs of articles in different treaties of which one is restated from both."""
        for row in self.provisions:
            here = article_of(row["passage_id"])
            for base in row["basis"]:
                there = article_of(base)
                if {here, there} <= self.provision_pages.keys() and not _same_document(here, there):
                    yield "basis", here, there

    def _headings_shared(self) -> Iterable[tuple[str, str, str]]:
        """Yield the pairs of articles in different treaties with the same heading."""
        by_heading: dict[str, list[str]] = {}
        for article in self.provision_pages:
            heading = self.passage(article)["heading"]
            if heading and self.passage(article)["level"] == "article":
                by_heading.setdefault(" ".join(heading.lower().split()), []).append(article)
        for articles in by_heading.values():
            for first in articles:
                for second in articles:
                    if first < second and not _same_document(first, second):
                        yield "heading", first, second


def _same_document(first: str, second: str) -> bool:
    """Tell whether two passages stand in one document."""
    return first.partition(":")[0] == second.partition(":")[0]


def group(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    """
    Return rows by the value of a column, in their order.

    >>> group([{"a": 1, "b": 2}, {"a": 1, "b": 3}], "a")
    {1: [{'a': 1, 'b': 2}, {'a': 1, 'b': 3}]}
    """
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found
