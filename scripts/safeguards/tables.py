"""
The tables of the dataset: which record each holds, what for, and by what its rows are known.

A column is a field of the record. Only ``provisions`` has more: one yes/no column for each
safeguard of the codebook, so that the question asked most is a filter on one column.
"""

from __future__ import annotations

from dataclasses import fields, make_dataclass
from functools import cache
from typing import Any, NamedTuple

from safeguards.assertions import ClaimCheck, Concordance, Fact
from safeguards.cells import MatrixCell
from safeguards.codebook import Codebook
from safeguards.model import (
    Annotator,
    Claim,
    Document,
    Link,
    Reference,
)
from safeguards.published import Provision, PublishedAnnotation
from safeguards.reliability import AgreementRow
from safeguards.splits import SplitUnit


class Table(NamedTuple):
    """
    One table.

    Attributes:
        kind: The record that each row is.
        purpose: What it holds, in a line.
        key: Columns by which a row is known; no two rows agree in all of them.
        passage: Column by whose article the rows are shared out to splits; None for one split.
    """

    kind: type[Any]
    purpose: str
    key: tuple[str, ...]
    passage: str | None = None


LISTED: dict[str, Table] = {
    "provisions": Table(
        Provision,
        "every passage of every treaty, and of critiques; with adjudicated codes",
        ("passage_id", "edition"),
        "passage_id",
    ),
    "annotations": Table(
        PublishedAnnotation,
        "every code by every annotator, and the adjudicated layer",
        ("annotation_id", "annotator_id"),
        "passage_id",
    ),
    "claims": Table(Claim, "what critiques assert, restated, with a verdict", ("claim_id",)),
    "claim_checks": Table(
        ClaimCheck,
        "claims in parts, each a question to the data, with the verdict that follows",
        ("claim_check_id",),
    ),
    "concordance": Table(
        Concordance,
        "where the articles of drafts stand in the adopted text",
        ("document_id", "draft", "article"),
    ),
    "facts": Table(
        Fact, "figures about treaties that are right on a date", ("document_id", "fact", "date")
    ),
    "links": Table(
        Link, "which safeguard clause reaches which power, and through which words", ("link_id",)
    ),
    "matrix": Table(
        MatrixCell,
        "for each power and safeguard: how far it is there, and by which path",
        ("power_passage_id", "power", "safeguard"),
    ),
    "references": Table(
        Reference,
        "which provisions each passage cites, where, and to what effect",
        ("reference_id",),
    ),
    "documents": Table(Document, "the treaties and critiques", ("document_id",)),
    "annotators": Table(Annotator, "who annotated", ("annotator_id",)),
    "agreement": Table(
        AgreementRow,
        "how far annotators agree on each layer and code, and whether that is enough",
        ("round", "comparison", "annotators", "edition", "layer", "subject", "measure"),
    ),
    "splits": Table(SplitUnit, "which split each article lies in, and since when", ("unit_id",)),
}
TABLES: dict[str, type[Any]] = {name: table.kind for name, table in LISTED.items()}
NESTED = {"codes": "annotations"}  # column of records -> table whose words its fields hold
_WIDE = "Whether `{code}` is present or qualified here; None where the passage was not coded."


def kind_of(name: str, codebook: Codebook) -> type[Any]:
    """Return the record that the rows of a table are, with the columns that the codebook adds."""
    safeguards = tuple(codebook.ids("safeguard"))
    return _wide_provision(safeguards) if name == "provisions" else LISTED[name].kind


def wide_column(safeguard: str) -> str:
    """
    Return the name of the yes/no column of a safeguard.

    >>> wide_column("judicial_oversight")
    'has_judicial_oversight'
    """
    return f"has_{safeguard}"


@cache
def _wide_provision(safeguards: tuple[str, ...]) -> type[Any]:
    """Return `Provision` with a yes/no column for each safeguard."""
    lines = [f"    {wide_column(s)}: {_WIDE.format(code=s)}\n" for s in safeguards]
    return make_dataclass(
        "WideProvision",
        [(wide_column(s), bool | None, None) for s in safeguards],
        bases=(Provision,),
        namespace={"__doc__": f"A provision in columns.\n\nAttributes:\n{''.join(lines)}"},
        frozen=True,
        slots=True,
    )


def values_of(record: Any) -> dict[str, Any]:
    """Return the fields of a record, nested records kept."""
    return {f.name: getattr(record, f.name) for f in fields(record)}
