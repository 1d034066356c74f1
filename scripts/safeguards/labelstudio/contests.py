"""
Contested codes before an adjudicator: a project of their own, and what comes back.

Only passages with something to decide are shown. What each annotator said stands beside the text
as a prediction called A, B and so on; the letters are dealt anew for each passage, and nothing on
the page, not even the id of a span, tells whose they are. The adjudicator begins with nothing,
takes over what stands or marks it anew, and says why. Codes that all share are not shown unless
they were drawn for an audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from safeguards.errors import RecordFault, ServerFault, UsageFault
from safeguards.labelstudio.client import (
    Progress,
    Server,
    build_adjudicator_seat,
    connect,
    demand_project,
    find_project,
    iter_task_data,
    key_of,
    list_tasks,
    project_title,
    say_nothing,
)
from safeguards.labelstudio.config import NOTE, TEXT, build_label_config
from safeguards.labelstudio.convert import (
    Json,
    Seat,
    build_result,
    parse_annotation,
    parse_notes,
)
from safeguards.labelstudio.pull import Pulled, harvest_project, write_quarantine
from safeguards.labelstudio.push import (
    Pushed,
    Sender,
    build_settings,
    build_tasks,
    demand_codebook,
    prepare_project,
)
from safeguards.labelstudio.snapshots import write_snapshot
from safeguards.labelstudio.submit import SubmitReport, create_annotation, make_unique_id
from safeguards.model import Annotation, Round, hash_text
from safeguards.repository import Repository
from safeguards.rulings import Case, Ruling, letters_of

CONTESTS = "adjudication"
NEITHER = "neither"
STALE = "the codes at issue changed since they were pushed; push with --adjudicate again"
_VALUES = ("status", "force", "severity", "direction")
_HOW_TO_DECIDE = (
    "<p><b>What stands?</b> Tabs A and B show what the annotators said. Duplicate one of them with "
    "the menu on its tab and change it, or mark anew. What is there when you submit stands, all "
    "else is dropped. "
    "Give each code its reason, and write under 'Why' what you dropped and why, for instance "
    "<i>degree_term: the cap settles it</i>.</p>"
)


@dataclass(frozen=True, slots=True)
class Rulings:
    """
    What an adjudicator decided so far.

    Attributes:
        found: One ruling for each passage that was decided.
        names: The findings that each ruling is about, by passage.
        pulled: The same in numbers.
    """

    found: tuple[Ruling, ...]
    names: Mapping[str, tuple[str, ...]]
    pulled: Pulled


# Out: what is to be decided.


def push_contests(
    repository: Repository,
    plan: Round,
    server: Server,
    cases: Sequence[Case],
    *,
    seed: int = 0,
    dry_run: bool = False,
    progress: Progress | None = None,
    patience: float = 60.0,
) -> Pushed:
    """
    Bring what is to be decided to Label Studio; repeating sends only what is missing.

    Args:
        repository: The checkout.
        plan: The round.
        server: Where to.
        cases: What is to be decided.
        seed: Seed of the letters under which annotators appear.
        dry_run: Tell what would be sent, and send nothing.
        progress: Called with the project's name, tasks there and tasks in all.
        patience: How many seconds to wait for a server that went away.

    Raises:
        UsageFault: The adjudicator is one of the annotators, or the codebook is another one.
        TextChanged: A code was made on another text.
        ServerFault: The server refuses, or is gone.
    """
    if plan.adjudicator in plan.annotators:
        raise UsageFault(
            f"{plan.adjudicator} is an annotator of round {plan.round} as well; name another "
            "adjudicator in its round.yaml"
        )
    demand_codebook(repository, plan)
    title = project_title(plan, CONTESTS)
    tasks = _build_tasks(repository, plan, cases, seed)
    shown = {case.passage_id: case for case in cases}
    guesses = {key_of(t): _build_predictions(shown[t["passage_id"]], t, seed) for t in tasks}
    told = partial(progress, CONTESTS) if progress else say_nothing
    with connect(server) as client:
        if dry_run:
            project = find_project(client, title)
            held = {key for key, _ in list_tasks(client, project)} if project else set()
            missing = sum(key_of(task) not in held for task in tasks)
            return Pushed(plan.adjudicator, title, 0, len(tasks) - missing, missing)
        project = prepare_project(client, title, **build_contest_settings(repository))
        sender = Sender(client, server, project, title, patience, told, guesses)
        there, created, refreshed = sender.send(tasks)
    return Pushed(plan.adjudicator, title, created, there, 0, refreshed)


def _build_tasks(
    repository: Repository, plan: Round, cases: Sequence[Case], seed: int
) -> list[Json]:
    """Return the data of the adjudicator's tasks; no name of an annotator is in them."""
    by_id = {case.passage_id: case for case in cases}
    return [
        task
        | {
            "issues": list(case.names),
            "issues_sha256": hash_text(" ".join(case.names)),
            "contested": _describe(case, seed),
        }
        for task in build_tasks(repository, plan)
        if (case := by_id.get(task["passage_id"]))
    ]


