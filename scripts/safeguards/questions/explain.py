"""Everything behind one published code: text, span, coder, round, codebook, contest, source."""

from __future__ import annotations

import json
from difflib import get_close_matches

from safeguards.errors import UsageFault
from safeguards.query import ADJUDICATED, Dataset, Row
from safeguards.standing import describe_standing


def explain_code(dataset: Dataset, annotation_id: str) -> Row:
    """
    Return all that is known about one code.

    Raises:
        UsageFault: There is no such code; the message names the nearest.
    """
    found = dataset.select("annotations", {"annotation_id": {annotation_id}})
    if not found:
        raise _unknown(dataset, annotation_id)
    row = found[0]
    passage_id = row["passage_id"]
    document = dataset.documents[passage_id.partition(":")[0]]
    passages = dataset.select("provisions", {"passage_id": {passage_id}})
    passage = next((p for p in passages if p["edition"] == row["edition"]), passages[0])
    return {
        "citation": dataset.citation(passage_id),
        **row,
        "words": _mark(passage["text"], row) if passage["edition"] == row["edition"] else None,
        "annotator": _annotator(dataset, row["annotator_id"]),
        "round_date": _round(dataset, row["round"]).get("date"),
        "round_title": _round(dataset, row["round"]).get("title"),
        "others": _find_others(dataset, row),
        **describe_standing(dataset.standings.find(row), row["contested"]),
        "source": _source(document),
        "authentic_url": document["authentic_url"],
        "cite": dataset.cite(passage_id, annotation_id),
    }


def _unknown(dataset: Dataset, annotation_id: str) -> UsageFault:
    """Return the exception for a code that is not there, with the nearest."""
    known = [
        r["annotation_id"] for r in dataset.select("annotations", {}, columns=["annotation_id"])
    ]
    near = get_close_matches(annotation_id, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "'safeguards vague --format json' shows ids"
    return UsageFault(f"no code '{annotation_id}'; {hint}")


def _mark(text: str | None, row: Row) -> str | None:
    """Return the text with the coded span between brackets, if the text is shipped."""
    if text is None or row["start"] is None:
        return text
    return f"{text[: row['start']]}[[{text[row['start'] : row['end']]}]]{text[row['end'] :]}"


def _annotator(dataset: Dataset, annotator_id: str) -> str:
    """Return who coded: the pseudonym, and whether that is a person, a model or a rule."""
    if annotator_id == ADJUDICATED:
        return "the adjudicated layer"
    for row in dataset.table("annotators"):
        if row["annotator_id"] == annotator_id:
            return f"{annotator_id}, {row['kind'].replace('_', ' ')}"
    return annotator_id


def _round(dataset: Dataset, name: str) -> Row:
    """Return when a round was planned, and what it is."""
    path = dataset.folder / "rounds.json"
    rounds = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return next((dict(entry) for entry in rounds if entry["round"] == name), {})


def _find_others(dataset: Dataset, row: Row) -> list[Row]:
    """Return what others gave to the same words or code: the annotators, or what became of it."""
    wanted = {"passage_id": {row["passage_id"]}, "layer": {row["layer"]}, "round": {row["round"]}}
    return [
        other
        for other in dataset.select("annotations", wanted)
        if other["annotation_id"] != row["annotation_id"]
        and (other["code"] == row["code"] or _share_words(other, row))
    ]


def _share_words(one: Row, other: Row) -> bool:
    """Tell whether two codes mark common words."""
    if one["start"] is None or other["start"] is None:
        return False
    return bool(one["start"] < other["end"] and other["start"] < one["end"])


def _source(document: Row) -> str | None:
    """Return the address of the very bytes that were coded."""
    if not document["pinned_repository"]:
        return None
    return "{pinned_repository}/blob/{pinned_commit}/{pinned_path}".format(**document)
