"""
Load a release that is pinned: the tables as Hugging Face datasets, held against the hash of rows.

The loader keeps what it loads in a cache, and for a local folder its key is made from the card and
not from the tables: after another build it gives the rows of the first. So each content has a
cache of its own here, and the rows that came out are hashed, not the files that went in.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from safeguards.download import Limits, download
from safeguards.errors import FetchFault, TextChanged, UsageFault
from safeguards.records import write_bytes
from safeguards.releases.archive import MAX_BYTES, read_archive
from safeguards.releases.contents import Contents, hash_rows

CACHE = Path.home() / ".cache" / "treaty-safeguards"
_ZIP = frozenset({"application/zip", "application/octet-stream", "application/x-zip-compressed"})


def load(
    table: str | None = None,
    *,
    version: str | None = None,
    content_sha256: str | None = None,
    folder: str | Path | None = None,
    url: str | None = None,
    cache: str | Path | None = None,
    limits: Limits | None = None,
) -> Any:
    """
    Return the tables of a release, verified.

    Args:
        table: Name of one table: a ``DatasetDict`` by split comes back. Without it, a mapping from
            every table's name to its ``DatasetDict``.
        version: Version that it must be.
        content_sha256: Hash of all rows that it must have; ``safeguards verify`` prints it.
        folder: A built dataset; ``dist/dataset`` where neither folder nor address is given.
        url: https address of a release's archive, or ``hf://datasets/OWNER/NAME`` on the Hub.
        cache: Folder for what is downloaded and loaded; else ``~/.cache/treaty-safeguards``.
        limits: What a download may take, and where it may go.

    Raises:
        DatasetMissing: There is no dataset.
        UsageFault: Table or version are not those of the dataset.
        TextChanged: Its rows are not those that were published.
        FetchFault: It could not be fetched.
    """
    if folder is not None and url is not None:
        raise UsageFault("give a folder or an address, not both")
    contents = Contents(
        _fetch(url, version, cache, limits) if url else Path(folder or "dist/dataset")
    )
    _check_pins(contents, version, content_sha256)
    names = [table] if table else list(contents.tables)
    if table and table not in contents.tables:
        raise UsageFault(f"no table '{table}'; there are: {', '.join(contents.tables)}")
    loaded = {name: load_table(contents, name, cache) for name in names}
    return loaded[table] if table else loaded


def load_table(contents: Contents, table: str, cache: str | Path | None = None) -> Any:
    """
    Return one table as a ``DatasetDict``.

    Raises:
        TextChanged: The rows that were loaded are not those of the manifest.
    """
    import datasets

    place = (Path(cache) if cache else CACHE) / contents.content_sha256[:16]
    found = datasets.load_dataset(str(contents.folder.resolve()), table, cache_dir=str(place))
    splits = [split for split in ("train", "validation", "test") if split in found]
    rows = (row for split in splits for row in iter_words(found[split]))
    if hash_rows(rows) != contents.tables[table]["content_sha256"]:
        raise TextChanged(
            f"the rows of '{table}' are not those of version {contents.version}; "
            "remove the cache and the folder, and build or fetch it again"
        )
    return found


def iter_words(loaded: Any) -> Any:
    """Yield the rows of a loaded table with words in place of the numbers of class labels."""
    features = loaded.features  # A copy, made anew at each look; one is enough.
    for row in loaded:
        yield {name: _word(features[name], value) for name, value in row.items()}


def _word(feature: Any, value: Any) -> Any:
    """Return a value with the words of its labels, also inside lists and records."""
    if value is None:
        return None
    if isinstance(value, list):
        return [_word(getattr(feature, "feature", None), item) for item in value]
    if isinstance(value, dict):
        return {name: _word(feature[name], item) for name, item in value.items()}
    return feature.int2str(value) if hasattr(feature, "int2str") else value


def _check_pins(contents: Contents, version: str | None, content_sha256: str | None) -> None:
    """Refuse a dataset that is not the one that was asked for."""
    if version is not None and contents.version != version:
        raise UsageFault(
            f"{contents.folder} holds version {contents.version}, not {version}; name its folder"
        )
    if content_sha256 is not None and contents.content_sha256 != content_sha256:
        raise TextChanged(
            f"{contents.folder} has rows with SHA-256 {contents.content_sha256[:12]}, "
            f"not {content_sha256[:12]}; fetch the release again"
        )


def _fetch(url: str, version: str | None, cache: str | Path | None, limits: Limits | None) -> Path:
    """Return the folder of a release that lies elsewhere."""
    if url.startswith("hf://"):
        return _fetch_from_hub(url, version, cache)

    name = hashlib.sha256(url.encode()).hexdigest()[:16]
    place = Path(cache or CACHE) / name
    place.mkdir(parents=True, exist_ok=True)
    limits = limits or Limits(max_bytes=MAX_BYTES)
    arrival = download(url, place / "archive.part", _ZIP, limits)
    shutil.rmtree(place / "dataset", ignore_errors=True)
    for path, data in read_archive(arrival.data).items():
        write_bytes(place / "dataset" / path, data)
    return place / "dataset"


def _fetch_from_hub(url: str, version: str | None, cache: str | Path | None) -> Path:
    """Return the folder of a dataset on the Hub, at the tag of its version where one is given."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        found = snapshot_download(
            url.removeprefix("hf://").removeprefix("datasets/"),
            repo_type="dataset",
            revision=f"v{version}" if version else None,
            cache_dir=cache,
        )
    except (HfHubHTTPError, OSError) as error:
        reason = " ".join(str(error).split())
        raise FetchFault(f"{url}: {reason}; check the name and the version") from error
    return Path(found)
