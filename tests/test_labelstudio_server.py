"""Facts about the exchange with Label Studio, against a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from conftest import KINDS, StartLabelStudio, entrance, free_port, reword
from safeguards.cli.main import main
from safeguards.errors import RecordFault, SafeguardsError, ServerFault, TextChanged, UsageFault
from safeguards.labelstudio.client import Server, connect, list_tasks, read_server
from safeguards.labelstudio.pull import pull
from safeguards.labelstudio.push import build_tasks, push
from safeguards.labelstudio.restore import restore
from safeguards.labelstudio.server import (
    Credentials,
    Running,
    default_data_dir,
    find_executable,
    read_credentials,
    write_credentials,
)
from safeguards.labelstudio.snapshots import read_snapshot
from safeguards.labelstudio.submit import submit
from safeguards.model import Annotation, Assignment, Round
from safeguards.records import only, read_records
from safeguards.repository import Repository

PASSAGES = 7
FIRST = "tiny:art_1__para_1"
SECOND = "tiny:art_1__para_2"
on_both = pytest.mark.parametrize("server", KINDS, indirect=True)


def task_of(client: Any, title: str, passage_id: str) -> int:
    """Return the id of the task that shows a passage."""
    project = next(p.id for p in client.projects.list(include="id,title") if p.title == title)
    return next(i for (passage, _), i in list_tasks(client, project) if passage == passage_id)


def rows_of(tiny: Repository, annotator_id: str) -> list[Annotation]:
    """Return the committed codes of an annotator of the tiny repository."""
    return only(read_records(tiny.annotations_path("pilot", annotator_id), Annotation))


def label_item(code: str, start: Any, end: Any, layer: str = "power") -> dict[str, Any]:
    """Return one label as Label Studio stores it."""
    value = {"start": start, "end": end, "labels": [code]}
    kind = {"id": f"{code}{start}", "from_name": layer, "to_name": "text", "type": "labels"}
    return kind | {"value": value}


def note_item(words: str) -> dict[str, Any]:
    """Return a note to the lead as Label Studio stores it."""
    kind = {"id": "note", "from_name": "note_to_lead", "to_name": "text", "type": "textarea"}
    return kind | {"value": {"text": [words]}}


def draft(server: Server, task: int, result: list[dict[str, Any]]) -> None:
    """Leave work on a task that is not sent off, as a browser does while somebody draws."""
    path = f"{server.url}/api/tasks/{task}/drafts"
    key = {"Authorization": f"Token {server.token}"}
    answer = httpx.post(path, json={"result": result, "lead_time": 1}, headers=key)
    assert answer.status_code == 201


def held_bytes(tiny: Repository) -> dict[str, bytes]:
    """Return everything that a pull writes, by name."""
    found = tiny.path("annotations").rglob("*.jsonl")
    return {str(path): path.read_bytes() for path in sorted(found)}


def quarantine(tiny: Repository) -> Path:
    """Return the quarantine of the first annotator."""
    return tiny.path("annotations/quarantine/pilot-lm-x.jsonl")


@on_both
def test_push_twice(tiny: Repository, server: Server) -> None:
    """A second push creates nothing, and finds every task once."""
    plan = tiny.round("pilot")
    first = push(tiny, plan, server).projects
    second = push(tiny, plan, server).projects
    assert [(p.project, p.created, p.already_there) for p in first] == [
        ("pilot/lm-x", PASSAGES, 0),
        ("pilot/lm-y", PASSAGES, 0),
    ]
    assert [(p.created, p.already_there) for p in second] == [(0, PASSAGES), (0, PASSAGES)]


def test_assignments_are_kept(tiny: Repository, server: Server, client: Any) -> None:
    """An annotator gets what is assigned, in its order, and nothing else is asked or taken."""
    seats = (Assignment("lm-x", ("tiny:art_3", "tiny:art_1")), Assignment("lm-y", ("tiny:art_2",)))
    plan = replace(tiny.round("pilot"), assignments=seats)
    pushed = push(tiny, plan, server).projects
    assert [p.created for p in pushed] == [6, 1]
    project = next(p.id for p in client.projects.list() if p.title == "pilot/lm-x")
    shown = [passage for _, (passage, _) in sorted((i, k) for k, i in list_tasks(client, project))]
    assert (shown[0], shown[2]) == ("tiny:art_3__para_1", FIRST)
    rows = [row for row in rows_of(tiny, "lm-y") if row.passage_id == "tiny:art_2"]
    submit(tiny, plan, server, "lm-y", rows)
    found = pull(tiny, plan, server, force=True).annotators
    assert [(p.passages, p.missing) for p in found] == [(0, 6), (1, 0)]
    with pytest.raises(UsageFault) as caught:
        submit(
            tiny,
            plan,
            server,
            "lm-y",
            rows_of(tiny, "lm-x") or [replace(rows[0], passage_id=FIRST)],
        )
    assert str(caught.value) == f"{FIRST} is not assigned to lm-y; leave it out"


def test_surroundings_are_refreshed(tiny: Repository, server: Server, client: Any) -> None:
    """Tasks of an older push show their neighbours as the newest does, and keep their codes."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, server)
    task = task_of(client, "pilot/lm-x", FIRST)
    data = next(d for d in build_tasks(tiny, plan) if d["passage_id"] == FIRST)
    old = {name: value for name, value in data.items() if name not in ("before", "after")}
    client.tasks.update(task, data=old)
    client.annotations.create(task, result=[label_item("preservation_order", 12, 35)])
    (report,) = push(tiny, plan, server).projects
    assert (report.created, report.refreshed) == (0, 1)
    assert client.tasks.get(str(task)).data == data
    assert pull(tiny, plan, server, force=True).annotators[0].rows == 1


