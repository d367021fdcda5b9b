"""One-shot permits: a process under a forking filter stops at each fork until the host lets it through.

A permit is a number that the host draws for one fork of one process. The process shows it in an argument of
clone() that goes unused. A program that got past the language wall can ask as often as it likes: without the
number it is refused, and with it there is one fork for each that the host wanted.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct

from sandreckoner.tools.python.codec import Closed, wait

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION_BYTES = 80
_CONTINUE = 1
_ASKED = struct.Struct("QI36xQ24x")  # id, process; of clone's arguments the third


def new_permit() -> int:
    """A number that nobody can guess, and never 0."""
    return int.from_bytes(os.urandom(7), "big") + 1


class Permits:
    """The host's end of the listener of one tree of processes."""

    def __init__(self, listener: int) -> None:
        self._listener = listener

    def grant(self, permit: int, process: int, handle: int | None, deadline: float) -> None:
        """Let a process through that forks by a permit; all others that wait are refused.

        Args:
            permit: for this fork.
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
            if self._answer(permit, process):
                return

    def _answer(self, permit: int, process: int) -> bool:
        """Answer one fork that waits; whether it was let through."""
        try:
            notification = bytearray(_NOTIFICATION_BYTES)
            fcntl.ioctl(self._listener, _RECEIVE, notification)
            identifier, asking, shown = _ASKED.unpack(notification)
            granted = (asking, shown) == (process, permit)
            verdict = (0, _CONTINUE) if granted else (-errno.EPERM, 0)
            fcntl.ioctl(self._listener, _SEND, bytearray(struct.pack("QqiI", identifier, 0, *verdict)))
        except OSError as fault:
            if fault.errno != errno.ENOENT:  # it died while it was waiting
                raise
            return False
        return granted

    def close(self) -> None:
        """Forks that wait fail from now on."""
        os.close(self._listener)
