"""The code agent over real documents and a real sandbox, its model scripted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sandreckoner.agents import CodeAgent, as_tool, open_code_agent
from sandreckoner.agents.code_agent import SEARCH
from sandreckoner.chains.answering import replay
from sandreckoner.core.effects import Ask, Resume, Run, Search, Use
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import Call
from sandreckoner.core.journal import read_journal
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Problem
from sandreckoner.core.runtime import run
from sandreckoner.core.trace import Step
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.functions.tool_adapters import as_functions
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary, open_library

QUESTION = "By what percentage did the net sales of Northwell grow from 2020 to 2021?"


def cell(code: str) -> str:
    return f"```python\n{code}\n```"


CELLS = [
    cell(
        "# Plan: find, then compute.\nfound = search('net sales 2021', k=1)\n"
        "print(found[0]['id'], found[0]['text'])"
    ),
    cell(
        "print(len(read(found[0]['id'])['text']) > 0, list_documents())\n"
        "sales_2021 = 8412\nsales_2020 = 7950\nsales_201"
    ),
    cell("answer((sales_2021 - sales_2020) / sales_2020 * 100)"),
]


def script(messages: tuple[Message, ...]) -> str:
    return CELLS[told(messages).count("Output of cell")]


def told(messages: tuple[Message, ...]) -> str:
    """What the model was told since the question; the example before it shows cells too."""
    start = next(place for place, one in enumerate(messages) if one.content.endswith(f"Question: {QUESTION}"))
    return "\n".join(one.content for one in messages[start + 1 :] if one.role == "user")


def test_it_looks_repairs_computes_and_answers_with_its_sources(
    library: MemoryLibrary, sandbox: Sandbox, tmp_path: Path
) -> None:
    model = ScriptedModel(script)
    with open_code_agent(model=model, library=library, interpreter=sandbox) as agent:
        found = agent.invoke(QUESTION, journal=str(tmp_path / "run.jsonl"))
        awaited = asyncio.run(agent.ainvoke(QUESTION))
        *events, streamed = agent.stream(QUESTION)
    assert (found.text, found.status, found.usage.calls) == ("5.81132075471698", "answered", 3)
    assert awaited.text == streamed.text == found.text
    kinds = [type(event.effect) for event in events if isinstance(event, Step)]
    assert kinds == [Ask, Run, Search, Resume, Ask, Run, Use, Resume, Use, Resume, Ask, Run]
    last = told(model.asked[2].messages)
    assert "p1 " in last and "8,412" in last and "True ['auditor.md', 'northwell.md']" in last
    assert "NameError" in last
    origins = {source.text: source.origin for source in found.sources}
    assert origins == {"8412": "passage", "7950": "passage", "100": "constant"}
    again = replay(read_journal(tmp_path / "run.jsonl"), Environment(), CodeAgent())
    assert again == found


def test_a_call_that_does_not_fit_is_an_error_in_the_program(
    library: MemoryLibrary, sandbox: Sandbox
) -> None:
    calls = [
        "search()",
        "search(5)",
        "search('x', k='many')",
        "search('x', page=2)",
        "read('p99')",
        "answer({})",
    ]
    calls += ["search('x' * 30_000)", "search('a', 1, 2)"]
    code = "\n".join(f"try:\n    {call}\nexcept RuntimeError as fault:\n    print(fault)" for call in calls)
    model = ScriptedModel([cell(code), cell("answer('done')")])
    with open_code_agent(model=model, library=library, interpreter=sandbox) as agent:
        assert agent.invoke(QUESTION).text == "done"
    seen = told(model.asked[1].messages)
    for said in (
        "search() needs 'query'",
        "search() wants 'query' as str, not int",
        "search() wants 'k' as int, not str",
        "search() has no place for 'page'",
        "there is no passage 'p99'",
        "answer() wants a number or a short text",
        "longer than 20,000 characters",
        "search() takes at most 2 arguments",
    ):
        assert said in seen


def test_five_hundred_searches_end_at_the_limit(library: MemoryLibrary, sandbox: Sandbox) -> None:
    model = ScriptedModel([cell("for n in range(500):\n    search(f'net sales {n}')")])
    with open_code_agent(model=model, library=library, interpreter=sandbox, max_tool_calls=20) as agent:
        *events, found = agent.stream(QUESTION)
    searches = [event for event in events if isinstance(event, Step) and isinstance(event.effect, Search)]
    assert len(searches) == 20 and found.status == "budget spent"
    assert "more than 20 times" in found.reason


def test_a_call_made_before_is_not_performed_again(library: MemoryLibrary, sandbox: Sandbox) -> None:
    code = "a = [search('net sales') for _ in range(5)]\nanswer(str(all(one == a[0] for one in a)))"
    with open_code_agent(model=ScriptedModel([cell(code)]), library=library, interpreter=sandbox) as agent:
        *events, found = agent.stream(QUESTION)
    assert found.text == "True"
    assert sum(isinstance(event, Step) and isinstance(event.effect, Search) for event in events) == 1


def test_a_repeated_cell_is_told_once_and_then_stopped(library: MemoryLibrary, sandbox: Sandbox) -> None:
    model = ScriptedModel(lambda _: cell("print(search('net sales'))"))
    with open_code_agent(model=model, library=library, interpreter=sandbox, max_steps=50) as agent:
        *events, found = agent.stream(QUESTION)
    assert found.usage.calls == 3 and "repeated a cell" in found.reason
    assert [(ask.temperature, ask.seed) for ask in model.asked] == [(0.0, None), (0.0, None), (0.7, 3)]
    assert found.text is None  # what a search printed is no answer
    assert sum(isinstance(event, Step) and isinstance(event.effect, Run) for event in events) == 1


def test_what_a_document_says_is_data(library: MemoryLibrary, sandbox: Sandbox) -> None:
    """A model that obeys a document is a model that runs a program in the sandbox, and no more."""
    obeying = [
        cell("print(search('auditor environment')[0]['text'])"),
        cell("import socket\nanswer(socket.gethostname())"),
        cell("answer(str(open('/etc/passwd').read()))"),
        cell("answer(__import__('subprocess').run('env'))"),
        cell("answer('0')"),
    ]
    model = ScriptedModel(obeying)
    with open_code_agent(model=model, library=library, interpreter=sandbox) as agent:
        assert agent.invoke(QUESTION).text == "0"
    seen = told(model.asked[-1].messages)
    assert "root:" not in seen and "PATH" not in seen


def test_the_conversation_only_grows(library: MemoryLibrary, sandbox: Sandbox) -> None:
    """So that a backend reads each part of it once."""
    model = ScriptedModel(script)
    with open_code_agent(model=model, library=library, interpreter=sandbox, max_steps=3) as agent:
        assert agent.invoke(QUESTION).text
    first, second, third = (ask.messages for ask in model.asked)
    assert second[: len(first)] == first and third[: len(second)] == second
    assert third[-2].role == "assistant" and third[-2].content == CELLS[1]
    assert third[-1].content.endswith(
        f"The question was: {QUESTION}\nWrite the last cell now; it must call answer(...)."
    )


def test_without_documents_no_search_is_shown(sandbox: Sandbox) -> None:
    model = ScriptedModel([cell("answer(2)")])
    with open_code_agent(model=model, interpreter=sandbox) as agent:
        assert agent.invoke(QUESTION).text == "2"
    assert not any("search(" in message.content for message in model.asked[0].messages)


def test_a_cell_that_is_no_python_is_told_with_its_line(library: MemoryLibrary, sandbox: Sandbox) -> None:
    model = ScriptedModel(
        [cell("3 thousand = 3000"), "I do not know.", cell("answer(1,226,114)"), cell("answer(7)")]
    )
    with open_code_agent(model=model, library=library, interpreter=sandbox) as agent:
        assert agent.invoke(QUESTION).text == "7"
    first, second, third = (one.messages[-1].content for one in model.asked[1:])
    assert "SyntaxError" in first and "line 1" in first
    assert "There is no cell in the reply" in second
    assert "at most 1 arguments, not 3" in third and "without commas" in third


def test_tools_of_the_caller_are_functions_too(sandbox: Sandbox) -> None:
    def price(number: str, *, currency: str = "EUR") -> float:
        """The price of an order."""
        return {"A1": 12.5}[number]

    model = ScriptedModel(
        [
            cell(
                "try:\n    price('B2')\nexcept RuntimeError as fault:\n    print(fault)\n"
                "answer(price('A1') * 2)"
            )
        ]
    )
    with open_code_agent(model=model, tools=[price], interpreter=sandbox) as agent:
        assert agent.invoke("What do two of A1 cost?").text == "25"
    assert (
        "price(number: str, currency: str = 'EUR')  # The price of an order."
        in model.asked[0].messages[0].content
    )
    with pytest.raises(UsageError, match="docstring"):
        as_functions([lambda x: x])


def test_an_agent_is_a_tool_of_another(library: MemoryLibrary, sandbox: Sandbox) -> None:
    with open_code_agent(model=ScriptedModel(script), library=library, interpreter=sandbox) as inner:
        analyst = as_tool(inner, name="analyst", description="Answers questions about Northwell.")
        code = f"growth = float(analyst({QUESTION!r}))\nanswer(round(growth, 1))"
        with open_code_agent(
            model=ScriptedModel([cell(code)]), tools=[analyst], interpreter=sandbox
        ) as outer:
            assert outer.invoke("Ask the analyst.").text == "5.8"


def test_the_check_of_arguments_names_what_is_wrong() -> None:
    assert SEARCH.bind(Call("search", ["x"], {})) == {"query": "x", "k": 4}
    with pytest.raises(UsageError, match="wants 'query' as str, not Fraction"):
        SEARCH.bind(Call("search", [{"type": "Fraction", "text": "1/2"}], {}))
    with pytest.raises(UsageError, match="wants 'k' as int, not bool"):
        SEARCH.bind(Call("search", ["x", True], {}))


REPORT = """# Northwell 2021

