"""Codes of a rule or a language model to Label Studio, through the same door as a person's."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safeguards.eid import is_inside
from safeguards.errors import RecordFault, ServerFault, UsageFault
from safeguards.labelstudio.client import (
    ONCE,
    Key,
    Server,
    build_seat,
    connect,
    demand_project,
    list_tasks,
    project_title,
)
from safeguards.labelstudio.convert import Json, Seat, build_result, build_task, parse_annotation
from safeguards.model import Annotation, Round, hash_text
from safeguards.repository import Repository

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio


@dataclass(frozen=True, slots=True)
class SubmitReport:
    """
    What a submission did.

    Attributes:
        not_coded: Passages assigned to the annotator for which there was no row, not even ``none``.
    """

    annotator_id: str
    project: str
    submitted: int
    already_there: int
    not_coded: int


def submit(
    repository: Repository,
    plan: Round,
    server: Server,
    annotator_id: str,
    annotations: Sequence[Annotation],
) -> SubmitReport:
    """
    Enter the codes of a rule or a language model, as if it had worked in Label Studio.

    Each passage with rows becomes one annotation, under an id that follows from its content, so
    the same submission may be repeated. A passage whose only row is ``none`` becomes an
    annotation without spans. A passage without any row was not read, and gets none.

    Raises:
        UsageFault: The annotator or a passage is not of this round.
        RecordFault: Rows break the codebook; nothing was sent.
        TextChanged: A row was made on another text.
        ServerFault: Tasks are missing, or the server refuses.
    """
    seat = build_seat(repository, plan, annotator_id)
    results = _build_results(seat, annotations)
    title = project_title(plan, annotator_id)
    sent = 0
    with connect(server) as client:
        tasks = dict(list_tasks(client, demand_project(client, title)))
        keys = {p: (p, hash_text(seat.passages[p].text or "")) for p in results}
        missing = [p for p in results if keys[p] not in tasks]
        if missing:
            raise ServerFault(
                f"{title} lacks {len(missing)} tasks, the first is {missing[0]}; "
                "run 'safeguards label push' first"
            )
        for passage_id, result in results.items():
            key = keys[passage_id]
            sent += create_annotation(
                client, tasks[key], make_unique_id(title, key, result), result
            )
    left = len(seat.passages) - len(results)
    return SubmitReport(annotator_id, title, sent, len(results) - sent, left)


def _build_results(seat: Seat, annotations: Sequence[Annotation]) -> dict[str, list[Json]]:
    """Return what to send for each passage; raise if any row is wrong."""
    grouped: dict[str, list[Annotation]] = {}
    for row in annotations:
        if (row.round, row.annotator_id) != (seat.plan.round, seat.annotator_id):
            raise UsageFault(
                f"{row.annotation_id} is of {row.round}/{row.annotator_id}; give only rows of "
                f"{seat.plan.round}/{seat.annotator_id}"
            )
        if row.passage_id not in seat.passages:
            where = f"is not in round {seat.plan.round}"
            if any(is_inside(row.passage_id, address) for address in seat.plan.passages):
                where = f"is not assigned to {seat.annotator_id}"
            raise UsageFault(f"{row.passage_id} {where}; leave it out")
        grouped.setdefault(row.passage_id, []).append(row)
    results = {}
    faults = []
    for passage_id in (p for p in seat.passages if p in grouped):
        passage = seat.passages[passage_id]
        results[passage_id] = build_result(grouped[passage_id], passage.text or "")
        data = build_task(passage, seat.plan)
        _, wrong = parse_annotation({"data": data}, {"result": results[passage_id]}, seat)
        faults += [f"{passage_id}: {fault}" for fault in wrong]
    if faults:
        raise RecordFault(f"the submission of {seat.annotator_id}", faults)
    return results


def make_unique_id(title: str, key: Key, result: Sequence[Json]) -> str:
    """Return the id that keeps the server from storing the same codes twice."""
    content = json.dumps(result, sort_keys=True, ensure_ascii=False)
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "\x1f".join((title, *key, content))))


def create_annotation(
    client: LabelStudio, task: int, unique_id: str, result: Sequence[Json], **more: Any
) -> bool:
    """Store one annotation; return False if the server has it already."""
    from label_studio_sdk.core.api_error import ApiError

    items: Any = list(result)
    try:
        client.annotations.create(
            task, result=items, unique_id=unique_id, request_options=ONCE, **more
        )
    except ApiError as error:
        if error.status_code != 409:
            raise
        return False
    return True
