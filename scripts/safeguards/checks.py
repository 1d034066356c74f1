"""
The checks on the committed data: one function a rule, whose docstring is its documentation.

A check yields every problem it finds as `safeguards.model.Problem` and never stops at the first.
Its id is the name of its function with hyphens; ids are stable and can be cited and searched.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from safeguards.cells import MatrixNote, RejectedLink, WorkedCell
from safeguards.codebook import NONE, vocabularies
from safeguards.eid import article_of
from safeguards.linking import stands_between
from safeguards.matrix import read_candidates, read_differences
from safeguards.model import (
    Annotation,
    Annotator,
    Claim,
    Document,
    Link,
    Passage,
    Problem,
    Reference,
    Span,
)
from safeguards.provisions import split
from safeguards.records import Located
from safeguards.repository import Repository

Found = Iterator[tuple[str, int, str]]
Derived = Mapping[str, str | list[str]]
Check = Callable[["Data"], Found]
CHECKS: dict[str, Check] = {}

PASSAGES = "corpus/passages.jsonl"
REFERENCES = "corpus/references.jsonl"
CLAIMS = "corpus/claims.yaml"
LINKS = "annotations/links.yaml"
REJECTED_LINKS = "annotations/rejected_links.yaml"
MATRIX_NOTES = "annotations/matrix_notes.yaml"
WORKED_MATRIX = "schema/worked_matrix.yaml"
ADJUDICATED = "annotations/adjudicated.jsonl"
_GIVEN_REASON = ("qualified", "deferred", "absent", "not_applicable")


class Data:
    """The committed records with their lines, read once and shared by all checks."""

    def __init__(self, repository: Repository, derived: Derived) -> None:
        """Remember the checkout, and what its derived files should hold."""
        self.repository = repository
        self.derived = derived
        self.words = vocabularies(repository.codebook)

    @cached_property
    def passages(self) -> list[Located[Passage]]:
        """The passages with their lines."""
        return self.repository.read(PASSAGES, Passage)

    @cached_property
    def passage_ids(self) -> set[str]:
        """Every passage id."""
        return {p.record.passage_id for p in self.passages}

    @cached_property
    def by_edition(self) -> dict[tuple[str, str], Passage]:
        """The passages by id and edition."""
        return {(p.record.passage_id, p.record.edition): p.record for p in self.passages}

    @cached_property
    def annotation_files(self) -> dict[str, list[Located[Annotation]]]:
        """The rows of every annotator and of the adjudicated layer, by path."""
        paths = {ADJUDICATED}
        for name in self.repository.round_names:
            for annotator in self.repository.round(name).annotators:
                path = self.repository.annotations_path(name, annotator)
                paths.add(path.relative_to(self.repository.root).as_posix())
        return {path: self.repository.read(path, Annotation) for path in sorted(paths)}

    def annotations(self) -> Iterator[tuple[str, int, Annotation]]:
        """Yield every annotation with its path and line."""
        for path, rows in self.annotation_files.items():
            for row in rows:
                yield path, row.line, row.record


def run_checks(repository: Repository, derived: Derived, only: str | None = None) -> list[Problem]:
    """
    Return every problem in the committed data, by path, line and check.

    Args:
        repository: The checkout.
        derived: What each derived file should hold: text by path, or the faults that kept it from
            being derived.
        only: Run this check alone.
    """
    data = Data(repository, derived)
    chosen = {only: CHECKS[only]} if only else CHECKS
    problems = [
        Problem(path, line, check_id, message)
        for check_id, check in chosen.items()
        for path, line, message in check(data)
    ]
    return sorted(problems, key=lambda p: (p.path, p.line, p.check_id, p.message))


def describe_checks() -> list[dict[str, str]]:
    """Return id and documentation of every check."""
    return [
        {"check": check_id, "rule": " ".join((inspect.getdoc(check) or "").split())}
        for check_id, check in CHECKS.items()
    ]


def _check(function: Check) -> Check:
    """Register a check under the name of its function."""
    CHECKS[function.__name__.replace("_", "-")] = function
    return function


# Derived files.


@_check
def derived_current(data: Data) -> Found:
    """A derived file holds exactly what its sources give; run the command that derives it."""
    for path, wanted in sorted(data.derived.items()):
        if isinstance(wanted, list):
            yield from ((path, 1, f"cannot be derived: {fault}") for fault in wanted)
            continue
        file = data.repository.path(path)
        found = file.read_text(encoding="utf-8") if file.is_file() else ""
        if found != wanted:
            yield path, _first_difference(found, wanted), "differs from what its sources give"


def _first_difference(found: str, wanted: str) -> int:
    """Return the number of the first line that differs."""
    pairs = zip(found.split("\n"), wanted.split("\n"), strict=False)
    return next((n for n, (a, b) in enumerate(pairs, 1) if a != b), 1 + found.count("\n"))


# The corpus.


@_check
def document_id_unique(data: Data) -> Found:
    """A document id names one document."""
    rows = data.repository.read("corpus/documents.yaml", Document)
    counted = Counter(row.record.document_id for row in rows)
    for row in rows:
        if counted[row.record.document_id] > 1:
            yield "corpus/documents.yaml", row.line, f"{row.record.document_id} is used twice"


@_check
def document_words(data: Data) -> Found:
    """A document's kind, stage, actor type and stance are words of the codebook."""
    for row in data.repository.read("corpus/documents.yaml", Document):
        for message in _wrong_words(row.record, data.words["documents"]):
            yield "corpus/documents.yaml", row.line, message


