"""
What a language model that annotates is given, and how its answers become rows.

A packet is a folder of plain files: the codebook, the guidelines, the passages of one part of the
round, the documents they come from to look things up in, and how to answer. It holds nothing else,
so an annotator that reads only its packet works apart from all others. A model cannot count
characters; it answers with the words it would have marked, and the offsets are found here.

A packet holds official text, so it is written where git does not look, and never published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from safeguards.codebook import NONE
from safeguards.eid import article_of, format_citation
from safeguards.errors import RecordFault, UsageFault
from safeguards.labelstudio.convert import Seat
from safeguards.labelstudio.push import build_tasks
from safeguards.model import Annotation, Attribute, Passage, Round, hash_text, make_annotation_id
from safeguards.proposals import Prediction
from safeguards.records import parse_record
from safeguards.repository import Repository

_HOW_TO_ANSWER = """# How to answer

Read `guidelines.md` and `codebook.yaml`, then code every passage of `passages.md`, in order.
`documents.md` holds the documents whole, to look up definitions, cross-references and cures; code
nothing there. Write `answers.jsonl`: one JSON object a line, one line a code.

    {"passage_id": "demo:art_1__para_2", "layer": "safeguard", "code": "judicial_oversight",
     "words": "a court shall review", "status": "qualified", "force": "shall_qualified",
     "attributes": {"timing": "after"}, "confidence": 2, "reason": "One sentence."}
    {"passage_id": "demo:art_1__para_2", "layer": "vagueness", "code": "degree_term",
     "words": "serious", "severity": "slight", "direction": "widens_power", "confidence": 3}
    {"passage_id": "demo:art_1__para_3", "layer": "none"}

(Each object on a line of its own; here they are folded to be read.)

- `words` are the words you would mark, exactly as they stand in the text of that passage. If they
  stand there more than once, `nth` says which of the places you mean, counted from 1.
- A passage that holds nothing gets the line with layer `none`. Every passage needs a line.
- Fields that a layer does not have are left out: `status` and `force` belong to safeguards,
  `severity`, `direction` and `resolved_by` to vagueness. Powers have neither.
