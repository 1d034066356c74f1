"""Commands for advocates: saved questions, gaps, comparisons, critiques, evidence, searches."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from safeguards.cli.shared import (
    Workplace,
    dataset_option,
    explain_marks,
    format_option,
    mark_edition,
    open_dataset,
    print_answer,
    print_rows,
    print_wrapped,
    say,
    show_progress,
)

_GAPS = ("citation", "power", "safeguard", "status", "why", "alpha")
_CODES = ("layer", "code", "left", "right", "alpha")
_FOUND = ("citation", "kind", "found")
_OTHERS = ("annotator_id", "annotation_id", "code", "status", "severity", "reason")
_STATUSES = ("absent", "deferred", "qualified")
_COLUMNS = {
    "vague": ("citation", "kind", "severity", "evidence", "alpha"),
    "gaps": _GAPS,
}


@click.command()
@click.option("--safeguard", help="Only this safeguard, such as judicial_oversight.")
@click.option("--document", help="Only this treaty: an id or a name.")
@click.option("--power", "powers", multiple=True, help="Only this power; may be repeated.")
@click.option(
    "--status",
    "statuses",
    type=click.Choice(_STATUSES),
    multiple=True,
    default=("absent",),
    show_default=True,
    help="What counts as a gap; may be repeated.",
)
@format_option()
@dataset_option
@click.pass_obj
def gaps(
    workplace: Workplace,
    safeguard: str | None,
    document: str | None,
    powers: tuple[str, ...],
    statuses: tuple[str, ...],
    form: str,
    dataset: Path | None,
) -> None:
    """
    List the powers that lack a safeguard, with what was searched.

    Powers of articles that nobody has coded are not listed.

    \b
    Example:
      safeguards gaps --safeguard judicial_oversight
      safeguards gaps --safeguard duration_limit --document budapest --status qualified
    """
    from safeguards.questions.gaps import find_gaps

    rows = find_gaps(
        open_dataset(workplace, dataset),
        safeguard=safeguard,
        document=document,
        powers=powers,
        statuses=statuses,
    )
    print_answer(rows, form, _columns("gaps", rows))
    say("powers of articles that nobody has coded are in no answer")
    if not rows:
        say(
            f"the matrix of coded articles has no such cell that is {' or '.join(statuses)}; "
            "add --status deferred --status qualified, or drop --power or --document"
        )


@click.command()
@click.argument("left")
@click.argument("right")
@format_option()
@dataset_option
@click.pass_obj
def compare(workplace: Workplace, left: str, right: str, form: str, dataset: Path | None) -> None:
    """
    Show two provisions side by side: text, codes on both or one, references.

    \b
    Example:
      safeguards compare hanoi:24 budapest:15
    """
    from safeguards.questions.compare import compare_provisions

    found = compare_provisions(open_dataset(workplace, dataset), left, right)
    if form == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    rows = [*found["on_both"], *found["only_left"], *found["only_right"]]
    if form != "table":
        print_rows(rows, form, ("where", *_CODES))
        return
    _print_sides(found)
    for title, name in (
        ("On both", "on_both"),
        ("Only left", "only_left"),
        ("Only right", "only_right"),
    ):
        if found[name]:
            click.echo(f"\n{title}")
            print_rows(found[name], form, _CODES)
    _print_references(found)
    say(f"cite: {found['left']['cite']}")


def _print_sides(found: dict[str, Any]) -> None:
    """Print the two texts in two columns."""
    rows = []
    texts = [[_line(part) for part in found[side]["text"]] for side in ("left", "right")]
    for number in range(max(map(len, texts))):
        rows.append([text[number] if number < len(text) else "" for text in texts])
    heads = [_head(found[side]) for side in ("left", "right")]
    print_rows([dict(zip(heads, row, strict=True)) for row in rows], "table", heads)
    for side in ("left", "right"):
        if not found[side]["coded"]:
            click.echo(
                f"\nNobody has coded {found[side]['citation']}: no code there means nothing."
            )


def _head(side: dict[str, Any]) -> str:
    """Return what stands above a text."""
    return f"{side['citation']} ({mark_edition(side)})"


def _line(part: dict[str, Any]) -> str:
    """Return a passage with its number."""
    number = f"{part['num']} " if part["num"] and part["level"] != "article" else ""
    return number + str(part["text"])


def _print_references(found: dict[str, Any]) -> None:
    """Print what each side cites, and what cites it."""
    for side in ("left", "right"):
        for key, words in (("refers_to", "refers to"), ("referred_to_by", "is referred to by")):
            if found[side][key]:
                ends = "; ".join(found[side][key][:8])
                more = f"; and {len(found[side][key]) - 8} more" * (len(found[side][key]) > 8)
                click.echo()
                print_wrapped(f"{found[side]['citation']} {words}: {ends}{more}.")


@click.command()
@click.option("--provision", required=True, help="The provision that critiques name.")
@format_option()
@dataset_option
@click.pass_obj
def critiques(workplace: Workplace, provision: str, form: str, dataset: Path | None) -> None:
    """
    List which critiques name a provision, and with which claims.

    A number of a draft is shown as it was written, beside where it stands in the adopted text.

    \b
    Example:
      safeguards critiques --provision hanoi:24
    """
    from safeguards.questions.critics import find_critics_of

    rows = find_critics_of(open_dataset(workplace, dataset), provision)
    _print_critics(rows, form)
    count = len({row["critique"] for row in rows})
    if rows:
        say(f"{len(rows)} claims of {count} critiques; 'safeguards claims check ID' checks one")
    else:
        say(f"no critique of the register names {provision}; ask for its whole article or chapter")


def _print_critics(rows: list[dict[str, Any]], form: str) -> None:
    """Print claims of critiques, for reading unless another form is asked for."""
    if form != "table":
        print_answer(rows, form, ("critique", "claim_id", "claim"))
        return
    for row in rows:
        star = "*" * bool(row["provisional"])
        dated = f" ({row['date']})" if row["date"] else ""
        click.echo(f"{row['claim_id']}  {row['critique']}{dated}")
        print_wrapped(f"on {row['citation']}, written as: {row['as_written']}", "    ")
        print_wrapped(row["claim"], "    ", "")
        print_wrapped(f"{row['claim_type']}; verdict {row['verdict']}{star}", "    ")
    explain_marks([{k: v for k, v in row.items() if k != "edition"} for row in rows])


def _columns(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """Return the columns of a table, without the safeguard where all rows have the same."""
    one = len({row.get("safeguard") for row in rows}) < 2
    return [column for column in _COLUMNS[name] if not (one and column == "safeguard")]


@click.command()
@click.argument("code_id")
@format_option()
@dataset_option
@click.pass_obj
def explain(workplace: Workplace, code_id: str, form: str, dataset: Path | None) -> None:
    """
    Show all that is behind one code: text, span, coder, round, contest, source.

    \b
    Example:
      safeguards explain pilot-lm-a-6365e8f82a68
    """
    from safeguards.questions.explain import explain_code

    found = explain_code(open_dataset(workplace, dataset), code_id)
    if form == "table":
        _print_code(found)
    elif form == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print_rows([found, *found["others"]], form, ("annotation_id", *_OTHERS))


def _print_code(found: dict[str, Any]) -> None:
    """Print what is behind a code for reading."""
    facts = [found[n] for n in ("status", "force", "severity", "direction") if found[n]]
    click.echo(f"{found['citation']}  ({found['passage_id']})")
    print_wrapped(f"{found['layer']} {found['code']}" + (f" ({', '.join(facts)})" if facts else ""))
    click.echo()
    for name, value in _code_lines(found):
        print_wrapped(f"{name + ':':<12}{value}", "", " " * 12)
    if found["others"]:
        click.echo("\nBeside it, on the same words or with the same code")
    for other in found["others"]:
        judged = other["status"] or other["severity"] or ""
        print_wrapped(
            f"{other['annotator_id']}: {other['code']} {judged} ({other['annotation_id']})", "  "
        )
        print_wrapped(other["reason"] or "no reason given", "      ", "")
    say(f"cite: {found['cite']}")


def _code_lines(found: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the facts behind a code, each with its name, without those that are not known."""
    place = found["start"] is not None and f"characters {found['start']} to {found['end']}"
    terms = ", ".join(f"'{term}'" for term in found["terms"])
    lines = [
        ("words", found["words"] or terms),
        ("span", place and f"{place}, text {found['text_sha256'][:12]}"),
        ("text", mark_edition(found)),
        ("reason", found["reason"]),
        ("coded by", found["annotator"]),
        ("round", " of ".join(filter(None, (found["round"], found["round_date"])))),
        ("codebook", found["codebook_version"]),
        ("contested", {True: "yes", False: "no"}.get(found["contested"])),
        ("agreement", found["agreement"]),
        ("cured by", ", ".join(found["resolved_by"])),
        ("attributes", ", ".join(f"{a['name']} {a['value']}" for a in found["attributes"])),
        ("source", found["source"]),
        ("authentic", found["authentic_url"]),
    ]  # fmt: skip
    return [(name, value) for name, value in lines if value]


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--any", "any_word", is_flag=True, help="One of the words is enough.")
@format_option()
@dataset_option
@click.pass_obj
def search(
    workplace: Workplace,
    words: tuple[str, ...],
    limit: int,
    any_word: bool,
    form: str,
    dataset: Path | None,
) -> None:
    """
    Search texts, headings, reasons and claims; the best answers come first.

    Words in quotes must stand together. An index is built on first use.

    \b
    Example:
      safeguards search judicial review
      safeguards search '"third parties" rights' --any
    """
    from safeguards.questions.search import cache_folder
    from safeguards.questions.search import search as find

    cache = cache_folder(os.environ, Path.home())
    asked, opened = " ".join(words), open_dataset(workplace, dataset)
    rows = find(opened, asked, cache, limit=limit, any_word=any_word, progress=_Progress())
    print_answer(rows, form, _FOUND)
    if not rows:
        say(
            f"nothing holds {'any' if any_word else 'all'} of '{asked}' in texts, headings, "
            "reasons and claims; use fewer words" + ("" if any_word else ", or add --any")
        )


