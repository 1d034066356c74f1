"""Releases: what changed is named once, what is wrong is found, what is pinned is what comes."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml
from click.testing import CliRunner, Result

import safeguards
from safeguards.cli.main import main
from safeguards.download import Limits
from safeguards.errors import FetchFault, SourceFault, TextChanged, UsageFault
from safeguards.model import hash_text, make_annotation_id
from safeguards.publish import build_dataset
from safeguards.records import write_records
from safeguards.releases.archive import build_archive, read_files
from safeguards.releases.compare import Change, compare_datasets, find_step
from safeguards.releases.contents import Contents, verify_dataset
from safeguards.releases.gates import check_step, find_previous
from safeguards.repository import Repository

CFF = """title: Tiny safeguards
authors: [{name: The maintainers}]
version: 0.1.0
date-released: '2020-01-01'
license: CC-BY-4.0
"""


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No loader of these tests may use the network."""
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


@pytest.fixture
def built(tiny: Repository) -> Contents:
    """The tiny dataset, built."""
    return build(tiny, "dist/dataset")


def build(repository: Repository, place: str) -> Contents:
    """Build the dataset of a checkout as it is now."""
    fresh = Repository(repository.root)
    return Contents(build_dataset(fresh, fresh.path(place)).folder)


def run(repository: Repository, *arguments: str) -> Result:
    """Run a command on a repository."""
    return CliRunner().invoke(main, ["-C", str(repository.root), *arguments])


def edit_yaml(repository: Repository, name: str, change: Callable[[Any], Any]) -> None:
    """Change a file that is kept by hand."""
    path = repository.path(name)
    data = change(yaml.safe_load(path.read_text(encoding="utf-8")))
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def edit_codes(repository: Repository, **values: Any) -> str:
    """Give the first adjudicated oversight other values; return its old id."""
    rows = list(Repository(repository.root).adjudicated)
    place = next(n for n, r in enumerate(rows) if r.code == "judicial_oversight")
    old, rows[place] = rows[place], replace(rows[place], **values)
    rows[place] = replace(rows[place], annotation_id=make_annotation_id(rows[place]))
    write_records(repository.path("annotations/adjudicated.jsonl"), rows)
    return old.annotation_id


# What changed.


def test_nothing_changed_is_nothing_named(tiny: Repository, built: Contents) -> None:
    """Two builds of one checkout do not differ."""
    assert compare_datasets(built, build(tiny, "again")) == []


def told(changes: list[Change]) -> list[tuple[str, str, str | None, str | None, str | None]]:
    """Return changes as table, kind, column and the two values."""
    return [(c.table, c.change, c.field, c.before, c.after) for c in changes]


def test_a_status_is_changed_and_nothing_else(tiny: Repository, built: Contents) -> None:
    """A code with another status is one change, with its provision; what follows is not told."""
    edit_codes(tiny, status="absent")
    changes = compare_datasets(built, build(tiny, "new"))
    assert told(changes) == [("annotations", "changed", "status", "qualified", "absent")]
    assert changes[0].citation == "Tiny Treaty, art. 1(2)"
    assert changes[0].sentence == (
        "safeguard judicial_oversight by adjudicated: status changed from qualified to absent"
    )


def test_other_words_are_the_same_finding(tiny: Repository, built: Contents) -> None:
    """A code moved to other words has a new id and is still told as changed."""
    edit_codes(tiny, end=9, start=2)
    fields = [(c.change, c.field) for c in compare_datasets(built, build(tiny, "new"))]
    assert fields == [("changed", "start"), ("changed", "end")]


def test_a_code_came_and_a_link_went(tiny: Repository, built: Contents) -> None:
    """Rows that came and went are named by id, with the step they ask for."""
    rows = list(tiny.adjudicated)
    extra = replace(rows[0], layer="vagueness", code="degree_term", status=None, force=None)
    extra = replace(extra, severity="slight", annotation_id=make_annotation_id(extra))
    write_records(tiny.path("annotations/adjudicated.jsonl"), [*rows, extra])
    edit_yaml(tiny, "annotations/links.yaml", lambda links: links[1:])
    changes = compare_datasets(built, build(tiny, "new"))
    assert [(c.table, c.change) for c in changes] == [
        ("links", "removed"),
        ("annotations", "added"),
    ]
    assert find_step(changes) == "major"


