"""
Passages to Label Studio: one project for each annotator, each task exactly once.

One project per annotator, because the Community Edition has no roles: whoever sees a project sees
all codes in it. Each push is a difference against what the server holds, and after a failure
whose outcome is unknown the server is asked again before anything is sent.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from safeguards.eid import format_citation, format_eid, is_inside, iter_enclosing
from safeguards.errors import ServerFault, UsageFault
from safeguards.labelstudio.client import (
    ONCE,
    Key,
    Progress,
    Server,
    connect,
    find_project,
    iter_task_data,
    key_of,
    list_tasks,
    project_title,
    say_nothing,
    wait_for_health,
)
from safeguards.labelstudio.config import build_label_config
from safeguards.labelstudio.convert import Json, build_prediction, build_task
from safeguards.model import Passage, Round
from safeguards.proposals import Prediction
from safeguards.provisions import opening_words
from safeguards.repository import Repository

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

_BATCH = 500
_TRIES = 4
_HEADING = re.compile(r"#+\s+(.+)")


@dataclass(frozen=True, slots=True)
class Pushed:
    """
    What a push did for one annotator; in a dry run, what it would do.

    Attributes:
        refreshed: Tasks that were there, and whose surroundings are shown in another way now.
    """

    annotator_id: str
    project: str
    created: int
    already_there: int
    to_create: int
    refreshed: int = 0


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push did, annotator by annotator."""

    projects: tuple[Pushed, ...]


def push(
    repository: Repository,
    plan: Round,
    server: Server,
    *,
    predictions: Sequence[Prediction] = (),
    dry_run: bool = False,
    progress: Progress | None = None,
    patience: float = 60.0,
) -> PushReport:
    """
    Bring the passages of a round to Label Studio, one project for each annotator.

    Only what is missing is sent, so a push may be repeated and may be interrupted.

    Args:
        repository: The checkout.
        plan: The round.
        server: Where to.
        predictions: What is shown as proposals; they go with the tasks that are created.
        dry_run: Tell what would be sent, and send nothing.
        progress: Called with annotator, tasks there and tasks in all, after every batch.
        patience: How many seconds to wait for a server that went away.

    Raises:
        ServerFault: The server refuses or is gone, two projects have one title, or a task is
            there twice.
        UsageFault: The round is for another version of the codebook.
    """
    demand_codebook(repository, plan)
    tasks = build_tasks(repository, plan)
    with connect(server) as client:
        if dry_run:
            given = {a: _assigned(tasks, plan, a) for a in plan.annotators}
            return PushReport(tuple(_preview(client, plan, a, given[a]) for a in given))
        settings = build_settings(repository)
        version = predictions[0].model_version if predictions else None
        shown = _build_shown(tasks, predictions)
        reports = []
        for annotator_id in plan.annotators:
            title = project_title(plan, annotator_id)
            project = prepare_project(client, title, **settings, model_version=version)
            told = partial(progress, annotator_id) if progress else say_nothing
            sender = Sender(client, server, project, title, patience, told, shown)
            mine = _assigned(tasks, plan, annotator_id)
            there, created, refreshed = sender.send(mine)
            reports.append(Pushed(annotator_id, title, created, there, 0, refreshed))
    return PushReport(tuple(reports))


def _build_shown(tasks: Sequence[Json], predictions: Sequence[Prediction]) -> dict[Key, list[Json]]:
    """Return what is proposed for each task, by its key."""
    proposed: dict[str, list[Prediction]] = {}
    for p in predictions:
        proposed.setdefault(p.passage_id, []).append(p)
    return {
        key_of(task): [build_prediction(proposed[task["passage_id"]], task["text"])]
        for task in tasks
        if task["passage_id"] in proposed
    }


def demand_codebook(repository: Repository, plan: Round) -> None:
    """Raise if the round is for another version of the codebook."""
    codebook = repository.codebook
    if plan.codebook_version != codebook.codebook_version:
        raise UsageFault(
            f"round {plan.round} is for codebook {plan.codebook_version}, schema/codebook.yaml is "
            f"{codebook.codebook_version}; begin a new round"
        )


def _preview(client: LabelStudio, plan: Round, annotator_id: str, tasks: list[Json]) -> Pushed:
    """Return what a push would do for one annotator."""
    title = project_title(plan, annotator_id)
    project = find_project(client, title)
    held = {key for key, _ in list_tasks(client, project)} if project else set()
    missing = sum(key_of(task) not in held for task in tasks)
    return Pushed(annotator_id, title, 0, len(tasks) - missing, missing)


