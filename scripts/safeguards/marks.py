"""The noun of gold marks: citations as a careful reader marked them, to measure finders by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GoldReference:
    """
    A citation as a careful reader marked it, to measure the finder by.

    A passage that was read and cites nothing has one row without offsets: so it is known to have
    been read.

    Attributes:
        passage_id: Passage that was read; for a critique, its file and the number of the line.
        text_sha256: Hash of its text.
        start: Offset of the first code point of the citation, or None.
        end: Offset past the last one, or None.
        targets: passage_ids that are cited, or the document_id of a whole treaty; empty where the
            register has no such treaty.
    """

    passage_id: str
    text_sha256: str
    start: int | None
    end: int | None
    targets: tuple[str, ...]
