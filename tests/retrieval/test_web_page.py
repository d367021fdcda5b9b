"""Pages of the web, from a server of this machine: what is read, and what is refused before it is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from sandreckoner.cli import main
from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval import Index, web_page

PAGE = b"<html><body><h1>Sales of Corvane</h1><p>Net sales were 512.3 million.</p></body></html>"


class Pages(BaseHTTPRequestHandler):
    """A site; `elsewhere` is where `/away` leads."""

    elsewhere: ClassVar[str] = ""
    hosts: ClassVar[list[str]] = []
    page: ClassVar[bytes] = PAGE
    until: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        match self.path:
            case "/report":
                self._send(200, self.page)
            case "/away":
                self._send(302, b"", location=self.elsewhere)
            case "/large":
                self._send(200, b"a" * 3_000)
            case "/never":
                self.until.wait(20)
            case _:
                self._send(404, b"")

    def _send(self, status: int, body: bytes, *, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Pages.hosts.clear()
    Pages.until.clear()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://localhost:{server.server_port}"
    Pages.until.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_is_a_document_with_its_address_and_its_day(site: str, tmp_path: Path) -> None:
    page = web_page(f"{site}/report", allow_private=True)
    assert page.source == page.path == f"{site}/report"
    assert page.title.startswith("Sales of Corvane (read 20")
    assert page.modified_s > 0 and Pages.hosts == [site.removeprefix("http://")]
    with Index(tmp_path / "index") as index:
        assert index.put([page]).read == [page.source]
        (found,) = index.search(Search("net sales", 1))
        assert (found.source, "(read 20" in found.title) == (page.source, True)
        assert index.page(page.source)[found.start : found.end] == found.text
        assert index.put([page]).unchanged == [page.source]
        assert index.add().removed == []  # an update of files leaves it
        assert [each.source for each in index.documents] == [page.source]


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost/",
        "http://127.0.0.1:9/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[64:ff9b::7f00:1]/",
        "http://224.0.0.1/",
    ],
)
def test_a_private_address_is_refused_unasked(address: str) -> None:
    with pytest.raises(LibraryError, match="private network"):
        web_page(address)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "report.html", "http://me:secret@localhost/", "http://"]
)
def test_what_is_no_address_of_the_web_is_refused(address: str) -> None:
    with pytest.raises(LibraryError, match=r"write it like https://|cannot be read"):
        web_page(address, allow_private=True)


def test_where_a_page_leads_is_checked_too(site: str) -> None:
    Pages.elsewhere = "/report"
    assert "512.3" in web_page(f"{site}/away", allow_private=True).pages[0]
    for elsewhere, why in (
        ("file:///etc/passwd", "write it like https"),
        ("/away", "more than 5 times"),
        ("/nothing", "the server says 404"),
    ):
        Pages.elsewhere = elsewhere
        with pytest.raises(LibraryError, match=why):
            web_page(f"{site}/away", allow_private=True)


def test_size_and_time_have_limits(site: str) -> None:
    with pytest.raises(LibraryError, match="is larger than"):
        web_page(f"{site}/large", allow_private=True, max_bytes=1_000)
    with pytest.raises(LibraryError, match=r"did not come in 0.2 s|cannot be read"):
        web_page(f"{site}/never", allow_private=True, timeout_s=0.2)


def test_on_the_command_line(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = str(tmp_path / "kept")
    assert main(["index", "add", "--web", f"{site}/report", "--index", name]) == 1
    assert "private network" in capsys.readouterr().err
    assert main(["index", "add", "--web", f"{site}/report", "--private", "--index", name]) == 0
    assert "1 read" in capsys.readouterr().out
    Pages.page = PAGE.replace(b"512.3", b"613.4")
    try:
        assert main(["index", "add", "--web", f"{site}/report", "--private", "--index", name]) == 0
    finally:
        Pages.page = PAGE
    capsys.readouterr()
    assert main(["index", "search", "net sales", "--index", name]) == 0
    assert "613.4" in (said := capsys.readouterr().out) and "512.3" not in said
