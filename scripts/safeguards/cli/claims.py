"""The group ``claims``: what critiques claim, and what the data say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.shared import format_option, pass_repository, print_rows, say

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
@pass_repository
def list_claims(
    repository: Repository,
    provision: str | None,
    claim_type: str | None,
    verdict: str | None,
    critique: str | None,
    form: str,
) -> None:
    """
    List the claims of critiques.

    \b
    Example:
      safeguards claims list --provision hanoi:24 --type missing_safeguard
    """
    from safeguards.claims import find_claims

    rows = find_claims(
        repository, provision=provision, claim_type=claim_type, verdict=verdict, critique=critique
    )
    print_rows(rows, form, _CLAIMS)
    say(f"{len(rows)} claims" if rows else "no claim fits; drop an option")


@claims.command("check")
@click.argument("claim_id")
@format_option()
@pass_repository
def check_claim(repository: Repository, claim_id: str, form: str) -> None:
    """
    Show the parts of a claim, what was found for each, and the verdict that follows.

    \b
    Example:
      safeguards claims check S1-05
    """
    from safeguards.claims import describe_claim

    found = describe_claim(repository, claim_id)
    if form == "table":
        _print_claim(found)
    else:
        print_rows([found] if form == "json" else found["parts"], form, _PARTS)


def _print_claim(found: dict[str, Any]) -> None:
    """Print a claim and its parts for reading."""
    click.echo(f"{found['claim_id']}, {found['critique']}: {found['claim']}")
    for number, part in enumerate(found["parts"], 1):
        click.echo(f"\n{number}. {part['part']}")
        if part["provisions"]:
            click.echo(f"   In play: {'; '.join(part['provisions'])}")
        for line in part["found"]:
            click.echo(f"   Found: {line}")
        click.echo(f"   {part['verdict']}{_mark(part)}: {part['verdict_reason']}")
    click.echo(f"\nThe whole: {found['verdict']}{_mark(found)}")


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
