"""
What the agreement of a round is about: annotators side by side, or one annotator's two readings.

A round may repeat another: the same annotators code some of its passages once more, and each is
compared with the same annotator's first codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from safeguards.eid import is_inside
from safeguards.model import Annotation, Round
from safeguards.pairing import Finding, pair_rows
from safeguards.repository import Repository

Coded = Mapping[str, Sequence[Annotation]]
Place = tuple[str, str]


@dataclass(frozen=True)
class Comparison:
    """
    What is held side by side: annotators of a round, or one annotator's two readings.

    Attributes:
        round: Name of the round.
        comparison: ``inter`` or ``intra``.
        annotators: Whose codes these are.
        coded: Rows by annotator; in an intra comparison, by round.
    """

    round: str
    comparison: str
    annotators: tuple[str, ...]
    coded: Coded

    @cached_property
    def editions(self) -> list[str]:
        """The editions of the passages, sorted."""
        return sorted({row.edition for rows in self.coded.values() for row in rows})

    @cached_property
    def codes_by_place(self) -> dict[Place, dict[str, set[tuple[str, str]]]]:
        """Passage and edition -> reader -> what was given, as layer and code."""
        found: dict[Place, dict[str, set[tuple[str, str]]]] = {}
        for reader, rows in self.coded.items():
            for row in rows:
                by_reader = found.setdefault((row.passage_id, row.edition), {})
                by_reader.setdefault(reader, set()).add((row.layer, row.code))
        return dict(sorted(found.items()))

    @cached_property
    def findings(self) -> list[Finding]:
        """The findings that two readers or more have."""
        return [finding for finding in pair_rows(self.coded) if len(finding) > 1]

    def only(self, edition: str) -> Comparison:
        """Return the same comparison on the passages of one edition."""
        coded = {k: [r for r in rows if r.edition == edition] for k, rows in self.coded.items()}
        return replace(self, coded=coded)


def find_comparisons(repository: Repository, round_name: str) -> list[Comparison]:
    """
    Return what the agreement of a round is about; nothing where nobody has coded it yet.

    An ordinary round gives one comparison, a round that repeats another one for each annotator, on
    the passages that the annotator read in both rounds with the same text.
    """
    plan = repository.round(round_name)
    coded = repository.annotations(round_name)
    if plan.repeats is None:
        return [Comparison(round_name, "inter", tuple(sorted(coded)), coded)] if coded else []
    first = repository.annotations(plan.repeats)
    return [
        Comparison(
            round_name,
            "intra",
            (annotator,),
            _shared_passages({plan.repeats: first[annotator], round_name: coded[annotator]}),
        )
        for annotator in sorted(coded.keys() & first.keys())
    ]


def _shared_passages(coded: Coded) -> Coded:
    """Return the rows on passages that are in all of *coded*, with the same text."""
    read = [{(r.passage_id, r.edition, r.text_sha256) for r in rows} for rows in coded.values()]
    shared = set.intersection(*read)
    return {
        name: [r for r in rows if (r.passage_id, r.edition, r.text_sha256) in shared]
        for name, rows in coded.items()
    }


def iter_repeat_faults(repository: Repository) -> Iterator[tuple[str, int, str]]:
    """Yield what is wrong with the plans of rounds that repeat another: path, line, message."""
    for name in repository.round_names:
        plan = repository.round(name)
        if plan.repeats is not None:
            path = f"annotations/rounds/{name}/round.yaml"
            yield from ((path, 1, fault) for fault in _iter_plan_faults(repository, plan))


def _iter_plan_faults(repository: Repository, plan: Round) -> Iterator[str]:
    """Yield what is wrong with the plan of a round that repeats another."""
    if plan.repeats not in repository.round_names or plan.repeats == plan.round:
        yield f"there is no other round {plan.repeats} to repeat"
        return
    first = repository.round(plan.repeats)
    if first.repeats is not None:
        yield f"{plan.repeats} itself repeats {first.repeats}"
    if plan.codebook_version != first.codebook_version:
        yield f"codebook {plan.codebook_version}, {plan.repeats} has {first.codebook_version}"
    if plan.edition != first.edition:
        yield f"edition {plan.edition}, {plan.repeats} has {first.edition}"
    for annotator in plan.annotators:
        if annotator not in first.annotators:
            yield f"{annotator} did not code {plan.repeats}"
    for address in plan.passages:
        if not any(is_inside(address, planned) for planned in first.passages):
            yield f"{address} is not in {plan.repeats}"
    if repository.decisions(plan.round):
        yield "a round that repeats another is not adjudicated; remove its decisions.yaml"
