"""
The nouns of the gap matrix: its cells, worked cells to hold it against, and judged references.

Flat and frozen like those of `safeguards.model`, and named the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

ROUTES = ("own", "link", "general", "none", "rule")


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """
    What a document says about one safeguard for one power, and by which path that was found.

    Attributes:
        document_id: Document that grants the power.
        power: Power or duty to cooperate.
        power_passage_id: Article that grants it; a power has one row for each such article.
        granted_in: Passages of that article in which it is granted, in document order.
        safeguard: Safeguard looked for.
        status: How far it is there.
        route: How it was found: ``own`` in the granting article, ``link`` by a link, ``general``
            by a link that can lift the cell to qualified at most, ``none`` where nothing was
            found, ``rule`` where the codebook says that it makes no sense.
        force: Normative force of the code that fills the cell.
        annotation_id: The adjudicated code that fills the cell.
        safeguard_passage_id: Passage that this code stands on.
        via_passage_id: Passage whose words join it to the power.
        link_id: The link that was taken.
        terms: Operative terms under the code; the evidence one can quote.
        edition: Edition that the code, or else the power, was made on.
        provisional: True while that edition is a restatement.
        contested: Whether the annotators differed on the code; None where none fills the cell.
        searched: Where nothing was found: the article and the linked passages that were searched.
    """

    document_id: str
    power: str
    power_passage_id: str
    granted_in: tuple[str, ...]
    safeguard: str
    status: str
    route: str
    force: str | None
    annotation_id: str | None
    safeguard_passage_id: str | None
    via_passage_id: str | None
    link_id: str | None
    terms: tuple[str, ...]
    edition: str
    provisional: bool
    contested: bool | None
    searched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkedCell:
    """
    A cell that the authors of the codebook worked out by reading, to hold the matrix against.

    Attributes:
        power: Power or duty to cooperate.
        power_passage_id: Article that grants it.
        safeguard: Safeguard looked for.
        status: What they found.
        basis: Passages on which that rests.
        note: What they add.
    """

    power: str
    power_passage_id: str
    safeguard: str
    status: str
    basis: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class MatrixNote:
    """
    Why a computed cell differs from the worked one.

    Attributes:
        power: Power or duty to cooperate.
        power_passage_id: Article that grants it.
        safeguard: Safeguard looked for.
        status: What was computed; None where the codes have no such power in that article.
        annotator_id: Who explains it.
        reason: One or two sentences.
    """

    power: str
    power_passage_id: str
    safeguard: str
    status: str | None
    annotator_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RejectedLink:
    """
    A cross-reference that was read and carries no safeguard to a power.

    Attributes:
        via_passage_id: Passage that cites.
        to_passage_id: Passage or container that is cited.
        annotator_id: Who judged it.
        codebook_version: Version of the codebook that was used.
        reason: One sentence.
    """

    via_passage_id: str
    to_passage_id: str
    annotator_id: str
    codebook_version: str
    reason: str
