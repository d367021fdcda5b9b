"""A retriever or an index of LlamaIndex as a library to search, and a library of ours as its retriever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError, MissingExtra
from sandreckoner.core.problem import Passage
from sandreckoner.tools.retrieval.passages_only import PassagesOnly


def llama_retriever(given: Any) -> Any:
    """Return LlamaIndex's retriever in what a caller gives: itself, or that of an index; None for others."""
    if callable(getattr(given, "retrieve", None)) and callable(getattr(given, "aretrieve", None)):
        return given
    if callable(getattr(given, "as_query_engine", None)) and callable(getattr(given, "as_retriever", None)):
        return given.as_retriever()
    return None


class LlamaIndexLibrary(PassagesOnly):
    """Performs `Search` on a retriever of LlamaIndex.

    A passage takes its source from the node's `file_name` or `source`, its page from `page_label`, and its
    offset from `start_char_idx`; where they are missing, a node is a source of its own.
    """

    def __init__(self, retriever: Any) -> None:
        self._retriever = retriever

    def search(self, effect: Search) -> tuple[Passage, ...]:
        """The best passages for a query, at most `effect.k`."""
        try:
            return _passages(self._retriever.retrieve(effect.query)[: effect.k])
        except Exception as fault:  # a stranger's retriever: whatever it raises becomes one line
            raise _in_one_line(fault) from fault

    async def asearch(self, effect: Search) -> tuple[Passage, ...]:
        """`search` for event loops."""
        try:
            return _passages((await self._retriever.aretrieve(effect.query))[: effect.k])
        except Exception as fault:  # as above
            raise _in_one_line(fault) from fault


def _passages(found: Sequence[Any]) -> tuple[Passage, ...]:
    return tuple(_passage(scored.node, scored.score, at) for at, scored in enumerate(found))


def _passage(node: Any, score: float | None, at: int) -> Passage:
    known, text = node.metadata, str(node.get_content())
    start, page = getattr(node, "start_char_idx", None) or 0, str(known.get("page_label", ""))
    return Passage(
        text,
        str(known.get("file_name") or known.get("source") or getattr(node, "node_id", f"node {at + 1}")),
        int(page) if page.isdecimal() and int(page) else 1,
        start,
        start + len(text),
        score=1.0 / (at + 1) if score is None else float(score),
        title=str(known.get("title") or ""),
    )


def _in_one_line(fault: Exception) -> LibraryError:
    return LibraryError(f"LlamaIndex: {' '.join(str(fault).split())[:300]}")


def llama_index_retriever(library: Any, *, k: int = 5) -> Any:
    """A library or an index of ours as a retriever of LlamaIndex; a node carries its passage's place.

    Raises:
        MissingExtra: LlamaIndex is not installed.
    """
    try:
        from llama_index.core.retrievers import BaseRetriever
        from llama_index.core.schema import NodeWithScore, TextNode
    except ModuleNotFoundError:
        raise MissingExtra("LlamaIndex is not installed: pip install llama-index-core") from None

    def nodes(passages: Sequence[Passage]) -> list[Any]:
        return [
            NodeWithScore(
                node=TextNode(
                    id_=f"{each.source}#{each.page}:{each.start}-{each.end}",
                    text=each.text,
                    start_char_idx=each.start,
                    end_char_idx=each.end,
                    metadata={"file_name": each.source, "page_label": str(each.page), "title": each.title},
                ),
                score=each.score,
            )
            for each in passages
        ]

    class LibraryNodes(BaseRetriever):  # type: ignore[misc]  # a class of a package that may be absent
        def _retrieve(self, query_bundle: Any) -> list[Any]:
            return nodes(library.search(Search(query_bundle.query_str, k)))

        async def _aretrieve(self, query_bundle: Any) -> list[Any]:
            return nodes(await library.asearch(Search(query_bundle.query_str, k)))

    return LibraryNodes()
