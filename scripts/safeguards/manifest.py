"""
What was made from what: the manifest of a folder of parts, and the ledger while it is being made.

``manifest.jsonl`` lists every input with its SHA-256, and either its part with rows, characters
and SHA-256, or its fault. While work goes on, the same entries stand in a SQLite file, which
survives a kill at any point and keeps memory from growing with the number of files. A part
counts as done only if an entry says that it was made from these bytes, by this code, and its own
bytes are still what they were.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from safeguards.errors import UsageFault
from safeguards.inputs import Input
from safeguards.records import format_record, parse_record, write_bytes, write_lines

MANIFEST = "manifest.jsonl"
_LEDGER = ".ledger.sqlite"
_PARTS = "parts"
_MAX_ID = 80
_TABLES = """
    CREATE TABLE IF NOT EXISTS parts (name TEXT PRIMARY KEY, line TEXT NOT NULL) WITHOUT ROWID;
    DROP TABLE IF EXISTS inputs;
    CREATE TABLE inputs (
        place INTEGER PRIMARY KEY, name TEXT UNIQUE, document_id TEXT UNIQUE, fault TEXT, line TEXT
    );
"""


@dataclass(frozen=True, slots=True)
class Part:
    """
    One line of the manifest: an input, and what became of it.

    Attributes:
        name: Path of the input below its folder, or in its archive.
        document_id: Id that its passages' ids begin with; None where the input was not taken.
        edition: Edition that the text was taken for.
        maker: Versions of the code that read it.
        source_sha256: SHA-256 of the input; None where it could not be read.
        part: Path of the Parquet file below the folder of the manifest; None with a fault.
        part_sha256: SHA-256 of that file.
        rows: Number of passages.
        characters: Code points in the passages' own texts.
        fault: Why there is no part, or None.
    """

    name: str
    document_id: str | None
    edition: str
    maker: str
    source_sha256: str | None = None
    part: str | None = None
    part_sha256: str | None = None
    rows: int = 0
    characters: int = 0
    fault: str | None = None


def part_path(document_id: str) -> str:
    """
    Return where the part of a document lies, below the folder of the manifest.

    >>> part_path("budapest")
    'parts/budapest.parquet'

    Raises:
        ValueError: This is no id of a document; nothing else may become a path.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", document_id):
        raise ValueError(f"{document_id!r} is no id of a document")
    return f"{_PARTS}/{document_id}.parquet"


def derive_id(name: str) -> str:
    """
    Return the id of the document in a file, made from the name of the file.

    Names that lose letters on the way, or are too long, end with a piece of their hash, so that
    different names keep different ids.

    >>> derive_id("Council of Europe/ETS_185.md"), derive_id("條約.md")
    ('council-of-europe-ets-185', 'doc-d988fed8')
    """
    stem = re.sub(r"(?<=[^/])\.[A-Za-z][A-Za-z0-9]{0,4}$", "", name)
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode("ascii")
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if stem.isascii() and 0 < len(slug) <= _MAX_ID:
        return slug
    digest = hashlib.sha256(name.encode("utf-8")).hexdigest()[:8]
    return f"{slug[: _MAX_ID - 9].strip('-') or 'doc'}-{digest}"


def read_manifest(folder: Path) -> Iterator[Part]:
    """Yield the entries of the manifest in *folder*; lines that are none are passed over."""
    path = folder / MANIFEST
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if (part := _parse_part(line)) is not None:
                yield part


def _parse_part(line: str) -> Part | None:
    """Return the entry on one line, or None."""
    try:
        return parse_record(Part, json.loads(line))[0]
    except ValueError:
        return None


