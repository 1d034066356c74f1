"""Commands about annotation campaigns: ``plan``, ``push``, ``status`` and others."""

from __future__ import annotations

import click

from safeguards.cli.label.carry import carry
from safeguards.cli.label.exchange import packet, pull, push, submit
from safeguards.cli.label.plan import plan
from safeguards.cli.label.predict import predict
from safeguards.cli.label.restore import restore
from safeguards.cli.label.serve import backup, serve
from safeguards.cli.label.status import status


@click.group()
def label() -> None:
    """
    Plan rounds, and exchange passages and codes with Label Studio.

    \b
    Example:
      safeguards label push --round pilot
    """


_CAMPAIGN = (serve, plan, predict, push, packet, submit, status, pull, restore, backup, carry)

for command in _CAMPAIGN:
    label.add_command(command)
