"""
What annotators coded, back from Label Studio: checked, sorted, and the same bytes each time.

Nothing is repaired and nothing is dropped: what is wrong goes into quarantine as it came, with
the reasons. Drafts, predictions, counters, users and dates are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from safeguards.errors import UsageFault
from safeguards.labelstudio.client import (
    ONCE,
    PAGE,
    Key,
    Progress,
    Server,
    build_seat,
    connect,
    demand_project,
    key_of,
    plain,
    project_title,
    say_nothing,
)
from safeguards.labelstudio.convert import (
    Json,
    Seat,
    count_origins,
    parse_annotation,
    parse_note,
)
from safeguards.model import Annotation, Round
from safeguards.proposals import Origins
from safeguards.records import only, read_records, write_records
from safeguards.repository import Repository

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio


@dataclass(frozen=True, slots=True)
class Pulled:
    """
    What came back from one annotator.

    Attributes:
        passages: Passages with at least one row.
        rows: Rows written.
        skipped: Annotations the annotator gave up; they are not used.
        quarantined: Annotations that are wrong in whole or in part.
        missing: Passages assigned to the annotator that were not coded yet.
        notes: Passage id and what the annotator tells the lead about it.
    """

    annotator_id: str
    passages: int
    rows: int
    skipped: int
    quarantined: int
    missing: int
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PullReport:
    """What came back, annotator by annotator."""

    annotators: tuple[Pulled, ...]


@dataclass(slots=True)
class Harvest:
    """
    What one annotator's project holds: good rows, and what is wrong.

    Attributes:
        newest: The submission that counts for each passage.
        given_up: Passages that the annotator skipped, once for each time.
        drafted: Passages with a draft and no submission.
    """

    seat: Seat
    newest: dict[str, Json] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    drafted: list[str] = field(default_factory=list)
    rows: dict[str, list[Annotation]] = field(default_factory=dict)
    quarantine: list[Json] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    origins: list[Origins] = field(default_factory=list)

    def add_task(self, versions: Sequence[tuple[Json, Json]]) -> None:
        """Take the submissions for one text: the newest counts, older ones are set aside."""
        self.given_up += [_shown(t) for t, a in versions if a.get("was_cancelled")]
        kept = [(t, a) for t, a in versions if not a.get("was_cancelled")]
        kept.sort(key=lambda pair: int(pair[1]["id"]), reverse=True)
        for task, annotation in kept[1:]:
            newer = kept[0][1]["id"]
            self._set_aside(task, annotation, [f"annotation {newer} of the same passage is newer"])
        if kept:
            self._add_annotation(*kept[0])

    def _add_annotation(self, task: Json, annotation: Json) -> None:
        """Take the rows of one annotation, and set aside what is wrong in it."""
        rows, faults = parse_annotation(task, annotation, self.seat)
        passage_id = _shown(task)
        self.newest[passage_id] = annotation
        if rows:
            self.rows[passage_id] = rows
            counted = dict.fromkeys(("manual", "kept", "changed"), 0)
            counted |= count_origins(annotation)
            self.origins.append(Origins(self.seat.annotator_id, passage_id, **counted))
        if note := parse_note(annotation):
            self.notes.append((passage_id, note))
        if faults:
            self._set_aside(task, annotation, faults)

    def _set_aside(self, task: Json, annotation: Json, reasons: Sequence[str]) -> None:
        """Put an annotation into quarantine, as it came, with the reasons."""
        self.quarantine.append(
            {
                "passage_id": _shown(task),
                "annotation": int(annotation["id"]),
                "reasons": list(reasons),
                "result": annotation.get("result"),
            }
        )

    def all_rows(self) -> list[Annotation]:
        """Return the good rows, passages in document order."""
        return [row for passage in self.seat.passages for row in self.rows.get(passage, [])]

    def report(self) -> Pulled:
        """Return the harvest in numbers."""
        return Pulled(
            annotator_id=self.seat.annotator_id,
            passages=len(self.rows),
            rows=len(self.all_rows()),
            skipped=len(self.given_up),
            quarantined=len(self.quarantine),
            missing=len(self.seat.passages) - len(self.rows),
            notes=tuple(sorted(self.notes)),
        )


def _shown(task: Json) -> str:
    """Return the id of the passage that a task shows."""
    return str((task.get("data") or {}).get("passage_id"))


def pull(
    repository: Repository,
    plan: Round,
    server: Server,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> PullReport:
    """
    Write what the annotators of a round have coded into ``annotations/rounds/<round>/``.

    What is wrong goes to ``annotations/quarantine/`` with the reasons; nothing is repaired and
    nothing is dropped. Drafts are not read. The same codes give the same bytes.

    Raises:
        ServerFault: A project is missing, or the server refuses.
        UsageFault: A file would lose passages it holds, and *force* is not set.
    """
    harvests = read_round(repository, plan, server, progress=progress)
    for harvest in harvests:
        _write_quarantine(repository, harvest)
    if not force:
        for harvest in harvests:
            _refuse_loss(repository, harvest)
    for harvest in harvests:
        _write_rows(repository, harvest)
    if repository.predictions(plan.round):
        found = [o for h in harvests for o in h.origins]
        found.sort(key=lambda o: (o.annotator_id, o.passage_id))
        write_records(repository.origins_path(plan.round), found)
    return PullReport(tuple(harvest.report() for harvest in harvests))


def read_round(
    repository: Repository, plan: Round, server: Server, *, progress: Progress | None = None
) -> list[Harvest]:
    """
    Return what each annotator's project holds, and write nothing.

    Raises:
        ServerFault: A project is missing, or the server refuses.
    """
    harvests = []
    with connect(server) as client:
        for annotator_id in plan.annotators:
            seat = build_seat(repository, plan, annotator_id)
            told = partial(progress, annotator_id) if progress else say_nothing
            harvests.append(_harvest(client, seat, told))
    return harvests


def _harvest(client: LabelStudio, seat: Seat, progress: Callable[[int, int], None]) -> Harvest:
    """Read one annotator's project."""
    project = demand_project(client, project_title(seat.plan, seat.annotator_id))
    # The list of tasks holds all that the export holds, and leaves no files on the server.
    listed = client.tasks.list(project=project, fields="all", page_size=PAGE, request_options=ONCE)
    harvest = Harvest(seat)
    grouped: dict[Key, list[tuple[Json, Json]]] = {}
    for count, task in enumerate(map(plain, listed), 1):
        submissions = grouped.setdefault(key_of(task.get("data") or {}), [])
        submissions += [(task, annotation) for annotation in task.get("annotations") or []]
        if task.get("drafts") and not task.get("annotations"):
            harvest.drafted.append(_shown(task))
        progress(count, max(count, len(seat.passages)))
    for key in sorted(grouped):
        harvest.add_task(grouped[key])
    return harvest


