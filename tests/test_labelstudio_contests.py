"""Facts about adjudication in Label Studio, against a real server."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conftest import KINDS
from safeguards.adjudication import find_cases
from safeguards.cli.main import main
from safeguards.errors import UsageFault
from safeguards.labelstudio.client import Server, iter_task_data, plain
from safeguards.labelstudio.contests import CONTESTS, push_contests
from safeguards.labelstudio.restore import restore
from safeguards.labelstudio.server import Credentials
from safeguards.records import format_record
from safeguards.repository import Repository
from test_labelstudio_browser import log_in

TITLE = "pilot/adjudication"
CONTESTED = ["tiny:art_1__para_1", "tiny:art_1__para_2", "tiny:art_1__para_2__point_a"]


@pytest.fixture
def undecided(tiny: Repository) -> Repository:
    """Return the tiny repository before anything was decided."""
    tiny.decisions_path("pilot").unlink()
    return tiny


@pytest.fixture
def token(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find the server."""
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.token)
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)


def label(repository: Repository, command: str, *rest: str) -> Result:
    """Run a command about labels on the pilot."""
    arguments = ["-C", str(repository.root), "label", command, "--round", "pilot", *rest]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.stderr
    return result


def tasks_of(client: Any) -> dict[str, dict[str, Any]]:
    """Return the adjudicator's tasks by passage."""
    project = next(p.id for p in client.projects.list(include="id,title") if p.title == TITLE)
    found = map(plain, client.tasks.list(project=project, fields="all"))
    return {task["data"]["passage_id"]: task for task in found}


def prediction(task: dict[str, Any], letter: str) -> list[dict[str, Any]]:
    """Return what one annotator said, as the page shows it."""
    return next(list(p["result"]) for p in task["predictions"] if p["model_version"] == letter)


def said(result: list[dict[str, Any]], name: str) -> str:
    """Return the answer to one question."""
    item = next(item for item in result if item["from_name"] == name)
    return str(item["value"]["choices"][0])


def note(words: str) -> dict[str, Any]:
    """Return what the adjudicator writes about the passage."""
    kind = {"id": "why", "from_name": "note_to_lead", "to_name": "text", "type": "textarea"}
    return kind | {"value": {"text": [words]}}


@pytest.mark.usefixtures("token")
def test_only_contests_are_shown(undecided: Repository, client: Any) -> None:
    """The adjudicator sees the contested passages and both codes, and nobody's name."""
    label(undecided, "push", "--adjudicate")
    tasks = tasks_of(client)
    assert list(tasks) == CONTESTED
    shown = {p["model_version"] for task in tasks.values() for p in task["predictions"]}
    assert shown == {"A", "B", "neither"}
    assert "lm-" not in json.dumps(
        [[t["data"], t["predictions"]] for t in tasks.values()], default=str
    )
    assert tasks[CONTESTED[2]]["data"]["contested"] in (
        "To decide: discretionary_qualifier (A: critical narrows safeguard, B: not coded)",
        "To decide: discretionary_qualifier (A: not coded, B: critical narrows safeguard)",
    )


@pytest.mark.usefixtures("token")
def test_push_again_sends_nothing(undecided: Repository) -> None:
    """A second push of the same contests creates no task."""
    first, second = (
        json.loads(label(undecided, "push", "--adjudicate", "--format", "json").stdout)[0]
        for _ in range(2)
    )
    assert (first["created"], second["created"], second["already_there"]) == (3, 0, 3)


@pytest.mark.usefixtures("token")
def test_all_ways_of_deciding(undecided: Repository, client: Any) -> None:
    """A taken, B corrected, neither: each comes back as the decision that was meant."""
    label(undecided, "push", "--adjudicate")
    tasks = tasks_of(client)
    first, second, third = (tasks[passage_id] for passage_id in CONTESTED)
    taken = prediction(first, "A")
    corrected = prediction(second, "B")
    for item in corrected:
        if item["from_name"] == "status":
            item["value"]["choices"] = ["deferred"]
    client.annotations.create(first["id"], result=[*taken, note("As A says.")])
    client.annotations.create(second["id"], result=[*corrected, note("It is left open.")])
    client.annotations.create(third["id"], result=[note("A plain exception.")])
    printed = json.loads(label(undecided, "pull", "--adjudicate", "--format", "json").stdout)[0]
    decisions = undecided.decisions("pilot")
    rows = {r.annotation_id: r for found in undecided.annotations("pilot").values() for r in found}
    (own,) = undecided.own_rows("pilot")
    assert rows[decisions[0].accepted[0]].severity == said(taken, "severity")
    assert (decisions[1].accepted, own.status) == ((own.annotation_id,), "deferred")
    assert decisions[2].accepted == ()
    assert [d.reason for d in decisions] == ["As A says.", "It is left open.", "A plain exception."]
    assert (printed["decided"], printed["own_rows"], printed["open"]) == (3, 1, 0)


