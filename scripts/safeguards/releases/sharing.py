"""
Put a release where others find it: the Hugging Face Hub, or a folder that Zenodo takes.

The token comes from the environment, goes to the Hub alone, and stands in no message of ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safeguards.errors import FetchFault, SourceFault, UsageFault
from safeguards.records import write_bytes
from safeguards.releases.archive import build_archive, format_sums, read_files
from safeguards.releases.contents import Contents, verify_dataset

TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


@dataclass(frozen=True, slots=True)
class Parcel:
    """
    One file on its way out.

    Attributes:
        path: Where it will lie.
        bytes: How long it is.
        sha256: Its hash.
    """

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Destination:
    """
    Where a release goes.

    >>> parse_destination("hf://owner/name"), parse_destination("zenodo:out").place
    (Destination(kind='hf', place='owner/name'), 'out')

    Attributes:
        kind: ``hf`` or ``zenodo``.
        place: Repository on the Hub, or folder.
    """

    kind: str
    place: str


def parse_destination(words: str) -> Destination:
    """
    Return the destination that *words* name.

    Raises:
        UsageFault: They name none.
    """
    if match := re.fullmatch(r"hf://(?:datasets/)?([\w.-]+/[\w.-]+)", words):
        return Destination("hf", match.group(1))
    if words.startswith("zenodo:") and words != "zenodo:":
        return Destination("zenodo", words.removeprefix("zenodo:"))
    raise UsageFault(f"'{words}' is no destination; write hf://OWNER/NAME or zenodo:FOLDER")


def pack(
    contents: Contents, destination: Destination, citation: Mapping[str, Any]
) -> dict[str, bytes]:
    """
    Return exactly the files that go to a destination, by path.

    Args:
        contents: The built dataset.
        destination: Where it goes.
        citation: What ``CITATION.cff`` says; Zenodo's description is made from it.

    Raises:
        SourceFault: The dataset is not as it was built.
    """
    if faults := verify_dataset(contents):
        raise SourceFault(f"{contents.folder} is not as it was built ({faults[0]}); build it again")
    files = read_files(contents.folder)
    if destination.kind == "hf":
        return files
    name = f"treaty-safeguards-{contents.version}"
    out = {
        f"{name}.zip": build_archive(files, name),
        ".zenodo.json": _format_json(build_zenodo(contents.version, citation)),
    }
    return {**out, "SHA256SUMS": format_sums(out).encode()}


def build_zenodo(version: str, citation: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the description of a deposit (https://developers.zenodo.org, deposit metadata).

    >>> build_zenodo("0.1.0", {"title": "T", "authors": [{"name": "A"}], "license": "CC-BY-4.0"})[
    ...     "creators"
    ... ]
    [{'name': 'A'}]
    """
    said = {
        "upload_type": "dataset",
        "title": citation["title"],
        "version": version,
        "publication_date": citation.get("date-released"),
        "creators": [{"name": _name(author)} for author in citation["authors"]],
        "description": (
            f"<p>{citation['title']}. Typed Parquet tables with a card, a codebook, a data "
            "dictionary and checksums; unpack the archive and read README.md.</p>"
        ),
        "access_right": "open",
        "license": str(citation["license"]).lower(),
        "keywords": list(citation.get("keywords", [])),
        "language": "eng",
    }
    return {key: value for key, value in said.items() if value is not None}


def _name(author: Mapping[str, Any]) -> str:
    """Return an author's name, family name first."""
    if "name" in author:
        return str(author["name"])
    return f"{author['family-names']}, {author['given-names']}"


def _format_json(data: Any) -> bytes:
    """Return JSON as it is committed by hand."""
    return f"{json.dumps(data, indent=2, ensure_ascii=False)}\n".encode()


def list_parcels(files: Mapping[str, bytes]) -> list[Parcel]:
    """Return what would go, file by file."""
    return [
        Parcel(path, len(data), hashlib.sha256(data).hexdigest())
        for path, data in sorted(files.items())
    ]


def write_deposit(folder: Path, files: Mapping[str, bytes]) -> None:
    """
    Write a deposit into a folder that is new or empty.

    Raises:
        UsageFault: The folder holds other files.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageFault(f"{folder} is there and not empty; name a new folder")
    for name, data in files.items():
        write_bytes(folder / name, data)


def upload(repository: str, version: str, files: Mapping[str, bytes]) -> str:
    """
    Send files to a dataset on the Hub in one commit, delete what is no longer there, and tag it.

    The address of the Hub may be set with ``HF_ENDPOINT``.

    Returns:
        Address of the commit.

    Raises:
        UsageFault: There is no token in the environment, or the version was published already.
        FetchFault: The Hub cannot be reached, or refuses.
    """
    token = next((os.environ[name] for name in TOKENS if os.environ.get(name)), None)
    if token is None:
        raise UsageFault("no token; set HF_TOKEN in the environment, and nowhere else")
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi(token=token)
    try:
        return _send(api, repository, f"v{version}", files)
    except (HfHubHTTPError, httpx.HTTPError, OSError) as error:
        reason = " ".join(str(error).replace(token, "***").split())[:300]
        raise FetchFault(
            f"{repository}: {reason}; check the name and the rights of the token"
        ) from None


def _send(api: Any, repository: str, tag: str, files: Mapping[str, bytes]) -> str:
    """Make the dataset if need be, commit, and tag the commit."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    api.create_repo(repository, repo_type="dataset", exist_ok=True)
    tags = {found.name for found in api.list_repo_refs(repository, repo_type="dataset").tags}
    if tag in tags:
        raise UsageFault(f"{repository} has {tag} already; a published version never changes")
    there = set(api.list_repo_files(repository, repo_type="dataset")) - {".gitattributes"}
    operations: list[Any] = [CommitOperationDelete(path) for path in sorted(there - set(files))]
    operations += [CommitOperationAdd(path, data) for path, data in sorted(files.items())]
    done = api.create_commit(
        repository, operations, commit_message=f"Version {tag[1:]}", repo_type="dataset"
    )
    api.create_tag(repository, tag=tag, revision=done.oid, repo_type="dataset")
    return str(done.commit_url)
