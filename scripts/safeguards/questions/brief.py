"""
A brief of one or two pages on one safeguard in a treaty, ready to hand to a delegate.

What a brief says is gathered once (`build_brief`) and written as Markdown, HTML or PDF: the column
of the gap matrix, the words it rests on, what critiques say, what to beware of, and how to cite it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from safeguards.eid import format_eid
from safeguards.errors import UsageFault
from safeguards.query import ADJUDICATED, Dataset, Row
from safeguards.questions.critics import find_unanswered
from safeguards.questions.gaps import read_cell_rows

NAMES = {
    "present": "present",
    "qualified": "qualified",
    "deferred": "left to domestic law",
    "absent": "absent",
    "not_applicable": "makes no sense",
}
_MOST_CLAIMS, _MOST_WORDS, _LONGEST = 6, 6, 700

_ABSENCE = (
    "Powers of articles that nobody has coded are not listed. Absent means that nothing was found "
    "in the article or through its links; a State's own law may say more."
)


@dataclass(frozen=True, slots=True)
class Brief:
    """
    What a brief says, in the order in which it says it.

    Attributes:
        title: What it is about.
        answer: The finding in one or two sentences.
        asked: What the safeguard asks for, by the codebook.
        cells: The matrix: power, article, letter, status and the path in words.
        provisions: The clauses the cells rest on: citation, the words, the judgement.
        claims: What critiques say of it: critique, date, claim, verdict.
        more_claims: How many claims were left out.
        caveats: What to beware of.
        cite: How to cite it.
    """

    title: str
    answer: str
    asked: str
    cells: tuple[tuple[str, str, str, str, str], ...]
    provisions: tuple[tuple[str, str, str], ...]
    claims: tuple[tuple[str, str, str], ...]
    more_claims: int
    caveats: tuple[str, ...]
    cite: str


def build_brief(dataset: Dataset, document: str, safeguard: str) -> Brief:
    """
    Return the brief on one safeguard in one treaty.

    Raises:
        UnknownDocument, UnknownCode: A name is not known.
        UsageFault: No power of that treaty has been coded.
    """
    document_id = dataset.document(document)
    title = str(dataset.documents[document_id]["short_title"])
    rows = read_cell_rows(dataset, document=document, power=None, safeguard=safeguard)
    rows = [row for row in rows if row["status"] != "not_applicable"]
    if not rows:
        raise UsageFault(f"no power of the {title} that was coded can have {safeguard}")
    entry = next(code for code in dataset.codebook["codes"] if code["id"] == safeguard)
    claims = _find_claims(dataset, document_id, safeguard)
    return Brief(
        title=f"{entry['name']} in the {title}",
        answer=_answer(rows, str(entry["name"]), title),
        asked=" ".join(str(entry["scope"]).split()),
        cells=_cells(dataset, rows),
        provisions=_provisions(dataset, rows),
        claims=tuple(claims[:_MOST_CLAIMS]),
        more_claims=max(0, len(claims) - _MOST_CLAIMS),
        caveats=_caveats(dataset, rows, title),
        cite=f"{title}, {safeguard}, in: {dataset.edition_line}",
    )


def _answer(rows: list[Row], name: str, title: str) -> str:
    """Return the finding in a sentence: how many powers, by status."""
    numbers = Counter(row["status"] for row in rows)
    parts = [f"{NAMES[s]} for {numbers[s]}" for s in NAMES if numbers[s]]
    noun = "power" if len(rows) == 1 else "powers"
    return (
        f"Of {len(rows)} {noun} of the {title} that were coded, "
        f"{name[0].lower() + name[1:]} is {', '.join(parts)}."
    )


def _cells(dataset: Dataset, rows: list[Row]) -> tuple[tuple[str, str, str, str, str], ...]:
    """Return the column of the matrix."""
    names = {code["id"]: code["name"] for code in dataset.codebook["codes"]}
    return tuple(
        (
            names[row["power"]],
            format_eid(row["power_passage_id"].partition(":")[2]),
            dataset.letters[row["status"]] + "*" * bool(row["provisional"]),
            NAMES[row["status"]],
            row["why"],
        )
        for row in rows
    )


def _provisions(dataset: Dataset, cells: list[Row]) -> tuple[tuple[str, str, str], ...]:
    """Return the clauses that fill cells, each once, with the words and the judgement."""
    ids = dict.fromkeys(row["annotation_id"] for row in cells if row["annotation_id"])
    codes = {
        row["annotation_id"]: row
        for row in dataset.select("annotations", {"annotator_id": {ADJUDICATED}})
        if row["annotation_id"] in ids
    }
    words = dataset.restated_words(codes.values())
    wanted = {"passage_id": {code["passage_id"] for code in codes.values()}}
    rows = dataset.select("provisions", {**wanted, "edition": {"restatement"}})
    texts = {row["passage_id"]: row["text"] for row in rows}
    return tuple(
        (
            dataset.citation(code["passage_id"]) + "*" * bool(code["provisional"]),
            _quote(code, words.get(code["annotation_id"], ""), texts.get(code["passage_id"])),
            f"{code['reason'] or ''} Agreement: {dataset.standings.find(code).explain()}.".strip(),
        )
        for code in (codes[i] for i in list(ids)[:_MOST_WORDS])
    )


def _quote(code: Row, words: str, restated: str | None) -> str:
    """Return the words that count, and our restatement of the clause they stand in."""
    quoted = ", ".join(f"'{term}'" for term in code["terms"]) or (f"'{words}'" if words else "")
    if restated is None or len(restated) > _LONGEST:
        return quoted
    return f"{quoted}{': ' if quoted else ''}{restated} [our restatement]"


def _find_claims(dataset: Dataset, document_id: str, safeguard: str) -> list[tuple[str, str, str]]:
    """Return the claims about the safeguard: critique and place, claim, verdict; newest first."""
    about = {c["claim_id"] for c in dataset.claims if safeguard in c["safeguards"]}
    rows: dict[str, Row] = {}
    for row in find_unanswered(dataset, document=document_id):
        if row["claim_id"] in about:
            rows.setdefault(row["claim_id"], row)
    newest = sorted(rows.values(), key=lambda r: (r["date"] or "", r["claim_id"]), reverse=True)
    return [
        (
            f"{row['critique']}, on {_place(row)}",
            row["claim"],
            row["verdict"].replace("_", " ") + "*" * bool(row["provisional"]),
        )
        for row in newest
    ]


def _place(row: Row) -> str:
    """Return the provision a claim lands on, and the number of a draft that it was written with."""
    place = format_eid(row["passage_id"].partition(":")[2])
    return f"{place} ({row['as_written']})" if "draft" in row["as_written"] else place


def _caveats(dataset: Dataset, rows: list[Row], title: str) -> tuple[str, ...]:
    """Return what to beware of, as far as it applies."""
    kinds = {row["annotator_id"]: row["kind"] for row in dataset.table("annotators")}
    people = any(kind == "human" for kind in kinds.values())
    found = []
    if any(row["provisional"] for row in rows):
        found.append(
            f"* provisional: the {title} was coded on our own restatement, which is neither a "
            "translation nor authoritative. Read the official text before you quote."
        )
    if not people:
        found.append("The codes were made by language models; no person has checked them.")
    standings = sorted({row["agreement"].partition(";")[0] for row in rows})
    found.append(f"Agreement of the annotators on this safeguard: {', or '.join(standings)}.")
    if any(row["contested"] for row in rows):
        found.append("Some of these codes were contested and decided by an adjudicator.")
    found.append(_ABSENCE)
    return tuple(found)
