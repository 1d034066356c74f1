"""
Pictures for reports: the gap matrix as a heat map, and vagueness by chapter, as SVG or PNG.

Drawn with Matplotlib, so that both forms come from one drawing. Colours are told apart without
colour vision and in grey print (after ColorBrewer's PuOr), and every cell has its letter besides.
No date and no random name is written, so the same data give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from safeguards.eid import article_of, format_eid
from safeguards.errors import UsageFault
from safeguards.query import Dataset, Row, find_vague
from safeguards.questions.gaps import read_cells

_FILLS = {"P": "#542788", "Q": "#b2abd2", "D": "#fee0b6", "A": "#e08214", "N": "#ffffff"}
_INKS = {"P": "#ffffff"}
_SEVERITIES = {"slight": "#fee0b6", "material": "#e08214", "critical": "#7f3b08"}
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "treaty-safeguards",
    "font.family": "DejaVu Sans",
    "font.size": 8,
}


def plot_matrix(dataset: Dataset, document: str, form: str) -> bytes:
    """
    Return the gap matrix of a treaty as a picture.

    Args:
        dataset: The built dataset.
        document: The treaty, by id or name.
        form: ``svg`` or ``png``.

    Raises:
        UnknownDocument: There is no such treaty.
        UsageFault: None of its powers has been coded.
    """
    cells = read_cells(dataset, document=document)
    if not cells:
        raise UsageFault(f"no power of '{document}' that was coded; 'safeguards matrix' lists all")
    columns = list(dict.fromkeys(cell.safeguard for cell in cells))
    rows = list(dict.fromkeys((cell.power, cell.power_passage_id) for cell in cells))
    names = {code["id"]: code["name"] for code in dataset.codebook["codes"]}
    with _drawing(3.2 + 0.42 * len(columns), 2.3 + 0.25 * len(rows)) as (figure, axes):
        for cell in cells:
            place = columns.index(cell.safeguard), rows.index((cell.power, cell.power_passage_id))
            letter = dataset.letters[cell.status]
            _draw_cell(axes, place, letter, letter + "*" * cell.provisional)
        _frame(
            axes,
            [names[column] for column in columns],
            [f"{names[p]}, {format_eid(a.partition(':')[2])}" for p, a in rows],
        )
        title = dataset.documents[cells[0].document_id]["short_title"]
        axes.set_title(f"{title}: which safeguards bind each power", loc="left", weight="bold")
        note = "P present, Q qualified, D left to domestic law, A absent, N makes no sense there"
        star = ".  * coded on our restatement" * any(cell.provisional for cell in cells)
        _sign(figure, dataset, note + star)
        return _save(figure, form)


def _draw_cell(axes: Any, place: tuple[int, int], letter: str, text: str) -> None:
    """Draw one cell of the matrix."""
    from matplotlib.patches import Rectangle

    corner = place[0] - 0.5, place[1] - 0.5
    fill = _FILLS.get(letter, "#ffffff")
    axes.add_patch(Rectangle(corner, 1, 1, facecolor=fill, edgecolor="#ffffff", linewidth=1.2))
    ink = _INKS.get(letter, "#666666" if letter == "N" else "#000000")
    axes.text(*place, text, ha="center", va="center", color=ink, weight="bold")


def _frame(axes: Any, columns: list[str], rows: list[str]) -> None:
    """Write the names of columns and rows, and take the lines away."""
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def plot_vagueness(dataset: Dataset, document: str, form: str) -> bytes:
    """
    Return the vague passages of each chapter or section of a treaty, by severity, as a picture.

    Raises:
        UnknownDocument: There is no such treaty.
        UsageFault: Nothing of it was judged vague.
    """
    found = find_vague(dataset, document=document)
    if not found:
        raise UsageFault(f"nothing of '{document}' was judged vague; 'safeguards vague' lists all")
    counted = _count_by_container(dataset, found)
    title = dataset.documents[found[0]["passage_id"].partition(":")[0]]["short_title"]
    with _drawing(7.2, 1.6 + 0.42 * len(counted)) as (figure, axes):
        starts = [0] * len(counted)
        for severity, color in reversed(_SEVERITIES.items()):
            widths = [numbers.get(severity, 0) for numbers in counted.values()]
            axes.barh(range(len(counted)), widths, left=starts, color=color, edgecolor="#ffffff",
                      label=severity)  # fmt: skip
            _write_numbers(axes, starts, widths, "#ffffff" if severity == "critical" else "#000000")
            starts = [start + width for start, width in zip(starts, widths, strict=True)]
        axes.set_yticks(range(len(counted)), list(counted))
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(title="severity", frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1))
        axes.set_xlabel("findings of uncured vagueness in the articles that were coded")
        axes.set_title(f"{title}: where the wording is vague", loc="left", weight="bold")
        star = "Coded on our restatement; provisional" * all(row["provisional"] for row in found)
        _sign(figure, dataset, star)
        return _save(figure, form)


def _write_numbers(axes: Any, starts: list[int], widths: list[int], ink: str) -> None:
    """Write the number into each part of a bar."""
    for place, (start, width) in enumerate(zip(starts, widths, strict=True)):
        if width:
            axes.text(start + width / 2, place, str(width), ha="center", va="center", color=ink)


def _count_by_container(dataset: Dataset, found: list[Row]) -> dict[str, dict[str, int]]:
    """Return the findings of each chapter, or of its sections, by severity."""
    counted: dict[str, dict[str, int]] = {}
    places: dict[str, int] = {}
    for row in found:
        container = _container(dataset, row["passage_id"])
        passage = next(iter(dataset.by_passage[container].values()))
        label = _label(passage)
        places.setdefault(label, passage["ordinal"])
        numbers = counted.setdefault(label, {})
        numbers[row["severity"]] = numbers.get(row["severity"], 0) + 1
    return {label: counted[label] for label in sorted(counted, key=places.__getitem__)}


def _container(dataset: Dataset, passage_id: str) -> str:
    """Return the chapter, or the section of a chapter, that a passage lies in."""
    place, chain = article_of(passage_id), []
    while place in dataset.by_passage:
        chain.append(place)
        place = next(
            (r["parent_id"] for r in dataset.by_passage[place].values() if r["parent_id"]), ""
        )
    levels = list(reversed(chain[1:]))[:2]
    return levels[-1] if levels else chain[0] if chain else passage_id


def _label(passage: Row) -> str:
    """Return a chapter as it is written beside its bar."""
    place = format_eid(passage["eid"])
    heading = passage["heading"] or ""
    short = heading if len(heading) < 45 else heading[:43].rsplit(" ", 1)[0] + " ..."
    return f"{place}: {short}" if short else place


def _sign(figure: Any, dataset: Dataset, note: str) -> None:
    """Write below the picture how to read and how to cite it."""
    lines = "\n".join(filter(None, (note, dataset.edition_line)))
    figure.text(0.01, -0.02, lines, fontsize=6.5, color="#444444", va="top")


class _drawing:  # noqa: N801 - used as a verb: with _drawing(...)
    """A figure of some inches with one field, taken away at the end."""

    def __init__(self, width: float, height: float) -> None:
        """Remember how large it is."""
        self.size = width, height
        self.context: Any = None

    def __enter__(self) -> tuple[Any, Any]:
        """Return the figure and its field."""
        import matplotlib
        from matplotlib.figure import Figure

        self.context = matplotlib.rc_context(_SETTINGS)
        self.context.__enter__()
        figure = Figure(figsize=self.size, layout="constrained")
        return figure, figure.add_subplot()

    def __exit__(self, *fault: object) -> None:
        """Put the settings back."""
        self.context.__exit__(*fault)


def _save(figure: Any, form: str) -> bytes:
    """Return the drawing as a file, without a date in it."""
    sink = io.BytesIO()
    metadata: Mapping[str, Any] = {"Date": None} if form == "svg" else {"Software": None}
    figure.savefig(sink, format=form, dpi=200, metadata=metadata, bbox_inches="tight")
    return sink.getvalue()
