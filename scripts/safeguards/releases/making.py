"""Write a release: the dataset, an archive of it, and checksums, in one step."""

from __future__ import annotations

import shutil
from pathlib import Path

from safeguards.records import write_bytes
from safeguards.releases.archive import build_archive, format_sums, read_files


def write_release(built: Path, folder: Path, version: str) -> list[str]:
    """
    Write a release into *folder*, which is replaced whole, and return the names of its parts.

    Args:
        built: The dataset, built and verified.
        folder: Where the release goes, usually ``dist/release/VERSION``.
        version: Its version.
    """
    name = f"treaty-safeguards-{version}"
    dataset = read_files(built)
    files = {f"dataset/{path}": data for path, data in dataset.items()}
    files[f"{name}.zip"] = build_archive(dataset, name)
    files["SHA256SUMS"] = format_sums(files).encode()
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for path, data in files.items():
        write_bytes(fresh / path, data)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return sorted({path.partition("/")[0] for path in files})


def list_git_commands(version: str) -> list[str]:
    """
    Return the commands that mark a release in git; they are for a person to run.

    >>> list_git_commands("0.1.0")
    ["git tag --annotate v0.1.0 --message 'Version 0.1.0'", 'git push origin v0.1.0']
    """
    return [
        f"git tag --annotate v{version} --message 'Version {version}'",
        f"git push origin v{version}",
    ]
