"""
Metadata in Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html).

Every Parquet file with its checksum, every table as a record set with typed fields, and which rows
belong to which split.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import yaml

from safeguards import __version__
from safeguards.codebook import Codebook
from safeguards.parquet import arrow_schema
from safeguards.publish.card import TAGS
from safeguards.publish.rows import Tables
from safeguards.splits import SPLITS
from safeguards.tables import LISTED, kind_of

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {"bool": "sc:Boolean", "int32": "sc:Integer", "double": "sc:Float", "string": "sc:Text"}
_MAINTAINERS = "The treaty-safeguards maintainers"
Node = dict[str, Any]


def build_croissant(codebook: Codebook, tables: Tables, files: Mapping[str, bytes]) -> str:
    """Return the metadata of the dataset, whose Parquet files are among *files*."""
    parquet = [path for path in files if path.endswith(".parquet")]
    metadata: Node = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "treaty-safeguards",
        "description": "Provisions of cybercrime treaties, coded for human-rights safeguards, "
        "powers and vague wording, and the claims of critiques held against the codes.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "version": __version__,
        "datePublished": read_date(files),
        "keywords": [*TAGS],
        "inLanguage": "en",
        "creator": {"@type": "Organization", "name": _MAINTAINERS},
        "citeAs": f"{_MAINTAINERS}. Treaty safeguards (Version {__version__}) [Data set].",
        "distribution": [
            *(_build_file(path, files[path]) for path in parquet),
            *(_build_file_set(name) for name in tables),
        ],
        "recordSet": [_SPLIT_RECORDS, *(_build_records(name, codebook) for name in tables)],
    }
    metadata = {key: value for key, value in metadata.items() if value is not None}
    return json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"


def read_date(files: Mapping[str, bytes]) -> str | None:
    """
    Return the date of release that ``CITATION.cff`` among *files* names, or None.

    >>> read_date({"CITATION.cff": b"date-released: '2026-11-22'"})
    '2026-11-22'
    """
    citation = yaml.safe_load(files.get("CITATION.cff", b"")) or {}
    date = citation.get("date-released")
    return None if date is None else str(date)


def _build_file(path: str, data: bytes) -> Node:
    """Return one file."""
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path.rsplit("/", 1)[-1],
        "contentUrl": path,
        "contentSize": f"{len(data)} B",
        "encodingFormat": "application/x-parquet",
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _build_file_set(table: str) -> Node:
    """Return the files of one table."""
    return {
        "@type": "cr:FileSet",
        "@id": f"files-of-{table}",
        "name": f"files-of-{table}",
        "encodingFormat": "application/x-parquet",
        "includes": f"data/{table}/*.parquet",
    }


_SPLIT_RECORDS: Node = {
    "@type": "cr:RecordSet",
    "@id": "split-names",
    "name": "split-names",
    "dataType": "cr:Split",
    "key": {"@id": "split-names/name"},
    "field": [{"@type": "cr:Field", "@id": "split-names/name", "dataType": "sc:Text"}],
    "data": [{"split-names/name": split} for split in SPLITS],
}


def _build_records(table: str, codebook: Codebook) -> Node:
    """Return one table as a record set."""
    fields = [_build_field(table, f) for f in arrow_schema(kind_of(table, codebook))]
    listed = LISTED[table]
    if listed.passage is not None:
        fields.insert(0, _build_split_field(table))
    keys = [{"@id": f"{table}/{column}"} for column in listed.key]
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "description": listed.purpose,
        "key": keys if len(keys) > 1 else keys[0],
        "field": fields,
    }


def _build_split_field(table: str) -> Node:
    """Return the field that says in which split a row lies, from the name of its file."""
    return {
        "@type": "cr:Field",
        "@id": f"{table}/split-of-row",
        "name": "split-of-row",
        "dataType": "sc:Text",
        "references": {"field": {"@id": "split-names/name"}},
        "source": {
            "fileSet": {"@id": f"files-of-{table}"},
            "extract": {"fileProperty": "fullpath"},
            "transform": {"regex": f"(?:.*/)?({'|'.join(SPLITS)})(?:-[^/]+parquet)?$"},
        },
    }


def _build_field(table: str, field: pa.Field, inside: str | None = None) -> Node:
    """Return one column, or one field of the records in the column *inside*."""
    path = f"{table}/{inside}/{field.name}" if inside else f"{table}/{field.name}"
    node: Node = {"@type": "cr:Field", "@id": path, "name": path.replace("/", "-")}
    kind = field.type
    if pa.types.is_list(kind):
        node["repeated"] = True
        kind = kind.value_type
    if pa.types.is_struct(kind):
        node["subField"] = [_build_field(table, f, field.name) for f in kind]
        return node
    source: Node = {
        "fileSet": {"@id": f"files-of-{table}"},
        "extract": {"column": inside or field.name},
    }
    if inside:
        source["transform"] = {"jsonPath": field.name}
    return {**node, "dataType": _TYPES[str(kind)], "source": source}
