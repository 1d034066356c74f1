"""
Files to work on, out of a folder or a tar archive, one at a time and taking nothing on trust.

Nothing is unpacked to disk. Links are not followed, names that lead out of the folder are refused,
and what is read is bounded in size, so that an archive from a stranger can waste time but neither
memory nor files (https://peps.python.org/pep-0706/ tells what archives have been used for).
"""

from __future__ import annotations

import gzip
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, cast

from safeguards.errors import SourceFault, UsageFault

MAX_FILE_BYTES = 32 * 2**20
MAX_RATIO = 200  # text shrinks to a third, a bomb to a thousandth
_BROKEN = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError)


class Input(NamedTuple):
    """
    One file of a folder or an archive.

    Attributes:
        name: Its path below the folder, or in the archive, with ``/`` between the parts.
        fault: Why it is not read, or None.
    """

    name: str
    fault: str | None = None


def is_archive(path: Path) -> bool:
    """
    Tell whether *path* is named like a tar archive.

    >>> is_archive(Path("scale.tar.gz")), is_archive(Path("treaties"))
    (True, False)
    """
    return path.name.endswith((".tar", ".tar.gz", ".tgz"))


def iter_inputs(source: Path) -> Iterator[Input]:
    """
    Yield every file of a folder or archive, the readable and the refused; hidden ones are left out.

    Files of a folder come in order of their names, those of an archive as they stand in it.

    Raises:
        UsageFault: *source* is neither a folder nor a tar archive.
        SourceFault: The archive is damaged, or unpacks to far more than a text would.
    """
    if source.is_dir():
        yield from _iter_folder(source)
        return
    if not (source.is_file() and is_archive(source)):
        raise UsageFault(f"{source} is no folder and no .tar.gz; give one that holds texts")
    with _open_archive(source) as archive:
        for member in _iter_members(archive):
            if not member.isdir() and not _is_hidden(member.name):
                yield Input(_printable(_plain(member.name)), _member_fault(member))


