"""The command ``label status``: how far a round is, and who is stuck."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.label.options import round_option, shown_progress, url_option
from safeguards.cli.shared import format_option, pass_repository, print_rows, say

if TYPE_CHECKING:
    from safeguards.labelstudio.pull import Harvest
    from safeguards.repository import Repository

_COUNTS = ("assigned", "submitted", "left", "skipped", "drafts", "seconds", "accepted_share")
_COLUMNS = {
    "annotator": ("annotator_id", *_COUNTS, "last", "stuck"),
    "article": ("article", "annotator_id", *_COUNTS),
    "agreement": ("subject", "measure", "value", "support", "positive", "estimable", "reason"),
}


@click.command()
@round_option
@click.option(
    "--by",
    type=click.Choice(list(_COLUMNS)),
    default="annotator",
    show_default=True,
    help="One row for each annotator, for each of their articles, or for each agreement.",
)
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Count idle days to this day.")
@click.option(
    "--stuck-after",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Days without a submission after which somebody counts as stuck.",
)
@url_option
@format_option()
@pass_repository
def status(
    repository: Repository,
    round_name: str,
    by: str,
    today: datetime | None,
    stuck_after: int,
    url: str | None,
    form: str,
) -> None:
    """
    Tell how far a round is: submissions, time, accepted proposals, agreement so far.

    Everything is counted from submissions; nothing is written. Seconds are the median on a passage.

    \b
    Example:
      safeguards label status --round main-1
      safeguards label status --round main-1 --by article --format json
    """
    from safeguards.labelstudio import client, pull
    from safeguards.labelstudio.status import measure_progress

    plan = repository.round(round_name)
    server = client.read_server(os.environ, url)
    with shown_progress() as show:
        harvests = pull.read_round(repository, plan, server, progress=show)
    if by == "agreement":
        return print_rows(_agreement(repository, harvests), form, _COLUMNS[by])
    day = today.date() if today else date.today()
    shown = repository.predictions(plan.round)
    found = measure_progress(harvests, shown, day, stuck_after)
    wanted = [p for p in found if (p.article is None) == (by == "annotator")]
    print_rows([asdict(p) for p in wanted], form, _COLUMNS[by])
    everybody = [p for p in found if p.article is None]
    say(f"{sum(p.submitted for p in everybody)} of {sum(p.assigned for p in everybody)} submitted")
    for row in _agreement(repository, harvests):
        if row["subject"] == row["layer"] and row["estimable"]:
            say(f"agreement so far, {row['subject']}: {row['value']:.2f} on {row['support']}")
    return None


def _agreement(repository: Repository, harvests: list[Harvest]) -> list[dict[str, Any]]:
    """Return how far the annotators agree on what they have submitted until now."""
    from safeguards.agreement import build_report
    from safeguards.comparisons import Comparison

    coded = {h.seat.annotator_id: h.all_rows() for h in harvests if h.rows}
    if not coded:
        return []
    name = harvests[0].seat.plan.round
    comparison = Comparison(name, "inter", tuple(sorted(coded)), coded)
    return [asdict(row) for row in build_report(comparison, repository.codebook)]
