"""The commands ``diff``, ``release``, ``verify`` and ``publish``: versions, and where they go."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safeguards import __version__
from safeguards.cli.shared import (
    Workplace,
    dataset_option,
    format_option,
    pass_repository,
    print_rows,
    say,
)

if TYPE_CHECKING:
    from safeguards.releases.compare import Change
    from safeguards.releases.contents import Contents
    from safeguards.repository import Repository

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@format_option()
def diff(old: Path, new: Path, form: str) -> None:
    """
    Tell what changed between two built datasets, and why.

    A reason is a rule that the codebook decided anew, or an erratum of corpus/errata.yaml.

    \b
    Example:
      safeguards diff dist/release/0.1.0/dataset dist/dataset
      safeguards diff old/ new/ --format json
    """
    from safeguards.releases.compare import compare_datasets, find_step
    from safeguards.releases.contents import Contents
    from safeguards.releases.semver import next_version, parse_version

    before, after = Contents(old), Contents(new)
    changes = compare_datasets(before, after)
    print_rows([_change_row(c) for c in changes], form, ("provision", "what", "because"))
    step = find_step(changes)
    following = next_version(parse_version(before.version), step)
    say(f"{len(changes)} changes since {before.version}; a {step} step, to {following}")


def _change_row(change: Change) -> dict[str, Any]:
    """Return a change as it is printed."""
    row = {**asdict(change), "because": list(change.because)}
    return {**row, "provision": change.citation, "what": change.sentence}


@click.command()
@click.argument("folder", type=_FOLDER, required=False)
@click.pass_obj
def verify(workplace: Workplace, folder: Path | None) -> None:
    """
    Hold a built dataset against its own checksums and hashes of rows.

    Prints its version and the hash of all rows, by which it can be pinned.  [default: dist/dataset]

    \b
    Example:
      safeguards verify dist/dataset
    """
    from safeguards.releases.contents import Contents, verify_dataset

    contents = Contents(folder or workplace.root / "dist" / "dataset")
    faults = verify_dataset(contents)
    for fault in faults:
        click.echo(f"{contents.folder}/{fault}")
    if faults:
        say(f"{len(faults)} faults; fetch or build the dataset again")
        sys.exit(1)
    click.echo(f"version {contents.version}, content {contents.content_sha256}")


@click.command()
@click.argument("version")
@click.option("--previous", type=_FOLDER, help="Dataset of the last release.")
@pass_repository
def release(repository: Repository, version: str, previous: Path | None) -> None:
    """
    Make a release in dist/release/VERSION, if every gate lets it pass.

    Gates: the version stands everywhere, the changelog tells it, all is committed, the data pass
    their checks, the dataset is built alike twice, agrees with its hashes and loads, and the
    version is the SemVer step that the changes since the last release ask for. All faults are
    named.

    \b
    Example:
      safeguards release 0.1.0
      safeguards release 0.2.0 --previous dist/release/0.1.0/dataset
    """
    from safeguards.releases.gates import find_previous, run_gates
    from safeguards.releases.making import list_git_commands, write_release
    from safeguards.releases.semver import parse_version

    parse_version(version)
    releases = repository.path("dist/release")
    before = previous or find_previous(releases, version)
    with tempfile.TemporaryDirectory() as scratch:
        faults = run_gates(_gates(repository, version, before, Path(scratch)))
        for fault in faults:
            click.echo(f"{fault.gate}: {fault.fault}", err=True)
        if faults:
            say(f"no release: {len(faults)} faults; mend them and run again")
            sys.exit(1)
        parts = write_release(Path(scratch) / "dataset", releases / version, version)
    say(f"{releases / version} holds {', '.join(parts)}. To mark the release in git:")
    for command in list_git_commands(version):
        click.echo(command)


def _gates(
    repository: Repository, version: str, previous: Path | None, scratch: Path
) -> dict[str, Callable[[], list[str]]]:
    """Return the gates in the order in which they are tried."""
    from safeguards.publish import build_dataset
    from safeguards.releases import gates
    from safeguards.releases.contents import Contents, verify_dataset

    built = Contents(scratch / "dataset")
    old = Contents(previous) if previous else None
    path = repository.path("CHANGELOG.md")
    changelog = path.read_text(encoding="utf-8") if path.is_file() else ""

    def build() -> list[str]:
        build_dataset(repository, built.folder)
        again = Contents(build_dataset(repository, scratch / "again").folder)
        same = built.manifest == again.manifest
        return [] if same else ["two builds differ; find what is not sorted or not fixed"]

    return {
        "version": lambda: gates.check_version(repository.root, version, __version__),
        "changelog": lambda: gates.check_changelog(changelog, version),
        "committed": lambda: gates.check_tree(repository.root),
        "check": lambda: _check(repository),
        "build": build,
        "verify": lambda: verify_dataset(built),
        "load": lambda: gates.check_loading(built, _loader(built, scratch / "cache")),
        "step": lambda: gates.check_step(old, built, version, changelog),
    }


def _check(repository: Repository) -> list[str]:
    """Return the problems in the committed data."""
    from safeguards.checks import run_checks
    from safeguards.cli.judge import derive_all

    return [str(problem) for problem in run_checks(repository, derive_all(repository))]


def _loader(built: Contents, cache: Path) -> Callable[[str], Any]:
    """Return what loads a table offline, with a fresh cache."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # read when the loader is imported
    import datasets

    from safeguards.releases.loading import load_table

    datasets.disable_progress_bars()
    return lambda table: load_table(built, table, cache)


@click.command()
@click.option("--to", "words", required=True, help="hf://OWNER/NAME or zenodo:FOLDER.")
@click.option("--dry-run", is_flag=True, help="Only show what would go: files, bytes, hashes.")
@dataset_option
@format_option()
@click.pass_obj
def publish(
    workplace: Workplace, words: str, dry_run: bool, dataset: Path | None, form: str
) -> None:
    """
    Put a dataset on the Hugging Face Hub, or into a folder that Zenodo takes.

    The token of the Hub is read from HF_TOKEN in the environment and is never shown. A version that
    is on the Hub is not replaced.

    \b
    Example:
      safeguards publish --to hf://owner/treaty-safeguards --dry-run
      safeguards publish --to zenodo:deposit --dataset dist/release/0.1.0/dataset
    """
    from safeguards.releases.contents import Contents
    from safeguards.releases.sharing import list_parcels, pack, parse_destination
    from safeguards.repository import read_citation

    destination = parse_destination(words)
    contents = Contents(dataset or workplace.root / "dist" / "dataset")
    files = pack(contents, destination, read_citation(workplace.root))
    print_rows([asdict(p) for p in list_parcels(files)], form, ("path", "bytes", "sha256"))
    total = f"{len(files)} files, {sum(map(len, files.values()))} bytes"
    if dry_run:
        return say(f"{total} would go to {words}; nothing was sent")
    say(f"{total} went to {_send(destination.kind, destination.place, contents.version, files)}")
    return None


def _send(kind: str, place: str, version: str, files: dict[str, bytes]) -> str:
    """Send the files, and return where they went."""
    from safeguards.releases.sharing import upload, write_deposit

    if kind == "hf":
        return upload(place, version, files)
    write_deposit(Path(place), files)
    return place
