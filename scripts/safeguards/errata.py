"""The noun of the errata: an error that was published, and what was done about it, in the open."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Erratum:
    """
    An error in a published release, and which records its correction touches.

    Attributes:
        erratum_id: Stable id, for instance E-001.
        date: ISO date on which it was corrected.
        version: First release that holds the correction.
        what: What was wrong, and what stands there now.
        records: Ids of the records touched: passages, annotations, claims, links, documents.
    """

    erratum_id: str
    date: str
    version: str
    what: str
    records: tuple[str, ...]
