"""Questions to a real filing, on this machine alone: annual_report.py PATH [QUESTION] [STRATEGY].

The first time the file is read into an index (a minute or two for 200 pages); after that it is there. With
the strategy `pal` a program computes the answer from figures of the filing, and each figure says where it
stands; with `cite` the answer is prose with quotes, and a quote that stands nowhere is struck.
"""

import sys

from sandreckoner.chains import chain
from sandreckoner.tools.retrieval import remembered_library

path, question, strategy, *_ = [
    *sys.argv[1:],
    *["By what percentage did total revenue change from the year before?", "pal"][
        max(0, len(sys.argv) - 2) :
    ],
]


def tell(name, done, total):  # noqa: D103  # the name says it
    print(f"\r{name}: {done} of {total} passages", end="\n" if done == total else "", file=sys.stderr)


library = remembered_library([path], report=lambda line: print(line, file=sys.stderr), progress=tell)
with chain(f"rag({strategy}, k=5)", model="local", library=library) as reckon:
    answer = reckon.invoke(question)

print(f"Q: {question}\nA: {answer.text or f'none ({answer.verdict}: {answer.reason})'}")
if answer.winner and answer.winner.program:
    print(answer.winner.program.strip())
for source in answer.sources:
    place = source.passages[0] if source.passages else None
    where = f"{place.source}, page {place.page}, characters {place.start}-{place.end}" if place else ""
    quote = " ".join(source.quote.split())
    print(f"  {source.text} <- {source.origin} {where}  {quote}  {source.note}".rstrip())
for citation in answer.citations:
    place = citation.passages[0] if citation.passages else None
    where = f"{place.source}, page {place.page}" if place else ""
    print(f"  [{citation.number}] {citation.verdict}: {where} {citation.quote!r} {citation.note}".rstrip())
for passage in answer.winner.evidence if answer.winner else ():
    print(f"  looked at: page {passage.page}, {passage.start}-{passage.end}")
library.close()
