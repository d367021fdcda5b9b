"""The test files of document libraries, read as they are: 0 may crash, and each is read or told.

    python benchmarks/retrieval/library_files.py FOLDER…

The folders are unpacked source packages, for example of what the extra `documents` installs:
`pip download --no-deps --no-binary :all: pypdfium2 python-pptx xlrd python-docx …`. Files of equal bytes
count once.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections import Counter
from pathlib import Path

from sandreckoner.core.errors import SandreckonerError
from sandreckoner.tools.retrieval.file_kinds import SUFFIXES
from sandreckoner.tools.retrieval.load_documents import SourceFile, load_document
from sandreckoner.tools.retrieval.reading_process import ReadingProcess

_DEADLINE_S = 60.0


def became(path: Path, reader: ReadingProcess) -> tuple[str, str]:
    """What became of a file, and what was said of it."""
    try:
        found = load_document(SourceFile(path, path.name), reader=reader)
    except SandreckonerError as fault:
        said = str(fault)
        if "crashes its reader" in said or "takes longer" in said:
            return "stopped in its own process, told", said
        return "told in one line" if "\n" not in said else "crash", said
    except Exception as fault:
        return "crash", repr(fault)
    return ("read, with a remark" if found.notes else "read"), "; ".join(found.notes)


def main(folders: list[str]) -> int:
    """Print what became of the files of each kind; the exit status is the number of crashes."""
    files = {}
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and path.suffix.lower() in SUFFIXES:
                files.setdefault(hashlib.sha256(path.read_bytes()).digest(), path)
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    start = time.monotonic()
    with ReadingProcess(deadline_s=_DEADLINE_S) as reader:
        for path in files.values():
            state, said = became(path, reader)
            counts[state] += 1
            kinds[path.suffix.lower()] += 1
            if state not in ("read", "read, with a remark"):
                print(f"{state}: {path.name}: {said[:160]}", flush=True)
    print(f"\n{len(files)} files ({', '.join(f'{kind} {n}' for kind, n in kinds.most_common())})")
    print(
        f"{', '.join(f'{n} {state}' for state, n in counts.most_common())}; {time.monotonic() - start:.0f} s"
    )
    return counts["crash"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
