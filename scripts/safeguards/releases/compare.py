"""
What changed between two built datasets: every change once, with the provision and the reason.

Compared is what was written and judged. What is computed from it (references, matrix, agreement,
baselines, verdicts of parts of claims, the codes repeated beside each passage) follows from it and
would name each change again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from safeguards.model import Passage
from safeguards.releases.contents import Contents, Row

_KEYS: dict[str, tuple[str, ...]] = {
    "documents": ("document_id",),
    "provisions": ("passage_id", "edition"),
    "links": ("link_id",),
    "claims": ("claim_id",),
    "claim_checks": ("claim_check_id",),
    "concordance": ("document_id", "draft", "article"),
    "facts": ("document_id", "fact", "date"),
    "annotators": ("annotator_id",),
}
_PASSAGE = {f.name for f in fields(Passage)}
_FOLLOWS = {
    "provisions": {"ordinal", "text", "text_chars"},
    "claim_checks": {"verdict", "verdict_reason", "provisional"},
    "annotations": {"annotation_id", "text_sha256", "terms", "provisional"},
}
_FINDING = ("round", "annotator_id", "passage_id", "edition", "layer", "code")
_DEFINING = {"layer", "scope", "rule", "include", "exclude", "family", "values", "codes", "layers"}
_VOCABULARIES = ("codes", "attributes", "statuses", "forces", "severities", "directions")


@dataclass(frozen=True, slots=True)
class Change:
    """
    One thing that differs between two releases.

    Attributes:
        table: Table it is in; ``codebook`` for definitions, ``columns`` for the shape of a table.
        change: ``added``, ``removed`` or ``changed``.
        subject: Id of the record.
        citation: Provision in its legal form, where the record is about one.
        finding: Whose code on which words this is; None in other tables.
        field: What differs, where something was changed.
        before: Its value in the old release, in words.
        after: Its value in the new release.
        because: Rules of the codebook (``rule:ID``) and errata (``erratum:ID``) that explain it.
    """

    table: str
    change: str
    subject: str
    citation: str | None = None
    finding: str | None = None
    field: str | None = None
    before: str | None = None
    after: str | None = None
    because: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """
        The change as people say it.

        >>> Change("links", "added", "L-001").sentence
        'link L-001 added'
        """
        noun = self.finding or f"{_NOUNS.get(self.table, self.table)} {self.subject}"
        if self.change != "changed":
            return f"{noun} {self.change}"
        before, after = self.before or "nothing", self.after or "nothing"
        return f"{noun}: {self.field} changed from {before} to {after}"


_NOUNS = {
    "documents": "document", "provisions": "passage", "links": "link", "claims": "claim",
    "claim_checks": "part of a claim", "facts": "fact", "annotators": "annotator",
    "columns": "column", "codebook": "definition of", "concordance": "concordance of",
}  # fmt: skip


def compare_datasets(old: Contents, new: Contents) -> list[Change]:
    """
    Return every change from one built dataset to another, by table and record.

    Raises:
        DatasetMissing, RecordFault: One of the folders holds no dataset.
    """
    shared = [name for name in (*_KEYS, "annotations") if name in old.tables and name in new.tables]
    rows = {name: (old.rows(name), new.rows(name)) for name in shared}
    why = _Reasons(old, new, _citations(rows.get("provisions", ([], []))))
    changes = [*_compare_columns(old, new), *_compare_codebooks(old, new)]
    for name, (before, after) in rows.items():
        if name == "annotations":
            changes += _compare_findings(before, after, why)
        else:
            changes += _compare_rows(name, before, after, why)
    return changes


def find_step(changes: Sequence[Change]) -> str:
    """
    Return the SemVer step that changes ask for.

    >>> find_step([Change("links", "added", "L-1"), Change("documents", "removed", "x")])
    'major'
    """
    steps = {_step(change) for change in changes}
    return next((step for step in ("major", "minor") if step in steps), "patch")


def _step(change: Change) -> str:
    """Return the step that one change asks for."""
    if change.change == "added":
        return "minor"
    if change.table in ("codebook", "columns"):
        return "major"
    return "major" if change.change == "removed" and change.table != "annotations" else "patch"


@dataclass(frozen=True)
class _Reasons:
    """Why a record may have changed, and how its provision is cited."""

    old: Contents
    new: Contents
    citations: Mapping[str, str]

    def of(self, before: Row | None, after: Row | None, keys: Sequence[str]) -> tuple[str, ...]:
        """Return the rules and errata that speak of a record."""
        errata = {str(e["erratum_id"]) for e in self.old.errata}
        found = [
            f"erratum:{e['erratum_id']}"
            for e in self.new.errata
            if str(e["erratum_id"]) not in errata and set(e["records"]) & set(keys)
        ]
        return tuple(sorted(found + self._rules(before, after)))

    def _rules(self, before: Row | None, after: Row | None) -> list[str]:
        """Return the codebook's decisions on the code of a finding that are new to it."""
        row = after or before or {}
        versions = {r.get("codebook_version") for r in (before, after) if r is not None}
        known = {c["id"] for c in self.old.codebook.get("changes", [])}
        return [
            f"rule:{c['id']}"
            for c in self.new.codebook.get("changes", [])
            if row.get("code") in c["codes"] and (c["id"] not in known or len(versions) > 1)
        ]

    def cite(self, row: Row) -> str | None:
        """Return the provision that a record is about, in its legal form."""
        return self.citations.get(str(row.get("passage_id")))


def _citations(provisions: tuple[Sequence[Row], Sequence[Row]]) -> dict[str, str]:
    """Return the legal form of every passage of either release."""
    return {row["passage_id"]: row["citation"] for rows in provisions for row in rows}


