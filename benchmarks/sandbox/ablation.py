"""The attack corpus against the walls, with each switched off in turn; and against nothing at all.

    python -m benchmarks.sandbox.ablation [--every N]

The last row, a bare subprocess, needs root: its attacks run as a user of their own.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter

from sandreckoner.tools.python import Sandbox, Walls
from tests.sandbox.arena import corpus
from tests.sandbox.test_attacks import LIMITS, assault, control

_NAMESPACES = Walls.MOUNTS | Walls.NETWORK | Walls.PIDS


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take each Nth attack only")
    attacks = corpus()[:: parser.parse_args().every]
    print(f"{len(attacks)} attacks")
    language = Walls.LANGUAGE
    rows = [
        Walls.NONE,
        language,
        *(language | wall for wall in Walls.ALL & ~language),
        language | _NAMESPACES | Walls.IDENTITY,
    ]
    for without in rows:
        with Sandbox(LIMITS, without=without, accept_uncontained=True) as sandbox:
            breached, escaped = assault(sandbox, attacks)
        name = f"without {', '.join(without.names)}" if without else "all walls"
        beyond = f"; {len(escaped)} got past the language" if not without else ""
        print(f"{name}: {len(breached)} breaches{beyond}", flush=True)
        for attack, what in breached.items():
            print(f"    {attack}: {', '.join(what)}")
    if os.geteuid() == 0:
        breached = control(attacks)
        kinds = Counter(name.split("/")[0] for name in breached)
        print(f"a bare subprocess: {len(breached)} breaches {dict(kinds)}")


if __name__ == "__main__":
    main()
