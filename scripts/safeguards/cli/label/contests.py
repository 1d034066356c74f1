"""What ``label push``, ``pull`` and ``submit`` do for an adjudicator."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from safeguards.cli.label.options import shown_progress
from safeguards.cli.shared import print_rows, say

if TYPE_CHECKING:
    from safeguards.labelstudio.contests import Rulings
    from safeguards.model import Annotation, Decision, Round
    from safeguards.pairing import Finding
    from safeguards.repository import Repository
    from safeguards.rulings import Ruling

_PUSHED = ("annotator_id", "project", "created", "already_there", "to_create")
_SUBMITTED = ("annotator_id", "project", "submitted", "already_there", "not_coded")
_PULLED = ("annotator_id", "decided", "own_rows", "open", "skipped", "drafts", "quarantined")


def push_cases(
    repository: Repository,
    plan: Round,
    url: str | None,
    form: str,
    *,
    audit: float,
    seed: int,
    dry_run: bool,
) -> None:
    """Bring what is contested, and a sample of what is not, before the adjudicator."""
    from safeguards.adjudication import find_cases
    from safeguards.labelstudio import client, contests

    cases = find_cases(_demand_codes(repository, plan), audit, seed)
    server = client.read_server(os.environ, url)
    with shown_progress() as show:
        pushed = contests.push_contests(
            repository, plan, server, cases, seed=seed, dry_run=dry_run, progress=show
        )
    print_rows([asdict(pushed)], form, _PUSHED)


def _demand_codes(repository: Repository, plan: Round) -> dict[str, list[Annotation]]:
    """Return the codes of a round, which all its annotators have to have given."""
    from safeguards.errors import UsageFault

    annotations = repository.annotations(plan.round)
    if missing := [a for a in plan.annotators if a not in annotations]:
        raise UsageFault(
            f"{missing[0]} has no codes in round {plan.round}; run 'safeguards label pull' first"
        )
    return annotations


def pull_decisions(repository: Repository, plan: Round, url: str | None, form: str) -> None:
    """Write what the adjudicator decided to decisions.yaml, and corrected codes beside it."""
    from safeguards.adjudication import find_contests
    from safeguards.labelstudio import client, contests
    from safeguards.pairing import pair_rows
    from safeguards.rulings import merge_decisions, name_finding

    annotations = _demand_codes(repository, plan)
    findings = {name_finding(f): f for f in pair_rows(annotations)}
    server = client.read_server(os.environ, url)
    with shown_progress() as show:
        rulings = contests.pull_contests(repository, plan, server, set(findings), progress=show)
    new, own, faults = _read_rulings(rulings, findings, plan)
    merged = merge_decisions([*findings.values()], repository.decisions(plan.round), new)
    kept = _write_decisions(repository, plan, merged, own)
    for fault in faults:
        say(f"not decided: {fault}")
    decided = {frozenset(d.rows) for d in merged}
    still = sum(c.key not in decided for c in find_contests(annotations))
    numbers = {"decided": len(new), "own_rows": kept, "open": still}
    print_rows([asdict(rulings.pulled) | numbers], form, _PULLED)


def _read_rulings(
    rulings: Rulings, findings: dict[str, Finding], plan: Round
) -> tuple[list[Decision], list[Annotation], list[str]]:
    """Return decisions, own rows and faults of all rulings."""
    from safeguards.rulings import read_ruling

    decisions: list[Decision] = []
    own: list[Annotation] = []
    faults: list[str] = []
    for ruling in rulings.found:
        at_issue = [findings[name] for name in rulings.names[ruling.passage_id]]
        made, rows, wrong = read_ruling(at_issue, ruling, plan.adjudicator)
        decisions += made
        own += rows
        faults += wrong
    return decisions, own, faults


def _write_decisions(
    repository: Repository, plan: Round, decisions: Sequence[Decision], own: Sequence[Annotation]
) -> int:
    """Write decisions, and the own rows that they accept; return how many those are."""
    from safeguards.records import write_records, write_yaml

    known = {row.annotation_id: row for row in (*repository.own_rows(plan.round), *own)}
    accepted = dict.fromkeys(i for d in decisions for i in d.accepted if i in known)
    path = repository.annotations_path(plan.round, plan.adjudicator)
    if accepted or path.is_file():
        write_records(path, [known[i] for i in accepted])
    write_yaml(repository.decisions_path(plan.round), decisions)
    return len(accepted)


def submit_decisions(
    repository: Repository, plan: Round, url: str | None, form: str, path: Path
) -> None:
    """Enter a file of decisions into the adjudicator's project."""
    from safeguards.labelstudio import client, contests

    server = client.read_server(os.environ, url)
    issues = contests.read_issues(repository, plan, server)
    rulings = _build_rulings(_demand_codes(repository, plan), issues, path)
    report = contests.submit_rulings(repository, plan, server, rulings)
    if report.not_coded:
        say(f"{report.not_coded} passages have no decision, and were not submitted")
    print_rows([asdict(report)], form, _SUBMITTED)


def _build_rulings(
    annotations: dict[str, list[Annotation]], issues: dict[str, tuple[str, ...]], path: Path
) -> list[Ruling]:
    """Return the rulings that a file of decisions makes, for the passages it decides."""
    from safeguards.errors import RecordFault
    from safeguards.pairing import pair_rows
    from safeguards.rulings import build_ruling, name_finding

    decisions, own = read_decisions(path)
    findings = {name_finding(f): f for f in pair_rows(annotations)}
    rulings, faults = [], []
    for passage_id in dict.fromkeys(d.passage_id for d in decisions):
        names = issues.get(passage_id, ())
        if not names or any(name not in findings for name in names):
            faults.append(f"{passage_id}: not before the adjudicator with these codes; push again")
            continue
        at_issue = [findings[name] for name in names]
        ruling, wrong = build_ruling(at_issue, decisions, {r.annotation_id: r for r in own})
        rulings += [ruling] if ruling else []
        faults += wrong
    if faults:
        raise RecordFault(path.name, faults)
    return rulings


def read_decisions(path: Path) -> tuple[list[Decision], list[Annotation]]:
    """Return the decisions of a file, and the adjudicator's own rows among its lines."""
    import json

    from safeguards.errors import RecordFault
    from safeguards.model import Annotation, Decision
    from safeguards.records import only, parse_record, read_lines, read_records

    if path.suffix == ".yaml":
        return only(read_records(path, Decision)), []
    decisions: list[Decision] = []
    own: list[Annotation] = []
    faults: list[str] = []
    for number, line in enumerate(read_lines(path), 1):
        try:
            data = json.loads(line)
        except ValueError:
            faults.append(f"{path.name}:{number}: not JSON")
            continue
        wrong: list[str]
        if isinstance(data, dict) and "accepted" in data:
            decision, wrong = parse_record(Decision, data)
            decisions += [decision] if decision else []
        else:
            row, wrong = parse_record(Annotation, data)
            own += [row] if row else []
        faults += [f"{path.name}:{number}: {fault}" for fault in wrong]
    if faults:
        raise RecordFault(path.name, faults)
    return decisions, own
