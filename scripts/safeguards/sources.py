"""
Hydration: the official texts that the repository may not ship, fetched by whoever uses it.

Two texts can be had. The pinned transcription is the one codes were made on; it is taken only if
its SHA-256 is the one in the register, so that every span fits. The authentic text has no hash
that could be known beforehand; it is taken only if it has the articles, chapters and headings of
the outline. Either is written in one step, or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import quote

import yaml

from safeguards.download import Arrival, Limits, Progress, download
from safeguards.editions import find_outline_faults, unwrap_annex
from safeguards.errors import FetchFault, UsageFault
from safeguards.model import Document, Passage, normalize_text
from safeguards.provisions import split
from safeguards.records import write_bytes, write_text
from safeguards.repository import Repository

_PLAIN = ("application/octet-stream", "text/markdown", "text/plain")
_EXTENSIONS = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/xhtml+xml": "html",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
}


class Extracted(Protocol):
    """What an extractor returns: at least the text."""

    @property
    def text(self) -> str:
        """The text of the file."""


class Extract(Protocol):
    """Makes text of a PDF, a page, a Word or a text file, known by its name."""

    def __call__(self, data: bytes, name: str, *, language: str) -> Extracted:
        """Return the text in *data*."""


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where an authentic text came from; written beside it.

    Attributes:
        file: Name of the file.
        address: Address in the register.
        final_address: Address that answered, or the file that was given.
        media_type: What it is.
        bytes: Its size.
        sha256: SHA-256 of it.
        date: ISO date on which it came.
    """

    file: str
    address: str | None
    final_address: str
    media_type: str
    bytes: int
    sha256: str
    date: str


class Authentic(NamedTuple):
    """An authentic text that was accepted: where it lies, and its passages."""

    path: Path
    passages: list[Passage]


# The pinned transcription.


