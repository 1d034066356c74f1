"""
Hydration: the official texts that the repository may not ship, fetched by whoever uses it.

A text is taken only if its SHA-256 is the one in the register, so that every span fits. For now
texts are taken from a folder; the register already names the addresses they come from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from safeguards.errors import UsageFault
from safeguards.model import Document
from safeguards.records import write_bytes
from safeguards.repository import Repository

_MAX_BYTES = 20_000_000


def fetch_from_folder(repository: Repository, document: Document, folder: Path) -> Path:
    """
    Copy the pinned transcription of *document* from *folder* into ``corpus/official/``.

    The file is known by its SHA-256; its name does not matter.

    Raises:
        UsageFault: The register pins no text, or no file in *folder* is that text.
    """
    if not document.pinned_sha256:
        raise UsageFault(
            f"{document.document_id} has no pinned text yet; see corpus/documents.yaml"
        )
    for path in _iter_files(folder):
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == document.pinned_sha256:
            target = repository.official_path(document.document_id)
            write_bytes(target, data)
            return target
    raise UsageFault(
        f"no file in {folder} is the pinned text of {document.document_id}; "
        f"it has SHA-256 {document.pinned_sha256}"
    )


def _iter_files(folder: Path) -> Iterator[Path]:
    """Yield the files below *folder* that could be a text, sorted."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and 0 < path.stat().st_size <= _MAX_BYTES:
            yield path
