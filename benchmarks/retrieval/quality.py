"""How often the passage that answers is among the first: ours, its parts, and LangChain's default.

    python benchmarks/retrieval/quality.py xquad chunking reports

The index is a real one on disk; the questions are searched through `Index.search`. LangChain's default is
`BM25Retriever.from_documents` over `RecursiveCharacterTextSplitter(800, 100)`, or over the paragraphs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from datasets import DATASETS, Dataset, Query

from sandreckoner.core.effects import Search
from sandreckoner.core.passage import Passage
from sandreckoner.tools.retrieval.index import Index
from sandreckoner.tools.retrieval.minilm import load_minilm
from sandreckoner.tools.retrieval.rerank import MaxSim
from sandreckoner.tools.retrieval.search import How

CUTS = (1, 5, 10)
Finder = Callable[[Query], Sequence[Passage]]


def recall(dataset: Dataset, find: Finder) -> tuple[list[float], float]:
    """Per cent of questions answered among the first 1, 5, 10; and the median milliseconds of a search."""
    hits = [0] * len(CUTS)
    times = []
    for query in dataset.queries:
        start = time.perf_counter()
        found = find(query)
        times.append(time.perf_counter() - start)
        ranked = _distinct(found) if dataset.by_page else found
        for place, cut in enumerate(CUTS):
            hits[place] += any(query.is_answered_by(passage) for passage in ranked[:cut])
    return [100 * hit / len(dataset.queries) for hit in hits], 1e3 * sorted(times)[len(times) // 2]


def _distinct(found: Sequence[Passage]) -> list[Passage]:
    """The first passage of each page."""
    pages: dict[tuple[str, int], Passage] = {}
    for passage in found:
        pages.setdefault((passage.source, passage.page), passage)
    return list(pages.values())


def ours(index: Index, how: How) -> Finder:
    return lambda query: index.search(Search(query.text, 40), how=how)


def known_document(index: Index, how: How) -> Finder:
    def find(query: Query) -> Sequence[Passage]:
        only = How(words=how.words, sources=(query.source,), route=False)
        return index.search(Search(query.text, 40), how=only)

    return find


def langchain_default(dataset: Dataset, index: Index) -> Finder:
    """LangChain's BM25Retriever as it comes, over the same stored pages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_community.retrievers import BM25Retriever
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    pages = [
        Document(index.page(entry.source, number), metadata={"source": entry.source, "page": number})
        for entry in index.entries
        for number in range(1, entry.pages + 1)
    ]
    is_long = bool(dataset.files) or not dataset.by_page
    if is_long:
        pages = RecursiveCharacterTextSplitter(
            chunk_size=800, chunk_overlap=100, add_start_index=True
        ).split_documents(pages)
    retriever = BM25Retriever.from_documents(pages, k=40)

    def find(query: Query) -> Sequence[Passage]:
        return [
            Passage(
                found.page_content,
                found.metadata["source"],
                found.metadata["page"],
                (start := found.metadata.get("start_index", 0)),
                start + len(found.page_content),
            )
            for found in retriever.invoke(query.text)
        ]

    return find


def measure(name: str, folder: Path, *, rerank: bool) -> None:
    """Index one data set and print its table."""
    dataset = DATASETS[name]()
    root = folder / "texts"
    for file, pages in dataset.pages.items():
        root.mkdir(exist_ok=True)
        (root / file).write_text("\f".join(pages), "utf-8")
    embedder = load_minilm()
    with Index(folder / "index", embedder=embedder) as index:
        start, cpu = time.perf_counter(), time.process_time()
        added = index.add(dataset.files or [root])
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        count = sum(entry.pieces for entry in index.entries)
        print(f"\n## {dataset.name}: {len(dataset.queries)} questions, {count} pieces")
        if added.embedded:
            speed = added.embedded / cpu
            print(f"indexed in {seconds:.0f} s, {speed:.1f} pieces a CPU second, reading included")
        for line in added.failed:
            print("not read:", line)
        rows: dict[str, Finder] = {
            "LangChain BM25Retriever as it comes": langchain_default(dataset, index),
            "words": ours(index, How(words=1.0, route=False)),
            "meaning": ours(index, How(words=0.0, route=False)),
            "rank fusion": ours(index, How(fusion="rank", route=False)),
            "min-max, words 0.3": ours(index, How(words=0.3, route=False)),
            "min-max, words 0.5": ours(index, How(words=0.5, route=False)),
            "min-max, words 0.7": ours(index, How(words=0.7, route=False)),
        }
        if dataset.files:
            for weight in (0.3, 0.5, 0.7):
                rows[f"routed, words {weight}"] = ours(index, How(words=weight))
                rows[f"document known, words {weight}"] = known_document(index, How(words=weight))
        if rerank:
            rows["default and MaxSim"] = ours(index, How(rerank=MaxSim(embedder)))
        print("\n| | R@1 | R@5 | R@10 | p50 ms |\n|---|---:|---:|---:|---:|")
        for label, find in rows.items():
            values, median = recall(dataset, find)
            print(
                f"| {label} | {' | '.join(f'{value:.1f}' for value in values)} | {median:.1f} |", flush=True
            )


def main() -> None:
    """Measure the data sets that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="+", choices=DATASETS)
    parser.add_argument("--rerank", action="store_true", help="measure MaxSim too (slow)")
    parser.add_argument("--keep", type=Path, help="a folder where the indexes stay for the next time")
    options = parser.parse_args()
    for name in options.datasets:
        with tempfile.TemporaryDirectory() as temporary:
            folder = (options.keep or Path(temporary)) / name
            folder.mkdir(parents=True, exist_ok=True)
            measure(name, folder, rerank=options.rerank)


if __name__ == "__main__":
    main()