def fetch_pinned(
    repository: Repository,
    document: Document,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Path:
    """
    Download the pinned transcription of *document* into ``corpus/official/``.

    A text that is already there and is the pinned one stays, and nothing is asked of the network.

    Raises:
        UsageFault: The register pins no text, or does not say where it lies.
        FetchFault: It could not be fetched, or is another text.
    """
    target = repository.official_path(document.document_id)
    wanted = _pinned_hash(document)
    if target.is_file() and _hash(target.read_bytes()) == wanted:
        return target
    address = build_raw_address(document)
    part = target.with_name(target.name + ".part")
    arrival = download(address, part, _PLAIN, limits, progress)
    data = _find_pinned(document, arrival.data)
    if data is None:
        raise FetchFault(
            f"{address}: another text (SHA-256 {_hash(_cut(document, arrival.data))}, the "
            f"register has {wanted}); check pinned_* in corpus/documents.yaml"
        )
    write_bytes(target, data)
    return target


def build_raw_address(document: Document) -> str:
    """
    Return the address of the file that the register pins.

    >>> where = {"pinned_repository": "https://github.com/who/what", "pinned_commit": "1f0c"}
    >>> build_raw_address(Document("d", "treaty", None, "D", pinned_path="a b.md", **where))
    'https://raw.githubusercontent.com/who/what/1f0c/a%20b.md'

    Other servers are asked for ``REPOSITORY/raw/COMMIT/PATH``, which most of them understand.

    Raises:
        UsageFault: The register does not say where the file lies.
    """
    if not (document.pinned_repository and document.pinned_path and document.pinned_commit):
        raise UsageFault(
            f"{document.document_id}: the register does not say where its text lies; "
            "give it with --from DIR"
        )
    repository = document.pinned_repository.rstrip("/").removesuffix(".git")
    path = f"{document.pinned_commit}/{quote(document.pinned_path)}"
    owner_and_name = repository.removeprefix("https://github.com/")
    if owner_and_name != repository:
        return f"https://raw.githubusercontent.com/{owner_and_name}/{path}"
    return f"{repository}/raw/{path}"


def fetch_from_folder(repository: Repository, document: Document, folder: Path) -> Path:
    """
    Copy the pinned transcription of *document* from *folder* into ``corpus/official/``.

    The file is known by its SHA-256; its name does not matter, and it may hold the text alone or be
    the whole file that the text is cut from.

    Raises:
        UsageFault: The register pins no text, or no file in *folder* is that text.
    """
    wanted = _pinned_hash(document)
    for path in _iter_files(folder):
        data = _find_pinned(document, path.read_bytes())
        if data is not None:
            target = repository.official_path(document.document_id)
            write_bytes(target, data)
            return target
    raise UsageFault(
        f"no file in {folder} is the pinned text of {document.document_id}; it has SHA-256 {wanted}"
    )


def _pinned_hash(document: Document) -> str:
    """
    Return the SHA-256 of the pinned text.

    Raises:
        UsageFault: The register pins none.
    """
    if not document.pinned_sha256:
        raise UsageFault(
            f"{document.document_id} has no pinned text yet; see corpus/documents.yaml"
        )
    return document.pinned_sha256


def _find_pinned(document: Document, data: bytes) -> bytes | None:
    """Return the pinned text if *data* is it, or is the file that it is cut from."""
    for candidate in (data, _cut(document, data)):
        if _hash(candidate) == document.pinned_sha256:
            return candidate
    return None


def _cut(document: Document, data: bytes) -> bytes:
    """Return the byte range of *data* that the register names; all of it where it names none."""
    return data[document.pinned_start : document.pinned_end]


def _hash(data: bytes) -> str:
    """Return the SHA-256 of *data*."""
    return hashlib.sha256(data).hexdigest()


def _iter_files(folder: Path) -> Iterator[Path]:
    """Yield the files below *folder* that could be a text, sorted."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and 0 < path.stat().st_size <= Limits().max_bytes:
            yield path


# The authentic text.


def fetch_authentic(
    repository: Repository,
    document: Document,
    date: str,
    extract: Extract,
    limits: Limits | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> Authentic:
    """
    Bring the authentic text of *document* into ``corpus/official/``, if it is that text.

    Args:
        repository: The checkout.
        document: The document.
        date: Today's ISO date, which is written down.
        extract: What makes text of the file.
        limits: What a download may take.
        progress: Called while bytes come.
        folder: Where to take the file from instead, under the name ID.pdf, .docx, .html, .md, .txt.

    Raises:
        UsageFault: The register names no address, or *folder* holds no such file.
        FetchFault: It could not be fetched, or has not the articles and headings of the outline.
        SourceFault: The file holds no text.
    """
    if folder is not None:
        arrival = _take(document, folder)
    else:
        arrival = _download_authentic(repository, document, limits, progress)
    extension = _EXTENSIONS[arrival.media_type]
    name = f"{document.document_id}.{extension}"
    text = extract(arrival.data, name, language=document.language).text
    passages = unwrap_annex(
        split(normalize_text(text), document.document_id), document.articles_total
    )
    _check_outline(repository, document, passages, arrival.final_address)
    path = repository.authentic_path(document.document_id, extension)
    write_bytes(path, arrival.data)
    origin = _build_origin(path.name, document, arrival, date)
    notes = yaml.safe_dump(asdict(origin), sort_keys=False, allow_unicode=True)
    write_text(repository.authentic_path(document.document_id, "yaml"), notes)
    return Authentic(path, passages)


def _download_authentic(
    repository: Repository, document: Document, limits: Limits | None, progress: Progress | None
) -> Arrival:
    """Download what lies at the authentic address."""
    if not document.authentic_url:
        raise UsageFault(
            f"{document.document_id} has no authentic address yet; see corpus/documents.yaml"
        )
    part = repository.authentic_path(document.document_id, "part")
    return download(document.authentic_url, part, _EXTENSIONS, limits, progress)


def _take(document: Document, folder: Path) -> Arrival:
    """Return the file of *folder* that is named like the document."""
    for media_type, extension in _EXTENSIONS.items():
        path = folder / f"{document.document_id}.{extension}"
        if path.is_file():
            address = document.authentic_url or ""
            return Arrival(address, path.resolve().as_uri(), media_type, path.read_bytes())
    raise UsageFault(
        f"no file {document.document_id}.pdf, .docx, .html, .md or .txt in {folder}; "
        "save the authentic text there under such a name"
    )


def _check_outline(
    repository: Repository, document: Document, passages: list[Passage], address: str
) -> None:
    """
    Refuse a text that is not the document.

    Raises:
        FetchFault: It departs from the outline; ``differences`` says where.
    """
    outline = repository.outline(document.document_id)
    differences = find_outline_faults(passages, document, outline)
    if not differences:
        return
    if not any(p.level == "article" for p in passages):
        hint = "it seems to be a page about the text: save the text itself and give it with --from"
    else:
        hint = "nothing was kept; compare it with the outline and mend what is wrong"
    raise FetchFault(
        f"{address}: not the text of corpus/outlines/{document.document_id}.yaml "
        f"({len(differences)} differences); {hint}",
        differences,
    )


def _build_origin(name: str, document: Document, arrival: Arrival, date: str) -> Origin:
    """Return what is written beside an authentic text."""
    return Origin(
        file=name,
        address=document.authentic_url,
        final_address=arrival.final_address,
        media_type=arrival.media_type,
        bytes=len(arrival.data),
        sha256=_hash(arrival.data),
        date=date,
    )
