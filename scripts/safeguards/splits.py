"""
Train, validation and test: which whole article lies where, for good.

Passages of one article explain each other, so an article is never divided; both editions of it lie
together. New articles are shared out by iterative stratification: the rarest label first, to the
split that lacks it most (Sechidis, Tsoumakas and Vlahavas, "On the Stratification of Multi-label
Data", 2011). Labels of which there are too few to go round are left out. What was shared out before
counts and never moves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from safeguards.eid import container_of
from safeguards.model import hash_text

SPLITS = ("train", "validation", "test")
SHARES = {"train": 700, "validation": 150, "test": 150}  # of ONE
ALL = ""  # the label that every unit carries
ONE = 1000  # what is lacking is counted in thousandths of a unit, so that nothing depends on floats


@dataclass(frozen=True, slots=True)
class SplitUnit:
    """
    What is never divided between splits, and the split it lies in.

    Attributes:
        unit_id: passage_id of an article; of the outermost part, for what lies in no article;
            document_id, for a critique.
        split: ``train``, ``validation`` or ``test``.
        since: Version of the dataset in which it was first shared out.
    """

    unit_id: str
    split: str
    since: str


@dataclass(frozen=True, slots=True)
class SplitSeal:
    """
    What keeps the splits of a version as they were: how many units it added, and their hash.

    Attributes:
        version: Version of the dataset.
        units: Number of units that it added.
        sha256: Hash of their ids and splits.
    """

    version: str
    units: int
    sha256: str


def unit_of(passage_id: str) -> str:
    """
    Return the unit that *passage_id* lies in, which no split divides.

    >>> unit_of("untoc:art_16__para_2"), unit_of("untoc:preamble__p_3"), unit_of("hrw-2022-03:p_4")
    ('untoc:art_16', 'untoc:preamble', 'hrw-2022-03')
    """
    document_id, _, eid = passage_id.partition(":")
    return document_id if eid.startswith("p_") else container_of(passage_id)


def extend_splits(
    labels: Mapping[str, Collection[str]], kept: Sequence[SplitUnit], version: str
) -> list[SplitUnit]:
    """
    Return *kept* and every new unit of *labels*, sorted by unit.

    >>> old = [SplitUnit("demo:art_1", "test", "0.1.0")]
    >>> extend_splits({"demo:art_1": ["safeguard"], "demo:art_2": ["safeguard"]}, old, "0.2.0")[1]
    SplitUnit(unit_id='demo:art_2', split='train', since='0.2.0')

    Args:
        labels: What is to be found in each split alike, by unit: documents, codes.
        kept: Units that were shared out before.
        version: Version of the dataset that the new units are new in.
    """
    carried = {unit: {*found, ALL} for unit, found in _drop_rare(labels).items()}
    lacking = _count_lacking(carried, kept)
    known = {unit.unit_id for unit in kept}
    waiting = sorted(carried.keys() - known, key=lambda unit: (hash_text(unit), unit))
    added = []
    while waiting:
        rarest = _find_rarest(carried[unit] for unit in waiting)
        for unit in [unit for unit in waiting if rarest in carried[unit]]:
            split = max(SPLITS, key=lambda s: (lacking[s, rarest], lacking[s, ALL]))
            lacking.subtract({(split, label): ONE for label in carried[unit]})
            added.append(SplitUnit(unit, split, version))
        waiting = [unit for unit in waiting if rarest not in carried[unit]]
    return sorted([*kept, *added], key=lambda unit: unit.unit_id)


def _drop_rare(labels: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Return *labels* without those of which there are too few for every split to have one."""
    counts = Counter(label for found in labels.values() for label in found)
    return {
        unit: {label for label in found if counts[label] >= len(SPLITS)}
        for unit, found in labels.items()
    }


def _count_lacking(
    carried: Mapping[str, Collection[str]], kept: Iterable[SplitUnit]
) -> Counter[tuple[str, str]]:
    """Return how many units with each label each split still lacks."""
    totals = Counter(label for labels in carried.values() for label in labels)
    lacking: Counter[tuple[str, str]] = Counter()
    for label, total in totals.items():
        for split, share in SHARES.items():
            lacking[split, label] = share * total
    for unit in kept:
        for label in carried.get(unit.unit_id, ()):
            lacking[unit.split, label] -= ONE
    return lacking


def _find_rarest(labels: Iterable[Collection[str]]) -> str:
    """Return the label that the fewest units carry."""
    counts = Counter(label for found in labels for label in found)
    return min(counts, key=lambda label: (counts[label], label))


def seal_splits(units: Iterable[SplitUnit], version: str) -> SplitSeal:
    """Return the seal of the units that *version* added."""
    lines = sorted(f"{u.unit_id} {u.split}\n" for u in units if u.since == version)
    return SplitSeal(version, len(lines), hash_text("".join(lines)))


def find_broken_seals(units: Sequence[SplitUnit], seals: Iterable[SplitSeal]) -> list[str]:
    """
    Return the versions whose units are not what they were.

    >>> units = [SplitUnit("demo:art_1", "test", "0.1.0")]
    >>> find_broken_seals(units, [seal_splits(units, "0.1.0")])
    []
    """
    return [seal.version for seal in seals if seal_splits(units, seal.version) != seal]


def find_moved(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """
    Return the units that lie in another split than before, sorted.

    >>> find_moved({"demo:art_1": "test", "demo:art_2": "train"}, {"demo:art_1": "train"})
    ['demo:art_1']
    """
    return sorted(unit for unit, split in old.items() if new.get(unit, split) != split)
