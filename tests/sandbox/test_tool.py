"""The LangChain tool: LangChain's own suite, and what a model reads."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests
from support.statement import STATEMENT

from sandreckoner.core.errors import SandboxError
from sandreckoner.reading.table_figures import table_records
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


def called(tool: PythonTool, code: str, thread: str = "") -> Any:
    call = {"type": "tool_call", "id": "1", "name": "python", "args": {"code": code}}
    return tool.invoke(call, {"configurable": {"thread_id": thread}} if thread else None)


def test_a_program_that_fails_is_a_message_of_status_error(tool: PythonTool) -> None:
    for code in ("1 / 0", "1 +", "import socket", "while True: pass", "raise ValueError('no')"):
        message = called(tool, code)
        assert message.status == "error" and message.text
    assert called(tool, "1 + 1").status == "success"


async def test_an_awaited_one_too(tool: PythonTool) -> None:
    call = {"type": "tool_call", "id": "1", "name": "python", "args": {"code": "1 / 0"}}
    for thread in ("", "a"):
        message = await tool.ainvoke(call, {"configurable": {"thread_id": thread}})
        assert message.status == "error" and "ZeroDivisionError" in message.text


def test_variables_last_over_a_thread_and_nowhere_else(sandbox: Sandbox) -> None:
    with PythonTool(sandbox=sandbox) as tool:
        called(tool, "x = 41", "monday")
        assert called(tool, "x + 1", "monday").text == "42"
        assert "NameError" in called(tool, "x", "tuesday").text
        assert "NameError" in called(tool, "x").text
        assert called(tool, "1 / 0", "monday").status == "error"
        assert called(tool, "x", "monday").text == "41"  # a failure leaves them


def test_the_thread_used_longest_ago_is_forgotten_first(sandbox: Sandbox) -> None:
    with PythonTool(sandbox=sandbox, max_sessions=2) as tool:
        for thread in ("a", "b", "a", "c"):
            called(tool, f"x = '{thread}'", thread)
        assert [called(tool, "x", thread).text for thread in ("a", "c")] == ["a", "c"]
        assert "NameError" in called(tool, "x", "b").text


def test_its_own_sandbox_ends_with_it_and_a_given_one_stays(sandbox: Sandbox) -> None:
    own = PythonTool()
    called(own, "x = 1", "a")
    own.close()
    own.close()
    with pytest.raises(SandboxError):
        own.invoke({"code": "1"})
    PythonTool(sandbox=sandbox).close()
    assert sandbox.run("1 + 1").value == 2


def test_an_unknown_keyword_and_a_pickle_are_refused(tool: PythonTool) -> None:
    with pytest.raises(TypeError, match="'sandbx'"):
        PythonTool(sandbx=None)
    with pytest.raises(TypeError, match="build it where it is used"):
        pickle.dumps(tool)


def test_programs_find_the_inputs_of_the_tool(sandbox: Sandbox) -> None:
    tool = PythonTool(sandbox=sandbox, inputs=table_records([STATEMENT]))
    assert tool.invoke({"code": "t1['Net sales', 2024] / 2"}) == "$4,206 million"
    config = {"configurable": {"thread_id": "one"}}
    tool.invoke({"code": "half = t1['Net sales', 2024] / 2"}, config)
    assert tool.invoke({"code": "half * 2"}, config) == "$8,412 million"
