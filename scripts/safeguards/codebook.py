"""
The codebook: what may be said about a passage, read from ``schema/codebook.yaml``.

The file is data and this module only reads it, so a new safeguard is one entry there and nothing
here. pydantic checks the shape and every cross-reference, and reports all faults at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safeguards.assertions import FACTS, QUESTIONS
from safeguards.cells import ROUTES
from safeguards.errors import RecordFault, UsageFault, unknown_code
from safeguards.model import (
    DATE_BASES,
    EDITIONS,
    LAYERS,
    LEVELS,
    REFERENCE_KINDS,
    SEEN,
)
from safeguards.reliability import ANSWERS, COMPARISONS, MEASURES
from safeguards.splits import SPLITS

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
NONE = "none"
_WITH_IDS = (
    "basis", "layers", "codes", "attributes", "statuses", "forces", "severities", "changes",
    "targets",
)  # fmt: skip
JUDGED = ("status", "force", "severity", "direction")


class _Entry(BaseModel):
    """What all parts of the codebook share: exact keys, no changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Basis(_Entry):
    """A legal or scholarly source, and how much of it was read."""

    id: str
    what: str
    seen: Literal["full", "excerpt", "headings", "citation", "memory"]
    url: str | None = None
    note: str | None = None


class Layer(_Entry):
    """One question asked of every passage."""

    id: Identifier
    name: str
    color: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
    question: str


class Example(_Entry):
    """A hit or a near miss: invented, or a provision in our own words."""

    text: str
    origin: Literal["invented", "paraphrase"]
    address: str | None = None
    coded_as: str


class Code(_Entry):
    """A label of one layer: its scope, its decision rule, its examples."""

    id: Identifier
    layer: Identifier
    name: str
    scope: str
    rule: str
    include: list[str]
    exclude: list[str]
    cues: list[str]
    family: Literal["domestic", "cooperation", "offence"] | None
    hits: list[Example]
    near_misses: list[Example]
    basis: list[str]


class Question(_Entry):
    """An extra question (an attribute) asked for some codes, or for all codes of a layer."""

    id: Identifier
    name: str
    values: list[Identifier]
    codes: list[Identifier] = []
    layers: list[Identifier] = []


class Status(_Entry):
    """How far a safeguard is really there."""

    id: Identifier
    letter: str
    order: int
    rule: str
    hits: list[Example]
    near_misses: list[Example]


class Force(_Entry):
    """How strongly the text binds."""

    id: Identifier
    order: int
    rule: str
    cues: list[str]


class Severity(_Entry):
    """How grave a vagueness is."""

    id: Identifier
    order: int
    rule: str


class Term(_Entry):
    """An id with its rule, where nothing more is needed."""

    id: Identifier
    rule: str


class Confidence(_Entry):
    """How sure the annotator is."""

    id: int
    name: str
    rule: str


class Critiques(_Entry):
    """The vocabularies of critiques and claims."""

    stances: list[Term]
    claim_types: list[Term]
    recommendations: list[Term]
    actor_types: list[Term]
    stages: list[Term]
    checkabilities: list[Term]
    verdicts: list[Term]


class NotApplicable(_Entry):
    """Powers, by id or by family, for which some safeguards make no sense."""

    powers: list[Identifier] = []
    families: list[Literal["domestic", "cooperation", "offence"]] = []
    safeguards: list[Identifier]
    reason: str


class GapMatrix(_Entry):
    """The rule by which the gap matrix is computed."""

    rows: str
    columns: str
    rule: str
    tie_break: str
    cap: str
    not_applicable: list[NotApplicable] = []


class Candidate(_Entry):
    """A label that waits for ten agreed cases."""

    id: Identifier
    layer: Identifier
    name: str
    reason: str


class Change(_Entry):
    """A rule that was decided anew: for which codes, what, and which doubt it answers."""

    id: Identifier
    codes: list[Identifier]
    what: str
    why: str


class AgreementTarget(_Entry):
    """The least alpha at which a layer, or a value beside the codes, may be called reliable."""

    id: Identifier
    alpha: Annotated[float, Field(ge=0, le=1)]


class Codebook(_Entry):
    """The whole codebook, checked."""

    codebook_id: str
    codebook_version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    date: str
    language: str
    basis: list[Basis]
    layers: list[Layer]
    codes: list[Code]
    attributes: list[Question]
    statuses: list[Status]
    forces: list[Force]
    severities: list[Severity]
    directions: list[Term]
    confidences: list[Confidence]
    critiques: Critiques
    gap_matrix: GapMatrix
    candidates: list[Candidate]
    changes: list[Change] = []
    targets: list[AgreementTarget] = []

    @cached_property
    def by_id(self) -> dict[str, Code]:
        """The codes by id."""
        return {code.id: code for code in self.codes}

    def ids(self, layer: str) -> list[str]:
        """Return the ids of the codes of *layer*, in the codebook's order."""
        return [code.id for code in self.codes if code.layer == layer]

    def code(self, code_id: str) -> Code:
        """
        Return a code.

        Raises:
            UnknownCode: There is none; the message names the nearest.
        """
        if code_id not in self.by_id:
            raise unknown_code(code_id, self.by_id)
        return self.by_id[code_id]

    def questions(self, code: Code) -> list[Question]:
        """Return the extra questions asked for *code*."""
        return [q for q in self.attributes if code.id in q.codes or code.layer in q.layers]


def find_target(codebook: Codebook, subject: str, layer: str | None = None) -> float | None:
    """Return the least alpha asked of *subject*; a code takes the target of its *layer*."""
    targets = {target.id: target.alpha for target in codebook.targets}
    return targets.get(subject, targets.get(layer or ""))


