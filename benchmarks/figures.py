"""Figures looked up in tables against figures typed into programs, on computed questions over annual reports.

    python -m benchmarks.figures --questions 40 --model local --results figures-local.jsonl
    python -m benchmarks.figures --questions 40 --results figures-local.jsonl --wrong

Questions of TAT-QA's development set whose answer is computed from the report's table (`arithmetic` and
`table`): the first of each report, then the second, and so on. Each is asked over its own report, which is
the whole library, greedy, with replies cut at 512 tokens: `rag(pal)` sees four passages of it and types its
numbers, `rag(figures)` sees the table and looks them up. `--rows` takes some.

Right is the gold number once rounded as the gold is, with its scale or without (`evals.scoring.scaled`).
Accuracy has a 95 % Wilson interval; the difference is paired, its p-value is of McNemar's exact test. Tokens
are those of a first prompt. RESULTS takes one JSON line for each piece of work that is done; a run that is
broken off goes on where it stopped. `--wrong` prints the programs of wrong answers so far and asks nothing.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from time import process_time
from typing import Any

from sandreckoner.chains import chain
from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import Model
from sandreckoner.core.execution import JSON, Returned
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import to_json
from sandreckoner.core.table import Cell, Column, Row, Table
from sandreckoner.evals.report.statistics import mcnemar, proportion
from sandreckoner.evals.tasks.language_sets import table_text
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import scaled
from sandreckoner.llms import load_model
from sandreckoner.reading.table_figures import cell_figure
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval.document import Document
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary

ROWS = {"rag(pal)": "once(rag(pal), max_tokens=512)", "rag(figures)": "once(rag(figures), max_tokens=512)"}
_YEAR = re.compile(
    r"(?:FY ?|[A-Za-z]{3,9}\.? )?(?:19|20)\d\d(?: ?[-–/] ?(?:19|20)?\d\d)?(?: ?\(\w{1,2}\)|\*)*"
)
_SCALE = re.compile(
    r"\b(?:in|of) (thousand|million|billion)s?\b|[$€£](m|bn)\b|[$€£] ?[’'‘]?(000)", re.IGNORECASE
)
_SCALES = {
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "m": 1_000_000,
    "bn": 10**9,
    "000": 1_000,
}
_CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP"}
Done = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question over one report."""

    question: Question
    report: Mapping[str, Any]


def questions(n: int) -> list[Asked]:
    """The first question of each report, then the second, up to `n`."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SANDRECKONER_DATA", default))
    with gzip.open(folder / "questions" / "tatqa_dev_docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        reports = [json.loads(line) for line in lines]
    rounds: list[list[Asked]] = []
    for report in reports:
        computed = [
            each
            for each in report["questions"]
            if each["answer_type"] == "arithmetic" and each["answer_from"] == "table"
        ]
        for turn, each in enumerate(computed):
            gold = f"{each['answer']} {each['scale']}".strip()
            while len(rounds) <= turn:
                rounds.append([])
            rounds[turn].append(
                Asked(Question(each["uid"], Problem(each["question"]), gold, "scaled"), report)
            )
    return [asked for turn in rounds for asked in turn][:n]


def report_text(report: Mapping[str, Any]) -> tuple[str, int]:
    """The report as one page, and how much of it is the table."""
    table = table_text(report["table"])
    return "\n\n".join([table, *(paragraph["text"] for paragraph in report["paragraphs"])]), len(table)


def tables_of(report: Mapping[str, Any]) -> list[Table]:
    """The report's table, cut where new headings begin."""
    lines = [[str(cell).strip() for cell in line] for line in report["table"]]
    words = " ".join(paragraph["text"] for paragraph in report["paragraphs"][:8])
    blocks: list[tuple[list[list[str]], list[list[str]]]] = [([], [])]
    for line in lines:
        heads, body = blocks[-1]
        section = any(map(any, (head[1:] for head in heads))) and not any(line[1:])
        if section or not _is_head(line, at_top=not body):
            body.append(line)
        elif body:
            blocks.append(([line], []))
        else:
            heads.append(line)
    return [_table(heads, body, words, len(report_text(report)[0])) for heads, body in blocks if body]


