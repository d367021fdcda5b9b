"""The words of `reckon index`. Imports argparse and nothing else."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Call: TypeAlias = Callable[[argparse.Namespace], int]

_ABOUT = """\
Documents that are asked again and again: read once, found by words and by meaning, brought up to date by
`reckon index add` without a path. An add that is stopped goes on where it was.
"""


def add_index(commands: Commands, call: Call, formatter: type[argparse.HelpFormatter]) -> None:
    """`reckon index` and its five actions."""
    index = commands.add_parser(
        "index", help="keep documents, search them", description=_ABOUT, formatter_class=formatter
    )
    actions = index.add_subparsers(title="actions", metavar="ACTION", required=True)

    def action(name: str, help: str) -> argparse.ArgumentParser:
        parser = actions.add_parser(name, help=help, allow_abbrev=False, formatter_class=formatter)
        parser.add_argument(
            "--index", default="documents", metavar="NAME", help="a name, or a folder (default: documents)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object (version 1)")
        parser.set_defaults(command=call, action=name)
        return parser

    add = action("add", "take up files and folders, or what has changed of them")
    add.add_argument("paths", nargs="*", metavar="PATH", help="none: all that was ever added")
    add.add_argument("--chroma", default="", metavar="HOST:PORT", help="keep the vectors in a Chroma server")
    action("list", "the documents that it holds")
    remove = action("remove", "forget documents")
    remove.add_argument("documents", nargs="+", metavar="DOCUMENT", help="its name; `2023*` for all such")
    search = action("search", "the passages that best fit a question")
    search.add_argument("question")
    search.add_argument("-k", type=int, default=5, help="how many (default: 5)")
    search.add_argument(
        "--words", type=float, default=None, metavar="0..1", help="weight against the meaning"
    )
    search.add_argument(
        "--in", action="append", default=[], dest="sources", metavar="DOCUMENT", help="only here"
    )
    verify = action("verify", "look at every offset, word and vector")
    verify.add_argument("--repair", action="store_true", help="make lost vectors anew at the next add")
