"""
What changed from one codebook to another, and which codes and passages that may touch.

A changed rule makes the codes given under the old one doubtful, and no others: so only the passages
that hold them are read again. A code, value or question that annotations use may not go or get
another id, because nobody could read those annotations any more; its name may change at will.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from safeguards.codebook import Codebook
from safeguards.model import Annotation, Claim, Problem
from safeguards.records import Located
from safeguards.repository import Repository

CHECK_ID = "codebook-in-use"
_CLAIMS = "corpus/claims.yaml"
# Part of the codebook, what one of its entries is called, and the field of a row that names it.
_PARTS = (
    ("layers", "layer", "layer"),
    ("codes", "code", "code"),
    ("attributes", "attribute", ""),
    ("statuses", "status", "status"),
    ("forces", "force", "force"),
    ("severities", "severity", "severity"),
    ("directions", "direction", "direction"),
    ("confidences", "confidence", "confidence"),
)
_FIELDS = {part: field for _, part, field in _PARTS if field}
# What annotators do not decide by.
_COSMETIC = {"name", "color", "letter", "basis", "values"}

Uses = tuple[str, Located[Annotation]]


@dataclass(frozen=True, slots=True)
class Change:
    """
    One entry of the codebook that differs.

    Attributes:
        part: What it is: a code, a value of an attribute, a status and so on.
        name: Its id; of a value, the attribute and the value: ``timing: prior``.
        change: ``added``, ``removed``, ``renamed`` or ``changed``.
        fields: What changed in it; of a renamed one, the new id.
        codes: Codes for which an attribute is newly asked, or no longer.
    """

    part: str
    name: str
    change: str
    fields: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def is_breaking(self) -> bool:
        """Whether annotations that use it could no longer be read."""
        return self.change in ("removed", "renamed")

    def touches(self, row: Annotation) -> bool:
        """Tell whether the change may touch what *row* says."""
        if self.change == "added" and not self.codes:
            return False
        if row.code in self.codes:
            return True
        if self.part == "attribute":
            return any(a.name == self.name for a in row.attributes)
        if self.part == "value":
            return any(f"{a.name}: {a.value}" == self.name for a in row.attributes)
        return str(getattr(row, _FIELDS[self.part])) == self.name


@dataclass(frozen=True, slots=True)
class Touched:
    """How many rows a change may touch, in how many passages, and in which."""

    rows: int
    touched: int
    passages: tuple[str, ...]


def compare_codebooks(old: Codebook, new: Codebook) -> list[Change]:
    """
    Return what differs, in the order of the codebook's parts and the old one's entries.

    The version, the date, and what is not asked of annotators (critiques, sources) are left out.
    """
    changes: list[Change] = []
    for name, part, _ in _PARTS:
        before = {str(e.id): e for e in getattr(old, name)}
        after = {str(e.id): e for e in getattr(new, name)}
        changes += _compare_entries(part, before, after)
    return [*changes, *_compare_questions(old, new)]


def _compare_entries(part: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    """Yield what differs between the entries of one part."""
    came = {i: e for i, e in after.items() if i not in before}
    for name, entry in before.items():
        if name in after:
            if fields := _changed_fields(entry, after[name]):
                yield Change(part, name, "changed", fields)
        elif heir := _find_heir(entry, came):
            del came[heir]
            yield Change(part, name, "renamed", (heir,))
        else:
            yield Change(part, name, "removed")
    yield from (Change(part, name, "added") for name in came)


def _changed_fields(old: Any, new: Any) -> tuple[str, ...]:
    """Return the fields that annotators decide by and that differ."""
    names = [n for n in type(old).model_fields if n not in _COSMETIC | {"codes", "layers"}]
    return tuple(n for n in names if getattr(old, n) != getattr(new, n))


def _find_heir(entry: Any, came: dict[str, Any]) -> str | None:
    """Return the new id of an entry that says the same, or None."""
    told = [n for n in ("name", "rule", "scope", "question") if n in type(entry).model_fields]
    for name, other in came.items():
        if all(getattr(entry, n) == getattr(other, n) for n in told):
            return name
    return None


def _compare_questions(old: Codebook, new: Codebook) -> Iterator[Change]:
    """Yield which values attributes gained and lost, and for which codes they are asked anew."""
    after = {question.id: question for question in new.attributes}
    for question in old.attributes:
        other = after.get(question.id)
        if other is None:
            continue
        for value in question.values:
            if value not in other.values:
                yield Change("value", f"{question.id}: {value}", "removed")
        gained = [value for value in other.values if value not in question.values]
        asked, asks = (
            {c.id for c in book.codes if q in book.questions(c)}
            for book, q in ((old, question), (new, other))
        )
        for value in gained:
            # Whoever answered without it had one answer fewer to choose from.
            yield Change("value", f"{question.id}: {value}", "added", (), tuple(sorted(asked)))
        if moved := tuple(sorted((asked ^ asks) & set(old.by_id))):
            yield Change("attribute", question.id, "changed", ("codes",), moved)
    for question in new.attributes:
        if question.id not in {q.id for q in old.attributes}:
            codes = tuple(c.id for c in new.codes if question in new.questions(c))
            yield Change("attribute", question.id, "changed", ("asked",), codes)


# In use.


def find_rows(repository: Repository) -> list[Uses]:
    """Return every row of every annotator and adjudicator, with its file and line."""
    found: list[Uses] = []
    for name in repository.round_names:
        plan = repository.round(name)
        for annotator_id in dict.fromkeys((*plan.annotators, plan.adjudicator)):
            path = repository.annotations_path(name, annotator_id)
            place = path.relative_to(repository.root).as_posix()
            found += [(place, row) for row in repository.read(place, Annotation)]
    return found


def find_touched(change: Change, rows: Iterable[Uses]) -> Touched:
    """Return the rows and passages that a change may touch, in the order of the rows."""
    found = [row.record.passage_id for _, row in rows if change.touches(row.record)]
    passages = tuple(dict.fromkeys(found))
    return Touched(len(found), len(passages), passages)


def find_broken(
    changes: Sequence[Change], rows: Iterable[Uses], claims: Iterable[Located[Claim]]
) -> list[Problem]:
    """Return every row and claim that uses what was removed or got another id."""
    breaking = [change for change in changes if change.is_breaking]
    problems = [
        Problem(path, row.line, CHECK_ID, f"{row.record.annotation_id} uses {_show(change)}")
        for path, row in rows
        for change in breaking
        if change.touches(row.record)
    ]
    codes = {change.name: change for change in breaking if change.part == "code"}
    for claim in claims:
        for code in (*claim.record.safeguards, *claim.record.vagueness):
            if code in codes:
                message = f"{claim.record.claim_id} uses {_show(codes[code])}"
                problems.append(Problem(_CLAIMS, claim.line, CHECK_ID, message))
    return problems


def _show(change: Change) -> str:
    """Return a breaking change in words."""
    fate = f"renamed to {change.fields[0]}" if change.change == "renamed" else "removed"
    return f"{change.part} {change.name}, which is {fate}"
