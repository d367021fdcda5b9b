"""The functions that every code agent offers to its programs: search, read, list the documents, answer."""

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
ANSWER = Function("answer", "gives the answer, a number or a short text, and ends", {"value": "any"})
