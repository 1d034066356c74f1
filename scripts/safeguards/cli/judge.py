"""Commands about judgements: ``adjudicate``, ``check``."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from safeguards.cli.shared import format_option, pass_repository, print_rows, say

if TYPE_CHECKING:
    from safeguards.model import Annotation, Problem
    from safeguards.repository import Repository

_CONTEST = ("passage_id", "code", "missing", "differs", "said")


def read_round(repository: Repository, name: str) -> dict[str, list[Annotation]]:
    """
    Return a round's codes by annotator.

    Raises:
        UsageFault: The round holds no codes yet.
    """
    from safeguards.errors import UsageFault

    annotations = repository.annotations(name)
    if not annotations:
        raise UsageFault(f"round {name} holds no codes yet; run 'safeguards label pull' first")
    return annotations


@click.command()
@click.option("--round", "name", required=True, help="Name of the round.")
@click.option("--contests", is_flag=True, help="List what the annotators contest, and stop.")
@format_option()
@pass_repository
def adjudicate(repository: Repository, name: str, contests: bool, form: str) -> None:
    """
    Make the adjudicated layer from codes and decisions.

    Decisions stand in annotations/rounds/ROUND/decisions.yaml, one for each contest. They are
    written there by hand, or by 'safeguards label pull --adjudicate'.

    \b
    Example:
      safeguards adjudicate --round pilot --contests
    """
    from safeguards.adjudication import find_contests
    from safeguards.errors import UsageFault

    if first := repository.round(name).repeats:
        raise UsageFault(f"round {name} repeats {first} and is not adjudicated; adjudicate {first}")
    found = find_contests(read_round(repository, name))
    if contests:
        rows = [{**asdict(c), "said": [_said(row) for row in c.rows]} for c in found]
        return print_rows(rows, form, _CONTEST)
    from safeguards.records import write_text

    path = "annotations/adjudicated.jsonl"
    text = derive_adjudicated(repository)[path]
    write_text(repository.path(path), text)
    say(f"{text.count(chr(10))} rows, {len(found)} of them decided contests or dropped")
    return None


def _said(row: Annotation) -> str:
    """Return what one annotator said, in short."""
    facts = (row.annotator_id, row.status or row.severity or "", row.reason or "")
    return ": ".join(fact for fact in facts if fact)


def derive_adjudicated(repository: Repository) -> dict[str, str]:
    """
    Return the adjudicated layer of all rounds that have decisions: text by path.

    A passage that several rounds coded has the codes of the latest of them.
    """
    from safeguards.adjudication import adjudicate as decide
    from safeguards.adjudication import keep_latest
    from safeguards.records import format_record

    names = repository.round_names
    decided = [n for n in names if repository.decisions_path(n).is_file()]
    decided.sort(key=lambda name: (repository.round(name).date, name))
    layers = [
        decide(repository.annotations(n), repository.decisions(n), repository.own_rows(n))
        for n in decided
    ]
    # Where annotators coded different articles, no one's order is the document's.
    places = {(p.passage_id, p.edition): n for n, p in enumerate(repository.passages)}
    for layer in layers:
        layer.sort(key=lambda row: places.get((row.passage_id, row.edition), len(places)))
    lines = [format_record(row) + "\n" for row in keep_latest(layers)]
    return {"annotations/adjudicated.jsonl": "".join(lines)}


@click.command()
@click.option("--list", "listing", is_flag=True, help="List the checks and stop.")
@click.option("--only", help="Run this check alone.")
@click.option(
    "--official",
    is_flag=True,
    help="Hold the restatements against the fetched official texts instead.",
)
@format_option()
@pass_repository
def check(
    repository: Repository, listing: bool, only: str | None, official: bool, form: str
) -> None:
    """
    Check the committed data; every problem is one line.

    A problem is printed as 'path:line: check what', and makes the exit code 1. With --official,
    lines with the id official-confirmed say what the official texts bear out; they are no problems.

    \b
    Example:
      safeguards check --only annotation-span
      safeguards check --official
    """
    from safeguards.checks import CHECKS, describe_checks, run_checks
    from safeguards.confirmation import CONFIRMED, RULES, describe_rules
    from safeguards.errors import UsageFault

    if listing:
        return print_rows([*describe_checks(), *describe_rules()], form, ("check", "rule"))
    known = [*RULES, CONFIRMED] if official else [*CHECKS]
    if only is not None and only not in known:
        raise UsageFault(f"no check called '{only}'; 'safeguards check --list' lists them")
    if official:
        found = _confirm(repository, only)
    else:
        found = run_checks(repository, derive_all(repository), only)
    _print_problems(found, form)
    problems = [p for p in found if p.check_id != CONFIRMED]
    say(f"{1 if only else len(known)} checks, {len(problems)} problems")
    if problems:
        sys.exit(1)
    return None


def _print_problems(problems: list[Problem], form: str) -> None:
    """Print problems, each as one line unless another form is wanted."""
    if form == "table":
        for problem in problems:
            click.echo(problem)
    else:
        print_rows([asdict(p) for p in problems], form, ("path", "line", "check_id", "message"))


def _confirm(repository: Repository, only: str | None) -> list[Problem]:
    """Return what the official texts say of the restatements, and say which are missing."""
    from safeguards.confirmation import CONFIRMED, confirm_restatements, find_unconfirmable

    found = confirm_restatements(repository, only)
    say(f"{sum(p.check_id == CONFIRMED for p in found)} restated units confirmed")
    for document_id in find_unconfirmable(repository):
        say(f"{document_id}: no official text here, so nothing of it is confirmed")
    return found


def derive_all(repository: Repository) -> dict[str, str | list[str]]:
    """
    Return every derived file of the checkout as it should be: text by path.

    What cannot be derived has the list of its faults instead, so that a check reports them.
    """
    from safeguards.cli.texts import derive_corpus
    from safeguards.cli.vocabulary import derive_schema
    from safeguards.errors import RecordFault, SourceFault

    derived: dict[str, str | list[str]] = {}
    sources = (
        ("corpus/passages.jsonl", derive_corpus),
        ("schema/label_config.xml", derive_schema),
        ("annotations/adjudicated.jsonl", derive_adjudicated),
    )
    for path, derive in sources:
        try:
            derived.update(derive(repository))
        except RecordFault as error:
            derived[path] = error.faults
        except SourceFault as error:
            derived[path] = [str(error)]
    return derived
