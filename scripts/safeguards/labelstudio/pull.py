"""
What annotators coded, back from Label Studio: checked, sorted, and the same bytes each time.

Nothing is repaired and nothing is dropped: what is wrong goes into quarantine as it came, with
the reasons; what was skipped or not sent off is listed apart. Users and dates are not read, and
counters are not believed. Each pull leaves a snapshot from which the project can be rebuilt.
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
from safeguards.labelstudio.snapshots import build_entry, sort_submissions, write_snapshot
from safeguards.model import Annotation, Round
from safeguards.proposals import Origins
from safeguards.records import only, read_records, write_records
from safeguards.repository import Repository

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

FindFault = Callable[[Json], str | None]


@dataclass(frozen=True, slots=True)
class Pulled:
    """
    What came back from one annotator.

    Attributes:
        passages: Passages with at least one row.
        rows: Rows written.
        skipped: Annotations the annotator gave up; they are not used.
        drafts: Passages with work that was not sent off; it is not used.
        quarantined: Annotations that are wrong in whole or in part.
        missing: Passages assigned to the annotator that were not coded yet.
        notes: Passage id and what the annotator tells the lead about it.
        skips: Passage id and why it was skipped, where a reason was given.
        unsent: Passages with work that was not sent off.
        snapshot: Number of the snapshot that holds all this.
    """

    annotator_id: str
    passages: int
    rows: int
    skipped: int
    drafts: int
    quarantined: int
    missing: int
    notes: tuple[tuple[str, str], ...]
    skips: tuple[tuple[str, str], ...]
    unsent: tuple[str, ...]
    snapshot: int


@dataclass(frozen=True, slots=True)
class PullReport:
    """What came back, annotator by annotator."""

    annotators: tuple[Pulled, ...]


@dataclass(slots=True)
class Harvest:
    """
    What one project holds: good rows, what is wrong, and what was not sent off.

    Attributes:
        seat: Whose codes are awaited, on which passages.
        rows: The good rows by passage; a passage without a span has one row ``none``.
        newest: The submission that counts, by passage, as the server lists it.
        quarantine: What is wrong, with the reasons.
        snapshot: Everything, by text, without users and dates.
    """

    seat: Seat
    newest: dict[str, Json] = field(default_factory=dict)
    rows: dict[str, list[Annotation]] = field(default_factory=dict)
    quarantine: list[Json] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    origins: list[Origins] = field(default_factory=list)
    skips: list[tuple[str, str]] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)
    snapshot: list[Json] = field(default_factory=list)

    def add_text(self, tasks: Sequence[Json], find_fault: FindFault) -> None:
        """Take the submissions for one text: the newest counts, older ones are set aside."""
        entry = build_entry(tasks)
        self.snapshot.append(entry)
        passage_id, sent = entry["passage_id"], entry["annotations"]
        if entry["draft"]:
            self.unsent.append(passage_id)
        self.skips += [(passage_id, parse_note(a) or "") for a in sent if a["was_cancelled"]]
        numbered = [(n, a) for n, a in enumerate(sent, 1) if not a["was_cancelled"]]
        for number, annotation in numbered[:-1]:
            reason = f"submission {numbered[-1][0]} of the same passage is newer"
            self._set_aside(passage_id, number, annotation, [reason])
        if numbered and (fault := find_fault(entry["data"])):
            self._set_aside(passage_id, *numbered[-1], [fault])
        elif numbered:
            self._add_annotation(entry, *numbered[-1])
            self._note_newest(passage_id, tasks, numbered[-1][0])

    def _note_newest(self, passage_id: str, tasks: Sequence[Json], number: int) -> None:
        """Remember the submission that counts as it came, with its dates, for how far one is."""
        self.newest[passage_id] = sort_submissions(tasks)[number - 1]

    def _add_annotation(self, entry: Json, number: int, annotation: Json) -> None:
        """Take the rows of one annotation, and set aside what is wrong in it."""
        rows, faults = parse_annotation(entry, annotation, self.seat)
        passage_id = entry["passage_id"]
        if rows:
            self.rows[passage_id] = rows
            counted = dict.fromkeys(("manual", "kept", "changed"), 0)
            counted |= count_origins(annotation)
            self.origins.append(Origins(self.seat.annotator_id, passage_id, **counted))
        if note := parse_note(annotation):
            self.notes.append((passage_id, note))
        if faults:
            self._set_aside(passage_id, number, annotation, faults)

    def _set_aside(
        self, passage_id: str, number: int, annotation: Json, reasons: Sequence[str]
    ) -> None:
        """Put an annotation into quarantine, as it came, with the reasons."""
        self.quarantine.append(
            {
                "passage_id": passage_id,
                "submission": number,
                "reasons": list(reasons),
                "result": annotation["result"],
            }
        )

    def all_rows(self) -> list[Annotation]:
        """Return the good rows, passages in document order."""
        return [row for passage in self.seat.passages for row in self.rows.get(passage, [])]

    def report(self, snapshot: int) -> Pulled:
        """Return the harvest in numbers."""
        return Pulled(
            annotator_id=self.seat.annotator_id,
            passages=len(self.rows),
            rows=len(self.all_rows()),
            skipped=len(self.skips),
            drafts=len(self.unsent),
            quarantined=len(self.quarantine),
            missing=len(self.seat.passages) - len(self.rows),
            notes=tuple(sorted(self.notes)),
            skips=tuple(sorted(self.skips)),
            unsent=tuple(sorted(self.unsent)),
            snapshot=snapshot,
        )


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
    nothing is dropped. The same codes give the same bytes, and everything that came is kept in
    ``annotations/snapshots/``, from which `safeguards.labelstudio.restore` rebuilds a project.

    Raises:
        ServerFault: A project is missing, or the server refuses.
        UsageFault: A file would lose passages it holds, and *force* is not set.
    """
    harvests = read_round(repository, plan, server, progress=progress)
    for harvest in harvests:
        write_quarantine(repository, harvest, harvest.seat.annotator_id)
    if not force:
        for harvest in harvests:
            _refuse_loss(repository, harvest)
    reports = []
    for harvest in harvests:
        _write_rows(repository, harvest)
        kept = write_snapshot(repository, plan.round, harvest.seat.annotator_id, harvest.snapshot)
        reports.append(harvest.report(kept))
    if repository.predictions(plan.round):
        found = [o for h in harvests for o in h.origins]
        found.sort(key=lambda o: (o.annotator_id, o.passage_id))
        write_records(repository.origins_path(plan.round), found)
    return PullReport(tuple(reports))


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
            title = project_title(plan, annotator_id)
            harvests.append(harvest_project(client, seat, title, told))
    return harvests


