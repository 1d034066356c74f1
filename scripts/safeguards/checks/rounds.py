"""Checks on the rounds: what was planned, who read it, what was contested and decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from safeguards.adjudication import find_contests
from safeguards.checks.data import (
    ADJUDICATED,
    ROUNDS,
    Data,
    Found,
    check,
    decisions_path,
    find_wrong_version,
    is_date,
    round_path,
    rows_path,
)
from safeguards.codebook import NONE
from safeguards.comparisons import iter_repeat_faults
from safeguards.eid import is_inside
from safeguards.model import EDITIONS, ROUND_KINDS, Annotation, Decision, Round
from safeguards.pairing import pair_rows

_EDITIONS = (*EDITIONS, "both")

# The plan.


def _plans(data: Data) -> Iterator[tuple[str, str, int, Round]]:
    """Yield each round's name, and the path, line and record of its plan."""
    for name, row in data.rounds.items():
        yield name, round_path(name), row.line, row.record


@check
def round_name(data: Data) -> Found:
    """A round is called like its folder, and has one plan."""
    for path, kind in data.kinds.items():
        if kind is Round and not data.read(path, Round):
            yield path, 1, "no plan"
    for name, path, line, plan in _plans(data):
        if plan.round != name:
            yield path, line, f"the folder is {name}, the round {plan.round}"
        for extra in data.read(path, Round)[1:]:
            yield path, extra.line, f"a second plan of round {name}"


@check
def round_date(data: Data) -> Found:
    """A round's date is an ISO date."""
    for _, path, line, plan in _plans(data):
        if not is_date(plan.date):
            yield path, line, f"'{plan.date}' is no date"


@check
def round_edition(data: Data) -> Found:
    """A round codes the official text, the restatement, or both, each where it is to be had."""
    for _, path, line, plan in _plans(data):
        if plan.edition not in _EDITIONS:
            yield path, line, f"no edition {plan.edition}"


@check
def round_version(data: Data) -> Found:
    """A round uses a version of the codebook that exists by now."""
    today = data.repository.codebook.codebook_version
    for _, path, line, plan in _plans(data):
        if message := find_wrong_version(plan.codebook_version, today):
            yield path, line, message


@check
def round_annotators(data: Data) -> Found:
    """A round has at least two annotators, all described, none twice."""
    for name, path, line, plan in _plans(data):
        if len(set(plan.annotators)) < 2:
            yield path, line, f"round {name} has fewer than two annotators"
        if len(set(plan.annotators)) < len(plan.annotators):
            yield path, line, f"round {name} names an annotator twice"
        for annotator_id in filter(None, (*plan.annotators, plan.adjudicator)):
            if annotator_id not in data.annotators:
                yield path, line, f"nothing says who {annotator_id} is"


@check
def round_adjudicator(data: Data) -> Found:
    """The adjudicator of a round is none of its annotators."""
    for name, path, line, plan in _plans(data):
        if plan.adjudicator in plan.annotators:
            yield path, line, f"{plan.adjudicator} codes round {name} and decides it"


@check
def round_passages(data: Data) -> Found:
    """Each address of a plan names passages with words, in the edition that is coded."""
    for name, path, line, plan in _plans(data):
        for address in plan.passages:
            if not any(is_inside(passage_id, address) for passage_id in data.planned[name]):
                yield path, line, f"{address} names no passage with words"


@check
def round_files(data: Data) -> Found:
    """The files of rows in a round's folder are its annotators', and its adjudicator's own."""
    for path in data.annotation_files:
        if path == ADJUDICATED:
            continue
        name, _, file = path.removeprefix(f"{ROUNDS}/").partition("/")
        plan = data.rounds.get(name)
        if plan is None:
            yield path, 1, f"round {name} has no plan"
        elif file.removesuffix(".jsonl") not in _judges(plan.record):
            yield path, 1, f"the plan of {name} does not name {file.removesuffix('.jsonl')}"


