"""Replies of every kind, read and graded by us, by math-verify and by lm-evaluation-harness's rules.

    python -m benchmarks.reply_reading [--wrong]

`replies.jsonl` holds replies as models write them (own words, from no benchmark), each with the right
answer and whether the reply gives it; a gold answer of null means that the reply gives none. The table
shows the share of replies whose verdict is the right one, by kind. With `--wrong` those that we get wrong
are listed.

    ours         `find_answer`, then the scorer of the kind of answer; mathematics by algebra in the sandbox
    math-verify  `verify(parse(gold), parse(reply))` with its LaTeX, expression and string targets; "–" where
                 it is not installed (`pip install math-verify`)
    strict       lm-evaluation-harness 0.4: gsm8k and gsm8k_cot (strict-match), mmlu_pro (custom-extract), bbh
    flexible     gsm8k (flexible-extract), bbh (flexible-extract: the last `(X)`, yes or no)

Below it, the pairs of answers in tests/reading/equality_pairs.jsonl: how many of another meaning are
accepted, and how many of the same meaning rejected. math-verify parses with sympy's `parse_expr`, which
evaluates text: it is for texts of one's own, and no part of Sandreckoner.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandreckoner.chains.strategies.algebra import same_answer
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.environment import Environment
from sandreckoner.core.problem import Problem
from sandreckoner.core.runtime import run
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import mathematical, score
from sandreckoner.reading.final_answer import read_answer
from sandreckoner.reading.lm_eval import exact_match, flexible_number, strict_number
from sandreckoner.tools.python import Sandbox

Reply = dict[str, Any]
Verdict = Callable[[Reply], bool]

_MMLU_PRO = re.compile(r"answer is \(?([ABCDEFGHIJ])\)?")
_BBH_STRICT = re.compile(
    r"((?<=The answer is )(.*)(?=.)|(?<=the answer is )(.*)(?=.)|(?<=The answer: )(.*)(?=.)"
    r"|(?<=The final answer: )(.*)(?=.))"
)
_BBH_LETTER = re.compile(r"(\([A-Z]\))")
_BBH_WORD = re.compile(r"\b(yes|no|valid|invalid)\b", re.IGNORECASE)


def replies() -> list[Reply]:
    """The corpus."""
    lines = Path(__file__).with_name("replies.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def ours(sandbox: Sandbox) -> Verdict:
    """Our verdict."""
    algebra = mathematical(sandbox)

    def verdict(reply: Reply) -> bool:
        options = tuple(f"thing {i}" for i in range(reply["options"]))
        found = read_answer(reply["reply"], options=options)
        if reply["gold"] is None:
            return found is None
        question = Question("q", Problem("How is it?", options=options), reply["gold"], reply["answer"])
        answer = Answer(found, winner=Candidate(found, reply["reply"]))
        return bool(score(answer, question, algebra if reply["answer"] == "mathematical" else None).right)

    return verdict


def math_verify() -> Verdict | None:
    """math-verify's verdict; None where it is not installed."""
    try:
        from math_verify import parse, verify
        from math_verify.parser import ExprExtractionConfig, LatexExtractionConfig, StringExtractionConfig
    except ImportError:
        return None
    logging.disable(logging.CRITICAL)

    def verdict(reply: Reply) -> bool:
        words: tuple[str, ...] = ("yes", "no", "valid", "invalid")
        if reply["options"]:
            words = tuple("ABCDEFGHIJKLMNOPQR"[: reply["options"]])
        targets: list[object] = [LatexExtractionConfig(), ExprExtractionConfig()]
        if reply["options"] or reply["answer"] == "exact":
            targets = [StringExtractionConfig(strings=words)]
        found = parse(reply["reply"], targets)
        if reply["gold"] is None:
            return not found
        gold = reply["gold"].strip("()") if reply["options"] else reply["gold"]
        wanted = parse(gold if reply["options"] or reply["answer"] == "exact" else f"${gold}$", targets)
        return bool(verify(wanted, found))

    return verdict


