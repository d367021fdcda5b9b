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
from sandreckoner.tools.retrieval.chroma_vectors import ChromaVectors, chroma_at
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.minilm import minilm_ready
from sandreckoner.tools.retrieval.search import SearchOptions
from sandreckoner.tools.retrieval.verify import verify

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Chroma server."""
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
        str(tmp_path_factory.mktemp("server")),
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
    vectors = ChromaVectors(chroma_at("127.0.0.1", port), HashedWords(), collection="reports")
    with Index(tmp_path / "index", vectors=vectors) as index:
        added = index.add([EXAMPLES])
        assert added.embedded == sum(entry.chunks for entry in index.documents)
        assert index.search(
            Search("order backlog", 3), options=SearchOptions(lexical_weight=0.0, sources=("corvane_2024*",))
        )
        assert verify(index) == ()
    with pytest.raises(LibraryError, match="made with the embedder hashed words a"):
        ChromaVectors(chroma_at("127.0.0.1", port), HashedWords("b"), collection="reports")


@pytest.mark.model
@pytest.mark.skipif(not minilm_ready(), reason="needs `reckon models pull minilm`")
def test_the_command_takes_it_by_one_option_and_remembers_it(port: int, tmp_path: Path) -> None:
    index = ["--index", str(tmp_path / "kept")]
    reckon = str(Path(sys.executable).with_name("reckon"))

    def said(*words: str, code: int = 0) -> str:
        done = subprocess.run([reckon, "index", *words, *index], capture_output=True, text=True, timeout=120)
        assert done.returncode == code, done.stderr
        return done.stdout or done.stderr

    assert said("add", str(EXAMPLES), "--chroma", f"127.0.0.1:{port}").startswith("2 read")
    assert not (tmp_path / "kept" / "vectors").exists()
    assert "backlog" in said("search", "order backlog", "--words", "0", "-k", "1")
    assert said("verify").startswith("sound: 2 documents, 34 passages, every offset, word and vector")
    assert "the server of its vectors is set when it is made" in said(
        "add", "--chroma", "127.0.0.1:1", code=2
    )


def test_a_server_that_is_not_there_is_one_line() -> None:
    with pytest.raises(LibraryError) as fault:
        ChromaVectors(chroma_at("127.0.0.1", 9), HashedWords())
    assert "\n" not in str(fault.value)