def vocabularies(codebook: Codebook) -> dict[str, dict[str, list[str]]]:
    """
    Return the words that each column of each table may hold: table -> column -> values.

    A column that is not named here holds free text, numbers or ids.
    """
    none = ["none"]
    layers = {layer.id: codebook.ids(layer.id) for layer in codebook.layers}
    severities = [s.id for s in codebook.severities]
    c = codebook.critiques
    words = {name: [term.id for term in getattr(c, name)] for name in type(c).model_fields}
    return {
        "provisions": {
            "edition": list(EDITIONS),
            "level": list(LEVELS),
            "grade": ["A", "B", "C", "D"],
            "confidence": ["high", "medium", "low"],
            "coded_edition": list(EDITIONS),
            "safeguards": layers["safeguard"],
            "powers": layers["power"],
            "vagueness": layers["vagueness"],
            "severity": severities,
        },
        "annotations": {
            "edition": list(EDITIONS),
            "layer": list(LAYERS),
            "code": [code.id for code in codebook.codes] + none,
            "status": [s.id for s in codebook.statuses],
            "force": [f.id for f in codebook.forces],
            "severity": severities,
            "direction": [d.id for d in codebook.directions],
        },
        "references": {"edition": list(EDITIONS), "kind": list(REFERENCE_KINDS)},
        "claims": {
            "claim_type": words["claim_types"],
            "stance": words["stances"],
            "safeguards": layers["safeguard"],
            "vagueness": layers["vagueness"],
            "recommendation": words["recommendations"],
            "checkability": words["checkabilities"],
            "verdict": words["verdicts"],
        },
        "claim_checks": {
            "question": list(QUESTIONS),
            "codes": [code.id for code in codebook.codes],
            "fact": list(FACTS),
            "verdict": words["verdicts"],
        },
        "concordance": {"draft": words["stages"], "confidence": ["high", "medium", "low"]},
        "facts": {"fact": list(FACTS), "confidence": ["high", "medium", "low"]},
        "links": {},
        "matrix": {
            "power": layers["power"],
            "safeguard": layers["safeguard"],
            "status": [s.id for s in codebook.statuses],
            "route": list(ROUTES),
            "force": [f.id for f in codebook.forces],
            "edition": list(EDITIONS),
        },
        "agreement": {
            "comparison": list(COMPARISONS),
            "edition": [*EDITIONS, "both"],
            "layer": list(layers),
            "measure": list(MEASURES),
            "meets_target": list(ANSWERS),
        },
        "documents": {
            "kind": ["treaty", "critique"],
            "stage": words["stages"],
            "actor_type": words["actor_types"],
            "stance": words["stances"],
            "date_basis": list(DATE_BASES),
            "seen": list(SEEN),
        },
        "annotators": {"kind": ["human", "language_model", "rule"]},
        "splits": {"split": list(SPLITS)},
    }


def read_codebook(path: Path) -> Codebook:
    """
    Return the codebook in *path*.

    Raises:
        UsageFault: There is no such file.
        RecordFault: It breaks its schema; ``faults`` lists every fault with its place.
    """
    if not path.is_file():
        raise UsageFault(f"no codebook at {path}; run in a checkout, or name one with -C")
    return parse_codebook(path.read_text(encoding="utf-8"), path.name)


def parse_codebook(text: str, name: str) -> Codebook:
    """
    Return the codebook in *text*.

    Raises:
        RecordFault: It breaks its schema; ``faults`` lists every fault with its place.
    """
    try:
        codebook = Codebook.model_validate(yaml.load(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise RecordFault(name, [" ".join(str(error).split())]) from error
    except ValidationError as error:
        raise RecordFault(name, [_describe(e["loc"], e["msg"]) for e in error.errors()]) from error
    if faults := list(_iter_faults(codebook)):
        raise RecordFault(name, faults)
    return codebook


def _describe(location: tuple[int | str, ...], message: str) -> str:
    """Return one fault as ``place: what``."""
    place = ".".join(map(str, location)) or "the file"
    return f"{place}: {message[0].lower()}{message[1:]}"


def _iter_faults(codebook: Codebook) -> Iterable[str]:
    """Yield what pydantic cannot see: ids used twice, and references to ids that are not there."""
    for kind in _WITH_IDS:
        counted = Counter(entry.id for entry in getattr(codebook, kind))
        yield from (f"{kind}: id {i} is used {n} times" for i, n in counted.items() if n > 1)
    layers, basis = {x.id for x in codebook.layers}, {x.id for x in codebook.basis}
    for code in codebook.codes:
        if code.layer not in layers:
            yield f"codes.{code.id}.layer: no layer {code.layer}"
        yield from (f"codes.{code.id}.basis: no basis {b}" for b in code.basis if b not in basis)
    for target in codebook.targets:
        if target.id not in layers | set(JUDGED):
            yield f"targets.{target.id}: no layer or judged value of this name"
    for question in codebook.attributes:
        unknown = [c for c in question.codes if c not in codebook.by_id]
        unknown += [x for x in question.layers if x not in layers]
        yield from (f"attributes.{question.id}: no code or layer {u}" for u in unknown)
    for change in codebook.changes:
        unknown = [c for c in change.codes if c not in codebook.by_id]
        yield from (f"changes.{change.id}.codes: no code {u}" for u in unknown)
    for entry in codebook.gap_matrix.not_applicable:
        lost = [i for i in (*entry.powers, *entry.safeguards) if i not in codebook.by_id]
        yield from (f"gap_matrix.not_applicable: no code {i}" for i in lost)
