"""Facts about whole campaigns, against a real server: size, kills, eight at once, progress."""

from __future__ import annotations

import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conftest import StartLabelStudio, entrance, free_port
from safeguards.cli.main import main
from safeguards.errors import ServerFault
from safeguards.labelstudio.client import Server
from safeguards.labelstudio.pull import pull, read_round
from safeguards.labelstudio.push import push
from safeguards.labelstudio.server import Running
from safeguards.labelstudio.status import Progress, measure_progress
from safeguards.labelstudio.submit import submit
from safeguards.model import Annotation, Round, hash_text, make_annotation_id
from safeguards.proposals import Origins
from safeguards.records import only, read_records
from safeguards.repository import Repository
from test_labelstudio_server import FIRST, enlarge, held_keys, label_item, task_of

COURT = "tiny:art_3__para_1"
EIGHT = tuple(f"sim-{letter}" for letter in "abcdefgh")


def test_two_thousand_passages_pushed_twice(tiny: Repository, server: Server) -> None:
    """A second push of 2,000 passages finds all of them, and the server holds 2,000 tasks."""
    plan = enlarge(tiny, 2000)
    first = push(tiny, plan, server).projects[0]
    second = push(tiny, plan, server).projects[0]
    keys = held_keys(server)
    assert (first.created, second.created, second.already_there) == (2000, 0, 2000)
    assert (len(keys), len(set(keys))) == (2000, 2000)


def kill_at_commit(running: Running, folder: Path, deadline: float = 120) -> Thread:
    """Kill a server as soon as its database holds a task, and so before the client is told."""

    def watch() -> None:
        end = time.monotonic() + deadline
        database = f"file:{folder / 'label_studio.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(database, uri=True, timeout=30)) as held:
            while time.monotonic() < end:
                if held.execute("select exists (select 1 from task)").fetchone()[0]:
                    break
                time.sleep(0.002)
        running.process.kill()
        running.process.wait(20)

    watcher = Thread(target=watch)
    watcher.start()
    return watcher


def test_killed_at_commit(
    tiny: Repository, start_label_studio: StartLabelStudio, tmp_path: Path
) -> None:
    """Killed when a batch was stored and not yet acknowledged, 2,000 passages stay 2,000 tasks."""
    port, folder, plan = free_port(), tmp_path / "data", enlarge(tiny, 2000)
    server = Server(entrance(port).url, entrance(port).token)
    watcher = kill_at_commit(start_label_studio(folder, port), folder)
    with pytest.raises(ServerFault):
        push(tiny, plan, server, patience=1)
    watcher.join(60)
    start_label_studio(folder, port)
    report = push(tiny, plan, server).projects[0]
    keys = held_keys(server)
    assert (len(keys), len(set(keys))) == (2000, 2000)
    assert report.already_there > 0


def codes_of(tiny: Repository, plan: Round, annotator_id: str) -> list[Annotation]:
    """Return one power on the first words of each passage that an annotator codes."""
    blank = Annotation(
        "", "", plan.edition, "", plan.round, annotator_id, plan.codebook_version, "power",
        "preservation_order", start=0, end=7,
    )  # fmt: skip
    rows = [
        replace(blank, passage_id=p.passage_id, text_sha256=hash_text(p.text or ""))
        for p in tiny.round_passages(plan, annotator_id)
    ]
    return [replace(row, annotation_id=make_annotation_id(row)) for row in rows]


def test_eight_annotators_at_once(tiny: Repository, server: Server) -> None:
    """Of 1,600 codes that eight annotators submit at once none is lost and none is doubled."""
    plan = replace(enlarge(tiny, 200), round="load", annotators=EIGHT)
    push(tiny, plan, server)
    codes = {name: codes_of(tiny, plan, name) for name in EIGHT}
    with ThreadPoolExecutor(len(EIGHT)) as crowd:
        list(crowd.map(lambda name: submit(tiny, plan, server, name, codes[name]), EIGHT))
    report = pull(tiny, plan, server)
    found = {
        name: only(read_records(tiny.annotations_path("load", name), Annotation)) for name in EIGHT
    }
    assert found == codes
    assert sum(a.rows for a in report.annotators) == 1600
    assert {(a.missing, a.quarantined) for a in report.annotators} == {(0, 0)}
    progress = measure_progress(read_round(tiny, plan, server), (), date(2026, 1, 1), 3)
    assert {(p.submitted, p.left) for p in progress if p.article is None} == {(200, 0)}


# Progress.


def progress_of(
    tiny: Repository, plan: Round, server: Server, today: date
) -> dict[str | None, Progress]:
    """Return the first annotator's progress in all, and with each article."""
    found = measure_progress(read_round(tiny, plan, server), tiny.predictions(plan.round), today, 3)
    return {p.article: p for p in found if p.annotator_id == "lm-x"}