def _is_head(line: Sequence[str], *, at_top: bool) -> bool:
    """Whether a line is one of headings: no figures in it but years; below the top, at least two texts."""
    filled = [cell for cell in line[1:] if cell]
    figures = [cell for cell in filled if _is_figure(cell)]
    return not figures and (at_top or len(filled) > 1)


def _is_figure(text: str) -> bool:
    single = Table("", columns=(Column(""),), rows=(Row("", (), (Cell(text),)),))
    return text == "n/a" or (cell_figure(single, 0, 0) is not None and not _YEAR.fullmatch(text))


def _table(heads: Sequence[Sequence[str]], body: Sequence[Sequence[str]], words: str, length: int) -> Table:
    width = max(len(line) for line in (*heads, *body))
    named = " ".join(cell for line in heads for cell in line)
    every = " ".join(cell for line in body for cell in line[1:])
    scale = _SCALE.search(named) or _SCALE.search(words)
    sign = next((sign for text in (named, every) for sign in _CURRENCIES if sign in text), "")
    rows, section = [], ()
    for line in body:
        cells = [Cell(text) if text else None for text in [*line, *[""] * width][1:width]]
        texts = [cell.text for cell in cells if cell]
        if not texts or (not line[0] and len(texts) == 1 and not _is_figure(texts[0])):
            section = ((line[0] or "".join(texts)).rstrip(": "),)
            continue
        rows.append(Row(line[0], section, tuple(cells), *_row_unit(line[0], _CURRENCIES.get(sign, ""))))
    return Table(
        "report.md",
        1,
        unit=_CURRENCIES.get(sign, ""),
        scale=_SCALES[next(filter(None, scale.groups())).lower()] if scale else 1,
        columns=tuple(_column(place, heads) for place in range(1, width)),
        rows=tuple(rows),
        start=0,
        end=length,
    )


def _row_unit(label: str, currency: str) -> tuple[str, int]:
    if re.search(r"per\s+(?:\w+ )?share|/share", label, re.IGNORECASE) and "number" not in label.lower():
        return f"{currency}/share" if currency else "", 1
    if found := re.search(r"\b(?:in )?(years|days)\b\W*$", label, re.IGNORECASE):
        return found[1].lower(), 1
    return "", 1


def _column(place: int, heads: Sequence[Sequence[str]]) -> Column:
    parts = []
    for line in heads:
        filled = [number for number, cell in enumerate(line) if cell and number]
        if not filled or all(_SCALE.search(line[number]) and len(filled) == 1 for number in filled):
            continue
        left = [number for number in filled if number <= place]
        if heads[-1] is line:
            parts.append(line[place] if place in filled else "")
        elif len(filled) == 1:  # centred over all columns
            parts.append(line[filled[0]])
        else:
            parts.append(line[left[-1]] if left else "")
    heading = " ".join(dict.fromkeys(part for part in parts if part))
    return Column(heading, "%" if re.search(r"%|per ?cent", heading, re.IGNORECASE) else "")


class Tables:
    """The tool `tables` over one report."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = tables

    def use(self, arguments: Mapping[str, JSON]) -> Returned:
        """All tables of the report, at most `k`."""
        return Returned([to_json(table) for table in self._tables[: arguments["k"]]])

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned:
        """The same."""
        return self.use(arguments)


class Counted:
    """A model that keeps the length of the first prompt of each run, in tokens."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name = model.name
        self.prompt: int | None = None

    def ask(self, effect: Ask, **options: Any) -> Any:
        """The model's completions."""
        completions = self._model.ask(effect, **options)
        if self.prompt is None and completions:
            self.prompt = completions[0].usage.input_tokens
        return completions


def work(asked: Sequence[Asked], spec: str, path: Path, rows: Sequence[str]) -> Done:
    """Do every piece that is not done yet."""
    done = read_done(path)
    missing = [(each, row) for each in asked for row in rows if (each.question.id, row) not in done]
    if not missing:
        return done
    model = Counted(load_model(spec, temperature=0.0, max_tokens=512))
    with Sandbox() as sandbox, path.open("a", encoding="utf-8") as file:
        for number, (each, row) in enumerate(missing, 1):
            record = piece(each, row, model, sandbox)
            file.write(json.dumps(record) + "\n")
            file.flush()
            done[each.question.id, row] = record
            print(f"{number} of {len(missing)} pieces", flush=True)
    return done


