"""One-shot permits: a process under a forking filter stops at each fork until the host lets it through.

A program that got past the language wall can ask to fork as often as it likes; nobody answers.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION_BYTES = 80
_CONTINUE = 1


class Permits:
    """The host's end of the listener of one tree of processes."""

    def __init__(self, listener: int) -> None:
        self._listener = listener

    def grant(self, timeout_s: float) -> bool:
        """Let the next fork through, waiting for it at most `timeout_s` seconds.

        Returns:
            Whether there was one.
        """
        ready, _, _ = select.select([self._listener], [], [], max(0.0, timeout_s))
        if not ready:
            return False
        notification = bytearray(_NOTIFICATION_BYTES)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, notification)
            (identifier,) = struct.unpack_from("Q", notification)
            fcntl.ioctl(self._listener, _SEND, bytearray(struct.pack("QqiI", identifier, 0, 0, _CONTINUE)))
        except OSError as fault:
            if fault.errno != errno.ENOENT:  # it died while it was waiting
                raise
            return False
        return True

    def close(self) -> None:
        """Forks that wait fail from now on."""
        os.close(self._listener)
