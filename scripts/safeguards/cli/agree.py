"""The command ``agree``: how far annotators agree, what they confuse, and what they contest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from safeguards.cli.judge import read_round
from safeguards.cli.shared import format_option, pass_repository, print_rows, say

if TYPE_CHECKING:
    from safeguards.comparisons import Comparison
    from safeguards.repository import Repository

F = TypeVar("F", bound=Callable[..., Any])
_AGREE = ("subject", "measure", "value", "interval", "picture", "target", "positive")
_MARKDOWN = (
    "annotators",
    "edition",
    "layer",
    "subject",
    "measure",
    "value",
    "interval",
    "target",
    "meets_target",
    "support",
    "positive",
    "reason",
)
_CONFUSION = ("annotators", "layer", "one", "code", "other", "other_code", "findings")
_CONTESTED = ("annotators", "citation", "layer", "code", "differs", "missing", "decided", "reason")
_SHARES = ("annotators", "layer", "article", "findings", "contested", "share")
_PICTURE = 11  # characters for 0, 0.1 to 1


def _view(name: str, words: str) -> Callable[[F], F]:
    """Add a flag to ``agree`` that shows something else than the report."""
    return click.option(f"--{name}", "view", flag_value=name, help=words)


@click.command()
@click.option("--round", "name", required=True, help="Name of the round.")
@_view("confusion", "Count which codes are taken for each other, or for nothing.")
@_view("contested", "List what the annotators contest, and how it was decided.")
@_view("shares", "Show which share of the findings is contested, per layer and article.")
@format_option()
@pass_repository
def agree(repository: Repository, name: str, view: str | None, form: str) -> None:
    """
    Report how far the annotators of a round agree, with intervals.

    Intervals are 95 % bootstrap intervals over articles. A value in brackets varies in fewer than
    five passages or three articles and is not estimable. A round that repeats another compares
    each annotator with the same annotator's first codes.

    \b
    Example:
      safeguards agree --round pilot
      safeguards agree --round pilot --confusion --format markdown
      safeguards agree --round pilot --contested
    """
    rows_of = {
        "confusion": (_confusion_rows, _CONFUSION),
        "contested": (_contested_rows, _CONTESTED),
        "shares": (_share_rows, _SHARES),
    }
    comparisons = _comparisons(repository, name)
    if view is None:
        return _print_report(repository, comparisons, form)
    build, columns = rows_of[view]
    rows = [
        {"round": name, "comparison": c.comparison, "annotators": c.annotators, **row}
        for c in comparisons
        for row in build(repository, c)
    ]
    if not rows:
        say(f"round {name}: nothing to show, for nobody differs")
    if form == "table":
        columns = tuple(column for column in columns if column != "reason")
    return print_rows(rows, form, _telling(columns, rows))


def _comparisons(repository: Repository, name: str) -> list[Comparison]:
    """
    Return what the agreement of a round is about.

    Raises:
        UsageFault: The round holds no codes yet, or none that can be compared.
    """
    from safeguards.comparisons import find_comparisons
    from safeguards.errors import UsageFault

    read_round(repository, name)
    found = find_comparisons(repository, name)
    if not found:
        first = repository.round(name).repeats
        raise UsageFault(f"no annotator of round {name} has coded round {first}; pull that first")
    return found


def _print_report(repository: Repository, comparisons: list[Comparison], form: str) -> None:
    """Print the agreement report: for people rounded and with pictures, otherwise as it is."""
    from safeguards.agreement import build_report

    reports = [[asdict(r) for r in build_report(c, repository.codebook)] for c in comparisons]
    rows = [row for report in reports for row in report]
    if form == "table":
        for comparison, report in zip(comparisons, reports, strict=True):
            click.echo(_heading(comparison))
            print_rows([_drawn(row, comparison) for row in report], form, _AGREE)
        return say("in brackets: too few to estimate from; --format csv says for each row why")
    if form == "markdown":
        return print_rows([{**r, **_shown(r)} for r in rows], form, _telling(_MARKDOWN, rows))
    return print_rows(rows, form, tuple(rows[0]))


def _heading(comparison: Comparison) -> str:
    """Return what a table of the report is about."""
    if comparison.comparison == "intra":
        first = next(iter(comparison.coded))
        return f"{comparison.annotators[0]} with the same annotator's codes of round {first}"
    return " and ".join(comparison.annotators)


def _telling(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return *columns* without annotators and edition where these are the same in all rows."""
    same = {c for c in ("annotators", "edition") if len({str(row.get(c)) for row in rows}) == 1}
    return tuple(column for column in columns if column not in same)


