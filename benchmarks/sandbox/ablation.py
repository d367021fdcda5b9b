"""The attack corpus against the walls, with each switched off in turn; and against nothing at all.

    python -m benchmarks.sandbox.ablation [--every N] [--without WALL[,WALL]]

Prints a row for each set of walls that is missing: how many attacks got out, and what was left behind.
The last row, a bare subprocess, needs root: its attacks run as a user of their own. After all of them, and 90
seconds later, it looks again at what was left.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter

from benchmarks.sandbox.leftovers import Leftovers
from sandreckoner.tools.python import Sandbox, Walls
from tests.sandbox.arena import Attack, corpus
from tests.sandbox.test_attacks import LIMITS, assault, control

_NAMESPACES = Walls.MOUNTS | Walls.NETWORK | Walls.PIDS
_LATER_S = 90
ROWS = [
    Walls.NONE,
    Walls.LANGUAGE,
    *(Walls.LANGUAGE | wall for wall in Walls.ALL & ~Walls.LANGUAGE),
    Walls.LANGUAGE | _NAMESPACES | Walls.IDENTITY,
]


def row(without: Walls, attacks: list[Attack], left: Leftovers) -> bool:
    """Run all attacks and print what came of them; whether the walls that stand held as we say they do."""
    started = time.monotonic()
    with Sandbox(LIMITS, without=without, accept_uncontained=True) as sandbox:
        breached, escaped = assault(sandbox, attacks)
    name = f"without {', '.join(without.names)}" if without else "all walls"
    beyond = f", {len(escaped)} past the language" if Walls.LANGUAGE not in without else ""
    print(f"{name} | {len(breached)}{beyond} | {time.monotonic() - started:.0f} s | {left}", flush=True)
    for attack, what in breached.items():
        print(f"    {attack}: {', '.join(what)}")
    # Behind the language, only seccomp refuses calls that touch no file, no address and no process.
    return not breached or Walls.LANGUAGE | Walls.SECCOMP in without


def main() -> int:
    """Print the table; 1 where anything got out that should not have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take each Nth attack only")
    parser.add_argument("--without", help="this row only: names of walls, with commas")
    arguments = parser.parse_args()
    attacks = corpus()[:: arguments.every]
    print(f"{len(attacks)} attacks\nwalls | breaches | time | left behind")
    left = Leftovers()
    rows = ROWS if arguments.without is None else [_walls(arguments.without)]
    held = [row(without, attacks, left) for without in rows]
    if os.geteuid() == 0 and arguments.without is None:
        breached = control(attacks)
        kinds = Counter(name.split("/")[0] for name in breached)
        print(f"a bare subprocess | {len(breached)} {dict(kinds)}")
    print(f"at the end | {left}", flush=True)
    time.sleep(_LATER_S)
    print(f"{_LATER_S} s later | {left}")
    left.close()
    return 0 if all(held) else 1


def _walls(names: str) -> Walls:
    walls = Walls.NONE
    for name in names.split(","):
        walls |= Walls[name.strip().upper()]
    return walls


if __name__ == "__main__":
    sys.exit(main())
