"""Commands about annotation campaigns: ``plan``, ``push``, ``status`` and others."""

from __future__ import annotations

import click

from safeguards.cli.label.exchange import packet, pull, push, submit
from safeguards.cli.label.plan import plan
from safeguards.cli.label.predict import predict
from safeguards.cli.label.serve import serve
from safeguards.cli.label.status import status


@click.group()
def label() -> None:
    """
    Plan rounds, and exchange passages and codes with Label Studio.

    \b
    Example:
      safeguards label push --round pilot
    """


for command in (serve, plan, predict, push, packet, submit, status, pull):
    label.add_command(command)
