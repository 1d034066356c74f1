"""
Fuzz the splitter with mutated real texts: ``python tests/fuzz_provisions.py [cases] [seed]``.

Each case is a piece of a treaty in one of its layouts, with a few lines or characters damaged. The
splitter must not raise; every address must stand once, below a parent that came before it; and
every character must be found again, apart from page furniture and the signs that headings shed.
Progress goes to stderr; the run stops by itself, with exit code 1 at the first fault.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from safeguards.layout import LAYOUTS, read_layout
from safeguards.model import Passage, normalize_text
from safeguards.provisions import explain, split
from safeguards.text import read_lines

TREATIES = Path(__file__).parents[2] / "shared" / "treaties"
SHED = "–—-.:"  # what a heading loses between its number and its title, a word at a line end
BUILT_IN = "\n\n".join(
    f"### Article {n}\n\n#### Scope\n\n1. It covers:\n\na) all;\n\n(i) or\n\n2. none."
    for n in range(1, 30)
)
HOSTILE = (
    "\f", "\n\n", "\t", "\ufeff", "\u00a0", "\u202e", "#", "###### ", "Article 1", "ARTICLE I.",
    "Article 99999999", "Annex", "PART", "CHAPTER XIV", "a)", "(i)", "(ii)", "1.", "2. ", "9999.",
    "- ", "– ", "____________", "- 7 -", "7/40", "Page 3", "[x](y)", "[[[[", "*", "\\", "|---|",
    "Preamble", "IN WITNESS WHEREOF", "Done at", "The States Parties", "😀", "e\u0301", "١.",
)  # fmt: skip


def read_texts() -> list[str]:
    """Return the real texts, or an invented one where they are not at hand."""
    paths = [*sorted(TREATIES.glob("*/source.md")), *sorted(TREATIES.glob("*/variants/*.txt"))]
    return [path.read_text(encoding="utf-8") for path in paths] or [BUILT_IN]


def damage(text: str, chance: random.Random) -> str:
    """Return a piece of *text* with a few faults."""
    start = chance.randrange(max(1, len(text) - 500))
    piece = text[start : start + chance.choice((80, 400, 1500, 4000))]
    for _ in range(chance.randint(1, 8)):
        piece = chance.choice(DAMAGES)(piece, chance)
    return normalize_text(piece)


def insert(text: str, chance: random.Random) -> str:
    """Return *text* with something hostile somewhere."""
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(HOSTILE) * chance.choice((1, 1, 1, 3)) + text[at:]


def insert_line(text: str, chance: random.Random) -> str:
    """Return *text* with something hostile at the start of a line."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines[at] = chance.choice(HOSTILE) + lines[at]
    return "\n".join(lines)


def cut(text: str, chance: random.Random) -> str:
    """Return *text* without a stretch of it."""
    at = chance.randint(0, len(text))
    return text[:at] + text[at + chance.randint(1, 60) :]


def repeat_lines(text: str, chance: random.Random) -> str:
    """Return *text* with some of its lines twice."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    return "\n".join(lines[: at + 3] + lines[at:])


def shuffle_lines(text: str, chance: random.Random) -> str:
    """Return *text* with a few lines in another order."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    few = lines[at : at + 6]
    chance.shuffle(few)
    return "\n".join(lines[:at] + few + lines[at + 6 :])


def change_case(text: str, chance: random.Random) -> str:
    """Return *text* in capitals, or in small letters."""
    return chance.choice((text.upper, text.lower))()


def join_lines(text: str, chance: random.Random) -> str:
    """Return *text* with some line ends gone."""
    return "".join(c if c != "\n" or chance.random() < 0.7 else " " for c in text)


DAMAGES: Sequence[Callable[[str, random.Random], str]] = (
    insert, insert, insert_line, insert_line, cut, repeat_lines, shuffle_lines, change_case, join_lines,
)  # fmt: skip


def count_signs(parts: Sequence[str | None]) -> Counter[str]:
    """Count the characters that must be found again."""
    signs = Counter("".join("".join(part.split()) for part in parts if part))
    for sign in SHED:
        signs.pop(sign, None)
    return signs


def find_fault(text: str, edition: str, layout: str) -> str:
    """Return what the splitter does wrong with *text*; empty if nothing."""
    read = read_layout(text, layout)
    passages = split(text, "fuzz", edition, layout)
    before = count_signs([line.text for line in read.lines])
    after = count_signs([part for p in passages for part in (p.num, p.heading, p.text)])
    if before != after:
        return f"lost {before - after}, added {after - before}"
    if read.parts:
        rows = [line.text for line in read_lines(text.replace("\f", "\n"))]
        if count_signs(rows) != count_signs([part.text for part in read.parts]):
            return "a row is neither text nor furniture"
        kept = count_signs([part.text for part in read.parts if part.line is not None])
        if kept != before:
            return f"joining lost {kept - before}, added {before - kept}"
    if len(explain(text, edition, layout)) != len(read.parts or read.lines):
        return "a line is not explained"
    return find_disorder(passages)


def find_disorder(passages: Sequence[Passage]) -> str:
    """Return what is wrong with the addresses of *passages*; empty if nothing."""
    seen: set[str | None] = {None}
    for passage in passages:
        if passage.passage_id in seen or passage.parent_id not in seen:
            return f"{passage.passage_id} stands twice, or before its parent"
        seen.add(passage.passage_id)
    if any(b.ordinal != a.ordinal + 1 for a, b in pairwise(passages)):
        return "the passages are not counted in order"
    return ""


def main(cases: int = 100_000, seed: int = 1) -> int:
    """Run *cases* cases; return 1 at the first fault."""
    chance = random.Random(seed)
    texts = read_texts()
    start = time.perf_counter()
    for case in range(1, cases + 1):
        text = damage(chance.choice(texts), chance)
        edition = chance.choice(("official", "restatement"))
        if fault := find_fault(text, edition, layout := chance.choice(LAYOUTS)):
            sys.stderr.write(
                f"\ncase {case}, seed {seed}, {edition}, {layout}: {fault}\n{text!r}\n"
            )
            return 1
        if case % 1000 == 0:
            sys.stderr.write(f"\r{case:,} cases, {time.perf_counter() - start:.0f} s")
    sys.stderr.write("\nno fault\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:3])))
