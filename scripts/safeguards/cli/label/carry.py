"""The command ``label carry``: a round's codes on a text that got a new version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safeguards.cli.label.options import round_option
from safeguards.cli.shared import format_option, pass_repository, print_rows, say

if TYPE_CHECKING:
    from safeguards.model import Annotation, Passage, Round
    from safeguards.repository import Repository
    from safeguards.transfer import Transfer

_OUTCOME = ("annotator_id", "passage_id", "code", "state", "reason")


@click.command()
@round_option
@click.option(
    "--old",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The text that was coded, as it was.  [default: what was pulled]",
)
@click.option("--document", help="With --old: the document it is.")
@click.option("--dry-run", is_flag=True, help="Tell what would follow, and write nothing.")
@format_option()
@pass_repository
def carry(
    repository: Repository,
    round_name: str,
    old: Path | None,
    document: str | None,
    dry_run: bool,
    form: str,
) -> None:
    """
    Let a round's codes follow a text that changed, where their words stand exactly once.

    What cannot follow is listed to be coded again. The old rows are kept with the hash of the old
    text in annotations/rounds/ROUND/superseded/; nothing is lost.

    \b
    Example:
      safeguards label carry --round pilot --dry-run
      git show HEAD~1:corpus/restatements/hanoi.md > dist/old.md
      safeguards label carry --round pilot --old dist/old.md --document hanoi
    """
    from safeguards.transfer import find_changed, transfer_round

    plan = repository.round(round_name)
    annotations = repository.annotations(round_name)
    if own := repository.own_rows(round_name):
        annotations[plan.adjudicator] = own
    new = list(_iter_present(repository, annotations.values()))
    changed = find_changed(annotations, new)
    before = list(_iter_old(repository, plan, old, document))
    _demand_old(changed, before)
    found = transfer_round(annotations, repository.decisions(round_name), before, new)
    if changed and not dry_run:
        _write(repository, plan, found)
    print_rows([asdict(outcome) for outcome in found.outcomes], form, _OUTCOME)
    again = {o.passage_id for o in found.outcomes if o.state == "relabel"}
    carried = sum(o.state == "carried" for o in found.outcomes)
    say(f"{carried} codes carried, {len(again)} passages to code again")


def _iter_present(
    repository: Repository, annotations: Iterable[Sequence[Annotation]]
) -> Iterator[Passage]:
    """Yield the present texts of what was coded."""
    coded = {(r.passage_id.partition(":")[0], r.edition) for rows in annotations for r in rows}
    for document_id, edition in sorted(coded):
        yield from repository.passages_with_text(document_id, edition)


def _iter_old(
    repository: Repository, plan: Round, path: Path | None, document: str | None
) -> Iterator[Passage]:
    """Yield the texts that were coded: from a file, or as they were pulled."""
    from safeguards.errors import UsageFault
    from safeguards.labelstudio.snapshots import read_passages
    from safeguards.provisions import split
    from safeguards.text import decode

    if path is None:
        yield from read_passages(repository, plan)
        return
    if document is None:
        raise UsageFault(f"--document is missing; say which document {path} is")
    document_id = repository.document(document).document_id
    text = decode(path.read_bytes(), str(path))
    yield from split(text, document_id, repository.round_edition(plan, document_id))


def _demand_old(changed: Sequence[Annotation], old: Sequence[Passage]) -> None:
    """Raise if a text that was coded and has changed is not at hand."""
    from safeguards.errors import UsageFault

    known = {(p.passage_id, p.text_sha256) for p in old}
    missing = [r for r in changed if (r.passage_id, r.text_sha256) not in known]
    if missing:
        raise UsageFault(
            f"the text of {missing[0].passage_id} changed, and the one that was coded is not at "
            "hand; name it with --old and --document"
        )


def _write(repository: Repository, plan: Round, found: Transfer) -> None:
    """Write the round as it stands now, and beside it what it was."""
    from safeguards.model import Annotation, Decision
    from safeguards.records import only, read_records, write_records, write_yaml

    for annotator_id, rows in found.old_rows.items():
        path = repository.annotations_path(plan.round, annotator_id)
        beside = path.parent / "superseded" / path.name
        held = only(read_records(beside, Annotation)) if beside.is_file() else []
        if rows:
            write_records(beside, dict.fromkeys([*held, *rows]))
            write_records(path, found.rows[annotator_id])
    if found.old_decisions:
        path = repository.decisions_path(plan.round)
        beside = path.parent / "superseded" / path.name
        earlier = only(read_records(beside, Decision)) if beside.is_file() else []
        write_yaml(beside, dict.fromkeys([*earlier, *found.old_decisions]))
        write_yaml(path, found.decisions)
