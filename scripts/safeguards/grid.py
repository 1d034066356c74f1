"""The gap matrix as a grid: a row for each power and article, a letter for each safeguard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from safeguards.cells import MatrixCell
from safeguards.eid import format_eid


def build_grid(cells: Iterable[MatrixCell], letter: Mapping[str, str]) -> list[dict[str, str]]:
    """Return a row for each power and article, a letter for each safeguard; a star: provisional."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for cell in cells:
        row = rows.setdefault(
            (cell.power, cell.power_passage_id),
            {
                "document_id": cell.document_id,
                "power": cell.power,
                "article": format_eid(cell.power_passage_id.partition(":")[2]),
            },
        )
        row[cell.safeguard] = letter[cell.status] + ("*" if cell.provisional else "")
    return list(rows.values())


def short_names(names: Sequence[str]) -> dict[str, str]:
    """
    Return the first letters of each name, three or as many as tell it from the others.

    >>> short_names(["necessity", "proportionality", "protected_activity"])
    {'necessity': 'nec', 'proportionality': 'prop', 'protected_activity': 'prot'}
    """
    found = {}
    for name in names:
        lengths = range(3, len(name))
        alone = (n for n in lengths if sum(other.startswith(name[:n]) for other in names) == 1)
        found[name] = name[: next(alone, len(name))]
    return found


def explain_cell(cell: MatrixCell) -> str:
    """Return in words how a cell was filled."""
    if cell.route == "rule":
        return "the codebook rules it out"
    if cell.safeguard_passage_id is None:
        return f"nothing in {', '.join(cite_inside(p) for p in cell.searched)}"
    other = cell.via_passage_id not in (None, cell.safeguard_passage_id)
    via = f" via {cite_inside(cell.via_passage_id)}" if other else ""
    words = ", ".join(f"'{term}'" for term in cell.terms)
    general = "; general, so qualified at most" if cell.route == "general" else ""
    contested = "; contested" if cell.contested else ""
    on = f" on {words}" if words else ""
    return f"{cite_inside(cell.safeguard_passage_id)}{via}{on}{general}{contested}"


def cite_inside(passage_id: str | None) -> str:
    """Return an address inside its document, as lawyers write it."""
    return format_eid((passage_id or "").partition(":")[2])
