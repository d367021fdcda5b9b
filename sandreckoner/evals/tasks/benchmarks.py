"""The benchmarks known by name, and how their rows become questions.

They are read from files in a folder, or without a folder from the hub, by the package `datasets`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandreckoner.core.errors import MissingExtra, UsageError
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.evals.tasks import language_sets as sets
from sandreckoner.evals.tasks.question import Kind, Question, gold_text
from sandreckoner.evals.tasks.row_files import read_rows

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark.

    Attributes:
        file: name of its file in a folder, without `.jsonl.gz`.
        read: turns one row into questions.
        hub: path, configuration and split for `datasets.load_dataset`; None if the hub has no equivalent.
    """

    file: str
    read: Callable[[Row], Iterator[Question]]
    hub: tuple[str, str | None, str] | None = None


def _plain(kind: Kind) -> Callable[[Row], Iterator[Question]]:
    def read(row: Row) -> Iterator[Question]:
        yield Question(str(row["id"]), Problem(row["question"]), gold_text(row["answer"]), kind)

    return read


def _gsm8k(row: Row) -> Iterator[Question]:
    """The hub's rows have the answer after the reasoning: `#### 18`."""
    answer = row["answer"]
    gold = answer.rpartition("####")[2].strip() if isinstance(answer, str) else gold_text(answer)
    yield Question(str(row["id"]), Problem(row["question"]), gold, "numeric")


def _aqua(row: Row) -> Iterator[Question]:
    options = tuple(re.sub(r"^[A-E]\)\s*", "", option) for option in row["options"])
    yield Question(str(row["id"]), Problem(row["question"], options=options), f"({row['answer']})", "choice")


def _math(row: Row) -> Iterator[Question]:
    name = str(row.get("id") or row.get("unique_id"))
    question = row["problem"] if "problem" in row else row["question"]
    yield Question(name, Problem(question), row["answer"], "mathematical")


def _date(row: Row) -> Iterator[Question]:
    yield Question(str(row["id"]), Problem(row["question"]), row["answer"], "date")


def _game24(row: Row) -> Iterator[Question]:
    numbers = row["puzzle"]
    question = (
        f"Use the numbers {numbers} each exactly once, with + - * / and brackets, to make 24. "
        "Answer with the expression."
    )
    yield Question(str(row["id"]), Problem(question), numbers, "game24")


def _tatqa(row: Row) -> Iterator[Question]:
    """The arithmetic questions of a report, with its table and paragraphs as passages."""
    source = str(row["doc_id"])
    texts = [sets.table_text(row["table"]), *(paragraph["text"] for paragraph in row["paragraphs"])]
    passages = tuple(Passage(text, f"{source}#{place}") for place, text in enumerate(texts, 1))
    for asked in row["questions"]:
        if asked["answer_type"] != "arithmetic" and asked["answer_type"] != "count":
            continue
        gold = f"{asked['answer']} {asked['scale']}".strip()
        yield Question(str(asked["uid"]), Problem(asked["question"], passages), gold, "scaled")


def _split(task: str) -> str:
    return "validation_matched" if task == "mnli" else "validation"


BENCHMARKS: Mapping[str, Benchmark] = {
    "gsm8k": Benchmark("gsm8k_test", _gsm8k, ("openai/gsm8k", "main", "test")),
    "gsm-hard": Benchmark("gsm_hard", _plain("numeric")),
    "svamp": Benchmark("svamp", _plain("numeric")),
    "aqua": Benchmark("aqua_test", _aqua),
    "math500": Benchmark("math500", _math, ("HuggingFaceH4/MATH-500", None, "test")),
    "date": Benchmark("bigbench_date_understanding", _date),
    "tatqa": Benchmark("tatqa_dev_docs", _tatqa),
    "game24": Benchmark("game24", _game24),
    "mmlu": Benchmark("mmlu_test", sets.mmlu, ("cais/mmlu", "all", "test")),
    "hellaswag": Benchmark("hellaswag_validation", sets.hellaswag, ("Rowan/hellaswag", None, "validation")),
    "arc": Benchmark("arc_challenge_test", sets.arc, ("allenai/ai2_arc", "ARC-Challenge", "test")),
    "truthfulqa_mc": Benchmark(
        "truthfulqa_mc", sets.truthfulqa, ("truthfulqa/truthful_qa", "multiple_choice", "validation")
    ),
    "strategyqa": Benchmark("strategyqa", sets.strategyqa, ("ChilleD/StrategyQA", None, "test")),
    "squad": Benchmark("squad_v1.1_dev", sets.squad, ("rajpurkar/squad", None, "validation")),
    "finqa": Benchmark("finqa_test", sets.finqa),
    "convfinqa": Benchmark("convfinqa_dev", sets.convfinqa),
    "copa": Benchmark("copa_validation", sets.copa, ("aps/super_glue", "copa", "validation")),
    **{
        name: Benchmark(f"{name}_validation", sets.classified(template), (hub, name, _split(name)))
        for hub, tasks in (("nyu-mll/glue", sets.GLUE), ("aps/super_glue", sets.SUPERGLUE))
        for name, template in tasks.items()
    },
}


def benchmark_questions(name: str, folder: Path | None) -> Iterator[Question]:
    """The questions of a benchmark.

    Raises:
        UsageError: its file does not exist, or the hub cannot be read; the message says what to do.
    """
    benchmark = BENCHMARKS[name]
    if folder is None and (home := os.environ.get("SANDRECKONER_DATA")):
        folder = Path(home) / "questions"
    if folder is not None:
        path = folder / f"{benchmark.file}.jsonl.gz"
        if not path.is_file():
            raise UsageError(f"{name}: there is no {path}; give its folder with --folder")
        yield from _questions(name, read_rows(path), str(path))
        return
    if benchmark.hub is None:
        raise UsageError(
            f"{name} is read from a folder that holds {benchmark.file}.jsonl.gz: give it with --folder"
        )
    yield from _questions(name, _hub(*benchmark.hub), benchmark.hub[0])


def _questions(name: str, rows: Iterable[Row], where: str) -> Iterator[Question]:
    for number, row in enumerate(rows):
        try:
            found = list(BENCHMARKS[name].read({"id": f"{name}-{number}", **row}))
        except (LookupError, TypeError, ValueError) as fault:
            raise UsageError(
                f"{where}, row {number + 1}: this is no row of {name}, which has other fields than "
                f"{', '.join(map(str, row))[:200]} ({type(fault).__name__}: {fault})"
            ) from None
        yield from found


def _hub(path: str, configuration: str | None, split: str) -> Iterator[Row]:
    try:
        from datasets import load_dataset  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        raise MissingExtra(
            "the data sets of the hub need the package datasets: pip install 'sandreckoner[datasets]'"
        ) from None
    try:
        yield from load_dataset(path, configuration, split=split, streaming=True)
    except Exception as fault:  # the hub's client raises whatever its many dependencies raise
        reason = str(fault).splitlines()[0][:200] if str(fault) else type(fault).__name__
        raise UsageError(
            f"{path} cannot be read from the hub: {reason}. A folder can be given with --folder"
        ) from None
