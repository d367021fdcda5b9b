"""The contract of LangChain's Runnable, kept by every chain: inputs, outputs, schemas, wrappers, events."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import AsyncIterator, Iterator
from typing import TypedDict

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableLambda
from langchain_core.vectorstores import InMemoryVectorStore
from langgraph.graph import END, START, StateGraph
from pydantic import TypeAdapter

from sandreckoner import Answer, Budget, Sandbox, chain
from sandreckoner.agents import ToolAgent
from sandreckoner.chains.runnable import StrategyChain
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Completion
from sandreckoner.core.trace import TextArrived
from sandreckoner.testing import ScriptedModel

QUESTION = "What is 6 * 7?"
REPLY = "```python\nanswer = 6 * 7\n```"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as shared:
        yield shared


@pytest.fixture
def reckon(sandbox: Sandbox) -> StrategyChain:
    return chain("pal", model=ScriptedModel([REPLY] * 50), interpreter=sandbox)


@pytest.mark.parametrize(
    "given",
    [
        QUESTION,
        HumanMessage(QUESTION),
        [HumanMessage(QUESTION)],
        [("user", QUESTION)],
        {"question": QUESTION},
        {"input": QUESTION},
        {"messages": [HumanMessage(QUESTION)]},
        {"messages": [("user", QUESTION)]},
        ChatPromptTemplate.from_template("{q}").invoke({"q": QUESTION}),
    ],
    ids=["text", "message", "messages", "pairs", "question", "input", "state", "state of pairs", "prompt"],
)
def test_a_question_in_every_shape_that_langchain_passes_on(reckon: StrategyChain, given: object) -> None:
    answer = reckon.invoke(given)
    assert answer.text == "42"
    assert {source.origin for source in answer.sources} == {"question"}


def test_earlier_messages_are_evidence_and_system_messages_are_notes(sandbox: Sandbox) -> None:
    model = ScriptedModel(["```python\nanswer = 4200 / 2\n```"])
    said = [
        SystemMessage("Be terse."),
        HumanMessage("We earned 4,200."),
        AIMessage("Noted."),
        HumanMessage("Half of it?"),
    ]
    answer = chain("pal", model=model, interpreter=sandbox).invoke(said)
    assert (answer.sources[0].text, answer.sources[0].origin) == ("4200", "passage")
    assert answer.sources[0].passages[0].source == "conversation"
    assert "Be terse." in model.asked[0].messages[-1].content


@pytest.mark.parametrize("given", [[], [AIMessage("42")], {"messages": []}, [3], {"input": ""}, 7])
def test_what_is_no_question_is_refused_before_anything_is_asked(
    reckon: StrategyChain, given: object
) -> None:
    with pytest.raises(UsageError):
        reckon.invoke(given)


def test_a_prompt_before_and_a_parser_after(reckon: StrategyChain) -> None:
    assert (reckon | StrOutputParser()).invoke(QUESTION) == "42"
    sequence = ChatPromptTemplate.from_template("What is {a} * {b}?") | (reckon | StrOutputParser())
    assert sequence.invoke({"a": 6, "b": 7}) == "42"
    assert reckon.pipe(StrOutputParser(), len).invoke(QUESTION) == 2
    assert (reckon | (lambda answer: answer.text)).invoke(QUESTION) == "42"


def test_an_answer_prints_short_and_without_markup_of_others(sandbox: Sandbox) -> None:
    model = ScriptedModel(["```python\nanswer = '<script>*x*'\n```", "nothing"])
    reckon = chain("pal", model=model, interpreter=sandbox)
    answer = reckon.invoke(QUESTION)
    assert str(answer) == "<script>*x*"
    assert "<script>" not in answer._repr_html_() and "<script>" not in answer._repr_markdown_()
    assert (
        str(Answer(None, "no answer", reason="the reply holds no program"))
        == "no answer: the reply holds no program"
    )


def test_schemas_and_graph(reckon: StrategyChain) -> None:
    assert reckon.get_input_jsonschema()["title"] == "ChainInputSchema"
    assert reckon.get_output_jsonschema()["$defs"]["Answer"]["properties"].keys() >= {
        "text",
        "status",
        "sources",
    }
    assert reckon.get_output_schema().model_validate(Answer("42")).root.text == "42"
    assert [node.name for node in (reckon | StrOutputParser()).get_graph().nodes.values()][1] == "pal"


def test_an_answer_goes_through_pydantic_and_back(reckon: StrategyChain) -> None:
    adapter = TypeAdapter(Answer)
    answer = reckon.invoke(QUESTION)
    again = adapter.validate_json(adapter.dump_json(answer))
    assert adapter.dump_json(again) == adapter.dump_json(answer)
    assert (again.text, again.status, again.sources, again.usage) == (
        answer.text,
        answer.status,
        answer.sources,
        answer.usage,
    )


def test_a_field_of_a_langgraph_state(reckon: StrategyChain) -> None:
    class State(TypedDict):
        question: str
        answer: Answer

    graph = StateGraph(State)
    graph.add_node("reckon", lambda state: {"answer": reckon.invoke(state["question"])})
    graph.add_edge(START, "reckon")
    graph.add_edge("reckon", END)
    assert graph.compile().invoke({"question": QUESTION})["answer"].text == "42"


def test_with_config_retry_and_fallbacks(reckon: StrategyChain, sandbox: Sandbox) -> None:
    assert reckon.with_config(tags=["x"], run_name="mine").invoke(QUESTION).text == "42"
    failing = chain("pal", model=ScriptedModel([]), interpreter=sandbox)
    assert failing.with_fallbacks([reckon]).invoke(QUESTION).text == "42"
    calls = []

    def once_broken(effect: object) -> str:
        calls.append(effect)
        if len(calls) == 1:
            raise ConnectionError
        return REPLY

    retried = chain("pal", model=ScriptedModel(once_broken), interpreter=sandbox).with_retry(
        wait_exponential_jitter=False
    )
    assert retried.invoke(QUESTION).text == "42" and len(calls) == 2


def test_configurable_fields(reckon: StrategyChain) -> None:
    choice = reckon.configurable_fields(
        strategy=ConfigurableField(id="how"), budget=ConfigurableField(id="limit")
    )
    assert len(choice.invoke(QUESTION).candidates) == 1
    voted = choice.invoke(QUESTION, {"configurable": {"how": "sc(pal, n=3)"}})
    assert len(voted.candidates) == 3
    assert choice.invoke(QUESTION, {"configurable": {"limit": Budget(calls=1)}}).usage.calls == 1
    assert len(choice.with_config(configurable={"how": "sc(pal, n=2)"}).invoke(QUESTION).candidates) == 2
    with pytest.raises(
        UsageError, match="'temperature' is not configurable; there are strategy, model, budget"
    ):
        reckon.configurable_fields(temperature=ConfigurableField(id="t"))


def test_batch_returns_the_faults_among_the_answers(reckon: StrategyChain) -> None:
    first, fault, last = reckon.batch([QUESTION, "", QUESTION], return_exceptions=True)
    assert first.text == last.text == "42" and isinstance(fault, UsageError)


def test_a_batch_keeps_to_its_concurrency(sandbox: Sandbox) -> None:
    now, peak, lock = [0], [0], threading.Lock()
    full = threading.Barrier(2, timeout=20)

    class Counting:
        name = "counting"

        def ask(self, effect, *, timeout_s=None, on_text=None):
            with lock:
                now[0] += 1
                peak[0] = max(peak[0], now[0])
            full.wait()  # two at a time, or this breaks; a third would have raised the peak by then
            with lock:
                now[0] -= 1
            return (Completion(REPLY),)

    reckon = chain("pal", model=Counting(), interpreter=sandbox)
    answers = reckon.batch([QUESTION] * 6, {"max_concurrency": 2})
    assert [each.text for each in answers] == ["42"] * 6 and peak[0] == 2


def test_events_have_the_model_the_program_and_the_search_as_children(sandbox: Sandbox) -> None:
    async def events() -> list[tuple[str, str, int]]:
        model = ScriptedModel([REPLY])
        async with chain("pal", model=model, interpreter=sandbox, library="examples/data") as reckon:
            found = reckon.astream_events("What was total revenue in 2024?", version="v2")
            return [(each["event"], each["name"], len(each["parent_ids"])) async for each in found]

    seen = asyncio.run(events())
    assert seen[0] == (
        "on_chain_start",
        "rag(pal)" if ("on_chain_start", "rag(pal)", 0) in seen else "pal",
        0,
    )
    for kind, name in (("retriever", "search"), ("chat_model", "scripted"), ("tool", "python")):
        assert (f"on_{kind}_start", name, 1) in seen and (f"on_{kind}_end", name, 1) in seen
    assert ("on_chat_model_stream", "scripted", 1) in seen


def test_as_tool_gives_the_text_to_the_model_and_keeps_the_answer(reckon: StrategyChain) -> None:
    tool = reckon.as_tool(name="reckon", description="Computes.")
    assert (tool.name, tool.description, list(tool.args)) == ("reckon", "Computes.", ["question"])
    message = tool.invoke({"type": "tool_call", "name": "reckon", "id": "1", "args": {"question": QUESTION}})
    assert message.content == "42" and message.artifact.text == "42"
    assert asyncio.run(tool.ainvoke({"question": QUESTION})) == "42"


def test_repr_copy_and_pickle(reckon: StrategyChain) -> None:
    assert repr(reckon) == "chain('pal', model='scripted')"
    assert copy.deepcopy(reckon).invoke(QUESTION).text == "42"
    with pytest.raises(
        TypeError, match=r"cannot be pickled; build it where it is used: chain\('pal', model=…\)"
    ):
        pickle.dumps(reckon)


def test_a_copy_does_not_close_what_it_shares() -> None:
    with chain("pal", model=ScriptedModel([REPLY] * 2)) as reckon:
        copy.deepcopy(reckon).close()
        reckon.with_options(budget=Budget(calls=1)).close()
        assert reckon.invoke(QUESTION).text == "42"


@pytest.mark.parametrize("method", ["invoke", "ainvoke", "stream", "astream", "batch"])
@pytest.mark.parametrize("agent", [False, True], ids=["chain", "tool agent"])
def test_an_unknown_keyword_is_refused_before_anything_is_spent(
    sandbox: Sandbox, method: str, agent: bool
) -> None:
    model = ScriptedModel([REPLY])
    target = (
        ToolAgent(model=model, interpreter=sandbox)
        if agent
        else chain("pal", model=model, interpreter=sandbox)
    )
    given = [QUESTION] if method == "batch" else QUESTION

    async def awaited() -> None:
        result = getattr(target, method)(given, jornal="x")
        await result if method == "ainvoke" else [each async for each in result]

    with pytest.raises(TypeError, match=r"invoke\(\) has no keyword 'jornal'; there are journal, listener"):
        if method.startswith("a"):
            asyncio.run(awaited())
        else:
            list(getattr(target, method)(given, jornal="x"))
    assert not model.asked


def test_a_stream_that_is_left_early_ends_the_run(sandbox: Sandbox) -> None:
    drawn = []

    def reply(effect: object) -> str:
        drawn.append(effect)
        return REPLY

    before = set(threading.enumerate())
    stream = chain("asc(pal, n=40)", model=ScriptedModel(reply), interpreter=sandbox).stream(QUESTION)
    next(each for each in stream if isinstance(each, TextArrived) or each is not None)
    workers = [each for each in set(threading.enumerate()) - before if each.name == "reckon-stream"]
    stream.close()
    for worker in workers:
        worker.join(20)
        assert not worker.is_alive()
    assert len(drawn) < 40


def test_leaving_an_astream_cancels_the_run() -> None:
    started = asyncio.Event()
    cancelled = asyncio.Event()

    class Slow:
        name = "slow"

        def ask(self, effect, *, timeout_s=None, on_text=None): ...

        async def aask(self, effect, *, timeout_s=None, on_text=None):
            on_text("a")
            started.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.set()
                raise

    async def leave() -> None:
        async with chain("cot", model=Slow()) as reckon:
            stream: AsyncIterator = reckon.astream(QUESTION)
            async for event in stream:
                if isinstance(event, TextArrived):
                    break
            await stream.aclose()
            await asyncio.wait_for(cancelled.wait(), 20)

    asyncio.run(leave())


@pytest.mark.parametrize("wrap", ["with_retry", "with_fallbacks", "bind"])
@pytest.mark.parametrize("how", ["sync", "async", "stream"])
def test_a_chat_model_in_a_wrapper_of_langchain_is_a_model(sandbox: Sandbox, wrap: str, how: str) -> None:
    chat = FakeListChatModel(responses=[REPLY])
    wrapped = {
        "with_retry": chat.with_retry,
        "with_fallbacks": lambda: FakeListChatModel(responses=[]).with_fallbacks([chat]),
        "bind": lambda: chat.bind(stop=["Question:"]),
    }[wrap]()
    reckon = chain("pal", model=wrapped, interpreter=sandbox)
    if how == "stream":
        *_, answer = reckon.stream(QUESTION)
    else:
        answer = reckon.invoke(QUESTION) if how == "sync" else asyncio.run(reckon.ainvoke(QUESTION))
    assert answer.text == "42"


def test_what_is_no_model_is_refused_at_construction() -> None:
    for wrong in (
        3,
        RunnableLambda(lambda messages: "42"),
        FakeListChatModel(responses=[]) | StrOutputParser(),
    ):
        with pytest.raises(UsageError, match="is not a model|is not a chat model"):
            chain("pal", model=wrong)


@pytest.mark.parametrize("as_retriever", [False, True], ids=["vector store", "retriever"])
@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_vector_store_or_retriever_of_langchain_is_a_library(
    sandbox: Sandbox, as_retriever: bool, how: str
) -> None:
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    store.add_texts(
        ["Net sales were 1,226 in 2023."], metadatas=[{"source": "a.pdf", "page": 3, "start_index": 40}]
    )
    model = ScriptedModel(["```python\nanswer = 1226 * 2\n```"])
    library = store.as_retriever() if as_retriever else store
    reckon = chain("pal", model=model, interpreter=sandbox, library=library)
    answer = (
        reckon.invoke("Twice the net sales?")
        if how == "sync"
        else asyncio.run(reckon.ainvoke("Twice the net sales?"))
    )
    place = answer.sources[0].passages[0]
    assert (place.text, place.source, place.page, place.start) == (
        "1,226",
        "a.pdf",
        3,
        40 + len("Net sales were "),
    )


def test_what_cannot_be_searched_is_refused_at_construction(sandbox: Sandbox) -> None:
    with pytest.raises(UsageError, match="library: int cannot be searched; pass open_library"):
        chain("pal", model=ScriptedModel([]), interpreter=sandbox, library=7)


async def test_async_with_closes() -> None:
    async with chain("pal", model=ScriptedModel([REPLY] * 2)) as reckon:
        assert (await reckon.ainvoke(QUESTION)).text == "42"
    with pytest.raises(Exception, match="closed"):
        reckon.invoke(QUESTION)
