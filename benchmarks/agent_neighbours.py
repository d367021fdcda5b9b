"""Agents of other libraries for `agents.py`: the same model, the same documents, at most as many calls.

`pip install smolagents` beside this package; LangChain's is here anyway. Each is used as its documentation
shows it, with a tool that gives what our own search gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Usage
from sandreckoner.core.effects import Run, Search
from sandreckoner.llms import ChatGGUF, LangChainModel
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.python.outcome import say
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary

CALLS = 6  # of the model, for one question
LONGEST = 512  # tokens of a reply


class Opened:
    """An agent of another library, with the face of one of ours."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self.invoke = answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def found_in(library: MemoryLibrary, query: str) -> str:
    found = library.search(Search(query, 4))
    return "\n\n".join(f"[{number}] {one.text.strip()}" for number, one in enumerate(found, 1))


def smolagents(model: LangChainModel, library: MemoryLibrary, sandbox: Sandbox) -> Opened:
    """smolagents' CodeAgent. After its last step it asks once more for an answer."""
    from smolagents import CodeAgent, OpenAIModel, tool

    @tool
    def search(query: str) -> str:
        """Search the user's documents. Gives passages, best first.

        Args:
            query: a few words.
        """
        return found_in(library, query)

    assert isinstance(model.chat, ChatGGUF)
    address, key = model.chat.serving()
    served = OpenAIModel(
        "local", api_base=f"{address}/v1", api_key=key, temperature=0.0, max_tokens=LONGEST, seed=0
    )
    agent = CodeAgent(tools=[search], model=served, max_steps=CALLS, verbosity_level=0)

    def answer(question: str) -> Answer:
        run = agent.run(question, return_full_result=True)
        calls = sum(step["model_output"] is not None for step in run.steps if "model_output" in step)
        usage = run.token_usage
        text = None if run.output is None else str(run.output).strip()
        ended = run.state != "success"
        used = Usage(calls + ended, usage.input_tokens, usage.output_tokens)
        return Answer(text or None, "budget spent" if ended else "answered", usage=used)

    return Opened(answer)


def create_agent(model: LangChainModel, library: MemoryLibrary, sandbox: Sandbox) -> Opened:
    """LangChain's `create_agent` by itself: no middleware; its Python is our sandbox, for it brings none."""
    from langchain.agents import create_agent as made
    from langchain_core.messages import AIMessage
    from langgraph.errors import GraphRecursionError

    from sandreckoner.agents.scratchpad import agent_prompt

    def search_documents(query: str) -> str:
        """Search the user's documents. Gives passages, best first."""
        return found_in(library, query)

    def python(code: str) -> str:
        """Run Python and get what it prints and the value of its last line."""
        return say(sandbox.perform(Run(code)))

    graph: Any = made(
        model.chat, [search_documents, python], system_prompt=agent_prompt("tool_agent").instruction
    )

    def answer(question: str) -> Answer:
        given = {"messages": [("user", question)]}
        messages: list[Any] = []
        try:
            for state in graph.stream(given, {"recursion_limit": 2 * CALLS}, stream_mode="values"):
                messages = state["messages"]
        except GraphRecursionError as fault:
            return Answer(None, "budget spent", reason=str(fault)[:100], usage=_used(messages))
        last = messages[-1]
        text = str(last.text).strip() if isinstance(last, AIMessage) else ""
        return Answer(text or None, "answered" if text else "no answer", usage=_used(messages))

    def _used(messages: list[Any]) -> Usage:
        replies = [one for one in messages if isinstance(one, AIMessage)]
        counted = [one.usage_metadata or {"input_tokens": 0, "output_tokens": 0} for one in replies]
        read, written = (sum(one[name] for one in counted) for name in ("input_tokens", "output_tokens"))
        return Usage(len(replies), read, written)

    return Opened(answer)


NEIGHBOURS: Mapping[str, Callable[[LangChainModel, MemoryLibrary, Sandbox], Opened]] = {
    "smolagents": smolagents,
    "create_agent": create_agent,
}
