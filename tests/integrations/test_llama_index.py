"""LlamaIndex in and out: its retrievers as a library of ours, a library of ours as its retriever."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("llama_index.core")

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import QueryBundle

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval import llama_index_retriever, open_library
from sandreckoner.tools.retrieval.langchain_stores import as_library

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
ASKED = "Brightwell purchase price"


def test_nodes_carry_the_place_of_a_passage_there_and_back() -> None:
    library = open_library([EXAMPLES])
    retriever = llama_index_retriever(library, k=2)
    assert isinstance(retriever, BaseRetriever)
    first, second = retriever.retrieve(ASKED)
    assert first.score >= second.score
    node = first.node
    page = library.page(node.metadata["file_name"], int(node.metadata["page_label"]))
    assert page[node.start_char_idx : node.end_char_idx] == node.get_content()
    back = as_library(retriever)
    ours = library.search(Search(ASKED, 2))
    assert back.search(Search(ASKED, 2)) == ours
    assert asyncio.run(back.asearch(Search(ASKED, 1))) == ours[:1]
    assert asyncio.run(retriever.aretrieve(QueryBundle(ASKED)))[0].node.get_content() == node.get_content()


def test_a_retriever_that_fails_is_one_line() -> None:
    class Failing(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[object]:  # type: ignore[override]
            raise RuntimeError("no\nconnection")

    with pytest.raises(LibraryError, match="^LlamaIndex: no connection$"):
        as_library(Failing()).search(Search(ASKED, 1))
