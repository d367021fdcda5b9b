"""What a strategy is worth on your questions, and answering any number of them.

questions = load_questions("gsm8k", folder="questions", limit=100)
records = evaluate(["cot", "pal", "sc(pal, n=5)"], questions, "local", out="gsm8k-local")
print(as_text(make_table(records, baseline="cot")))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.evals.batching import batch
    from sandreckoner.evals.datasets import load_questions
    from sandreckoner.evals.evaluation import evaluate
    from sandreckoner.evals.question import Question
    from sandreckoner.evals.scoring import Score, score
    from sandreckoner.evals.table import as_markdown, as_text, make_table

__all__ = [
    "Question",
    "Score",
    "as_markdown",
    "as_text",
    "batch",
    "evaluate",
    "load_questions",
    "make_table",
    "score",
]

_HOME = {
    "Question": "question",
    "Score": "scoring",
    "as_markdown": "table",
    "as_text": "table",
    "batch": "batching",
    "evaluate": "evaluation",
    "load_questions": "datasets",
    "make_table": "table",
    "score": "scoring",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