@dataclass(frozen=True, slots=True)
class Sender:
    """
    Sends the tasks of one project, each exactly once.

    Attributes:
        predictions: What a task shows beside its text from the start, by its key.
    """

    client: LabelStudio
    server: Server
    project: int
    title: str
    patience: float
    progress: Callable[[int, int], None]
    predictions: Mapping[Key, list[Json]] = field(default_factory=dict)

    def send(self, tasks: Sequence[Json]) -> tuple[int, int, int]:
        """
        Send what is missing of *tasks*, and show the rest as it is shown now.

        After a failure it is unknown whether the batch arrived, so the server is asked; where it
        has acknowledged every task, it is not asked again.

        Returns:
            How many were there, how many were created, and how many are shown in another way.
        """
        there: int | None = None
        for _ in range(_TRIES):
            with self._survived():
                held = list(iter_task_data(self.client, self.project))
                missing = self._missing(tasks, [data for _, data in held])
                there = len(tasks) - len(missing) if there is None else there
                if not missing:
                    return there, len(tasks) - there, self._refresh(tasks, held)
                if self._send_batches(missing, len(tasks)) == len(missing):
                    return there, len(tasks) - there, self._refresh(tasks, held)
        raise ServerFault(f"{self.title} lacks tasks after {_TRIES} attempts; push again")

    def _refresh(self, tasks: Sequence[Json], held: Sequence[tuple[int, Json]]) -> int:
        """
        Show the surroundings of *tasks* as they are shown now; return how many were changed.

        A task whose text somebody changed stays as it is: codes were made on what it shows.
        """
        wanted = {key_of(task): task for task in tasks}
        changed = 0
        for task_id, data in held:
            task = wanted.get(key_of(data))
            if task and data != task and data.get("text") == task["text"]:
                self.client.tasks.update(task_id, data=task, request_options=ONCE)
                changed += 1
        return changed

    @contextmanager
    def _survived(self) -> Iterator[None]:
        """Wait for the server if it fails in a way that leaves the outcome unknown."""
        import httpx
        from label_studio_sdk.core.api_error import ApiError

        try:
            yield
        except httpx.LocalProtocolError:
            raise
        except (httpx.HTTPError, ApiError) as error:
            if isinstance(error, ApiError) and (error.status_code or 500) < 500:
                raise
            wait_for_health(self.server, self.patience)

    def _missing(self, tasks: Sequence[Json], there: Sequence[Json]) -> list[Json]:
        """Return the tasks that the project lacks; raise if it has one twice."""
        held = Counter(map(key_of, there))
        twice = sorted(key[0] for key, times in held.items() if times > 1)
        if twice:
            raise ServerFault(
                f"{self.title} has tasks more than once: {', '.join(twice[:5])}; "
                "delete the copies that hold no codes"
            )
        self.progress(sum(key_of(task) in held for task in tasks), len(tasks))
        return [task for task in tasks if key_of(task) not in held]

    def _send_batches(self, missing: Sequence[Json], total: int) -> int:
        """
        Send *missing* in batches that the server takes in one transaction each.

        Returns:
            How many tasks the server says it has made.
        """
        made = 0
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            request: Any = [
                {"data": task, "predictions": self.predictions.get(key_of(task), [])}
                for task in batch
            ]
            told = self.client.projects.import_tasks(
                self.project, request=request, request_options=ONCE
            )
            made += told.task_count or 0
            self.progress(total - len(missing) + start + len(batch), total)
        return made


# Projects.


def build_settings(repository: Repository) -> dict[str, str]:
    """Return what every annotator's project shows: the codebook's questions, the guidelines."""
    guidelines = repository.path("schema/guidelines.md").read_text(encoding="utf-8")
    config = build_label_config(repository.codebook)
    return {"config": config, "instruction": build_instruction(guidelines)}


def prepare_project(
    client: LabelStudio,
    title: str,
    config: str,
    instruction: str,
    model_version: str | None = None,
) -> int:
    """Return the id of the project, made or brought up to date."""
    project = find_project(client, title)
    settings: Any = {"expert_instruction": instruction, "show_instruction": True}
    if project is None:
        settings["show_collab_predictions"] = model_version is not None
        settings |= {"model_version": model_version} if model_version else {}
        settings |= {"title": title, "label_config": config, "enable_empty_annotation": True}
        return int(client.projects.create(**settings, request_options=ONCE).id)
    held = client.projects.get(project, request_options=ONCE)
    if _canonical(held.label_config or "") != _canonical(config):
        _refuse_lost_labels(client, project, title, config)
        settings["label_config"] = config
    if "label_config" in settings or held.expert_instruction != instruction:
        client.projects.update(project, **settings, request_options=ONCE)
    return project


