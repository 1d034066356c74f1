"""How long commands take as fresh processes, in starts of bare Python."""

from __future__ import annotations

import sys
from functools import partial

from bench.measure import best_of, measure

COMMANDS = (
    ["--help"],
    ["build"],
    ["site", "build"],
    ["vague"],
    ["show", "budapest:16.2"],
    ["check"],
)


def bench() -> None:
    """Print how long each command takes."""
    bare = best_of(3, lambda: measure(sys.executable, "-c", "pass", sample=0.002))
    for command in COMMANDS:
        run = partial(measure, sys.executable, "-m", "safeguards", *command, sample=0.002)
        taken = best_of(3, run)
        print(f"safeguards {' '.join(command):20s} {taken:6.2f} s  {taken / bare:6.0f} bare starts")
