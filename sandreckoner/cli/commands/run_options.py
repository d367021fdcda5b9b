"""The words of the commands about recorded runs: replay, show, diff. Imports argparse and nothing else."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Later: TypeAlias = Callable[[str], Callable[[argparse.Namespace], int]]

_REPLAY = """\
Answer a recorded run again, byte for byte, without model, sandbox, documents or network. With --from the
steps before STEP come from the journal and the rest is performed: by the same model, or by another.
"""
_REPLAY_EXAMPLES = """\
examples:
  reckon ask "What is 17 % of 2,340?" --journal run.jsonl
  reckon replay run.jsonl
  reckon replay run.jsonl --from 1 --model openai:gpt-5-mini --journal other.jsonl
  reckon diff run.jsonl other.jsonl
"""
_SHOW_EXAMPLES = """\
examples:
  reckon show run.jsonl                    the tree of a run, and where its numbers come from
  reckon show run.jsonl --trace            every step, with prompts and replies
  reckon show 2026-11-21-154011 --html page.html
"""
_DIFF = """\
Say where two recorded runs part: the first step that asks for something else or is answered differently, line
by line, and the answers. Exit code 0 where they are the same, 1 where they are not.
"""


def add_runs(commands: Commands, later: Later, formatter: type[argparse.HelpFormatter]) -> None:
    """`reckon replay`, `reckon show` and `reckon diff`."""

    def command(name: str, help: str, about: str, examples: str = "") -> argparse.ArgumentParser:
        parser = commands.add_parser(
            name,
            help=help,
            description=about,
            epilog=examples,
            allow_abbrev=False,
            formatter_class=formatter,
        )
        parser.set_defaults(command=later(name))
        return parser

    replay = command("replay", "answer a recorded run again, or fork it", _REPLAY, _REPLAY_EXAMPLES)
    replay.add_argument("journal", help="a file that `reckon ask --journal FILE` wrote")
    replay.add_argument(
        "--from", dest="start", type=int, metavar="STEP", help="perform this step and the rest"
    )
    replay.add_argument("--model", help="who thinks from there on; without it, the model of the journal")
    replay.add_argument(
        "--docs", action="append", default=[], metavar="PATH", help="what to search from there on; repeatable"
    )
    replay.add_argument("--journal", dest="record", metavar="FILE", help="record the run that it becomes")
    replay.add_argument("--json", action="store_true", help="print one JSON object (version 1)")
    replay.add_argument("--html", metavar="FILE", help="write the answer with its numbers and their sources")
    replay.add_argument("--quiet", action="store_true", help="only the answer, nothing on stderr")

    show = command("show", "what a recorded run or a session did", "Show a recorded run.", _SHOW_EXAMPLES)
    show.add_argument("run", metavar="RUN", help="a journal, a session's file, or a session's name")
    show.add_argument("--turn", type=int, metavar="N", help="only this question of a session, from 1")
    show.add_argument("--trace", action="store_true", help="every step in full, with prompts and replies")
    show.add_argument("--json", action="store_true", help="one JSON object a question (version 1)")
    show.add_argument("--html", metavar="FILE", help="write it to one page instead")
    show.add_argument("--plain", action="store_true", help="no guides and no boxes, for screen readers")

    diff = command("diff", "where two recorded runs part", _DIFF)
    diff.add_argument("one", metavar="A", help="a journal, or a session of one question")
    diff.add_argument("other", metavar="B", help="another")
    diff.add_argument("--plain", action="store_true", help="no colours")