def read_done(path: Path) -> Done:
    """What earlier runs have done."""
    if not path.exists():
        return {}
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {(record["question"], record["row"]): record for record in records}


def piece(asked: Asked, row: str, model: Counted, sandbox: Sandbox) -> dict[str, Any]:
    """One question put to one row."""
    text, _ = report_text(asked.report)
    library = MemoryLibrary([Document("report.md", "report.md", "Report", (text,), "")])
    tools = {"tables": Tables(tables_of(asked.report))}
    model.prompt = None
    with chain(ROWS[row], model=model, library=library, interpreter=sandbox, tools=tools) as runnable:
        started = process_time()
        found = runnable.invoke(asked.question.problem.question)
    library.close()
    winner = found.winner
    return {
        "question": asked.question.id,
        "row": row,
        "asked": asked.question.problem.question,
        "gold": asked.question.gold,
        "answer": found.text,
        "right": found.text is not None and scaled(found.text, asked.question),
        "reason": found.reason,
        "calls": found.usage.calls,
        "prompt": model.prompt,
        "seconds": process_time() - started,
        "program": winner.program if winner else "",
        "error": winner.error if winner else "",
        "sources": [[source.text, source.origin, source.note] for source in found.sources],
        "notes": (winner.execution.figures or {}).get("notes", []) if winner and winner.execution else [],
    }


def table(asked: Sequence[Asked], done: Done, rows: Sequence[str]) -> None:
    """One line for each row, and the paired difference."""
    ids = [each.question.id for each in asked if all((each.question.id, row) in done for row in rows)]
    print(f"{len(ids)} questions\n{'':13} right    accuracy, 95 %       none  calls  prompt p50  seconds p50")
    for row in rows:
        records = [done[name, row] for name in ids]
        right = sum(record["right"] for record in records)
        accuracy = proportion(right, len(ids))
        assert accuracy is not None, "there are questions"
        low, high = 100 * accuracy.low, 100 * accuracy.high
        shown = f"{right:3}/{len(ids):<4} {100 * accuracy.value:5.1f} % [{low:4.1f}, {high:4.1f}]"
        none = sum(record["answer"] is None for record in records)
        calls = mean(record["calls"] for record in records)
        prompt = median(record["prompt"] or 0 for record in records)
        seconds = median(record["seconds"] for record in records)
        print(f"{row:13} {shown}  {none:5}  {calls:5.2f}  {prompt:10.0f}  {seconds:11.1f}")
    if len(rows) == 2:
        theirs, ours = ([done[name, row]["right"] for name in ids] for row in rows)
        gap = 100 * (sum(ours) - sum(theirs)) / len(ids)
        print(f"{rows[1]} against {rows[0]}: {gap:+.1f} points, p = {mcnemar(ours, theirs):.4f}")


def wrong(asked: Sequence[Asked], done: Done, row: str) -> Iterator[str]:
    """The wrong answers of a row, each with its program and the same report's table."""
    for each in asked:
        record = done.get((each.question.id, row))
        if record and not record["right"]:
            head = (
                f"=== {record['asked']}\ngold {record['gold']}, found {record['answer']} {record['reason']}"
            )
            lines = [" | ".join(map(str, line)) for line in each.report["table"]]
            yield "\n".join([head, record["program"], record["error"], *record["notes"], *lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--model", default="local")
    parser.add_argument("--results", type=Path, default=Path("figures.jsonl"))
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW")
    parser.add_argument("--wrong", action="store_true")
    arguments = parser.parse_args()
    asked = questions(arguments.questions)
    if arguments.wrong:
        done = read_done(arguments.results)
        print("\n".join(wrong(asked, done, arguments.rows[-1])))
    else:
        done = work(asked, arguments.model, arguments.results, arguments.rows)
    table(asked, done, arguments.rows)


if __name__ == "__main__":
    main()
