"""
The site as one folder of files, made from a built dataset alone.

No clock, no network, no randomness: the same dataset gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safeguards.errors import UsageFault
from safeguards.records import replace_folder, write_folder
from safeguards.site.content import Content
from safeguards.site.downloads import table_files
from safeguards.site.pages import iter_pages
from safeguards.site.render import Renderer
from safeguards.site.shards import search_files
from safeguards.site.strings import Strings

STATIC = Path(__file__).parent / "static"
MARKER = "site.json"


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What was written: the folder, how many pages, how many bytes in all."""

    folder: Path
    pages: int
    size: int


def build_site(
    dataset: Path, folder: Path, progress: Callable[[int, int], None] | None = None
) -> SiteReport:
    """
    Write the explorer of *dataset* to *folder*, replacing an older one in one step.

    Raises:
        DatasetMissing: There is no dataset in that folder.
        UsageFault: *folder* holds something else.
    """
    _refuse_foreign(folder)
    files = render_files(Content(dataset), progress)
    fresh = folder.with_name(f".{folder.name}.new")
    write_folder(fresh, files)
    replace_folder(folder, fresh)
    pages = sum(path.endswith(".html") for path in files)
    return SiteReport(folder, pages, sum(map(len, files.values())))


def render_files(
    content: Content, progress: Callable[[int, int], None] | None = None
) -> dict[str, bytes]:
    """Return every file of the site, by its path."""
    content.table("provisions")  # says how to build a dataset, where there is none
    strings = Strings(content.rules)
    renderer = Renderer(content, strings)
    pages = list(iter_pages(content))
    files = {f"static/{p.name}": p.read_bytes() for p in sorted(STATIC.iterdir()) if p.is_file()}
    for done, page in enumerate(pages, 1):
        files[page.path] = renderer.render(page).encode("utf-8")
        if progress is not None:
            progress(done, len(pages))
    files |= table_files(content) | search_files(content, strings)
    files[MARKER] = (json.dumps({"pages": len(pages)}) + "\n").encode()
    return files


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder that holds anything but a site of ours, because it would be replaced."""
    if folder.exists() and not folder.is_dir():
        raise UsageFault(f"{folder} is a file; name a folder with -o")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise UsageFault(f"{folder} holds other files; name an empty or a new folder with -o")
