"""A key of `reckon serve` sees the labelled documents of an index that its labels let it see."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("starlette")

from sandreckoner.cli.render.rendered_replies import AnswerRenderer
from sandreckoner.core.errors import UsageError
from sandreckoner.serve.api_keys import Spending, hash_of, read_keys
from sandreckoner.serve.application import Application
from sandreckoner.serve.caller_documents import CallerDocuments
from sandreckoner.serve.offers import read_offers
from sandreckoner.serve.service import Service
from sandreckoner.settings import Settings
from sandreckoner.testing import ScriptedModel
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.workspace import Workspace

QUESTION = "What does the director earn?"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    (tmp_path / "board").mkdir()
    (tmp_path / "board" / "salaries.md").write_text("The director earns 987,654.")
    (tmp_path / "sales.md").write_text("The director sells for 512.3 million.")
    with Index(tmp_path / "kept") as opened:
        opened.add([tmp_path / "board"], labels=["board"])
        opened.add([tmp_path / "sales.md"])
        yield opened


@pytest.fixture
def asgi(tmp_path: Path, index: Index) -> Iterator[Any]:
    (tmp_path / "keys.toml").write_text(
        f'[alice]\nsha256 = "{hash_of("key-of-alice")}"\nlabels = ["board"]\n'
        f'[bob]\nsha256 = "{hash_of("key-of-bob")}"\nlabels = []\n'
    )
    documents = CallerDocuments(tmp_path / "documents")
    service = Service(
        Workspace(Settings(), model=ScriptedModel(["```python\nanswer = 987654\n```"] * 9), contained=None),
        read_offers([f"pal@{index.folder}"], Settings().budget()),
        documents=documents,
        spending=Spending(tmp_path / "spending.sqlite"),
    )
    keys = read_keys(tmp_path / "keys.toml")
    service.open()
    try:
        yield Application(service, keys, documents, AnswerRenderer(), tmp_path, quiet=True).asgi
    finally:
        service.close()
        documents.close()


def ask(asgi: Any, who: str) -> dict[str, Any]:
    body = {"model": "pal", "messages": [{"role": "user", "content": QUESTION}]}
    reply = get(asgi, "/v1/chat/completions", key=f"key-of-{who}", json=body)
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()["sandreckoner"]
    return told


def get(asgi: Any, path: str, *, key: str = "", json: Any = None) -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            return await client.request("POST" if json else "GET", path, json=json, headers=headers)

    return asyncio.run(request())


def test_a_key_sees_what_its_labels_let_it_see(asgi: Any, index: Index, tmp_path: Path) -> None:
    (seen,) = ask(asgi, "alice")["numbers"]
    assert "salaries.md" in str(seen)
    (hidden,) = ask(asgi, "bob")["numbers"]
    assert "salaries" not in str(hidden) and not hidden["places"]
    path = seen["places"][0]["path"]
    assert "987,654" in get(asgi, f"{path}/place").text
    index.add(
        [tmp_path / "board"], labels=["directors"]
    )  # of which alice is none: the old address shows no more
    assert get(asgi, f"{path}/place").status_code == 404
    assert get(asgi, path).status_code == 404


@pytest.mark.parametrize("labels", ['"board"', "[1]", "true"])
def test_labels_of_a_key_are_a_list_of_texts(labels: str, tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text(f'[alice]\nsha256 = "{hash_of("x")}"\nlabels = {labels}\n')
    with pytest.raises(UsageError, match="labels is a list of texts"):
        read_keys(tmp_path / "keys.toml")
