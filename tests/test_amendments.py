"""Changes of the codebook: what differs, what it touches, what may not go."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import TINY
from safeguards.amendments import Change, compare_codebooks, find_rows, find_touched
from safeguards.cli.main import main
from safeguards.codebook import parse_codebook
from safeguards.repository import Repository

WORDS = (TINY / "schema" / "codebook.yaml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    """Return the tiny codebook with one thing changed, wherever it stands."""
    assert old in WORDS
    return WORDS.replace(old, new)


def without(entry: str) -> str:
    """Return the tiny codebook without one code."""
    return re.sub(rf"^- id: {entry}\n(?:  .*\n)+", "", WORDS, flags=re.MULTILINE)


def differences(words: str) -> list[Change]:
    """Return how the tiny codebook differs from a later one."""
    return compare_codebooks(parse_codebook(WORDS, "old"), parse_codebook(words, "new"))


def diff(repository: Repository, *rest: str) -> Result:
    """Compare the tiny codebook with the one of a changed repository."""
    old = repository.root / "old.yaml"
    old.write_text(WORDS, encoding="utf-8")
    arguments = ["-C", str(repository.root), "codebook", "diff", str(old), *rest]
    return CliRunner().invoke(main, arguments)


def put(repository: Repository, words: str) -> Repository:
    """Give a repository another codebook."""
    repository.path("schema/codebook.yaml").write_text(words, encoding="utf-8")
    return Repository(repository.root)


@pytest.mark.parametrize(
    ("words", "change"),
    [
        (
            changed("scope: Time limit in one sentence", "scope: A limit in time"),
            Change("code", "duration_limit", "changed", ("scope",)),
        ),
        (without("missing_limit"), Change("code", "missing_limit", "removed")),
        (
            changed("duration_limit", "time_limit"),
            Change("code", "duration_limit", "renamed", ("time_limit",)),
        ),
        (
            changed("  - prior\n", ""),
            Change("value", "timing: prior", "removed"),
        ),
        (
            changed("  - prior\n", "  - prior\n  - never\n"),
            Change("value", "timing: never", "added", (), ("judicial_oversight",)),
        ),
        (
            changed("- id: widens_power\n", "- id: grows_power\n"),
            Change("direction", "widens_power", "renamed", ("grows_power",)),
        ),
    ],
)
def test_what_changed(words: str, change: Change) -> None:
    """Each kind of change is named with the entry and the fields that changed."""
    assert differences(words) == [change]


@pytest.mark.parametrize(
    "words",
    [
        WORDS,
        changed("name: Time limit", "name: Limit in time"),
        changed("codebook_version: 0.1.0", "codebook_version: 0.2.0"),
        changed("'#1b6e5a'", "'#1b6e5b'"),
    ],
)
def test_what_makes_no_difference(words: str) -> None:
    """Names, colours and the version are nothing that annotators decide by."""
    assert differences(words) == []


@pytest.mark.parametrize(
    ("change", "passages"),
    [
        (Change("code", "duration_limit", "changed"), ("tiny:art_1__para_1",)),
        (Change("status", "qualified", "changed"), ("tiny:art_3__para_1", "tiny:art_1__para_2")),
        (Change("attribute", "intrusiveness", "changed"), ("tiny:art_1__para_1", "tiny:art_2")),
        (Change("code", "new_code", "added"), ()),
        (Change("severity", "critical", "changed"), ("tiny:art_1__para_2__point_a",)),
    ],
)
def test_what_a_change_touches(change: Change, passages: tuple[str, ...]) -> None:
    """A change touches the passages of the rows that use what changed, and no others."""
    assert find_touched(change, find_rows(Repository(TINY))).passages == passages


def test_touched_passages_are_planned(tiny: Repository) -> None:
    """A changed rule plans a round of just the passages with that code, by the same annotators."""
    words = changed("scope: Time limit in one", "scope: A limit in one")
    put(tiny, words.replace("codebook_version: 0.1.0", "codebook_version: 0.2.0"))
    result = diff(tiny, "--plan", "again", "--date", "2020-05-06")
    plan = Repository(tiny.root).round("again")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        0, "annotations/rounds/again/round.yaml",
    )  # fmt: skip
    assert (plan.passages, plan.codebook_version) == (("tiny:art_1__para_1",), "0.2.0")
    assert (plan.annotators, plan.adjudicator, plan.edition) == (
        ("lm-x", "lm-y"),
        "lm-z",
        "official",
    )


def test_a_planned_round_has_a_new_name(tiny: Repository) -> None:
    """A round that exists is not planned over."""
    put(tiny, changed("scope: Time limit in one", "scope: A limit in one"))
    result = diff(tiny, "--plan", "pilot")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        2, "safeguards: there is a round pilot already; choose another name",
    )  # fmt: skip


def test_a_code_in_use_stays(tiny: Repository) -> None:
    """Removing a code names every row and claim that uses it, plans nothing, and fails."""
    put(tiny, changed("duration_limit", "time_limit"))
    result = diff(tiny, "--plan", "again")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "annotations/rounds/pilot/lm-x.jsonl:3: codebook-in-use pilot-lm-x-8af24c764eb9 uses code "
        "duration_limit, which is renamed to time_limit",
        "annotations/rounds/pilot/lm-y.jsonl:3: codebook-in-use pilot-lm-y-f2a033785024 uses code "
        "duration_limit, which is renamed to time_limit",
        "corpus/claims.yaml:2: codebook-in-use C-1 uses code duration_limit, which is renamed to "
        "time_limit",
        "safeguards: the change has 3 faults; mend them and run again",
    ]
    assert Repository(tiny.root).round_names == ["pilot"]


def test_check_finds_a_code_that_went(tiny: Repository) -> None:
    """The check of the committed data names the rows of a code that is gone, too."""
    put(tiny, changed("duration_limit", "time_limit"))
    command = ["-C", str(tiny.root), "check", "--only", "annotation-code"]
    lines = CliRunner().invoke(main, command).stdout.splitlines()
    assert [line for line in lines if "rounds" in line] == [
        f"annotations/rounds/pilot/{who}.jsonl:3: annotation-code "
        "the codebook has no code duration_limit"
        for who in ("lm-x", "lm-y")
    ]


def test_an_unused_code_may_go(tiny: Repository) -> None:
    """A code that nobody used is removed without further ado."""
    put(tiny, without("missing_limit"))
    result = diff(tiny, "--format", "json")
    (change,) = json.loads(result.stdout)
    assert (result.exit_code, change["change"], change["rows"]) == (0, "removed", 0)


def test_revisions_of_git_are_compared(tiny: Repository) -> None:
    """OLD may be anything that git takes for a commit."""
    git = ["git", "-C", str(tiny.root), "-c", "user.name=n", "-c", "user.email=n@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"], ["tag", "v1"]):
        subprocess.run([*git, *arguments], check=True)
    put(tiny, changed("scope: Time limit in one", "scope: A limit in one"))
    command = ["-C", str(tiny.root), "codebook", "diff", "v1", "--format", "csv"]
    assert CliRunner().invoke(main, command).stdout.splitlines()[1:] == [
        "code,duration_limit,changed,scope,2,1,tiny:art_1__para_1"
    ]


@pytest.mark.parametrize("place", ["no-such-revision", "--help-me", "HEAD~99"])
def test_no_such_codebook(tiny: Repository, place: str, tmp_path: Path) -> None:
    """What is neither a file nor a revision is wrong usage, told in one line."""
    result = CliRunner().invoke(main, ["-C", str(tiny.root), "codebook", "diff", "--", place])
    assert (result.exit_code, result.stderr) == (
        2,
        f"safeguards: no codebook at '{place}'; name a file, or a revision such as HEAD~1 or "
        "v0.1.0\n",
    )
