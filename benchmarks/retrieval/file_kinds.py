"""Small made files of many kinds: which are read, which are told, which lose something without a word.

    python benchmarks/retrieval/file_kinds.py

What the words mean is said in `tests/retrieval/made_files.py`, whose files these are.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from sandreckoner.core.errors import SandreckonerError
from sandreckoner.tools.retrieval.load_documents import SourceFile, load_document
from sandreckoner.tools.retrieval.reading_process import ReadingProcess
from tests.retrieval.made_files import Made, made_files, outcome


def read(made: Made, folder: Path, reader: ReadingProcess) -> tuple[str, str]:
    """What became of a file, and what was told of it."""
    path = folder / made.name
    path.write_bytes(made.data)
    try:
        document = load_document(SourceFile(path, made.name), reader=reader)
    except SandreckonerError as fault:
        return outcome(made, (), str(fault)), str(fault)
    except Exception as fault:
        return "crash", repr(fault)
    told = "; ".join(document.notes)
    return outcome(made, document.pages, told), told


def main() -> int:
    """Print a line for each file; the exit status is the number of files that are neither read nor told."""
    counts: Counter[str] = Counter()
    print("| file | | |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, ReadingProcess() as reader:
        for made in made_files():
            became, said = read(made, Path(folder), reader)
            counts[became] += 1
            print(f"| {made.name} | {became} | {said[:150]} |", flush=True)
    print(f"\n{counts.total()} files: {', '.join(f'{count} {name}' for name, count in counts.most_common())}")
    return counts.total() - counts["read"] - counts["told"]


if __name__ == "__main__":
    sys.exit(main())