@pytest.mark.parametrize("server", KINDS, indirect=True)
@pytest.mark.usefixtures("token")
def test_decisions_of_a_language_model(tiny: Repository, client: Any, tmp_path: Path) -> None:
    """Decisions in a file go through the same door, and come back byte for byte."""
    path = tiny.decisions_path("pilot")
    before = path.read_bytes()
    file = tmp_path / "decisions.yaml"
    path.rename(file)
    label(tiny, "push", "--adjudicate")
    label(tiny, "submit", "--annotator", "lm-z", "--file", str(file))
    label(tiny, "pull", "--adjudicate")
    once = path.read_bytes()
    label(tiny, "pull", "--adjudicate")
    assert (once, path.read_bytes()) == (before, before)


@pytest.mark.usefixtures("token")
def test_own_rows_of_a_language_model(tiny: Repository, client: Any, tmp_path: Path) -> None:
    """A decision in a file may accept a row of the adjudicator's own, which is a line of it."""
    decisions = tiny.decisions("pilot")
    row = tiny.annotations("pilot")["lm-x"][1]
    own = replace(row, annotation_id="own", annotator_id="lm-z", severity="none")
    decisions[0] = replace(decisions[0], accepted=("own",))
    file = tmp_path / "decisions.jsonl"
    file.write_text("".join(format_record(r) + "\n" for r in (*decisions, own)), encoding="utf-8")
    tiny.decisions_path("pilot").unlink()
    label(tiny, "push", "--adjudicate")
    label(tiny, "submit", "--annotator", "lm-z", "--file", str(file))
    label(tiny, "pull", "--adjudicate")
    (found,) = tiny.own_rows("pilot")
    assert (found.severity, found.annotator_id) == ("none", "lm-z")
    assert tiny.decisions("pilot")[0].accepted == (found.annotation_id,)


@pytest.mark.usefixtures("token")
def test_the_checks_know_audits_and_own_rows(tiny: Repository, client: Any) -> None:
    """After an audit and a correction on the page, the checks on rounds and rows find nothing."""
    label(tiny, "push", "--adjudicate", "--audit", "1")
    for task in tasks_of(client).values():
        items = prediction(task, "A")
        for item in items:
            if item["from_name"] == "severity":
                item["value"]["choices"] = ["critical"]
        client.annotations.create(task["id"], result=[*items, note("Read again.")])
    label(tiny, "pull", "--adjudicate")
    CliRunner().invoke(main, ["-C", str(tiny.root), "adjudicate", "--round", "pilot"])
    lines = CliRunner().invoke(main, ["-C", str(tiny.root), "check"]).stdout.splitlines()
    assert len(tiny.own_rows("pilot")) >= 2
    judged = ("annotations/rounds", "annotations/adjudicated")
    assert [line for line in lines if line.startswith(judged)] == []


@pytest.mark.usefixtures("token")
def test_what_was_written_by_hand_stays(tiny: Repository) -> None:
    """A pull before anything was decided on the page changes no decision on file."""
    before = tiny.decisions_path("pilot").read_bytes()
    label(tiny, "push", "--adjudicate")
    label(tiny, "pull", "--adjudicate")
    assert tiny.decisions_path("pilot").read_bytes() == before


@pytest.mark.usefixtures("token")
def test_a_faulty_ruling_decides_nothing(undecided: Repository, client: Any) -> None:
    """A span that is wrong keeps its whole passage open, for it would look like a dropped code."""
    label(undecided, "push", "--adjudicate")
    task = tasks_of(client)[CONTESTED[0]]
    value = {"start": 9, "end": 3, "labels": ["degree_term"]}
    item = {
        "id": "a",
        "from_name": "vagueness",
        "to_name": "text",
        "type": "labels",
        "value": value,
    }
    client.annotations.create(task["id"], result=[item, note("Why.")])
    label(undecided, "pull", "--adjudicate")
    quarantine = undecided.path("annotations/quarantine/pilot-adjudication.jsonl")
    assert undecided.decisions("pilot") == []
    assert "the span ends before it starts" in quarantine.read_text(encoding="utf-8")


