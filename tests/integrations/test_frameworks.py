"""Our sandbox inside other frameworks' agents, each the real package with a model that follows a script.

They are no dependency of ours: `make integrations` installs them into an environment of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from sandreckoner import Sandbox

pytestmark = pytest.mark.filterwarnings("ignore")  # of other people's packages
ESCAPE = "import subprocess\nsubprocess.run('env')"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as one:
        yield one


def price_of(article: str) -> dict[str, Any]:
    """The price of an article in dollars."""
    return {"article": article, "price": 13.75}


def test_a_code_agent_of_smolagents(sandbox: Sandbox) -> None:
    smolagents = pytest.importorskip("smolagents")
    from sandreckoner.integrations.smolagents import SandboxExecutor

    class Scripted(smolagents.Model):
        replies = iter(
            [
                f"Thought: look.\n<code>\n{ESCAPE}\n</code>",
                "Thought: keep it.\n<code>\nprice = look_up(article='pen')['price']\nprint(price)\n</code>",
                "Thought: done.\n<code>\nfinal_answer(price * 4)\n</code>",
            ]
        )

        def generate(self, messages: Any, **_: Any) -> Any:
            return smolagents.ChatMessage(role="assistant", content=next(self.replies))

    class LookUp(smolagents.Tool):
        name, description, output_type = "look_up", "The price of an article.", "object"
        inputs = {"article": {"type": "string", "description": "its name"}}  # noqa: RUF012

        def forward(self, article: str) -> Any:
            return price_of(article)

    agent = smolagents.CodeAgent(
        tools=[LookUp()], model=Scripted(), executor=SandboxExecutor(sandbox), verbosity_level=0
    )
    assert agent.run("What do 4 pens cost?") == 55.0
    first = agent.memory.steps[1]
    assert "No module named 'subprocess'" in str(first.error)


def test_an_interpreter_of_dspy() -> None:
    code_interpreter = pytest.importorskip("dspy.primitives.code_interpreter")
    from sandreckoner.integrations.dspy import SandboxInterpreter

    interpreter = SandboxInterpreter(tools={"price_of": price_of}, output_fields=[{"name": "total"}])
    assert isinstance(interpreter, code_interpreter.CodeInterpreter)
    interpreter.start()
    try:
        assert interpreter.execute("x = 4\nprint(x * n)", {"n": 3}) == "12"
        assert interpreter.execute("total = price_of(article='pen')['price'] * x") is None
        assert interpreter.execute("SUBMIT(total)") == code_interpreter.FinalOutput({"total": 55.0})
        with pytest.raises(code_interpreter.CodeExecutionError, match="No module named 'subprocess'"):
            interpreter.execute(ESCAPE)
        with pytest.raises(SyntaxError):
            interpreter.execute("1 +")
        assert interpreter.execute("print(x)") == "4"  # a failure leaves the variables as they were
    finally:
        interpreter.shutdown()


def test_a_toolset_of_pydantic_ai(sandbox: Sandbox) -> None:
    pytest.importorskip("pydantic_ai")
    from pydantic_ai import Agent
    from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
    from pydantic_ai.models.function import AgentInfo, FunctionModel

    from sandreckoner.integrations.pydantic_ai import python_toolset

    codes = iter([ESCAPE, "x = price_of('pen')['price']", "x * 4"])

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        code = next(codes, None)
        if code is not None:
            return ModelResponse(parts=[ToolCallPart("python", {"code": code})])
        returned = [
            part for message in messages for part in message.parts if isinstance(part, ToolReturnPart)
        ]
        return ModelResponse(parts=[TextPart(str(returned[-1].content))])

    agent = Agent(FunctionModel(reply), toolsets=[python_toolset(sandbox, {"price_of": price_of})])
    assert asyncio.run(agent.run("What do 4 pens cost?")).output == "55.0"


def test_a_tool_of_inspect_ai(sandbox: Sandbox) -> None:
    inspect_tool = pytest.importorskip("inspect_ai.tool")
    from sandreckoner.integrations.inspect_ai import sandboxed_python

    python = sandboxed_python(sandbox)
    assert asyncio.run(python(code="6 * 7")) == "42"
    with pytest.raises(inspect_tool.ToolError, match="No module named 'subprocess'"):
        asyncio.run(python(code=ESCAPE))
