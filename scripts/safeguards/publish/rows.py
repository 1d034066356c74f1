"""The rows of every table: what is published, from the records of the checkout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from safeguards.agreement import build_agreement
from safeguards.eid import format_citation
from safeguards.errors import UsageFault
from safeguards.evidence import find_terms
from safeguards.matrix import read_matrix
from safeguards.model import (
    Annotation,
    Document,
    Passage,
    TermAnchor,
)
from safeguards.published import ProvisionCode, PublishedAnnotation
from safeguards.repository import Repository
from safeguards.splits import SPLITS, unit_of
from safeguards.tables import LISTED, kind_of, values_of, wide_column

EDITIONS = ("restatement", "official", "both")
Tables = dict[str, dict[str, list[Any]]]
_THERE = ("present", "qualified")
# Licences that let anyone pass a text on, by the words they begin with.
_OPEN = ("cc0", "cc by", "public domain", "open government licence", "invented")
_UNSURE = "not seen"


@dataclass(frozen=True, slots=True)
class Choice:
    """
    Whose text is published.

    Attributes:
        edition: ``restatement``, ``official`` (where it was fetched) or ``both``.
        redistributable: Leave out official texts whose licence does not let anyone pass them on.
    """

    edition: str = "restatement"
    redistributable: bool = False

    def takes_official(self, document: Document) -> bool:
        """Tell whether the official text of *document* is filled in, if it is here."""
        allowed = not self.redistributable or is_open(document.licence)
        return self.edition != "restatement" and allowed


def is_open(licence: str | None) -> bool:
    """
    Tell whether a text under *licence* may be passed on by anyone; in doubt it may not.

    >>> is_open("CC BY 4.0"), is_open("not seen"), is_open(None)
    (True, False, False)
    >>> is_open("Open Government Licence v3 (usual for gov.uk; not seen on the page)")
    False
    """
    words = (licence or "").lower()
    return words.startswith(_OPEN) and _UNSURE not in words


def build_tables(repository: Repository, choice: Choice) -> Tables:
    """Return the rows of every table by split, in the order in which they are published."""
    rows = {
        "provisions": build_provisions(repository, choice),
        "annotations": build_annotations(repository),
        "claims": repository.claims,
        "claim_checks": repository.claim_checks,
        "concordance": repository.concordance,
        "facts": repository.facts,
        "links": repository.links,
        "matrix": read_matrix(repository),
        "references": repository.references,
        "documents": repository.documents,
        "annotators": repository.annotators,
        "agreement": build_agreement(repository),
        "splits": repository.splits,
    }
    where = {unit.unit_id: unit.split for unit in repository.splits}
    return {name: share_out(rows[name], LISTED[name].passage, where) for name in LISTED}


def share_out(
    rows: Iterable[Any], column: str | None, where: Mapping[str, str]
) -> dict[str, list[Any]]:
    """
    Return *rows* by split; all of them in one split where no column says which passage they are of.

    Raises:
        UsageFault: An article lies in no split yet.
    """
    if column is None:
        return {SPLITS[0]: list(rows)}
    shared: dict[str, list[Any]] = {split: [] for split in SPLITS}
    for row in rows:
        unit = unit_of(getattr(row, column))
        if unit not in where:
            raise UsageFault(f"{unit} lies in no split yet; run 'safeguards splits'")
        shared[where[unit]].append(row)
    return shared


# Provisions.


def build_provisions(repository: Repository, choice: Choice) -> list[Any]:
    """Return the published passages of both editions, with the text that was chosen."""
    codes: dict[str, list[PublishedAnnotation]] = {}
    for row in _publish(repository, repository.adjudicated):
        codes.setdefault(row.passage_id, []).append(row)
    severities = {s.id: s.order for s in repository.codebook.severities}
    safeguards = repository.codebook.ids("safeguard")
    titles = {d.document_id: d.short_title for d in repository.documents}
    kind = kind_of("provisions", repository.codebook)
    return [
        kind(
            **values_of(passage),
            citation=format_citation(passage.passage_id, titles[passage.document_id]),
            unit_id=unit_of(passage.passage_id),
            **_summarize(codes.get(passage.passage_id, []), severities, safeguards),
        )
        for passage in _with_chosen_text(repository, choice)
    ]


def _with_chosen_text(repository: Repository, choice: Choice) -> list[Passage]:
    """Return the committed passages with the text of the chosen editions."""
    texts: dict[str, str | None] = {}
    for document in repository.documents:
        if choice.takes_official(document) and repository.official_text(document.document_id):
            found = repository.passages_with_text(document.document_id, "official")
            texts.update({p.passage_id: p.text for p in found})
    chosen = []
    for p in repository.passages:
        text = texts.get(p.passage_id) if p.edition == "official" else p.text
        if p.edition == "restatement" and choice.edition == "official":
            text = None
        chosen.append(Passage(**{**values_of(p), "text": text}))
    return chosen


def _summarize(
    codes: Sequence[PublishedAnnotation], severities: Mapping[str, int], safeguards: Sequence[str]
) -> dict[str, Any]:
    """Return the columns of a provision that its codes fill; yes/no is open where nobody coded."""
    uncured = [a for a in codes if a.layer == "vagueness" and a.severity != "none"]
    worst = max((a.severity or "none" for a in uncured), key=severities.__getitem__, default="none")
    there = {a.code for a in codes if a.layer == "safeguard" and a.status in _THERE}
    answers: dict[str, bool] = {
        "has_power": any(a.layer == "power" for a in codes),
        "is_vague": bool(uncured),
        "has_safeguard": bool(there),
        **{wide_column(s): s in there for s in safeguards},
    }
    return {
        "coded_edition": codes[0].edition if codes else None,
        "safeguards": _unique(a.code for a in codes if a.layer == "safeguard"),
        "powers": _unique(a.code for a in codes if a.layer == "power"),
        "vagueness": _unique(a.code for a in uncured),
        "severity": worst if codes else None,
        "codes": tuple(_nest(a) for a in codes),
        **{name: answer if codes else None for name, answer in answers.items()},
    }


def _nest(row: PublishedAnnotation) -> ProvisionCode:
    """Return an adjudicated row as it stands inside its provision."""
    return ProvisionCode(
        **{name: getattr(row, name) for name in ProvisionCode.__dataclass_fields__}
    )


def _unique(codes: Iterable[str]) -> tuple[str, ...]:
    """Return codes sorted and unique."""
    return tuple(sorted(set(codes)))


# Annotations.


def build_annotations(repository: Repository) -> list[PublishedAnnotation]:
    """Return every annotator's rows and the adjudicated layer, with the terms they rest on."""
    return _publish(repository, [*repository.iter_annotations(), *repository.adjudicated])


def _publish(repository: Repository, rows: Iterable[Annotation]) -> list[PublishedAnnotation]:
    """Return *rows* with the operative terms under their spans."""
    anchors: dict[tuple[str, str], list[TermAnchor]] = {}
    for anchor in repository.terms:
        anchors.setdefault((anchor.passage_id, anchor.text_sha256), []).append(anchor)
    return [
        PublishedAnnotation(
            **values_of(row),
            terms=find_terms(row, anchors.get((row.passage_id, row.text_sha256), [])),
            provisional=row.edition == "restatement",
        )
        for row in rows
    ]
