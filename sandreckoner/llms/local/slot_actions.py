"""Saving and restoring a slot of llama.cpp's server: its HTTP interface alone can, on loopback."""

from __future__ import annotations

import contextlib
import http.client
import json
from urllib.parse import urlsplit

_TIMEOUT_S = 20.0  # a server that computes answers between two steps


class SlotActions:
    """Asks the server at an address."""

    def __init__(self, address: str, key: str) -> None:
        self._host = urlsplit(address).netloc
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def perform(self, action: str, slot: int, name: str) -> bool:
        """`save` or `restore` a slot; returns whether that was done.

        Args:
            action: `save` or `restore`.
            slot: its number.
            name: of a file in the server's folder of states.
        """
        body = json.dumps({"filename": name})
        connection = http.client.HTTPConnection(self._host, timeout=_TIMEOUT_S)
        try:
            with contextlib.closing(connection):
                connection.request("POST", f"/slots/{slot}?action={action}", body, self._headers)
                reply = connection.getresponse()
                reply.read()
                return reply.status == 200
        except (OSError, http.client.HTTPException):
            return False
