"""
A project that was lost, rebuilt from what the last pull brought.

Submissions go back in the order in which they were made, each under an id that follows from what
it says, so a restoration may be repeated and may be interrupted. A passage on which somebody has
worked since is left alone, because an older submission that arrives later would win.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from safeguards.labelstudio.client import (
    ONCE,
    PAGE,
    Key,
    Progress,
    Server,
    connect,
    key_of,
    list_tasks,
    plain,
    project_title,
    say_nothing,
)
from safeguards.labelstudio.contests import CONTESTS, build_contest_settings
from safeguards.labelstudio.convert import Json
from safeguards.labelstudio.push import Sender, build_settings, prepare_project
from safeguards.labelstudio.snapshots import build_entry, read_snapshot
from safeguards.labelstudio.submit import create_annotation
from safeguards.model import Round
from safeguards.repository import Repository

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio


@dataclass(frozen=True, slots=True)
class Restored:
    """
    What a restoration did for one annotator.

    Attributes:
        tasks: Tasks that were missing and are there again.
        submissions: Submissions that were missing and are there again, skipped ones included.
        already_there: Submissions that were never lost, or came back before.
        worked_on: Passages left alone, because the server has work the snapshot does not have.
        unsent: Passages whose draft is lost, for drafts are never pulled.
    """

    annotator_id: str
    project: str
    tasks: int
    submissions: int
    already_there: int
    worked_on: tuple[str, ...]
    unsent: tuple[str, ...]


def restore(
    repository: Repository,
    plan: Round,
    server: Server,
    annotators: Sequence[str],
    *,
    number: int | None = None,
    progress: Progress | None = None,
    patience: float = 60.0,
) -> list[Restored]:
    """
    Rebuild the projects of annotators from the last pull, or from an older one.

    What is there already stays as it is. On the server everything belongs to the person whose token
    is used, since no snapshot says who somebody is.

    Args:
        repository: The checkout.
        plan: The round.
        server: Where to.
        annotators: Whose projects; ``adjudication`` is the adjudicator's.
        number: Number of the snapshot; None for the last.
        progress: Called with annotator, texts done and texts in all.
        patience: How many seconds to wait for a server that went away.

    Raises:
        UsageFault: There is no snapshot; nothing was sent.
        ServerFault: The server refuses, or is gone.
    """
    held = {a: read_snapshot(repository, plan.round, a, number) for a in annotators}
    found = []
    with connect(server) as client:
        for annotator_id, entries in held.items():
            title = project_title(plan, annotator_id)
            build = build_contest_settings if annotator_id == CONTESTS else build_settings
            version = _proposed_by(entries) if annotator_id != CONTESTS else None
            project = prepare_project(client, title, **build(repository), model_version=version)
            told = partial(progress, annotator_id) if progress else say_nothing
            guesses = {key_of(e["data"]): e["predictions"] for e in entries}
            sender = Sender(client, server, project, title, patience, told, guesses)
            _, created, _ = sender.send([entry["data"] for entry in entries])
            unsent = tuple(e["passage_id"] for e in entries if e["draft"])
            counts = _restore_submissions(client, project, title, entries)
            found.append(Restored(annotator_id, title, created, *counts, unsent))
    return found


def _proposed_by(entries: Sequence[Json]) -> str | None:
    """Return what proposed codes in a project, or None."""
    return next((g["model_version"] for e in entries for g in e["predictions"]), None)


def _restore_submissions(
    client: LabelStudio, project: int, title: str, entries: Sequence[Json]
) -> tuple[int, int, tuple[str, ...]]:
    """Send what is missing; return how many were sent and were there, and what was left alone."""
    listed = client.tasks.list(project=project, fields="all", page_size=PAGE, request_options=ONCE)
    present = {key_of(task["data"]): build_entry([task]) for task in map(plain, listed)}
    tasks = dict(list_tasks(client, project))
    sent, there, left = 0, 0, []
    for entry in entries:
        key, wanted = key_of(entry["data"]), entry["annotations"]
        held = [_content(a) for a in present[key]["annotations"]]
        if held != [_content(a) for a in wanted[: len(held)]]:
            left.append(entry["passage_id"])
            continue
        there += len(held)
        for place in range(len(held), len(wanted)):
            unique_id = _unique_id(title, key, place, wanted[place])
            sent += _send(client, tasks[key], unique_id, wanted[place])
    return sent, there, tuple(left)


def _send(client: LabelStudio, task: int, unique_id: str, annotation: Json) -> bool:
    """Store one submission."""
    extra = {"was_cancelled": annotation["was_cancelled"], "lead_time": annotation["lead_time"]}
    given: dict[str, Any] = {name: value for name, value in extra.items() if value is not None}
    return create_annotation(client, task, unique_id, annotation["result"], **given)


def _content(annotation: Json) -> str:
    """Return what a submission says, to compare it with another."""
    said = [annotation["result"], annotation["was_cancelled"]]
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def _unique_id(title: str, key: Key, place: int, annotation: Json) -> str:
    """Return the id that keeps the server from storing the same submission twice."""
    words = "\x1f".join((title, *key, str(place), _content(annotation)))
    return str(uuid.uuid5(uuid.NAMESPACE_URL, words))
