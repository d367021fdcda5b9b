"""Ask questions about a real filing, on this machine alone: annual_report.py PATH [--cite] [QUESTION ...].

The first run reads the file into an index (a minute or two for 200 pages); later ones reuse it. A program
computes each answer from figures of the filing, and each figure has its source. With `--cite` the answer is
prose with quotes, and a quote that is not found is struck.
"""

import sys

from sandreckoner.chains import chain
from sandreckoner.tools.retrieval import cached_library

path, *questions = [word for word in sys.argv[1:] if word != "--cite"]
questions = questions or ["By what percentage did total revenue change from the year before?"]


def show_progress(name, done, total):
    """Show the progress of indexing a document."""
    print(f"\r{name}: {done} of {total} passages", end="\n" if done == total else "", file=sys.stderr)


def place(passages):
    """Where the first of some passages stands."""
    first = passages[0] if passages else None
    return f"{first.source}, page {first.page}, characters {first.start}-{first.end}" if first else "nowhere"


library = cached_library([path], report=lambda line: print(line, file=sys.stderr), progress=show_progress)
with chain("cite" if "--cite" in sys.argv else "pal", model="local", library=library) as reckon:
    for question in questions:
        answer = reckon.invoke(question)
        print(f"Q: {question}\nA: {answer.text or f'none ({answer.status}: {answer.reason})'}")
        if answer.winner and answer.winner.program:
            print(answer.winner.program.strip())
        for source in answer.sources:
            where = place(source.passages) if source.origin == "passage" else source.origin
            print(f"  {source.text} <- {where}: {' '.join(source.quote.split())} ({source.note})")
        for citation in answer.citations:
            print(f"  [{citation.number}] {citation.status}, {place(citation.passages)}: {citation.quote!r}")
        pages = [passage.page for passage in answer.winner.evidence] if answer.winner else []
        print(
            f"  looked at pages {pages}; {answer.usage.tokens} tokens, {answer.seconds:.0f} s\n", flush=True
        )
library.close()