@_check
def outline_complete(data: Data) -> Found:
    """A treaty's outline has as many articles and chapters as the register says."""
    for document in data.repository.documents:
        path = f"corpus/outlines/{document.document_id}.yaml"
        outline = data.repository.outline(document.document_id)
        if document.kind != "treaty":
            continue
        chapters = [c for c in outline.get("containers", []) if "__" not in c["eid"]]
        articles = outline.get("articles", [])
        if document.articles_total not in (None, len(articles)):
            yield path, 1, f"{len(articles)} articles, the register says {document.articles_total}"
        if document.chapters_total not in (None, len(chapters)):
            yield path, 1, f"{len(chapters)} chapters, the register says {document.chapters_total}"


@_check
def passage_id_unique(data: Data) -> Found:
    """A passage id names one passage in each edition."""
    counted = Counter((p.record.passage_id, p.record.edition) for p in data.passages)
    for p in data.passages:
        if counted[p.record.passage_id, p.record.edition] > 1:
            yield PASSAGES, p.line, f"{p.record.passage_id} stands twice in {p.record.edition}"


@_check
def passage_parent(data: Data) -> Found:
    """A passage's parent is a passage of the same edition."""
    for p in data.passages:
        parent = p.record.parent_id
        if parent is not None and (parent, p.record.edition) not in data.by_edition:
            yield PASSAGES, p.line, f"no parent {parent}"


@_check
def passage_official(data: Data) -> Found:
    """No official text is committed: only its addresses, hashes and lengths."""
    for p in data.passages:
        if p.record.edition == "official" and p.record.text is not None:
            yield PASSAGES, p.line, f"{p.record.passage_id} holds official text"


@_check
def restated_counterpart(data: Data) -> Found:
    """A restated unit has the same address as an official one, where the official text is known."""
    pinned = {d.document_id for d in data.repository.documents if d.pinned_sha256}
    for p in data.passages:
        official = (p.record.passage_id, "official") in data.by_edition
        if p.record.edition == "restatement" and p.record.document_id in pinned and not official:
            if p.record.level != "preface":
                yield PASSAGES, p.line, f"{p.record.passage_id} is not in the official text"


