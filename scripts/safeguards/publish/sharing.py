"""Which split each article goes to: what the articles hold, and what is new among them."""

from __future__ import annotations

from pathlib import Path

from safeguards.errors import RecordFault
from safeguards.publish.gate import read_manifest, read_written
from safeguards.records import format_record
from safeguards.repository import Repository
from safeguards.splits import (
    SplitUnit,
    extend_splits,
    find_broken_seals,
    find_moved,
    seal_splits,
    unit_of,
)


def derive_splits(repository: Repository, version: str) -> dict[str, str]:
    """
    Return the files that share articles out to splits, new articles added: text by path.

    Raises:
        RecordFault: What an earlier version shared out was changed.
    """
    seals = [seal for seal in repository.split_seals if seal.version != version]
    if broken := find_broken_seals(repository.splits, seals):
        faults = [f"units of version {name} were changed" for name in broken]
        raise RecordFault("corpus/splits.jsonl", faults)
    units = extend_splits(read_labels(repository), repository.splits, version)
    fresh = seal_splits(units, version)
    sealed = [*seals, fresh] if fresh.units else seals
    return {
        "corpus/splits.jsonl": "".join(format_record(unit) + "\n" for unit in units),
        "corpus/split_seals.jsonl": "".join(format_record(seal) + "\n" for seal in sealed),
    }


def read_labels(repository: Repository) -> dict[str, set[str]]:
    """Return what each unit holds that every split should have its share of: treaty and codes."""
    kinds = {d.document_id: d.kind for d in repository.documents}
    labels: dict[str, set[str]] = {}
    for passage in repository.passages:
        treaty = kinds.get(passage.document_id) == "treaty"
        found = passage.document_id if treaty else "critique"
        labels.setdefault(unit_of(passage.passage_id), set()).add(found)
    for row in (*repository.iter_annotations(), *repository.adjudicated):
        labels.setdefault(unit_of(row.passage_id), set()).update((row.layer, row.code))
    return labels


def find_moved_units(repository: Repository, folder: Path) -> list[str]:
    """
    Return the articles that lie in another split than in a dataset built before.

    Raises:
        DatasetMissing: There is no dataset in *folder*.
    """
    read_manifest(folder)
    old: dict[str, str] = {}
    for part in read_written(folder, "provisions"):
        old.update((unit_of(row["passage_id"]), part.split) for row in part.rows)
    return find_moved(old, _where(repository.splits))


def _where(units: list[SplitUnit]) -> dict[str, str]:
    """Return the split of each unit."""
    return {unit.unit_id: unit.split for unit in units}
