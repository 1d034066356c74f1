"""Publishing: exactly the files that were shown go out, and the token goes nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub import TOKEN, Hub
from safeguards.cli.main import main
from safeguards.publish import build_dataset
from safeguards.releases.archive import read_archive, read_files
from safeguards.repository import Repository

CFF = """title: Tiny safeguards
authors: [{given-names: Ada, family-names: Bell}]
version: 0.1.0
date-released: '2020-01-01'
license: CC-BY-4.0
"""


@pytest.fixture
def ready(tiny: Repository) -> Repository:
    """The tiny repository with its dataset built."""
    tiny.path("CITATION.cff").write_text(CFF)
    build_dataset(tiny, tiny.path("dist/dataset"))
    return tiny


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A stand-in for the Hub."""
    with Hub() as found:
        yield found


def publish(
    repository: Repository, hub: Hub, *more: str, token: str | None = TOKEN
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, whose Hub is the stand-in."""
    command = [sys.executable, "-m", "safeguards", "-C", str(repository.root), "publish"]
    environment = surroundings(repository, hub, token)
    return subprocess.run(
        [*command, "--to", "hf://owner/name", *more], env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip


def surroundings(repository: Repository, hub: Hub, token: str | None) -> dict[str, str]:
    """Return the environment of a process whose Hub is the stand-in."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    environment |= {
        "HF_ENDPOINT": hub.address,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    environment |= {"HF_HOME": str(repository.path("cache"))} | (
        {"HF_TOKEN": token} if token else {}
    )
    return environment


def test_a_dry_run_sends_nothing(ready: Repository, hub: Hub) -> None:
    """A dry run lists every file with bytes and hash, needs no token, and asks nobody."""
    done = publish(ready, hub, "--dry-run", "--format", "json", token=None)
    listed = {row["path"]: row["bytes"] for row in json.loads(done.stdout)}
    files = read_files(ready.path("dist/dataset"))
    assert listed == {path: len(data) for path, data in files.items()}
    assert done.stderr.endswith("would go to hf://owner/name; nothing was sent\n")
    assert hub.heard == []


def test_what_was_shown_is_what_comes(ready: Repository, hub: Hub) -> None:
    """One commit brings every byte, removes what is no longer there, and is tagged."""
    hub.files["data/old/train-00000.parquet"] = b"old"
    done = publish(ready, hub)
    assert done.returncode == 0, done.stderr
    assert {k: v for k, v in hub.files.items() if k != ".gitattributes"} == read_files(
        ready.path("dist/dataset")
    )
    assert (hub.commits, hub.tags) == (["Version 0.1.0"], ["v0.1.0"])
    assert f"went to {hub.address}/datasets/owner/name/commit/" in done.stderr


def test_storage_does_not_see_the_token(ready: Repository, hub: Hub) -> None:
    """Large files go to where the Hub says, without the token."""
    assert publish(ready, hub).returncode == 0
    sent = [token for command, _, token in hub.heard if command == "PUT"]
    assert sent
    assert set(sent) == {None}


def test_what_was_published_can_be_loaded(ready: Repository, hub: Hub) -> None:
    """A version on the Hub comes back by its tag, verified; one that was never published does not."""
    assert publish(ready, hub).returncode == 0
    code = (
        "import sys, safeguards; "
        "found = safeguards.load('links', url='hf://datasets/owner/name', version=sys.argv[1]); "
        "print(len(found['train']))"
    )
    environment = surroundings(ready, hub, token=None)
    done = [
        subprocess.run(
            [sys.executable, "-c", code, version], env=environment, capture_output=True, text=True, check=False
        )
        for version in ("0.1.0", "0.2.0")
    ]  # fmt: skip
    assert done[0].stdout == f"{len(ready.links)}\n", done[0].stderr
    assert "check the name and the version" in done[1].stderr


def test_a_published_version_is_not_replaced(ready: Repository, hub: Hub) -> None:
    """A tag that is there stops the command before anything is sent."""
    hub.tags.append("v0.1.0")
    done = publish(ready, hub)
    assert done.returncode == 2
    assert "owner/name has v0.1.0 already; a published version never changes" in done.stderr
    assert hub.commits == []


def test_the_token_is_never_shown(ready: Repository, hub: Hub) -> None:
    """A Hub that repeats a wrong token in its refusal does not bring it onto the screen."""
    done = publish(ready, hub, token="hf_a_wrong_secret")
    assert done.returncode == 1
    assert "check the name and the rights of the token" in done.stderr
    assert "hf_a_wrong_secret" not in done.stdout + done.stderr


def test_without_a_token_nobody_is_asked(ready: Repository, hub: Hub) -> None:
    """The token has to stand in the environment."""
    done = publish(ready, hub, token=None)
    assert (done.returncode, hub.heard) == (2, [])
    assert (
        done.stderr == "safeguards: no token; set HF_TOKEN in the environment, and nowhere else\n"
    )


def run(repository: Repository, *arguments: str) -> Result:
    """Run the command on a repository."""
    return CliRunner().invoke(main, ["-C", str(repository.root), "publish", *arguments])


def test_zenodo_gets_an_archive_and_a_description(ready: Repository, tmp_path: Path) -> None:
    """The folder holds archive, description and checksums, and nothing is overwritten."""
    folder = tmp_path / "deposit"
    assert run(ready, "--to", f"zenodo:{folder}").exit_code == 0
    archive = (folder / "treaty-safeguards-0.1.0.zip").read_bytes()
    assert read_archive(archive) == read_files(ready.path("dist/dataset"))
    said = json.loads((folder / ".zenodo.json").read_text())
    assert said["creators"] == [{"name": "Bell, Ada"}]
    assert (said["upload_type"], said["version"], said["license"]) == (
        "dataset",
        "0.1.0",
        "cc-by-4.0",
    )
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
    again = run(ready, "--to", f"zenodo:{folder}")
    assert (again.exit_code, "not empty; name a new folder" in again.stderr) == (2, True)


def test_a_tampered_dataset_does_not_go_out(ready: Repository, tmp_path: Path) -> None:
    """What is not as it was built is refused, and nothing is written."""
    ready.path("dist/dataset/README.md").write_text("x")
    done = run(ready, "--to", f"zenodo:{tmp_path / 'deposit'}")
    assert done.exit_code == 1
    assert "is not as it was built (README.md: its bytes are not those of the" in done.stderr
    assert not (tmp_path / "deposit").exists()


@pytest.mark.parametrize("words", ["hf://name", "zenodo:", "ftp://x/y", "hf://a/b/c"])
def test_an_unknown_destination_is_refused(ready: Repository, words: str) -> None:
    """Whatever is neither the Hub nor a folder for Zenodo is wrong usage."""
    done = run(ready, "--to", words)
    assert done.exit_code == 2
    assert "is no destination; write hf://OWNER/NAME or zenodo:FOLDER" in done.stderr