def _find_nothing(data: Json) -> None:
    """Find no fault with a task."""


def harvest_project(
    client: LabelStudio,
    seat: Seat,
    title: str,
    progress: Callable[[int, int], None],
    find_fault: FindFault = _find_nothing,
) -> Harvest:
    """
    Return what a project holds, read and checked.

    Args:
        client: The SDK's client.
        seat: Whose codes are awaited.
        title: Title of the project.
        progress: Called with tasks read and tasks awaited.
        find_fault: Returns why a task's codes may not be used, or None.
    """
    project = demand_project(client, title)
    # The list of tasks holds all that the export holds, and leaves no files on the server.
    listed = client.tasks.list(project=project, fields="all", page_size=PAGE, request_options=ONCE)
    grouped: dict[Key, list[Json]] = {}
    for count, task in enumerate(map(plain, listed), 1):
        grouped.setdefault(key_of(task.get("data") or {}), []).append(task)
        progress(count, max(count, len(seat.passages)))
    harvest = Harvest(seat)
    for key in sorted(grouped):
        harvest.add_text(grouped[key], find_fault)
    return harvest


def write_quarantine(repository: Repository, harvest: Harvest, owner: str) -> None:
    """Write what was set aside; remove the file when there is nothing."""
    path = repository.path(f"annotations/quarantine/{harvest.seat.plan.round}-{owner}.jsonl")
    if harvest.quarantine:
        order = sorted(harvest.quarantine, key=lambda q: (q["passage_id"], q["submission"]))
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
