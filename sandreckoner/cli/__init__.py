"""The command `reckon`. Nobody imports this room; what it shows can be had from the others."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

ANSWERED, ERROR, USAGE, BUDGET_SPENT, NO_ANSWER, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run `reckon` and return its exit code; every fault becomes one line on stderr."""
    from sandreckoner.cli.parser import parse
    from sandreckoner.core.errors import SandreckonerError, UsageError

    try:
        arguments = parse(sys.argv[1:] if argv is None else argv)
        code: int = arguments.command(arguments)
        sys.stdout.flush()
    except UsageError as fault:
        return _say(fault, USAGE)
    except SandreckonerError as fault:
        return _say(fault, ERROR)
    except KeyboardInterrupt:
        print("\nreckon: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has gone. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERROR
    return code


def _say(fault: Exception, code: int) -> int:
    print(f"reckon: {fault}", file=sys.stderr)
    return code
