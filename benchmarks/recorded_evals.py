"""Every recorded run through `evaluate`, as if its model were asked now, beside the figures reported for it.

    python benchmarks/recorded_evals.py [--first N] [RUN ...]

The model gives the recorded samples; our strategies read them, run the programs, vote and score. Programs
find above themselves what their authors had there. The rule of equality is the authors' where they have one
(`recorded_programs.py` and `extraction.py` say which), so that figures are of one kind. The vote over dates
is ours: it counts equal dates together, however they are written, where the authors' counts texts
(`votes.py` reproduces theirs).

Reads `$SANDRECKONER_DATA/recorded` (or `../shared/data/recorded` beside the repository).
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extraction import cut_equal, data_folder
from recorded_programs import FCOT_PRELUDE, POT_PRELUDE, fcot_equal, pot_equal, records, svamp_equal
from votes import right_option

from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import OnText
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Problem
from sandreckoner.evals import Question, evaluate, make_table
from sandreckoner.reading.normalize import equal

Row = Mapping[str, Any]
_NAME = re.compile(r"recorded question (\S+)")
_DATE_PRELUDE = """\
from datetime import date, time, datetime
from dateutil.relativedelta import relativedelta
import calendar
"""


@dataclass(frozen=True)
class Recorded:
    """One recorded run.

    Attributes:
        file: its name.
        strategy: which of ours reads such replies.
        reply: a recorded sample as a model would write it for that strategy; None as it stands.
        right: whether an answer is right, given the row; None for our equality.
        reported: accuracy in per cent.
    """

    file: str
    strategy: str
    reported: float
    reply: Callable[[str], str] | None = None
    right: Callable[[str, Row], bool] | None = None


def program(prelude: str, end: str = "") -> Callable[[str], str]:
    """A recorded program with what its authors had around it, in a block."""

    def written(sample: str) -> str:
        return f"```python\n{prelude}{sample.rstrip().rstrip('#')}{end}\n```"

    return written


def by(rule: Callable[[str, str], bool]) -> Callable[[str, Row], bool]:
    """A rule of two texts as one of an answer and its row."""
    return lambda found, row: rule(found, gold_of(row))


def gold_of(row: Row) -> str:
    return str(row["gold"]).removeprefix("#### ")


def first_ten(found: str, row: Row) -> bool:
    """Dates of programs as their authors read them: ten characters, whatever stands behind (`%YYYY`)."""
    return equal(found[:10], gold_of(row))


ONE_PROGRAM, ONE_CHAIN = "once(pot(repairs=0))", "once(cot)"
RUNS = (
    Recorded("pot_gsm8k_greedy_codex", ONE_PROGRAM, 71.5, program(POT_PRELUDE), by(pot_equal)),
    Recorded("pot_svamp_greedy_codex", ONE_PROGRAM, 85.2, program(POT_PRELUDE), by(svamp_equal)),
    Recorded("pot_aqua_sc30_codex", "sc(pot(repairs=0), n=30)", 58.1, program(POT_PRELUDE), right_option),
    Recorded("fcot_GSM8K_noNL_code002", ONE_PROGRAM, 72.8, program(FCOT_PRELUDE), by(fcot_equal)),
    Recorded("fcot_GSM8K_NLSL_code002", ONE_PROGRAM, 72.3, program(FCOT_PRELUDE), by(fcot_equal)),
    Recorded("fcot_GSM8K_COT_code002", ONE_CHAIN, 63.3, right=by(cut_equal)),
    Recorded("fcot_GSM8K_COT_gpt4", ONE_CHAIN, 93.6, right=by(cut_equal)),
    Recorded("fcot_date_COT_code002", ONE_CHAIN, 76.3),
    Recorded("fcot_date_noNL_code002", ONE_PROGRAM, 79.7, program(_DATE_PRELUDE), first_ten),
    Recorded(
        "fcot_date_NLSL_code002", ONE_PROGRAM, 81.6, program(_DATE_PRELUDE, "\nprint(answer)"), first_ten
    ),
    Recorded("fcot_date_LtM_n40_code002", "sc(cot, n=40)", 77.2),
)


class Again:
    """A model that gives the samples of a recorded run."""

    def __init__(self, recorded: Recorded, rows: Sequence[Row]) -> None:
        self.name = recorded.file
        write = recorded.reply or str
        self._samples = {row["id"]: [write(sample) for sample in row["samples"]] for row in rows}

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """The first samples of the question that is named in the messages."""
        found = _NAME.search(effect.messages[-1].content)
        assert found is not None, "every question has a name"
        return tuple(Completion(text) for text in self._samples[found[1]][: effect.n])

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        return self.ask(effect)


def questions(rows: Sequence[Row], recorded: Recorded) -> Iterator[Question]:
    for row in rows:
        kind = "date" if "date" in recorded.file else "numeric"
        yield Question(row["id"], Problem(f"recorded question {row['id']}"), gold_of(row), kind)


def measure(recorded: Recorded, first: int | None) -> None:
    """One row: evaluate in a folder that is thrown away."""
    rows = list(records(data_folder(), recorded.file))[:first]
    by_id: dict[str, Row] = {str(row["id"]): row for row in rows}
    rule = recorded.right or by(equal)
    with tempfile.TemporaryDirectory() as folder:
        kept = evaluate(
            [recorded.strategy],
            questions(rows, recorded),
            Again(recorded, rows),
            out=folder,
            scorer=lambda found, question: rule(found, by_id[question.id]),
        )
    (row,) = make_table(kept)
    accuracy = 100 * row.right / row.n
    apart = accuracy - recorded.reported
    print(
        f"{recorded.file:28} {row.right:4}/{row.n:<4} {accuracy:6.2f} %   reported {recorded.reported:5.1f} %"
        f"   difference {apart:+.2f}   unread {row.unread:.1%}  failed {row.failed:.1%}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", metavar="RUN", help="files; all where none is named")
    parser.add_argument("--first", type=int, help="only so many questions of each")
    arguments = parser.parse_args()
    for recorded in RUNS:
        if not arguments.runs or recorded.file in arguments.runs:
            measure(recorded, arguments.first)


if __name__ == "__main__":
    main()
