"""
Questions to the built dataset: which provisions are vague, what is coded where, and why.

Everything is answered from ``dist/dataset/`` alone, so an advocate needs no checkout. Tables are
read with ``ParquetFile``, which is several times quicker to start than pandas, and only when a
question needs them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from safeguards.codebook import unknown_code
from safeguards.eid import (
    article_of,
    build_aliases,
    format_citation,
    is_inside,
    resolve_provision,
    unknown_document,
)
from safeguards.errors import DatasetMissing
from safeguards.model import Document
from safeguards.splits import SPLITS

Row = dict[str, Any]
ADJUDICATED = "adjudicated"
SEVERITIES = ("none", "slight", "material", "critical")


@dataclass(frozen=True)
class Dataset:
    """
    A built dataset.

    Attributes:
        folder: The folder that ``safeguards build`` wrote.
    """

    folder: Path

    def table(self, name: str) -> list[Row]:
        """
        Return the rows of a table.

        Raises:
            DatasetMissing: The dataset has not been built.
        """
        import pyarrow.parquet as pq

        files = [
            path
            for split in SPLITS
            for path in sorted((self.folder / "data" / name).glob(f"{split}-*.parquet"))
        ]
        if not files:
            raise missing(self.folder)
        return [row for path in files for row in pq.ParquetFile(path).read().to_pylist()]

    @cached_property
    def provisions(self) -> list[Row]:
        """The published passages of all splits, in the order of the register and the documents."""
        places = {document_id: place for place, document_id in enumerate(self.documents)}
        rows = self.table("provisions")
        return sorted(rows, key=lambda r: (places[r["document_id"]], r["edition"], r["ordinal"]))

    @cached_property
    def annotations(self) -> list[Row]:
        """All codes, the adjudicated ones last, each annotator's in the order of the passages."""
        places = {passage_id: place for place, passage_id in enumerate(self.by_passage)}
        rows = self.table("annotations")
        return sorted(rows, key=lambda r: (_layer_key(r), places[r["passage_id"]]))

    @cached_property
    def documents(self) -> dict[str, Row]:
        """The documents by id."""
        return {row["document_id"]: row for row in self.table("documents")}

    @cached_property
    def aliases(self) -> dict[str, str]:
        """document_id by every lower-case name."""
        return build_aliases(Document(**row) for row in self.documents.values())

    @cached_property
    def by_passage(self) -> dict[str, dict[str, Row]]:
        """The provisions by passage id and edition."""
        found: dict[str, dict[str, Row]] = {}
        for row in self.provisions:
            found.setdefault(row["passage_id"], {})[row["edition"]] = row
        return found

    def document(self, name: str) -> str:
        """
        Return the id of the document that people call *name*.

        Raises:
            UnknownDocument: There is none; the message names the nearest.
        """
        if name.lower() not in self.aliases:
            raise unknown_document(name, self.aliases)
        return self.aliases[name.lower()]

    def provision(self, words: str) -> str:
        """
        Return the passage id that *words* name.

        Raises:
            UnknownDocument, UnknownProvision: There is none; the message names the nearest.
        """
        return resolve_provision(words, self.aliases, self.by_passage)

    def citation(self, passage_id: str) -> str:
        """Return the legal form of a passage id."""
        document_id = passage_id.partition(":")[0]
        return format_citation(passage_id, self.documents[document_id]["short_title"])

    def check_code(self, code: str | None, known: Iterable[str]) -> None:
        """
        Accept a code that the codebook has.

        Raises:
            UnknownCode: There is none; the message names the nearest.
        """
        if code is not None and code not in set(known):
            raise unknown_code(code, known)

    @cached_property
    def codes(self) -> dict[str, list[str]]:
        """The codes by layer, from the codebook that the dataset ships."""
        import yaml

        path = self.folder / "codebook.yaml"
        if not path.is_file():
            raise missing(self.folder)
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found: dict[str, list[str]] = {}
        for code in yaml.load(path.read_text(encoding="utf-8"), Loader=loader)["codes"]:
            found.setdefault(code["layer"], []).append(code["id"])
        return found


def _layer_key(row: Row) -> tuple[bool, str, str]:
    """Return where the rows of an annotator's round stand among those of others."""
    adjudicated = row["annotator_id"] == ADJUDICATED
    return (adjudicated, "" if adjudicated else row["round"], row["annotator_id"])


def missing(folder: Path) -> DatasetMissing:
    """Return the exception for a dataset that is not there."""
    return DatasetMissing(f"no dataset in {folder}; build one with 'safeguards build'")


