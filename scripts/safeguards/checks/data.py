"""What the checks look at: the committed records with their lines, read once and shared by all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import yaml

from safeguards.assertions import ClaimCheck, Concordance, Fact
from safeguards.baselines import BaselineScore
from safeguards.cells import MatrixNote, RejectedLink, WorkedCell
from safeguards.codebook import vocabularies
from safeguards.eid import is_inside
from safeguards.errata import Erratum
from safeguards.errors import RecordFault
from safeguards.model import (
    Annotation,
    Annotator,
    Claim,
    Decision,
    Document,
    Link,
    Passage,
    Reference,
    Round,
    TermAnchor,
)
from safeguards.proposals import Origins, Prediction
from safeguards.records import Located, compose_yaml, only, read_records
from safeguards.repository import Repository, RestatedUnit
from safeguards.splits import SplitSeal, SplitUnit

T = TypeVar("T")
Found = Iterator[tuple[str, int, str]]
Derived = Mapping[str, str | list[str]]
Check = Callable[["Data"], Found]
CHECKS: dict[str, Check] = {}

DOCUMENTS = "corpus/documents.yaml"
PASSAGES = "corpus/passages.jsonl"
TERMS = "corpus/terms.jsonl"
REFERENCES = "corpus/references.jsonl"
CLAIMS = "corpus/claims.yaml"
CONCORDANCE = "corpus/concordance.yaml"
FACTS = "corpus/facts.yaml"
SPLITS = "corpus/splits.jsonl"
SPLIT_SEALS = "corpus/split_seals.jsonl"
ERRATA = "corpus/errata.yaml"
CLAIM_CHECKS = "annotations/claim_checks.yaml"
LINKS = "annotations/links.yaml"
REJECTED_LINKS = "annotations/rejected_links.yaml"
MATRIX_NOTES = "annotations/matrix_notes.yaml"
WORKED_MATRIX = "schema/worked_matrix.yaml"
ANNOTATORS = "annotations/annotators.yaml"
ADJUDICATED = "annotations/adjudicated.jsonl"
ROUNDS = "annotations/rounds"
CODEBOOK = "schema/codebook.yaml"
FIXED: dict[str, type[Any]] = {
    DOCUMENTS: Document,
    PASSAGES: Passage,
    TERMS: TermAnchor,
    REFERENCES: Reference,
    CLAIMS: Claim,
    CONCORDANCE: Concordance,
    FACTS: Fact,
    SPLITS: SplitUnit,
    SPLIT_SEALS: SplitSeal,
    ERRATA: Erratum,
    CLAIM_CHECKS: ClaimCheck,
    LINKS: Link,
    REJECTED_LINKS: RejectedLink,
    MATRIX_NOTES: MatrixNote,
    WORKED_MATRIX: WorkedCell,
    ANNOTATORS: Annotator,
    ADJUDICATED: Annotation,
}
_KINDS: tuple[tuple[str, type[Any]], ...] = (
    ("corpus/restatements/*.yaml", RestatedUnit),
    ("corpus/drafts/*.yaml", RestatedUnit),
    ("annotations/baselines.jsonl", BaselineScore),
    (f"{ROUNDS}/*/round.yaml", Round),
    (f"{ROUNDS}/*/decisions.yaml", Decision),
    (f"{ROUNDS}/*/*.jsonl", Annotation),
    (f"{ROUNDS}/*/predictions/shown.jsonl", Prediction),
    (f"{ROUNDS}/*/predictions/origins.jsonl", Origins),
)
_PUBLISHED = ("annotations", "corpus", "schema")
_PRIVATE = ("corpus/official/", "annotations/quarantine/", "annotations/snapshots/")
_SUFFIXES = {".yaml", ".jsonl", ".json", ".md", ".xml"}
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


def check(function: Check) -> Check:
    """Register a check under the name of its function."""
    CHECKS[function.__name__.replace("_", "-")] = function
    return function


class Data:
    """The committed records with their lines, and what several checks ask of them."""

    def __init__(self, repository: Repository, derived: Derived) -> None:
        """Remember the checkout, and what its derived files should hold."""
        self.repository = repository
        self.derived = derived
        self._files: dict[str, list[Located[Any]] | RecordFault] = {}

    @cached_property
    def words(self) -> dict[str, dict[str, list[str]]]:
        """The words of the codebook that each column of each table may hold."""
        return vocabularies(self.repository.codebook)

    @cached_property
    def kinds(self) -> dict[str, type[Any]]:
        """What kind of record each file of the checkout holds."""
        root = self.repository.root
        found = {p: kind for p, kind in FIXED.items() if (root / p).is_file()}
        for pattern, kind in _KINDS:
            found |= {p.relative_to(root).as_posix(): kind for p in sorted(root.glob(pattern))}
        return found

    def read(self, path: str, kind: type[T]) -> list[Located[T]]:
        """
        Return the records of a file; an absent file holds none.

        Raises:
            RecordFault: The file breaks its schema, each time it is asked for.
        """
        if path not in self._files:
            try:
                file = self.repository.path(path)
                self._files[path] = read_records(file, kind) if file.is_file() else []
            except RecordFault as fault:
                self._files[path] = fault
        found = self._files[path]
        if isinstance(found, RecordFault):
            raise found
        return found

    @cached_property
    def texts(self) -> list[tuple[str, str]]:
        """Path and text of each published file; bytes that are no UTF-8 are replaced."""
        root = self.repository.root
        found = []
        for file in sorted(f for folder in _PUBLISHED for f in (root / folder).rglob("*.*")):
            path = file.relative_to(root).as_posix()
            if file.suffix in _SUFFIXES and not path.startswith(_PRIVATE):
                found.append((path, file.read_bytes().decode("utf-8", "replace")))
        return found

    # The corpus.

    @cached_property
    def documents(self) -> dict[str, Document]:
        """The documents by id, in the order of the register."""
        return {row.record.document_id: row.record for row in self.read(DOCUMENTS, Document)}

    @cached_property
    def passages(self) -> list[Located[Passage]]:
        """The passages with their lines."""
        return self.read(PASSAGES, Passage)

    @cached_property
    def passage_ids(self) -> set[str]:
        """Every passage id."""
        return {p.record.passage_id for p in self.passages}

    @cached_property
    def by_edition(self) -> dict[tuple[str, str], Passage]:
        """The passages by id and edition, in the order of the file."""
        return {(p.record.passage_id, p.record.edition): p.record for p in self.passages}

    @cached_property
    def places(self) -> dict[tuple[str, str], int]:
        """Where each passage stands in the file, by id and edition."""
        return {key: place for place, key in enumerate(self.by_edition)}

    @cached_property
    def outlines(self) -> dict[str, dict[str, Any]]:
        """Where each part of each outline stands, as nodes of YAML, by the name of its file."""
        files = sorted(self.repository.path("corpus/outlines").glob("*.yaml"))
        sound = [file for file in files if self.repository.outline(file.stem)]
        nodes = {file.stem: compose_yaml(file)[1] for file in sound}
        return {name: {k.value: v for k, v in node.value} for name, node in nodes.items()}

    def outline_entries(self, document_id: str, part: str) -> list[Located[dict[str, Any]]]:
        """Return the entries of one part of a treaty's outline with their lines."""
        node = self.outlines.get(document_id, {}).get(part)
        loader = yaml.CSafeLoader("")
        entries = node.value if node else []
        return [Located(n.start_mark.line + 1, loader.construct_document(n)) for n in entries]

    # The judgements.

    @cached_property
    def annotators(self) -> dict[str, Annotator]:
        """The annotators by id."""
        return {row.record.annotator_id: row.record for row in self.read(ANNOTATORS, Annotator)}

    @cached_property
    def rounds(self) -> dict[str, Located[Round]]:
        """The plan of each round with its line, by the name of its folder."""
        names = [p.split("/")[2] for p, kind in self.kinds.items() if kind is Round]
        plans = {name: self.read(round_path(name), Round) for name in names}
        return {name: rows[0] for name, rows in plans.items() if rows}

    @cached_property
    def annotation_files(self) -> dict[str, list[Located[Annotation]]]:
        """The rows of every annotator and of the adjudicated layer, by path."""
        paths = {path for path, kind in self.kinds.items() if kind is Annotation}
        return {path: self.read(path, Annotation) for path in sorted(paths | {ADJUDICATED})}

    def annotations(self) -> Iterator[tuple[str, int, Annotation]]:
        """Yield every annotation with its path and line."""
        for path, rows in self.annotation_files.items():
            for row in rows:
                yield path, row.line, row.record

    def annotators_rows(self) -> Iterator[tuple[str, int, Annotation]]:
        """Yield every annotation but the adjudicated ones, with its path and line."""
        return (row for row in self.annotations() if row[0] != ADJUDICATED)

    def rows_of(self, name: str) -> dict[str, list[Annotation]]:
        """Return the rows of a round by annotator; annotators without a file are left out."""
        annotators = self.rounds[name].record.annotators if name in self.rounds else ()
        paths = {a: rows_path(name, a) for a in annotators}
        files = self.annotation_files
        return {a: only(files[path]) for a, path in paths.items() if path in files}

    @cached_property
    def decisions(self) -> dict[str, list[Located[Decision]]]:
        """The decisions on each round that has any, by the name of its folder."""
        names = [p.split("/")[2] for p, kind in self.kinds.items() if kind is Decision]
        return {name: self.read(decisions_path(name), Decision) for name in names}

    def edition_of(self, plan: Round, document_id: str) -> str:
        """Return the edition in which a round codes a document, known or not."""
        if document_id not in self.documents:
            return plan.edition
        return self.repository.round_edition(plan, document_id)

    @cached_property
    def planned(self) -> dict[str, list[str]]:
        """The ids of the passages with words that each round codes, in document order."""
        return {name: self._planned(row.record) for name, row in self.rounds.items()}

    def _planned(self, plan: Round) -> list[str]:
        """Return the ids of the passages with words that a round codes."""
        editions = {
            document_id: self.edition_of(plan, document_id)
            for document_id in {address.partition(":")[0] for address in plan.passages}
        }
        return [
            p.record.passage_id
            for p in self.passages
            if p.record.text_chars and editions.get(p.record.document_id) == p.record.edition
            if any(is_inside(p.record.passage_id, address) for address in plan.passages)
        ]