def _judges(plan: Round) -> tuple[str, ...]:
    """Return who may have rows in a round."""
    return (*plan.annotators, plan.adjudicator)


@check
def round_kind(data: Data) -> Found:
    """A round is a pilot, a main round or a relabelling, and is called that."""
    for _, path, line, plan in _plans(data):
        if plan.kind not in ROUND_KINDS:
            yield path, line, f"no kind {plan.kind}"


@check
def round_assigned(data: Data) -> Found:
    """An assignment names annotators and passages of its round, and no other."""
    for name, path, line, plan in _plans(data):
        for assignment in plan.assignments:
            if assignment.annotator_id not in plan.annotators:
                yield path, line, f"{assignment.annotator_id} is no annotator of round {name}"
            for address in assignment.passages:
                if not any(is_inside(passage_id, address) for passage_id in data.planned[name]):
                    yield path, line, f"{address} is assigned and not in round {name}"


@check
def round_overlap(data: Data) -> Found:
    """Where a plan says how many annotators code each passage, so many are assigned to it."""
    for name, path, line, plan in _plans(data):
        for passage_id in data.planned[name] if plan.overlap else ():
            given = sum(plan.is_assigned(passage_id, a) for a in plan.annotators)
            if given != plan.overlap:
                yield path, line, f"{given} annotators code {passage_id}, not {plan.overlap}"


@check
def round_repeats(data: Data) -> Found:
    """A round that repeats another has its annotators, codebook, edition and passages only."""
    yield from iter_repeat_faults(data.repository)


# Who read what.


@check
def round_complete(data: Data) -> Found:
    """Each annotator of a round that has begun read every passage that the plan gives them."""
    for name, row in data.rounds.items():
        read = {a: {r.passage_id for r in rows} for a, rows in data.rows_of(name).items()}
        if not any(read.values()):
            continue
        for annotator_id in row.record.annotators:
            for passage_id in data.planned[name]:
                due = row.record.is_assigned(passage_id, annotator_id)
                if due and passage_id not in read.get(annotator_id, set()):
                    path = rows_path(name, annotator_id)
                    yield path, 1, f"{annotator_id} did not read {passage_id}"


@check
def round_planned(data: Data) -> Found:
    """An annotator's row is on a passage of the plan of its round."""
    planned = {name: set(passages) for name, passages in data.planned.items()}
    for path, line, row in data.annotators_rows():
        if row.round in planned and row.passage_id not in planned[row.round]:
            yield path, line, f"{row.passage_id} is not planned in round {row.round}"


@check
def annotation_version(data: Data) -> Found:
    """A row was made with the codebook version of its round."""
    for path, line, row in data.annotations():
        plan = data.rounds.get(row.round)
        if plan is None:
            yield path, line, f"no round {row.round}"
        elif row.codebook_version != plan.record.codebook_version:
            wanted = plan.record.codebook_version
            yield path, line, f"codebook {row.codebook_version}, the round has {wanted}"


@check
def annotation_edition(data: Data) -> Found:
    """A row is on the edition that its round codes."""
    for path, line, row in data.annotations():
        plan = data.rounds.get(row.round)
        if plan is not None:
            wanted = data.edition_of(plan.record, row.passage_id.partition(":")[0])
            if row.edition != wanted:
                yield path, line, f"{row.edition} of {row.passage_id}, the round has the {wanted}"


# What was decided.


def _decisions(data: Data) -> Iterator[tuple[str, str, int, Decision]]:
    """Yield each decision with the name of its round, its path and its line."""
    for name, rows in data.decisions.items():
        for row in rows:
            yield name, decisions_path(name), row.line, row.record


def _rows_by_id(data: Data) -> dict[str, Annotation]:
    """Return the annotators' rows by their ids."""
    return {row.annotation_id: row for _, _, row in data.annotators_rows()}


