"""Who may see a document: the labels of a file or folder that was added, held against those of a question.

All that lies in a labelled folder is seen by whoever has one of its labels; what lies in several labelled
folders needs one of each. Labels stay with the path, so that a file which appears or changes later has them.
A link has those of the file that it leads to.

The database itself holds this: views take the place of its tables, so that every query, whichever door it
comes through, sees only the rows of visible documents. Such a connection cannot write.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sandreckoner.tools.retrieval.database import Database

SCHEMA = """
create table if not exists path_label (path text, label text, primary key (path, label)) without rowid;
"""
_VIEWS = """
create temp table seen (label text primary key) without rowid;
create temp view document as select * from main.document as one where not exists (
    select 1 from main.path_label as labelled
    where (labelled.path in (one.path, one.root)
        or substr(one.path, 1, length(rtrim(labelled.path, '/\\')) + 1)
            in (rtrim(labelled.path, '/\\') || '/', rtrim(labelled.path, '/\\') || '\\'))
    and not exists (
        select 1 from main.path_label as held join seen on seen.label = held.label
        where held.path = labelled.path));
create temp view page as select * from main.page where source in (select source from temp.document);
create temp view metadata as select * from main.metadata where source in (select source from temp.document);
create temp view chunk as select * from main.chunk where source in (select source from temp.document);
create temp view tabular as select * from main.tabular where source in (select source from temp.document);
create temp view path_label as select * from main.path_label where false;
"""


def show_only(store: Database, labels: Collection[str]) -> None:
    """Hide from a connection, for good, every document that needs a label which is not among these."""
    store.run_script(_VIEWS)
    with store.transaction():
        for label in set(labels):
            store.execute("insert into seen values (?)", (label,))


def set_labels(store: Database, path: str, labels: Sequence[str]) -> None:
    """Replace the labels of a file or folder; none opens it to everyone."""
    with store.transaction(write=True):
        store.execute("delete from path_label where path = ?", (path,))
        for label in dict.fromkeys(labels):
            store.execute("insert into path_label values (?, ?)", (path, label))


def labelled_paths(store: Database) -> dict[str, tuple[str, ...]]:
    """The labels of each file and folder that has any; empty for a reader with labels of its own."""
    found: dict[str, tuple[str, ...]] = {}
    for path, label in store.query("select path, label from path_label order by path, label"):
        found[path] = (*found.get(path, ()), label)
    return found