@_check
def restated_grade(data: Data) -> Found:
    """A published restatement has grade A or B."""
    for p in _restated(data):
        if p.record.grade not in ("A", "B"):
            yield PASSAGES, p.line, f"{p.record.passage_id} has grade {p.record.grade}"


@_check
def draft_grade(data: Data) -> Found:
    """A draft has grade C; a restatement has neither C nor D."""
    folders = {"restatements": "AB", "drafts": "C"}
    for document in data.repository.documents:
        for folder, grades in folders.items():
            path = f"corpus/{folder}/{document.document_id}.yaml"
            _, units = data.repository.units(folder, document.document_id) or ("", [])
            for unit in units:
                if unit.record.grade not in grades:
                    yield path, unit.line, f"{unit.record.eid} has grade {unit.record.grade}"


@_check
def draft_unpublished(data: Data) -> Found:
    """What a draft says stands in no passage, and each of its units has an entry beside it."""
    published = {p.record.text: p.record.passage_id for p in _restated(data)}
    for document in data.repository.documents:
        path = f"corpus/drafts/{document.document_id}.yaml"
        text, units = data.repository.units("drafts", document.document_id) or ("", [])
        drafted = {
            p.eid: p.text for p in split(text, document.document_id, "restatement") if p.text
        }
        for eid in sorted(drafted.keys() ^ {unit.record.eid for unit in units}):
            yield path, 1, f"{eid} has a text or an entry, not both"
        for eid, words in drafted.items():
            if words in published:
                yield path, 1, f"{eid} is published as {published[words]}"


@_check
def restated_basis(data: Data) -> Found:
    """A restatement names what it rests on: known passages, or addresses on the web."""
    for p in _restated(data):
        if not p.record.basis:
            yield PASSAGES, p.line, f"{p.record.passage_id} has no basis"
        for basis in p.record.basis:
            if not basis.startswith(("https://", "http://")) and basis not in data.passage_ids:
                yield PASSAGES, p.line, f"{p.record.passage_id} rests on unknown {basis}"


@_check
def term_length(data: Data) -> Found:
    """An operative term has at most four words."""
    for p in _restated(data):
        for term in p.record.terms:
            if len(term.split()) > 4:
                yield PASSAGES, p.line, f"'{term}' has more than four words"


@_check
def term_kept(data: Data) -> Found:
    """An operative term stands in the restated text word for word."""
    for p in _restated(data):
        for term in p.record.terms:
            if term.lower() not in (p.record.text or "").lower():
                yield PASSAGES, p.line, f"'{term}' is not in the text of {p.record.passage_id}"


@_check
def reference_target(data: Data) -> Found:
    """A reference leads from a passage of the corpus to one, or to a document of the register."""
    documents = {d.document_id for d in data.repository.documents}
    for row in data.repository.read(REFERENCES, Reference):
        r = row.record
        if (r.passage_id, r.edition) not in data.by_edition:
            yield REFERENCES, row.line, f"no {r.edition} passage {r.passage_id}"
        if r.to_passage_id is not None and r.to_passage_id not in data.passage_ids:
            yield REFERENCES, row.line, f"no passage {r.to_passage_id}"
        if r.to_document_id is not None and r.to_document_id not in documents:
            yield REFERENCES, row.line, f"no document {r.to_document_id}"


def _restated(data: Data) -> Iterator[Located[Passage]]:
    """Yield the restated passages that hold text."""
    return (p for p in data.passages if p.record.edition == "restatement" and p.record.text)


# Claims and links.


@_check
def claim_id_unique(data: Data) -> Found:
    """A claim id names one claim."""
    rows = data.repository.read(CLAIMS, Claim)
    counted = Counter(row.record.claim_id for row in rows)
    for row in rows:
        if counted[row.record.claim_id] > 1:
            yield CLAIMS, row.line, f"{row.record.claim_id} is used twice"