- `attributes` answers the questions that the codebook asks for that code, with its values.
- `resolved_by` is a list of passage ids.
- A code made on a restatement has `confidence` 0, every other code 1 to 3.
"""
_FOR_ANNOTATORS = (
    "codebook_version",
    "layers",
    "codes",
    "attributes",
    "statuses",
    "forces",
    "severities",
    "directions",
    "confidences",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """
    One code as a language model gives it: by its words, without offsets.

    Attributes:
        passage_id: Passage that is coded.
        layer: Layer of the code; ``none`` where the passage holds nothing.
        code: Id of the code.
        words: The words marked, exactly as in the passage.
        nth: Which of the places where these words stand, counted from 1.
        attributes: Answers to the extra questions, by their ids.
    """

    passage_id: str
    layer: str
    code: str = NONE
    words: str | None = None
    nth: int = 1
    status: str | None = None
    force: str | None = None
    severity: str | None = None
    direction: str | None = None
    resolved_by: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    confidence: int | None = None
    reason: str | None = None


# Out: the packet.


def build_packets(repository: Repository, plan: Round, parts: int) -> list[dict[str, str]]:
    """
    Return the packets of a round: for each part, text by file name.

    Articles stay whole, and parts hold about the same number of characters.

    Raises:
        UsageFault: There are more parts than articles.
    """
    tasks = {task["passage_id"]: task for task in build_tasks(repository, plan)}
    chosen = repository.round_passages(plan)
    groups = _even_parts(chosen, parts)
    proposed: dict[str, list[Prediction]] = {}
    for p in repository.predictions(plan.round):
        proposed.setdefault(p.passage_id, []).append(p)
    shared = {
        "how_to_answer.md": _HOW_TO_ANSWER,
        "guidelines.md": repository.path("schema/guidelines.md").read_text(encoding="utf-8"),
        "codebook.yaml": _show_codebook(repository),
    }
    return [
        {
            **shared,
            "passages.md": "".join(
                _show_task(tasks[p.passage_id], proposed.get(p.passage_id, ())) for p in group
            ),
            "documents.md": _show_documents(repository, plan, group),
        }
        for group in groups
    ]


def _show_codebook(repository: Repository) -> str:
    """Return what annotators need of the codebook, without what is computed from their codes."""
    shown = repository.codebook.model_dump(include=set(_FOR_ANNOTATORS), exclude_none=True)
    return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=100)


def _even_parts(passages: Sequence[Passage], parts: int) -> list[list[Passage]]:
    """Return *passages* cut between articles into *parts* of about the same length."""
    articles = [list(g) for _, g in groupby(passages, key=lambda p: article_of(p.passage_id))]
    if not 1 <= parts <= len(articles):
        raise UsageFault(f"{parts} parts of {len(articles)} articles; take 1 to {len(articles)}")
    total = sum(len(p.text or "") for p in passages)
    groups: list[list[Passage]] = [[]]
    done = 0
    for left, article in zip(range(len(articles), 0, -1), articles, strict=True):
        full = done >= total * len(groups) / parts
        if groups[-1] and (full or left <= parts - len(groups)) and len(groups) < parts:
            groups.append([])
        groups[-1] += article
        done += sum(len(p.text or "") for p in article)
    return groups


def _show_task(task: Mapping[str, Any], proposed: Sequence[Prediction]) -> str:
    """Return a passage as an annotator reads it, with the proposals that the round shows."""
    lines = [
        f"## {task['passage_id']}",
        f"{task['citation']} ({task['heading']}). {task['notice']}.",
        task["context"] or "No opening words.",
        "Text:",
        task["text"],
    ]
    if proposed:
        codes = (f"- {p.layer} `{p.code}` on '{task['text'][p.start : p.end]}'" for p in proposed)
        lines.append("Proposals (take, change or leave them):\n\n" + "\n".join(codes))
    return "\n\n".join(lines) + "\n\n"


def _show_documents(repository: Repository, plan: Round, group: Iterable[Passage]) -> str:
    """Return the documents that *group* comes from, whole, passage by passage."""
    found = []
    for document_id in dict.fromkeys(p.document_id for p in group):
        edition = repository.round_edition(plan, document_id)
        title = repository.document(document_id).short_title
        found.append(f"# {title} ({edition})\n\n")
        for p in repository.passages_with_text(document_id, edition):
            if p.text or p.heading:
                name = format_citation(p.passage_id, title)
                said = " ".join(part for part in (p.heading, p.text) if part)
                found.append(f"[{p.passage_id}] {name}: {said}\n\n")
    return "".join(found)


# Back: the answers.


def read_answers(path: Path, seat: Seat) -> list[Annotation]:
    """
    Return the rows that a file of answers gives, in the order of the passages.

    Raises:
        RecordFault: Lines are wrong; ``faults`` has every one, with its line.
    """
    rows: list[Annotation] = []
    faults: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(_parse_answer(json.loads(line), seat))
        except (UsageFault, ValueError) as error:
            faults.append(f"{path.name}:{number}: {error}")
    if faults:
        raise RecordFault(path.name, faults)
    places = {passage_id: place for place, passage_id in enumerate(seat.passages)}
    return sorted(rows, key=lambda r: (places[r.passage_id], r.start or 0, r.end or 0, r.code))


def _parse_answer(data: Any, seat: Seat) -> Annotation:
    """Return the row in one line of answers."""
    answer, faults = parse_record(Answer, data)
    if answer is None:
        raise UsageFault("; ".join(faults))
    passage = seat.passages.get(answer.passage_id)
    if passage is None:
        raise UsageFault(f"{answer.passage_id} is not in round {seat.plan.round}; leave it out")
    start, end = (None, None) if answer.layer == NONE else _find_words(answer, passage.text or "")
    row = Annotation(
        annotation_id="",
        passage_id=answer.passage_id,
        edition=passage.edition,
        text_sha256=hash_text(passage.text or ""),
        round=seat.plan.round,
        annotator_id=seat.annotator_id,
        codebook_version=seat.plan.codebook_version,
        layer=answer.layer,
        code=answer.code,
        status=answer.status,
        force=answer.force,
        severity=answer.severity,
        direction=answer.direction,
        start=start,
        end=end,
        resolved_by=answer.resolved_by,
        attributes=tuple(Attribute(k, v) for k, v in sorted(answer.attributes.items())),
        confidence=answer.confidence,
        reason=answer.reason,
    )
    return replace(row, annotation_id=make_annotation_id(row))


def _find_words(answer: Answer, text: str) -> tuple[int, int]:
    """
    Return where the marked words stand.

    Raises:
        UsageFault: They do not stand there, or more than once and it is not said which are meant.
    """
    words = answer.words or ""
    if not words:
        raise UsageFault(f"{answer.passage_id} {answer.code}: no words; give the words marked")
    places = [i for i in range(len(text)) if text.startswith(words, i)]
    if not 1 <= answer.nth <= len(places):
        raise UsageFault(
            f"{answer.passage_id} {answer.code}: '{words}' stands {len(places)} times in the "
            f"passage, not {answer.nth}; copy the words from the passage"
        )
    start = places[answer.nth - 1]
    return start, start + len(words)