def _describe(case: Case, seed: int) -> str:
    """Return what is at issue, as the adjudicator reads it above the text."""
    letters = letters_of(case, seed)
    found = []
    for finding in case.findings:
        said = {letters[a]: _say(finding.get(a)) for a in case.readers}
        first = next(iter(finding.values()))
        words = ", ".join(f"{letter}: {said[letter]}" for letter in sorted(said))
        found.append(f"{first.code} ({words})")
    return "To decide: " + "; ".join(found)


def _say(row: Annotation | None) -> str:
    """Return what one annotator said about a finding, in short."""
    if row is None:
        return "not coded"
    values = [getattr(row, name) for name in _VALUES]
    return " ".join(v.replace("_", " ") for v in values if v) or "coded"


def _build_predictions(case: Case, task: Json, seed: int) -> list[Json]:
    """Return what each annotator said, under letters, with ids of spans that tell nothing."""
    predictions = []
    for annotator_id, letter in sorted(letters_of(case, seed).items(), key=lambda pair: pair[1]):
        rows = [f[annotator_id] for f in case.findings if annotator_id in f]
        masked = [replace(r, annotation_id=f"x-{letter}{n}") for n, r in enumerate(rows, 1)]
        result = build_result(masked, task["text"])
        predictions.append({"model_version": letter, "result": result})
    # Label Studio begins with a copy of the last one, which must not speak for either side.
    return [*predictions, {"model_version": NEITHER, "result": []}]


def build_contest_settings(repository: Repository) -> dict[str, str]:
    """Return what the adjudicator's project shows: the annotators' page, and what is at issue."""
    settings = build_settings(repository)
    view = ElementTree.fromstring(build_label_config(repository.codebook))
    _show_issues(view)
    config = ElementTree.tostring(view, encoding="unicode") + "\n"
    return settings | {"config": config, "instruction": _HOW_TO_DECIDE + settings["instruction"]}


def _show_issues(view: Element) -> None:
    """Put what is at issue above the text, and ask why below it."""
    for parent in view.iter():
        children = list(parent)
        for place, child in enumerate(children):
            if child.get("name") == TEXT and child.tag == "Text":
                parent.insert(place, Element("Header", value="$contested", size="6"))
            if child.get("name") == NOTE:
                child.set("placeholder", "Why? For instance: degree_term: the cap settles it")
                for before in children[:place]:
                    before.set("value", "Why")


# Back: what was decided.


