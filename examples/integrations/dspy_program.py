"""A recursive language model of DSPy (`dspy.RLM`) whose programs run in our sandbox.

    pip install dspy
    python examples/integrations/dspy_program.py

The model follows a script: it tries the host first, then asks the price and submits what it computed.
"""

from __future__ import annotations

import dspy
from dspy.utils import DummyLM

from sandreckoner.integrations.dspy import SandboxInterpreter

SCRIPT = [
    {"reasoning": "I look.", "code": "print(open('/etc/passwd').read())"},
    {"reasoning": "I keep it.", "code": "price = price_of(article='pen')\nprint(price)"},
    {"reasoning": "I compute.", "code": "SUBMIT(str(price * 4))"},
]


def price_of(article: str) -> float:
    """The price of an article in dollars."""
    return {"pen": 13.75}[article]


def main() -> None:
    """Ask, and show what each program gave."""
    program = dspy.RLM("question -> answer", interpreter_factory=SandboxInterpreter, tools=[price_of])
    with dspy.context(lm=DummyLM(SCRIPT)):
        found = program(question="What do 4 pens cost?")
    for step in found.trajectory:
        print(f"python: {str(step['output']).splitlines()[-1]}")
    print(found.answer)


if __name__ == "__main__":
    main()