def test_dry_run(tiny: Repository, server: Server, client: Any) -> None:
    """A dry run tells what is missing, and makes no project."""
    report = push(tiny, tiny.round("pilot"), server, dry_run=True)
    assert [(p.created, p.to_create) for p in report.projects] == [(0, PASSAGES), (0, PASSAGES)]
    assert list(client.projects.list()) == []


@on_both
def test_submit_and_pull(tiny: Repository, server: Server) -> None:
    """Codes that were submitted come back as they were, and as the same bytes each time."""
    plan = tiny.round("pilot")
    push(tiny, plan, server)
    paths = [tiny.annotations_path("pilot", a) for a in plan.annotators]
    before = [set(rows_of(tiny, a)) for a in plan.annotators]
    for annotator_id in plan.annotators:
        submit(tiny, plan, server, annotator_id, rows_of(tiny, annotator_id))
    for path in paths:
        path.unlink()
    report = pull(tiny, plan, server)
    once = [path.read_bytes() for path in paths]
    pull(tiny, plan, server)
    assert [set(rows_of(tiny, a)) for a in plan.annotators] == before
    assert [path.read_bytes() for path in paths] == once
    assert [(p.quarantined, p.missing) for p in report.annotators] == [(0, 0), (0, 0)]


@on_both
def test_submit_twice(tiny: Repository, server: Server) -> None:
    """A second submission of the same codes stores nothing."""
    plan = tiny.round("pilot")
    push(tiny, plan, server)
    rows = rows_of(tiny, "lm-x")
    first = submit(tiny, plan, server, "lm-x", rows)
    second = submit(tiny, plan, server, "lm-x", rows)
    assert (first.submitted, first.already_there) == (PASSAGES, 0)
    assert (second.submitted, second.already_there) == (0, PASSAGES)


def test_submit_before_push(tiny: Repository, server: Server) -> None:
    """Codes are refused while the annotator has no project."""
    with pytest.raises(ServerFault) as caught:
        submit(tiny, tiny.round("pilot"), server, "lm-x", rows_of(tiny, "lm-x"))
    assert str(caught.value) == (
        "the server has no project pilot/lm-x; run 'safeguards label push', or "
        "'safeguards label restore' if it was deleted"
    )


