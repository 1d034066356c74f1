"""
Every marked span as a W3C Web Annotation (https://www.w3.org/TR/annotation-model/).

Positions are offsets in code points, as the model wants them. Words are quoted only where they may
be: of our restatements, and of official texts where the span is one operative term of at most four
words. A term is quoted as terms are kept, so at the beginning of a sentence without its capital.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from safeguards.model import TermAnchor
from safeguards.publish.rows import Tables
from safeguards.published import PublishedAnnotation

_CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_CREATORS = {"human": "Person", "language_model": "Software", "rule": "Software"}
LONGEST_QUOTE = 4  # words of an official text


def build_web_annotations(tables: Tables, terms: Iterable[TermAnchor]) -> str:
    """
    Return the JSON-LD of all spans, in the order of the table ``annotations``.

    Args:
        tables: The rows of the dataset.
        terms: Where operative terms stand in official texts.
    """
    anchored = {(a.passage_id, a.text_sha256, a.start, a.end): a.term for a in terms}
    kinds = {a.annotator_id: a.kind for a in tables["annotators"]["train"]}
    texts = {
        (p.passage_id, p.edition): p.text
        for rows in tables["provisions"].values()
        for p in rows
        if p.edition == "restatement"
    }
    rows = [row for shared in tables["annotations"].values() for row in shared]
    items = [
        _build_item(row, kinds, find_quote(row, texts, anchored))
        for row in rows
        if row.start is not None
    ]
    page = {"id": "annotations.jsonld#page", "type": "AnnotationPage", "startIndex": 0}
    collection = {
        "@context": _CONTEXT,
        "id": "annotations.jsonld",
        "type": "AnnotationCollection",
        "label": "Treaty safeguards: every marked span",
        "total": len(items),
        "first": {**page, "items": items},
    }
    return json.dumps(collection, indent=1, ensure_ascii=False) + "\n"


def _build_item(
    row: PublishedAnnotation, kinds: Mapping[str, str], quote: str | None
) -> dict[str, Any]:
    """Return one annotation."""
    kind = _CREATORS.get(kinds.get(row.annotator_id, ""))
    creator = {"id": f"annotator/{row.annotator_id}"} | ({"type": kind} if kind else {})
    said = [{"type": "TextualBody", "value": row.reason, "purpose": "commenting"}]
    code = {"source": f"codebook.yaml#{row.code}", "purpose": "classifying"}
    return {
        "id": f"annotation/{row.annotation_id}",
        "type": "Annotation",
        "motivation": "classifying",
        "creator": creator,
        "body": [{"type": "SpecificResource", **code}, *(said if row.reason else [])],
        "target": {
            "source": f"passage/{row.passage_id}/{row.edition}",
            "selector": [
                {"type": "TextPositionSelector", "start": row.start, "end": row.end},
                *([{"type": "TextQuoteSelector", "exact": quote}] if quote else []),
            ],
        },
    }


def find_quote(
    row: PublishedAnnotation,
    texts: Mapping[tuple[str, str], str | None],
    anchored: Mapping[tuple[str, str, int, int], str],
) -> str | None:
    """
    Return the words of a span that may be quoted, or None.

    Args:
        row: An annotation.
        texts: Restated texts by passage and edition.
        anchored: Operative terms by passage, hash of its text, start and end.
    """
    if row.start is None or row.end is None:
        return None
    text = texts.get((row.passage_id, row.edition))
    if text is not None:
        return text[row.start : row.end]
    term = anchored.get((row.passage_id, row.text_sha256, row.start, row.end))
    return term if term is not None and len(term.split()) <= LONGEST_QUOTE else None