def find_vague(
    dataset: Dataset,
    *,
    document: str | None = None,
    kind: str | None = None,
    severity: str = "slight",
    power: str | None = None,
    cured: bool = False,
) -> list[Row]:
    """
    Return the provisions whose wording was judged vague, gravest first within each document.

    Args:
        dataset: The built dataset.
        document: Only this document, by id or name.
        kind: Only this kind of vagueness.
        severity: Only this severity or a graver one.
        power: Only articles that grant this power.
        cured: Also what the same instrument makes clear elsewhere.

    Raises:
        UnknownDocument, UnknownCode: A name is not known.
    """
    dataset.check_code(kind, dataset.codes["vagueness"])
    dataset.check_code(power, dataset.codes["power"])
    document_id = dataset.document(document) if document else None
    lowest = 0 if cured else max(1, SEVERITIES.index(severity))
    articles = _articles_with_power(dataset, power) if power else None
    rows = [
        _vague_row(dataset, row)
        for row in dataset.annotations
        if row["annotator_id"] == ADJUDICATED
        and row["layer"] == "vagueness"
        and SEVERITIES.index(row["severity"]) >= lowest
        and kind in (None, row["code"])
        and (document_id is None or row["passage_id"].startswith(document_id + ":"))
        and (articles is None or article_of(row["passage_id"]) in articles)
    ]
    order = {passage_id: place for place, passage_id in enumerate(dataset.by_passage)}
    rows.sort(key=lambda r: (-SEVERITIES.index(r["severity"]), order[r["passage_id"]], r["kind"]))
    return sorted(rows, key=lambda r: r["passage_id"].partition(":")[0])


def _articles_with_power(dataset: Dataset, power: str) -> set[str]:
    """Return the articles in which *power* is granted."""
    return {
        article_of(row["passage_id"])
        for row in dataset.annotations
        if row["annotator_id"] == ADJUDICATED and row["code"] == power
    }


def _vague_row(dataset: Dataset, row: Row) -> Row:
    """Return one finding as it is shown."""
    return {
        "citation": dataset.citation(row["passage_id"]),
        "passage_id": row["passage_id"],
        "edition": row["edition"],
        "kind": row["code"],
        "severity": row["severity"],
        "direction": row["direction"],
        "evidence": row["terms"],
        "start": row["start"],
        "end": row["end"],
        "resolved_by": row["resolved_by"],
        "contested": row["contested"],
        "provisional": row["provisional"],
        "reason": row["reason"],
        "round": row["round"],
        "codebook_version": row["codebook_version"],
    }


def find_provisions(
    dataset: Dataset,
    words: str = "",
    *,
    document: str | None = None,
    code: str | None = None,
    status: str | None = None,
    level: str | None = None,
) -> list[Row]:
    """
    Return the provisions that hold all *words* and carry *code*, in document order.

    Words are looked for in heading, text and operative terms, without regard to case.

    Args:
        dataset: The built dataset.
        words: Words, all of which must stand in the provision.
        document: Only this document, by id or name.
        code: Only with this adjudicated code, of any layer.
        status: Only where that code has this status.
        level: Only this level, for instance ``paragraph``.

    Raises:
        UnknownDocument, UnknownCode: A name is not known.
    """
    dataset.check_code(code, [c for codes in dataset.codes.values() for c in codes])
    document_id = dataset.document(document) if document else None
    coded = _passages_with(dataset, code, status) if code or status else None
    needles = words.lower().split()
    found = []
    for passage_id, editions in dataset.by_passage.items():
        row = shown_edition(editions)
        if document_id and row["document_id"] != document_id:
            continue
        if (coded is None or passage_id in coded) and level in (None, row["level"]):
            if all(needle in _haystack(editions.values()) for needle in needles):
                found.append(row)
    return found


def _passages_with(dataset: Dataset, code: str | None, status: str | None) -> set[str]:
    """Return the passages with an adjudicated row of this code and status."""
    return {
        row["passage_id"]
        for row in dataset.annotations
        if row["annotator_id"] == ADJUDICATED
        and code in (None, row["code"])
        and status in (None, row["status"])
    }


def _haystack(rows: Iterable[Row]) -> str:
    """Return what is searched in a provision, lower case."""
    parts = [part for r in rows for part in (r["heading"], r["text"], r["citation"], *r["terms"])]
    return "\n".join(part.lower() for part in parts if part)


def shown_edition(editions: Mapping[str, Row]) -> Row:
    """Return the edition to show: the official one if its text is here, else the restatement."""
    official, restated = editions.get("official"), editions.get("restatement")
    if restated is not None and (official is None or official["text"] is None):
        return restated
    return official or restated or {}


