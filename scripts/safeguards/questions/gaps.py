"""
The gap matrix, answered from the built dataset: its cells, and the powers that lack a safeguard.

A gap is a finding: somebody read the granting article and all that is linked to it. Powers of
articles that nobody has coded are in no answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from safeguards.cells import MatrixCell
from safeguards.grid import explain_cell
from safeguards.query import ADJUDICATED, Dataset, Row
from safeguards.standing import Standing, describe_standing

ABSENT, NOT_APPLICABLE = "absent", "not_applicable"


def read_cells(
    dataset: Dataset,
    *,
    document: str | None = None,
    power: str | None = None,
    safeguard: str | None = None,
) -> list[MatrixCell]:
    """
    Return the cells of the published matrix that fit.

    Raises:
        UnknownDocument, UnknownCode: A name is not known.
    """
    rows = dataset.table("matrix")
    for layer, code in (("power", power), ("safeguard", safeguard)):
        if code and all(row[layer] != code for row in rows):
            dataset.check_code(code, dataset.codes[layer])
    wanted = dataset.document(document) if document else None
    return [
        _cell(row)
        for row in rows
        if wanted in (None, row["document_id"])
        and power in (None, row["power"])
        and safeguard in (None, row["safeguard"])
    ]


def _cell(row: Row) -> MatrixCell:
    """Return a row of the table as a cell."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    return MatrixCell(**values)


def find_gaps(
    dataset: Dataset,
    *,
    safeguard: str | None = None,
    document: str | None = None,
    powers: Collection[str] = (),
    statuses: Collection[str] = (ABSENT,),
    unless: Mapping[str, str] | None = None,
) -> list[Row]:
    """
    Return the powers that lack a safeguard, in the order of the matrix.

    Args:
        dataset: The built dataset.
        safeguard: Only this safeguard.
        document: Only this treaty, by id or name.
        powers: Only these powers; empty for all.
        statuses: What counts as a gap: ``absent``, ``deferred``, ``qualified``.
        unless: Attributes that the code must have, or else a cell that is there is a gap as well,
            for instance ``{"timing": "prior"}``.

    Raises:
        UnknownDocument, UnknownCode: A name is not known.
    """
    for power in powers:
        dataset.check_layer_code(power, "power")
    codes = _read_codes(dataset)
    return [
        _gap_row(dataset, cell, codes)
        for cell in read_cells(dataset, document=document, safeguard=safeguard)
        if (not powers or cell.power in powers)
        and cell.status != NOT_APPLICABLE
        and (cell.status in statuses or _falls_short(cell, codes, unless or {}))
    ]


def _read_codes(dataset: Dataset) -> dict[str, Row]:
    """Return the adjudicated codes by id."""
    rows = dataset.select("annotations", {"annotator_id": {ADJUDICATED}})
    return {row["annotation_id"]: row for row in rows}


def _falls_short(cell: MatrixCell, codes: Mapping[str, Row], unless: Mapping[str, str]) -> bool:
    """Tell whether the code of a cell lacks an attribute that it must have."""
    code = codes.get(cell.annotation_id or "")
    known = {a["name"]: a["value"] for a in code["attributes"]} if code else {}
    return any(known.get(name) != value for name, value in unless.items())


def _gap_row(dataset: Dataset, cell: MatrixCell, codes: Mapping[str, Row]) -> Row:
    """Return one gap as it is shown."""
    standing = find_cell_standing(dataset, cell, codes.values())
    return {
        "citation": dataset.citation(cell.power_passage_id),
        **asdict(cell),
        "why": explain_cell(cell),
        **describe_standing(standing, cell.contested),
        "cite": dataset.cite(cell.power_passage_id, cell.annotation_id),
    }


def find_cell_standing(dataset: Dataset, cell: MatrixCell, codes: Iterable[Row]) -> Standing:
    """
    Return how far the annotators of a cell agree on its safeguard.

    An empty cell stands on the round in which its power was coded.
    """
    for row in codes:
        is_power = row["layer"] == "power" and row["code"] == cell.power
        if row["annotation_id"] == cell.annotation_id or (
            cell.annotation_id is None and is_power and row["passage_id"] in cell.granted_in
        ):
            asked = {"layer": "safeguard", "code": cell.safeguard}
            return dataset.standings.find({**row, **asked})
    return Standing()


def read_cell_rows(
    dataset: Dataset, *, document: str | None, power: str | None, safeguard: str | None
) -> list[Row]:
    """Return every cell that fits as it is shown, empty or not."""
    codes = _read_codes(dataset)
    cells = read_cells(dataset, document=document, power=power, safeguard=safeguard)
    return [_gap_row(dataset, cell, codes) for cell in cells]
