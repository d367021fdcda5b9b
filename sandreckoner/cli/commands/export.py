"""`reckon export`: training data from the verified answers of an evaluation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandreckoner.core.errors import UsageError
from sandreckoner.core.serialization import dumps
from sandreckoner.evals.tasks.datasets import load_questions
from sandreckoner.training.trl_export import training_lines


def command(arguments: argparse.Namespace) -> int:
    """Write the file and say how many lines it has."""
    out = Path(arguments.out)
    if out.exists():
        raise UsageError(f"{out} is there already; name another file")
    questions = {
        question.id: question for question in load_questions(arguments.data, folder=arguments.folder)
    }
    held_out = [
        question for name in arguments.held_out for question in load_questions(name, folder=arguments.folder)
    ]
    count = 0
    with out.open("w", encoding="utf-8") as file:
        for line in training_lines(Path(arguments.run), arguments.form, questions, held_out=held_out):
            file.write(dumps(line) + "\n")
            count += 1
    print(f"reckon: {count:,} lines are in {out}", file=sys.stderr)
    return 0
