"""
The checkout: where each file of the dataset lies, and how it is read.

Folders say who made what: ``corpus/`` was written, ``schema/`` says what may be said,
``annotations/`` was judged. Only this module and `safeguards.codebook` know the paths.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml

from safeguards.assertions import ClaimCheck, Concordance, Fact
from safeguards.baselines import BaselineScore
from safeguards.cells import MatrixNote, RejectedLink, WorkedCell
from safeguards.codebook import Codebook, read_codebook
from safeguards.critiques import read_critique
from safeguards.eid import build_aliases, iter_enclosing, unknown_document
from safeguards.errata import Erratum
from safeguards.errors import RecordFault, TextChanged, UnknownProvision, UsageFault
from safeguards.marks import GoldReference
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
from safeguards.provisions import split
from safeguards.records import Located, compose_yaml, only, parse_record, read_records
from safeguards.splits import SplitSeal, SplitUnit
from safeguards.text import decode

T = TypeVar("T")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class RestatedUnit:
    """What stands beside a restated passage: how well it is known, and from where."""

    eid: str
    grade: str
    confidence: str
    terms: tuple[str, ...]
    basis: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class OutlinePart:
    """A chapter, section or title in the outline of a treaty, and how far that is verified."""

    eid: str
    num: str
    heading: str
    first_article: str | None
    last_article: str | None
    verified: str
    note: str | None


@dataclass(frozen=True, slots=True)
class OutlineArticle:
    """An article in the outline of a treaty: the part it lies in, and how far that is verified."""

    num: str
    heading: str
    container: str | None
    verified: str
    sources: tuple[str, ...]
    note: str | None


_OUTLINE: dict[str, type[Any]] = {"containers": OutlinePart, "articles": OutlineArticle}


@dataclass(frozen=True)
class Repository:
    """
    A checkout of the dataset.

    Attributes:
        root: The folder that holds ``corpus/``, ``schema/`` and ``annotations/``.
    """

    root: Path

    # What was written.

    @cached_property
    def documents(self) -> list[Document]:
        """All documents, treaties first, in the order of the register."""
        return only(read_records(self.path("corpus/documents.yaml"), Document))

    def document(self, document_id: str) -> Document:
        """
        Return the document with this id or name.

        Raises:
            UnknownDocument: There is none; the message names the nearest.
        """
        known = self.aliases.get(document_id.lower())
        if known is None:
            raise unknown_document(document_id, self.aliases)
        return next(d for d in self.documents if d.document_id == known)

    @cached_property
    def aliases(self) -> dict[str, str]:
        """document_id by every lower-case name of a document."""
        return build_aliases(self.documents)

    @cached_property
    def passages(self) -> list[Passage]:
        """The committed passages of both editions; official ones without their text."""
        return only(self.read("corpus/passages.jsonl", Passage))

    @cached_property
    def terms(self) -> list[TermAnchor]:
        """Where operative terms stand in the official texts."""
        return only(self.read("corpus/terms.jsonl", TermAnchor))

    @cached_property
    def references(self) -> list[Reference]:
        """What the passages cite."""
        return only(self.read("corpus/references.jsonl", Reference))

    @cached_property
    def splits(self) -> list[SplitUnit]:
        """Which split each article lies in."""
        return only(self.read("corpus/splits.jsonl", SplitUnit))

    @cached_property
    def split_seals(self) -> list[SplitSeal]:
        """What keeps the splits of each version as they were."""
        return only(self.read("corpus/split_seals.jsonl", SplitSeal))

    def gold_references(self, name: str) -> list[GoldReference]:
        """Return the citations that a careful reader marked in a text: a document, or ``seeds``."""
        return only(read_records(self.path(f"tests/data/references/{name}.jsonl"), GoldReference))

    @cached_property
    def claims(self) -> list[Claim]:
        """The restated claims of the critiques."""
        return only(self.read("corpus/claims.yaml", Claim))

    @cached_property
    def concordance(self) -> list[Concordance]:
        """Where the articles of drafts stand in the adopted texts."""
        return only(self.read("corpus/concordance.yaml", Concordance))

    @cached_property
    def facts(self) -> list[Fact]:
        """Figures about treaties that are right on a date."""
        return only(self.read("corpus/facts.yaml", Fact))

    @cached_property
    def errata(self) -> list[Erratum]:
        """Errors in published releases, and what was done about them."""
        return only(self.read("corpus/errata.yaml", Erratum))

    @cached_property
    def baselines(self) -> list[BaselineScore]:
        """How well simple methods find codes; nothing where nobody has measured it."""
        path = self.path("annotations/baselines.jsonl")
        return only(read_records(path, BaselineScore)) if path.is_file() else []

    def outline(self, document_id: str) -> dict[str, Any]:
        """
        Return the outline of a treaty: containers, articles, sources.

        Raises:
            RecordFault: It is no outline; ``faults`` lists every entry with wrong keys.
        """
        path = self.path(f"corpus/outlines/{document_id}.yaml")
        if not path.is_file():
            return {}
        loader, node = compose_yaml(path)
        if faults := [f"{path.name}:{fault}" for fault in _find_outline_faults(loader, node)]:
            raise RecordFault(str(path), faults)
        return dict(loader.construct_document(node))

    def restatement(self, document_id: str) -> tuple[str, list[Located[RestatedUnit]]] | None:
        """Return a document's restatement and what stands beside its units, or None."""
        return self.units("restatements", document_id)

    def units(
        self, folder: str, document_id: str
    ) -> tuple[str, list[Located[RestatedUnit]]] | None:
        """
        Return a restated text and what stands beside its units, or None.

        Args:
            folder: ``restatements``, or ``drafts`` for what is not published.
            document_id: The document that is restated.
        """
        path = self.path(f"corpus/{folder}/{document_id}.md")
        if not path.is_file():
            return None
        units = read_records(path.with_suffix(".yaml"), RestatedUnit)
        return decode(path.read_bytes(), str(path)), units

    def official_path(self, document_id: str) -> Path:
        """Return where the official text of a document lies once it was fetched."""
        return self.path(f"corpus/official/{document_id}.md")

    def authentic_path(self, document_id: str, extension: str) -> Path:
        """Return where the authentic text of a document lies, or what is known of it."""
        return self.path(f"corpus/official/{document_id}.authentic.{extension}")

    def official_text(self, document_id: str) -> str | None:
        """
        Return the official text on which codes were made, or None where it was not fetched.

        Raises:
            TextChanged: The file is not the pinned transcription.
        """
        path = self.official_path(document_id)
        if not path.is_file():
            return None
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != self.document(document_id).pinned_sha256:
            raise TextChanged(
                f"{path} is not the text that was coded (its SHA-256 differs); "
                "fetch it again with 'safeguards fetch'"
            )
        return decode(data, str(path))

    def split_official(self, document: Document) -> list[Passage]:
        """
        Return the passages of an official text, or of a critique; none where it was not fetched.

        Raises:
            TextChanged: The file is not the pinned text.
        """
        text = self.official_text(document.document_id)
        if text is None:
            return []
        divide = read_critique if document.kind == "critique" else split
        return divide(text, document.document_id)

    def passages_with_text(self, document_id: str, edition: str) -> list[Passage]:
        """
        Return the passages of a document in one edition, each with its own text.

        Raises:
            UnknownDocument: There is no such document.
            UsageFault: The text is not here: not restated, or not fetched.
            TextChanged: The fetched text is not the one that was coded.
        """
        document = self.document(document_id)
        if edition == "restatement":
            found = [p for p in self.passages if p.document_id == document.document_id]
            found = [p for p in found if p.edition == edition and p.text is not None]
        else:
            found = self.split_official(document)
        if not found:
            raise UsageFault(
                f"no {edition} text of {document.document_id} here; "
                f"run 'safeguards fetch {document.document_id}'"
            )
        return found

    def round_edition(self, plan: Round, document_id: str) -> str:
        """
        Return the edition in which a round codes a document.

        A round of edition ``both`` codes the official text where the register pins one by its
        hash, and the restatement where it does not.
        """
        if plan.edition != "both":
            return plan.edition
        return "official" if self.document(document_id).pinned_sha256 else "restatement"

    def round_passages(self, plan: Round, annotator_id: str | None = None) -> list[Passage]:
        """
        Return the passages of a round that hold text, in document order.

        Args:
            plan: The round.
            annotator_id: Only what this annotator codes.

        Raises:
            UnknownProvision: The plan names a passage that is not in the text.
        """
        named = {address.partition(":")[0] for address in plan.passages}
        documents = [d.document_id for d in self.documents if d.document_id in named]
        texts = (self.passages_with_text(d, self.round_edition(plan, d)) for d in documents)
        chosen = _inside([p for found in texts for p in found if p.text], plan.passages)
        found = {address for p in chosen for address in iter_enclosing(p.passage_id)}
        missing = [address for address in plan.passages if address not in found]
        if missing:
            raise UnknownProvision(f"round {plan.round} names no passage with text: {missing[0]}")
        if annotator_id is None:
            return chosen
        return _inside(chosen, plan.assigned(annotator_id))

    # What may be said.

    @cached_property
    def codebook(self) -> Codebook:
        """The codebook."""
        return read_codebook(self.path("schema/codebook.yaml"))

    @cached_property
    def worked_matrix(self) -> list[WorkedCell]:
        """The cells of the gap matrix that the authors of the codebook worked out by reading."""
        return only(self.read("schema/worked_matrix.yaml", WorkedCell))

    # What was judged.

    @cached_property
    def annotators(self) -> list[Annotator]:
        """Who annotated."""
        return only(self.read("annotations/annotators.yaml", Annotator))

    @property
    def round_names(self) -> list[str]:
        """The names of the rounds, sorted."""
        return sorted(p.parent.name for p in self.path("annotations/rounds").glob("*/round.yaml"))

    def round(self, name: str) -> Round:
        """
        Return the plan of a round.

        Raises:
            UsageFault: There is no such round.
            RecordFault: Its file holds no plan.
        """
        if name not in self.round_names:
            known = ", ".join(self.round_names) or "none yet"
            raise UsageFault(f"no round called '{name}'; the rounds are: {known}")
        path = f"annotations/rounds/{name}/round.yaml"
        plans = self.read(path, Round)
        if not plans:
            raise RecordFault(path, ["round.yaml:1: no plan"])
        return plans[0].record

    def round_path(self, name: str, file: str = "round.yaml") -> Path:
        """
        Return where the plan of a round lies, or another file of the round.

        Raises:
            UsageFault: The name would lead out of the folder.
        """
        if not _NAME.fullmatch(name):
            raise UsageFault(f"'{name}' is no name; use a-z, 0-9 and hyphens")
        return self.path(f"annotations/rounds/{name}/{file}")

    def annotations_path(self, round_name: str, annotator_id: str) -> Path:
        """
        Return where one annotator's codes of a round lie.

        Raises:
            UsageFault: A name would lead out of the folder.
        """
        if not _NAME.fullmatch(annotator_id):
            raise UsageFault(f"'{annotator_id}' is no name; use a-z, 0-9 and hyphens")
        return self.round_path(round_name, f"{annotator_id}.jsonl")

    def annotations(self, round_name: str) -> dict[str, list[Annotation]]:
        """Return the codes of a round by annotator; annotators without a file are left out."""
        plan = self.round(round_name)
        paths = {a: self.annotations_path(round_name, a) for a in plan.annotators}
        return {a: only(read_records(p, Annotation)) for a, p in paths.items() if p.is_file()}

    def decisions_path(self, round_name: str) -> Path:
        """Return where the adjudicator's decisions on a round lie."""
        return self.path(f"annotations/rounds/{round_name}/decisions.yaml")

    def predictions_path(self, round_name: str) -> Path:
        """Return where it is kept what annotators of a round were shown as proposals."""
        return self.round_path(round_name, "predictions/shown.jsonl")

    def origins_path(self, round_name: str) -> Path:
        """Return where it is kept how many marks of a round came from proposals."""
        return self.round_path(round_name, "predictions/origins.jsonl")

    def predictions(self, round_name: str) -> list[Prediction]:
        """Return what annotators of a round were shown as proposals; none where nothing was."""
        path = self.predictions_path(round_name)
        return only(read_records(path, Prediction)) if path.is_file() else []

    def origins(self, round_name: str) -> list[Origins]:
        """Return where the marks of a round came from; none where nothing was proposed."""
        path = self.origins_path(round_name)
        return only(read_records(path, Origins)) if path.is_file() else []

    def decisions(self, round_name: str) -> list[Decision]:
        """Return the adjudicator's decisions on a round."""
        path = self.decisions_path(round_name)
        return only(read_records(path, Decision)) if path.is_file() else []

    def own_rows(self, round_name: str) -> list[Annotation]:
        """Return the adjudicator's rows of a round, where neither annotator's was right."""
        plan = self.round(round_name)
        path = self.annotations_path(round_name, plan.adjudicator)
        if plan.adjudicator in plan.annotators or not path.is_file():
            return []
        return only(read_records(path, Annotation))

    @cached_property
    def adjudicated(self) -> list[Annotation]:
        """The adjudicated layer of all rounds."""
        return only(self.read("annotations/adjudicated.jsonl", Annotation))

    @cached_property
    def links(self) -> list[Link]:
        """Which safeguard clause reaches which power."""
        return only(self.read("annotations/links.yaml", Link))

    @cached_property
    def rejected_links(self) -> list[RejectedLink]:
        """Which cross-references were read and carry no safeguard to a power."""
        return only(self.read("annotations/rejected_links.yaml", RejectedLink))

    @cached_property
    def matrix_notes(self) -> list[MatrixNote]:
        """Why computed cells of the gap matrix differ from worked ones."""
        return only(self.read("annotations/matrix_notes.yaml", MatrixNote))

    @cached_property
    def claim_checks(self) -> list[ClaimCheck]:
        """The parts of claims that were checked against the data."""
        return only(self.read("annotations/claim_checks.yaml", ClaimCheck))

    # Files.

    def path(self, name: str) -> Path:
        """Return the path of a file of the checkout."""
        return self.root / name

    def read(self, name: str, kind: type[T]) -> list[Located[T]]:
        """Return the records of a file; an absent file holds none."""
        path = self.path(name)
        return read_records(path, kind) if path.is_file() else []

    def iter_annotations(self) -> Iterator[Annotation]:
        """Yield every annotator's codes of every round, in order."""
        for name in self.round_names:
            for rows in self.annotations(name).values():
                yield from rows