@_check
def claim_document(data: Data) -> Found:
    """A claim stands in a critique of the register."""
    critiques = {d.document_id for d in data.repository.documents if d.kind == "critique"}
    for row in data.repository.read(CLAIMS, Claim):
        if row.record.document_id not in critiques:
            yield CLAIMS, row.line, f"no critique {row.record.document_id}"


@_check
def claim_target(data: Data) -> Found:
    """A claim's targets are passages of the corpus."""
    for row in data.repository.read(CLAIMS, Claim):
        for target in row.record.targets:
            if target.passage_id is not None and target.passage_id not in data.passage_ids:
                yield CLAIMS, row.line, f"no passage {target.passage_id}"


@_check
def claim_words(data: Data) -> Found:
    """A claim's vocabulary columns hold words of the codebook, lists sorted and unique."""
    for row in data.repository.read(CLAIMS, Claim):
        for message in _wrong_words(row.record, data.words["claims"]):
            yield CLAIMS, row.line, message


@_check
def link_passage(data: Data) -> Found:
    """A link joins three passages of one document."""
    for row in data.repository.read(LINKS, Link):
        link = row.record
        ids = (link.safeguard_passage_id, link.power_passage_id, link.via_passage_id)
        for passage_id in ids:
            if passage_id not in data.passage_ids:
                yield LINKS, row.line, f"no passage {passage_id}"
        if len({passage_id.partition(":")[0] for passage_id in ids}) > 1:
            yield LINKS, row.line, f"{link.link_id} joins passages of different documents"


@_check
def link_id_unique(data: Data) -> Found:
    """A link id names one link."""
    rows = data.repository.read(LINKS, Link)
    counted = Counter(row.record.link_id for row in rows)
    for row in rows:
        if counted[row.record.link_id] > 1:
            yield LINKS, row.line, f"{row.record.link_id} is used twice"


@_check
def link_via(data: Data) -> Found:
    """A link's words stand in the granting article or the safeguard's, or cite the safeguard's."""
    for row in data.repository.read(LINKS, Link):
        if not stands_between(row.record, data.repository.references):
            via, home = row.record.via_passage_id, article_of(row.record.safeguard_passage_id)
            yield LINKS, row.line, f"{via} does not cite {home}"


@_check
def link_candidates(data: Data) -> Found:
    """A reference between coded articles that may carry a safeguard was judged: a link, or none."""
    for candidate in read_candidates(data.repository):
        if not candidate.is_judged:
            via, to = candidate.via_passage_id, candidate.to_passage_id
            yield REJECTED_LINKS, 1, f"nobody judged that {via} cites {to}"


@_check
def link_rejected(data: Data) -> Found:
    """A rejected reference leads from one passage of the corpus to another, and stands once."""
    rows = data.repository.read(REJECTED_LINKS, RejectedLink)
    counted = Counter((row.record.via_passage_id, row.record.to_passage_id) for row in rows)
    for row in rows:
        ends = (row.record.via_passage_id, row.record.to_passage_id)
        for lost in [passage_id for passage_id in ends if passage_id not in data.passage_ids]:
            yield REJECTED_LINKS, row.line, f"no passage {lost}"
        if counted[ends] > 1:
            yield REJECTED_LINKS, row.line, f"{ends[0]} to {ends[1]} is rejected twice"


@_check
def matrix_difference(data: Data) -> Found:
    """Where the gap matrix differs from a worked cell, a note explains it, and only there."""
    differences = read_differences(data.repository)
    for difference in differences:
        if difference.note is None:
            worked, status = difference.worked, difference.status or "no such power"
            where = f"{worked.power} in {worked.power_passage_id}, {worked.safeguard}"
            yield MATRIX_NOTES, 1, f"{where}: {status}, worked out as {worked.status}"
    used = [difference.note for difference in differences]
    for row in data.repository.read(MATRIX_NOTES, MatrixNote):
        if row.record not in used:
            yield MATRIX_NOTES, row.line, f"no such difference in {row.record.power_passage_id}"