def broken(rows: list[Annotation], **changes: Any) -> list[Annotation]:
    """Return *rows* with the first one changed."""
    return [replace(rows[0], **changes), *rows[1:]]


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"text_sha256": "0" * 64}, TextChanged, "the text changed since it was coded"),
        ({"start": None, "end": None}, UsageFault, "has no span inside the text"),
        ({"end": 9999}, UsageFault, "has no span inside the text"),
        ({"code": "no_such_code"}, RecordFault, "the submission of lm-x has 1 fault"),
        ({"annotator_id": "lm-y"}, UsageFault, "give only rows of pilot/lm-x"),
        ({"passage_id": "tiny:art_9"}, UsageFault, "tiny:art_9 is not in round pilot"),
    ],
)
def test_submit_refuses(
    tiny: Repository,
    server: Server,
    changes: dict[str, Any],
    kind: type[SafeguardsError],
    message: str,
) -> None:
    """A submission with one wrong row is refused whole, with the reason."""
    plan = tiny.round("pilot")
    with pytest.raises(kind) as caught:
        submit(tiny, plan, server, "lm-x", broken(rows_of(tiny, "lm-x"), **changes))
    assert message in str(caught.value)


@on_both
def test_garbage_is_quarantined(tiny: Repository, server: Server, client: Any) -> None:
    """Wrong spans go to quarantine with their reasons, and the right ones come through."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    tiny.annotations_path("pilot", "lm-x").unlink()
    push(tiny, plan, server)
    items = [
        label_item("preservation_order", 12, 35),
        label_item("preservation_order", 9, 3),
        label_item("warp_drive", 0, 4),
    ]
    client.annotations.create(task_of(client, "pilot/lm-x", FIRST), result=items)
    (report,) = pull(tiny, plan, server).annotators
    text = quarantine(tiny).read_text(encoding="utf-8")
    assert [(r.code, r.start, r.end) for r in rows_of(tiny, "lm-x")] == [
        ("preservation_order", 12, 35)
    ]
    assert "preservation_order 9-3: the span ends before it starts" in text
    assert "warp_drive 0-4: the codebook has no code warp_drive" in text
    assert (report.rows, report.quarantined, report.missing) == (1, 1, PASSAGES - 1)


def test_nobody_is_named(tiny: Repository, server: Server, client: Any) -> None:
    """Neither codes nor quarantine hold an address, a user or a date."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    tiny.annotations_path("pilot", "lm-x").unlink()
    push(tiny, plan, server)
    items = [label_item("preservation_order", 12, 35), label_item("warp_drive", 0, 4)]
    client.annotations.create(task_of(client, "pilot/lm-x", FIRST), result=items)
    pull(tiny, plan, server)
    path = tiny.annotations_path("pilot", "lm-x")
    written = path.read_text(encoding="utf-8") + quarantine(tiny).read_text(encoding="utf-8")
    assert not [w for w in ("@", "created", "updated", "completed_by", "lead_time") if w in written]


def test_quarantine_goes_away(tiny: Repository, server: Server, client: Any) -> None:
    """Once nothing is wrong any more, the quarantine file is removed."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    tiny.annotations_path("pilot", "lm-x").unlink()
    push(tiny, plan, server)
    task = task_of(client, "pilot/lm-x", FIRST)
    wrong = client.annotations.create(task, result=[label_item("warp_drive", 0, 4)])
    pull(tiny, plan, server)
    was_there = quarantine(tiny).is_file()
    client.annotations.update(wrong.id, result=[label_item("preservation_order", 12, 35)])
    pull(tiny, plan, server)
    assert (was_there, quarantine(tiny).is_file()) == (True, False)


def test_newest_submission_counts(tiny: Repository, server: Server, client: Any) -> None:
    """Of two submissions for one passage the newer is taken and the older set aside."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    tiny.annotations_path("pilot", "lm-x").unlink()
    push(tiny, plan, server)
    task = task_of(client, "pilot/lm-x", FIRST)
    for end in (20, 35):
        client.annotations.create(task, result=[label_item("preservation_order", 12, end)])
    pull(tiny, plan, server)
    assert [row.end for row in rows_of(tiny, "lm-x")] == [35]
    assert "of the same passage is newer" in quarantine(tiny).read_text(encoding="utf-8")