def _inside(passages: Iterable[Passage], addresses: Iterable[str]) -> list[Passage]:
    """Return the passages that are, or lie in, one of the addresses."""
    wanted = set(addresses)
    return [p for p in passages if not wanted.isdisjoint(iter_enclosing(p.passage_id))]


def _find_outline_faults(loader: yaml.CSafeLoader, node: Any) -> Iterator[str]:
    """Yield each fault of an outline as ``line: what``."""
    if not isinstance(node, yaml.MappingNode):
        yield "1: no outline"
        return
    for key, listed in node.value:
        kind = _OUTLINE.get(key.value)
        if kind is None:
            continue
        if not isinstance(listed, yaml.SequenceNode):
            yield f"{listed.start_mark.line + 1}: {key.value}: not a list"
            continue
        for entry in listed.value:
            wrong = parse_record(kind, loader.construct_document(entry))[1]
            yield from (f"{entry.start_mark.line + 1}: {fault}" for fault in wrong)


def read_citation(root: Path) -> dict[str, Any]:
    """
    Return what ``CITATION.cff`` says (https://citation-file-format.github.io).

    Raises:
        UsageFault: There is no such file, or it lacks title, authors or licence.
    """
    path = root / "CITATION.cff"
    if not path.is_file():
        raise UsageFault(f"no file {path}; run in a checkout, or name one with -C")
    loader, node = compose_yaml(path)
    found = dict(loader.construct_document(node) or {})
    missing = [key for key in ("title", "authors", "license") if not found.get(key)]
    if missing:
        raise UsageFault(f"{path} lacks {', '.join(missing)}; add it")
    return found
