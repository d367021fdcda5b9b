"""Questions about real filings end to end: the embedded model, `figures`, and the filing that is asked about.

    python -m benchmarks.filings --results filings.jsonl
    python -m benchmarks.filings --results filings.jsonl --verdicts verdicts.jsonl --show undecided

Each question of `data/reports` is asked over its own filing alone, which is the whole library, greedy, with
replies cut at 512 tokens. RESULTS takes one JSON line for each question that is done; a run that is broken
off goes on where it stopped. `--show` prints answers beside the gold ones: `all`, `undecided`, `wrong` or
`right` of what is done so far and asks nothing.

An answer is compared with the gold answer's prose by machine where both have numbers, years left out: right
if each number of the answer is one of the gold answer's once rounded as that is, as an amount, a ratio or a
percentage; wrong if none is. Where both say yes or no at once, that is compared. Anything else is undecided,
for a person to read: VERDICTS takes lines `{"question": ID, "right": true}`, which overrule.

An answer that is wrong is silent if it gives its reader no reason to doubt it: it has a text, all of its
numbers have a source, no source has a warning, and nothing is remarked about its program.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from benchmarks.figures import ROWS, Counted, Done, read_done
from benchmarks.retrieval.datasets import DATA
from sandreckoner.chains import chain
from sandreckoner.core.answer import Answer
from sandreckoner.evals.report.statistics import proportion
from sandreckoner.llms import load_model
from sandreckoner.reading.numbers import find_numbers
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval import cached_library

_YES_OR_NO = {"yes": True, "no": False, "true": True, "false": False}
_YEARS = range(1900, 2100)
_FACTORS = (1, 100, 1_000, 1_000_000, 1_000_000_000)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a filing."""

    identifier: str
    question: str
    gold: str
    file: Path
    pages: tuple[int, ...]