def test_a_restatement_is_told_with_both_texts(tiny: Repository, built: Contents) -> None:
    """A changed text is shown as it was and as it is; the codes beside it are not told again."""
    path = tiny.path("corpus/passages.jsonl")
    before = next(p for p in tiny.passages if p.edition == "restatement" and p.text)
    words = "Parties may."
    after = replace(before, text=words, text_sha256=hash_text(words), text_chars=len(words))
    write_records(path, [after if p == before else p for p in tiny.passages])
    changes = compare_datasets(built, build(tiny, "new"))
    assert told(changes) == [
        ("provisions", "changed", "text", f"'{before.text}'", "'Parties may.'")
    ]
    assert find_step(changes) == "patch"


def test_a_rule_explains_a_change(tiny: Repository, built: Contents) -> None:
    """A code that changed after its rule was decided anew names the rule; the rule is told, too."""
    edit_codes(tiny, status="absent")

    def decide(codebook: dict[str, Any]) -> dict[str, Any]:
        change = {
            "id": "who_is_a_judge",
            "codes": ["judicial_oversight"],
            "what": "A.",
            "why": "B.",
        }
        codebook["codes"][0]["rule"] = "Decide by the court."
        return {**codebook, "changes": [change]}

    edit_yaml(tiny, "schema/codebook.yaml", decide)
    changes = compare_datasets(built, build(tiny, "new"))
    assert [(c.table, c.field, c.because) for c in changes] == [
        ("codebook", "rule", ("rule:who_is_a_judge",)),
        ("annotations", "status", ("rule:who_is_a_judge",)),
    ]
    assert find_step(changes) == "major"


def test_an_erratum_explains_a_change(tiny: Repository, built: Contents) -> None:
    """A record that an erratum touches is told with it."""
    touched = edit_codes(tiny, status="absent")
    erratum = {
        "erratum_id": "E-001", "date": "2020-02-01", "version": "0.1.1", "what": "A slip.",
        "records": [touched],
    }  # fmt: skip
    edit_yaml(tiny, "corpus/errata.yaml", lambda _: [erratum])
    changes = compare_datasets(built, build(tiny, "new"))
    assert [(c.field, c.because) for c in changes] == [("status", ("erratum:E-001",))]


def test_diff_prints_people_words_and_json(tiny: Repository, built: Contents) -> None:
    """The command tells provision, what and why; JSON has every field; stderr has the step."""
    edit_codes(tiny, status="absent")
    new = build(tiny, "new")
    done = run(tiny, "diff", str(built.folder), str(new.folder), "--format", "csv")
    assert done.stdout.splitlines()[1].startswith('"Tiny Treaty, art. 1(2)",safeguard judicial')
    assert done.stderr == "1 changes since 0.1.0; a patch step, to 0.1.1\n"
    said = run(tiny, "diff", str(built.folder), str(new.folder), "--format", "json").stdout
    assert json.loads(said)[0]["after"] == "absent"


# What is wrong.


def test_a_built_dataset_is_verified(tiny: Repository, built: Contents) -> None:
    """As built, nothing is wrong; version and hash are printed for whoever pins it."""
    assert verify_dataset(built) == []
    done = run(tiny, "verify", str(built.folder))
    assert done.stdout == f"version 0.1.0, content {built.content_sha256}\n"


def swap_table(folder: Path) -> None:
    """Put one table's file in place of another's, as a slip of the hand would."""
    part = next((folder / "data/links").glob("*"))
    shutil.copy(part, next((folder / "data/claims").glob("*")))


TAMPERED = {
    "a row is lost": (swap_table, "claims: its rows are not those of the manifest"),
    "a file is gone": (lambda f: (f / "codebook.yaml").unlink(), "codebook.yaml: missing"),
    "a file came": (lambda f: (f / "x.txt").write_text("x"), "x.txt: not in the manifest"),
    "words differ": (
        lambda f: (f / "README.md").write_text("x"),
        "README.md: its bytes are not those of SHA256SUMS",
    ),
    "no parquet": (
        lambda f: next((f / "data/facts").glob("*")).write_text("x"),
        "facts: cannot be read",
    ),
}