def _shown(row: dict[str, Any]) -> dict[str, str]:
    """Return the figures of a row of the report as people read them."""
    value = f"{row['value']:.2f}" if row["value"] is not None else "not estimable"
    if row["value"] is not None and not row["estimable"]:
        value = f"({value})"
    interval = f"{row['low']:.2f} to {row['high']:.2f}" if row["low"] is not None else ""
    target = f"{row['target']:.2f}" if row["target"] is not None else ""
    return {"value": value, "interval": interval, "target": target}


def _drawn(row: dict[str, Any], comparison: Comparison) -> dict[str, Any]:
    """Return a row of the report as a table shows it: in few columns, with a picture."""
    shown = _shown(row)
    subject = [row["subject"]]
    if row["subject"] == "spans" and row["layer"]:
        subject.append(row["layer"])
    if row["annotators"] != comparison.annotators:
        subject += row["annotators"]
    if row["edition"] != "both" and len(comparison.editions) > 1:
        subject.append(row["edition"])
    met = row["meets_target"] if row["estimable"] else None
    return {
        **row,
        **shown,
        "subject": ", ".join(subject),
        "value": "none" if row["value"] is None else shown["value"],
        "interval": shown["interval"].replace(" to ", "–"),
        "picture": _draw(row),
        "target": f"{shown['target']} {met or ''}".strip(),
    }


def _draw(row: dict[str, Any]) -> str:
    """Return a value with its interval and target on a line from 0 to 1."""
    if row["value"] is None or not row["estimable"]:
        return ""
    line = ["·"] * _PICTURE
    if row["low"] is not None:
        line[_place(row["low"]) : _place(row["high"]) + 1] = "─" * (
            _place(row["high"]) - _place(row["low"]) + 1
        )
    if row["target"] is not None:
        line[_place(row["target"])] = "│"
    line[_place(row["value"])] = "●"
    return "".join(line)


def _place(value: float) -> int:
    """Return the place of a value on the line; below 0 is at its left end."""
    return round(max(0.0, value) * (_PICTURE - 1))


def _confusion_rows(_: Repository, comparison: Comparison) -> list[dict[str, Any]]:
    """Return which codes are taken for each other."""
    from safeguards.confusion import count_confusions

    return [asdict(row) for row in count_confusions(comparison.coded)]


def _contested_rows(repository: Repository, comparison: Comparison) -> list[dict[str, Any]]:
    """Return what is contested, with citations and decisions."""
    from safeguards.adjudication import list_contested

    decisions = repository.decisions(comparison.round)
    found = list_contested(comparison.coded, decisions)
    rows = [{"citation": _cite(repository, row.passage_id), **asdict(row)} for row in found]
    if comparison.comparison == "intra":  # nobody decides between one annotator's two readings
        rows = [{**row, "decided": None} for row in rows]
    return rows


def _share_rows(repository: Repository, comparison: Comparison) -> list[dict[str, Any]]:
    """Return the contested share per layer and article, with citations."""
    from safeguards.adjudication import ALL, share_contested

    rows = [asdict(row) for row in share_contested(comparison.coded)]
    for row in rows:
        row["share"] = round(row["share"], 4)
        row["passage_id"] = None if row["article"] == ALL else row["article"]
        row["article"] = ALL if row["article"] == ALL else _cite(repository, row["article"])
    return rows


def _cite(repository: Repository, passage_id: str) -> str:
    """Return the citation of a passage."""
    from safeguards.eid import format_citation

    title = repository.document(passage_id.partition(":")[0]).short_title
    return format_citation(passage_id, title)
