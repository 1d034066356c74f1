"""
Rows of a Parquet table by the values of some columns, without reading the rest.

Row groups whose statistics rule a value out are skipped; of the others, only the columns that are
asked about are read, and whole rows only where something fits. So a question to a million rows
takes well under a second (https://parquet.apache.org/docs/file-format/metadata/).
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

Wanted = Mapping[str, Collection[str]]


def select_rows(
    paths: Iterable[Path],
    wanted: Wanted,
    *,
    beginnings: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """
    Return the rows in which every named column has one of the wanted values.

    Args:
        paths: Parquet files of one table.
        wanted: Values by column, all of them strings.
        beginnings: What a column must begin with.
        columns: The columns to return; without it, all.
    """
    tables = (t for p in paths for t in _select(p, wanted, dict(beginnings or {}), columns))
    return [row for table in tables for row in table.to_pylist()]


def iter_rows(paths: Iterable[Path], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table with some of its columns, without holding all of them at once."""
    import pyarrow.parquet as pq

    for path in paths:
        with pq.ParquetFile(path, memory_map=True) as file:
            for batch in file.iter_batches(columns=list(columns)):
                yield from batch.to_pylist()


def _select(
    path: Path, wanted: Wanted, beginnings: Mapping[str, str], columns: Sequence[str] | None
) -> Iterator[Any]:
    """Yield what is left of each row group of a file."""
    import pyarrow.parquet as pq

    asked = [*wanted, *beginnings]
    known = {name: _strings(values) for name, values in wanted.items()}
    with pq.ParquetFile(path, memory_map=True) as file:
        places = {name: place for place, name in enumerate(file.schema_arrow.names)}
        groups = [
            number
            for number in range(file.num_row_groups)
            if _may_hold(file.metadata.row_group(number), wanted, beginnings)
        ]
        for number in groups:
            if asked and file.metadata.num_rows > _SMALL:
                mask = _mask(file.read_row_group(number, columns=asked), known, beginnings)
                if not mask.true_count:
                    continue
            rows = file.read_row_group(number, columns=columns and sorted({*columns, *asked}))
            if asked:
                rows = rows.filter(_mask(rows, known, beginnings))
            yield rows.select([n for n in columns or places if n in places])


_SMALL = 20_000  # rows of a file that is read at once


def _mask(rows: Any, known: Mapping[str, Any], beginnings: Mapping[str, str]) -> Any:
    """Return which of *rows* fit."""
    import pyarrow.compute as pc

    masks = [
        pc.is_in(rows[name].combine_chunks(), value_set=values) for name, values in known.items()
    ]
    masks += [
        pc.starts_with(rows[name].combine_chunks(), start) for name, start in beginnings.items()
    ]
    mask = masks[0]
    for other in masks[1:]:
        mask = pc.and_(mask, other)
    return mask


def _strings(values: Collection[str]) -> Any:
    """
    Return strings as an Arrow array.

    Made of buffers, because ``pyarrow.array`` would import pandas, which takes longer than the
    whole question.
    """
    import pyarrow as pa

    parts = [value.encode("utf-8") for value in sorted(values)]
    ends = array("i", accumulate(map(len, parts), initial=0))
    buffers = pa.py_buffer(ends.tobytes()), pa.py_buffer(b"".join(parts))
    return pa.StringArray.from_buffers(len(parts), *buffers)


def _may_hold(group: Any, wanted: Wanted, beginnings: Mapping[str, str]) -> bool:
    """Tell whether the statistics of a row group leave room for what is wanted."""
    for place in range(group.num_columns):
        column = group.column(place)
        name, known = column.path_in_schema, column.statistics
        if known is None or not known.has_min_max:
            continue
        if name in wanted and not any(known.min <= v <= known.max for v in wanted[name]):
            return False
        if name in beginnings:
            start = beginnings[name]
            if known.max < start or known.min[: len(start)] > start:
                return False
    return True
