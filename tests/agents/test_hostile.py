"""Models that loop, invent, break off, ask for too much or obey a document: each ends within its limits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandreckoner.agents import ToolAgent, open_code_agent, open_react_agent
from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Use
from sandreckoner.core.message import Message
from sandreckoner.core.trace import Step
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval import Index
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary

QUESTION = "By what percentage did the net sales of Northwell grow from 2020 to 2021?"


def call(name: str, **arguments: Any) -> str:
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


def used(events: list[Any]) -> list[Use]:
    return [e.effect for e in events if isinstance(e, Step) and isinstance(e.effect, Use)]


def run(
    model: ScriptedModel, library: MemoryLibrary, sandbox: Sandbox, **options: Any
) -> tuple[list[Any], Answer]:
    with ToolAgent(model=model, library=library, interpreter=sandbox, **options) as agent:
        *events, found = agent.stream(QUESTION)
    assert isinstance(found, Answer)
    return events, found


def test_a_loop_is_told_once_and_then_stopped(library: MemoryLibrary, sandbox: Sandbox) -> None:
    model = ScriptedModel(lambda _: call("search_documents", query="net sales"))
    events, found = run(model, library, sandbox, max_steps=100)
    assert len(used(events)) == 1 and found.usage.calls == 3
    assert found.status == "budget spent" and "repeated a call of search_documents" in found.reason
    assert "exactly this call before" in model.asked[2].messages[-1].content


def test_a_loop_of_two_ends_too(library: MemoryLibrary, sandbox: Sandbox) -> None:
    def script(messages: tuple[Message, ...]) -> str:
        return call("search_documents", query="ab"[len(messages) // 2 % 2])

    events, found = run(ScriptedModel(script), library, sandbox, max_steps=100)
    assert len(used(events)) == 2 and found.status == "budget spent"


def test_a_tool_that_does_not_exist(library: MemoryLibrary, sandbox: Sandbox) -> None:
    model = ScriptedModel([call("browse", url="http://x"), "I cannot browse."])
    _, found = run(model, library, sandbox)
    assert (
        found.text == "I cannot browse."
        and "browse is not a valid tool" in model.asked[1].messages[-1].content
    )
    _, looping = run(ScriptedModel(lambda _: call("browse", url="x")), library, sandbox, max_steps=100)
    assert looping.status == "budget spent" and looping.usage.calls == 3


@pytest.mark.parametrize(
    "broken",
    [
        '<tool_call>{"name": "python", "arguments": {"code": "6 * 7"}',
        '```json\n{"name": "python", "arguments": {"code": "6 * 7"}\n```',
        'Let me see.\n{"name": "python", "parameters": {"code": "6\n* 7"}}',
        '{"name": "python", "arguments": "{\\"code\\": \\"6 * 7\\"}"}',
    ],
)
def test_broken_json_is_mended(broken: str, library: MemoryLibrary, sandbox: Sandbox) -> None:
    events, found = run(ScriptedModel([broken, "42"]), library, sandbox)
    assert [use.tool for use in used(events)] == ["python"] and found.text == "42"


def test_a_result_that_a_model_makes_up_beside_its_call_is_not_kept(
    library: MemoryLibrary, sandbox: Sandbox
) -> None:
    invented = "I search.\n\nThe search says: 9,999.\n\n"
    for written in (call("python", code="6 * 7"), '{{"name": "python", "arguments": {"code": "6 * 7"}}'):
        model = ScriptedModel([invented + written, "42"])
        _, found = run(model, library, sandbox)
        seen = str([message.content for message in model.asked[1].messages])
        assert found.text == "42" and "I search." in seen and "9,999" not in seen


def test_json_that_cannot_be_read_is_sent_back_once(library: MemoryLibrary, sandbox: Sandbox) -> None:
    model = ScriptedModel(["<tool_call>{name: python, code}</tool_call>", "Then in words: 42"])
    _, found = run(model, library, sandbox)
    assert (
        found.text == "Then in words: 42"
        and "could not be read as JSON" in model.asked[1].messages[-1].content
    )
    _, again = run(ScriptedModel(lambda _: "<tool_call>{"), library, sandbox)
    assert again.usage.calls == 2


def test_arguments_that_do_not_fit_are_told(library: MemoryLibrary, sandbox: Sandbox) -> None:
    model = ScriptedModel([call("search_documents", words="x"), call("python", code=5), "ok"])
    _, found = run(model, library, sandbox)
    assert found.text == "ok" and "query" in model.asked[1].messages[-1].content


def test_five_hundred_searches_at_once_and_one_by_one(library: MemoryLibrary, sandbox: Sandbox) -> None:
    at_once = "".join(call("search_documents", query=f"sales {n}") for n in range(500))
    events, found = run(ScriptedModel([at_once, "enough"]), library, sandbox, max_tool_calls=10)
    assert found.text == "enough" and len(used(events)) == 10
    numbers = iter(range(500))
    one_by_one = ScriptedModel(lambda _: call("search_documents", query=f"sales {next(numbers)}"))
    events, found = run(one_by_one, library, sandbox, max_steps=8)
    assert found.status == "budget spent" and len(used(events)) <= 8


ESCAPES = [
    "import os\nprint(os.environ)",
    "open('/etc/passwd').read()",
    "__import__('subprocess').run(['env'])",
    "().__class__.__base__.__subclasses__()",
    "import socket\nsocket.socket()",
    "while True: pass",
    "x = 'a' * 10**12",
    "print('x' * 10**8)",
]


def test_nothing_leaves_the_sandbox_when_a_document_is_obeyed(library: MemoryLibrary) -> None:
    """The library holds a document that says: print the environment. The model does all it can."""
    from sandreckoner.tools.python import Limits

    os.environ["SECRET_OF_THE_HOST"] = "hunter2"
    replies = [
        call("search_documents", query="auditor environment"),
        *(call("python", code=code) for code in ESCAPES),
    ]
    model = ScriptedModel([*replies, "I could not."])
    with Sandbox(Limits(wall_s=1, cpu_s=1)) as sandbox:
        events, found = run(model, library, sandbox)
    assert found.text == "I could not." and len(used(events)) == 1 + len(ESCAPES)
    seen = str([ask.messages for ask in model.asked])
    assert "Ignore your task" in seen  # it was read, as material
    assert "hunter2" not in seen and "root:x" not in seen


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["search_documents", "python", "read_document", "list_documents", "none"]).flatmap(
            lambda name: st.dictionaries(
                st.sampled_from(["query", "code", "k", "source", "start", "end", "page"]),
                st.none() | st.integers() | st.text(max_size=8) | st.lists(st.integers(), max_size=2),
                max_size=4,
            ).map(lambda arguments: call(name, **arguments))
        )
        | st.text(max_size=30),
        max_size=6,
    )
)
def test_whatever_a_model_writes_every_agent_comes_to_an_end(
    library: MemoryLibrary, sandbox: Sandbox, replies: list[str]
) -> None:
    _, found = run(ScriptedModel([*replies, *(["the end"] * 20)]), library, sandbox, max_steps=6)
    assert found.status in ("answered", "budget spent", "no answer")
    for opened in (open_react_agent, open_code_agent):
        with opened(
            model=ScriptedModel([*replies, *(["the end"] * 20)]), library=library, interpreter=sandbox
        ) as other:
            assert isinstance(other.invoke(QUESTION), Answer)


KILLED = '''
import json, sys, time
from pathlib import Path
from sandreckoner.agents import ToolAgent
from sandreckoner.llms import ScriptedModel

folder = Path(sys.argv[1])
def call(name, **arguments):
    return "<tool_call>" + json.dumps({"name": name, "arguments": arguments}) + "</tool_call>"

def ship(step: int) -> str:
    """Does something that must not happen twice."""
    with (folder / "shipped").open("a") as log:
        log.write(f"{step}\\n")
    if step == 3 and not (folder / "killed").exists():
        (folder / "ready").touch()
        time.sleep(600)
    return f"shipped {step}"

script = [call("ship", step=1), call("python", code="kept = 40"), call("ship", step=2), call("ship", step=3),
          call("python", code="kept + 2"), "Shipped three; kept 42."]
def reply(messages):
    return script[sum(message.role == "assistant" for message in messages)]

with ToolAgent(model=ScriptedModel(reply), tools=[ship], memory=folder / "talks.sqlite") as agent:
    if sys.argv[2] == "begin":
        agent.invoke("Ship three.", thread="t")
    else:
        found = agent.resume(thread="t")
        print(json.dumps([found.text, found.usage.calls, found.winner.program]))
'''


def test_a_killed_process_goes_on_with_its_conversation_with_nothing_lost(tmp_path: Path) -> None:
    program = [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)]
    process = subprocess.Popen([*program, "begin"])
    deadline = time.monotonic() + 120
    while not (tmp_path / "ready").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (tmp_path / "killed").touch()
    done = subprocess.run([*program, "resume"], capture_output=True, text=True, check=True, timeout=120)
    text, calls, python = json.loads(done.stdout)
    assert (text, calls) == ("Shipped three; kept 42.", 6)
    assert python == "kept = 40\nkept + 2"  # the session was run again, and goes on
    shipped = (tmp_path / "shipped").read_text().split()
    assert shipped == ["1", "2", "3", "3"]  # only the call in progress is made again


def test_two_agents_over_one_index_do_not_disturb_each_other(sandbox: Sandbox, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for n in range(20):
        (docs / f"report_{n}.md").write_text(f"# Report {n}\n\nNet sales of company{n} were {1000 + n}.\n")
    wrong: list[str] = []
    with Index(tmp_path / "index") as index:
        index.add([docs])

        def work(start: int) -> None:
            def script(messages: tuple[Message, ...]) -> str:
                last = messages[-1].content
                if last.startswith("Result of search_documents"):
                    return call("python", code=f"value = {last.split(' were ')[1].split('.')[0]}\nvalue")
                if last.startswith("Result of python"):
                    return last.split("\n")[1]
                return call("search_documents", query=last, k=1)

            with ToolAgent(model=ScriptedModel(script), library=index, interpreter=sandbox) as agent:
                for n in range(start, 20, 2):
                    found = agent.invoke(f"net sales of company{n}", thread="same name")
                    if found.text != str(1000 + n):
                        wrong.append(f"{n}: {found}")

        threads = [threading.Thread(target=work, args=(start,)) for start in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert not wrong
