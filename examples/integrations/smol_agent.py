"""A code agent of `smolagents` whose programs run in our sandbox instead of its own interpreter.

    pip install smolagents
    python examples/integrations/smol_agent.py

The model follows a script: it tries the host first, then asks the price and computes with it.
"""

from __future__ import annotations

from typing import Any

import smolagents

from sandreckoner.integrations.smolagents import SandboxExecutor

SCRIPT = [
    "Thought: look.\n<code>\nopen('/etc/passwd').read()\n</code>",
    "Thought: keep it.\n<code>\nprice = price_of(article='pen')\nprint(price)\n</code>",
    "Thought: done.\n<code>\nfinal_answer(price * 4)\n</code>",
]


class Scripted(smolagents.Model):
    """A model that follows the script."""

    replies = iter(SCRIPT)

    def generate(self, messages: Any, **_: Any) -> Any:
        """The next reply."""
        return smolagents.ChatMessage(role="assistant", content=next(self.replies))


@smolagents.tool
def price_of(article: str) -> float:
    """The price of an article in dollars.

    Args:
        article: its name
    """
    return {"pen": 13.75}[article]


def main() -> None:
    """Ask, and show what the first program gave."""
    executor = SandboxExecutor()
    agent = smolagents.CodeAgent([price_of], Scripted(), executor=executor, verbosity_level=0)
    answer = agent.run("What do 4 pens cost?")
    print(f"python (error): {str(agent.memory.steps[1].error).splitlines()[-1]}")
    print(answer)
    executor.cleanup()


if __name__ == "__main__":
    main()
