"""`reckon eval`: what strategies are worth on a set of questions."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sandreckoner.chains.strategies.confidence import save_confidence
from sandreckoner.cli.forecast import Forecast
from sandreckoner.core.budget import Budget
from sandreckoner.core.errors import UsageError
from sandreckoner.evals.report.calibration import fit_confidence
from sandreckoner.evals.report.results_table import as_markdown, as_text, make_table
from sandreckoner.evals.run.evaluation import evaluate
from sandreckoner.evals.run.record import Record
from sandreckoner.evals.run.rescoring import rescore
from sandreckoner.evals.run.thread_engine import Engine, in_threads
from sandreckoner.evals.tasks.datasets import load_questions
from sandreckoner.evals.tasks.question import Question, kind_named


def command(arguments: argparse.Namespace) -> int:
    """Evaluate, show the table, write the page."""
    questions = list(
        load_questions(
            arguments.data,
            fields=_fields(arguments.field),
            kind=kind_named(arguments.kind) if arguments.kind else None,
            limit=arguments.limit,
            folder=arguments.folder,
        )
    )
    folder = Path(arguments.out or f"eval-{Path(arguments.data).name.partition('.')[0]}")
    records = rescore(folder, questions) if arguments.rescore else _evaluate(arguments, questions, folder)
    _show(records, arguments)
    if arguments.html:
        from sandreckoner.evals.report.eval_page import write_page

        write_page(Path(arguments.html), records, questions, folder, baseline=arguments.baseline)
        print(f"reckon: wrote {arguments.html}", file=sys.stderr)
    if arguments.confidence:
        fitted = fit_confidence(records, {question.id: question for question in questions})
        save_confidence(fitted, arguments.confidence)
        print(f"reckon: wrote {arguments.confidence}", file=sys.stderr)
    return 0


def _evaluate(arguments: argparse.Namespace, questions: Sequence[Question], folder: Path) -> list[Record]:
    if not arguments.strategy:
        raise UsageError("eval: name a strategy with --strategy, for example --strategy cot --strategy pal")
    with Forecast(quiet=arguments.quiet) as forecast:
        try:
            return evaluate(
                arguments.strategy,
                questions,
                arguments.model,
                out=folder,
                epochs=arguments.epochs,
                seed=arguments.seed,
                index=arguments.index,
                budget=Budget(arguments.calls, arguments.tokens, arguments.usd, arguments.seconds),
                resume=arguments.resume,
                concurrency=arguments.concurrency,
                engine=engine_named(arguments),
                progress=lambda done, total, record: forecast.show(
                    done / total, f"{done} of {total} pieces; {record.question}, {record.strategy}"
                ),
            )
        except KeyboardInterrupt:
            print(f"\nreckon: what is finished is in {folder}; go on with --resume", file=sys.stderr)
            raise


def _fields(given: Sequence[str]) -> Mapping[str, str]:
    pairs = [pair.partition("=") for pair in given]
    for name, equals, field in pairs:
        if not (name and equals and field):
            raise UsageError(
                f"--field takes NAME=FIELD, for example question=prompt, not {name + equals + field!r}"
            )
    return {name: field for name, _, field in pairs}


def engine_named(arguments: argparse.Namespace) -> Engine:
    """The engine that the command line names."""
    if arguments.engine == "ray":
        from sandreckoner.evals.run.ray_engine import OnRay

        return OnRay(arguments.address)
    return in_threads


def _show(records: Sequence[Record], arguments: argparse.Namespace) -> None:
    rows = make_table(records, baseline=arguments.baseline)
    if arguments.json:
        print(json.dumps({"version": 1, "rows": [asdict(row) for row in rows]}, indent=2))
    elif arguments.markdown:
        print(as_markdown(rows), end="")
    elif sys.stdout.isatty():
        from sandreckoner.cli.render.eval_table import print_table

        print_table(rows)
    else:
        print(as_text(rows), end="")