def _canonical(config: str) -> str:
    """Return a configuration without what makes no difference."""
    try:
        return ElementTree.canonicalize(config, strip_text=True)
    except ElementTree.ParseError:
        return config


def _refuse_lost_labels(client: LabelStudio, project: int, title: str, config: str) -> None:
    """Raise if *config* lacks labels that somebody used; the server itself would not mind."""
    from label_studio_sdk.core.api_error import ApiError

    try:
        client.projects.validate_label_config(project, label_config=config, request_options=ONCE)
    except ApiError as error:
        if error.status_code != 400:
            raise
        words = " ".join(str(error.body).split())[:300]
        raise ServerFault(
            f"{title} holds codes that the codebook no longer has ({words}); "
            "put them back, or begin a new round"
        ) from None


def build_instruction(guidelines: str) -> str:
    r"""
    Return the guidelines as HTML of the few tags that Label Studio lets through.

    >>> build_instruction("# Work & rest\n\nRead **twice**,\nthen code.\n\n- one\n- two")
    '<h3>Work &amp; rest</h3><p>Read <b>twice</b>, then code.</p><p>- one<br>- two</p>'
    """
    return "".join(_html_block(block) for block in re.split(r"\n\s*\n", guidelines.strip()))


def _html_block(block: str) -> str:
    """Return one block of Markdown as HTML; lists and tables keep their lines."""
    text = html.escape(block.strip(), quote=False)
    if heading := _HEADING.fullmatch(text):
        return f"<h3>{heading[1]}</h3>"
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text, flags=re.DOTALL)
    text = re.sub(r"\n(?=\s*(?:[-|]|\d+\.)\s)", "<br>", text)
    return f"<p>{' '.join(text.split())}</p>"


# Tasks.


def build_tasks(repository: Repository, plan: Round) -> list[Json]:
    """Return the data of all tasks of a round, in document order."""
    chosen = repository.round_passages(plan)
    documents = dict.fromkeys(passage.document_id for passage in chosen)
    texts = {
        d: repository.passages_with_text(d, repository.round_edition(plan, d)) for d in documents
    }
    by_id = {passage.passage_id: passage for found in texts.values() for passage in found}
    titles = {d: repository.document(d).short_title for d in documents}
    around = {d: _surroundings(found) for d, found in texts.items()}
    return [
        build_task(
            passage,
            plan,
            citation=format_citation(passage.passage_id, titles[passage.document_id]),
            heading=_heading(passage, by_id),
            context=opening_words(passage, by_id),
            before=around[passage.document_id][passage.passage_id][0],
            after=around[passage.document_id][passage.passage_id][1],
        )
        for passage in chosen
    ]


def _surroundings(passages: Sequence[Passage]) -> dict[str, tuple[str, str]]:
    """Return the passages before and after each; ancestors stand in the opening words already."""
    texts = [p for p in passages if p.text]
    shown = [f"{format_eid(p.eid)}: {p.text}" for p in texts]
    found = {}
    for place, passage in enumerate(texts):
        at = place - 1
        while at >= 0 and is_inside(passage.passage_id, texts[at].passage_id):
            at -= 1
        after = shown[place + 1] if place + 1 < len(texts) else ""
        found[passage.passage_id] = (shown[at] if at >= 0 else "", after)
    return found


def _assigned(tasks: Sequence[Json], plan: Round, annotator_id: str) -> list[Json]:
    """Return what an annotator codes, in the order in which it is shown."""
    order = {address: place for place, address in enumerate(plan.assigned(annotator_id))}
    places = [
        [order[a] for a in iter_enclosing(task["passage_id"]) if a in order] for task in tasks
    ]
    given = [(min(found), n) for n, found in enumerate(places) if found]
    return [tasks[n] for _, n in sorted(given)]


def _heading(passage: Passage, by_id: Mapping[str, Passage]) -> str | None:
    """Return the nearest heading above *passage*."""
    place: Passage | None = passage
    while place is not None and not place.heading:
        place = by_id.get(place.parent_id or "")
    return place.heading if place else None
