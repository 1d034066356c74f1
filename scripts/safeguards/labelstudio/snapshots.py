"""
What was pulled, kept whole: enough to rebuild a project that somebody deleted.

Label Studio's Community Edition has no roles, so any annotator can delete any project. A snapshot
holds every text of a project as it was shown, and every submission in its order, skipped ones
included: no user, no date, no id of the server. It holds official text and is therefore kept
where git does not look: ``annotations/snapshots/ROUND/ANNOTATOR/NUMBER.jsonl``. A pull that brings
nothing new writes no new one; older ones are never touched.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from safeguards.errors import UsageFault
from safeguards.labelstudio.convert import Json
from safeguards.model import Passage, Round, hash_text
from safeguards.records import format_record, read_lines, write_lines
from safeguards.repository import Repository


def build_entry(tasks: Sequence[Json]) -> Json:
    """
    Return what is kept of the tasks that show one text; usually there is one.

    Args:
        tasks: The tasks as the server lists them.
    """
    sent = sort_submissions(tasks)
    guesses = [g for g in tasks[0].get("predictions") or [] if isinstance(g, dict)]
    data = tasks[0].get("data") or {}
    return {
        "passage_id": str(data.get("passage_id")),
        "data": data,
        "annotations": [_keep(a) for a in sent],
        "predictions": [
            {n: g[n] for n in ("model_version", "result", "score") if g.get(n) is not None}
            for g in guesses
        ],
        "draft": any(task.get("draft_exists") or task.get("drafts") for task in tasks),
    }


def sort_submissions(tasks: Sequence[Json]) -> list[Json]:
    """Return the submissions of the tasks that show one text, in the order they were made."""
    sent = [a for task in tasks for a in task.get("annotations") or []]
    return sorted(sent, key=lambda a: int(a["id"]))


def _keep(annotation: Json) -> Json:
    """Return what is kept of a submission: what was said, not by whom or when."""
    # Keys are sorted because PostgreSQL does not keep their order, and SQLite does.
    return {
        "result": json.loads(json.dumps(annotation.get("result"), sort_keys=True)),
        "was_cancelled": bool(annotation.get("was_cancelled")),
        "lead_time": annotation.get("lead_time"),
    }


def write_snapshot(
    repository: Repository, round_name: str, owner: str, entries: Sequence[Json]
) -> int:
    """Keep *entries* under the next number, unless the last snapshot says the same; return it."""
    folder = _folder(repository, round_name, owner)
    last = max(_numbers(folder), default=0)
    lines = [format_record(entry) for entry in entries]
    if last and read_lines(_path(folder, last)) == lines:
        return last
    write_lines(_path(folder, last + 1), lines)
    return last + 1


def read_snapshot(
    repository: Repository, round_name: str, owner: str, number: int | None = None
) -> list[Json]:
    """
    Return what the last pull, or an older one, brought from a project.

    Raises:
        UsageFault: There is no such snapshot.
    """
    folder = _folder(repository, round_name, owner)
    numbers = _numbers(folder)
    wanted = number or max(numbers, default=0)
    if wanted not in numbers:
        known = ", ".join(map(str, numbers))
        known = known or "none yet; run 'safeguards label pull' while the project is there"
        which = f"snapshot {number}" if number else "snapshot"
        raise UsageFault(f"no {which} of {round_name}/{owner}; there are: {known}")
    return [dict(json.loads(line)) for line in read_lines(_path(folder, wanted))]


def read_passages(repository: Repository, plan: Round) -> list[Passage]:
    """Return the texts that annotators of a round saw, of each passage the latest."""
    found: dict[tuple[str, str], Passage] = {}
    for annotator_id in plan.annotators:
        for number in _numbers(_folder(repository, plan.round, annotator_id)):
            for entry in read_snapshot(repository, plan.round, annotator_id, number):
                passage = _build_passage(entry["data"])
                found[passage.passage_id, passage.edition] = passage
    return list(found.values())


def _build_passage(data: Json) -> Passage:
    """Return a passage as an annotator saw it: its address and its text."""
    passage_id, text = str(data["passage_id"]), str(data["text"])
    document_id, _, eid = passage_id.partition(":")
    return Passage(
        passage_id,
        document_id,
        str(data["edition"]),
        eid,
        level="",
        text=text,
        text_sha256=hash_text(text),
    )


def _folder(repository: Repository, round_name: str, owner: str) -> Path:
    """Return the folder of a project's snapshots; the names were checked."""
    beside = repository.annotations_path(round_name, owner)
    return repository.path(f"annotations/snapshots/{round_name}/{beside.stem}")


def _path(folder: Path, number: int) -> Path:
    """Return the path of a snapshot."""
    return folder / f"{number:04}.jsonl"


def _numbers(folder: Path) -> list[int]:
    """Return the numbers of the snapshots in a folder, in order."""
    return sorted(int(p.stem) for p in folder.glob("*.jsonl") if p.stem.isdigit())
