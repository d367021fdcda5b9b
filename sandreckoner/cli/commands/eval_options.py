"""The words of `reckon eval`, `batch` and `export`. Imports argparse and nothing else."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from sandreckoner.cli.commands.budget_options import add_budget

Command = Callable[[argparse.Namespace], int]

_EVAL = """\
examples:
  reckon eval gsm8k --folder questions --limit 100 --strategy cot --strategy pal --strategy "sc(pal, n=5)"
  reckon eval mine.csv --field question=prompt --field answer=gold --kind exact --strategy direct
  reckon eval gsm8k --folder questions --limit 100 --strategy pal --out run --resume --html report.html
"""
_BATCH = """\
examples:
  reckon batch questions.jsonl answers.jsonl --strategy pal --concurrency 8
  reckon batch questions.jsonl answers.jsonl --resume
"""
_EXPORT = """\
examples:
  reckon export sft run train.jsonl sft.jsonl --held-out gsm8k --folder questions
"""


def add_eval(commands: Any, command: Command, formatter: type[argparse.HelpFormatter]) -> None:
    """`reckon eval`."""
    words = commands.add_parser(
        "eval",
        help="what strategies are worth on a set of questions",
        epilog=_EVAL,
        allow_abbrev=False,
        formatter_class=formatter,
    )
    words.add_argument("data", help="a file (.jsonl, .csv, .parquet) or a benchmark's name, such as gsm8k")
    words.add_argument(
        "--strategy", action="append", metavar="S", help="repeatable; the first is the baseline"
    )
    words.add_argument("--baseline", metavar="S", help="the strategy that the others are compared with")
    words.add_argument("--out", metavar="FOLDER", help="where the log is kept (default: eval-DATA)")
    words.add_argument("--resume", action="store_true", help="go on with what is in the folder")
    words.add_argument(
        "--rescore", action="store_true", help="score what is in the folder again; asks nothing"
    )
    words.add_argument("--limit", type=int, help="only the first so many questions")
    words.add_argument("--epochs", type=int, default=1, help="how often each question is asked")
    words.add_argument("--folder", help="where the files of named benchmarks lie")
    words.add_argument(
        "--field", action="append", default=[], metavar="NAME=FIELD",
        help="which field holds id, question, answer, options or context; repeatable",
    )  # fmt: skip
    words.add_argument("--kind", help="numeric, choice, mathematical, date, exact, list, scaled or game24")
    words.add_argument("--html", metavar="FILE", help="write a page with charts and every question")
    words.add_argument(
        "--confidence", metavar="FILE", help="fit on the votes, for cascade(…, confidence=FILE)"
    )
    words.add_argument("--json", action="store_true", help="print the table as one JSON object (version 1)")
    words.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    _common(words)
    words.set_defaults(command=command)


def add_batch(commands: Any, command: Command, formatter: type[argparse.HelpFormatter]) -> None:
    """`reckon batch`."""
    words = commands.add_parser(
        "batch",
        help="answer every row of a file, of any size",
        epilog=_BATCH,
        allow_abbrev=False,
        formatter_class=formatter,
    )
    words.add_argument("source", help="JSON lines, each with a `question`")
    words.add_argument("out", help="JSON lines; rows that cannot be answered go to OUT.errors")
    words.add_argument("--strategy", default="pal", help="how to think, for example cot, pal, 'sc(pal, n=5)'")
    words.add_argument("--resume", action="store_true", help="pass over the rows that are done")
    words.add_argument("--any-order", action="store_true", help="write answers as they come, not as asked")
    _common(words)
    words.set_defaults(command=command)


def add_export(commands: Any, command: Command, formatter: type[argparse.HelpFormatter]) -> None:
    """`reckon export`."""
    words = commands.add_parser(
        "export",
        help="training data from the verified answers of an evaluation",
        epilog=_EXPORT,
        allow_abbrev=False,
        formatter_class=formatter,
    )
    words.add_argument("form", choices=["sft", "preferences", "steps"], help="as TRL reads it")
    words.add_argument("run", help="the folder of an evaluation, `reckon eval … --out FOLDER`")
    words.add_argument("data", help="the questions that it asked: a file or a benchmark's name")
    words.add_argument("out", help="JSON lines")
    words.add_argument("--folder", help="where the files of named benchmarks lie")
    words.add_argument(
        "--held-out", action="append", default=[], metavar="DATA", help="leave out what nearly repeats it"
    )
    words.set_defaults(command=command)


def _common(words: argparse.ArgumentParser) -> None:
    words.add_argument("--model", default="local", help="who thinks, for example local, openai:gpt-5-mini")
    words.add_argument(
        "--index", metavar="NAME", default="", help="documents to search, as `reckon index add` keeps them"
    )
    words.add_argument("--concurrency", type=int, default=4, help="questions at a time (default 4)")
    words.add_argument("--seed", type=int, default=0, help="of sampling (default 0)")
    words.add_argument("--quiet", action="store_true", help="no progress on stderr")
    words.add_argument("--engine", choices=["local", "ray"], default="local", help="where it is done")
    words.add_argument("--address", help="of a running Ray cluster; without it, Ray runs on this machine")
    add_budget(words, "budget of each question")
