"""
One file that holds a release: a zip archive whose bytes depend on nothing but the files in it.

Entries are sorted, dated 1 January 1980 and stored as they are: the tables are compressed already,
and what is not compressed does not change with the version of a compressor.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from safeguards.errors import SourceFault

MAX_BYTES = 500_000_000
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by path, sorted."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def build_archive(files: Mapping[str, bytes], top: str) -> bytes:
    """
    Return a zip archive of *files* below the folder *top*.

    >>> a = build_archive({"b": b"2", "a": b"1"}, "demo")
    >>> a == build_archive({"a": b"1", "b": b"2"}, "demo")
    True
    """
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{top}/{name}", _DATE)
            entry.external_attr, entry.create_system = _MODE, 3
            archive.writestr(entry, data)
    return sink.getvalue()


def read_archive(data: bytes) -> dict[str, bytes]:
    """
    Return the files of an archive, without the folder they lie in.

    >>> read_archive(build_archive({"a/b": b"1"}, "demo"))
    {'a/b': b'1'}

    Raises:
        SourceFault: It is no zip archive, holds a path that leads out of it, or is far too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in entries) > MAX_BYTES:
                raise SourceFault(f"the archive unpacks to more than {MAX_BYTES} bytes; check it")
            return {_inner(entry.filename): archive.read(entry) for entry in entries}
    except zipfile.BadZipFile as error:
        raise SourceFault(f"no zip archive ({error}); check the address") from error


def _inner(name: str) -> str:
    """
    Return the path of an entry below the archive's one folder.

    >>> _inner("demo/../../x")
    Traceback (most recent call last):
        ...
    safeguards.errors.SourceFault: 'demo/../../x' leads out of the archive; do not unpack it
    """
    parts = name.split("/")
    if len(parts) < 2 or "\\" in name or any(part in ("", ".", "..") for part in parts):
        raise SourceFault(f"'{name}' leads out of the archive; do not unpack it")
    return "/".join(parts[1:])


def format_sums(files: Mapping[str, bytes]) -> str:
    """Return checksums in the form that ``sha256sum -c`` reads."""
    return "".join(f"{hashlib.sha256(d).hexdigest()}  {p}\n" for p, d in sorted(files.items()))
