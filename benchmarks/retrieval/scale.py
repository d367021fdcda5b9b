"""Search and verify in an index of 1,000 to 200,000 pieces: real filings, with other figures each time.

    python benchmarks/retrieval/scale.py 1 10 50 200

The vectors are random and cost nothing to make: their quality does not matter here. `all words` is the same
index searched without pruning.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any
from unittest.mock import patch

import numpy as np
import pypdfium2
from datasets import reports

from sandreckoner.core.effects import Search
from sandreckoner.tools.retrieval import word_index
from sandreckoner.tools.retrieval.document import Document, chunk_records, name_in_words
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.search import SearchOptions
from sandreckoner.tools.retrieval.verify import verify


class RandomEmbedder:
    """A vector of length 1 for each text, the same for the same text."""

    name = "random"

    def documents(self, texts: Sequence[str]) -> Any:
        seeds = [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) for text in texts]
        rows = np.stack([np.random.default_rng(seed).standard_normal(384, np.float32) for seed in seeds])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def query(self, text: str) -> Any:
        return self.documents([text])[0]


def filings() -> dict[str, list[str]]:
    """The pages of the filings, as PDFium reads them."""
    found = {}
    for path in reports().files:
        document = pypdfium2.PdfDocument(path)
        texts = (page.get_textpage().get_text_range() for page in document)
        found[path.stem] = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    return found


def documents(pages: dict[str, list[str]]) -> Iterator[Document]:
    """The filings again and again, each time under another name and with other digits."""
    chance = random.Random(0)
    for copy in count():
        for name, texts in pages.items():
            source = f"{name}-{copy}.pdf"
            changed = [re.sub(r"\d", lambda _: str(chance.randrange(10)), text) for text in texts]
            yield Document(source, f"/{source}", name_in_words(source), tuple(changed), source)


def fill(index: Index, supply: Iterator[Document], size: int) -> None:
    held = sum(document.chunks for document in index.documents)
    while held < size:
        document = next(supply)
        records = tuple(chunk_records(document))[: size - held]
        assert index.vectors is not None
        texts = {record.key: record.text for record in records}
        index.vectors.add(texts)
        index.store.mark_embedded(texts)
        index.store.put(document, records)
        held += len(records)
    word_index.count_common_words(index.store)


def timed(search: Callable[[str], object], questions: Sequence[str]) -> str:
    times = []
    for question in questions:
        start = time.perf_counter()
        search(question)
        times.append(1e3 * (time.perf_counter() - start))
    times.sort()
    return f"{statistics.median(times):.0f} / {times[len(times) * 95 // 100]:.0f}"


def measure(index: Index, questions: Sequence[str]) -> list[str]:
    def words(question: str) -> object:
        return word_index.search_words(index.store, question, k=100)

    def whole(question: str) -> object:
        return index.search(Search(question, 10), options=SearchOptions(route=False))

    whole(questions[0])
    with patch.object(word_index, "_common", lambda store, found: {}):
        unpruned = timed(words, questions)
    pruned, complete = timed(words, questions), timed(whole, questions)
    start = time.process_time()
    faults = verify(index)
    assert not faults, faults
    seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    disk = sum(file.stat().st_size for file in index.folder.rglob("*") if file.is_file()) / 2**20
    return [unpruned, pruned, complete, f"{seconds:.1f}", f"{memory:.0f}", f"{disk:.0f}"]


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("thousands", nargs="*", type=int, default=[1, 10, 50, 200])
    parser.add_argument("--questions", type=int, default=30)
    options = parser.parse_args()
    questions = [query.text for query in reports().queries[: options.questions]]
    supply = documents(filings())
    print("| pieces | all words p50 / p95 ms | words | whole search | verify CPU s | peak MB | disk MB |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder, Index(folder, embedder=RandomEmbedder()) as index:
        for size in sorted(options.thousands):
            fill(index, supply, 1_000 * size)
            print(f"| {size},000 | {' | '.join(measure(index, questions))} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
