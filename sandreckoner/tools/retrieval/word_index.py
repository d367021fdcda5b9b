"""The full-text index of chunks in SQLite: BM25 over Porter stems, common words pruned from long searches.

BM25 must look at each chunk that a search matches. In a large index a search matches the chunks with its
rarer words; the common ones only add to their scores. What is common is counted when documents are added.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence

from sandreckoner.tools.retrieval.database import Database
from sandreckoner.tools.retrieval.indexed_words import any_of, searched_words

_TOKENIZER = "porter unicode61 remove_diacritics 2"
SCHEMA = f"""
create table if not exists chunk_words (id integer primary key, words text not null);
create virtual table if not exists chunk_fts using fts5 (
    words, content='chunk_words', content_rowid='id', tokenize='{_TOKENIZER}');
create virtual table if not exists chunk_vocabulary using fts5vocab (chunk_fts, row);
create table if not exists common_word (stem text primary key, chunks integer not null) without rowid;
"""
MAX_MATCHES = 15_000  # chunks that a search may match, if its words are rare enough
_COMMON = MAX_MATCHES // 10  # chunks with a word that is written down as common
_GERMAN = ("der", "und", "die")


def add_words(store: Database, identifier: int, words: str) -> None:
    """Index a chunk's words, inside a transaction."""
    store.execute("insert into chunk_words values (?, ?)", (identifier, words))
    store.execute("insert into chunk_fts (rowid, words) values (?, ?)", (identifier, words))


def drop_words(store: Database, source: str) -> None:
    """Remove the words of a document's chunks, inside a transaction, before the chunks themselves."""
    store.execute(
        "insert into chunk_fts (chunk_fts, rowid, words) select 'delete', id, words from chunk_words "
        "where id in (select id from chunk where source = ?)",
        (source,),
    )
    store.execute("delete from chunk_words where id in (select id from chunk where source = ?)", (source,))


def count_common_words(store: Database) -> None:
    """Write down which words are common, after documents were added or removed."""
    with store.transaction(write=True):
        store.execute("delete from common_word", ())
        if store.query("select count(*) from chunk_words")[0][0] > MAX_MATCHES:
            store.execute(
                "insert into common_word select term, doc from chunk_vocabulary where doc > ?", (_COMMON,)
            )


def search_words(
    store: Database, question: str, *, k: int, sources: Sequence[str] | None = None
) -> dict[int, float]:
    """The `k` chunks with the highest BM25 scores.

    SQLite ranks with k1 = 1.2 and b = 0.75 (Robertson and Zaragoza, "The Probabilistic Relevance Framework:
    BM25 and Beyond", 2009).

    Args:
        store: holds the index.
        question: in words.
        k: how many chunks.
        sources: only chunks of these documents; None for all.

    Returns:
        Chunk id to score, best first.
    """
    words = searched_words(question)
    for query in _queries(store, words, routed=sources is not None):
        found = store.query(
            "select rowid, -rank from chunk_fts "
            "where chunk_fts match :query and (:sources is null or rowid in "
            "(select id from chunk where source in (select value from json_each(:sources)))) "
            "order by rank, rowid limit :k",
            {"query": query, "k": k, "sources": None if sources is None else json.dumps(sources)},
        )
        if found:
            return {int(identifier): float(score) for identifier, score in found}
    return {}


def _queries(store: Database, words: list[str], *, routed: bool) -> list[str]:
    """FTS5 queries to try in order: the pruned one first, if there is anything to prune."""
    if not words:
        return []
    prefixes = _is_german(store)
    everything = any_of(words, prefixes=prefixes)
    counts = _common(store, words)
    if not counts:
        return [everything]
    words = sorted(words, key=lambda word: counts.get(word, 0))
    rare = [word for word in words if word not in counts]
    left = MAX_MATCHES
    for word in words[len(rare) :]:
        left -= counts[word]
        if rare and left < 0:
            break
        rare.append(word)
    if len(rare) == len(words):
        return [everything]
    return [f"({any_of(rare, prefixes=prefixes)}) AND ({everything})", everything]


def _common(store: Database, words: list[str]) -> dict[str, int]:
    """Those of these words that are common, and the number of chunks that have them."""
    counts = dict(store.query("select stem, chunks from common_word"))
    if not counts:
        return {}
    stems = _STEMMER.stems(words)
    return {word: counts[stems[word]] for word in words if stems.get(word) in counts}


def _is_german(store: Database) -> bool:
    """Whether more than one chunk in fifty is German, where the parts of a compound are one word."""
    found = store.query(
        "select min(doc) from chunk_vocabulary where term in (?, ?, ?) having count(*) = 3", _GERMAN
    )
    return bool(found) and 50 * int(found[0][0]) > store.query("select max(id) from chunk_words")[0][0]


class _Stemmer:
    """SQLite's own stems of words, so that they are those of the index."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def stems(self, words: Sequence[str]) -> dict[str, str]:
        """The stem of each word that is one word for the index."""
        with self._lock:
            if self._connection is None:
                self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
                self._connection.executescript(
                    f"create virtual table one using fts5 (word, tokenize='{_TOKENIZER}');"
                    "create virtual table stem using fts5vocab (one, instance);"
                )
            self._connection.execute("delete from one")
            self._connection.executemany("insert into one (rowid, word) values (?, ?)", enumerate(words))
            found = self._connection.execute("select doc, term from stem").fetchall()
        return {words[place]: term for place, term in found}


_STEMMER = _Stemmer()
