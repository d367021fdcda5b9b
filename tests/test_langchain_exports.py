"""`sandreckoner.langchain`: each name imports, is what LangChain expects, and works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from langchain.agents.middleware import AgentMiddleware
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.language_models import BaseChatModel, FakeListChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.vectorstores import InMemoryVectorStore

import sandreckoner.langchain as exports
from sandreckoner import Sandbox, open_library
from sandreckoner.core.effects import Search
from sandreckoner.tools.retrieval import Index, SearchOptions

EXAMPLES = Path(__file__).parents[1] / "examples" / "data"
FAKE = DeterministicFakeEmbedding(size=16)


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("BudgetMiddleware", AgentMiddleware),
        ("ChatGGUF", BaseChatModel),
        ("ChatHF", BaseChatModel),
        ("LibraryEmbeddings", Embeddings),
        ("LibraryRetriever", BaseRetriever),
        ("LibraryTool", BaseTool),
        ("PythonTool", BaseTool),
        ("SandboxMiddleware", AgentMiddleware),
        ("SourcesMiddleware", AgentMiddleware),
        ("StrategyChain", Runnable),
        ("TextChat", BaseChatModel),
    ],
)
def test_each_class_is_a_langchain_class(name: str, base: type) -> None:
    assert issubclass(getattr(exports, name), base)


def test_every_name_is_there_and_no_other() -> None:
    assert all(callable(getattr(exports, name)) for name in exports.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Retriever'"):
        getattr(exports, "Retriever")  # noqa: B009  # mypy knows the names


def test_importing_the_room_does_not_import_langchain() -> None:
    program = "import sandreckoner.langchain, sys; print('langchain_core' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_chain_is_a_runnable() -> None:
    model = FakeListChatModel(responses=["```python\nanswer = 3 * 14\n```"])
    with exports.chain("pal", model=model) as reckon:
        assert isinstance(reckon, exports.StrategyChain)
        assert reckon.invoke("Pens cost 3 dollars each. What do 14 pens cost?").text == "42"


def test_the_tools_and_the_retriever_answer() -> None:
    with Sandbox() as sandbox:
        assert exports.PythonTool(sandbox=sandbox).invoke({"code": "6 * 7"}) == "42"
    library = open_library([EXAMPLES])
    assert "corvane" in exports.LibraryTool(library=library).invoke({"query": "order backlog"})
    (found,) = exports.LibraryRetriever(library=library, k=1).invoke("order backlog")
    assert "backlog" in found.page_content


def test_an_index_takes_the_embeddings_and_the_vector_store_of_langchain(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("The parcel weighs 12 kg.", "utf-8")
    embedder = exports.LangChainEmbedder(FAKE)
    store = exports.LangChainVectors(InMemoryVectorStore(exports.LibraryEmbeddings(embedder)))
    options = SearchOptions(lexical_weight=0.0)
    for name, made in (("a", {"embedder": embedder}), ("b", {"vectors": store})):
        with Index(tmp_path / name, options=options, **made) as index:
            index.add([tmp_path / "note.md"])
            assert index.search(Search("weight", 1))[0].text == "The parcel weighs 12 kg."


def test_a_chat_model_that_cannot_be_found_says_how_to_get_one() -> None:
    from sandreckoner.core.errors import SandreckonerError

    with pytest.raises(SandreckonerError) as fault:
        exports.ChatGGUF(model="/nowhere/model.gguf").invoke("Hello")
    assert "/nowhere/model.gguf" in str(fault.value) and "\n" not in str(fault.value)