def pull_contests(
    repository: Repository,
    plan: Round,
    server: Server,
    known: set[str],
    *,
    progress: Progress | None = None,
) -> Rulings:
    """
    Return what the adjudicator decided, checked; what is wrong goes into quarantine.

    A passage with anything wrong is not decided, because a code that is not left would be taken
    for one that was dropped.

    Args:
        repository: The checkout.
        plan: The round.
        server: Where from.
        known: The names of all findings that there are now.
        progress: Called with the project's name, tasks read and tasks awaited.

    Raises:
        ServerFault: There is no such project, or the server refuses.
    """
    issues: dict[str, tuple[str, ...]] = {}

    def find_fault(data: Json) -> str | None:
        names = tuple(map(str, data.get("issues") or ()))
        if not names or not known.issuperset(names):
            return STALE
        issues[str(data.get("passage_id"))] = names
        return None

    seat = build_adjudicator_seat(repository, plan)
    told = partial(progress, CONTESTS) if progress else say_nothing
    with connect(server) as client:
        harvest = harvest_project(client, seat, project_title(plan, CONTESTS), told, find_fault)
    write_quarantine(repository, harvest, CONTESTS)
    snapshot = write_snapshot(repository, plan.round, CONTESTS, harvest.snapshot)
    wrong = {entry["passage_id"] for entry in harvest.quarantine if entry["reasons"] != [STALE]}
    found = tuple(
        Ruling(passage_id, tuple(rows), tuple(parse_notes(harvest.newest[passage_id])))
        for passage_id, rows in harvest.rows.items()
        if passage_id not in wrong
    )
    current = [e for e in harvest.snapshot if known.issuperset(e["data"].get("issues") or ())]
    pulled = replace(harvest.report(snapshot), missing=len(current) - len(found))
    return Rulings(found, issues, pulled)


# The same door for a language model.


def read_issues(repository: Repository, plan: Round, server: Server) -> dict[str, tuple[str, ...]]:
    """Return the names of the findings that stand before the adjudicator, by passage."""
    with connect(server) as client:
        project = demand_project(client, project_title(plan, CONTESTS))
        found = list(iter_task_data(client, project))
    return {str(d.get("passage_id")): tuple(map(str, d.get("issues") or ())) for _, d in found}


def submit_rulings(
    repository: Repository, plan: Round, server: Server, rulings: Sequence[Ruling]
) -> SubmitReport:
    """
    Enter the decisions of a rule or a language model, as if it had worked on the page.

    Raises:
        RecordFault: Codes break the codebook; nothing was sent.
        ServerFault: A passage is not before the adjudicator, or the server refuses.
    """
    seat = build_adjudicator_seat(repository, plan)
    title = project_title(plan, CONTESTS)
    results = {r.passage_id: _build_result(r, seat) for r in rulings}
    with connect(server) as client:
        # Of several tasks of one passage the latest shows the codes as they are now.
        found = iter_task_data(client, demand_project(client, title))
        tasks = {d["passage_id"]: (key_of(d), i) for i, d in found}
        if missing := [p for p in results if p not in tasks]:
            raise ServerFault(
                f"{title} lacks {missing[0]}; run 'safeguards label push --adjudicate' first"
            )
        sent = 0
        for passage_id, result in results.items():
            key, task = tasks[passage_id]
            sent += create_annotation(client, task, make_unique_id(title, key, result), result)
    left = len(set(tasks) - set(results))
    return SubmitReport(plan.adjudicator, title, sent, len(results) - sent, left)


def _build_result(ruling: Ruling, seat: Seat) -> list[Json]:
    """
    Return what Label Studio would hold if somebody had ruled so by hand.

    Raises:
        RecordFault: It would come back with faults.
    """
    passage = seat.passages[ruling.passage_id]
    text = passage.text or ""
    masked = [replace(r, annotation_id=f"x-{n}") for n, r in enumerate(ruling.rows, 1)]
    result = build_result(masked, text)
    if ruling.notes:
        value = {"text": list(ruling.notes)}
        kind = {"id": "why", "from_name": NOTE, "to_name": TEXT, "type": "textarea"}
        result.append(kind | {"value": value})
    data = {
        "passage_id": passage.passage_id,
        "edition": passage.edition,
        "text_sha256": hash_text(text),
        "text": text,
    }
    _, faults = parse_annotation({"data": data}, {"result": result}, seat)
    if faults:
        raise RecordFault(
            f"the decisions of {seat.annotator_id}", [f"{ruling.passage_id}: {f}" for f in faults]
        )
    return result
