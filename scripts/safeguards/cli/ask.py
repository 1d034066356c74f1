"""Commands that answer from ``dist/dataset/``: ``vague``, ``query``, ``show``, ``counts``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from safeguards.cli.shared import (
    Workplace,
    dataset_option,
    format_option,
    open_dataset,
    print_answer,
    print_rows,
    print_wrapped,
    say,
)

_VAGUE = ("citation", "kind", "severity", "evidence", "alpha")
_QUERY = ("citation", "edition", "heading", "safeguards", "powers", "vagueness")
_CODES = ("citation", "layer", "code", "status", "severity", "annotator_id", "reason")


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
@click.option("--only-cured", is_flag=True, help="Nothing but such wording.")
@click.option(
    "--critiques",
    type=click.IntRange(min=0),
    default=0,
    help="Only provisions that at least so many critiques name.",
)
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
    only_cured: bool,
    critiques: int,
    form: str,
    dataset: Path | None,
) -> None:
    """
    List the provisions whose wording was judged vague.

    \b
    Example:
      safeguards vague --document budapest --severity material
    """
    from safeguards.query import find_vague

    rows = find_vague(
        open_dataset(workplace, dataset),
        document=document,
        kind=kind,
        severity=severity,
        power=power,
        cured=cured,
        only_cured=only_cured,
        critiques=critiques,
    )
    print_answer(rows, form, _VAGUE)
    if rows and form == "table":
        say(f"{len(rows)} findings; why: 'safeguards show \"{rows[0]['citation']}\"', for instance")
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
        open_dataset(workplace, dataset),
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
    Show a provision: its text, its codes, who gave them and why.

    \b
    Example:
      safeguards show "Budapest art. 16(2)"
    """
    from safeguards.query import describe

    found = describe(open_dataset(workplace, dataset), " ".join(provision))
    if form == "json":
        import json

        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif form == "table":
        _print_provision(found)
    else:
        print_rows([*found["adjudicated"], *found["annotators"]], form, _CODES)


@click.command()
@format_option()
@dataset_option
@click.pass_obj
def counts(workplace: Workplace, form: str, dataset: Path | None) -> None:
    """
    Count what the dataset holds: passages, codes, claims, links.

    \b
    Example:
      safeguards counts --format markdown
    """
    from safeguards.counts import count_rows

    print_rows(count_rows(open_dataset(workplace, dataset)), form, ("of", "group", "number"))


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
    _print_codes("Adjudicated codes", found["adjudicated"], found["citation"])
    readings = sorted({(row["annotator_id"], row["round"]) for row in found["annotators"]})
    for who, name in readings:
        rows = [r for r in found["annotators"] if (r["annotator_id"], r["round"]) == (who, name)]
        again = sum(other == who for other, _ in readings) > 1
        _print_codes(f"Codes by {who}{f' in {name}' * again}", rows, found["citation"])
    _print_links(found["links"])
    title = found["citation"].partition(", ")[0] + ", "
    _print_references("Refers to", title, [(r["cites"], r["kind"]) for r in found["refers_to"]])
    citing = [(r["citation"], r["kind"]) for r in found["referred_to_by"]]
    _print_references("Referred to by", title, citing)
    for claim in found["claims"]:
        print_wrapped(f"Claim {claim['claim_id']} ({claim['verdict']}): {claim['claim']}")


def _print_references(what: str, title: str, rows: list[tuple[str, str]]) -> None:
    """Print the other ends of references with their kinds, each once, without their *title*."""
    ends = list(dict.fromkeys(f"{end.removeprefix(title)} ({kind})" for end, kind in rows))
    more = f"; and {len(ends) - 8} more, see 'safeguards references'" if len(ends) > 8 else ""
    if ends:
        print_wrapped(f"{what}: {'; '.join(ends[:8])}{more}.")


def _print_links(links: list[dict[str, Any]]) -> None:
    """Print which safeguard reaches which powers, and through which words."""
    from safeguards.eid import format_eid

    reached: dict[str, list[str]] = {}
    for link in links:
        ends = (link["safeguard_passage_id"], link["power_passage_id"], link["via_passage_id"])
        safeguard, power, via = (format_eid(end.partition(":")[2]) for end in ends)
        reached.setdefault(safeguard, []).append(f"{power} (via {via})")
    for safeguard, powers in reached.items():
        print_wrapped(f"Link: {safeguard} reaches {', '.join(powers)}.")


def _print_text(row: dict[str, Any]) -> None:
    """Print the number and text of a passage, indented by its depth."""
    if row["text"]:
        number = f"{row['num']} " if row["num"] and row["level"] != "article" else ""
        print_wrapped(number + row["text"], "   " * row["eid"].count("__"), "")


def _edition_note(passage: dict[str, Any]) -> str:
    """Say which text was shown, and how far it can be trusted."""
    if passage["edition"] == "restatement":
        grade = f", grade {passage['grade']}" if passage["grade"] else ""
        return f"\n[restatement in our own words{grade}: not a translation, not authoritative]"
    if passage["text"] is None:
        return "\n[no text shipped for this provision; fetch the official text to read it]"
    return "\n[official text]"


def _print_codes(title: str, rows: list[dict[str, Any]], citation: str) -> None:
    """Print codes with their reasons."""
    if rows:
        click.echo(f"\n{title}")
    for row in rows:
        place = "" if row["citation"] == citation else f"{row['citation']}: "
        facts = (row["status"], row["force"], row["severity"], row["direction"])
        known = ", ".join(fact for fact in facts if fact)
        words = ", ".join(f"'{term}'" for term in row["terms"])
        line = f"{place}{row['layer']} {row['code']}" + (f" ({known})" if known else "")
        mark = " [contested]" if row["contested"] else ""
        print_wrapped(line + (f" on {words}" if words else "") + mark, "  ", "    ")
        if row["reason"]:
            print_wrapped(row["reason"], "      ", "")