def test_progress_is_told_from_submissions(tiny: Repository, server: Server, client: Any) -> None:
    """Submissions, skips, drafts and times are counted; who is idle with work left is stuck."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, server)
    task = task_of(client, "pilot/lm-x", FIRST)
    item = label_item("preservation_order", 12, 35)
    made = client.annotations.create(task, result=[item], lead_time=42.5)
    skipped = task_of(client, "pilot/lm-x", "tiny:art_2")
    client.annotations.create(skipped, result=[], was_cancelled=True)
    day = made.created_at.date()
    found = progress_of(tiny, plan, server, day)
    everything = found[None]
    assert (everything.assigned, everything.submitted, everything.left) == (7, 1, 6)
    assert (everything.skipped, everything.seconds, everything.stuck) == (1, 42.5, None)
    assert [(p.article, p.submitted, p.skipped) for p in found.values() if p.article] == [
        ("tiny:art_1", 1, 0),
        ("tiny:art_2", 0, 1),
        ("tiny:art_3", 0, 0),
    ]
    later = progress_of(tiny, plan, server, date.fromordinal(day.toordinal() + 5))[None]
    assert (later.idle_days, later.stuck) == (5, "nothing for 5 days, 1 skipped")


def test_a_draft_is_no_submission(tiny: Repository, server: Server, client: Any) -> None:
    """A draft is told as one, and the passage still counts as not submitted."""
    plan = replace(tiny.round("pilot"), annotators=("lm-x",))
    push(tiny, plan, server)
    task = task_of(client, "pilot/lm-x", FIRST)
    draft = {"result": [label_item("preservation_order", 12, 35)], "lead_time": 3}
    sent = client._client_wrapper.httpx_client.request(
        f"api/tasks/{task}/drafts", method="POST", json=draft
    )
    assert sent.status_code == 201
    found = progress_of(tiny, plan, server, date(2026, 1, 1))[None]
    assert (found.submitted, found.drafts, found.stuck) == (0, 1, "nothing yet, 1 drafts")


# Commands, with and without proposals.


@pytest.fixture
def at_server(tiny: Repository, server: Server, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Return the tiny repository, whose commands find the server; nobody has coded anything yet."""
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.token)
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
    for name in ("lm-x", "lm-y"):
        tiny.annotations_path("pilot", name).unlink()
    return tiny


def run(repository: Repository, command: str, *arguments: str) -> Result:
    """Run a command about the pilot."""
    root = ["-C", str(repository.root), "label", command, "--round", "pilot"]
    return CliRunner().invoke(main, [*root, *arguments])


def test_proposals_are_shown_and_told_apart(at_server: Repository, client: Any) -> None:
    """What is proposed goes with the tasks, is kept, and a pull tells what became of it."""
    assert run(at_server, "push", "--predict", "cues").exit_code == 0
    (shown,) = [p for p in at_server.predictions("pilot") if p.passage_id == COURT]
    task = task_of(client, "pilot/lm-x", COURT)
    (sent,) = client.tasks.get(str(task)).predictions
    prediction = sent.model_dump()
    (item,) = prediction["result"]
    assert prediction["model_version"] == "cues-0.1.0" == shown.model_version
    assert (item["value"]["start"], item["value"]["end"]) == (shown.start, shown.end)
    label = {**item, "origin": "prediction-changed"}
    value = {"start": shown.start, "end": shown.end, "choices": ["qualified"]}
    status = {**label, "from_name": "status", "type": "choices", "value": value}
    drawn = label_item("preservation_order", 0, 7) | {"origin": "manual"}
    client.annotations.create(task, result=[label, status, drawn])
    assert run(at_server, "pull").exit_code == 0
    assert at_server.origins("pilot") == [Origins("lm-x", COURT, manual=1, kept=1, changed=0)]
    told = json.loads(run(at_server, "status", "--format", "json").stdout)[0]
    assert (told["proposed"], told["kept"], told["accepted_share"]) == (1, 1, 1.0)


def test_a_round_keeps_its_proposals(at_server: Repository) -> None:
    """A round that was begun without proposals gets none later, and a second push the same."""
    run(at_server, "push")
    result = run(at_server, "push", "--predict", "cues")
    assert result.stderr == (
        "safeguards: round pilot was begun without proposals; begin a new round\n"
    )


def test_other_proposals_are_refused(at_server: Repository) -> None:
    """Within a round everybody is shown the same; without --predict the same are shown again."""
    run(at_server, "push", "--predict", "cues")
    before = at_server.predictions_path("pilot").read_bytes()
    assert run(at_server, "push").exit_code == 0
    refused = run(at_server, "push", "--predict", "none")
    assert refused.exit_code == 2
    assert "round pilot was shown proposals of cues-0.1.0" in refused.stderr
    assert at_server.predictions_path("pilot").read_bytes() == before


@pytest.mark.parametrize(
    ("by", "first"), [("annotator", "lm-x"), ("article", "lm-x"), ("agreement", None)]
)
def test_status_prints_a_table_for_everybody(
    at_server: Repository, by: str, first: str | None
) -> None:
    """The command prints one row for each annotator, article or agreement, also at the start."""
    run(at_server, "push")
    result = run(at_server, "status", "--by", by, "--format", "json")
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert (rows[0]["annotator_id"] if rows else None) == first