@pytest.mark.parametrize("how", list(TAMPERED))
def test_tampering_is_found(tiny: Repository, built: Contents, how: str) -> None:
    """Whatever is changed in a built folder is named, and the command fails."""
    change, message = TAMPERED[how]
    change(built.folder)
    done = run(tiny, "verify", str(built.folder))
    assert done.exit_code == 1
    assert message in done.stdout


# What is pinned.


def test_load_gives_verified_tables(built: Contents, tmp_path: Path) -> None:
    """With the right pins every table comes, typed, by split."""
    loaded = safeguards.load(
        folder=built.folder, version="0.1.0", content_sha256=built.content_sha256, cache=tmp_path
    )
    assert list(loaded) == list(built.tables)
    total = sum(len(split) for split in loaded["annotations"].values())
    assert total == built.tables["annotations"]["rows"]


def test_another_build_is_loaded_anew(tiny: Repository, built: Contents, tmp_path: Path) -> None:
    """The rows are those of the last build in a folder, though the loader keeps those of the first."""
    safeguards.load("links", folder=built.folder, cache=tmp_path)
    edit_yaml(tiny, "annotations/links.yaml", lambda links: [{**links[0], "reason": "New."}])
    again = build(tiny, "dist/dataset")
    found = safeguards.load("links", folder=again.folder, cache=tmp_path)
    assert [row["reason"] for row in found["train"]] == ["New."]


PINS = {
    "version": ({"version": "9.9.9"}, UsageFault, "holds version 0.1.0, not 9.9.9"),
    "hash": ({"content_sha256": "0" * 64}, TextChanged, "not 000000000000; fetch the release"),
    "table": ({"table": "nothing"}, UsageFault, "no table 'nothing'; there are: provisions"),
    "both": ({"url": "https://example.org/a.zip"}, UsageFault, "not both"),
}


@pytest.mark.parametrize("pin", list(PINS))
def test_a_wrong_pin_is_one_clear_line(built: Contents, pin: str) -> None:
    """What is asked for and not there is refused, with the next step."""
    pins, fault, message = PINS[pin]
    with pytest.raises(fault, match=message):
        safeguards.load(folder=built.folder, **pins)


def test_rows_that_differ_do_not_load(built: Contents, tmp_path: Path) -> None:
    """A dataset whose rows are not those that were published raises after loading."""
    manifest = json.loads((built.folder / "manifest.json").read_text())
    manifest["tables"][1]["content_sha256"] = "0" * 64
    (built.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(TextChanged, match="rows of 'annotations' are not those of version"):
        safeguards.load("annotations", folder=built.folder, cache=tmp_path)


# What goes out.


@pytest.fixture
def released(tiny: Repository) -> Repository:
    """The tiny repository as a clean git checkout, ready for version 0.1.0."""
    tiny.path("CITATION.cff").write_text(CFF)
    tiny.path("CHANGELOG.md").write_text("# Changelog\n\n## 0.1.0 (2020-01-01)\n\n- First.\n")
    tiny.path(".gitignore").write_text("/dist/\n")
    subprocess.run(["git", "init", "--quiet", str(tiny.root)], check=True)
    commit(tiny)
    return tiny


def commit(repository: Repository) -> None:
    """Commit all."""
    git = ["git", "-C", str(repository.root), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "All"], check=True)


def test_a_release_is_made(released: Repository) -> None:
    """A release has a folder, an archive with the same files, and checksums."""
    done = run(released, "release", "0.1.0")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[0] == "git tag --annotate v0.1.0 --message 'Version 0.1.0'"
    folder = released.path("dist/release/0.1.0")
    archive = folder / "treaty-safeguards-0.1.0.zip"
    files = read_files(folder / "dataset")
    names = {f"treaty-safeguards-0.1.0/{name}" for name in files}
    assert set(zipfile.ZipFile(archive).namelist()) == names
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
    assert build_archive(files, "treaty-safeguards-0.1.0") == archive.read_bytes()


