"""How often the page of the evidence is among what a model is shown: passages, tables, both together.

    python -m benchmarks.retrieval.find_tables INDEX_FOLDER [K_PASSAGES] [K_TABLES]

The index holds the filings of `data/reports`. The words that imply a statement were chosen on the first half
of the questions; the second half is held out. `known`: the question's document is given.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

from benchmarks.retrieval.datasets import DATASETS, Query
from sandreckoner.core.effects import Search
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.minilm import load_minilm, minilm_ready


def main() -> None:
    """Print the shares for both halves, with the document known and not."""
    k_passages = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    k_tables = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    first = Index(sys.argv[1])
    index = first
    if first.store.setting("embedder") is not None and minilm_ready():
        first.close()
        index = Index(sys.argv[1], embedder=load_minilm())
    queries = DATASETS["reports"]().queries
    for known in (False, True):
        for name, half in (("chosen on", queries[::2]), ("held out", queries[1::2]), ("all", queries)):
            counts: Counter[str] = Counter()
            for query in half:
                counts.update(hits(index, query, k_passages, k_tables, known=known))
            shares = ", ".join(
                f"{what} {100 * counts[what] / len(half):.1f} %"
                for what in ("passages", "ten passages", "tables", "both")
            )
            print(f"{'known ' if known else 'shared'} {name:9} n={len(half)}: {shares}")


def hits(index: Index, query: Query, k_passages: int, k_tables: int, *, known: bool) -> set[str]:
    """Which of the ways show a page of the evidence."""
    options = replace(index.options, sources=(query.source,)) if known else index.options
    gold = {(place[0], place[1]) for place in query.gold}
    passages = index.search(Search(query.text, 10), options=options)
    tables = index.find_tables(query.text, k_tables, options=options)
    found = {"ten passages"} if gold & {(each.source, each.page) for each in passages} else set()
    if gold & {(each.source, each.page) for each in passages[:k_passages]}:
        found |= {"passages", "both"}
    pages = {(table.document, table.page) for table in tables}
    pages |= {
        (table.document, cell.page) for table in tables for row in table.rows for cell in row.cells if cell
    }
    if gold & pages:
        found |= {"tables", "both"}
    return found


if __name__ == "__main__":
    main()
