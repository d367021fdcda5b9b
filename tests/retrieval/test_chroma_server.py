"""Vectors in a Chroma server instead of files: a real one, on loopback."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from embedders import HashedWords

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.index import Index
from sandreckoner.tools.retrieval.meaning_chroma import ChromaMeaning, chroma_at
from sandreckoner.tools.retrieval.search import How
from sandreckoner.tools.retrieval.verify import verify

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    chroma = shutil.which("chroma") or str(Path(sys.executable).parent / "chroma")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    command = [
        chroma,
        "run",
        "--host",
        "127.0.0.1",
        "--port",
        str(number),
        "--path",
        str(tmp_path / "server"),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", number)) == 0:
                    break
            time.sleep(0.1)
        yield number
    finally:
        server.kill()
        server.wait()


def test_an_index_may_keep_its_vectors_in_a_server(port: int, tmp_path: Path) -> None:
    meaning = ChromaMeaning(chroma_at("127.0.0.1", port), HashedWords(), collection="reports")
    with Index(tmp_path / "index", meaning=meaning) as index:
        added = index.add([EXAMPLES])
        assert added.embedded == sum(entry.pieces for entry in index.entries)
        assert index.search(Search("order backlog", 3), how=How(words=0.0, sources=("corvane_2024*",)))
        assert verify(index) == ()
    with pytest.raises(LibraryError, match="made with the embedder hashed words a"):
        ChromaMeaning(chroma_at("127.0.0.1", port), HashedWords("b"), collection="reports")


def test_a_server_that_is_not_there_is_one_line() -> None:
    with pytest.raises(LibraryError) as fault:
        ChromaMeaning(chroma_at("127.0.0.1", 9), HashedWords())
    assert "\n" not in str(fault.value)