def questions() -> list[Asked]:
    """All questions, those about one filing together."""
    lines = (DATA / "reports" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [
        Asked(
            record["financebench_id"],
            record["question"],
            str(record["answer"]),
            DATA / "reports" / f"{record['doc_name']}.pdf",
            tuple(sorted({evidence["evidence_page_num"] + 1 for evidence in record["evidence"]})),
        )
        for record in map(json.loads, lines)
    ]
    return sorted(asked, key=lambda each: each.file)


def work(asked: Sequence[Asked], spec: str, path: Path, row: str) -> Done:
    """Ask every question that is not done yet."""
    done = read_done(path)
    missing = [each for each in asked if (each.identifier, row) not in done]
    if not missing:
        return done
    model = Counted(load_model(spec, temperature=0.0, max_tokens=512))
    with Sandbox() as sandbox, path.open("a", encoding="utf-8") as results:
        for file, group in groupby(missing, key=lambda each: each.file):
            library = cached_library([file])
            with chain(ROWS[row], model=model, library=library, interpreter=sandbox) as runnable:
                for each in group:
                    model.prompt = None
                    started = process_time()
                    answer = runnable.invoke(each.question)
                    record = {"question": each.identifier, "row": row, **_record(each, answer)}
                    record |= {"prompt": model.prompt, "seconds": process_time() - started}
                    results.write(json.dumps(record) + "\n")
                    results.flush()
                    done[each.identifier, row] = record
                    print(f"{len(done)} done; {each.question[:70]} → {answer.text}", flush=True)
            library.close()
    return done


def _record(asked: Asked, answer: Answer) -> dict[str, Any]:
    """What is kept of an answer: enough to judge it, and to see why it is wrong."""
    winner = answer.winner or next(iter(answer.candidates), None)
    shown = {each.page for each in (*winner.tables, *winner.evidence)} if winner else set()
    return {
        "asked": asked.question,
        "gold": asked.gold,
        "gold pages": asked.pages,
        "answer": answer.text,
        "reason": answer.reason,
        "calls": answer.usage.calls,
        "program": winner.program if winner else "",
        "reply": winner.reasoning if winner else "",
        "sources": [[source.text, source.origin, source.note] for source in answer.sources],
        "remarks": answer.remarks,
        "shown": sorted(page for page in shown if page is not None),
    }


def judged(found: str | None, gold: str) -> bool | None:
    """Whether an answer is right; None where a person must read it."""
    if found is None:
        return False
    if " ".join(found.casefold().split()) == " ".join(gold.casefold().split()):
        return True
    says, should = (_YES_OR_NO.get(word) for word in (_first_word(found), _first_word(gold)))
    if says is not None and should is not None:
        return says == should
    ours, theirs = _numbers(found), _numbers(gold)
    if not ours or not theirs:
        return None
    hits = [any(_same(number, other) for other in theirs) for number in ours]
    return all(hits) if all(hits) or not any(hits) else None


def _first_word(text: str) -> str:
    word = re.match(r"\W*([a-z]+)", text.casefold())
    return word[1] if word else ""


def _numbers(text: str) -> list[tuple[Fraction, Fraction]]:
    """The numbers of a text without their signs, each with half a unit of its last digit; no years."""
    found = []
    for number in find_numbers(text):
        written = text[number.start : number.end].strip()
        if not (number.value in _YEARS and written.isdigit()):
            decimals = len(written.partition(".")[2].rstrip("% "))
            found.append((abs(number.value), Fraction(1, 2 * 10**decimals)))
    return found


def _same(one: tuple[Fraction, Fraction], gold: tuple[Fraction, Fraction]) -> bool:
    """Whether a number is the gold one, rounded as that is; also in another scale or in hundredths."""
    value, half = gold
    if not one[0]:
        return not value
    return any(
        abs(one[0] * factor - value) <= half or abs(one[0] / factor - value) <= half for factor in _FACTORS
    )


def is_silent(record: Mapping[str, Any]) -> bool:
    """Whether nothing about an answer tells its reader to doubt it."""
    warned = any(
        origin == "unsourced" or re.search(r"asks for|variable says|do not add up|typed|ambiguous|sign", note)
        for _, origin, note in record["sources"]
    )
    return record["answer"] is not None and not warned and not record["remarks"]


def table(records: Sequence[Mapping[str, Any]], verdicts: Mapping[str, bool]) -> None:
    """Print how many are right, wrong, silently wrong and undecided."""
    counts: Counter[str] = Counter()
    for record in records:
        verdict = verdict_of(record, verdicts)
        counts["right" if verdict else "undecided" if verdict is None else "wrong"] += 1
        counts["none"] += record["answer"] is None
        counts["silent"] += verdict is False and is_silent(record)
        counts["page"] += bool(set(record["shown"]) & set(record["gold pages"]))
    for name, what in (
        ("right", "right"),
        ("wrong", "wrong"),
        ("undecided", "undecided: read them"),
        ("silent", "wrong and nothing told"),
        ("none", "no answer"),
        ("page", "a gold page was shown"),
    ):
        share = proportion(counts[name], len(records))
        assert share is not None, "there are records"
        low, high = 100 * share.low, 100 * share.high
        print(
            f"{what:24} {counts[name]:3}/{len(records)}  {100 * share.value:4.0f} % [{low:.0f}, {high:.0f}]"
        )
    print(f"prompt, median {median(record['prompt'] or 0 for record in records):,.0f} tokens")
    print(f"processor, median {median(record['seconds'] for record in records):.0f} s")


def verdict_of(record: Mapping[str, Any], verdicts: Mapping[str, bool]) -> bool | None:
    """A person's verdict, or else the machine's."""
    return verdicts.get(record["question"], judged(record["answer"], record["gold"]))


def shown(records: Sequence[Mapping[str, Any]], verdicts: Mapping[str, bool], which: str) -> Iterator[str]:
    """Answers beside the gold ones."""
    for record in records:
        verdict = verdict_of(record, verdicts)
        name = "right" if verdict else "undecided" if verdict is None else "wrong"
        if which not in ("all", name):
            continue
        yield f"=== {record['question']} {name}{', silent' if is_silent(record) else ''}: {record['asked']}"
        yield f"gold (pages {record['gold pages']}, shown {record['shown']}): {record['gold']}"
        yield f"answer: {record['answer']} {record['reason']}".rstrip()
        yield record["program"] or record["reply"]
        yield from ("  " + ", ".join(filter(None, source)) for source in record["sources"])
        yield from (f"  remark: {remark}" for remark in record["remarks"])
        yield ""


def read_verdicts(path: Path | None) -> dict[str, bool]:
    """What a person has decided."""
    lines = path.read_text(encoding="utf-8").splitlines() if path else []
    return {record["question"]: record["right"] for record in map(json.loads, lines)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=None, help="the first N only")
    parser.add_argument("--model", default="local")
    parser.add_argument("--results", type=Path, default=Path("filings.jsonl"))
    parser.add_argument("--row", choices=ROWS, default="rag(figures)", metavar="ROW")
    parser.add_argument("--verdicts", type=Path, default=None)
    parser.add_argument("--show", choices=("all", "undecided", "wrong", "right"))
    arguments = parser.parse_args()
    asked = questions()[: arguments.questions]
    if arguments.show:
        done = read_done(arguments.results)
    else:
        done = work(asked, arguments.model, arguments.results, arguments.row)
    keys = [(each.identifier, arguments.row) for each in asked]
    records = [done[key] for key in keys if key in done]
    verdicts = read_verdicts(arguments.verdicts)
    if arguments.show:
        print("\n".join(shown(records, verdicts, arguments.show)))
    table(records, verdicts)


if __name__ == "__main__":
    main()