def describe(dataset: Dataset, words: str) -> Row:
    """
    Return all that is known about one provision.

    The result holds the passage as shown, the passages below it, the adjudicated codes, every
    annotator's codes, the links through it, what it cites outside its article, what cites it from
    there, and the claims about it.

    Raises:
        UnknownDocument, UnknownProvision: There is no such provision.
    """
    passage_id = dataset.provision(words)
    editions = dataset.by_passage[passage_id]
    below = [p for p in dataset.by_passage if is_inside(p, passage_id)]
    inside = set(below)
    rows = [r for r in dataset.annotations if r["passage_id"] in inside]
    links = [
        link
        for link in dataset.table("links")
        if inside & {link["safeguard_passage_id"], link["power_passage_id"], link["via_passage_id"]}
    ]
    references = [r for r in find_citations(dataset, passage_id) if _leaves_article(r)]
    return {
        "passage_id": passage_id,
        "citation": dataset.citation(passage_id),
        "passage": shown_edition(editions),
        "below": [shown_edition(dataset.by_passage[p]) for p in below if p != passage_id],
        "adjudicated": _named(dataset, rows, lambda r: r["annotator_id"] == ADJUDICATED),
        "annotators": _named(dataset, rows, lambda r: r["annotator_id"] != ADJUDICATED),
        "links": links,
        "refers_to": [r for r in references if r["direction"] == "out"],
        "referred_to_by": [r for r in references if r["direction"] == "in"],
        "claims": _claims_about(dataset, passage_id),
    }


def find_citations(
    dataset: Dataset, words: str, *, direction: str = "both", kind: str | None = None
) -> list[Row]:
    """
    Return the references from and to a provision or document, in document order.

    Rows are those of the official text; of the restatement, where no official text was read.
    References inside the provision itself are among those that go out.

    Args:
        dataset: The built dataset.
        words: A provision or a document, as people write it.
        direction: ``out``, ``in`` or ``both``.
        kind: Only this kind; without it, all but ``self``.

    Raises:
        UnknownDocument, UnknownProvision: There is no such document or provision.
    """
    known = dataset.aliases.get(words.strip().lower())
    place = known + ":" if known else dataset.provision(words)
    found = []
    for row in _read_references(dataset):
        here = _leads_into(row["passage_id"], place)
        there = _leads_into(row["to_passage_id"] or f"{row['to_document_id']}:", place) and not here
        wanted = row["kind"] == kind if kind else row["kind"] != "self"
        if wanted and ((here and direction != "in") or (there and direction != "out")):
            found.append(_reference_row(dataset, row, "out" if here else "in"))
    return found


def _read_references(dataset: Dataset) -> list[Row]:
    """Return the references of the official texts, and of restatements that stand alone."""
    rows = dataset.table("references")
    official = {r["passage_id"].partition(":")[0] for r in rows if r["edition"] == "official"}
    return [
        row
        for row in rows
        if row["edition"] == "official" or row["passage_id"].partition(":")[0] not in official
    ]


def _leads_into(passage_id: str, place: str) -> bool:
    """Tell whether a passage lies in *place*: a passage id, or a document id with its colon."""
    return passage_id.startswith(place) if place.endswith(":") else is_inside(passage_id, place)


def _leaves_article(row: Row) -> bool:
    """Tell whether a reference leads out of the article it stands in."""
    return article_of(row["passage_id"]) != article_of(row["to_passage_id"] or "")


def _reference_row(dataset: Dataset, row: Row, direction: str) -> Row:
    """Return one reference as it is shown."""
    return {
        "citation": dataset.citation(row["passage_id"]),
        "kind": row["kind"],
        "cites": _cited(dataset, row),
        "direction": direction,
        "exact": row["exact"],
        "edition": row["edition"],
        "passage_id": row["passage_id"],
        "start": row["start"],
        "end": row["end"],
        "to_passage_id": row["to_passage_id"],
        "to_document_id": row["to_document_id"],
    }


def _cited(dataset: Dataset, row: Row) -> str:
    """Return what a reference leads to, as lawyers write it."""
    if row["to_passage_id"]:
        return dataset.citation(row["to_passage_id"])
    document = dataset.documents.get(row["to_document_id"] or "")
    return str(document["short_title"]) if document else "a treaty outside the register"


def _named(dataset: Dataset, rows: Iterable[Row], keep: Callable[[Row], bool]) -> list[Row]:
    """Return the rows that hold a finding, each with its citation."""
    kept = [r for r in rows if r["layer"] != "none" and keep(r)]
    return [{"citation": dataset.citation(r["passage_id"]), **r} for r in kept]


def _claims_about(dataset: Dataset, passage_id: str) -> list[Row]:
    """Return the claims about a provision or what it lies in."""
    found = []
    for claim in dataset.table("claims"):
        targets = [t["passage_id"] for t in claim["targets"] if t["passage_id"]]
        if any(is_inside(passage_id, t) or is_inside(t, passage_id) for t in targets):
            found.append(claim)
    return found


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
