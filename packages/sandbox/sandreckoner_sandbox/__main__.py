"""Prints which walls stand on this machine: `python -m sandreckoner_sandbox`."""

from __future__ import annotations

import sys

from sandreckoner_sandbox import SandboxError, Walls, probe


def main() -> int:
    """A line for each wall; 1 where the kernel's are missing."""
    try:
        found = probe()
    except SandboxError as fault:
        print(fault)
        return 1
    for report in found:
        print(f"{'✓' if report.stands else '✗'} {report.wall.names[0]}: {report.advice or report.meaning}")
    return 0 if all(report.stands for report in found if report.wall in Walls.KERNEL) else 1


if __name__ == "__main__":
    sys.exit(main())
