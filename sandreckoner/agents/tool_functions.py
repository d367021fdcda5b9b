"""The functions that every code agent offers its programs: search, read, list documents, tables, answer."""

from __future__ import annotations

from sandreckoner.tools.functions.function_spec import Function

SEARCH = Function(
    "search",
    "passages of the user's documents, best first, each a dict with id, source, page and text",
    {"query": "str", "k": "int"},
    {"k": 4},
)
READ = Function("read", "what stands around a passage, as a dict of the same kind", {"id": "str"})
LIST_DOCUMENTS = Function("list_documents", "the names of the documents, as a list")
TABLES = Function(
    "tables",
    "tables of the documents: t = tables('sales')[0]; print(t); t['row', 'column'] is a figure with its unit",
    {"query": "str", "k": "int"},
    {"k": 3},
)
ANSWER = Function("answer", "gives the answer, a number or a short text, and ends", {"value": "any"})
