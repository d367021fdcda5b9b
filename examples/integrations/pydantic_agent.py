"""An agent of `pydantic-ai` with Python in our sandbox as a toolset.

    pip install pydantic-ai-slim
    python examples/integrations/pydantic_agent.py

The model follows a script: it tries the host first, then asks the price and computes with it.
"""

from __future__ import annotations

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from sandreckoner import Sandbox
from sandreckoner.integrations.pydantic_ai import python_toolset

SCRIPT = ["open('/etc/passwd').read()", "price = price_of('pen')", "price * 4"]


def price_of(article: str) -> float:
    """The price of an article in dollars."""
    return {"pen": 13.75}[article]


def scripted(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The next call of the script, then an answer with the last result."""
    asked = sum(isinstance(message, ModelResponse) for message in messages)
    if asked < len(SCRIPT):
        return ModelResponse(parts=[ToolCallPart("python", {"code": SCRIPT[asked]})])
    return ModelResponse(parts=[TextPart(f"Four pens cost {messages[-1].parts[0].content} dollars.")])


def main() -> None:
    """Ask, and show what the programs gave."""
    with Sandbox() as sandbox:
        agent = Agent(FunctionModel(scripted), toolsets=[python_toolset(sandbox, {"price_of": price_of})])
        result = agent.run_sync("What do 4 pens cost?")
    for message in result.all_messages():
        for part in message.parts:
            if isinstance(part, ToolReturnPart):
                print(f"python ({part.outcome}): {str(part.content).splitlines()[0]}")
    print(result.output)


if __name__ == "__main__":
    main()
