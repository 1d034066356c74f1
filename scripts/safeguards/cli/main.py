"""The command ``safeguards``: one group, its commands, and how errors are shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from safeguards import __version__
from safeguards.cli.agree import agree
from safeguards.cli.ask import counts, query, show, vague
from safeguards.cli.baselines import baselines
from safeguards.cli.brief import brief, mcp, plot
from safeguards.cli.cite import cite
from safeguards.cli.claims import claims
from safeguards.cli.codebook import codebook
from safeguards.cli.judge import adjudicate, check
from safeguards.cli.label import label
from safeguards.cli.matrix import links, matrix
from safeguards.cli.publish import build, splits
from safeguards.cli.questions import ask, compare, critiques, explain, gaps, search, sql
from safeguards.cli.references import references
from safeguards.cli.release import diff, publish, release, verify
from safeguards.cli.shared import Workplace
from safeguards.cli.site import site
from safeguards.cli.texts import fetch, segment
from safeguards.cli.vocabulary import schema
from safeguards.errors import RecordFault, SafeguardsError, UsageFault

_EXTRAS = {
    "distributed": "dask",
    "duckdb": "sql",
    "label_studio_sdk": "labelstudio",
    "matplotlib": "plot",
    "mcp": "mcp",
    "reportlab": "brief",
    "sklearn": "ml",
}


class Safeguards(click.Group):
    """The group; it shows every error of ours as one line, and never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except RecordFault as error:
            for fault in error.faults:
                click.echo(fault, err=True)
            _fail(error)
        except SafeguardsError as error:
            _fail(error)
        except ModuleNotFoundError as error:
            _fail(_missing_extra(error))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which work goes, not by alphabet."""
        return list(self.commands)


def _missing_extra(error: ModuleNotFoundError) -> SafeguardsError:
    """Return the one line on a library that comes with an extra; other errors are ours to mend."""
    extra = _EXTRAS.get((error.name or "").partition(".")[0])
    if extra is None:
        raise error
    return UsageFault(
        f"this command needs {error.name}; install it with: pip install --editable '.[{extra}]'"
    )


def _fail(error: SafeguardsError) -> None:
    """Show the one line of *error* and exit."""
    click.echo(f"safeguards: {error}", err=True)
    sys.exit(error.exit_code)


@click.group(cls=Safeguards, context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="safeguards")
@click.option(
    "-C",
    "root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Work on the checkout in this folder.",
)
@click.pass_context
def main(ctx: click.Context, root: Path | None) -> None:
    """
    Which safeguards do cybercrime treaties contain, and where is their wording vague?

    \b
    Example:
      safeguards vague --document budapest
    """
    ctx.obj = Workplace(root)


_COMMANDS = (fetch, segment, schema, codebook, label, agree, adjudicate, check, splits, build, site)
_RELEASES = (baselines, diff, verify, release, publish)
_QUESTIONS = (vague, query, show, matrix, links, references, claims, cite, counts)
_ADVOCATES = (ask, gaps, compare, critiques, explain, search, sql, brief, plot, mcp)

for command in (*_COMMANDS, *_RELEASES, *_QUESTIONS, *_ADVOCATES):
    main.add_command(command)