@pytest.mark.usefixtures("token")
def test_rulings_on_changed_codes_are_set_aside(undecided: Repository, client: Any) -> None:
    """A ruling on codes that were pulled anew since decides nothing; the new codes are shown."""
    label(undecided, "push", "--adjudicate")
    task = tasks_of(client)[CONTESTED[0]]
    client.annotations.create(task["id"], result=[note("Neither.")])
    path = undecided.annotations_path("pilot", "lm-x")
    changed = path.read_text(encoding="utf-8").replace("pilot-lm-x-ff41af72ab5a", "pilot-lm-x-0")
    path.write_text(changed, encoding="utf-8")
    label(undecided, "pull", "--adjudicate")
    label(undecided, "push", "--adjudicate")
    quarantine = undecided.path("annotations/quarantine/pilot-adjudication.jsonl")
    project = next(p.id for p in client.projects.list(include="id,title") if p.title == TITLE)
    assert undecided.decisions("pilot") == []
    assert "the codes at issue changed since they were pushed" in quarantine.read_text("utf-8")
    assert len(list(iter_task_data(client, project))) == 4


@pytest.mark.usefixtures("token")
def test_a_lost_adjudication_comes_back(tiny: Repository, server: Server, client: Any) -> None:
    """The adjudicator's project is rebuilt from the last pull like any other."""
    path = tiny.decisions_path("pilot")
    label(tiny, "push", "--adjudicate")
    label(tiny, "submit", "--annotator", "lm-z", "--file", str(path))
    label(tiny, "pull", "--adjudicate")
    before = path.read_bytes()
    (project,) = client.projects.list(include="id,title")
    client.projects.delete(project.id)
    (report,) = restore(tiny, tiny.round("pilot"), server, [CONTESTS])
    path.unlink()
    label(tiny, "pull", "--adjudicate")
    assert (report.tasks, report.submissions) == (3, 3)
    assert path.read_bytes() == before
    assert len(tasks_of(client)[CONTESTED[0]]["predictions"]) == 3


def test_nobody_judges_their_own_codes(tiny: Repository) -> None:
    """An adjudicator who coded the round as well is refused."""
    plan = replace(tiny.round("pilot"), adjudicator="lm-x")
    cases = find_cases(tiny.annotations("pilot"))
    with pytest.raises(UsageFault) as caught:
        push_contests(tiny, plan, Server("http://127.0.0.1:9", "0" * 40), cases)
    assert str(caught.value) == (
        "lm-x is an annotator of round pilot as well; name another adjudicator in its round.yaml"
    )


@pytest.mark.usefixtures("token")
def test_a_code_is_taken_over_in_the_browser(
    undecided: Repository,
    server: Server,
    client: Any,
    label_studio: tuple[Server, Credentials],
    browser: Any,
) -> None:
    """The page begins with nothing marked; duplicating tab A and submitting accepts A's code."""
    label(undecided, "push", "--adjudicate")
    task = tasks_of(client)[CONTESTED[0]]
    (project,) = client.projects.list(include="id,title")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(20_000)
    log_in(page, label_studio[1])
    page.goto(f"{server.url}/projects/{project.id}/data?task={task['id']}")
    page.get_by_text("Labeled regions will appear here").wait_for()
    # The tabs stand in the order neither, B, A, behind that of the adjudicator.
    page.locator(".lsf-annotation-button").last.click()
    page.locator(".lsf-annotation-button").last.locator("[class*=trigger]").click()
    page.get_by_text("Duplicate Annotation").click()
    with page.expect_response(lambda r: "/annotations" in r.url and r.request.method == "POST"):
        page.get_by_role("button", name="Submit").click()
    page.close()
    label(undecided, "pull", "--adjudicate")
    (decision,) = undecided.decisions("pilot")
    rows = {r.annotation_id: r for found in undecided.annotations("pilot").values() for r in found}
    assert rows[decision.accepted[0]].severity == said(prediction(task, "A"), "severity")
    assert decision.reason == rows[decision.accepted[0]].reason
