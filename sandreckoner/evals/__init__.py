"""Evaluate strategies on questions, and answer files of questions of any size.

>>> from tempfile import TemporaryDirectory
>>> from sandreckoner import Problem
>>> from sandreckoner.evals import Question, evaluate
>>> from sandreckoner.testing import ScriptedModel
>>> questions = [Question("q1", Problem("What is 2 + 2?"), "4")]  # or load_questions("gsm8k", folder=…)
>>> with TemporaryDirectory() as folder:
...     records = evaluate(["cot"], questions, ScriptedModel(["The answer is 4."]), out=f"{folder}/run")
>>> [(record.strategy, record.answer, record.right) for record in records]
[('cot', '4', True)]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.evals.report.results_table import as_markdown, as_text, make_table
    from sandreckoner.evals.run.batching import batch
    from sandreckoner.evals.run.evaluation import evaluate
    from sandreckoner.evals.tasks.datasets import load_questions
    from sandreckoner.evals.tasks.question import Question
    from sandreckoner.evals.tasks.scoring import Score, score

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

_MODULES = {
    "Question": "tasks.question",
    "Score": "tasks.scoring",
    "as_markdown": "report.results_table",
    "as_text": "report.results_table",
    "batch": "run.batching",
    "evaluate": "run.evaluation",
    "load_questions": "tasks.datasets",
    "make_table": "report.results_table",
    "score": "tasks.scoring",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
