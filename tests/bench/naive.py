"""The splitter that one writes in a quarter of an hour: articles, paragraphs and points by line."""

from __future__ import annotations

import re
from collections.abc import Iterator

ARTICLE = re.compile(r"#*\s*Article\s+(\d+\w*)", re.IGNORECASE)
PARAGRAPH = re.compile(r"(\d+)\\?[.)]\s+(.*)")
POINT = re.compile(r"\(?([a-z]{1,4})\\?\)\s+(.*)")


def split_naively(text: str) -> Iterator[dict[str, str]]:
    """Yield the passages of a text; every line belongs to the last marker seen."""
    passage = {"eId": "preamble", "text": ""}
    article = paragraph = ""
    for line in filter(None, map(str.strip, text.split("\n"))):
        if found := ARTICLE.match(line):
            start, article = {"num": line}, f"art_{found[1]}"
            eid = paragraph = article
        elif article and (found := PARAGRAPH.match(line)):
            eid = paragraph = f"{article}__para_{found[1]}"
            start = {"text": found[2]}
        elif article and (found := POINT.match(line)):
            eid, start = f"{paragraph}__point_{found[1]}", {"text": found[2]}
        else:
            passage["text"] += f"\n{line}"
            continue
        yield passage
        passage = {"eId": eid, "text": "", **start}
    yield passage
