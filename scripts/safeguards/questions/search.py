"""
Ranked search in texts, headings, reasons and claims: an SQLite index, built on first use.

The index lies in a cache folder under the fingerprint of its dataset, so a rebuilt dataset gets an
index of its own and an old one is never asked. It appears in one step: whoever is interrupted
leaves nothing behind. Ranking is BM25 of FTS5 (https://www.sqlite.org/fts5.html); an answer never
opens the Parquet files, so that it takes no longer than Python takes to start.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from safeguards.errors import UsageFault
from safeguards.query import ADJUDICATED, Dataset, Row

_VERSION = 1  # of the index; part of its name
_WORD = re.compile(r"\w+")
_SCHEMA = """
CREATE VIRTUAL TABLE entries USING fts5(
    heading, body, facts UNINDEXED,
    tokenize = "porter unicode61 remove_diacritics 2"
);
"""
_ASK = """
SELECT facts, snippet(entries, 1, '[', ']', ' ... ', 16), bm25(entries, 4.0, 1.0) AS rank
FROM entries WHERE entries MATCH ? ORDER BY rank, rowid LIMIT ?
"""
Progress = Callable[[int, int], None]


def cache_folder(environment: Mapping[str, str], home: Path) -> Path:
    """
    Return where indexes are kept, as the XDG base directory specification has it.

    >>> cache_folder({"XDG_CACHE_HOME": "/c"}, Path("/home/ada")).as_posix()
    '/c/safeguards'
    """
    named = environment.get("XDG_CACHE_HOME")
    return (Path(named) if named else home / ".cache") / "safeguards"


def search(
    dataset: Dataset,
    words: str,
    cache: Path,
    *,
    limit: int = 20,
    any_word: bool = False,
    progress: Progress | None = None,
) -> list[Row]:
    """
    Return what holds the words, best first.

    Args:
        dataset: The built dataset.
        words: What is looked for; words in quotes must stand together.
        cache: Folder of the indexes.
        limit: How many answers at most.
        any_word: Whether one of the words is enough.
        progress: Told how many entries are indexed, of how many, while an index is built.

    Raises:
        UsageFault: There is no word to look for.
        DatasetMissing: The dataset has not been built.
    """
    asked = build_match(words, any_word=any_word)
    index = open_index(dataset, cache, progress)
    try:
        found = index.execute(_ASK, (asked, limit)).fetchall()
    finally:
        index.close()
    line = dataset.edition_line
    rows = [{**json.loads(facts), "found": snippet} for facts, snippet, _ in found]
    return [{**row, "cite": f"{row['citation']}, in: {line}"} for row in rows]


def build_match(words: str, *, any_word: bool = False) -> str:
    r"""
    Return words as FTS5 asks for them; its operators in the words are words like others.

    >>> build_match('prior "judicial review" OR (data')
    '"prior" AND "judicial review" AND "OR" AND "data"'

    Raises:
        UsageFault: There is no word.
    """
    phrases: list[str] = []
    for place, part in enumerate(words.split('"')):
        found = _WORD.findall(part)
        phrases += [" ".join(found)] if place % 2 and found else found
    if not phrases:
        raise UsageFault(f"no word in '{words}'; write for instance: judicial review")
    return (" OR " if any_word else " AND ").join(f'"{phrase}"' for phrase in phrases)


def open_index(
    dataset: Dataset, cache: Path, progress: Progress | None = None
) -> sqlite3.Connection:
    """Return the index of a dataset, built now if there is none, or none that can be read."""
    path = cache / f"search-{_VERSION}-{dataset.fingerprint[:24]}.sqlite"
    for _ in range(2):
        if not path.is_file():
            _build(dataset, path, progress)
        index = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            index.execute("SELECT count(*) FROM entries LIMIT 1").fetchone()
            return index
        except sqlite3.DatabaseError:  # cut short, or no database at all
            index.close()
            path.unlink()
    raise UsageFault(f"cannot read the index {path}; delete it and run again")


def _build(dataset: Dataset, path: Path, progress: Progress | None) -> None:
    """Write the index beside its place and then put it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".search-", dir=path.parent)
    os.close(handle)
    fresh = Path(name)
    try:
        index = sqlite3.connect(fresh)
        index.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
        rows = _count(_entries(dataset), dataset, progress)
        index.executemany("INSERT INTO entries (heading, body, facts) VALUES (?, ?, ?)", rows)
        index.commit()
        index.close()
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _count(
    entries: Iterator[tuple[str, str, str]], dataset: Dataset, progress: Progress | None
) -> Iterator[tuple[str, str, str]]:
    """Yield *entries*, and tell how far that has come."""
    tables = {t["table"]: t["rows"] for t in dataset.manifest["tables"]}
    total = sum(tables.get(name, 0) for name in ("provisions", "annotations", "claims"))
    for number, entry in enumerate(entries, 1):
        if progress and number % 1000 == 0:
            progress(number, total)
        yield entry


_TEXTS = (
    "passage_id", "citation", "heading", "text", "terms", "edition", "provisional",
)  # fmt: skip
_REASONS = (
    "passage_id", "annotator_id", "reason", "edition", "provisional", "annotation_id", "layer",
    "code",
)  # fmt: skip


def _entries(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    """Yield heading, body and facts of all that can be found."""
    for row in dataset.iterate("provisions", _TEXTS):
        body = row["text"] or " ".join(row["terms"] or ())
        if body or row["heading"]:
            yield row["heading"] or "", body, _facts("provision", row, row["citation"])
    for row in dataset.iterate("annotations", _REASONS):
        if row["annotator_id"] == ADJUDICATED and row["reason"]:
            facts = _facts("reason", row, dataset.citation(row["passage_id"]))
            yield row["code"].replace("_", " "), row["reason"], facts
    for row in dataset.claims:
        title = dataset.documents[row["document_id"]]["short_title"]
        yield "", row["claim"], _facts("claim", row, f"{title}, claim {row['claim_id']}")


def _facts(kind: str, row: Row, citation: str) -> str:
    """Return what an answer shows beside the words found."""
    kept = ("passage_id", "edition", "provisional", "annotation_id", "claim_id", "layer", "code")
    facts = {name: row.get(name) for name in kept}
    return json.dumps({"citation": citation, "kind": kind, **facts}, ensure_ascii=False)