def round_path(name: str) -> str:
    """Return the path of a round's plan."""
    return f"{ROUNDS}/{name}/round.yaml"


def decisions_path(name: str) -> str:
    """Return the path of the decisions on a round."""
    return f"{ROUNDS}/{name}/decisions.yaml"


def rows_path(name: str, annotator_id: str) -> str:
    """Return the path of one annotator's rows of a round."""
    return f"{ROUNDS}/{name}/{annotator_id}.jsonl"


def is_date(text: str) -> bool:
    """
    Tell whether *text* is an ISO date.

    >>> is_date("2001-11-23"), is_date("2001-13-01"), is_date("23 November 2001")
    (True, False, False)
    """
    return _DATE.fullmatch(text) is not None


def find_wrong_version(version: str, codebook: str) -> str | None:
    """
    Return what is wrong with a codebook version that a record names, or None.

    >>> find_wrong_version("0.9.2", "0.10.0"), find_wrong_version("new", "0.10.0")
    (None, "'new' is no version")
    >>> find_wrong_version("0.10.1", "0.10.0")
    'codebook 0.10.1, the codebook is at 0.10.0'
    """
    if not _VERSION.fullmatch(version):
        return f"'{version}' is no version"
    if _parse_version(version) > _parse_version(codebook):
        return f"codebook {version}, the codebook is at {codebook}"
    return None


def _parse_version(version: str) -> list[int]:
    """Return the numbers of a version."""
    return [int(number) for number in version.split(".")]


def find_repeated(path: str, rows: Sequence[Located[T]], name: Callable[[T], Hashable]) -> Found:
    """Yield each row whose name another row of the file has too."""
    counted = Counter(name(row.record) for row in rows)
    for row in rows:
        if counted[name(row.record)] > 1:
            yield path, row.line, f"{name(row.record)} is used twice"


def find_wrong_words(record: object, words: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield each column of *record* that holds a word the codebook does not know."""
    for name, known in words.items():
        value = getattr(record, name)
        if isinstance(value, tuple) and list(value) != sorted(set(value)):
            yield f"{name} is not sorted and unique"
        for word in value if isinstance(value, tuple) else [value]:
            if word is not None and word not in known:
                yield f"{name}: the codebook has no '{word}'"
