"""LangChain's `create_agent` with Python in our sandbox, a budget, and sources for the answer.

    python examples/integrations/langchain_agent.py

The model follows a script: it tries the host first, then asks the price and computes with it in a program.
"""

from __future__ import annotations

import json

from langchain.agents import create_agent
from langchain_core.tools import tool

from sandreckoner.langchain import BudgetMiddleware, SandboxMiddleware, SourcesMiddleware, TextChat
from sandreckoner.testing import ScriptedModel


@tool
def price_of(article: str) -> float:
    """The price of an article in dollars."""
    return {"pen": 13.75}[article]


def python(code: str) -> str:
    """A call as the model writes it."""
    return json.dumps({"name": "python", "arguments": {"code": code}})


SCRIPT = [
    python("open('/etc/passwd').read()"),
    python("price = price_of('pen')"),
    python("price * 4"),
    "Four pens cost 55.0 dollars.",
]


def main() -> None:
    """Ask, and show what the programs gave."""
    with SandboxMiddleware(functions=[price_of]) as sandbox:
        agent = create_agent(
            TextChat(model=ScriptedModel(SCRIPT)),
            [price_of],
            middleware=[sandbox, BudgetMiddleware(calls=10), SourcesMiddleware()],
        )
        messages = agent.invoke({"messages": [("user", "What do 4 pens cost?")]})["messages"]
    for message in messages:
        if message.type == "tool":
            print(f"{message.name} ({message.status}): {message.text.splitlines()[0]}")
    print(messages[-1].text)


if __name__ == "__main__":
    main()