class _Progress:
    """A bar that appears only when an index of some size is built."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self.context: Any = None
        self.move: Any = None

    def __call__(self, done: int, total: int) -> None:
        """Move the bar, and take it away at the end."""
        if total < 50_000:
            return
        if self.context is None:
            self.context = show_progress("index")
            self.move = self.context.__enter__()
        self.move(done, total)
        if done > total - 1000:
            self.context.__exit__(None, None, None)
            self.context = None


@click.command()
@click.argument("statement")
@format_option()
@dataset_option
@click.pass_obj
def sql(workplace: Workplace, statement: str, form: str, dataset: Path | None) -> None:
    """
    Run one SELECT over the published tables; the extra 'sql' brings DuckDB.

    The view 'findings' has the adjudicated codes with their citations. Nothing outside the dataset
    can be read, and nothing written.

    \b
    Example:
      safeguards sql "select code, count(*) as n from findings group by code order by n desc, code"
    """
    from safeguards.questions.sql import run_sql

    opened = open_dataset(workplace, dataset)
    columns, rows = run_sql(opened, statement)
    plain = [{k: v if _is_plain(v) else str(v) for k, v in row.items()} for row in rows]
    print_rows(plain, form, columns)
    say(f"{len(rows)} rows; from: {opened.edition_line}")


def _is_plain(value: Any) -> bool:
    """Tell whether JSON has this kind of value."""
    return value is None or isinstance(value, (bool, int, float, str, list, dict))


@click.command()
@click.argument("question", nargs=-1)
@click.option("--document", help="Only this treaty: an id or a name.")
@format_option()
@dataset_option
@click.pass_obj
def ask(
    workplace: Workplace,
    question: tuple[str, ...],
    document: str | None,
    form: str,
    dataset: Path | None,
) -> None:
    """
    Answer a saved question, by its id or in plain words; without one, list them.

    \b
    Example:
      safeguards ask
      safeguards ask "real-time collection without prior judicial authorisation"
    """
    from safeguards.questions.saved import answer, find_question, read_questions

    opened = open_dataset(workplace, dataset)
    if not question:
        print_rows(read_questions(opened), form, ("question_id", "question"))
        return
    found = find_question(opened, " ".join(question))
    rows = answer(opened, found, document=document)
    say(f"{found['question_id']}: {found['question']}")
    say(f"how to read it: {found['means']}")
    if found["asks"] in _COLUMNS:
        print_answer(rows, form, _columns(found["asks"], rows))
        say("articles that nobody has coded are in no answer")
    else:
        _print_critics(rows, form)
    if not rows:
        options = ", ".join(f"{name} {value}" for name, value in found["options"].items())
        say(f"nothing coded so far fits; searched: {found['asks']} with {options}"
            + ("; drop --document" if document else ""))  # fmt: skip