@on_both
def test_skipped_is_counted_apart(tiny: Repository, server: Server, client: Any) -> None:
    """A passage that the annotator skipped gives no row and is counted."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    tiny.annotations_path("pilot", "lm-x").unlink()
    push(tiny, plan, server)
    task = task_of(client, "pilot/lm-x", FIRST)
    client.annotations.create(task, result=[], was_cancelled=True)
    (report,) = pull(tiny, plan, server).annotators
    assert (report.skipped, report.rows, report.missing) == (1, 0, PASSAGES)


def test_nothing_marked_is_a_finding(tiny: Repository, server: Server, client: Any) -> None:
    """A submission without a span is one row of layer none."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    tiny.annotations_path("pilot", "lm-x").unlink()
    push(tiny, plan, server)
    client.annotations.create(task_of(client, "pilot/lm-x", FIRST), result=[])
    pull(tiny, plan, server)
    assert [(r.layer, r.code, r.start) for r in rows_of(tiny, "lm-x")] == [("none", "none", None)]


@on_both
def test_text_changed_on_the_server(tiny: Repository, server: Server, client: Any) -> None:
    """Codes of a task whose text was edited after coding go to quarantine."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    tiny.annotations_path("pilot", "lm-x").unlink()
    push(tiny, plan, server)
    task = task_of(client, "pilot/lm-x", FIRST)
    client.annotations.create(task, result=[label_item("preservation_order", 12, 35)])
    data = next(d for d in build_tasks(tiny, plan) if d["passage_id"] == FIRST)
    client.tasks.update(task, data={**data, "text": "Another text."})
    (report,) = pull(tiny, plan, server).annotators
    text = quarantine(tiny).read_text(encoding="utf-8")
    assert (report.rows, "the text changed since it was coded" in text) == (0, True)


def test_drafts_and_skips_are_listed_apart(tiny: Repository, server: Server, client: Any) -> None:
    """Work that was not sent off is named and not used, and a skipped passage has its reason."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    tiny.annotations_path("pilot", "lm-x").unlink()
    push(tiny, plan, server)
    first, second = (task_of(client, "pilot/lm-x", p) for p in (FIRST, SECOND))
    draft(server, first, [label_item("preservation_order", 12, 35)])
    client.annotations.create(second, result=[note_item("Too odd.")], was_cancelled=True)
    (report,) = pull(tiny, plan, server).annotators
    assert (report.unsent, report.skips, report.rows) == ((FIRST,), ((SECOND, "Too odd."),), 0)


@on_both
def test_a_lost_project_comes_back(tiny: Repository, server: Server, client: Any) -> None:
    """Rebuilt from the last pull, a deleted project gives the same bytes, skips and faults too."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, server)
    submit(tiny, plan, server, "lm-x", rows_of(tiny, "lm-x"))
    first, second = (task_of(client, "pilot/lm-x", p) for p in (FIRST, SECOND))
    client.annotations.create(first, result=[label_item("warp_drive", 0, 4)])
    client.annotations.create(first, result=[label_item("preservation_order", 12, 35)])
    client.annotations.create(second, result=[note_item("Too odd.")], was_cancelled=True)
    pull(tiny, plan, server)
    before = held_bytes(tiny)
    (project,) = client.projects.list(include="id,title")
    client.projects.delete(project.id)
    once, again = (restore(tiny, plan, server, ["lm-x"])[0] for _ in range(2))
    pull(tiny, plan, server)
    assert (once.tasks, once.submissions, once.already_there) == (PASSAGES, PASSAGES + 3, 0)
    assert (again.tasks, again.submissions, again.already_there) == (0, 0, PASSAGES + 3)
    assert held_bytes(tiny) == before
    assert [Path(name).name for name in before if "snapshots" in name] == ["0001.jsonl"]


def test_newer_work_is_left_alone(tiny: Repository, server: Server, client: Any) -> None:
    """A restoration does not put an older submission over one that was made since."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, server)
    submit(tiny, plan, server, "lm-x", rows_of(tiny, "lm-x"))
    pull(tiny, plan, server)
    client.projects.delete(next(iter(client.projects.list(include="id,title"))).id)
    push(tiny, plan, server)
    client.annotations.create(task_of(client, "pilot/lm-x", FIRST), result=[])
    (report,) = restore(tiny, plan, server, ["lm-x"])
    assert (report.worked_on, report.submissions) == ((FIRST,), PASSAGES - 1)