@_check
def worked_words(data: Data) -> Found:
    """A worked cell names codes of the codebook and passages of the corpus."""
    for row in data.repository.read(WORKED_MATRIX, WorkedCell):
        words = data.words["matrix"]
        asked = {name: words[name] for name in ("power", "safeguard", "status")}
        for message in _wrong_words(row.record, asked):
            yield WORKED_MATRIX, row.line, message
        for passage_id in (row.record.power_passage_id, *row.record.basis):
            if passage_id not in data.passage_ids:
                yield WORKED_MATRIX, row.line, f"no passage {passage_id}"


# Annotations.


@_check
def annotation_id_unique(data: Data) -> Found:
    """An annotation id names one row, over all rounds and annotators."""
    counted = Counter(row.annotation_id for _, _, row in data.annotations())
    for path, line, row in data.annotations():
        if counted[row.annotation_id] > 1:
            yield path, line, f"{row.annotation_id} is used twice"


@_check
def annotation_code(data: Data) -> Found:
    """A code is one of the codebook's, and of the layer the row says."""
    codes = data.repository.codebook.by_id
    for path, line, row in data.annotations():
        if row.layer == NONE and row.code == NONE:
            continue
        if row.code not in codes:
            yield path, line, f"the codebook has no code {row.code}"
        elif codes[row.code].layer != row.layer:
            yield path, line, f"{row.code} is a code of layer {codes[row.code].layer}"


@_check
def annotation_words(data: Data) -> Found:
    """Status, force, severity and direction are words of the codebook."""
    words = {k: v for k, v in data.words["annotations"].items() if k not in ("code", "layer")}
    for path, line, row in data.annotations():
        for message in _wrong_words(row, words):
            yield path, line, message


@_check
def annotation_fields(data: Data) -> Found:
    """A safeguard has status and force, a vagueness has severity and direction, others neither."""
    wanted = {"safeguard": ("status", "force"), "vagueness": ("severity", "direction")}
    for path, line, row in data.annotations():
        for layer, names in wanted.items():
            for name in names:
                if (getattr(row, name) is not None) != (row.layer == layer):
                    state = "has no" if row.layer == layer else "may not have a"
                    yield path, line, f"{row.code} {state} {name}"


@_check
def annotation_attributes(data: Data) -> Found:
    """Attributes are ones the codebook asks for that code, with values it knows, sorted by name."""
    codebook = data.repository.codebook
    for path, line, row in data.annotations():
        code = codebook.by_id.get(row.code)
        asked = {q.id: q.values for q in codebook.questions(code)} if code else {}
        names = [a.name for a in row.attributes]
        if names != sorted(set(names)):
            yield path, line, "attributes are not sorted and unique"
        for attribute in row.attributes:
            if attribute.value not in asked.get(attribute.name, []):
                yield path, line, f"{row.code} takes no {attribute.name}: {attribute.value}"


@_check
def annotation_reason(data: Data) -> Found:
    """A status other than present, and a severity of material or critical, has its reason."""
    for path, line, row in data.annotations():
        needs = row.status in _GIVEN_REASON or row.severity in ("material", "critical")
        if needs and not (row.reason or "").strip():
            yield path, line, f"{row.code} on {row.passage_id} has no reason"


@_check
def annotation_passage(data: Data) -> Found:
    """A row's passage is in the corpus, and its text is still the one that was coded."""
    for path, line, row in data.annotations():
        passage = data.by_edition.get((row.passage_id, row.edition))
        if passage is None:
            yield path, line, f"no {row.edition} passage {row.passage_id}"
        elif passage.text_sha256 not in (None, row.text_sha256):
            yield path, line, f"the text of {row.passage_id} changed since it was coded"


