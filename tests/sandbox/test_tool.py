"""The LangChain tool: LangChain's own suite, and what a model reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.python.tool import PythonTool


@pytest.fixture(scope="module")
def tool(sandbox: Sandbox) -> Iterator[PythonTool]:
    yield PythonTool(sandbox=sandbox)


class TestUnit(ToolsUnitTests):
    @property
    def tool_constructor(self) -> type[PythonTool]:
        return PythonTool

    @property
    def tool_invoke_params_example(self) -> dict[str, str]:
        return {"code": "1 + 1"}


class TestIntegration(ToolsIntegrationTests):
    @property
    def tool_constructor(self) -> type[PythonTool]:
        return PythonTool

    @property
    def tool_invoke_params_example(self) -> dict[str, str]:
        return {"code": "1 + 1"}


def test_the_value_and_the_output_are_read_together(tool: PythonTool) -> None:
    assert tool.invoke({"code": "print('so')\n2 ** 10"}) == "so\n1024"


def test_a_value_that_json_cannot_hold_is_shown_as_text(tool: PythonTool) -> None:
    assert tool.invoke({"code": "from fractions import Fraction\nFraction(1, 3)"}) == "1/3"


def test_an_error_names_the_line_to_mend(tool: PythonTool) -> None:
    said = tool.invoke({"code": "a = 1\nb = a / 0"})
    assert said == "ZeroDivisionError: division by zero\nline 2, in <module>: b = a / 0"


def test_a_program_without_output_says_so(tool: PythonTool) -> None:
    assert "without printing" in tool.invoke({"code": "a = 1"})


def test_the_execution_is_the_artifact(tool: PythonTool) -> None:
    message = tool.invoke({"type": "tool_call", "id": "1", "name": "python", "args": {"code": "3 * 3"}})
    assert message.artifact.value == 9


async def test_async_says_the_same(tool: PythonTool) -> None:
    assert await tool.ainvoke({"code": "6 * 7"}) == "42"
