"""What goes to Label Studio and comes back: ``label push``, ``packet``, ``submit``, ``pull``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safeguards.cli.label.contests import pull_decisions, push_cases, submit_decisions
from safeguards.cli.label.options import round_option, shown_progress, url_option
from safeguards.cli.label.predict import PREDICTORS, propose
from safeguards.cli.shared import format_option, pass_repository, print_rows, say

if TYPE_CHECKING:
    from safeguards.labelstudio.pull import Pulled
    from safeguards.labelstudio.push import PushReport
    from safeguards.model import Annotation, Round
    from safeguards.proposals import Prediction
    from safeguards.repository import Repository

_PUSHED = ("annotator_id", "project", "created", "already_there", "to_create", "refreshed")
_SUBMITTED = ("annotator_id", "project", "submitted", "already_there", "not_coded")
_PULLED = ("annotator_id", "passages", "rows", "skipped", "drafts", "quarantined", "missing")


@click.command()
@round_option
@click.option(
    "--predict",
    "predictor",
    type=click.Choice(["none", *PREDICTORS]),
    help="Show proposals, by rule or by model.  [default: as pushed before, or none]",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be sent, and send nothing.")
@click.option("--adjudicate", is_flag=True, help="What annotators contest, to the adjudicator.")
@click.option(
    "--audit",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="With --adjudicate: share of what they agree on that is decided as well.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="With --adjudicate: of the audit, and of the letters that stand for annotators.",
)
@url_option
@format_option()
@pass_repository
def push(
    repository: Repository,
    round_name: str,
    predictor: str | None,
    dry_run: bool,
    adjudicate: bool,
    audit: float,
    seed: int,
    url: str | None,
    form: str,
) -> None:
    """
    Bring a round's passages to Label Studio, one project per annotator.

    Only what is missing is sent, so it is safe to repeat. What --predict shows is kept in
    annotations/rounds/ROUND/predictions/, and stays the same for the whole round. Measure it first:
    safeguards label predict --measure.

    With --adjudicate, what was pulled and is contested goes to a project of the adjudicator, where
    annotators are letters.

    \b
    Example:
      safeguards label push --round pilot --dry-run
      safeguards label push --round main-2 --predict cues
      safeguards label push --round pilot --adjudicate --audit 0.05
    """
    from safeguards.labelstudio import client, push
    from safeguards.records import write_records

    plan = repository.round(round_name)
    if adjudicate:
        return push_cases(repository, plan, url, form, audit=audit, seed=seed, dry_run=dry_run)
    server = client.read_server(os.environ, url)
    with shown_progress() as show:
        send = partial(push.push, repository, plan, server)
        proposals = _proposals(repository, plan, predictor, send)
        if proposals and not dry_run:
            write_records(repository.predictions_path(plan.round), proposals)
        report = send(predictions=proposals, dry_run=dry_run, progress=show)
    print_rows([asdict(project) for project in report.projects], form, _PUSHED)
    return None


def _proposals(
    repository: Repository, plan: Round, predictor: str | None, send: Callable[..., PushReport]
) -> list[Prediction]:
    """
    Return what the annotators of a round are shown; all of a round are shown the same.

    Raises:
        UsageFault: Other proposals were shown in this round, or none.
    """
    from safeguards.errors import UsageFault

    held = repository.predictions(plan.round)
    if predictor is None or (predictor == "none" and not held):
        return held
    made = (
        []
        if predictor == "none"
        else propose(repository, predictor, repository.round_passages(plan))
    )
    if held and made != held:
        raise UsageFault(
            f"round {plan.round} was shown proposals of {held[0].model_version}, and these are "
            "others; push without --predict, or begin a new round"
        )
    if not held and any(p.already_there for p in send(dry_run=True).projects):
        raise UsageFault(f"round {plan.round} was begun without proposals; begin a new round")
    return made


@click.command()
@round_option
@click.option("--annotator", "annotator_id", required=True, help="Whose codes these are.")
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Annotations, answers to a packet, or decisions; one JSON record a line.",
)
@url_option
@format_option()
@pass_repository
def submit(
    repository: Repository,
    round_name: str,
    annotator_id: str,
    path: Path,
    url: str | None,
    form: str,
) -> None:
    """
    Enter the codes of a rule or a language model into Label Studio.

    Of the round's adjudicator decisions are awaited, in YAML or one JSON record a line; rows of the
    adjudicator's own that they accept are lines of the same file.

    \b
    Example:
      safeguards label submit --round pilot --annotator lm-a --file lm-a.jsonl
      safeguards label submit --round pilot --annotator lm-a --file answers.jsonl
      safeguards label submit --round pilot --annotator lm-c --file decisions.yaml
    """
    from safeguards.labelstudio import client, submit

    plan = repository.round(round_name)
    if annotator_id == plan.adjudicator and annotator_id not in plan.annotators:
        return submit_decisions(repository, plan, url, form, path)
    rows = _read_codes(repository, plan, annotator_id, path)
    server = client.read_server(os.environ, url)
    report = submit.submit(repository, plan, server, annotator_id, rows)
    if report.not_coded:
        say(f"{report.not_coded} passages have no row, not even 'none', and were not submitted")
    print_rows([asdict(report)], form, _SUBMITTED)
    return None


def _read_codes(
    repository: Repository, plan: Round, annotator_id: str, path: Path
) -> list[Annotation]:
    """Return the rows of a file, which holds annotations or answers to a packet."""
    from safeguards.labelstudio import client, packets
    from safeguards.model import Annotation
    from safeguards.records import only, read_records

    first = path.read_text(encoding="utf-8").lstrip()[:30]
    if first.startswith('{"annotation_id"'):
        return only(read_records(path, Annotation))
    return packets.read_answers(path, client.build_seat(repository, plan, annotator_id))


@click.command()
@round_option
@click.option("--parts", type=click.IntRange(min=1), default=1, show_default=True)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; it will hold official text, so not one that git watches.",
)
@pass_repository
def packet(repository: Repository, round_name: str, parts: int, output: Path) -> None:
    """
    Write what a language model needs to code a round, and nothing else.

    \b
    Example:
      safeguards label packet --round pilot --parts 4 -o dist/packets/pilot
    """
    from safeguards.labelstudio import packets
    from safeguards.records import write_text

    plan = repository.round(round_name)
    for number, files in enumerate(packets.build_packets(repository, plan, parts), 1):
        folder = output / f"part-{number}"
        for name, text in files.items():
            write_text(folder / name, text)
        click.echo(folder)


@click.command()
@round_option
@click.option("--force", is_flag=True, help="Write even if files lose passages they hold.")
@click.option("--adjudicate", is_flag=True, help="What the adjudicator decided.")
@url_option
@format_option()
@pass_repository
def pull(
    repository: Repository,
    round_name: str,
    force: bool,
    adjudicate: bool,
    url: str | None,
    form: str,
) -> None:
    """
    Fetch what a round's annotators have coded into annotations/rounds/.

    What is wrong goes to annotations/quarantine/ with the reasons. All that came is kept in
    annotations/snapshots/, for 'safeguards label restore'. With --adjudicate, decisions come back
    to decisions.yaml, and codes that the adjudicator corrected to a file of their own.

    \b
    Example:
      safeguards label pull --round pilot
      safeguards label pull --round pilot --adjudicate
    """
    from safeguards.labelstudio import client, pull

    plan = repository.round(round_name)
    if adjudicate:
        return pull_decisions(repository, plan, url, form)
    server = client.read_server(os.environ, url)
    with shown_progress() as show:
        report = pull.pull(repository, plan, server, force=force, progress=show)
    for annotator in report.annotators:
        _tell(annotator, plan.round)
    print_rows([asdict(annotator) for annotator in report.annotators], form, _PULLED)
    return None


def _tell(pulled: Pulled, round_name: str) -> None:
    """Say what came back beside codes: notes, skipped passages, drafts, quarantine."""
    who = pulled.annotator_id
    for passage_id, note in pulled.notes:
        say(f"note by {who} on {passage_id}: {note}")
    for passage_id, reason in pulled.skips:
        say(f"skipped by {who}: {passage_id}: {reason or 'no reason given'}")
    if pulled.unsent:
        say(f"not sent off by {who}, and not used: {', '.join(pulled.unsent)}")
    if pulled.quarantined:
        name = f"annotations/quarantine/{round_name}-{who}.jsonl"
        say(f"{pulled.quarantined} annotations of {who} are in {name}")
