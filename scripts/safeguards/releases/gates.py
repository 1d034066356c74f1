"""
What must hold before a release is made: each gate returns its faults, and no gate stops the next.

The checks of the data and the build belong to other modules; the command runs them beside these.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safeguards.errors import SafeguardsError
from safeguards.releases.compare import compare_datasets, find_step
from safeguards.releases.contents import Contents
from safeguards.releases.semver import may_follow, next_version, parse_version

Gate = Callable[[], list[str]]


@dataclass(frozen=True, slots=True)
class Fault:
    """
    Why a release may not be made.

    Attributes:
        gate: Gate that it failed.
        fault: What is wrong, and what to do.
    """

    gate: str
    fault: str


def run_gates(gates: Mapping[str, Gate]) -> list[Fault]:
    """
    Return the faults of all gates, in their order; an error of ours is a fault, too.

    >>> run_gates({"check": lambda: ["a row is wrong"], "build": lambda: []})
    [Fault(gate='check', fault='a row is wrong')]
    """
    return [Fault(name, fault) for name, gate in gates.items() for fault in _run(gate)]


def _run(gate: Gate) -> list[str]:
    """Return the faults of one gate."""
    try:
        return gate()
    except SafeguardsError as error:
        return [str(error), *getattr(error, "faults", [])]


def check_version(root: Path, version: str, package_version: str) -> list[str]:
    """Return where the checkout says another version: the package is right, the rest follows."""
    parse_version(version)
    faults = []
    if package_version != version:
        faults.append(f"scripts/safeguards/__init__.py says {package_version}, not {version}")
    path = root / "CITATION.cff"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    cited = re.search(r"^version: *['\"]?([^\s'\"]+)", text, re.MULTILINE)
    if cited is None or cited.group(1) != version:
        faults.append(f"CITATION.cff says {cited.group(1) if cited else 'nothing'}, not {version}")
    return faults


def check_changelog(text: str, version: str) -> list[str]:
    r"""
    Return what is missing in the changelog.

    >>> check_changelog("## 0.2.0 (unreleased)\n- More.", "0.2.0")
    ["CHANGELOG.md calls 0.2.0 unreleased; write its date, for instance '## 0.2.0 (2026-12-01)'"]
    """
    heading = re.search(rf"^## {re.escape(version)}\b(.*)$", text, re.MULTILINE)
    if heading is None:
        return [f"CHANGELOG.md has no heading '## {version}'; tell what is new in it"]
    if not re.search(r"\d{4}-\d{2}-\d{2}", heading.group(1)):
        return [
            f"CHANGELOG.md calls {version} unreleased; write its date, "
            f"for instance '## {version} (2026-12-01)'"
        ]
    return []


def check_tree(root: Path) -> list[str]:
    """Return what is not committed: a release is made of what others can check out."""
    command = ["git", "-C", str(root), "status", "--porcelain"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return [f"{root} is no git checkout; make the release in one"]
    changed = [line[3:] for line in done.stdout.splitlines()]
    return [f"not committed: {name}" for name in changed]


def check_step(previous: Contents | None, new: Contents, version: str, changelog: str) -> list[str]:
    """Return why the version is not the one that the changes since the last release ask for."""
    earlier = [v for v in _released(changelog) if v != version]
    if previous is None:
        if not earlier:
            return []
        return [
            f"version {earlier[0]} was released; name the folder of its dataset with --previous"
        ]
    old, wanted = parse_version(previous.version), parse_version(version)
    step = find_step(compare_datasets(previous, new))
    if may_follow(old, wanted, step):
        return []
    right = next_version(old, step)
    return [f"the changes since {old} are a {step} step, which leads to {right} and not {version}"]


def _released(changelog: str) -> list[str]:
    r"""
    Return the versions that the changelog gives a date.

    >>> _released("## 0.2.0 (unreleased)\n\n## 0.1.0 (2026-01-01)\n")
    ['0.1.0']
    """
    return re.findall(r"^## (\d+\.\d+\.\d+)\b.*\d{4}-\d{2}-\d{2}", changelog, re.MULTILINE)


def check_loading(contents: Contents, load_table: Callable[[str], Any]) -> list[str]:
    """Return the tables that the Hugging Face loader cannot read, or reads otherwise."""
    return list(_iter_loading_faults(contents, load_table))


def _iter_loading_faults(contents: Contents, load_table: Callable[[str], Any]) -> Iterator[str]:
    """Yield what goes wrong when each table is loaded."""
    for name in contents.tables:
        try:
            load_table(name)
        except Exception as error:  # the loader raises what the libraries below it raise
            yield f"'{name}' cannot be loaded: {' '.join(str(error).split())[:200]}"


def find_previous(folder: Path, version: str) -> Path | None:
    """Return the dataset of the highest version below *version* that lies in *folder*."""
    wanted = parse_version(version)
    found = []
    for path in folder.glob("*/dataset/manifest.json"):
        if re.fullmatch(r"\d+\.\d+\.\d+", path.parent.parent.name):
            found.append((parse_version(path.parent.parent.name), path.parent))
    lower = [item for item in found if item[0] < wanted]
    return max(lower)[1] if lower else None
