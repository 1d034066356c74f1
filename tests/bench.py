"""
Benchmarks, run by ``make bench``: ratios in one run, never limits in a test.

- the splitter against a naive one that cuts at article headings only;
- the finder of references, on the same texts;
- building the dataset; answering one question in a fresh process, against starting Python.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from safeguards.provisions import split
from safeguards.references import find_references, index_passages
from safeguards.text import decode

ROOT = Path(__file__).parents[1]
TEXTS = sorted((ROOT.parent / "shared" / "treaties").glob("*/source.md"))
ARTICLE = re.compile(r"^#+\s*Article\s+\d+.*$", re.MULTILINE)


def best_of(times: int, action: Callable[[], object]) -> float:
    """Return the shortest of several runs, in seconds."""
    durations = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        durations.append(time.perf_counter() - start)
    return min(durations)


def bench_splitter() -> None:
    """Print how fast texts are split, and how that compares with cutting at articles only."""
    texts = [decode(path.read_bytes(), path.name) for path in TEXTS] or [_invented_text()]
    characters = sum(map(len, texts))
    ours = best_of(5, lambda: [split(text, "bench") for text in texts])
    naive = best_of(5, lambda: [ARTICLE.split(text) for text in texts])
    print(f"splitter: {len(texts)} texts, {characters:,} characters")
    print(f"  all levels     {characters / ours / 1e6:6.1f} million characters a second")
    print(f"  articles only  {characters / naive / 1e6:6.1f}  ({ours / naive:.0f} times faster)")


def bench_references() -> None:
    """Print how fast references are found, and how many there are."""
    texts = [decode(path.read_bytes(), path.name) for path in TEXTS] or [_invented_text()]
    split_texts = [split(text, f"bench{n}") for n, text in enumerate(texts)]
    by_id = index_passages(p for passages in split_texts for p in passages)
    characters = sum(len(p.text or "") for p in by_id.values())
    found = sum(len(find_references(p, by_id, ())) for p in by_id.values())
    taken = best_of(5, lambda: [find_references(p, by_id, ()) for p in by_id.values()])
    print(f"references: {found:,} in {characters:,} characters")
    print(f"  {characters / taken / 1e6:6.1f} million characters a second")


def _invented_text() -> str:
    """Return a text to split where no real ones are at hand."""
    article = "### Article {n}\n\n1. A Party may:\n\na) ask;\n\nb) be asked.\n\n2. It answers.\n\n"
    return "".join(article.format(n=n) for n in range(1, 500))


def bench_commands() -> None:
    """Print how long commands take as fresh processes, in starts of bare Python."""
    bare = best_of(3, lambda: _run(sys.executable, "-c", "pass"))
    for command in (["--help"], ["build"], ["vague"], ["show", "budapest:16.2"], ["check"]):
        taken = best_of(3, partial(_run, sys.executable, "-m", "safeguards", *command))
        print(f"safeguards {' '.join(command):20s} {taken:6.2f} s  {taken / bare:6.0f} bare starts")


def _run(*command: str) -> None:
    """Run a command and throw away what it prints."""
    subprocess.run(command, cwd=ROOT, check=False, capture_output=True)


if __name__ == "__main__":
    bench_splitter()
    bench_references()
    bench_commands()
