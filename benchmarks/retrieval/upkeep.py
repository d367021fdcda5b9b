"""The cost of an update, and wrong offsets: our index against LangChain's indexing API and splitters.

    python benchmarks/retrieval/upkeep.py

Three of the long texts of chunking_evaluation are indexed, indexed again, and once more after a line was put
at the top of one, a number into the middle of one, and one was removed. Counted is what is embedded.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from datasets import DATA
from langchain_core.documents import Document
from langchain_core.indexing import InMemoryRecordManager, index
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter

from sandreckoner.langchain.retriever import LibraryEmbeddings
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.minilm import MiniLM, load_minilm
from sandreckoner.tools.retrieval.verify import verify

TEXTS = ("state_of_the_union", "wikitexts", "chatlogs")
EMBEDDER = load_minilm()


class Counting(LibraryEmbeddings):
    """Counts the texts that LangChain embeds."""

    count = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.count += len(texts)
        return super().embed_documents(texts)


class OfLangChain:
    """LangChain's indexing API as documented: a splitter, a record manager, cleanup="full"."""

    def __init__(self) -> None:
        self._embeddings = Counting(EMBEDDER)
        self._store = InMemoryVectorStore(self._embeddings)
        self._records = InMemoryRecordManager("benchmark")
        self._records.create_schema()

    def embedded(self, folder: Path) -> int:
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=100, add_start_index=True)
        files = sorted(folder.glob("*.md"))
        documents = [Document(file.read_text("utf-8"), metadata={"source": file.name}) for file in files]
        before = self._embeddings.count
        index(
            splitter.split_documents(documents),
            self._records,
            self._store,
            cleanup="full",
            source_id_key="source",
            key_encoder="blake2b",
        )
        return self._embeddings.count - before


def changes(folder: Path) -> dict[str, int]:
    """Make one change after the other; the caller indexes after each."""
    union, wiki = folder / "state_of_the_union.md", folder / "wikitexts.md"

    def line_at_top() -> None:
        union.write_text("A new first line.\n\n" + union.read_text("utf-8"), "utf-8")

    def number_in_the_middle() -> None:
        text = wiki.read_text("utf-8")
        wiki.write_text(text[:50_000] + " 42 " + text[50_000:], "utf-8")

    return {
        "first time": lambda: None,
        "nothing changed": lambda: None,
        "one line inserted at the top": line_at_top,
        "one number inserted in the middle": number_in_the_middle,
        "one file removed": (folder / "chatlogs.md").unlink,
    }


def upkeep() -> None:
    print("## Chunks embedded\n\n| | ours | of chunks | LangChain's indexing API |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "texts"
        folder.mkdir()
        for name in TEXTS:
            shutil.copy(DATA / "retrieval/chunking_evaluation" / f"{name}.md", folder)
        theirs = OfLangChain()
        with Index(Path(temporary) / "index", embedder=EMBEDDER) as ours:
            for label, change in changes(folder).items():
                change()
                added = ours.add([folder])
                count = sum(entry.chunks for entry in ours.documents)
                print(f"| {label} | {added.embedded} | {count} | {theirs.embedded(folder)} |", flush=True)
            print(f"\nverify: {verify(ours) or 'sound'}")


def offsets() -> None:
    """Wrong or missing offsets: a chunk must be the slice that its offsets name."""
    print("\n## Offsets that are wrong or missing\n\n| | wrong | of |\n|---|---:|---:|")
    texts = {
        file.name: file.read_text("utf-8") for file in (DATA / "retrieval/chunking_evaluation").glob("*.md")
    }
    wrong = total = 0
    with tempfile.TemporaryDirectory() as temporary, Index(temporary) as ours:
        ours.add([DATA / "retrieval/chunking_evaluation", *sorted((DATA / "reports").glob("*_10Q.pdf"))])
        for entry in ours.documents:
            for number in range(1, entry.pages + 1):
                chunks = ours.store.chunks_of_page(entry.source, number)
                for passage in ours.store.passages(chunks):
                    page = texts.get(entry.source) or ours.page(entry.source, number)
                    wrong += page[passage.start : passage.end] != passage.text
                    total += 1
    print(f"| ours | {wrong} | {total} |")
    tokenizer = EMBEDDER._tokenizer
    for label, length in (("characters", len), ("tokens", lambda text: len(tokenizer.encode(text).ids))):
        size = 1000 if length is len else 200
        splitter = RecursiveCharacterTextSplitter(
            chunk_size=size, chunk_overlap=size // 10, add_start_index=True, length_function=length
        )
        wrong = total = 0
        for text in texts.values():
            for chunk in splitter.create_documents([text[:200_000]]):
                start = chunk.metadata["start_index"]
                total += 1
                wrong += start < 0 or text[start : start + len(chunk.page_content)] != chunk.page_content
        print(
            f"| LangChain's RecursiveCharacterTextSplitter, length in {label} | {wrong} | {total} |",
            flush=True,
        )


def main() -> None:
    """Print both tables."""
    start = time.perf_counter()
    upkeep()
    offsets()
    print(f"\n{time.perf_counter() - start:.0f} s, embedder {MiniLM.name}")


if __name__ == "__main__":
    main()
