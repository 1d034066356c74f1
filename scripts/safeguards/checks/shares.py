"""Checks on train, validation and test: every article lies in one of them, and stays there."""

from __future__ import annotations

from safeguards.checks.data import SPLIT_SEALS, SPLITS, Data, Found, check, find_repeated
from safeguards.splits import SPLITS as NAMES
from safeguards.splits import SplitSeal, SplitUnit, find_broken_seals, unit_of


@check
def split_unit_unique(data: Data) -> Found:
    """An article lies in one split, which is train, validation or test."""
    rows = data.read(SPLITS, SplitUnit)
    yield from find_repeated(SPLITS, rows, lambda unit: unit.unit_id)
    for row in rows:
        if row.record.split not in NAMES:
            yield SPLITS, row.line, f"{row.record.unit_id}: there is no split {row.record.split}"


@check
def split_complete(data: Data) -> Found:
    """Every article of the corpus lies in a split."""
    known = {row.record.unit_id for row in data.read(SPLITS, SplitUnit)}
    for unit in sorted({unit_of(p.record.passage_id) for p in data.passages} - known):
        yield SPLITS, 1, f"{unit} lies in no split; run 'safeguards splits'"


@check
def split_sealed(data: Data) -> Found:
    """The articles that a version shared out lie where they lay in it, and none of them is gone."""
    units = [row.record for row in data.read(SPLITS, SplitUnit)]
    seals = data.read(SPLIT_SEALS, SplitSeal)
    broken = set(find_broken_seals(units, [row.record for row in seals]))
    for row in seals:
        if row.record.version in broken:
            yield SPLIT_SEALS, row.line, f"what version {row.record.version} shared out was changed"
    sealed = {row.record.version for row in seals}
    for version in sorted({unit.since for unit in units} - sealed):
        yield SPLIT_SEALS, 1, f"version {version} has no seal; run 'safeguards splits'"