def test_a_lost_draft_is_told(tiny: Repository, server: Server, client: Any) -> None:
    """A restoration says whose draft on which passage could not be restored."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, server)
    submit(tiny, plan, server, "lm-x", rows_of(tiny, "lm-x"))
    draft(server, task_of(client, "pilot/lm-x", FIRST), [])
    pull(tiny, plan, server)
    (report,) = restore(tiny, plan, server, ["lm-x"])
    assert (report.unsent, report.already_there) == ((FIRST,), PASSAGES)


def test_restoring_what_was_never_pulled(tiny: Repository, server: Server) -> None:
    """Without a snapshot nothing is sent, and the next step is named."""
    with pytest.raises(UsageFault) as caught:
        restore(tiny, tiny.round("pilot"), server, ["lm-x"])
    assert str(caught.value) == (
        "no snapshot of pilot/lm-x; there are: none yet; run 'safeguards label pull' while the "
        "project is there"
    )


def test_every_snapshot_stays(tiny: Repository, server: Server, client: Any) -> None:
    """A pull that brings something new leaves the older snapshot as it was."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, server)
    submit(tiny, plan, server, "lm-x", rows_of(tiny, "lm-x"))
    first, same = (pull(tiny, plan, server).annotators[0].snapshot for _ in range(2))
    old = read_snapshot(tiny, "pilot", "lm-x", 1)
    client.annotations.create(task_of(client, "pilot/lm-x", FIRST), result=[])
    changed = pull(tiny, plan, server).annotators[0].snapshot
    assert (first, same, changed) == (1, 1, 2)
    assert read_snapshot(tiny, "pilot", "lm-x", 1) == old != read_snapshot(tiny, "pilot", "lm-x")


def test_pull_loses_nothing(tiny: Repository, server: Server) -> None:
    """A pull that would empty a file is refused, and done when forced."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, server)
    with pytest.raises(UsageFault) as caught:
        pull(tiny, plan, server)
    assert str(caught.value) == (
        "lm-x.jsonl would lose 7 passages, the first is tiny:art_1__para_1; look into "
        "annotations/quarantine/, or repeat with --force"
    )
    pull(tiny, plan, server, force=True)
    assert rows_of(tiny, "lm-x") == []


@on_both
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("preservation_order", "keeping_order"),
        ("- id: qualified", "- id: hedged"),
        ("- id: widens_power", "- id: grows_power"),
        ("  - after", "  - later"),
    ],
)
def test_used_label_stays(tiny: Repository, server: Server, old: str, new: str) -> None:
    """A push is refused once the codebook lacks a code or an answer that somebody used."""
    plan = replace(tiny.round("pilot"), annotators=("lm-y",))
    push(tiny, plan, server)
    submit(tiny, plan, server, "lm-y", rows_of(tiny, "lm-y"))
    path = tiny.path("schema/codebook.yaml")
    words = path.read_text(encoding="utf-8")
    path.write_text(words.replace(old, new), encoding="utf-8")
    with pytest.raises(ServerFault) as caught:
        push(Repository(tiny.root), plan, server)
    assert "put them back, or begin a new round" in str(caught.value)


def test_renamed_label_is_taken(tiny: Repository, server: Server, client: Any) -> None:
    """A code may get another name after it was used, for its id is what was stored."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, server)
    task = task_of(client, "pilot/lm-x", FIRST)
    client.annotations.create(task, result=[label_item("preservation_order", 12, 35)])
    path = tiny.path("schema/codebook.yaml")
    words = path.read_text(encoding="utf-8").replace("Order to keep data", "Order to hold data")
    path.write_text(words, encoding="utf-8")
    push(Repository(tiny.root), plan, server)
    (project,) = client.projects.list()
    assert "Order to hold data" in project.label_config


