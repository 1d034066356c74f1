"""How fast references are found, on the real texts."""

from __future__ import annotations

from bench.measure import SHARED, best_of
from safeguards.provisions import split
from safeguards.references import find_references, index_passages
from safeguards.text import decode


def bench() -> None:
    """Print how many references there are, and how fast they are found."""
    paths = sorted((SHARED / "treaties").glob("*/source.md"))
    texts = [decode(path.read_bytes(), path.name) for path in paths]
    split_texts = [split(text, f"bench{n}") for n, text in enumerate(texts)]
    by_id = index_passages(p for passages in split_texts for p in passages)
    characters = sum(len(p.text or "") for p in by_id.values())
    found = sum(len(find_references(p, by_id, ())) for p in by_id.values())
    taken = best_of(5, lambda: [find_references(p, by_id, ()) for p in by_id.values()])
    print(f"references: {found:,} in {characters:,} characters")
    print(f"  {characters / taken / 1e6:6.1f} million characters a second")
