"""One-shot permits: a process under a forking filter stops at each fork until the host lets it through.

A program that got past the language wall can ask to fork as often as it likes; nobody answers.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct

from sandreckoner.tools.python.waiting import Closed, wait

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION_BYTES = 80
_CONTINUE = 1


class Permits:
    """The host's end of the listener of one tree of processes."""

    def __init__(self, listener: int) -> None:
        self._listener = listener

    def grant(self, process: int, handle: int | None, deadline: float) -> None:
        """Let the next fork of a process through.

        A fork of any other process of the tree is refused: it would take the permit of the one meant.

        Args:
            process: its id.
            handle: its pidfd, whose end ends the wait.
            deadline: on the monotonic clock.

        Raises:
            Late: it did not fork in time.
            Closed: it has ended.
        """
        while True:
            # Without a process under the filter the listener hangs up: it is ready, and has nothing to say.
            if not wait(self._listener, select.POLLIN, deadline, handle) & select.POLLIN:
                raise Closed
            if self._answer(process):
                return

    def _answer(self, process: int) -> bool:
        """Answer one fork that waits; whether it was let through."""
        try:
            notification = bytearray(_NOTIFICATION_BYTES)
            fcntl.ioctl(self._listener, _RECEIVE, notification)
            identifier, asking = struct.unpack_from("QI", notification)
            verdict = (0, _CONTINUE) if asking == process else (-errno.EPERM, 0)
            fcntl.ioctl(self._listener, _SEND, bytearray(struct.pack("QqiI", identifier, 0, *verdict)))
        except OSError as fault:
            if fault.errno != errno.ENOENT:  # it died while it was waiting
                raise
            return False
        return bool(asking == process)

    def close(self) -> None:
        """Forks that wait fail from now on."""
        os.close(self._listener)
