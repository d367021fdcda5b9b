"""Recall at 1, 5 and 10: our search, its parts, and the defaults of LangChain and LlamaIndex.

    python benchmarks/retrieval/quality.py xquad chunking reports

The index is on disk and searched through `Index.search`; `neighbours.py` has the other libraries. The two
halves of the questions to the reports are shown separately: weights and rules were chosen on the first half,
the second is held out.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from datasets import DATASETS, Dataset, Query
from neighbours import Finder, langchain_bm25, langchain_vectors, llamaindex_bm25, llamaindex_vectors

from sandreckoner.core.effects import Search
from sandreckoner.core.problem import Passage
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.minilm import MiniLM, load_minilm
from sandreckoner.tools.retrieval.ranking import MaxSim
from sandreckoner.tools.retrieval.search import LONG_REPORTS, SearchOptions
from sandreckoner.tools.retrieval.vectors import Embedder

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval.vectors import Vectors

CUTS = (1, 5, 10)
SHOWN = 4  # passages that a model sees, as they come


def recall(dataset: Dataset, find: Finder) -> tuple[np.ndarray, float]:
    """Per question whether the first 1, 5 and 10 passages answer it, and what is shown; the median in ms."""
    hits = np.zeros((len(dataset.queries), len(CUTS) + 1))
    times = []
    for row, query in enumerate(dataset.queries):
        start = time.perf_counter()
        found = find(query)
        times.append(time.perf_counter() - start)
        ranked = _distinct(found) if dataset.by_page else found
        shown = [ranked[:cut] for cut in CUTS] + [found[:SHOWN]]
        hits[row] = [any(query.is_answered_by(passage) for passage in some) for some in shown]
    return hits, 1e3 * sorted(times)[len(times) // 2]


def _distinct(found: Sequence[Passage]) -> list[Passage]:
    """The first passage of each page."""
    pages: dict[tuple[str, int], Passage] = {}
    for passage in found:
        pages.setdefault((passage.source, passage.page), passage)
    return list(pages.values())


def ours(index: Index, options: SearchOptions) -> Finder:
    return lambda query: index.search(Search(query.text, 40), options=options)


def known_document(index: Index, options: SearchOptions) -> Finder:
    def find(query: Query) -> Sequence[Passage]:
        only = replace(options, sources=(query.source,), route=False)
        return index.search(Search(query.text, 40), options=only)

    return find


class CachingEmbedder:
    """An embedder that computes each vector once in a run, since all rows of a table need the same ones."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._texts: dict[str, Vectors] = {}
        self._questions: dict[str, Vectors] = {}

    def documents(self, texts: Sequence[str]) -> Vectors:
        fresh = [text for text in dict.fromkeys(texts) if text not in self._texts]
        if fresh:
            self._texts.update(zip(fresh, self._embedder.documents(fresh), strict=True))
        return np.stack([self._texts[text] for text in texts])

    def query(self, text: str) -> Vectors:
        if text not in self._questions:
            self._questions[text] = self._embedder.query(text)
        return self._questions[text]