# The shape of the tables, and what may be said.


def _compare_columns(old: Contents, new: Contents) -> Iterator[Change]:
    """Yield tables and columns that came or went."""
    before, after = (
        {f"{name}.{column}" for name, entry in c.tables.items() for column in entry["columns"]}
        for c in (old, new)
    )
    yield from (Change("columns", "removed", name) for name in sorted(before - after))
    yield from (Change("columns", "added", name) for name in sorted(after - before))


def _compare_codebooks(old: Contents, new: Contents) -> Iterator[Change]:
    """Yield codes and other words that came, went, or are defined anew."""
    rules = {c["id"]: c for c in new.codebook.get("changes", [])}
    known = {c["id"] for c in old.codebook.get("changes", [])}
    for name in _VOCABULARIES:
        before, after = ({e["id"]: e for e in c.codebook.get(name, [])} for c in (old, new))
        for word in [*before, *(w for w in after if w not in before)]:
            because = tuple(
                f"rule:{i}" for i, r in rules.items() if i not in known and word in r["codes"]
            )
            yield from _compare_entry(word, before.get(word), after.get(word), because)


def _compare_entry(
    word: str, before: Row | None, after: Row | None, because: tuple[str, ...]
) -> Iterator[Change]:
    """Yield what changed in the definition of one word."""
    if before is None or after is None:
        yield Change("codebook", "added" if after else "removed", word, because=because)
        return
    for field in sorted(_DEFINING & {*before, *after}):
        if before.get(field) != after.get(field):
            said = _say(before.get(field)), _say(after.get(field))
            yield Change("codebook", "changed", word, None, None, field, *said, because)


# Rows with an id.


def _compare_rows(
    table: str, before: Sequence[Row], after: Sequence[Row], why: _Reasons
) -> Iterator[Change]:
    """Yield the changes of a table whose rows have ids."""

    def key(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in _KEYS[table])

    old, new = {key(row): row for row in before}, {key(row): row for row in after}
    for place in [*old, *(k for k in new if k not in old)]:
        words = " ".join(map(str, place))
        yield from _compare_pair(table, words, old.get(place), new.get(place), why)


def _compare_pair(
    table: str,
    subject: str,
    before: Row | None,
    after: Row | None,
    why: _Reasons,
    finding: str | None = None,
) -> Iterator[Change]:
    """Yield what differs between two states of one record; one of them may be missing."""
    row = after or before or {}
    ids = [str(r.get(k)) for r in (before, after) if r for k in r if k.endswith("_id")]
    cited, because = why.cite(row), why.of(before, after, ids)
    if before is None or after is None:
        how = "added" if after else "removed"
        yield Change(table, how, subject, cited, finding, because=because)
        return
    for field in _compared(table, before, after):
        if before.get(field) != after.get(field):
            name, said = _tell(field, before, after)
            yield Change(table, "changed", subject, cited, finding, name, *said, because)


def _compared(table: str, before: Row, after: Row) -> list[str]:
    """Return the columns that are compared, in order; columns of one release alone are not."""
    names = [name for name in before if name in after and name not in _FOLLOWS.get(table, ())]
    return [n for n in names if n in _PASSAGE] if table == "provisions" else names


def _tell(field: str, before: Row, after: Row) -> tuple[str, tuple[str, str]]:
    """Return what to call a column that differs, and its two values; texts are shown if shipped."""
    if field != "text_sha256":
        return field, (_say(before[field]), _say(after[field]))
    return "text", (_say_text(before), _say_text(after))


def _say_text(row: Row) -> str:
    """Return a text in quotes; its hash where it is not shipped."""
    if row.get("text"):
        return f"'{row['text']}'"
    return f"SHA-256 {row['text_sha256'][:12]}" if row["text_sha256"] else ""


def _say(value: Any) -> str:
    """
    Return a value as people read it.

    >>> _say([{"name": "timing", "value": "prior"}]), _say(True), _say(None)
    ('timing: prior', 'yes', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(_say, value))
    if isinstance(value, Mapping):
        return ": ".join(_say(item) for item in value.values())
    return str(value)


# Findings, whose ids change with their words.


def _compare_findings(
    before: Sequence[Row], after: Sequence[Row], why: _Reasons
) -> Iterator[Change]:
    """Yield codes that came, went or changed; one code by one annotator is one finding."""
    old, new = _by_finding(before), _by_finding(after)
    for place in [*old, *(k for k in new if k not in old)]:
        for one, other in _pair(old.get(place, []), new.get(place, [])):
            row = other or one or {}
            subject = str(row["annotation_id"])
            named = f"{row['layer']} {row['code']} by {row['annotator_id']}"
            yield from _compare_pair("annotations", subject, one, other, why, named)


def _by_finding(rows: Sequence[Row]) -> dict[tuple[Any, ...], list[Row]]:
    """Return rows by round, annotator, passage, edition and code."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in _FINDING), []).append(row)
    return found


def _pair(old: Sequence[Row], new: Sequence[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Yield each old row with its new state: by id, then in the order of their words."""
    by_id = {row["annotation_id"]: row for row in new}
    place: Callable[[Row], int] = lambda row: -1 if row["start"] is None else row["start"]  # noqa: E731
    same = [row for row in old if row["annotation_id"] in by_id]
    yield from ((row, by_id[row["annotation_id"]]) for row in same)
    kept = {row["annotation_id"] for row in same}
    left = sorted((row for row in old if row["annotation_id"] not in kept), key=place)
    came = sorted((row for row in new if row["annotation_id"] not in kept), key=place)
    for n in range(max(len(left), len(came))):
        yield (left[n] if n < len(left) else None), (came[n] if n < len(came) else None)