class Ledger:
    """
    The manifest while it grows. It is a context; only one at a time can hold a folder.

    Args:
        folder: Where parts and manifest go: new, empty, or one that holds a manifest.
        edition: Edition that the texts are taken for.
        maker: Versions of the code that reads them.

    Raises:
        UsageFault: The folder holds other files, or another run is working in it.
    """

    def __init__(self, folder: Path, edition: str, maker: str) -> None:
        """Open the ledger, with what the manifest of an earlier run says."""
        self.folder, self.edition, self.maker = folder, edition, maker
        _claim(folder)
        try:
            self._db = _open(folder / _LEDGER)
        except sqlite3.OperationalError as error:
            hint = "let another run there end, or check its rights"
            raise UsageFault(f"no work can be done in {folder} ({error}); {hint}") from error
        if self._db.execute("SELECT NOT EXISTS (SELECT 1 FROM parts)").fetchone()[0]:
            entries = ((part.name, format_record(part)) for part in read_manifest(folder))
            self._db.executemany("INSERT OR REPLACE INTO parts VALUES (?, ?)", entries)
            self._db.commit()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # What is to be done.

    def list_inputs(self, inputs: Iterable[Input], *, strip_top: bool) -> int:
        """
        Take down the inputs of this run, give each an id, and return how many there are.

        Args:
            inputs: What `safeguards.inputs.iter_inputs` gives.
            strip_top: Leave the folder that all names share out of the ids, as archives have one.
        """
        for name, fault in inputs:
            try:
                row = (name, fault)
                self._db.execute("INSERT INTO inputs (name, fault) VALUES (?, ?)", row)
            except sqlite3.IntegrityError:
                twice = "it stands twice in the archive; pack it once"
                self._db.execute("UPDATE inputs SET fault = ? WHERE name = ?", (twice, name))
        self._name_documents(strip_top)
        self._db.commit()
        return int(self._db.execute("SELECT count(*) FROM inputs").fetchone()[0])

    def _name_documents(self, strip_top: bool) -> None:
        """Give each readable input its id, in order of names; the second of two alike has none."""
        ends = "SELECT min(name), max(name) FROM inputs WHERE fault IS NULL"
        first, last = self._db.execute(ends).fetchone()
        skip = len(_shared_folder(first, last)) if strip_top and first else 0
        readable = "SELECT place, name FROM inputs WHERE fault IS NULL ORDER BY name"
        for place, name in self._db.execute(readable):
            document_id = derive_id(name[skip:])
            try:
                named = "UPDATE inputs SET document_id = ? WHERE place = ?"
                self._db.execute(named, (document_id, place))
            except sqlite3.IntegrityError:
                fault = f"its id would be {document_id}, which another file has; rename it"
                self._db.execute("UPDATE inputs SET fault = ? WHERE place = ?", (fault, place))

    def iter_wanted(self) -> Iterator[str]:
        """Yield the names of the inputs that are to be read, as they were listed."""
        wanted = "SELECT name FROM inputs WHERE fault IS NULL ORDER BY place"
        for (name,) in self._db.execute(wanted):
            yield name

    def document_id(self, name: str) -> str:
        """Return the id of an input that was listed without fault."""
        found = self._db.execute("SELECT document_id FROM inputs WHERE name = ?", (name,))
        return str(found.fetchone()[0])

    def is_done(self, name: str, source_sha256: str) -> bool:
        """Tell whether the part of an input is there and vouched for; if so, it is kept."""
        found = self._db.execute("SELECT line FROM parts WHERE name = ?", (name,)).fetchone()
        part = _parse_part(found[0]) if found else None
        if part is None or part.fault is not None or part.source_sha256 != source_sha256:
            return False
        document_id = self.document_id(name)
        mine = (document_id, self.edition, self.maker, part_path(document_id))
        if (part.document_id, part.edition, part.maker, part.part) != mine:
            return False
        if _hash_file(self.folder / str(part.part)) != part.part_sha256:
            return False
        self._keep(part)
        return True

    # What has been done.

    def record(self, part: Part, data: bytes | None) -> None:
        """Write a part and then its entry; call `commit` after some of them."""
        if data is not None and part.document_id is not None:
            write_bytes(self.folder / part_path(part.document_id), data)
        self._keep(part)

    def record_fault(self, name: str, fault: str) -> None:
        """Enter an input that gave no part."""
        self._keep(Part(name, None, self.edition, self.maker, fault=fault))

    def _keep(self, part: Part) -> None:
        """Enter a part among those that hold for this run."""
        line = format_record(part)
        self._db.execute("INSERT OR REPLACE INTO parts VALUES (?, ?)", (part.name, line))
        self._db.execute("UPDATE inputs SET line = ? WHERE name = ?", (line, part.name))

    def commit(self) -> None:
        """Make what was recorded last."""
        self._db.commit()

    def finish(self) -> None:
        """Write the manifest, drop what it does not list, and close."""
        unread = "SELECT name, fault FROM inputs WHERE line IS NULL ORDER BY place"
        for name, fault in self._db.execute(unread).fetchall():
            self.record_fault(name, fault or "it was gone when it was read; run again")
        self.commit()
        lines = self._db.execute("SELECT line FROM inputs ORDER BY name")
        write_lines(self.folder / MANIFEST, (line for (line,) in lines))
        self._sweep()
        self._db.close()
        (self.folder / _LEDGER).unlink()

    def _sweep(self) -> None:
        """Delete files among the parts that the manifest does not list: they are left over."""
        for half_written in self.folder.glob(f".{MANIFEST}.*"):
            half_written.unlink()
        for entry in os.scandir(self.folder / _PARTS) if (self.folder / _PARTS).is_dir() else ():
            if not entry.is_dir(follow_symlinks=False) and not self._is_listed(entry.name):
                os.unlink(entry.path)

    def _is_listed(self, name: str) -> bool:
        """Tell whether the part in the file *name* stands in the manifest."""
        listed = "SELECT line FROM inputs WHERE document_id = ?"
        found = self._db.execute(listed, (name.removesuffix(".parquet"),)).fetchone()
        part = _parse_part(found[0]) if found else None
        return part is not None and part.part == f"{_PARTS}/{name}"


def _shared_folder(first: str, last: str) -> str:
    """
    Return the folder that all names lie in, given the first and the last of them in order.

    >>> _shared_folder("scale/a.md", "scale/b.md"), _shared_folder("a.md", "b.md")
    ('scale/', '')
    """
    folders = first.rpartition("/")[0].split("/"), last.rpartition("/")[0].split("/")
    same = takewhile(lambda pair: pair[0] == pair[1], zip(*folders, strict=False))
    return "".join(f"{name}/" for name, _ in same if name)


def _claim(folder: Path) -> None:
    """Make sure that *folder* is there, and ours to write in."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {path.name for path in folder.iterdir()}
    if names and not names & {MANIFEST, _LEDGER}:
        raise UsageFault(f"{folder} holds other files and no {MANIFEST}; name a new folder")


def _open(path: Path) -> sqlite3.Connection:
    """Open the ledger, alone, with a fresh list of inputs; one that is damaged begins anew."""
    database = sqlite3.connect(path, timeout=1)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.executescript(_TABLES)
    except sqlite3.OperationalError:
        database.close()
        raise
    except sqlite3.DatabaseError:
        database.close()
        path.unlink()
        return _open(path)
    return database


def _hash_file(path: Path) -> str | None:
    """Return the SHA-256 of a file, or None if there is none."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError:
        return None
