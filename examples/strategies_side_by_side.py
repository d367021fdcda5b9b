"""Ask several strategies the same question: answer, confidence, calls, tokens and seconds of each.

python examples/strategies_side_by_side.py
python examples/strategies_side_by_side.py --model openai:gpt-5-mini "What is 17 % of 2,340?"
"""

import argparse

from sandreckoner.chains import chain

QUESTION = (
    "A printer prints 18 pages a minute. It starts at 9:40, pauses for 10 minutes and stops at 11:10. "
    "How many pages has it printed?"
)
STRATEGIES = (
    "direct",
    "cot",
    "pal",
    "sc(cot, n=5)",
    "asc(pal, n=10, batch=2)",
    "cross(pal, cot)",
    "cascade(direct, pal, sc(pal, n=5))",
    "tot(pal, k=3, depth=2, breadth=2, votes=1)",
)


def main() -> None:
    """Ask each strategy and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("question", nargs="?", default=QUESTION)
    parser.add_argument("--model", default="local")
    arguments = parser.parse_args()
    print(arguments.question)
    for strategy in STRATEGIES:
        with chain(strategy, model=arguments.model) as reckon:
            found = reckon.invoke(arguments.question)
        sure = "" if found.confidence is None else f"confidence {found.confidence:.2f}"
        print(
            f"{strategy:44} {found.text or found.status:>12}  {sure:16} "
            f"{found.usage.calls:3} calls {found.usage.tokens:6} tokens {found.seconds:6.1f} s"
        )


if __name__ == "__main__":
    main()