def test_the_last_release_is_found(tiny: Repository) -> None:
    """The highest version below the wanted one is compared, by number and not by letter."""
    for version in ("0.9.0", "0.10.0", "0.11.0"):
        build(tiny, f"dist/release/{version}/dataset")
    found = find_previous(tiny.path("dist/release"), "0.11.0")
    assert found == tiny.path("dist/release/0.10.0/dataset")
    assert find_previous(tiny.path("dist/release"), "0.9.0") is None


def test_a_release_names_all_that_is_wrong(released: Repository) -> None:
    """Every gate that fails is named, and nothing is written."""
    released.path("CHANGELOG.md").write_text("## 0.2.0 (unreleased)\n\n## 0.1.0 (2020-01-01)\n")
    edit_yaml(released, "annotations/links.yaml", lambda links: [{**links[0], "reason": "x@y.org"}])
    done = run(released, "release", "0.2.0")
    assert done.exit_code == 1
    gates = {line.partition(":")[0] for line in done.stderr.splitlines()[:-1]}
    assert {"version", "changelog", "committed", "check", "step"} <= gates
    assert "CITATION.cff says 0.1.0, not 0.2.0" in done.stderr
    assert not released.path("dist/release").exists()


STEPS = {
    "0.0.9 links": ("0.0.9", "removed", []),
    "0.0.9 nothing": (
        "0.0.9", None, ["the changes since 0.0.9 are a patch step, which leads to 0.0.10 and not 0.1.0"],
    ),
    "1.0.0 links": (
        "1.0.0", "removed", ["the changes since 1.0.0 are a major step, which leads to 2.0.0 and not 0.1.0"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(STEPS))
def test_the_version_is_the_step_of_the_changes(
    tiny: Repository, built: Contents, case: str
) -> None:
    """A version that rises less or more than the changes ask for is refused."""
    last, change, faults = STEPS[case]
    rename(built, last)
    if change:
        edit_yaml(tiny, "annotations/links.yaml", lambda links: links[1:])
    assert check_step(Contents(built.folder), build(tiny, "new"), "0.1.0", "") == faults


def rename(contents: Contents, version: str) -> None:
    """Let a built dataset say that it is another version."""
    path = contents.folder / "manifest.json"
    manifest = {**json.loads(path.read_text()), "dataset_version": version}
    path.write_text(json.dumps(manifest))


def test_an_archive_comes_over_https(
    released: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive is fetched, unpacked and verified; one that leads out of its folder is not."""
    from web import Answer, Web

    data = build_archive(read_files(build(released, "dist/dataset").folder), "demo-0.1.0")

    def send(answer: Answer) -> None:
        body = (
            data if answer.path.endswith("good") else data.replace(b"0.1.0/README", b"0.1.0/../ADM")
        )
        answer.head(200, Content_Type="application/zip", Content_Length=len(body))
        answer.wfile.write(body)

    monkeypatch.setitem(Answer.routes, "zip", send)
    with Web(tmp_path) as web:
        monkeypatch.setenv("SSL_CERT_FILE", str(web.authority))
        options: dict[str, Any] = {"cache": tmp_path / "cache", "version": "0.1.0"}
        limits = Limits(allow_private=True)
        found = safeguards.load("links", url=web.address("/zip/good"), limits=limits, **options)
        assert len(found["train"]) == len(released.links)
        with pytest.raises(SourceFault, match="leads out of the archive; do not unpack it"):
            safeguards.load("links", url=web.address("/zip/bad"), limits=limits, **options)
        with pytest.raises(FetchFault):
            safeguards.load("links", url=web.address("/zip/good"), **options)


def test_the_loader_tells_builds_apart(tiny: Repository, built: Contents, tmp_path: Path) -> None:
    """Two builds in one folder are two entries of the loader's own cache: the card tells them."""
    folder, cache = str(built.folder), str(tmp_path)
    datasets.load_dataset(folder, "links", cache_dir=cache)
    edit_yaml(tiny, "annotations/links.yaml", lambda links: [{**links[0], "reason": "New."}])
    build(tiny, "dist/dataset")
    found = datasets.load_dataset(folder, "links", cache_dir=cache)
    assert [row["reason"] for row in found["train"]] == ["New."]