def measure(name: str, folder: Path, *, rerank: bool, every: int) -> None:
    """Index one data set and print its table."""
    dataset = DATASETS[name]()
    dataset = replace(dataset, queries=dataset.queries[::every])
    root = folder / "texts"
    for file, pages in dataset.pages.items():
        root.mkdir(exist_ok=True)
        (root / file).write_text("\f".join(pages), "utf-8")
    minilm = load_minilm()
    embedder = CachingEmbedder(minilm)
    with Index(folder / "index", embedder=embedder) as index:
        start, cpu = time.perf_counter(), time.process_time()
        added = index.add(dataset.files or [root])
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        count = sum(entry.chunks for entry in index.documents)
        print(f"\n## {dataset.name}: {len(dataset.queries)} questions, {count} chunks")
        if added.embedded:
            speed = added.embedded / cpu
            print(f"indexed in {seconds:.0f} s, {speed:.1f} chunks a CPU second, reading included")
        for line in added.failed:
            print("not read:", line)
        rows = _rows(dataset, index, embedder)
        if rerank:
            rows["default and MaxSim"] = lambda: ours(index, SearchOptions(reranker=MaxSim(minilm)))
        print("\n| | R@1 | R@5 | R@10 | first four | R@10 and first four, halves | p50 ms |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        for label, make in rows.items():
            try:
                finder = make()
            except ImportError as fault:
                print(f"| {label} | not measured: {fault} |")
                continue
            # The first search opens what is opened lazily; the vectors of questions are cached.
            finder(dataset.queries[0])
            print(f"| {label} | {_line(dataset, finder)} |", flush=True)
        _time(dataset, index, minilm)


def _rows(dataset: Dataset, index: Index, embedder: Embedder) -> dict[str, Callable[[], Finder]]:
    rows: dict[str, Callable[[], Finder]] = {
        "LangChain BM25Retriever": lambda: langchain_bm25(dataset, index),
        "LlamaIndex BM25Retriever": lambda: llamaindex_bm25(index),
    }
    settings = {
        "lexical": SearchOptions(lexical_weight=1.0, route=False),
        "vectors": SearchOptions(lexical_weight=0.0, route=False),
        "rank fusion": SearchOptions(fusion="rank", route=False),
        "min-max, lexical 0.3": SearchOptions(lexical_weight=0.3, route=False),
        "min-max, lexical 0.5": SearchOptions(lexical_weight=0.5, route=False),
        "min-max, lexical 0.7": SearchOptions(lexical_weight=0.7, route=False),
        "min-max, lexical 0.5, feedback 0.5": SearchOptions(feedback=0.5, route=False),
    }
    if dataset.files:
        settings["routed, lexical 0.3"] = SearchOptions(lexical_weight=0.3)
        settings["the default for reports without statements"] = replace(LONG_REPORTS, statements=False)
        settings["the default for reports"] = LONG_REPORTS
    for label, options in settings.items():
        rows[label] = lambda options=options: ours(index, options)
    if dataset.files:
        rows["document known, lexical 0.3"] = lambda: known_document(index, SearchOptions(lexical_weight=0.3))
        rows["document known, the default for reports"] = lambda: known_document(index, LONG_REPORTS)
    else:  # the reports would need seven thousand more embeddings for each
        rows["LangChain InMemoryVectorStore, our embedder"] = lambda: langchain_vectors(
            dataset, index, embedder
        )
        rows["LlamaIndex VectorStoreIndex, our embedder"] = lambda: llamaindex_vectors(index, embedder)
    return rows


def _line(dataset: Dataset, finder: Finder) -> str:
    hits, median = recall(dataset, finder)
    shown = " | ".join(f"{100 * value:.1f}" for value in hits.mean(axis=0))
    halves = "; ".join(
        f"{100 * hits[::2, column].mean():.0f}, {100 * hits[1::2, column].mean():.0f}" for column in (-2, -1)
    )
    return f"{shown} | {halves} | {median:.1f}"


def _time(dataset: Dataset, index: Index, embedder: MiniLM) -> None:
    """A search as a user waits for it, the question's vector included."""
    times = []
    for query in dataset.queries[:200]:
        start = time.perf_counter()
        embedder.query(query.text)
        index.search(Search(query.text, 10))
        times.append(1e3 * (time.perf_counter() - start))
    times.sort()
    middle, late = times[len(times) // 2], times[len(times) * 95 // 100]
    print(f"\nsearch including the query's vector: p50 {middle:.1f} ms, p95 {late:.1f} ms")


def main() -> None:
    """Measure the data sets that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="+", choices=DATASETS)
    parser.add_argument("--every", type=int, default=1, help="only every so many questions")
    parser.add_argument("--rerank", action="store_true", help="measure MaxSim too (slow)")
    parser.add_argument("--keep", type=Path, help="a folder where the indexes stay for the next time")
    options = parser.parse_args()
    for name in options.datasets:
        with tempfile.TemporaryDirectory() as temporary:
            folder = (options.keep or Path(temporary)) / name
            folder.mkdir(parents=True, exist_ok=True)
            measure(name, folder, rerank=options.rerank, every=options.every)


if __name__ == "__main__":
    main()
