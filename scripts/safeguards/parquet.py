"""
Typed tables: the fields of a dataclass as an Arrow schema, and its records as a Parquet file.

The schema is explicit and every file is written in one call from whole columns, so that the same
records give the same bytes with the same version of pyarrow (https://arrow.apache.org).
"""

from __future__ import annotations

import io
import types
import typing
from collections.abc import Collection, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_PLAIN = (str, int, float, type(None))
_SCALARS = {str: pa.string(), int: pa.int32(), float: pa.float64(), bool: pa.bool_()}


def arrow_schema(kind: type[Any]) -> pa.Schema:
    """
    Return the Arrow schema of a table: one column for each field of its dataclass.

    >>> from safeguards.model import Annotator
    >>> arrow_schema(Annotator).field("rounds").type
    ListType(list<item: string>)
    """
    return _schema(typing.cast(typing.Hashable, kind))


@cache
def _schema(kind: Any) -> pa.Schema:
    """Return the schema of a dataclass, which is costly to work out."""
    hints = typing.get_type_hints(kind)
    return pa.schema([pa.field(f.name, _arrow_type(hints[f.name])) for f in fields(kind)])


def _arrow_type(hint: Any) -> pa.DataType:
    """Return the Arrow type of a type hint."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return _arrow_type(next(a for a in typing.get_args(hint) if a is not types.NoneType))
    if typing.get_origin(hint) is tuple:
        return pa.list_(_arrow_type(typing.get_args(hint)[0]))
    if hint in _SCALARS:
        return _SCALARS[hint]
    return pa.struct(list(arrow_schema(hint)))


def parquet_bytes(
    kind: type[Any], rows: Sequence[Any], level: int = 9, categories: Collection[str] | None = None
) -> bytes:
    """
    Return *rows*, records of the dataclass *kind*, as a Parquet file.

    *level* is zstd's: 9 for what is published, 3 for many parts (twice as fast, 4 % larger). Only
    *categories*, columns whose values recur, are stored as a dictionary, and all where it is None;
    a field of nested records is called ``column.field``.

    >>> from safeguards.model import Target
    >>> data = parquet_bytes(Target, [Target("art 24", None, "hanoi:art_24")])
    >>> pq.ParquetFile(io.BytesIO(data)).read().to_pylist()
    [{'as_written': 'art 24', 'draft': None, 'passage_id': 'hanoi:art_24'}]
    """
    schema = arrow_schema(kind)
    sink = io.BytesIO()
    pq.write_table(
        pa.Table.from_arrays([_column(rows, field) for field in schema], schema=schema),
        sink,
        compression="zstd",
        compression_level=level,
        use_dictionary=True if categories is None else _leaves(schema, categories),
        row_group_size=20_000,
        write_page_index=True,
        write_page_checksum=True,
    )
    return sink.getvalue()


def _leaves(schema: pa.Schema, names: Collection[str]) -> list[str]:
    """Return the paths under which Parquet knows the columns *names*, inside lists too."""
    paths = {}
    for field in schema:
        paths[field.name] = field.name
        if pa.types.is_list(field.type):
            paths[field.name] = f"{field.name}.list.element"
            if pa.types.is_struct(field.type.value_type):
                for inner in field.type.value_type:
                    end = ".list.element" if pa.types.is_list(inner.type) else ""
                    path = f"{field.name}.list.element.{inner.name}{end}"
                    paths[f"{field.name}.{inner.name}"] = path
    return [path for name, path in paths.items() if name in names]


def plain_value(value: Any) -> Any:
    """
    Return *value*, a record or part of one, as Parquet gives it back: mappings, lists and scalars.

    >>> from safeguards.model import Attribute
    >>> plain_value((Attribute("timing", "prior"),))
    [{'name': 'timing', 'value': 'prior'}]
    """
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (tuple, list)):
        return [plain_value(item) for item in value]
    if is_dataclass(value):
        return {name: plain_value(getattr(value, name)) for name in arrow_schema(type(value)).names}
    return value


def _column(rows: Sequence[Any], field: pa.Field) -> pa.Array:
    """Return one field of all *rows*; records inside a field become mappings."""
    values = [getattr(row, field.name) for row in rows]
    if pa.types.is_list(field.type) and pa.types.is_struct(field.type.value_type):
        values = [plain_value(value) for value in values]
    return pa.array(values, field.type)
