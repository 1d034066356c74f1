"""Run every benchmark, or those that are named: ``python -m bench scale``."""

import sys

from bench import agreeing, asking, citing, commands, publishing, pushing, scale, splitters

BENCHES = {
    "splitters": splitters.bench,
    "citing": citing.bench,
    "scale": scale.bench,
    "commands": commands.bench,
    "agreeing": agreeing.bench,
    "publishing": publishing.bench,
    "asking": asking.bench,
    "pushing": pushing.bench,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