def test_two_projects_of_one_title(tiny: Repository, server: Server, client: Any) -> None:
    """Two projects of one title are refused, for nobody knows which is meant."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    for _ in range(2):
        client.projects.create(title="pilot/lm-x")
    with pytest.raises(ServerFault) as caught:
        push(tiny, plan, server)
    assert str(caught.value) == (
        "2 projects are called pilot/lm-x; delete or rename all but one of them"
    )


def test_doubled_task_is_refused(tiny: Repository, server: Server, client: Any) -> None:
    """A task that somebody imported twice is named and refused."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, server)
    (project,) = client.projects.list()
    client.projects.import_tasks(project.id, request=[{"data": build_tasks(tiny, plan)[0]}])
    with pytest.raises(ServerFault) as caught:
        push(tiny, plan, server)
    assert str(caught.value) == (
        "pilot/lm-x has tasks more than once: tiny:art_1__para_1; "
        "delete the copies that hold no codes"
    )


def test_other_codebook(tiny: Repository, server: Server) -> None:
    """A round is coded with one version of the codebook only."""
    plan = replace(tiny.round("pilot"), codebook_version="9.9.9")
    with pytest.raises(UsageFault) as caught:
        push(tiny, plan, server)
    assert str(caught.value) == (
        "round pilot is for codebook 9.9.9, schema/codebook.yaml is 0.1.0; begin a new round"
    )


@on_both
def test_bad_token(tiny: Repository, server: Server) -> None:
    """A token that is not accepted gives one line, without the token."""
    with pytest.raises(ServerFault) as caught:
        push(tiny, tiny.round("pilot"), replace(server, token="0" * 40))
    assert str(caught.value) == (
        f"{server.url} does not accept the token; set LABEL_STUDIO_API_KEY to a valid one"
    )


def test_dead_server(tiny: Repository) -> None:
    """A server that does not answer gives one line with the next step."""
    dead = Server(f"http://127.0.0.1:{free_port()}", "0" * 40)
    with pytest.raises(ServerFault) as caught:
        pull(tiny, tiny.round("pilot"), dead)
    assert str(caught.value) == (
        f"no answer from {dead.url}; start one with 'safeguards label serve'"
    )


