"""Commands that answer questions from ``dist/dataset/``: ``vague``, ``query``, ``show``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.shared import Workplace, dataset_option, format_option, print_rows, say

if TYPE_CHECKING:
    from safeguards.query import Dataset

_VAGUE = ("citation", "kind", "severity", "evidence", "reason")
_QUERY = ("citation", "edition", "heading", "safeguards", "powers", "vagueness")
_CODES = ("citation", "layer", "code", "status", "severity", "annotator_id", "reason")


def _open(workplace: Workplace, folder: Path | None) -> Dataset:
    """Return the dataset in *folder*, or the one that was built in the checkout."""
    from safeguards.query import Dataset

    return Dataset(folder or workplace.root / "dist" / "dataset")


@click.command()
@click.option("--document", help="Only this treaty: an id or a name.")
@click.option("--kind", help="Only this kind of vagueness.")
@click.option(
    "--severity",
    type=click.Choice(["slight", "material", "critical"]),
    default="slight",
    show_default=True,
    help="Only this severity or a graver one.",
)
@click.option("--power", help="Only articles that grant this power.")
@click.option("--cured", is_flag=True, help="Also wording that the treaty makes clear elsewhere.")
@format_option()
@dataset_option
@click.pass_obj
def vague(
    workplace: Workplace,
    document: str | None,
    kind: str | None,
    severity: str,
    power: str | None,
    cured: bool,
    form: str,
    dataset: Path | None,
) -> None:
    """
    List the provisions whose wording was judged vague, and on which words that rests.

    \b
    Example:
      safeguards vague --document budapest --severity material
    """
    from safeguards.query import find_vague

    rows = find_vague(
        _open(workplace, dataset),
        document=document,
        kind=kind,
        severity=severity,
        power=power,
        cured=cured,
    )
    print_rows(rows, form, _VAGUE if form == "table" else tuple(rows[0]) if rows else _VAGUE)
    if not rows:
        say("no provision coded so far fits; drop --kind or --power, lower --severity, add --cured")


@click.command()
@click.argument("words", nargs=-1)
@click.option("--document", help="Only this treaty: an id or a name.")
@click.option("--code", help="Only with this code: a safeguard, a power or a kind of vagueness.")
@click.option("--status", help="Only where that safeguard has this status.")
@click.option("--level", help="Only this level, for instance paragraph.")
@format_option()
@dataset_option
@click.pass_obj
def query(
    workplace: Workplace,
    words: tuple[str, ...],
    document: str | None,
    code: str | None,
    status: str | None,
    level: str | None,
    form: str,
    dataset: Path | None,
) -> None:
    """
    Find provisions by words and codes.

    \b
    Example:
      safeguards query --code duration_limit --document budapest
    """
    from safeguards.query import find_provisions

    rows = find_provisions(
        _open(workplace, dataset),
        " ".join(words),
        document=document,
        code=code,
        status=status,
        level=level,
    )
    print_rows(rows, form, _QUERY)
    if not rows:
        say("no provision fits; use fewer words, or drop --code, --status or --level")


@click.command()
@click.argument("provision", nargs=-1, required=True)
@format_option(default="table")
@dataset_option
@click.pass_obj
def show(workplace: Workplace, provision: tuple[str, ...], form: str, dataset: Path | None) -> None:
    """
    Show one provision: its text, its codes, who gave them and why.

    \b
    Example:
      safeguards show "Budapest art. 16(2)"
    """
    from safeguards.query import describe

    found = describe(_open(workplace, dataset), " ".join(provision))
    if form == "json":
        import json

        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif form == "table":
        _print_provision(found)
    else:
        print_rows([*found["adjudicated"], *found["annotators"]], form, _CODES)


def _print_provision(found: dict[str, Any]) -> None:
    """Print a provision for reading."""
    passage = found["passage"]
    click.echo(f"{found['citation']}  ({found['passage_id']})")
    if passage["heading"]:
        click.echo(passage["heading"])
    click.echo()
    for row in (passage, *found["below"]):
        _print_text(row)
    click.echo(_edition_note(passage))
    _print_codes("Adjudicated codes", found["adjudicated"])
    _print_codes("By annotator", found["annotators"])
    for link in found["links"]:
        click.echo(
            f"link: {link['safeguard_passage_id']} reaches {link['power_passage_id']} "
            f"through {link['via_passage_id']}"
        )
    for claim in found["claims"]:
        click.echo(f"claim {claim['claim_id']} ({claim['verdict']}): {claim['claim']}")


def _print_text(row: dict[str, Any]) -> None:
    """Print the number and text of a passage, indented by its depth."""
    import textwrap

    if not row["text"]:
        return
    depth = row["eid"].count("__")
    number = f"{row['num']} " if row["num"] and row["level"] != "article" else ""
    indent = "   " * depth
    click.echo(
        textwrap.fill(number + row["text"], 96, initial_indent=indent, subsequent_indent=indent)
    )


def _edition_note(passage: dict[str, Any]) -> str:
    """Say which text was shown, and how far it can be trusted."""
    if passage["edition"] == "restatement":
        grade = f", grade {passage['grade']}" if passage["grade"] else ""
        return f"\n[restatement in our own words{grade}: not a translation, not authoritative]"
    if passage["text"] is None:
        return "\n[no text shipped for this provision; fetch the official text to read it]"
    return "\n[official text]"


def _print_codes(title: str, rows: list[dict[str, Any]]) -> None:
    """Print codes with their reasons."""
    if not rows:
        return
    click.echo(f"\n{title}")
    for row in rows:
        facts = [row["status"], row["force"], row["severity"], row["direction"]]
        facts += [f"{a['name']}: {a['value']}" for a in row["attributes"]]
        who = "" if row["annotator_id"] == "adjudicated" else f"{row['annotator_id']}: "
        mark = " [contested]" if row["contested"] else ""
        words = f" on '{'; '.join(row['terms'])}'" if row["terms"] else ""
        known = ", ".join(fact for fact in facts if fact and fact != "not_applicable")
        click.echo(f"  {who}{row['citation']}  {row['code']} ({known}){words}{mark}")
        if row["reason"]:
            click.echo(f"      {row['reason']}")
