"""
Every marked span as a W3C Web Annotation (https://www.w3.org/TR/annotation-model/).

Positions are offsets in code points, as the model wants them. Words are quoted only where they may
be: of our restatements, and of official texts where the span is one operative term of at most four
words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from safeguards.publish.rows import Tables
from safeguards.published import PublishedAnnotation

_CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_CREATORS = {"human": "Person", "language_model": "Software", "rule": "Software"}
LONGEST_QUOTE = 4  # words of an official text


def build_web_annotations(tables: Tables) -> str:
    """Return the JSON-LD of all spans, in the order of the table ``annotations``."""
    kinds = {a.annotator_id: a.kind for a in tables["annotators"]["train"]}
    texts = {
        (p.passage_id, p.edition): p.text
        for rows in tables["provisions"].values()
        for p in rows
        if p.edition == "restatement"
    }
    rows = [row for shared in tables["annotations"].values() for row in shared]
    items = [_build_item(row, kinds, texts) for row in rows if row.start is not None]
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
    row: PublishedAnnotation, kinds: Mapping[str, str], texts: Mapping[tuple[str, str], str | None]
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
            "selector": _build_selectors(row, texts.get((row.passage_id, row.edition))),
        },
    }


def _build_selectors(row: PublishedAnnotation, text: str | None) -> list[dict[str, Any]]:
    """Return where the span lies, and its words where they may be quoted."""
    place = {"type": "TextPositionSelector", "start": row.start, "end": row.end}
    quote = find_quote(row, text)
    return [place, {"type": "TextQuoteSelector", "exact": quote}] if quote else [place]


def find_quote(row: PublishedAnnotation, text: str | None) -> str | None:
    """
    Return the words of a span that may be quoted, or None.

    Args:
        row: An annotation with a span.
        text: The restated text of its passage; None for an official one.
    """
    if row.start is None or row.end is None:
        return None
    if text is not None:
        return text[row.start : row.end]
    length = row.end - row.start
    if len(row.terms) == 1 and len(row.terms[0]) == length:
        return row.terms[0] if len(row.terms[0].split()) <= LONGEST_QUOTE else None
    return None
