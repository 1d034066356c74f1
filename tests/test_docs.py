"""What the documents show is what the commands print."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "HF_HUB_OFFLINE": "1",
}


@pytest.fixture(scope="module", autouse=True)
def dataset() -> None:
    """Build the dataset that the documents speak of."""
    subprocess.run(
        ["safeguards", "build"], cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True
    )


def sessions() -> list[tuple[str, str]]:
    """Return each command of README's console blocks with what it shows."""
    found = []
    for block in CONSOLE:
        for session in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = session.partition("\n")
            found.append((command, shown))
    return found


@pytest.mark.parametrize(("command", "shown"), sessions(), ids=[c for c, _ in sessions()])
def test_readme_shows_what_commands_print(command: str, shown: str) -> None:
    """Every console block of README is what the command prints."""
    done = subprocess.run(
        shlex.split(command), cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == shown.strip()


def test_the_codes_on_the_first_screen_are_the_datasets() -> None:
    """The passage that README opens with has these codes in the built dataset, and no other."""
    rows = re.findall(r"^\| (\w+) `(\w+)` \| (\w+).*\| (.+) \|$", README, re.MULTILINE)
    command = ["safeguards", "show", "budapest:16.2", "--format", "json"]
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)["adjudicated"]
    assert sorted(rows) == sorted(
        (r["layer"], r["code"], r["status"] or r["severity"], ", ".join(r["terms"])) for r in found
    )


@pytest.mark.parametrize("code", PYTHON)
def test_readme_python_runs(code: str) -> None:
    """Every Python block of README runs."""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, check=True)


def test_generated_parts_are_current() -> None:
    """The command reference and the datasheet's numbers are what the commands print today."""
    command = [sys.executable, "-m", "cogapp", "--check", "README.md", "DATASHEET.md"]
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_datasheet_has_its_seven_sections() -> None:
    """The datasheet answers Gebru et al. in their order."""
    text = (ROOT / "DATASHEET.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \d\. (\w+)", text, re.MULTILINE) == [
        "Motivation", "Composition", "Collection", "Preprocessing", "Uses", "Distribution", "Maintenance",
    ]  # fmt: skip


@pytest.mark.skipif(not SHARED.is_dir(), reason="the source texts are not beside the project")
def test_the_project_ships_no_third_party_sentence(tmp_path: Path) -> None:
    """No eight words in a row are shared with a source text, but for titles and headings."""
    copy_without_headings(tmp_path)
    command = [sys.executable, str(SHARED / "tools" / "overlap.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    facts = headings()
    shared = [line.split(": ", 1) for line in done.stdout.splitlines()]
    assert [f"{where}: {words}" for where, words in shared if not is_fact(words, facts)] == []


def copy_without_headings(folder: Path) -> None:
    """Copy the files that git knows or would take, restatements and drafts without heading lines."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        data = source.read_bytes() if source.is_file() else b""
        if ("restatements" in name or "drafts" in name) and name.endswith(".md"):
            data = re.sub(rb"^#.*$", b"", data, flags=re.MULTILINE)
        target.write_bytes(data)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)


def headings() -> list[str]:
    """Return the titles and headings of the corpus, as plain words."""
    from safeguards.repository import Repository

    repository = Repository(ROOT)
    names = [p.heading for p in repository.passages if p.heading]
    names += [d.title for d in repository.documents if d.title]
    names += [d.pinned_path for d in repository.documents if d.pinned_path]
    return [" ".join(re.findall(r"[a-z0-9]+", name.lower())) for name in names]


def is_fact(words: str, facts: list[str]) -> bool:
    """Tell whether shared words are a title or heading, or hold one and hardly more."""
    return any(words in fact or (fact in words and len(words) - len(fact) < 30) for fact in facts)
