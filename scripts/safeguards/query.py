"""
Questions to the built dataset: which provisions are vague, what is coded where, and why.

Everything is answered from ``dist/dataset/`` alone, so an advocate needs no checkout. Tables are
read with ``ParquetFile``, which is several times quicker to start than pandas, and only when a
question needs them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from safeguards.eid import (
    article_of,
    build_aliases,
    format_citation,
    is_inside,
    resolve_provision,
    unknown_document,
)
from safeguards.errors import DatasetMissing, unknown_code
from safeguards.model import Document
from safeguards.selection import iter_rows, select_rows
from safeguards.splits import SPLITS
from safeguards.standing import Standings, describe_standing

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

    def check_layer_code(self, code: str, layer: str) -> None:
        """
        Accept a code of a layer: one that was used, or else one that the codebook has.

        The codebook is a long file, so it is read only for a code that nobody used.

        Raises:
            UnknownCode: There is none; the message names the nearest.
        """
        if not self.select("annotations", {"layer": {layer}, "code": {code}}, columns=["code"]):
            self.check_code(code, self.codes[layer])

    @cached_property
    def codes(self) -> dict[str, list[str]]:
        """The codes by layer, from the codebook that the dataset ships."""
        found: dict[str, list[str]] = {}
        for code in self.codebook["codes"]:
            found.setdefault(code["layer"], []).append(code["id"])
        return found

    @cached_property
    def codebook(self) -> Row:
        """The codebook that the dataset ships, as it is written."""
        import yaml

        path = self.folder / "codebook.yaml"
        if not path.is_file():
            raise missing(self.folder)
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return dict(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))

    @cached_property
    def letters(self) -> dict[str, str]:
        """The letter of each status, as the matrix shows it."""
        return {status["id"]: status["letter"] for status in self.codebook["statuses"]}

    @cached_property
    def manifest(self) -> Row:
        """Versions, tables and checksums."""
        return dict(json.loads(self._manifest_bytes()))

    @cached_property
    def fingerprint(self) -> str:
        """What tells this dataset from every other: the SHA-256 of its manifest."""
        return hashlib.sha256(self._manifest_bytes()).hexdigest()

    def _manifest_bytes(self) -> bytes:
        """Return the manifest as it lies there."""
        path = self.folder / "manifest.json"
        if not path.is_file():
            raise missing(self.folder)
        return path.read_bytes()

    @cached_property
    def edition_line(self) -> str:
        """The dataset as it is cited: name, versions, and the beginning of its fingerprint."""
        versions = self.manifest["dataset_version"], self.manifest["codebook_version"]
        return "Treaty safeguards {}, codebook {}, manifest {}".format(
            *versions, self.fingerprint[:12]
        )

    def cite(self, passage_id: str, annotation_id: str | None = None) -> str:
        """Return how an answer about a passage is cited: the provision, the code, the dataset."""
        code = f", code {annotation_id}" if annotation_id else ""
        return f"{self.citation(passage_id)}{code}, in: {self.edition_line}"

    def select(
        self,
        name: str,
        wanted: Mapping[str, Collection[str]],
        *,
        beginnings: Mapping[str, str] | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Row]:
        """
        Return the rows of a table by the values of some columns: quick, where tables are long.

        Raises:
            DatasetMissing: The dataset has not been built.
        """
        return select_rows(self._files(name), wanted, beginnings=beginnings, columns=columns)

    def iterate(self, name: str, columns: Sequence[str]) -> Iterator[Row]:
        """Yield the rows of a table with some columns, one after the other, in no fixed order."""
        return iter_rows(self._files(name), columns)

    def _files(self, name: str) -> list[Path]:
        """Return the Parquet files of a table."""
        files = sorted((self.folder / "data" / name).glob("*.parquet"))
        if not files:
            raise missing(self.folder)
        return files

    def places(self, passage_ids: Collection[str]) -> dict[str, int]:
        """Return the ordinal of each passage in its document."""
        columns = ["passage_id", "ordinal"]
        rows = self.select("provisions", {"passage_id": passage_ids}, columns=columns)
        return {row["passage_id"]: row["ordinal"] for row in rows}

    def restated_words(self, rows: Iterable[Row]) -> dict[str, str]:
        """Return the words under codes that were made on our own restatement, by code."""
        on_restatement = [r for r in rows if r["edition"] == "restatement" and r["end"]]
        if not on_restatement:
            return {}
        passages = self.select(
            "provisions",
            {"passage_id": {r["passage_id"] for r in on_restatement}, "edition": {"restatement"}},
            columns=["passage_id", "text", "text_sha256"],
        )
        texts = {(p["passage_id"], p["text_sha256"]): p["text"] or "" for p in passages}
        found = {}
        for row in on_restatement:
            text = texts.get((row["passage_id"], row["text_sha256"]), "")
            found[row["annotation_id"]] = text[row["start"] : row["end"]]
        return found

    @cached_property
    def standings(self) -> Standings:
        """How far the annotators agree on each code."""
        return Standings(self.table("agreement"))

    @cached_property
    def references(self) -> list[Row]:
        """Which provisions each passage cites."""
        return self.table("references")

    @cached_property
    def links(self) -> list[Row]:
        """Which safeguard reaches which power."""
        return self.table("links")

    @cached_property
    def claims(self) -> list[Row]:
        """What critiques claim."""
        return self.table("claims")

    def claims_about(self, words: str) -> list[Row]:
        """
        Return the claims about a provision, a part of it, or what it lies in.

        Raises:
            UnknownDocument, UnknownProvision: There is no such provision.
        """
        return _claims_about(self, self.provision(words))

    @cached_property
    def named_by(self) -> dict[str, set[str]]:
        """The critiques that name each passage."""
        found: dict[str, set[str]] = {}
        for claim in self.claims:
            for target in claim["targets"]:
                if target["passage_id"]:
                    found.setdefault(target["passage_id"], set()).add(claim["document_id"])
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
    only_cured: bool = False,
    critiques: int = 0,
) -> list[Row]:
    """
    Return the provisions whose wording was judged vague, gravest first within each document.

    Args:
        dataset: The built dataset.
        document: Only this document, by id or name.
        kind: Only this kind of vagueness.
        severity: Only this severity or a graver one.
        power: Only articles that grant this power.
        cured: Also what the same instrument makes clear elsewhere, whatever its severity.
        only_cured: Nothing but that.
        critiques: Only provisions that at least so many critiques name.

    Raises:
        UnknownDocument, UnknownCode: A name is not known.
    """
    wanted = {"annotator_id": {ADJUDICATED}, "layer": {"vagueness"}}
    graver = SEVERITIES[max(1, SEVERITIES.index(severity)) :]
    wanted["severity"] = {"none"} if only_cured else {*graver, *(["none"] if cured else [])}
    if kind:
        dataset.check_layer_code(kind, "vagueness")
        wanted["code"] = {kind}
    articles = find_granting(dataset, power) if power else None
    beginnings = {"passage_id": dataset.document(document) + ":"} if document else {}
    rows = dataset.select("annotations", wanted, beginnings=beginnings, columns=_VAGUE_COLUMNS)
    kept = [r for r in rows if articles is None or article_of(r["passage_id"]) in articles]
    named = dataset.named_by if critiques or len(kept) <= _FEW else {}
    words = dataset.restated_words(kept) if len(kept) <= _FEW else {}
    found = [
        _vague_row(dataset, row, words, find_critics(named, row["passage_id"])) for row in kept
    ]
    return _gravest_first(dataset, [row for row in found if len(row["critiques"]) >= critiques])


_VAGUE_COLUMNS = (
    "annotation_id", "annotator_id", "passage_id", "edition", "text_sha256", "round", "layer",
    "code", "severity", "direction", "start", "end", "resolved_by", "reason", "contested", "terms",
    "provisional", "codebook_version",
)  # fmt: skip
_FEW = 5_000  # findings for which critiques and our own words are looked up unasked


def _gravest_first(dataset: Dataset, rows: list[Row]) -> list[Row]:
    """Return *rows* by document, then by severity, then as they stand in the document."""
    places = dataset.places({row["passage_id"] for row in rows})
    return sorted(
        rows,
        key=lambda r: (
            r["passage_id"].partition(":")[0],
            -SEVERITIES.index(r["severity"]),
            places.get(r["passage_id"], 0),
            r["passage_id"],
            r["kind"],
        ),
    )


def find_granting(dataset: Dataset, power: str) -> set[str]:
    """
    Return the articles in which *power* is granted.

    Raises:
        UnknownCode: There is no such power.
    """
    dataset.check_layer_code(power, "power")
    wanted = {"annotator_id": {ADJUDICATED}, "layer": {"power"}, "code": {power}}
    rows = dataset.select("annotations", wanted, columns=["passage_id"])
    return {article_of(row["passage_id"]) for row in rows}


def find_critics(named: Mapping[str, set[str]], passage_id: str) -> list[str]:
    """Return the critiques that name a passage, what lies in it, or what it lies in."""
    found: set[str] = set()
    for target, critics in named.items():
        if is_inside(passage_id, target) or is_inside(target, passage_id):
            found |= critics
    return sorted(found)


def _vague_row(dataset: Dataset, row: Row, words: Mapping[str, str], critics: Sequence[str]) -> Row:
    """Return one finding as it is shown."""
    return {
        "citation": dataset.citation(row["passage_id"]),
        "passage_id": row["passage_id"],
        "edition": row["edition"],
        "kind": row["code"],
        "severity": row["severity"],
        "direction": row["direction"],
        "evidence": row["terms"] or [w for w in [words.get(row["annotation_id"])] if w],
        "start": row["start"],
        "end": row["end"],
        "resolved_by": row["resolved_by"],
        "provisional": row["provisional"],
        "reason": row["reason"],
        "round": row["round"],
        "codebook_version": row["codebook_version"],
        "annotation_id": row["annotation_id"],
        "critiques": critics,
        **describe_standing(dataset.standings.find(row), row["contested"]),
        "cite": dataset.cite(row["passage_id"], row["annotation_id"]),
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
    if code:
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
        for link in dataset.links
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
    rows = dataset.references
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
    for claim in dataset.claims:
        targets = [t["passage_id"] for t in claim["targets"] if t["passage_id"]]
        if any(is_inside(passage_id, t) or is_inside(t, passage_id) for t in targets):
            found.append(claim)
    return found
