"""A deep agent of `deepagents` whose Python runs in our sandbox, its variables kept over a conversation.

    pip install deepagents
    python examples/integrations/deep_agent.py

The model follows a script: it tries the host first, then computes in two programs.
"""

from __future__ import annotations

import json

from deepagents import create_deep_agent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from sandreckoner.langchain import SandboxMiddleware, TextChat
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
    "The price is noted.",
    python("price * 4"),
    "Four pens cost 55.0 dollars.",
]


def main() -> None:
    """Ask twice in one conversation."""
    with SandboxMiddleware(functions=[price_of]) as sandbox:
        agent = create_deep_agent(
            TextChat(model=ScriptedModel(SCRIPT)),
            [price_of],
            middleware=[sandbox],
            checkpointer=InMemorySaver(),
        )
        config = {"configurable": {"thread_id": "monday"}}
        agent.invoke({"messages": [("user", "Look up the price of a pen.")]}, config)
        messages = agent.invoke({"messages": [("user", "What do 4 cost?")]}, config)["messages"]
    for message in messages:
        if message.type == "tool":
            print(f"{message.name} ({message.status}): {message.text.splitlines()[0]}")
    print(messages[-1].text)


if __name__ == "__main__":
    main()
