"""Ask questions about a report, on this machine alone.

    python examples/annual_report.py examples/data/corvane_2024_annual_report.md
    python examples/annual_report.py filing.pdf "What is the operating margin of 2022?" --cite

The first run reads the file into an index (a minute or two for a PDF of 200 pages); later ones reuse it. The
tables of the report are objects in the program that the model writes: it looks each figure up by row and
column, and the figure brings its unit, scale, sign and place on the page along. With `--cite` the answer is
prose with quotes, and a quote that is not found is struck.
"""

import argparse
import sys

from sandreckoner.chains import chain
from sandreckoner.tools.retrieval import cached_library

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("path")
parser.add_argument("questions", nargs="*", metavar="QUESTION")
parser.add_argument("--cite", action="store_true", help="answer in prose with checked quotes")
parser.add_argument("--model", default="local")
arguments = parser.parse_args()
questions = arguments.questions or ["By what percentage did total revenue change from the year before?"]


def show_progress(name, done, total):
    """Show the progress of indexing a document."""
    print(f"\r{name}: {done} of {total} passages", end="\n" if done == total else "", file=sys.stderr)


def place(passages):
    """Where the first of some passages stands."""
    if not passages:
        return "nowhere"
    first = passages[0]
    return f"{first.source}, page {first.page}, characters {first.start}-{first.end}"


def show(answer):
    """Show an answer with the program, the cells it looked up, and what speaks against it."""
    print(f"A: {answer}")
    if answer.quantity:
        print(f"   {answer.quantity.value} in units of {answer.quantity.unit} × {answer.quantity.scale:,}")
    if answer.winner and answer.winner.program:
        print(answer.winner.program.strip())
    for source in answer.sources:
        where = place(source.passages) if source.passages else source.origin
        print(f"   {source.text} <- {where}: {source.note}")
        if source.box:
            print(
                f"      rectangle on the page, in points: {', '.join(f'{side:.0f}' for side in source.box)}"
            )
    for citation in answer.citations:
        print(f"   [{citation.number}] {citation.status}, {place(citation.passages)}: {citation.quote!r}")
    for remark in answer.remarks:
        print(f"   look again: {remark}")
    print(f"   {answer.usage.tokens} tokens, {answer.seconds:.0f} s\n", flush=True)


library = cached_library(
    [arguments.path], report=lambda line: print(line, file=sys.stderr), progress=show_progress
)
for table in library.find_tables(questions[0], k=3):
    columns = ", ".join(column.heading for column in table.columns)
    print(f"{table.title or 'a table'}: {len(table.rows)} rows by {columns}", file=sys.stderr)
method = "cite" if arguments.cite else "figures"
with chain(method, model=arguments.model, library=library) as reckon:
    for question in questions:
        print(f"Q: {question}")
        show(reckon.invoke(question))
library.close()
