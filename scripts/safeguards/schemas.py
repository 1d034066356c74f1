"""
What is generated from the codebook and the nouns: JSON Schemas and the data dictionary.

The dataclasses of `safeguards.model` say which fields there are, their docstrings say what each
means, and the codebook says which words a field may hold. Nothing is written twice.
"""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from safeguards.assertions import ClaimCheck, Concordance, Fact
from safeguards.baselines import BaselineScore
from safeguards.cells import MatrixCell, MatrixNote, RejectedLink, WorkedCell
from safeguards.codebook import Codebook, vocabularies
from safeguards.errata import Erratum
from safeguards.model import (
    Annotation,
    Annotator,
    Attribute,
    Claim,
    Decision,
    Document,
    Link,
    Passage,
    Reference,
    Round,
    Target,
    TermAnchor,
)
from safeguards.proposals import Origins, Prediction
from safeguards.published import Provision, ProvisionCode, PublishedAnnotation
from safeguards.reliability import AgreementRow
from safeguards.splits import SplitSeal, SplitUnit
from safeguards.tables import NESTED, kind_of

RECORDS: dict[str, type[Any]] = {
    "annotation": Annotation,
    "annotator": Annotator,
    "baseline": BaselineScore,
    "claim": Claim,
    "claim_check": ClaimCheck,
    "concordance": Concordance,
    "decision": Decision,
    "document": Document,
    "erratum": Erratum,
    "fact": Fact,
    "link": Link,
    "matrix_cell": MatrixCell,
    "matrix_note": MatrixNote,
    "origins": Origins,
    "passage": Passage,
    "prediction": Prediction,
    "reference": Reference,
    "rejected_link": RejectedLink,
    "round": Round,
    "split_seal": SplitSeal,
    "split_unit": SplitUnit,
    "term_anchor": TermAnchor,
    "worked_cell": WorkedCell,
}
_TABLE_OF = {
    "annotation": "annotations",
    "annotator": "annotators",
    "claim": "claims",
    "claim_check": "claim_checks",
    "concordance": "concordance",
    "document": "documents",
    "fact": "facts",
    "link": "links",
    "matrix_cell": "matrix",
    "matrix_note": "matrix",
    "passage": "provisions",
    "reference": "references",
    "split_unit": "splits",
    "worked_cell": "matrix",
}
PUBLISHED: dict[str, tuple[type[Any], ...]] = {
    "provisions": (Provision, Passage),
    "annotations": (PublishedAnnotation, Annotation),
    "claims": (Claim,),
    "claim_checks": (ClaimCheck,),
    "concordance": (Concordance,),
    "facts": (Fact,),
    "links": (Link,),
    "matrix": (MatrixCell,),
    "references": (Reference,),
    "documents": (Document,),
    "annotators": (Annotator,),
    "agreement": (AgreementRow,),
    "splits": (SplitUnit,),
}
_FIELD = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)


def read_descriptions(*kinds: type[Any]) -> dict[str, str]:
    """
    Return what the docstrings of *kinds* say about their fields.

    >>> read_descriptions(Annotator)["kind"]
    '``human``, ``language_model`` or ``rule``.'
    """
    found: dict[str, str] = {}
    for kind in reversed(kinds):
        section = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2]
        for name, words in _FIELD.findall(section):
            found[name] = " ".join(words.split())
    return found


def build_json_schema(name: str, codebook: Codebook) -> str:
    """Return the JSON Schema of a record, with the codebook's words as enumerations."""
    kind = RECORDS[name]
    schema = TypeAdapter(kind).json_schema()
    words = vocabularies(codebook).get(_TABLE_OF.get(name, ""), {})
    descriptions = read_descriptions(kind)
    for field, entry in schema["properties"].items():
        entry.pop("title", None)
        if field in descriptions:
            entry["description"] = descriptions[field]
        if field in words:
            _restrict(entry, words[field])
    schema["additionalProperties"] = False
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _restrict(entry: dict[str, Any], words: Sequence[str]) -> None:
    """Let *entry*, or the items of a list, hold only these words."""
    for option in (entry, *entry.get("anyOf", [])):
        if option.get("type") == "string":
            option["enum"] = list(words)
        elif option.get("type") == "array" and option["items"].get("type") == "string":
            option["items"]["enum"] = list(words)


def build_dictionary(codebook: Codebook) -> str:
    """Return the data dictionary: every column of every table, its type, meaning and words."""
    words = vocabularies(codebook)
    parts = [_DICTIONARY_HEAD.format(version=codebook.codebook_version)]
    for table, kinds in PUBLISHED.items():
        parts += [f"## {table}\n", "| column | type | meaning | words |", "|---|---|---|---|"]
        wide = kind_of(table, codebook)
        parts += _dictionary_rows((wide, *(k for k in kinds if k is not wide)), words[table])
        parts.append("")
    coded = NESTED["codes"]
    nested: list[tuple[type[Any], ...]] = [
        (Attribute,),
        (ProvisionCode, *PUBLISHED[coded]),
        (Target,),
    ]
    for kinds in nested:
        known = words[coded] if ProvisionCode in kinds else {}
        parts += [f"## {kinds[0].__name__.lower()}, nested\n", "| key | type | meaning | words |"]
        parts += ["|---|---|---|---|", *_dictionary_rows(kinds, known), ""]
    return "\n".join(parts)


def _dictionary_rows(kinds: Sequence[type[Any]], words: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the rows of one table of the dictionary."""
    descriptions = read_descriptions(*kinds)
    hints = typing.get_type_hints(kinds[0])
    rows = []
    for field in fields(kinds[0]):
        known = words.get(field.name, ())
        shown = ", ".join(f"`{w}`" for w in known) if len(known) <= 14 else f"{len(known)} codes"
        meaning = descriptions.get(field.name, "")
        rows.append(f"| `{field.name}` | {_type_name(hints[field.name])} | {meaning} | {shown} |")
    return rows


def _type_name(hint: Any) -> str:
    """
    Return a type in words.

    >>> _type_name(str | None), _type_name(tuple[str, ...])
    ('string or null', 'list of string')
    """
    names = {str: "string", int: "integer", float: "number", bool: "yes/no"}
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = next(a for a in typing.get_args(hint) if a is not types.NoneType)
        return f"{_type_name(inner)} or null"
    if typing.get_origin(hint) is tuple:
        return f"list of {_type_name(typing.get_args(hint)[0])}"
    return names.get(hint, getattr(hint, "__name__", str(hint)).lower())


def derive_schema_files(codebook: Codebook) -> dict[str, str]:
    """Return the derived files of ``schema/`` that need no other module: text by path."""
    files = {
        f"schema/records/{name}.schema.json": build_json_schema(name, codebook) for name in RECORDS
    }
    files["schema/data_dictionary.md"] = build_dictionary(codebook)
    return files


_DICTIONARY_HEAD = """# Data dictionary

Generated by `safeguards schema` from codebook {version} and the record classes; do not edit.
Codes, their rules and examples: `codebook.yaml`.
"""
