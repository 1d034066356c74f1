"""The command ``label restore``: a lost project, rebuilt from what was pulled."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from safeguards.cli.label.options import round_option, shown_progress, url_option
from safeguards.cli.shared import format_option, pass_repository, print_rows, say

if TYPE_CHECKING:
    from safeguards.repository import Repository

_RESTORED = ("annotator_id", "project", "tasks", "submissions", "already_there")


@click.command()
@round_option
@click.option("--annotator", "annotator_id", help="Only this annotator's project.")
@click.option("--snapshot", "number", type=click.IntRange(min=1), help="Not the last: this one.")
@url_option
@format_option()
@pass_repository
def restore(
    repository: Repository,
    round_name: str,
    annotator_id: str | None,
    number: int | None,
    url: str | None,
    form: str,
) -> None:
    """
    Rebuild projects that were deleted, with all that was pulled from them.

    Snapshots lie in annotations/snapshots/ROUND/ANNOTATOR/. What is still on the server stays as it
    is, so it is safe to repeat. Drafts, users and dates do not come back.

    \b
    Example:
      safeguards label restore --round pilot --annotator lm-a
    """
    from safeguards.labelstudio import client, restore

    plan = repository.round(round_name)
    annotators = (annotator_id,) if annotator_id else plan.annotators
    server = client.read_server(os.environ, url)
    with shown_progress() as show:
        found = restore.restore(repository, plan, server, annotators, number=number, progress=show)
    for project in found:
        for passage_id in project.unsent:
            say(f"lost: the draft of {project.annotator_id} on {passage_id}")
        for passage_id in project.worked_on:
            say(f"left alone: {project.annotator_id} has worked on {passage_id} since the pull")
    print_rows([asdict(project) for project in found], form, _RESTORED)
