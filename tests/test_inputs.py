"""Files out of folders and archives: what is taken, and what is refused."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from safeguards.engines import choose_engine, segment_all
from safeguards.errors import SourceFault
from safeguards.inputs import MAX_FILE_BYTES, Input, iter_data, iter_inputs
from safeguards.segment import split_bytes

TEXT = b"Article 1\n\nRobots rest.\n"
OUTSIDE = "its name leads out of the folder; rename it"
LINK = "it is a link; pack the file itself"


def write_archive(path: Path, *members: tuple[str, bytes, bytes | int]) -> Path:
    """Write an archive of members: name, type, and content or stated size."""
    with tarfile.open(path, "w:gz") as archive:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            if isinstance(content, int):
                info.size = content
                with Path("/dev/zero").open("rb") as zeros:
                    archive.addfile(info, zeros)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return path


REFUSED = [
    ("../evil.md", tarfile.REGTYPE, OUTSIDE),
    ("a/../../evil.md", tarfile.REGTYPE, OUTSIDE),
    ("/tmp/evil.md", tarfile.REGTYPE, OUTSIDE),
    ("C:/evil.md", tarfile.REGTYPE, OUTSIDE),
    ("evil\n.md", tarfile.REGTYPE, "its name holds characters that no name should hold; rename it"),
    ("soft.md", tarfile.SYMTYPE, LINK),
    ("hard.md", tarfile.LNKTYPE, LINK),
    ("pipe.md", tarfile.FIFOTYPE, "it is no regular file; take it out"),
    ("disk.md", tarfile.BLKTYPE, "it is no regular file; take it out"),
]


@pytest.mark.parametrize(("name", "kind", "fault"), REFUSED, ids=[repr(r[0]) for r in REFUSED])
def test_members_that_would_escape(tmp_path: Path, name: str, kind: bytes, fault: str) -> None:
    """A member that leads out of the archive is told and not read; the others are split."""
    content = TEXT if kind == tarfile.REGTYPE else b""
    inside = tmp_path / "deep" / "inside"
    inside.mkdir(parents=True)
    path = write_archive(
        inside / "a.tar.gz", (name, kind, content), ("good.md", tarfile.REGTYPE, TEXT)
    )
    found = list(iter_inputs(path))
    assert [i.fault for i in found] == [fault, None]
    report = segment_all(path, inside / "out", choose_engine("serial"), split_bytes)
    assert (report.done, report.faults) == (1, 1)
    files = {f.relative_to(inside).as_posix() for f in tmp_path.rglob("*") if f.is_file()}
    assert files == {"a.tar.gz", "out/manifest.jsonl", "out/parts/good.parquet"}


def test_links_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    """A link in a folder, to a file or to a folder, is told and not read."""
    texts = tmp_path / "texts"
    (texts / "sub").mkdir(parents=True)
    (tmp_path / "secret.md").write_bytes(TEXT)
    (texts / "a.md").symlink_to(tmp_path / "secret.md")
    (texts / "b").symlink_to(tmp_path, target_is_directory=True)
    (texts / "sub" / "c.md").write_bytes(TEXT)
    os.mkfifo(texts / "d.md")
    assert list(iter_inputs(texts)) == [
        Input("a.md", "it is a link; give the file itself"),
        Input("b", "it is a link; give the file itself"),
        Input("d.md", "it is no regular file; take it out"),
        Input("sub/c.md"),
    ]
    assert list(iter_data(texts, ["a.md", "sub/c.md"])) == [("a.md", None), ("sub/c.md", TEXT)]


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    """Files and folders whose names begin with a dot are not inputs."""
    (tmp_path / ".git").mkdir()
    for name in (".git/a.md", ".b.md", "c.md"):
        (tmp_path / name).write_bytes(TEXT)
    assert [i.name for i in iter_inputs(tmp_path)] == ["c.md"]
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("./.git/a.md", "./c.md", "./._c.md"):
            archive.addfile(tarfile.TarInfo(name))
    assert [i.name for i in iter_inputs(tmp_path / "a.tar")] == ["c.md"]


def test_files_of_a_folder_come_in_order_of_their_paths(tmp_path: Path) -> None:
    """The order is that of whole paths, the same on every machine."""
    for name in ("b.md", "a/x.md", "a-b.md", "a.md", "B.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(TEXT)
    names = [i.name for i in iter_inputs(tmp_path)]
    assert names == sorted(names)
    assert names == ["B.md", "a-b.md", "a.md", "a/x.md", "b.md"]


def test_one_file_that_is_too_large(tmp_path: Path) -> None:
    """A file above the limit is told and never read."""
    path = write_archive(tmp_path / "a.tgz", ("big.md", tarfile.REGTYPE, MAX_FILE_BYTES + 1))
    fault = "it is larger than 32 MiB; cut it in parts"
    assert list(iter_inputs(path)) == [Input("big.md", fault)]
    with (tmp_path / "big.md").open("wb") as handle:
        handle.truncate(MAX_FILE_BYTES + 1)
    path.unlink()
    assert list(iter_inputs(tmp_path)) == [Input("big.md", fault)]


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path) -> None:
    """An archive that unpacks to hundreds of times its size is refused."""
    members = [(f"{n}.md", tarfile.REGTYPE, 30 * 2**20) for n in range(4)]
    path = write_archive(tmp_path / "bomb.tar.gz", *members)
    with pytest.raises(SourceFault, match="it unpacks to more than texts would"):
        list(iter_inputs(path))


def test_a_name_that_stands_twice(tmp_path: Path) -> None:
    """Neither of two members of one name is taken, since nobody knows which is meant."""
    twice = [("a.md", tarfile.REGTYPE, TEXT), ("./a.md", tarfile.REGTYPE, TEXT + TEXT)]
    path = write_archive(tmp_path / "a.tar.gz", *twice, ("b.md", tarfile.REGTYPE, TEXT))
    report = segment_all(path, tmp_path / "out", choose_engine("serial"), split_bytes)
    assert (report.inputs, report.done, report.faults) == (2, 1, 1)


@pytest.mark.parametrize("cut", [40, -40, 600])
def test_a_damaged_archive_is_refused_at_once(tmp_path: Path, cut: int) -> None:
    """An archive that ends too early, or is none, is refused before any work."""
    members = [(f"{n}.md", tarfile.REGTYPE, os.urandom(3000)) for n in range(3)]
    whole = write_archive(tmp_path / "a.tar.gz", *members).read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(whole[:cut])
    with pytest.raises(SourceFault, match=r"a\.tar\.gz cannot be read"):
        list(iter_inputs(tmp_path / "a.tar.gz"))


def test_a_damaged_header_is_not_the_end(tmp_path: Path) -> None:
    """A header damaged in the middle does not silently cost the files behind it."""
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("a.md", "b.md", "c.md"):
            info = tarfile.TarInfo(name)
            info.size = len(TEXT)
            archive.addfile(info, io.BytesIO(TEXT))
    data = bytearray((tmp_path / "a.tar").read_bytes())
    data[1024 + 100] ^= 0xFF
    (tmp_path / "a.tar").write_bytes(data)
    with pytest.raises(SourceFault, match="a header is damaged"):
        list(iter_inputs(tmp_path / "a.tar"))
