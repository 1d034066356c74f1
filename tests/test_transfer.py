"""Codes that follow a text to its next version, and codes that cannot."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import TINY
from safeguards.cli.main import main
from safeguards.model import Annotation, make_annotation_id
from safeguards.records import only, read_records
from safeguards.repository import Repository
from safeguards.transfer import Transfer, transfer_round

OFFICIAL = (TINY / "corpus" / "official" / "tiny.md").read_text(encoding="utf-8")


def renew(repository: Repository, old: str, new: str) -> Repository:
    """Give the tiny treaty another text, and the register its hash."""
    assert OFFICIAL.count(old) == 1
    words = OFFICIAL.replace(old, new)
    repository.official_path("tiny").write_text(words, encoding="utf-8")
    register = repository.path("corpus/documents.yaml")
    pinned, fresh = (hashlib.sha256(t.encode()).hexdigest() for t in (OFFICIAL, words))
    text = register.read_text(encoding="utf-8").replace(pinned, fresh)
    register.write_text(text, encoding="utf-8")
    return Repository(repository.root)


def transfer(tiny: Repository, old: str, new: str) -> Transfer:
    """Return what becomes of the pilot when the tiny treaty changes."""
    before = tiny.passages_with_text("tiny", "official")
    coded, decisions = tiny.annotations("pilot"), tiny.decisions("pilot")
    after = renew(tiny, old, new).passages_with_text("tiny", "official")
    return transfer_round(coded, decisions, before, after)


def carry(repository: Repository, *rest: str) -> Result:
    """Run the command on the pilot."""
    arguments = ["-C", str(repository.root), "label", "carry", "--round", "pilot", *rest]
    return CliRunner().invoke(main, arguments)


def texts(tiny: Repository) -> dict[str, str]:
    """Return the present text of each passage."""
    return {p.passage_id: p.text or "" for p in tiny.passages_with_text("tiny", "official")}


def said(rows: list[Annotation], text: dict[str, str]) -> list[str | None]:
    """Return the words under each row."""
    return [text[r.passage_id][r.start : r.end] if r.end else None for r in rows]


def test_codes_follow_their_words(tiny: Repository) -> None:
    """Words before the marked ones move all spans, and every code covers the same words."""
    old = texts(tiny)
    before = said(tiny.annotations("pilot")["lm-x"], old)
    found = transfer(
        tiny, "A Party may order that data", "A Party that so wishes may order that data"
    )
    assert said(found.rows["lm-x"], texts(Repository(tiny.root))) == before
    assert {o.state for o in found.outcomes} == {"carried"}
    assert [d.reason for d in found.decisions] == [d.reason for d in tiny.decisions("pilot")]


def test_ids_follow_and_old_rows_are_kept(tiny: Repository) -> None:
    """A carried code has the id of the new text, decisions name it; the old row stays as it was."""
    before = tiny.annotations("pilot")["lm-y"]
    found = transfer(
        tiny, "A Party may order that data", "A Party that so wishes may order that data"
    )
    row = next(r for r in found.rows["lm-x"] if r.code == "degree_term")
    assert found.old_rows["lm-y"] == [r for r in before if r.passage_id == "tiny:art_1__para_1"]
    assert row.annotation_id == make_annotation_id(row)
    assert found.decisions[0].accepted == (row.annotation_id,)
    assert found.old_decisions == [tiny.decisions("pilot")[0]]


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("kept for a fair time, at", "'reasonable time' is not there"),
        ("kept for a reasonable time, a reasonable time, at", "stands there more than once"),
    ],
)
def test_words_that_are_gone_or_doubled(tiny: Repository, new: str, reason: str) -> None:
    """A code whose words are gone or doubled is to be given again; the others follow."""
    found = transfer(tiny, "kept for a reasonable time, at", new)
    again = [o for o in found.outcomes if o.state == "relabel"]
    carried = [o.code for o in found.outcomes if o.state == "carried" and o.annotator_id == "lm-x"]
    assert {(o.passage_id, o.code) for o in again} == {("tiny:art_1__para_1", "degree_term")}
    assert any(reason in o.reason for o in again)
    assert carried == ["preservation_order", "duration_limit"]


def test_a_finding_follows_whole_or_not(tiny: Repository) -> None:
    """Where one annotator's words are gone, the other's code and the decision stay behind too."""
    found = transfer(tiny, "a reasonable time, at", "a reasonable while, at")
    reasons = {o.annotator_id: o.reason for o in found.outcomes if o.state == "relabel"}
    assert reasons == {
        "lm-x": "'reasonable time' is not there",
        "lm-y": "another code of the same finding cannot follow",
    }
    assert [d.code for d in found.old_decisions] == ["degree_term"]
    assert len(found.decisions) == 2


def test_an_empty_passage_is_read_again(tiny: Repository) -> None:
    """That nothing was found in a text says nothing about other words."""
    found = transfer(tiny, "Article 1 applies subject", "Article 2 applies subject")
    assert {(o.code, o.state) for o in found.outcomes} == {("none", "relabel")}
    assert len(found.outcomes) == 2


def test_nothing_changed(tiny: Repository) -> None:
    """A round on the present texts stays as it is."""
    coded, decisions = tiny.annotations("pilot"), tiny.decisions("pilot")
    present = tiny.passages_with_text("tiny", "official")
    found = transfer_round(coded, decisions, present, present)
    assert (found.rows, found.decisions, found.outcomes) == (coded, decisions, [])


def test_nothing_is_lost_on_disk(tiny: Repository, tmp_path: Path) -> None:
    """The command keeps every old row beside the round, and leaves only rows that fit."""
    old = tmp_path / "old.md"
    old.write_text(OFFICIAL, encoding="utf-8")
    before = tiny.annotations("pilot")["lm-x"]
    changed = renew(tiny, "kept for a reasonable time, at", "kept for a fair time, at")
    result = carry(changed, "--old", str(old), "--document", "tiny")
    folder = changed.path("annotations/rounds/pilot/superseded")
    kept = only(read_records(folder / "lm-x.jsonl", Annotation))
    assert (result.exit_code, result.stderr) == (
        0, "4 codes carried, 1 passages to code again\n",
    )  # fmt: skip
    assert kept == [r for r in before if r.passage_id == "tiny:art_1__para_1"]
    assert len(changed.annotations("pilot")["lm-x"]) == len(before) - 1
    assert [d.code for d in changed.decisions("pilot")] == [
        "judicial_oversight", "discretionary_qualifier",
    ]  # fmt: skip
    assert (folder / "decisions.yaml").is_file()


def test_what_was_carried_passes_the_checks(tiny: Repository, tmp_path: Path) -> None:
    """Carried rows and their decisions keep the rules on ids, spans, rounds and decisions."""
    old = tmp_path / "old.md"
    old.write_text(OFFICIAL, encoding="utf-8")
    changed = renew(tiny, "A Party may order that data", "A Party that wishes may order that data")
    command = ["-C", str(tiny.root)]
    for arguments in (["segment", "--corpus"], ["schema"]):
        CliRunner().invoke(main, [*command, *arguments])
    carry(changed, "--old", str(old), "--document", "tiny")
    CliRunner().invoke(main, [*command, "adjudicate", "--round", "pilot"])
    lines = CliRunner().invoke(main, [*command, "check"]).stdout.splitlines()
    assert [line for line in lines if line.startswith("annotations/")] == []


def test_carrying_twice_changes_nothing(tiny: Repository, tmp_path: Path) -> None:
    """A second run finds nothing to carry and writes nothing."""
    old = tmp_path / "old.md"
    old.write_text(OFFICIAL, encoding="utf-8")
    changed = renew(tiny, "kept for a reasonable time, at", "kept for a fair time, at")
    rounds = changed.path("annotations/rounds")

    def held() -> dict[Path, bytes]:
        carry(changed, "--old", str(old), "--document", "tiny")
        return {p: p.read_bytes() for p in sorted(rounds.rglob("*.*"))}

    assert held() == held()


def test_a_dry_run_writes_nothing(tiny: Repository, tmp_path: Path) -> None:
    """With --dry-run the outcomes are printed and no file changes."""
    old = tmp_path / "old.md"
    old.write_text(OFFICIAL, encoding="utf-8")
    changed = renew(tiny, "kept for a reasonable time, at", "kept for a fair time, at")
    result = carry(changed, "--old", str(old), "--document", "tiny", "--dry-run", "--format", "csv")
    assert "lm-x,tiny:art_1__para_1,degree_term,relabel" in result.stdout
    assert not changed.path("annotations/rounds/pilot/superseded").exists()


def test_the_old_text_is_needed(tiny: Repository) -> None:
    """Without the text that was coded nothing is carried, and the next step is named."""
    changed = renew(tiny, "kept for a reasonable time, at", "kept for a fair time, at")
    result = carry(changed)
    assert (result.exit_code, result.stderr) == (
        2,
        "safeguards: the text of tiny:art_1__para_1 changed, and the one that was coded is not at "
        "hand; name it with --old and --document\n",
    )


def test_an_own_row_follows_with_its_decision(tiny: Repository) -> None:
    """The adjudicator's own row is carried like the rows at issue."""
    first, *others = tiny.decisions("pilot")
    own = replace(tiny.annotations("pilot")["lm-x"][1], annotation_id="own", annotator_id="lm-z")
    before = tiny.passages_with_text("tiny", "official")
    coded = {**tiny.annotations("pilot"), "lm-z": [own]}
    after = renew(tiny, "A Party may order", "A Party may well order").passages_with_text(
        "tiny", "official"
    )
    decisions = [replace(first, accepted=("own",)), *others]
    found = transfer_round(coded, decisions, before, after)
    assert found.decisions[0].accepted == (found.rows["lm-z"][0].annotation_id,)
    assert [r.start for r in found.rows["lm-z"]] == [(own.start or 0) + len("well ")]
