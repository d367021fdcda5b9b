"""Listens on a socket until it is told to stop, and then lets streams finish."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from sandreckoner.core.errors import UsageError
from sandreckoner.serve.completions import GRACE_S

_BACKLOG = 512
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")  # as a client of this machine writes it


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("example.org")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(
    application: ASGIApp, host: str, port: int, *, on_start: Callable[[str], None] | None = None
) -> int:
    """Serve until SIGINT or SIGTERM, and return the exit code.

    Args:
        application: see `Application.asgi`.
        host: a name or an address.
        port: 0 for a free one.
        on_start: called with the address of the page once it listens.

    Raises:
        UsageError: the address cannot be listened on.
    """
    listener = listener_at(host, port)
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listener.getsockname()[1]}/"
    configuration = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(GRACE_S) + 5,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=64_000,
        lifespan="off",
    )
    server = _Server(configuration, address, on_start)
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn stops at them and then raises them anew, when everything is yet to be closed.
        signal.signal(number, lambda *_: None)
    with listener:
        asyncio.run(server.serve([listener]))
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """Says where it listens, once it does."""

    def __init__(self, config: uvicorn.Config, address: str, on_start: Callable[[str], None] | None) -> None:
        super().__init__(config)
        self._address, self._on_start = address, on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and not self.should_exit:
            sys.stderr.write(f"reckon: serving on {self._address} (Ctrl-C ends it)\n")
            if self._on_start is not None:
                self._on_start(self._address)


def listener_at(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        UsageError: the address cannot be listened on.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as fault:
        raise UsageError(f"--host {host} --port {port}: cannot listen there: {fault}") from None
    # Connections inherit it; asyncio sets it only where a socket was made with the number of its protocol.
    # Without it a body waits 40 ms for the client to acknowledge the headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