@_check
def annotation_span(data: Data) -> Found:
    """A span lies inside its passage, begins before it ends, and has both ends."""
    for path, line, row in data.annotations():
        if row.start is None and row.end is None:
            continue
        passage = data.by_edition.get((row.passage_id, row.edition))
        length = passage.text_chars if passage else None
        if row.start is None or row.end is None or not 0 <= row.start < row.end:
            yield path, line, f"span {row.start} to {row.end} is no stretch of text"
        elif length is not None and row.end > length:
            yield path, line, f"span ends at {row.end}, {row.passage_id} has {length} characters"


@_check
def annotation_resolved(data: Data) -> Found:
    """What cures a vagueness is a passage of the corpus."""
    for path, line, row in data.annotations():
        for passage_id in row.resolved_by:
            if passage_id not in data.passage_ids:
                yield path, line, f"no passage {passage_id}"


@_check
def annotation_version(data: Data) -> Found:
    """A row was made with the codebook version of its round."""
    plans = {name: data.repository.round(name) for name in data.repository.round_names}
    for path, line, row in data.annotations():
        plan = plans.get(row.round)
        if plan is None:
            yield path, line, f"no round {row.round}"
        elif row.codebook_version != plan.codebook_version:
            yield (
                path,
                line,
                f"codebook {row.codebook_version}, the round has {plan.codebook_version}",
            )


@_check
def annotator_known(data: Data) -> Found:
    """Whoever annotated is described in annotations/annotators.yaml."""
    known = {a.annotator_id for a in data.repository.annotators} | {"adjudicated"}
    for path, line, row in data.annotations():
        if row.annotator_id not in known:
            yield path, line, f"nothing says who {row.annotator_id} is"


@_check
def annotator_words(data: Data) -> Found:
    """An annotator is human, a language model or a rule, and is called that."""
    for row in data.repository.read("annotations/annotators.yaml", Annotator):
        for message in _wrong_words(row.record, data.words["annotators"]):
            yield "annotations/annotators.yaml", row.line, message


@_check
def round_complete(data: Data) -> Found:
    """Each annotator of a round read every passage that another annotator of it read."""
    for name in data.repository.round_names:
        read = {
            a: {r.passage_id for r in rows} for a, rows in data.repository.annotations(name).items()
        }
        everything = set().union(*read.values()) if read else set()
        for annotator in data.repository.round(name).annotators:
            for passage_id in sorted(everything - read.get(annotator, set())):
                path = f"annotations/rounds/{name}/{annotator}.jsonl"
                yield path, 1, f"{annotator} did not read {passage_id}"


@_check
def evidence_quotable(data: Data) -> Found:
    """An adjudicated vagueness rests on an operative term, so that its evidence can be quoted."""
    anchors: dict[str, list[Span]] = {}
    for anchor in data.repository.terms:
        anchors.setdefault(anchor.passage_id, []).append(Span(anchor.start, anchor.end))
    for row in data.annotation_files[ADJUDICATED]:
        a = row.record
        if a.layer != "vagueness" or a.start is None or a.end is None or a.edition != "official":
            continue
        span = Span(a.start, a.end)
        if not any(span.overlap(known) for known in anchors.get(a.passage_id, [])):
            yield ADJUDICATED, row.line, f"no operative term under {a.code} on {a.passage_id}"


@_check
def no_personal_data(data: Data) -> Found:
    """No e-mail address stands in what is published about annotators or by them."""
    pattern = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
    for path in ["annotations/annotators.yaml", *data.annotation_files]:
        file = data.repository.path(path)
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        for number, line in enumerate(text.split("\n"), 1):
            if pattern.search(line):
                yield path, number, "holds an e-mail address"


def _wrong_words(record: object, words: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield each column of *record* that holds a word the codebook does not know."""
    for name, known in words.items():
        value = getattr(record, name)
        if isinstance(value, tuple) and list(value) != sorted(set(value)):
            yield f"{name} is not sorted and unique"
        for word in value if isinstance(value, tuple) else [value]:
            if word is not None and word not in known:
                yield f"{name}: the codebook has no '{word}'"