@check
def decision_place(data: Data) -> Found:
    """A decision stands in the folder of its round, and is its adjudicator's."""
    for name, path, line, decision in _decisions(data):
        if decision.round != name:
            yield path, line, f"the folder is {name}, the decision on round {decision.round}"
        plan = data.rounds.get(name)
        if plan is not None and decision.annotator_id != plan.record.adjudicator:
            yield path, line, f"{decision.annotator_id} is not the adjudicator of {name}"


@check
def decision_rows(data: Data) -> Found:
    """A decision names rows of its round, on its passage and of its code."""
    known = _rows_by_id(data)
    for _, path, line, d in _decisions(data):
        if not d.rows:
            yield path, line, f"the decision on {d.code} on {d.passage_id} names no row"
        for annotation_id in d.rows:
            row = known.get(annotation_id)
            if row is None:
                yield path, line, f"no row {annotation_id}"
            elif (row.round, row.passage_id, row.layer, row.code) != (
                d.round,
                d.passage_id,
                d.layer,
                d.code,
            ):
                yield path, line, f"{annotation_id} is not {d.code} on {d.passage_id}"


@check
def decision_accepted(data: Data) -> Found:
    """A decision accepts rows that are at issue in it, or the adjudicator's own on the passage."""
    own = {
        (row.round, row.annotator_id, row.passage_id, row.annotation_id)
        for _, _, row in data.annotators_rows()
    }
    for name, path, line, d in _decisions(data):
        for annotation_id in d.accepted:
            is_own = (name, d.annotator_id, d.passage_id, annotation_id) in own
            if annotation_id not in d.rows and not is_own:
                yield path, line, f"{annotation_id} is accepted and not at issue"


@check
def decision_reason(data: Data) -> Found:
    """A decision has its reason."""
    for _, path, line, d in _decisions(data):
        if not d.reason.strip():
            yield path, line, f"the decision on {d.code} on {d.passage_id} has no reason"


@check
def contest_decided(data: Data) -> Found:
    """Every contest is decided once; what annotators share may be, in an audit, and no more."""
    for name, rows in data.decisions.items():
        contests = find_contests(data.rows_of(name))
        findings = pair_rows(data.rows_of(name))
        at_issue = {frozenset(r.annotation_id for r in f.values()) for f in findings}
        counted = Counter(frozenset(row.record.rows) for row in rows)
        for contest in contests:
            if contest.key not in counted:
                place = f"{contest.code} on {contest.passage_id}"
                yield decisions_path(name), 1, f"{place} is contested and not decided"
        for row in rows:
            place, key = f"{row.record.code} on {row.record.passage_id}", frozenset(row.record.rows)
            if key not in at_issue:
                yield decisions_path(name), row.line, f"{place} is decided and not contested"
            elif counted[key] > 1:
                yield decisions_path(name), row.line, f"{place} is decided twice"


@check
def adjudicated_source(data: Data) -> Found:
    """An adjudicated row stems from a row of its round, on the same passage and with its code."""
    known = {
        (r.round, r.passage_id, r.layer, r.code, r.annotation_id.rpartition("-")[2])
        for r in _rows_by_id(data).values()
    }
    for row in data.annotation_files[ADJUDICATED]:
        r = row.record
        place = (r.round, r.passage_id, r.layer, r.code, r.annotation_id.rpartition("-")[2])
        if r.layer != NONE and place not in known:
            yield ADJUDICATED, row.line, f"{r.annotation_id} stems from no row of {r.round}"


@check
def adjudicated_complete(data: Data) -> Found:
    """Every passage of a round that was decided stands in the adjudicated layer."""
    there = {row.record.passage_id for row in data.annotation_files[ADJUDICATED]}
    for name in data.decisions:
        read = {r.passage_id for rows in data.rows_of(name).values() for r in rows}
        for passage_id in sorted(read - there):
            yield ADJUDICATED, 1, f"nothing on {passage_id} of round {name}"
