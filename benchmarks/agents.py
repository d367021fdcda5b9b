"""Agents side by side on questions about annual reports, with one model.

    python benchmarks/agents.py --questions 40 --model local --results agents-local.jsonl
    python benchmarks/agents.py --questions 20 --results agents-local.jsonl --rows smolagents create_agent

The first question with a computed number of each of the first N reports of TAT-QA's development set; each is
asked over its own report, which is the whole library. Rows (`--rows` takes some): the tool agent and the code
agent, at most 6 calls of the model each; plain retrieval and a program, `rag(pal)`, which has one call and
one repair; the agents of `agent_neighbours.py`. Greedy; a reply is cut at 512 tokens.

`exact` is the gold number letter for letter; `equal` is the same number once rounded as the gold is, with its
scale or without (`evals.scoring.scaled`), and has a 95 % Wilson interval. `guard` counts the questions that a
limit ended: repeated calls, or all calls spent; their best answer so far is scored. `none` had no answer. Of
sentences, which the tool agent and the neighbours give, the answer is read as of a chain of thought. Seconds
are those of the processor, all cores together, with a model that runs in this process.

RESULTS takes one JSON line for each piece of work that is done; a run that is broken off goes on where it
stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean, median
from time import process_time
from typing import Any

from agent_neighbours import CALLS, LONGEST, NEIGHBOURS
from extraction import data_folder
from strategies import Done, read_done

from sandreckoner.agents import ToolAgent, open_code_agent
from sandreckoner.chains import StrategyChain, chain
from sandreckoner.core.environment import Model
from sandreckoner.evals.report.statistics import proportion
from sandreckoner.evals.tasks.datasets import load_questions
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import exact, scaled
from sandreckoner.llms import load_model
from sandreckoner.reading.final_answer import read_answer
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval.document import Document
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary


def tool_agent(model: Model, library: MemoryLibrary, sandbox: Sandbox) -> StrategyChain:
    return ToolAgent(model=model, library=library, interpreter=sandbox, max_steps=CALLS)


def code_agent(model: Model, library: MemoryLibrary, sandbox: Sandbox) -> StrategyChain:
    return open_code_agent(model=model, library=library, interpreter=sandbox, max_steps=CALLS)


def retrieval_and_program(model: Model, library: MemoryLibrary, sandbox: Sandbox) -> StrategyChain:
    return chain(f"once(rag(pal), max_tokens={LONGEST})", model=model, library=library, interpreter=sandbox)


OURS: Mapping[str, Callable[[Model, MemoryLibrary, Sandbox], StrategyChain]] = {
    "retrieval + program": retrieval_and_program,
    "code agent": code_agent,
    "tool agent": tool_agent,
}
ROWS: Mapping[str, Callable[[Any, MemoryLibrary, Sandbox], Any]] = {**OURS, **NEIGHBOURS}


def questions(n: int) -> Iterator[Question]:
    """The first question of each of the first `n` reports."""
    seen: set[str] = set()
    for question in load_questions("tatqa", folder=data_folder() / "questions"):
        report = question.problem.passages[0].source.partition("#")[0]
        if len(seen) == n:
            return
        if report not in seen:
            seen.add(report)
            yield question


def report_of(question: Question) -> MemoryLibrary:
    """The question's report as a library of one document."""
    text = "\n\n".join(passage.text for passage in question.problem.passages)
    return MemoryLibrary([Document("report.md", "report.md", "Report", (text,), "")])


def work(asked: Sequence[Question], spec: str, path: Path, rows: Sequence[str]) -> Done:
    """Do every piece that is not done yet, a question at a time."""
    done = read_done(path, spec, "row")
    missing = [(question, row) for question in asked for row in rows if (question.id, row) not in done]
    if not missing:
        return done
    model = load_model(spec, temperature=0.0, max_tokens=LONGEST)
    with Sandbox() as sandbox, path.open("a", encoding="utf-8") as file:
        for number, (question, row) in enumerate(missing, 1):
            record = piece(question, row, model, sandbox) | {"model": spec}
            file.write(json.dumps(record) + "\n")
            file.flush()
            done[question.id, row] = record
            print(f"\r{number} of {len(missing)} pieces", end="", flush=True)
    print()
    return done


def piece(question: Question, row: str, model: Model, sandbox: Sandbox) -> dict[str, Any]:
    """One question put to one row."""
    library = report_of(question)
    with ROWS[row](model, library, sandbox) as agent:
        started = process_time()
        found = agent.invoke(question.problem.question)
    library.close()
    return {
        "question": question.id,
        "row": row,
        "answer": found.text,
        "status": found.status,
        "reason": found.reason,
        "calls": found.usage.calls,
        "tokens": found.usage.tokens,
        "seconds": process_time() - started,
        "reasoning": found.winner.reasoning if found.winner else "",
    }


def number_of(record: Mapping[str, Any]) -> str:
    """The answer to be scored; empty where there is none."""
    text = record["answer"] or ""
    return text if record["row"] in ("retrieval + program", "code agent") else (read_answer(text) or text)


def table(asked: Sequence[Question], done: Done, rows: Sequence[str]) -> None:
    """One line for each row."""
    print(f"{'':20}  exact  equal     accuracy, 95 %     guard  none  calls  processor s (p50)")
    for row in rows:
        records = [done[question.id, row] for question in asked]
        pairs = [(number_of(record), question) for record, question in zip(records, asked, strict=True)]
        right = sum(bool(text) and scaled(text, question) for text, question in pairs)
        same = sum(exact(text, bare(question)) for text, question in pairs)
        accuracy = proportion(right, len(asked))
        assert accuracy is not None, "there are questions"
        seconds = [record["seconds"] for record in records]
        guard = sum(record["status"] == "budget spent" for record in records)
        none = sum(record["answer"] is None for record in records)
        calls = mean(record["calls"] for record in records)
        low, high = 100 * accuracy.low, 100 * accuracy.high
        shown = f"{right:2}/{len(asked):<2}  {100 * accuracy.value:5.1f} % [{low:4.1f}, {high:4.1f}]"
        print(
            f"{row:20}  {same:5}  {shown}  {guard:5}  {none:4}  {calls:5.1f}  "
            f"{mean(seconds):6.1f} ({median(seconds):.1f})"
        )


def bare(question: Question) -> Question:
    """The same with the gold number alone, its scale left out."""
    return Question(question.id, question.problem, (question.gold or "").partition(" ")[0], question.kind)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--model", default="local")
    parser.add_argument("--results", type=Path, default=Path("agents.jsonl"))
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(OURS), metavar="ROW")
    arguments = parser.parse_args()
    asked = list(questions(arguments.questions))
    table(asked, work(asked, arguments.model, arguments.results, arguments.rows), arguments.rows)


if __name__ == "__main__":
    main()