@pytest.mark.parametrize(
    ("command", "fault", "message"),
    [
        ("push", "token", "{url} does not accept the token; set LABEL_STUDIO_API_KEY to a valid one"),
        ("pull", "token", "{url} does not accept the token; set LABEL_STUDIO_API_KEY to a valid one"),
        ("pull", "dead", "no answer from {url}; start one with 'safeguards label serve'"),
        ("restore", "dead", "no snapshot of pilot/lm-x; there are: none yet; run 'safeguards label "
         "pull' while the project is there"),
        ("pull", "lost", "the server has no project pilot/lm-x; run 'safeguards label push', or "
         "'safeguards label restore' if it was deleted"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_line(
    tiny: Repository,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    fault: str,
    message: str,
) -> None:
    """A bad token, a dead server, a deleted project: one line, no token, and a failure."""
    token = "0b" * 20 if fault == "token" else server.token
    url = f"http://127.0.0.1:{free_port()}" if fault == "dead" else server.url
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
    result = CliRunner().invoke(
        main, ["-C", str(tiny.root), "label", command, "--round", "pilot", "--url", url]
    )
    assert result.exit_code != 0
    assert result.output == f"safeguards: {message.format(url=url)}\n"
    assert token not in result.output


def test_only_this_machine(label_studio: tuple[Server, Credentials]) -> None:
    """The server listens on 127.0.0.1 and nowhere else."""
    port = int(label_studio[0].url.rpartition(":")[2])
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [row.split() for t in tables if t.is_file() for row in t.read_text().splitlines()[1:]]
    listening = {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
    assert listening == {f"0100007F:{port:04X}"}


def test_busy_port(
    label_studio: tuple[Server, Credentials], start_label_studio: StartLabelStudio, tmp_path: Path
) -> None:
    """A busy port is refused; Label Studio itself would take the next one and say nothing."""
    port = int(label_studio[0].url.rpartition(":")[2])
    with pytest.raises(ServerFault) as caught:
        start_label_studio(tmp_path / "data", port)
    assert str(caught.value) == f"port {port} is taken; choose another one with --port"


def enlarge(tiny: Repository, articles: int) -> Round:
    """Give the tiny treaty many more articles, and return a round over them."""
    more = "".join(f"\n### Article {n}\n\nA Party may do {n}.\n" for n in range(4, articles + 4))
    reword(tiny, "\nIN WITNESS", more + "\nIN WITNESS")
    passages = tuple(f"tiny:art_{n}" for n in range(4, articles + 4))
    return replace(tiny.round("pilot"), annotators=("lm-x",), passages=passages)


class Killer:
    """Kills the server while a batch is on its way, once, and then does what comes next."""

    def __init__(self, running: Running, delay: float, then: Callable[[], object]) -> None:
        """Prepare to kill *running*, *delay* seconds after the first batch arrived."""
        self.running, self.then = running, then
        self.timer = threading.Timer(delay, self.strike)

    def watch(self, annotator_id: str, done: int, total: int) -> None:
        """Start the clock once the first batch is there."""
        if 0 < done < total and self.timer.ident is None:
            self.timer.start()

    def strike(self) -> None:
        """Kill the server as a power cut would."""
        self.running.process.kill()
        self.running.process.wait(20)
        self.then()


def held_keys(server: Server) -> list[Any]:
    """Return the key of every task of the only project."""
    with connect(server) as client:
        (project,) = client.projects.list(include="id,title")
        return [key for key, _ in list_tasks(client, project.id)]


@pytest.mark.parametrize(
    ("delay", "kind"), [(0.02, "sqlite"), (0.3, "sqlite"), (0.3, "postgresql")]
)
def test_killed_server(
    tiny: Repository,
    start_label_studio: StartLabelStudio,
    tmp_path: Path,
    delay: float,
    kind: str,
) -> None:
    """After the server was killed in the middle of a push, a second push leaves no duplicates."""
    port, folder, plan = free_port(), tmp_path / "data", enlarge(tiny, 2000)
    server = Server(entrance(port).url, entrance(port).token)
    killer = Killer(start_label_studio(folder, port, kind), delay, then=lambda: None)
    with pytest.raises(ServerFault):
        push(tiny, plan, server, progress=killer.watch, patience=1)
    killer.timer.join(60)
    start_label_studio(folder, port, kind)
    push(tiny, plan, server)
    keys = held_keys(server)
    assert (len(keys), len(set(keys))) == (2000, 2000)


def test_restarted_server(
    tiny: Repository, start_label_studio: StartLabelStudio, tmp_path: Path
) -> None:
    """A push waits for a server that comes back, and still sends each task once."""
    port, folder, plan = free_port(), tmp_path / "data", enlarge(tiny, 2000)
    server = Server(entrance(port).url, entrance(port).token)
    running = start_label_studio(folder, port)
    killer = Killer(running, 0.2, then=lambda: start_label_studio(folder, port))
    try:
        push(tiny, plan, server, progress=killer.watch)
    finally:
        killer.timer.join(60)
    keys = held_keys(server)
    assert (len(keys), len(set(keys)), running.process.returncode) == (2000, 2000, -9)


# Which server, and which token.


def home(tmp_path: Path, mode: int = 0o600) -> dict[str, str]:
    """Return the environment of a person who keeps a token in the usual file."""
    path = tmp_path / ".config" / "safeguards" / "label-studio-token"
    path.parent.mkdir(parents=True)
    path.write_text("from-the-file\n", encoding="utf-8")
    path.chmod(mode)
    return {"HOME": str(tmp_path)}


def test_token_in_the_environment(tmp_path: Path) -> None:
    """The environment comes before the file, and an address that is given before both."""
    env = home(tmp_path) | {"LABEL_STUDIO_API_KEY": "secret", "LABEL_STUDIO_URL": "http://a.org"}
    assert read_server(env, "https://b.org/") == Server("https://b.org", "secret")


def test_token_in_a_file(tmp_path: Path) -> None:
    """Without LABEL_STUDIO_API_KEY the token comes from the person's file."""
    assert read_server(home(tmp_path)) == Server("http://127.0.0.1:8080", "from-the-file")


def test_token_file_is_private(tmp_path: Path) -> None:
    """A token that others may read is refused."""
    with pytest.raises(ServerFault) as caught:
        read_server(home(tmp_path, mode=0o644))
    path = tmp_path / ".config" / "safeguards" / "label-studio-token"
    assert str(caught.value) == f"others may read {path}; run 'chmod 600 {path}'"


def test_token_of_the_own_server(tmp_path: Path) -> None:
    """The token of the server that this person started is found, for its address only."""
    env = {"HOME": str(tmp_path)}
    who = Credentials("http://127.0.0.1:9000", "lead@example.org", "password", "own-token")
    write_credentials(default_data_dir(env), who)
    assert read_server(env, who.url).token == "own-token"
    with pytest.raises(ServerFault):
        read_server(env, "http://127.0.0.1:9001")


def test_credentials_are_private(tmp_path: Path) -> None:
    """Password and token are kept for their owner only, and are never shown."""
    who = Credentials("http://127.0.0.1:9000", "lead@example.org", "password", "own-token")
    write_credentials(tmp_path, who)
    assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert read_credentials(tmp_path) == who
    assert repr(who) == "Credentials(url='http://127.0.0.1:9000', user='lead@example.org')"


@pytest.mark.parametrize("url", ["ftp://a.org", "a.org", "http://", "http://me:secret@a.org"])
def test_wrong_address(url: str) -> None:
    """An address that is none, or that holds a password, is refused."""
    with pytest.raises(UsageFault) as caught:
        read_server({"LABEL_STUDIO_API_KEY": "secret"}, url)
    assert str(caught.value) == (
        "the address of Label Studio is wrong; write for instance http://127.0.0.1:8080"
    )


def test_no_program(tmp_path: Path) -> None:
    """Without the server's program the next step is named."""
    with pytest.raises(ServerFault) as caught:
        find_executable({"PATH": str(tmp_path)}, tmp_path)
    assert str(caught.value) == "no Label Studio is installed here; run 'make label-studio'"


@on_both
def test_commands(tiny: Repository, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """``label push``, ``submit`` and ``pull`` print one row for each annotator."""
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.token)
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
    path = tiny.annotations_path("pilot", "lm-x")
    commands = (
        ["push"],
        ["submit", "--annotator", "lm-x", "--file", str(path)],
        ["pull", "--force"],
    )
    root = ["-C", str(tiny.root), "label"]
    found = [
        CliRunner().invoke(main, [*root, name, "--round", "pilot", "--format", "json", *rest])
        for name, *rest in commands
    ]
    assert [result.exit_code for result in found] == [0, 0, 0]
    printed = [json.loads(result.stdout)[0] for result in found]
    assert [p.get("created", p.get("submitted", p.get("passages"))) for p in printed] == [7, 7, 7]


def test_unknown_round(tiny: Repository) -> None:
    """A round that does not exist is wrong usage, told in one line."""
    result = CliRunner().invoke(main, ["-C", str(tiny.root), "label", "pull", "--round", "nope"])
    assert (result.exit_code, result.stderr) == (
        2,
        "safeguards: no round called 'nope'; the rounds are: pilot\n",
    )