def _write_quarantine(repository: Repository, harvest: Harvest) -> None:
    """Write what was set aside; remove the file when there is nothing."""
    plan, annotator_id = harvest.seat.plan, harvest.seat.annotator_id
    path = repository.path(f"annotations/quarantine/{plan.round}-{annotator_id}.jsonl")
    if harvest.quarantine:
        order = sorted(harvest.quarantine, key=lambda q: (q["passage_id"], q["annotation"]))
        write_records(path, order)
    else:
        path.unlink(missing_ok=True)


def _refuse_loss(repository: Repository, harvest: Harvest) -> None:
    """Raise if the annotator's file holds passages that the server no longer has codes for."""
    path = _rows_path(repository, harvest)
    if not path.is_file():
        return
    held = {row.passage_id for row in only(read_records(path, Annotation))}
    if lost := sorted(held - set(harvest.rows)):
        raise UsageFault(
            f"{path.name} would lose {len(lost)} passages, the first is {lost[0]}; look into "
            "annotations/quarantine/, or repeat with --force"
        )


def _write_rows(repository: Repository, harvest: Harvest) -> None:
    """Write one annotator's file; begin none for an annotator who has not begun."""
    path = _rows_path(repository, harvest)
    rows: Iterable[Annotation] = harvest.all_rows()
    if rows or path.is_file():
        write_records(path, rows)


def _rows_path(repository: Repository, harvest: Harvest) -> Path:
    """Return the annotator's file."""
    return repository.annotations_path(harvest.seat.plan.round, harvest.seat.annotator_id)
