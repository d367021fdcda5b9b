"""A page of the web as a document, read when the caller asks for it by its address, and never otherwise.

An address may come from a stranger. So it is looked up once and the connection goes to what was looked up (a
name that changes its mind finds no other machine), addresses of private networks are refused, redirects are
checked one by one, and size and time are limited.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.document import Document
from sandreckoner.tools.retrieval.file_kinds import SUFFIXES
from sandreckoner.tools.retrieval.load_documents import SourceFile, load_document
from sandreckoner.tools.retrieval.reading_process import ReadingProcess

if TYPE_CHECKING:
    import httpx

MAX_BYTES, TIMEOUT_S = 20_000_000, 30.0
_MAX_REDIRECTS = 5
_SUFFIXES = {"text/html": ".html", "text/csv": ".csv", "application/json": ".json", "text/markdown": ".md"}


def web_page(
    address: str,
    *,
    allow_private: bool = False,
    max_bytes: int = MAX_BYTES,
    timeout_s: float = TIMEOUT_S,
    reader: ReadingProcess | None = None,
) -> Document:
    """Read a page, or another file of a kind that is known, over HTTP.

    Args:
        address: `https://…` or `http://…`; the document's source.
        allow_private: whether the address may be one of this machine or of a private network.
        max_bytes: of what is sent.
        timeout_s: for all of it.
        reader: the process that reads it; None for one of its own.

    Returns:
        The document; its title has the day on which it was read, in UTC, and `modified_s` the moment.

    Raises:
        LibraryError: the address is none or may not be read, the server does not give it, or it has no text.
    """
    import httpx

    async def fetched() -> tuple[str, bytes]:
        async with (
            asyncio.timeout(timeout_s),
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout_s) as client,
        ):
            return await _fetched(client, httpx.URL(address), allow_private, max_bytes)

    try:
        with ThreadPoolExecutor(1) as thread:  # the caller may be in an event loop of its own
            kind, data = thread.submit(asyncio.run, fetched()).result()
    except TimeoutError:
        raise LibraryError(f"{address}: did not come in {timeout_s:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as fault:
        said = " ".join(str(fault).split())[:200] or type(fault).__name__
        raise LibraryError(f"{address}: cannot be read ({said})") from None
    read = datetime.now(UTC)
    suffix = PurePosixPath(httpx.URL(address).path).suffix.lower()
    named = suffix if suffix in SUFFIXES else _SUFFIXES.get(kind, ".txt")
    try:
        found = load_document(SourceFile(None, f"page{named}"), data, reader=reader)
    except LibraryError as fault:
        raise LibraryError(f"{address}: {str(fault).partition(': ')[2]}") from None
    title = f"{found.title} (read {read:%Y-%m-%d})"
    return replace(found, source=address, path=address, title=title, modified_s=read.timestamp())


async def _fetched(
    client: httpx.AsyncClient, url: httpx.URL, allow_private: bool, max_bytes: int
) -> tuple[str, bytes]:
    """The media type and the body of what an address leads to."""
    for _ in range(_MAX_REDIRECTS + 1):
        place = await _looked_up(url, allow_private)
        request = client.build_request(
            "GET",
            url.copy_with(host=place),
            headers={
                "Host": url.netloc.decode(),
                "User-Agent": "sandreckoner",
                "Accept-Encoding": "identity",
            },
            extensions={"sni_hostname": url.host},
        )
        reply = await client.send(request, stream=True)
        try:
            if reply.is_redirect:
                url = url.join(reply.headers["location"])
                continue
            if reply.status_code != 200:
                raise LibraryError(f"{url}: the server says {reply.status_code}")
            data = await _body(reply, url, max_bytes)
            return reply.headers.get("content-type", "").partition(";")[0].strip().lower(), data
        finally:
            await reply.aclose()
    raise LibraryError(f"{url}: leads on more than {_MAX_REDIRECTS} times")


async def _body(reply: httpx.Response, url: httpx.URL, max_bytes: int) -> bytes:
    data = bytearray()
    async for piece in reply.aiter_raw():
        data += piece
        if len(data) > max_bytes:
            raise LibraryError(f"{url}: is larger than {max_bytes / 1e6:,.0f} MB; save it and add the file")
    return bytes(data)


async def _looked_up(url: httpx.URL, allow_private: bool) -> str:
    """The numeric address of a URL's machine; each that its name stands for must be allowed."""
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise LibraryError(f"{url}: write it like https://example.com/report.html")
    try:
        known = await asyncio.get_running_loop().getaddrinfo(url.host, None, type=socket.SOCK_STREAM)
    except OSError as fault:
        raise LibraryError(f"{url}: cannot be found ({fault.strerror})") from None
    found = {str(entry[4][0]) for entry in known}
    for place in found:
        if not allow_private and not _is_public(place):
            raise LibraryError(f"{url}: is of a private network ({place}); allow it if you know the page")
    return min(found)


def _is_public(place: str) -> bool:
    given = ipaddress.ip_address(place.partition("%")[0])
    inner = getattr(given, "ipv4_mapped", None) or getattr(given, "sixtofour", None) or given
    return inner.is_global and not inner.is_multicast and given not in ipaddress.ip_network("64:ff9b::/96")
