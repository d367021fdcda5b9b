"""One-shot permits: a process under a forking filter stops at each fork until the host lets it through.

A program that got past the language wall can ask to fork as often as it likes; nobody answers.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import time

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION_BYTES = 80
_CONTINUE = 1


class Permits:
    """The host's end of the listener of one tree of processes."""

    def __init__(self, listener: int) -> None:
        self._listener = listener

    def grant(self, process: int, timeout_s: float) -> bool:
        """Let the next fork of a process through, waiting for it at most `timeout_s` seconds.

        A fork of any other process of the tree is refused: it would take the permit of the one meant.

        Returns:
            Whether there was one.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._listener], [], [], left)[0]:
                return False
            try:
                notification = bytearray(_NOTIFICATION_BYTES)
                fcntl.ioctl(self._listener, _RECEIVE, notification)
                identifier, asking = struct.unpack_from("QI", notification)
                verdict = (0, _CONTINUE) if asking == process else (-errno.EPERM, 0)
                fcntl.ioctl(self._listener, _SEND, bytearray(struct.pack("QqiI", identifier, 0, *verdict)))
            except OSError as fault:
                if fault.errno != errno.ENOENT:  # it died while it was waiting
                    raise
                continue
            if asking == process:
                return True

    def close(self) -> None:
        """Forks that wait fail from now on."""
        os.close(self._listener)
