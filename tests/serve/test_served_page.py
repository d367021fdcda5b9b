"""The page in a real browser: upload a report, ask, click a number, see it framed."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.browser import Page, browser
from tests.retrieval.drawn_pdf import pdf_of_pages
from tests.serve.serving import Served, reckon_serve

QUESTION = "By what percentage did revenue grow from 2022 to 2023?"
EVIL = "<img src=http://127.0.0.1:9/x onerror=document.title='owned'>"


def report() -> bytes:
    """Two pages; on the second a table whose figures stand where they are drawn."""
    rows = [
        ("For the years ended", "2023", "2022"),
        ("Revenue", "1,218.9", "1,104.6"),
        ("Costs", "990.1", "902.2"),
    ]
    drawn = []
    for number, cells in enumerate(rows):
        for x, cell in zip((72, 300, 400), cells, strict=True):
            drawn.append(f"BT /F1 11 Tf {x} {700 - 20 * number} Td ({cell}) Tj ET")
    title = "BT /F1 12 Tf 72 740 Td (Consolidated revenue, in millions of dollars) Tj ET"
    first = "BT /F1 12 Tf 72 740 Td (Annual report. The revenue table is on the next page.) Tj ET"
    return pdf_of_pages([first, "\n".join([title, *drawn])])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with reckon_serve(tmp_path_factory.mktemp("page"), "--offer", "pal") as served:
        yield served  # type: ignore[misc]


def upload(server: Served, name: str, content: bytes) -> httpx.Response:
    with server.client() as client:
        return client.put(f"/v1/documents/{name}", content=content)


def numbers(server: Served) -> list[dict[str, object]]:
    found: list[dict[str, object]] = server.ask(QUESTION).json()["sandreckoner"]["numbers"]
    return found


def test_a_session(server: Served, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(report())
    with browser(tmp_path) as page:
        page.open(f"{server.url}/", width=1300)
        page.wait_for("document.querySelector('#offer').options.length")
        page.choose_files("#files", tmp_path / "report.pdf")
        page.wait_for("document.querySelector('#documents li') && !document.querySelector('#uploads li')")
        page.evaluate(f"document.querySelector('#question').value = {QUESTION!r}")
        page.evaluate("document.querySelector('#question').focus()")
        page.press("Enter", 13)
        page.wait_for("!document.querySelector('#answer').hidden")
        assert page.evaluate("document.querySelector('.value').innerText") == "10.35 %"
        assert page.evaluate("document.activeElement.className") == "value"
        assert "It gives 10.3" in page.evaluate("document.querySelector('#thoughts').textContent")
        click(page, "1218.9")
        page.wait_for("document.querySelector('#pane-note').textContent.includes('framed')")
        assert page.evaluate("document.querySelector('#pane-title').innerText") == "report.pdf, page 2"
        assert page.evaluate("document.querySelector('#sheet img').naturalWidth") == 1200
        corner = "['x', 'y'].map(each => Number(document.querySelector('rect.figure').getAttribute(each)))"
        left, top = page.evaluate(corner)
        assert abs(left - 300 / 612) < 0.01 and abs(top - (792 - 680 - 11) / 792) < 0.02
        assert page.evaluate("document.querySelectorAll('rect.row, rect.column').length") == 2
        page.press("Escape", 27)
        assert page.evaluate("document.querySelector('#pane').hidden")
        assert page.evaluate("document.activeElement.textContent") == "1218.9"
        assert all(address.startswith((f"{server.url}/", "data:")) for address in page.requested)


def click(page: Page, number: str) -> None:
    page.evaluate(
        f"[...document.querySelectorAll('.numbers button')].find(b => b.textContent === '{number}').click()"
    )


def test_it_fits_a_telephone_and_nothing_of_a_document_is_run(server: Served, tmp_path: Path) -> None:
    table = f"| {EVIL} | 2023 | 2022 |\n|---|---|---|\n| Revenue | 1,218.9 | 1,104.6 |\n"
    assert upload(server, "evil.md", f"# {EVIL}\n\n{table}".encode()).status_code == 200
    with server.client() as client:
        client.delete("/v1/documents/report.pdf")
    with browser(tmp_path) as page:
        page.open(f"{server.url}/", width=390, dark=True)
        page.wait_for("document.querySelector('#documents li')")
        page.evaluate(f"document.querySelector('#question').value = {QUESTION!r}")
        page.evaluate("document.querySelector('#go').click()")
        page.wait_for("!document.querySelector('#answer').hidden")
        click(page, "1104.6")
        page.wait_for("document.querySelector('#sheet mark')")
        assert page.evaluate("document.querySelector('#sheet mark').textContent") == "1,104.6"
        assert page.evaluate("document.querySelectorAll('td.row').length") == 2
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("document.title") == "Sandreckoner"
        assert page.evaluate("document.querySelectorAll('#sheet img').length") == 0
        assert not any(":9/" in address for address in page.requested)
        path = numbers(server)[0]["places"][0]["path"]  # type: ignore[index]
        page.open(f"{server.url}{path}", width=390)
        assert page.evaluate("document.querySelector('mark').textContent") in ("1,104.6", "1,218.9")
        assert EVIL in page.evaluate("document.body.textContent")
        assert not any(":9/" in address for address in page.requested)


def test_the_answer_can_be_taken_home(server: Served) -> None:
    assert upload(server, "report.pdf", report()).status_code == 200
    with server.client() as client:
        client.delete("/v1/documents/evil.md")
        request = server.ask(QUESTION).json()["sandreckoner"]["request"]
        page = client.get(f"/v1/runs/{request}/page.html")
        assert page.status_code == 200 and "data:image/png;base64," in page.text
        assert 'rect class="figure"' in page.text and "sandbox" in page.headers["content-security-policy"]
        assert client.get("/v1/runs/nothing/page.html").status_code == 404


def test_an_address_of_a_source_cannot_be_made(server: Served) -> None:
    upload(server, "report.pdf", report())
    path = str(numbers(server)[0]["places"][0]["path"])  # type: ignore[index]
    with server.client() as client:
        assert client.get(f"{path}/picture").headers["content-type"] == "image/png"
        for other in (
            path[:-1] + ("A" if path[-1] != "A" else "B"),
            "/sources/x.y",
            "/sources/é.ü",
            "/sources/.",
        ):
            assert client.get(other).status_code == 404


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("..%2F..%2Fescape.md", 400),
        ("%2e%2e", 400),
        (".hidden.md", 400),
        ("a%00b.md", 400),
        ("a%5Cb.md", 400),
        ("x" * 300 + ".md", 400),
        ("program.exe", 415),
    ],
)
def test_tricks_in_names(server: Served, name: str, status: int) -> None:
    assert upload(server, name, b"text").status_code in (status, 404, 405)
    assert not list(server.home.rglob("escape*"))


def test_hostile_documents_are_refused_and_what_was_there_stays(server: Served) -> None:
    assert upload(server, "kept.md", b"Revenue was 512.3 million.").status_code == 200
    for name, content in (
        ("broken.pdf", b"%PDF-1.7\n" + b"\0" * 1000),
        ("bomb.docx", b"PK\x03\x04" + b"\0" * 100),
        ("kept.md", b""),
    ):
        reply = upload(server, name, content)
        assert reply.status_code == 422, (name, reply.text)
        assert "/" not in reply.json()["error"]["message"]
    with server.client() as client:
        assert "kept.md" in [each["id"] for each in client.get("/v1/documents").json()["data"]]
        assert client.get("/healthz").status_code == 200
        assert client.delete("/v1/documents/absent.md").status_code == 404


def test_documents_are_never_shared_across_keys(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    from sandreckoner.serve.api_keys import append_key

    alice, bob = append_key(keys, "alice"), append_key(keys, "bob")
    with reckon_serve(tmp_path, "--offer", "pal", "--keys", str(keys)) as server:
        first = server.client(headers={"Authorization": f"Bearer {alice}"})
        second = server.client(headers={"Authorization": f"Bearer {bob}"})
        with first, second:
            assert first.put("/v1/documents/report.pdf", content=report()).status_code == 200
            assert second.get("/v1/documents").json()["data"] == []
            assert second.delete("/v1/documents/report.pdf").status_code == 404
            body = {"model": "pal", "messages": [{"role": "user", "content": QUESTION}]}
            mine, theirs = (
                client.post("/v1/chat/completions", json=body).json()["sandreckoner"]
                for client in (first, second)
            )
            assert mine["numbers"][0]["origin"] == "passage"
            assert theirs["numbers"][0]["origin"] == "unsourced"
            assert second.get(f"/v1/runs/{mine['request']}/page.html").status_code == 404
