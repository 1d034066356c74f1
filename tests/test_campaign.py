"""The campaign in annotations/README.md, from the plan to the adjudicated layer, as it is written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conftest import KINDS, ROOT
from safeguards.adjudication import find_cases
from safeguards.cli.label import label
from safeguards.cli.main import main
from safeguards.labelstudio.client import Server, list_tasks
from safeguards.labelstudio.convert import build_result
from safeguards.records import write_yaml
from safeguards.repository import Repository

README = (ROOT / "annotations" / "README.md").read_text(encoding="utf-8")
# The campaign is told for the real texts and for people; here it is walked on the tiny repository.
HERE = {
    "Budapest art. 16": "tiny:art_1",
    "budapest": "tiny",
    "p-1": "lm-x",
    "p-2": "lm-y",
    "p-3": "lm-z",
    "2026-12-01": "2020-12-01",
}
WHY = {
    "id": "why",
    "from_name": "note_to_lead",
    "to_name": "text",
    "type": "textarea",
    "value": {"text": ["A plain exception."]},
}
ELSEWHERE = ("fetch", "serve")  # tested by themselves


def commands() -> list[list[str]]:
    """Return the commands of the campaign, in order, for the tiny repository."""
    section = README.split("## A campaign")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    lines = [shlex.split(line) for block in blocks for line in block.splitlines()]
    return [[HERE.get(word, word) for word in line[1:]] for line in lines]


def is_here(command: list[str]) -> bool:
    """Tell whether a command belongs to what is walked here."""
    if command[0] == "label":
        return command[1] in label.commands and command[1] not in ELSEWHERE
    return command[0] not in ELSEWHERE


def run(repository: Repository, command: list[str]) -> Result:
    """Run one command, which has to succeed."""
    result = CliRunner().invoke(main, ["-C", str(repository.root), *command])
    assert result.exit_code == 0, f"{command}: {result.output}"
    return result


def submit_by_hand(client: Any, title: str, results: dict[str, list[dict[str, Any]]]) -> None:
    """Do what an annotator's browser does when Submit is pressed on each passage."""
    project = next(p.id for p in client.projects.list(include="id,title") if p.title == title)
    for (passage_id, _), task in list_tasks(client, project):
        client.annotations.create(task, result=results.get(passage_id, []))


def code(repository: Repository, client: Any) -> None:
    """Let both annotators code article 1 as they did in the pilot."""
    texts = {p.passage_id: p.text or "" for p in repository.passages_with_text("tiny", "official")}
    for annotator_id, rows in repository.annotations("pilot").items():
        results = {p: build_result([r for r in rows if r.passage_id == p], texts[p]) for p in texts}
        submit_by_hand(client, f"again/{annotator_id}", results)


def lose(repository: Repository, client: Any) -> None:
    """Delete a project, as any annotator can."""
    found = client.projects.list(include="id,title")
    client.projects.delete(next(p.id for p in found if p.title == "again/lm-x"))


def rule(repository: Repository, client: Any) -> None:
    """Let the adjudicator decide as in the pilot, and confirm what is audited."""
    texts = {p.passage_id: p.text or "" for p in repository.passages_with_text("tiny", "official")}
    pilot = {(d.passage_id, d.code): d.accepted for d in repository.decisions("pilot")}
    results = {}
    for case in find_cases(repository.annotations("again"), audit=0.05):
        taken = []
        for finding in case.findings:
            row = finding.get("lm-y") or finding["lm-x"]
            accepted = pilot.get((row.passage_id, row.code), ("pilot-lm-y-",))
            taken += [finding[who] for who in finding if any(f"-{who}-" in i for i in accepted)]
        checked = [replace(row, reason="Checked.") for row in taken]
        results[case.passage_id] = [*build_result(checked, texts[case.passage_id]), WHY]
    submit_by_hand(client, "again/adjudication", results)


def introduce(repository: Repository) -> None:
    """Say in annotators.yaml that everybody takes part, as the campaign asks the lead to do."""
    path = repository.path("annotations/annotators.yaml")
    words = path.read_text(encoding="utf-8").replace("  - pilot\n", "  - again\n  - pilot\n")
    path.write_text(words, encoding="utf-8")


def plan_by_hand(repository: Repository) -> None:
    """Write the plan that ``label plan`` makes."""
    plan = replace(
        repository.round("pilot"), round="again", date="2020-12-01", passages=("tiny:art_1",)
    )
    write_yaml(repository.path("annotations/rounds/again/round.yaml"), [plan])


@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_the_campaign_as_it_is_told(
    tiny: Repository, server: Server, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command of the campaign succeeds in its order, and the layer holds the new round."""
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.token)
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
    before: dict[str, Callable[[Repository, Any], None]] = {
        "label pull --round again": code,
        "label restore --round again": lose,
        "label pull --round again --adjudicate": rule,
    }
    introduce(tiny)
    if "plan" not in label.commands:
        plan_by_hand(tiny)
    for command in commands():
        if not is_here(command):
            continue
        if prepare := before.get(" ".join(command)):
            prepare(Repository(tiny.root), client)
        run(Repository(tiny.root), command)
    layer = Repository(tiny.root).adjudicated
    again = [row for row in layer if row.round == "again"]
    decided = Repository(tiny.root).decisions("again")
    assert {row.passage_id for row in again} == {
        p.passage_id for p in tiny.round_passages(tiny_round(tiny))
    }
    assert {row.round for row in layer} == {"pilot", "again"}
    assert sum(len(d.rows) == 2 for d in decided) >= 2


def tiny_round(tiny: Repository) -> Any:
    """Return the plan of the new round."""
    return Repository(tiny.root).round("again")


def test_the_campaign_tells_the_whole_path() -> None:
    """The campaign goes from the plan to the check, and leaves no step out."""
    steps = [" ".join(c[:2]) if c[0] == "label" else c[0] for c in commands()]
    assert [s for s in dict.fromkeys(steps) if s not in ("fetch", "label serve")] == [
        "label plan",
        "label push",
        "label status",
        "label pull",
        "label restore",
        "agree",
        "adjudicate",
        "check",
    ]


def test_the_server_block_names_real_options(tmp_path: Path) -> None:
    """Every option that the README gives to label serve, backup and others is one they have."""
    known = {option for c in label.commands.values() for p in c.params for option in p.opts}
    used = set(re.findall(r"safeguards label (?:serve|backup|restore|carry|submit)[^`\n]*", README))
    given = {word for line in used for word in line.split() if word.startswith("-")}
    assert given <= known
