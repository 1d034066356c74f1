"""The command ``site``: the explorer, as pages that open from a folder or any web host."""

from __future__ import annotations

from pathlib import Path

import click

from safeguards.cli.shared import Workplace, dataset_option, say, show_progress


@click.group()
def site() -> None:
    """
    Make the explorer: pages for reading, filtering and searching.

    \b
    Example:
      safeguards site build
    """


@site.command("build")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="[default: dist/site]")
@dataset_option
@click.pass_obj
def build(workplace: Workplace, output: Path | None, dataset: Path | None) -> None:
    """
    Build the explorer from the dataset alone; index.html opens without a server.

    \b
    Example:
      safeguards site build
      safeguards site build --dataset dist/dataset -o /tmp/explorer
    """
    from safeguards.site.build import build_site

    source = dataset or workplace.root / "dist" / "dataset"
    with show_progress("pages") as progress:
        report = build_site(source, output or workplace.root / "dist" / "site", progress)
    say(f"{report.pages} pages, {report.size / 1e6:.1f} MB; open {report.folder / 'index.html'}")
    click.echo(report.folder)