def iter_data(source: Path, names: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
    """
    Yield name and content of the inputs called *names*; None where it cannot be read.

    Args:
        source: The folder or archive.
        names: Names that `iter_inputs` gave without a fault, in its order.
    """
    if source.is_dir():
        yield from ((name, _read_file(source / name)) for name in names)
        return
    wanted = iter(names)
    expected = next(wanted, None)
    with _open_archive(source) as archive:
        for member in _iter_members(archive):
            if expected == _plain(member.name) and _member_fault(member) is None:
                yield expected, cast(IO[bytes], archive.extractfile(member)).read()
                expected = next(wanted, None)


def name_fault(name: str) -> str | None:
    """
    Return what is wrong with the name of a file, or None.

    >>> name_fault("a/b.md") is None
    True
    >>> name_fault("a/../../b.md")
    'its name leads out of the folder; rename it'
    """
    parts = name.split("/")
    if not name.isprintable() or "\\" in name:
        return "its name holds characters that no name should hold; rename it"
    if name.startswith("/") or ".." in parts or (len(name) > 1 and name[1] == ":"):
        return "its name leads out of the folder; rename it"
    return None


def _plain(name: str) -> str:
    """
    Return the name of a member without the ``./`` that some packers put first.

    >>> _plain("./a//b.md")
    'a/b.md'
    """
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _is_hidden(name: str) -> bool:
    """Tell whether a file, or a folder above it, is hidden."""
    return any(p.startswith(".") and p not in (".", "..") for p in PurePosixPath(name).parts)


def _printable(name: str) -> str:
    """Return *name* as it can be written and shown."""
    return name if name.isprintable() else name.encode("unicode_escape").decode("ascii")


def _size_fault(size: int) -> str | None:
    """Return the fault of a file that is too large, or None."""
    limit = MAX_FILE_BYTES // 2**20
    return f"it is larger than {limit} MiB; cut it in parts" if size > MAX_FILE_BYTES else None


# Folders.


def _iter_folder(folder: Path) -> Iterator[Input]:
    """Yield the files of a folder and of the folders in it, in order of their names."""
    pending = [""]
    while pending:
        name = pending.pop()
        try:
            found = sorted(_entries(folder, name), reverse=True)
        except OSError as error:
            yield Input(_printable(name), f"cannot be listed ({error.strerror}); check its rights")
            continue
        if name and not name.endswith("/"):
            yield _file_input(folder, name)
        pending += found


def _entries(folder: Path, name: str) -> list[str]:
    """Return what stands in a folder, subfolders with ``/`` at the end; nothing for a file."""
    if name and not name.endswith("/"):
        return []
    with os.scandir(folder / name) as entries:
        return [
            name + entry.name + "/" * entry.is_dir(follow_symlinks=False)
            for entry in entries
            if not entry.name.startswith(".")
        ]


def _file_input(folder: Path, name: str) -> Input:
    """Return one file of a folder with its fault, if it has one."""
    path = folder / name
    if path.is_symlink():
        return Input(_printable(name), "it is a link; give the file itself")
    if not path.is_file():
        return Input(_printable(name), "it is no regular file; take it out")
    return Input(_printable(name), name_fault(name) or _size_fault(path.stat().st_size))


def _read_file(path: Path) -> bytes | None:
    """Return the content of a file; None if it cannot be read, or became a link or too large."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as handle:
            data = handle.read(MAX_FILE_BYTES + 1)
    except OSError:
        return None
    return data if len(data) <= MAX_FILE_BYTES else None


# Archives.


class _Meter:
    """
    An unpacked stream that refuses to give more than a text archive would hold.

    It stands between gzip and tarfile, which believes the sizes that an archive states.

    Attributes:
        last: The bytes that were read last.
    """

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        """Remember the stream, and how much it may give."""
        self.stream, self.limit, self.last = stream, limit, b""
        self.tell: Callable[[], int] = stream.tell

    def read(self, size: int = -1) -> bytes:
        """Return the next *size* bytes."""
        if not 0 <= size <= MAX_FILE_BYTES + tarfile.BLOCKSIZE or self.tell() > self.limit:
            raise tarfile.ReadError("it unpacks to more than texts would")
        self.last = self.stream.read(size)
        return self.last

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to *offset*."""
        if offset > self.limit:
            raise tarfile.ReadError("it unpacks to more than texts would")
        return self.stream.seek(offset, whence)


@contextmanager
def _open_archive(path: Path) -> Iterator[tarfile.TarFile]:
    """Open a tar archive, packed or not; whatever is wrong with it becomes a SourceFault."""
    try:
        limit = max(2 * MAX_FILE_BYTES, MAX_RATIO * path.stat().st_size)
        with path.open("rb") if path.suffix == ".tar" else gzip.open(path) as stream:
            meter = _Meter(cast(IO[bytes], stream), limit)
            with tarfile.TarFile(fileobj=cast(IO[bytes], meter)) as archive:
                yield archive
    except _BROKEN as error:
        raise SourceFault(f"{path} cannot be read ({error}); pack it again") from error


def _iter_members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """
    Yield the members of an archive, and forget each one after.

    tarfile takes a damaged header for the end; so what stands there must be the zeros of a real
    end, and the rest is read through, because gzip keeps its checksum at the very end.
    """
    while (member := archive.next()) is not None:
        yield member
        archive.members.clear()  # type: ignore[attr-defined]
    meter = cast(_Meter, archive.fileobj)
    if meter.last.strip(b"\0"):
        raise tarfile.ReadError("a header is damaged")
    while meter.read(2**20):
        pass


def _member_fault(member: tarfile.TarInfo) -> str | None:
    """Return why a member of an archive is not read, or None."""
    if member.issym() or member.islnk():
        return "it is a link; pack the file itself"
    if not member.isreg():
        return "it is no regular file; take it out"
    return name_fault(member.name) or _size_fault(member.size)
