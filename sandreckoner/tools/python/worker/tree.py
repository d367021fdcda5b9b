"""The first process of a tree of states: it runs no program, reaps the branches, and takes them with it."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from sandreckoner.tools.python.kernel.call import PR_SET_PDEATHSIG, prctl


def _end(*ignored: object) -> NoReturn:
    # In a process namespace the kernel ends the rest with its first process; elsewhere the group does.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGKILL)
    os._exit(0)


def watch_over_branches() -> NoReturn:
    """Wait until the zygote or the host ends the tree."""
    signal.signal(signal.SIGTERM, _end)
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.closerange(0, 1 << 16)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            _end()
