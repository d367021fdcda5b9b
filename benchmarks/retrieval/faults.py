"""Fault injection for an index: killed writers, two writers, a reader beside one, a full disk.

    python benchmarks/retrieval/faults.py --kills 20

Each trial ends with `verify`: nothing that was acknowledged may be missing, nothing wrong may be returned.
The vectors come from LangChain's DeterministicFakeEmbedding: their quality does not matter here.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from langchain_core.embeddings import DeterministicFakeEmbedding

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.document import indexed_text
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.search import SearchOptions
from sandreckoner.tools.retrieval.vectors import LangChainEmbedder
from sandreckoner.tools.retrieval.verify import verify

LINES = 300
DISK_BYTES_PER_FILE = 100_000  # so little that less than half of the files fit


def open_index(folder: Path, *, size: int = 384) -> Index:
    return Index(folder, embedder=LangChainEmbedder(DeterministicFakeEmbedding(size=size)))


def write_texts(folder: Path, version: str, count: int) -> Path:
    """Files of numbers, each line different from every other line of every version."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in range(count):
        lines = (f"Line {n} of file {file}, {version}: the value is {file * 7919 + n}." for n in range(LINES))
        (folder / f"{version}-{file:02}.md").write_text("\n".join(lines), "utf-8")
    return folder


def add_and_tell(folder: Path, texts: Path) -> None:
    """What a child does: add, and say how far it is; a document is acknowledged once all of it is done."""

    def tell(name: str, done: int, total: int) -> None:
        print(name if done == total else "…", flush=True)

    with open_index(folder) as index:
        print("open", flush=True)
        index.add([texts], progress=tell)
    print("end", flush=True)


def child(folder: Path, texts: Path) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--child", str(folder), str(texts)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def killed(folder: Path, seed: int) -> str:
    """kill -9 at a random step of an add, some milliseconds into it; then look, and go on."""
    texts = write_texts(folder / "texts", "a", 12)
    writer = child(folder / "index", texts)
    assert writer.stdout is not None
    chance = random.Random(seed)
    steps = chance.randint(1, 24)  # of 25: two for each document, and the opening
    said = [writer.stdout.readline().strip() for _ in range(steps)]
    time.sleep(chance.uniform(0.0, 0.1))
    writer.kill()
    said += [line.strip() for line in writer.stdout if line.endswith("\n")]
    writer.wait()
    acknowledged = [name for name in said if name not in ("open", "…", "end")]
    with open_index(folder / "index") as index:
        held = {entry.source for entry in index.documents}
        assert set(acknowledged) <= held, f"lost: {set(acknowledged) - held}"
        assert (faults := verify(index)) == (), faults
        _check_found(index, held)
        added = index.add([texts])
        assert set(added.unchanged) == held, "what was there was done again"
        assert len(index.documents) == 12
        assert (faults := verify(index)) == (), faults
    return f"at step {steps}: {len(acknowledged)} acknowledged, {len(held)} held, then all 12"


def _check_found(index: Index, sources: set[str]) -> None:
    """Each document is found by a value that stands in it alone, and by the vector of its first chunk."""
    for source in sorted(sources):
        value = str(int(source[2:4]) * 7919 + 150)
        found = index.search(Search(f"value {value}", 3), options=SearchOptions(lexical_weight=1.0))
        assert any(value in passage.text for passage in found if passage.source == source), f"{source}: words"
        for passage in found:
            assert index.page(passage.source, passage.page)[passage.start : passage.end] == passage.text
        (first, *_) = index.store.passages(index.store.chunks_of_page(source, 1))
        (nearest,) = index.search(
            Search(indexed_text(source, first.title, first.text), 1),
            options=SearchOptions(lexical_weight=0.0),
        )
        assert nearest.text == first.text, f"{source}: another vector is nearer than its own"


def two_writers(folder: Path) -> str:
    """Two processes add at once."""
    writers = [child(folder / "index", write_texts(folder / name, name, 10)) for name in ("a", "b")]
    assert [writer.wait(300) for writer in writers] == [0, 0]
    with open_index(folder / "index") as index:
        assert len(index.documents) == 20
        assert (faults := verify(index)) == (), faults
        held = {entry.source for entry in index.documents}
        _check_found(index, {source for source in held if source.startswith("a")})
    return "20 of 20 documents, every vector there"


