"""The tables as files that a visitor can take along: CSV for spreadsheets, Parquet as published."""

from __future__ import annotations

from typing import Any

from safeguards.site.content import Content
from safeguards.spreadsheets import csv_text, format_cell

_BYTE_ORDER_MARK = "\ufeff"  # without it, Excel reads UTF-8 as something else


def table_files(content: Content) -> dict[str, bytes]:
    """Return the files of all tables, by their path in the site."""
    files: dict[str, bytes] = {}
    for name in _names(content):
        files[f"data/{name}.csv"] = table_csv(content, name)
        for path in sorted((content.folder / "data" / name).glob("*.parquet")):
            files[f"data/{name}/{path.name}"] = path.read_bytes()
    return files


def table_csv(content: Content, name: str) -> bytes:
    """Return a table as CSV that spreadsheets open: lists in one cell, no cell a formula."""
    rows = content.table(name)
    columns = list(rows[0]) if rows else []
    cells = [[format_cell(row[column]) for column in columns] for row in rows]
    return (_BYTE_ORDER_MARK + csv_text(cells, columns)).encode("utf-8")


def describe_tables(content: Content) -> list[dict[str, Any]]:
    """Return what the page of downloads says about each table."""
    return [
        {
            "name": name,
            "parquet": {
                path.name.partition("-")[0]: f"data/{name}/{path.name}"
                for path in sorted((content.folder / "data" / name).glob("*.parquet"))
            },
        }
        for name in _names(content)
    ]


def _names(content: Content) -> list[str]:
    """Return the tables that hold anything, sorted."""
    folders = sorted(path.name for path in (content.folder / "data").iterdir() if path.is_dir())
    return [name for name in folders if content.has(name)]
