"""Where the checkout lies: found by its folders, without reading any of its files."""

from __future__ import annotations

from pathlib import Path

from safeguards.errors import UsageFault


def find_root(start: Path) -> Path:
    """
    Return the checkout that *start* lies in; else the one this package was installed from.

    Raises:
        UsageFault: Neither is a checkout of the dataset.
    """
    here = Path(__file__).resolve()
    for folder in (start, *start.parents, *here.parents):
        if (folder / "schema" / "codebook.yaml").is_file() and (folder / "corpus").is_dir():
            return folder
    raise UsageFault(f"no dataset at {start} or above; run in a checkout, or name one with -C")
