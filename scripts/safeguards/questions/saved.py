"""
Questions in plain language that travel with the data: ``questions.yaml`` in the dataset.

A question says which answer it asks for (``vague``, ``gaps`` or ``critiques``) with which options,
what the answer means, and what it does not mean. So the same words give the same rows to everybody
who has the same version of the dataset.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher, get_close_matches
from typing import Any

from safeguards.errors import RecordFault, UsageFault
from safeguards.query import Dataset, Row, find_vague, missing
from safeguards.questions.critics import find_critics_of, find_unanswered
from safeguards.questions.gaps import find_gaps

FILE = "questions.yaml"
KEYS = {"question_id", "question", "asks", "options", "means"}
ANSWERS: Mapping[str, Callable[..., list[Row]]] = {
    "vague": find_vague,
    "gaps": find_gaps,
    "critiques": find_critics_of,
    "claims": find_unanswered,
}
_ALIKE = 0.6


def read_questions(dataset: Dataset) -> list[Row]:
    """
    Return the saved questions in the order of their file.

    Raises:
        DatasetMissing: The dataset has none; it was not built, or by an older version.
        RecordFault: The file is not as it should be.
    """
    import yaml

    path = dataset.folder / FILE
    if not path.is_file():
        raise missing(dataset.folder)
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    faults = list(find_faults(rows))
    if faults:
        raise RecordFault(FILE, faults)
    return [dict(row) for row in rows]


def find_faults(rows: Any) -> list[str]:
    """Return what is wrong with a file of questions, every fault."""
    if not isinstance(rows, list):
        return [f"{FILE}: is no list of questions"]
    faults = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or set(row) != KEYS:
            faults.append(f"{FILE}: question {number} must have exactly {', '.join(sorted(KEYS))}")
        elif row["asks"] not in ANSWERS:
            faults.append(f"{FILE}: {row['question_id']} asks for '{row['asks']}', not one of "
                          f"{', '.join(ANSWERS)}")  # fmt: skip
    ids = [str(row.get("question_id")) for row in rows if isinstance(row, dict)]
    faults += [f"{FILE}: {i} is there twice" for i in sorted({i for i in ids if ids.count(i) > 1})]
    return faults


def find_question(dataset: Dataset, words: str) -> Row:
    """
    Return the saved question with this id, or with words like these.

    Raises:
        UsageFault: There is none; the message names the nearest.
    """
    questions = read_questions(dataset)
    asked = _plain(words)
    for row in questions:
        if asked in (_plain(row["question_id"]), _plain(row["question"])):
            return row
    ranked = sorted(questions, key=lambda row: (-_likeness(asked, row), row["question_id"]))
    if _likeness(asked, ranked[0]) >= _ALIKE:
        return ranked[0]
    near = get_close_matches(words, [row["question_id"] for row in questions], n=1, cutoff=0.5)
    nearest = near[0] if near else ranked[0]["question_id"]
    raise UsageFault(f"no saved question like '{words}'; the nearest is {nearest}, "
                     "'safeguards ask' lists all")  # fmt: skip


def _plain(words: str) -> str:
    """Return words without case and signs."""
    return " ".join(re.findall(r"[a-z0-9]+", words.lower()))


def _likeness(asked: str, row: Row) -> float:
    """Return how like a question is to what was asked: shared words, or shared letters."""
    known = _plain(row["question"])
    own, theirs = set(asked.split()), set(known.split())
    shared = len(own & theirs) / max(len(own), len(theirs), 1)
    return max(shared, SequenceMatcher(None, asked, known).ratio() - 0.1)


def answer(dataset: Dataset, question: Row, *, document: str | None = None) -> list[Row]:
    """
    Return the rows that answer a saved question.

    Args:
        dataset: The built dataset.
        question: One of `read_questions`.
        document: Only this treaty, by id or name, whatever the question says.

    Raises:
        UnknownDocument, UnknownCode: A name is not known.
    """
    options = dict(question["options"])
    if document is not None:
        options["document"] = document
    return ANSWERS[question["asks"]](dataset, **options)
