"""Train, validation and test: by whole article, alike in what they hold, and for good."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from safeguards.cli.main import main
from safeguards.errors import RecordFault, UsageFault
from safeguards.publish import build_dataset
from safeguards.publish.sharing import derive_splits, read_labels
from safeguards.records import format_record, write_text
from safeguards.repository import Repository
from safeguards.splits import SPLITS, SplitUnit, extend_splits, seal_splits, unit_of

LABELS = st.dictionaries(
    st.from_regex(r"demo:art_[1-9][0-9]{0,2}", fullmatch=True),
    st.sets(st.sampled_from(["safeguard", "power", "notice", "budapest", "hanoi"])),
    max_size=40,
)


@given(LABELS, LABELS)
def test_what_was_shared_out_never_moves(
    old: dict[str, set[str]], new: dict[str, set[str]]
) -> None:
    """Whatever is added later and whatever is coded later, every article stays where it was."""
    first = extend_splits(old, [], "0.1.0")
    second = extend_splits(old | new, first, "0.2.0")
    assert [unit for unit in second if unit.unit_id in old] == first
    assert [unit.unit_id for unit in second] == sorted(old.keys() | new.keys())


@given(LABELS)
def test_the_order_of_the_articles_does_not_matter(labels: dict[str, set[str]]) -> None:
    """The same articles in another order are shared out alike."""
    turned = dict(reversed(labels.items()))
    assert extend_splits(turned, [], "0.1.0") == extend_splits(labels, [], "0.1.0")


def test_the_committed_splits_hold_every_article() -> None:
    """Sharing out again adds nothing to the committed files."""
    repository = Repository(ROOT)
    version = repository.splits[0].since
    for path, text in derive_splits(repository, version).items():
        assert text == (ROOT / path).read_text(encoding="utf-8"), path


@pytest.mark.parametrize("treaty", ["budapest", "hanoi", "malabo", "uncac", "untoc"])
def test_each_treaty_is_shared_out_in_proportion(treaty: str) -> None:
    """Of each treaty, 65 to 75 of 100 articles are for training, 10 to 20 for each other purpose."""
    units = [u for u in Repository(ROOT).splits if u.unit_id.startswith(f"{treaty}:")]
    counts = Counter(unit.split for unit in units)
    assert 0.65 <= counts["train"] / len(units) <= 0.75
    assert all(0.10 <= counts[split] / len(units) <= 0.20 for split in ("validation", "test"))


def test_every_layer_is_in_every_split() -> None:
    """Articles with safeguards, powers and vagueness are there in training, validation and test."""
    repository = Repository(ROOT)
    labels = read_labels(repository)
    found = {(u.split, label) for u in repository.splits for label in labels[u.unit_id]}
    layers = ("safeguard", "power", "vagueness")
    assert {(split, layer) for split in SPLITS for layer in layers} <= found


def test_no_article_is_in_two_splits(built: Path) -> None:
    """Passages and codes of one article, in both editions, lie in files of one split."""
    where: dict[str, set[str]] = {}
    for path in [*built.glob("data/provisions/*"), *built.glob("data/annotations/*")]:
        for passage_id in pd.read_parquet(path)["passage_id"]:
            where.setdefault(unit_of(passage_id), set()).add(path.name.partition("-")[0])
    assert {unit: splits for unit, splits in where.items() if len(splits) > 1} == {}
    assert len(where) == 10


def test_a_changed_release_cannot_be_built_upon(tiny: Repository) -> None:
    """When an article of an earlier version was moved, no article is added."""
    moved = dataclasses.replace(tiny.splits[0], split="test")
    text = "".join(format_record(unit) + "\n" for unit in [moved, *tiny.splits[1:]])
    write_text(tiny.path("corpus/splits.jsonl"), text)
    with pytest.raises(RecordFault) as caught:
        derive_splits(Repository(tiny.root), "0.2.0")
    assert caught.value.faults == ["units of version 0.1.0 were changed"]


def test_an_article_in_no_split_stops_the_build(tiny: Repository) -> None:
    """A new article has to be shared out before it is published; the message says how."""
    units = [unit for unit in tiny.splits if unit.unit_id != "tiny:art_2"]
    text = "".join(format_record(unit) + "\n" for unit in units)
    write_text(tiny.path("corpus/splits.jsonl"), text)
    with pytest.raises(
        UsageFault, match="tiny:art_2 lies in no split yet; run 'safeguards splits'"
    ):
        build_dataset(Repository(tiny.root), tiny.path("dist/dataset"))


def test_the_command_adds_new_articles_under_a_seal(tiny: Repository) -> None:
    """New articles are added and sealed; those that were there stay."""
    old = tiny.splits
    units = [unit for unit in old if unit.unit_id != "tiny:art_2"]
    text = "".join(format_record(unit) + "\n" for unit in units)
    write_text(tiny.path("corpus/splits.jsonl"), text)
    done = CliRunner().invoke(main, ["-C", str(tiny.root), "splits"])
    assert done.exit_code == 0
    fresh = Repository(tiny.root)
    assert [unit for unit in fresh.splits if unit.unit_id != "tiny:art_2"] == units
    assert [unit.unit_id for unit in fresh.splits] == [unit.unit_id for unit in old]
    assert fresh.split_seals == [seal_splits(fresh.splits, "0.1.0")]


def test_articles_that_moved_between_releases_are_listed(tiny: Repository, built: Path) -> None:
    """Against a dataset built before, the command names what moved, and fails."""
    command = ["-C", str(tiny.root), "splits", "--against", str(built)]
    assert CliRunner().invoke(main, command).exit_code == 0
    moved = [
        SplitUnit(u.unit_id, "train", u.since) if u.unit_id == "tiny:art_3" else u
        for u in tiny.splits
    ]
    text = "".join(format_record(unit) + "\n" for unit in moved)
    write_text(tiny.path("corpus/splits.jsonl"), text)
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, done.stdout) == (1, "tiny:art_3\n")
