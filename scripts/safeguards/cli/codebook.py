"""The commands of ``codebook``: what changed in it, and what has to be read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safeguards.cli.shared import format_option, pass_repository, print_rows, say

if TYPE_CHECKING:
    from safeguards.codebook import Codebook
    from safeguards.model import Annotation, Round
    from safeguards.repository import Repository

_SHORT = ("part", "name", "change", "fields", "rows", "touched")
_LONG = (*_SHORT, "passages")
_CODEBOOK = "schema/codebook.yaml"


@click.group()
def codebook() -> None:
    """
    Compare versions of the codebook.

    \b
    Example:
      safeguards codebook diff HEAD~3
    """


@codebook.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--plan", "name", help="Plan a round of this name for the passages touched.")
@click.option("--like", help="With --plan: the round whose annotators read them again.")
@click.option("--date", "day", metavar="DATE", help="With --plan: its date.  [default: today]")
@format_option()
@pass_repository
def diff(
    repository: Repository,
    old: str,
    new: str | None,
    name: str | None,
    like: str | None,
    day: str | None,
    form: str,
) -> None:
    """
    Tell what changed in the codebook, and which passages that may touch.

    OLD and NEW are files, or revisions that git knows; NEW is the present codebook if it is left
    out. The table says how many rows and passages a change touches; CSV and JSON name them. A
    removed or renamed id that rows use makes the exit code 1, and each of those rows is named. An
    added code may fit any passage, so it names none.

    \b
    Example:
      safeguards codebook diff v0.1.0
      safeguards codebook diff HEAD~1 --plan relabel-1 --like pilot
    """
    from safeguards import amendments
    from safeguards.errors import RecordFault
    from safeguards.model import Claim

    later = _read(repository, new) if new else repository.codebook
    changes = amendments.compare_codebooks(_read(repository, old), later)
    rows = amendments.find_rows(repository)
    shown = [asdict(c) | asdict(amendments.find_touched(c, rows)) for c in changes]
    print_rows(shown, form, _SHORT if form in ("table", "markdown") else _LONG)
    broken = amendments.find_broken(changes, rows, repository.read("corpus/claims.yaml", Claim))
    passages = {passage_id for change in shown for passage_id in change["passages"]}
    say(f"{len(changes)} changes, {len(passages)} passages touched")
    if broken:
        raise RecordFault("the change", [str(p) for p in broken])
    if name:
        again = [row.record for _, row in rows if row.record.passage_id in passages]
        _plan(repository, again, name, like, later.codebook_version, day)


def _read(repository: Repository, place: str) -> Codebook:
    """Return the codebook of a file, or of a revision that git knows."""
    import subprocess

    from safeguards.codebook import parse_codebook, read_codebook
    from safeguards.errors import UsageFault

    for path in (Path(place), repository.path(place)):
        if path.is_file():
            return read_codebook(path)
    command = ["git", "-C", str(repository.root), "show", f"{place}:./{_CODEBOOK}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or place.startswith("-"):
        raise UsageFault(
            f"no codebook at '{place}'; name a file, or a revision such as HEAD~1 or v0.1.0"
        )
    return parse_codebook(done.stdout, f"{place}:{_CODEBOOK}")


def _plan(
    repository: Repository,
    rows: Sequence[Annotation],
    name: str,
    like: str | None,
    version: str,
    day: str | None,
) -> None:
    """Write the plan of a round in which the passages of *rows* are coded again."""
    from datetime import date

    from safeguards.errors import UsageFault
    from safeguards.records import write_yaml

    if name in repository.round_names:
        raise UsageFault(f"there is a round {name} already; choose another name")
    if not rows:
        say("no passage is touched, so no round was planned")
        return
    rounds = sorted((repository.round(r) for r in {row.round for row in rows}), key=_age)
    model = repository.round(like) if like else rounds[-1]
    path = repository.annotations_path(name, model.adjudicator).with_name("round.yaml")
    plan = _build_round(repository, rows, name, model, version, day or date.today().isoformat())
    write_yaml(path, [plan])
    click.echo(path.relative_to(repository.root).as_posix())


def _age(plan: Round) -> tuple[str, str]:
    """Return what puts rounds in their order."""
    return plan.date, plan.round


def _build_round(
    repository: Repository,
    rows: Sequence[Annotation],
    name: str,
    model: Round,
    version: str,
    day: str,
) -> Round:
    """Return a round over the passages of *rows*, in document order."""
    from dataclasses import replace

    editions = {row.edition for row in rows}
    wanted = {row.passage_id for row in rows}
    order = dict.fromkeys(p.passage_id for p in repository.passages if p.passage_id in wanted)
    return replace(
        model,
        round=name,
        title=f"Read again under codebook {version}",
        edition=editions.pop() if len(editions) == 1 else "both",
        codebook_version=version,
        date=day,
        passages=tuple(order),
        note="The passages whose codes a change of the codebook may touch, and no others.",
    )
