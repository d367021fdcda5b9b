"""Reading the answer out of a chain of thought: our figures on recorded replies, beside the strict ones.

    python benchmarks/extraction.py

Columns, each the share of replies in per cent whose answer is right:
    strict      lm-evaluation-harness, `The answer is (number).`, exact text (GSM8K only)
    flexible    lm-evaluation-harness, the last number, exact text (GSM8K only)
    as text     our reading; the answer and the truth as the same text, `,` and `$` aside
    ours        our reading and our equality (`equal`): numbers by value, dates by day
    authors'    our reading and the authors' equality: absolute value, decimals cut off (GSM8K only)
and the same two for the majority of all recorded samples, where there are several.

Reads `$SANDRECKONER_DATA/recorded` (or `../shared/data/recorded` beside the repository).
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

from sandreckoner.chains.strategies.voting import majority
from sandreckoner.reading.final_answer import read_answer
from sandreckoner.reading.lm_eval import exact_match, flexible_number, strict_number
from sandreckoner.reading.normalize import equal, normalise

FILES = (
    "fcot_GSM8K_COT_code002",
    "fcot_GSM8K_COT_gpt4",
    "fcot_date_COT_code002",
    "fcot_date_LtM_n40_code002",
)
# What the files' authors report; for gpt4 their phrase alone finds 64.9.
REPORTED = {FILES[0]: "63.3", FILES[1]: "93.6", FILES[2]: "76.3", FILES[3]: "77.2 (vote)"}


def data_folder() -> Path:
    """Where the recorded outputs are."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("SANDRECKONER_DATA", default))


def records(name: str) -> Iterator[tuple[str, list[str]]]:
    """The truth and the samples of each question."""
    with gzip.open(data_folder() / "recorded" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield record["gold"].removeprefix("#### "), record["samples"]


def cut_equal(one: str, other: str) -> bool:
    """Faithful Chain of Thought's rule for GSM8K."""
    first, second = normalise(one).value, normalise(other).value
    return first is not None and second is not None and int(abs(first)) == int(abs(second))


def measure(name: str) -> dict[str, float]:
    """One row of the table, in per cent."""
    right: dict[str, int] = {}
    total = 0

    def count(column: str, status: bool) -> None:
        right[column] = right.get(column, 0) + status

    for gold, samples in records(name):
        total += 1
        answers = [read_answer(sample) for sample in samples]
        first, vote = answers[0] or "", majority(answers) or ""
        count("as text", exact_match(first, gold))
        count("ours", equal(first, gold))
        if "GSM8K" in name:
            count("strict", exact_match(strict_number(samples[0]), gold))
            count("flexible", exact_match(flexible_number(samples[0]), gold))
            count("authors'", cut_equal(first, gold))
        if len(samples) > 1:
            count("vote as text", exact_match(majority_text(answers), gold))
            count("vote", equal(vote, gold))
    return {column: 100 * hits / total for column, hits in right.items()}


def majority_text(answers: list[str | None]) -> str | None:
    """The most frequent text, the first seen winning a tie: the authors' vote."""
    texts = [answer for answer in answers if answer is not None]
    return max(texts, key=texts.count) if texts else None


def main() -> None:
    """Print the table."""
    columns = ("strict", "flexible", "as text", "ours", "authors'", "vote as text", "vote")
    print(f"{'':28}" + "".join(f"{column:>13}" for column in columns) + f"{'reported':>14}")
    for name in FILES:
        row = measure(name)
        cells = [f"{row[column]:13.2f}" if column in row else f"{'–':>13}" for column in columns]
        print(f"{name:28}" + "".join(cells) + f"{REPORTED[name]:>14}")


if __name__ == "__main__":
    main()
