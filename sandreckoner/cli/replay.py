"""`reckon replay FILE`: the recorded answer again, without model, sandbox, documents or network."""

from __future__ import annotations

import argparse
from pathlib import Path

from sandreckoner.chains.answering import replay
from sandreckoner.cli.show import present
from sandreckoner.core.journal import read_journal


def command(arguments: argparse.Namespace) -> int:
    """Replay a journal and show its answer as `reckon ask` did."""
    journal = read_journal(Path(arguments.journal))
    answer = replay(journal)
    header = journal.header
    return present(
        answer,
        question=str(header["problem"]["question"]),
        strategy=str(header.get("strategy", "")),
        model=str(header.get("model", "")),
        as_json=arguments.json,
        quiet=arguments.quiet,
        html=arguments.html,
    )
