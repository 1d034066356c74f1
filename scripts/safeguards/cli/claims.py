"""The group ``claims``: what critiques claim, and what the data say of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.shared import (
    Workplace,
    dataset_option,
    format_option,
    open_dataset,
    pass_repository,
    print_rows,
    print_wrapped,
    say,
)

if TYPE_CHECKING:
    from safeguards.repository import Repository

_CLAIMS = ("claim_id", "claim_type", "verdict", "claim")
_PARTS = ("claim_check_id", "part", "provisions", "found", "verdict", "verdict_reason")


@click.group()
def claims() -> None:
    """
    Ask what critiques claim, and what the data say of it.

    \b
    Example:
      safeguards claims check S2-09
    """


@claims.command("list")
@click.option("--provision", help="Only claims about this provision.")
@click.option("--type", "claim_type", help="Only claims of this type, such as missing_safeguard.")
@click.option("--verdict", help="Only claims with this verdict.")
@click.option("--critique", help="Only claims of this critique: an id or a name.")
@format_option()
@dataset_option
@click.pass_obj
def list_claims(
    workplace: Workplace,
    provision: str | None,
    claim_type: str | None,
    verdict: str | None,
    critique: str | None,
    form: str,
    dataset: Path | None,
) -> None:
    """
    List the claims of critiques.

    \b
    Example:
      safeguards claims list --provision hanoi:24 --type missing_safeguard
    """
    from safeguards.questions.critics import find_claims

    rows = find_claims(
        open_dataset(workplace, dataset),
        provision=provision,
        claim_type=claim_type,
        verdict=verdict,
        critique=critique,
    )
    print_rows(rows, form, _CLAIMS)
    say(f"{len(rows)} claims" if rows else "no claim fits; drop an option")


@claims.command("check")
@click.argument("claim", nargs=-1, required=True)
@format_option()
@dataset_option
@click.pass_obj
def check_claim(
    workplace: Workplace, claim: tuple[str, ...], form: str, dataset: Path | None
) -> None:
    """
    Show the parts of a claim, what was found for each, and the verdict that follows.

    A claim is named by its id or by words like its own.

    \b
    Example:
      safeguards claims check S1-05
      safeguards claims check "the treaty protects privacy"
    """
    from safeguards.questions.critics import check_claim as check

    found = check(open_dataset(workplace, dataset), " ".join(claim))
    if form == "table":
        _print_claim(found)
    else:
        print_rows([found] if form == "json" else found["parts"] or [found], form, _PARTS)


def _print_claim(found: dict[str, Any]) -> None:
    """Print a claim and its parts for reading."""
    print_wrapped(f"{found['claim_id']}, {found['critique']}: {found['claim']}")
    for line in found["lands"]:
        print_wrapped(f"About {line}", "   ")
    for number, part in enumerate(found["parts"], 1):
        click.echo(f"\n{number}. {part['part']}")
        if part["provisions"]:
            print_wrapped(f"In play: {'; '.join(part['provisions'])}", "   ")
        for line in part["found"]:
            print_wrapped(f"Found: {line}", "   ")
        print_wrapped(f"{part['verdict']}{_mark(part)}: {part['verdict_reason']}", "   ")
        for line in part["agreement"]:
            print_wrapped(f"Agreement on {line}", "   ")
    if not found["parts"]:
        click.echo()
        print_wrapped(f"Not split into parts: {found['verdict_reason'] or 'no reason given'}")
    click.echo(f"\nThe whole: {found['verdict']}{_mark(found)}")
    say(f"cite: {found['cite']}")


def _mark(row: dict[str, Any]) -> str:
    """Say that a verdict may change with a better text."""
    return " (provisional)" if row["provisional"] else ""


@claims.command("derive")
@pass_repository
def derive(repository: Repository) -> None:
    """
    Write the verdicts that follow from the adjudicated codes and the registers.

    Run it after 'safeguards adjudicate', and whenever links, facts or outlines change.

    \b
    Example:
      safeguards claims derive
    """
    from safeguards.claims import derive_claims
    from safeguards.records import write_text

    for path, text in derive_claims(repository).items():
        file = repository.path(path)
        old = file.read_text(encoding="utf-8")
        write_text(file, text)
        say(f"{path}: {'unchanged' if old == text else 'written'}")