def reader_beside_writer(folder: Path) -> str:
    """A reader that was open before goes on searching while another process adds."""
    texts = write_texts(folder / "texts", "a", 20)
    with open_index(folder / "index") as reader:
        writer = child(folder / "index", texts)
        searches, seen = 0, 0
        while writer.poll() is None:
            count = len(reader.documents)
            assert count >= seen, "a document vanished"
            seen = count
            for passage in reader.search(Search(f"value {searches % 20 * 7919 + 5}", 5)):
                assert reader.page(passage.source, passage.page)[passage.start : passage.end] == passage.text
            searches += 1
        assert writer.returncode == 0
        _check_found(reader, {f"a-{number:02}.md" for number in range(20)})
        assert (faults := verify(reader)) == (), faults
    return f"{searches} searches while it wrote; all 20 documents found at the end"


def reader_comes_late(folder: Path) -> str:
    """A reader that opens in the middle of another's add waits for nothing, and sees what is acknowledged."""
    writer = child(folder / "index", write_texts(folder / "texts", "a", 20))
    assert writer.stdout is not None
    while (line := writer.stdout.readline().strip()) in ("open", "…"):
        pass
    start = time.monotonic()
    with open_index(folder / "index") as reader:
        seconds = time.monotonic() - start
        held = {entry.source for entry in reader.documents}
        assert line in held and writer.poll() is None, "it opened only after the add"
        _check_found(reader, {line})
    assert writer.wait(300) == 0
    return f"opened in {seconds:.1f} s with {len(held)} of 20 documents there, while the add went on"


def swapped_embedder(folder: Path) -> str:
    """The index is opened with another embedder of the same dimension."""
    open_index(folder / "index").close()
    other = LangChainEmbedder(_Shifted(size=384))
    try:
        Index(folder / "index", embedder=other)
    except LibraryError as fault:
        return f"refused: {fault}"
    raise AssertionError("another embedder was taken")


class _Shifted(DeterministicFakeEmbedding):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return super().embed_documents([f"passage: {text}" for text in texts])


def full_disk(folder: Path, files: int) -> str:
    """A small disk that fills in the middle of an add, and is then made larger."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES_PER_FILE * files}", "tmpfs", str(disk)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        return file_limit(folder, files)
    try:
        texts = write_texts(folder / "texts", "a", files)
        with open_index(disk / "index") as index:
            try:
                index.add([texts])
            except LibraryError as fault:
                said = str(fault)
            else:
                raise AssertionError("the disk did not fill")
            assert "disk is full" in said and "\n" not in said, said
            held = {entry.source for entry in index.documents}
        subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
        with open_index(disk / "index") as index:
            assert held <= {entry.source for entry in index.documents}
            assert (faults := verify(index)) == (), faults
            _check_found(index, held)
            index.add([texts])
            assert len(index.documents) == files
            assert (faults := verify(index)) == (), faults
        return f"{len(held)} of {files} held, one line ({said.split(': ', 1)[-1]}); with room, all {files}"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)  # Chroma closes its files late


def file_limit(folder: Path, files: int) -> str:
    """The same where nothing may be mounted: no file of the writer may grow beyond 2 MB."""
    texts = write_texts(folder / "texts", "a", files)
    limited = f"ulimit -f 2000; exec {sys.executable} {__file__} --child {folder / 'index'} {texts}"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False)
    fault = done.stderr.strip().splitlines()[-1]
    assert done.returncode != 0 and "LibraryError" in fault, done.stderr
    acknowledged = {line for line in done.stdout.split() if line.endswith(".md")}
    with open_index(folder / "index") as index:
        held = {entry.source for entry in index.documents}
        assert acknowledged <= held and (faults := verify(index)) == (), faults
        _check_found(index, held)
        index.add([texts])
        assert len(index.documents) == files and (faults := verify(index)) == (), faults
    return (
        f"{len(held)} of {files} held, one line ({fault.partition(': ')[2]}); without the limit, all {files}"
    )


def main() -> int:
    """Run all trials; the exit status is the number that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--files", type=int, default=60, help="that do not fit on the disk")
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        add_and_tell(*options.child)
        return 0
    trials: list[tuple[str, Callable[[Path], str]]] = [
        *((f"kill -9, trial {n + 1}", lambda folder, n=n: killed(folder, n)) for n in range(options.kills)),
        ("two writers at once", two_writers),
        ("a reader beside a writer", reader_beside_writer),
        ("a reader that comes late", reader_comes_late),
        ("another embedder", swapped_embedder),
        ("a full disk", lambda folder: full_disk(folder, options.files)),
        ("a file that may not grow", lambda folder: file_limit(folder, options.files)),
    ]
    failed = 0
    print("| trial | outcome |\n|---|---|")
    for name, trial in trials:
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = trial(Path(folder))
            except AssertionError as fault:
                failed += 1
                outcome = f"FAILED: {fault}"
        print(f"| {name} | {outcome} |", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