def strict(reply: Reply) -> bool:
    """The harness's strict rule."""
    text, gold = reply["reply"], reply["gold"]
    if reply["options"]:
        letter = _MMLU_PRO.search(text)
        return letter is not None and f"({letter[1]})" == gold
    if reply["answer"] in ("exact", "list", "date"):
        match = _BBH_STRICT.search(text)
        return match is not None and match[0].strip().rstrip(".").casefold() == gold.casefold()
    found = strict_number(text) or strict_number(text, style="hashes")
    return found is None if gold is None else exact_match(found, gold)


def flexible(reply: Reply) -> bool:
    """The harness's flexible rule."""
    text, gold = reply["reply"], reply["gold"]
    if reply["options"]:
        letters = _BBH_LETTER.findall(text)
        return bool(letters) and letters[-1] == gold
    if reply["answer"] in ("exact", "list", "date"):
        words = _BBH_WORD.findall(text)
        return bool(words) and words[-1].casefold() == gold.casefold()
    found = flexible_number(text)
    return found is None if gold is None else exact_match(found, gold)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", action="store_true", help="list what we get wrong")
    arguments = parser.parse_args()
    corpus = replies()
    with Sandbox() as sandbox:
        readers: dict[str, Verdict | None] = {"ours": ours(sandbox), "math-verify": math_verify()}
        readers |= {"strict": strict, "flexible": flexible}
        verdicts = {
            name: [None if reader is None else reader(reply) for reply in corpus]
            for name, reader in readers.items()
        }
        _print_table(corpus, verdicts)
        pairs(sandbox)
    for reply, verdict in zip(corpus, verdicts["ours"], strict=True):
        if arguments.wrong and verdict is not reply["right"]:
            kind = "missed" if reply["right"] else "ACCEPTED"
            print(f"    {kind}: {reply['reply'][:100]!r}, {reply['gold']!r}")


def _print_table(corpus: list[Reply], verdicts: dict[str, list[bool | None]]) -> None:
    print(f"{'right verdicts, %':26}{'n':>5}" + "".join(f"{name:>13}" for name in verdicts))
    for kind in (*dict.fromkeys(reply["kind"] for reply in corpus), "all"):
        places = [i for i, reply in enumerate(corpus) if kind in (reply["kind"], "all")]
        cells = [_share(corpus, verdicts[name], places) for name in verdicts]
        print(f"{kind:26}{len(places):5}" + "".join(f"{cell:>13}" for cell in cells))


def pairs(sandbox: Sandbox) -> None:
    """Print the table of pairs."""
    lines = Path(__file__).parents[1] / "tests" / "reading" / "equality_pairs.jsonl"
    rows = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    environment = Environment(interpreter=sandbox)
    found = {"ours": [run(same_answer(row["one"], row["other"]), environment) for row in rows]}
    if (verify := _verify_pair()) is not None:
        found["math-verify"] = [verify(row["one"], row["other"]) for row in rows]
        found["both agree"] = [a and b for a, b in zip(*found.values(), strict=True)]
    print(f"{'pairs of answers':26}{len(rows):5}   accepted wrongly   rejected wrongly")
    for name, verdicts in found.items():
        accepted = sum(same and not row["same"] for same, row in zip(verdicts, rows, strict=True))
        rejected = sum(not same and row["same"] for same, row in zip(verdicts, rows, strict=True))
        print(f"    {name:27}{accepted:19}{rejected:19}")


def _verify_pair() -> Callable[[str, str], bool] | None:
    try:
        from math_verify import parse, verify
    except ImportError:
        return None

    def same(one: str, other: str) -> bool:
        """Equal as they stand, or as LaTeX where that is how they are meant."""
        plain = verify(parse(other), parse(one))
        mathematical = re.search(r"[\\\\^_=<>]|\d[a-z(]", one + other) and "$" not in one + other
        return bool(plain or (mathematical and verify(parse(f"${other}$"), parse(f"${one}$"))))

    return same


def _share(corpus: list[Reply], verdicts: list[bool | None], places: list[int]) -> str:
    if any(verdicts[i] is None for i in places):
        return "–"
    return f"{100 * sum(verdicts[i] is corpus[i]['right'] for i in places) / len(places):.1f}"


if __name__ == "__main__":
    main()