| In thousands | 2021 | 2020 |
|---|---:|---:|
| Net sales | $ 8,412 | $ 7,950 |
| Cost of sales | (5,130) | (4,970) |
"""


def test_it_looks_figures_up_in_tables(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text(REPORT)
    cells = [
        cell("t = tables('net sales 2021 2020')[0]\nprint(t)"),
        cell("a, b = t['Net sales', 2021], t['Net sales', 2020]\ngrowth = (a - b) / b"),
        cell("answer(growth)"),
    ]
    model = ScriptedModel(cells)
    shelf = open_library([tmp_path / "report.md"])
    with open_code_agent(model=model, library=shelf, interpreter=sandbox) as agent:
        found = agent.invoke(QUESTION, journal=str(tmp_path / "run.jsonl"))
    shelf.close()
    assert found.text == "5.81132075471698 %"
    assert found.quantity is not None
    assert found.quantity.unit == "%"
    looked_up = [source for source in found.sources if source.origin == "table"]
    assert [source.text for source in looked_up] == ["t['Net sales', 2021]", "t['Net sales', 2020]"]
    assert all("Net sales" in source.note and source.passages[0].start >= 0 for source in looked_up)
    assert replay(read_journal(tmp_path / "run.jsonl")).sources == found.sources


def test_an_environment_without_tables_says_so_to_the_program(
    library: MemoryLibrary, sandbox: Sandbox
) -> None:
    model = ScriptedModel([cell("tables('net sales')"), cell("answer(1)")])
    environment = Environment(model, sandbox, library, {})
    found = run(CodeAgent()(Problem(QUESTION)), environment)
    assert found.text == "1"
    assert "RuntimeError" in model.asked[1].messages[-1].content
