"""The words of a budget, wherever a command takes one. Imports argparse and nothing else."""

from __future__ import annotations

import argparse


def add_budget(words: argparse.ArgumentParser, title: str, says: str | None = None) -> None:
    """`--calls`, `--tokens`, `--usd` and `--seconds`."""
    budget = words.add_argument_group(title, says)
    budget.add_argument("--calls", type=int, help="at most so many completions")
    budget.add_argument("--tokens", type=int, help="at most so many tokens, prompts included")
    budget.add_argument("--usd", type=float, help="at most so many US dollars")
    budget.add_argument("--seconds", type=float, help="at most so many seconds")
