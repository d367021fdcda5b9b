"""The contract of LangChain's Runnable, kept by every chain: inputs, outputs, schemas, wrappers, events."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import pickle
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Literal, TypedDict

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import JsonOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableConfig, RunnableLambda, RunnablePassthrough
from langchain_core.tools import tool
from langchain_core.tracers.base import BaseTracer
from langchain_core.tracers.schemas import Run
from langchain_core.vectorstores import InMemoryVectorStore
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel, Field, TypeAdapter

from sandreckoner import Answer, Budget, Sandbox, chain
from sandreckoner.agents import CodeAgent, ToolAgent
from sandreckoner.chains.answering import replay
from sandreckoner.chains.methods.program_aided import ProgramAided
from sandreckoner.chains.prompt import load_prompt
from sandreckoner.chains.runnable import StrategyChain
from sandreckoner.core.errors import ModelError, SandboxError, SchemaMismatch, UsageError
from sandreckoner.core.journal import read_journal
from sandreckoner.core.message import Completion
from sandreckoner.core.trace import TextArrived
from sandreckoner.langchain import CheckpointSerializer
from sandreckoner.testing import ScriptedModel

QUESTION = "What is 6 * 7?"
REPLY = "```python\nanswer = 6 * 7\n```"


@dataclass(frozen=True)
class Plain:
    """A type of the user's own."""

    text: str


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
        {"messages": [HumanMessage(QUESTION)], "step": 3},
        {"input": QUESTION, "chat_history": []},
        {"input": HumanMessage(QUESTION), "agent_scratchpad": ""},
        ChatPromptTemplate.from_template("{q}").invoke({"q": QUESTION}),
    ],
    ids=lambda given: type(given).__name__,
)
def test_a_question_in_every_shape_that_langchain_passes_on(reckon: StrategyChain, given: object) -> None:
    answer = reckon.invoke(given)
    assert answer.text == "42"
    assert {source.origin for source in answer.sources} == {"question"}


@pytest.mark.parametrize("as_list", [True, False], ids=["messages", "history"])
def test_earlier_messages_are_evidence_and_system_messages_are_notes(sandbox: Sandbox, as_list: bool) -> None:
    model = ScriptedModel(["```python\nanswer = 4200 / 2\n```"])
    said = [
        SystemMessage("Be terse."),
        HumanMessage("We earned 4,200."),
        AIMessage("Noted."),
        HumanMessage("Half of it?"),
    ]
    asked = said if as_list else {"input": said[-1].text, "chat_history": said[:-1]}
    answer = chain("pal", model=model, interpreter=sandbox).invoke(asked)
    assert (answer.sources[0].text, answer.sources[0].origin) == ("4200", "passage")
    assert answer.sources[0].passages[0].source == "conversation"
    assert "Be terse." in model.asked[0].messages[-1].content


@pytest.mark.parametrize("given", [[], [AIMessage("42")], {"messages": []}, [3], {"input": ""}, 7])
def test_what_is_no_question_is_refused_before_anything_is_asked(
    reckon: StrategyChain, given: object
) -> None:
    with pytest.raises(UsageError):
        reckon.invoke(given)


PROMPT = ChatPromptTemplate.from_template("What is {a} * {b}?")
NUMBERS = {"a": 6, "b": 7}


@pytest.mark.parametrize("wrap", ["", "with_config", "with_retry", "with_fallbacks", "bind"])
@pytest.mark.parametrize("brackets", [False, True])
async def test_a_prompt_before_and_a_parser_after(reckon: StrategyChain, wrap: str, brackets: bool) -> None:
    middle = {
        "": lambda: reckon,
        "with_config": lambda: reckon.with_config(tags=["mine"]),
        "with_retry": lambda: reckon.with_retry(stop_after_attempt=2),
        "with_fallbacks": lambda: reckon.with_fallbacks([reckon]),
        "bind": lambda: reckon.bind(listener=lambda event: None),
    }[wrap]()
    sequence = PROMPT | (middle | StrOutputParser()) if brackets else PROMPT | middle | StrOutputParser()
    given = sequence.invoke(NUMBERS)
    assert given == "42" and type(given) is str
    assert await sequence.ainvoke(NUMBERS) == "42"
    assert sequence.batch([NUMBERS] * 2) == await sequence.abatch([NUMBERS] * 2) == ["42"] * 2
    assert list(sequence.stream(NUMBERS)) == [each async for each in sequence.astream(NUMBERS)] == ["42"]


def test_what_follows_a_chain_gets_the_whole_answer(reckon: StrategyChain) -> None:
    assert reckon.pipe(StrOutputParser(), len).invoke(QUESTION) == 2
    assert (reckon | (lambda answer: answer.sources[0].origin)).invoke(QUESTION) == "question"
    assert (PROMPT | reckon | (lambda answer: answer.winner.program)).invoke(NUMBERS) == "answer = 6 * 7"
    assert (reckon | ChatPromptTemplate.from_template("So {x}")).invoke(
        QUESTION
    ).to_string() == "Human: So 42"
    assert (reckon | JsonOutputParser()).invoke(QUESTION) == 42
    assert type(reckon.invoke(QUESTION)) is Answer
    assert type(RunnablePassthrough.assign(answer=reckon).invoke({"question": QUESTION})["answer"]) is Answer


def test_an_answer_within_a_sequence_is_an_answer_and_a_string(reckon: StrategyChain) -> None:
    answer = (PROMPT | reckon).invoke(NUMBERS)
    assert isinstance(answer, Answer) and isinstance(answer, str)
    assert answer == "42" and answer == Answer(**vars(answer)) and answer != Answer("42")
    adapter = TypeAdapter(Answer)
    assert adapter.validate_json(adapter.dump_json(answer)).sources == answer.sources
    for again in (pickle.loads(pickle.dumps(answer)), copy.deepcopy(answer), replace(answer, text="42")):
        assert again == answer and str(again) == "42"
    none = (PROMPT | chain("pal", model=ScriptedModel(["Hm."] * 2))).invoke(NUMBERS)
    assert none.text is None and none and none == "no answer: no program in the reply"


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


def test_a_checkpoint_keeps_an_answer_as_it_is(
    reckon: StrategyChain, caplog: pytest.LogCaptureFixture
) -> None:
    class State(TypedDict):
        answer: Answer

    given = reckon.invoke(QUESTION)
    assert given.sources and given.winner and given.winner.execution
    graph = StateGraph(State)
    graph.add_node("reckon", lambda state: {"answer": given})
    graph.add_edge(START, "reckon")
    built = graph.compile(checkpointer=InMemorySaver(serde=CheckpointSerializer()))
    config: RunnableConfig = {"configurable": {"thread_id": "1"}}
    caplog.clear()
    built.invoke({}, config)
    assert built.get_state(config).values["answer"] == given
    assert not [record for record in caplog.records if record.name.startswith("langgraph")]


def test_a_checkpoint_builds_no_type_that_was_not_named(caplog: pytest.LogCaptureFixture) -> None:
    written = CheckpointSerializer().dumps_typed(Plain("x"))
    assert CheckpointSerializer().loads_typed(written) == {"text": "x"}
    assert "Blocked deserialization" in caplog.text
    caplog.clear()
    assert CheckpointSerializer(Plain).loads_typed(written) == Plain("x")
    assert not caplog.text


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


def test_configurable_alternatives(reckon: StrategyChain, sandbox: Sandbox) -> None:
    other = chain("pal", model=ScriptedModel(["```python\nanswer = 7\n```"] * 9), interpreter=sandbox)
    choice = reckon.configurable_alternatives(
        ConfigurableField(id="which"), default_key="first", second=other, third=lambda: other
    )
    assert choice.invoke(QUESTION).text == "42"
    for name, text in (("first", "42"), ("second", "7"), ("third", "7")):
        config: RunnableConfig = {"configurable": {"which": name}}
        assert choice.invoke(QUESTION, config).text == text
        assert asyncio.run(choice.ainvoke(QUESTION, config)).text == text
        assert [*choice.stream(QUESTION, config)][-1].text == text
    assert (choice.with_config(configurable={"which": "second"}) | StrOutputParser()).invoke(QUESTION) == "7"
    with pytest.raises(ValueError, match="Unknown alternative: fourth"):
        choice.invoke(QUESTION, {"configurable": {"which": "fourth"}})


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
    assert copy.deepcopy(reckon).invoke(QUESTION).text == copy.copy(reckon).invoke(QUESTION).text == "42"
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
        return f"```python\nanswer = {len(drawn)}\n```"  # no two agree, so that only leaving ends it

    before = set(threading.enumerate())
    stream = chain("asc(pal, n=40)", model=ScriptedModel(reply), interpreter=sandbox).stream(QUESTION)
    next(each for each in stream if isinstance(each, TextArrived) or each is not None)
    workers = [each for each in set(threading.enumerate()) - before if each.name == "reckon-stream"]
    stream.close()
    for worker in workers:
        worker.join(20)
        assert not worker.is_alive()
    assert len(drawn) < 40


@pytest.mark.parametrize("how", ["stream", "astream"])
def test_a_fault_of_a_run_is_raised_to_who_reads_its_stream(how: str) -> None:
    async def collected() -> list[object]:
        return [each async for each in reckon.astream(QUESTION)]

    with chain("cot", model=ScriptedModel([])) as reckon, pytest.raises(ModelError, match="no more replies"):
        list(reckon.stream(QUESTION)) if how == "stream" else asyncio.run(collected())


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


def test_agents_over_a_retriever_are_told_what_it_cannot_do(sandbox: Sandbox) -> None:
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    store.add_texts(["Net sales were 1,226 in 2023."])
    code = "try:\n    {call}\nexcept Exception as error:\n    print(error)"
    cells = [code.format(call="list_documents()"), code.format(call="read(search('sales')[0]['id'])")]
    model = ScriptedModel([f"```python\n{cell}\n```" for cell in (*cells, "answer(1226)")])
    assert chain("code", model=model, interpreter=sandbox, library=store).invoke("Sales?").text == "1226"
    seen = model.asked[-1].messages
    assert any("cannot be listed" in each.content for each in seen)
    assert any("give passages and no pages" in each.content for each in seen)


def test_what_cannot_be_searched_is_refused_at_construction(sandbox: Sandbox) -> None:
    with pytest.raises(UsageError, match="library: int cannot be searched; pass open_library"):
        chain("pal", model=ScriptedModel([]), interpreter=sandbox, library=7)


class Growth(BaseModel):
    sales: float
    growth: float = Field(gt=0)


TWICE = Growth(sales=1, growth=2)
TALL = "```python\nanswer = {'sales': 512.3, 'growth': 0.067}\n```"
SHORT = "```python\nanswer = {'sales': 512.3}\n```"


def structured(schema: object, *replies: str, strategy: str = "pal", **options: object) -> StrategyChain:
    return chain(strategy, model=ScriptedModel(list(replies)), schema=schema, **options)


def test_a_structured_answer_is_an_instance_of_its_schema(sandbox: Sandbox) -> None:
    answer = structured(Growth, TALL, interpreter=sandbox).invoke(QUESTION)
    assert answer.data == Growth(sales=512.3, growth=0.067)
    assert answer.text == '{"sales": 512.3, "growth": 0.067}'
    as_json = structured(Growth.model_json_schema(), TALL, interpreter=sandbox).invoke(QUESTION)
    assert as_json.data == {"sales": 512.3, "growth": 0.067}
    assert TypeAdapter(Answer).dump_python(answer)["data"] == {"sales": 512.3, "growth": 0.067}


@pytest.mark.parametrize(
    ("schema", "reply", "strategy", "data"),
    [
        (float, "The answer is 42.", "cot", 42.0),
        (float, "```python\nfrom fractions import Fraction\nanswer = Fraction(1, 4)\n```", "pal", 0.25),
        (list[int], "```python\nanswer = [1, 2]\n```", "pal", [1, 2]),
        (Literal["yes", "no"], "The answer is yes.", "cot", "yes"),
        (
            {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
            REPLY,
            "pal",
            {"n": 42},
        ),
        (Growth, '```python\nanswer(\'{"sales": 1, "growth": 2}\')\n```', "code", Growth(sales=1, growth=2)),
        (Growth, TALL, "sc(pal, n=1)", Growth(sales=512.3, growth=0.067)),
    ],
)
def test_every_strategy_gives_structured_answers(
    sandbox: Sandbox, schema: object, reply: str, strategy: str, data: object
) -> None:
    reckon = structured(schema, reply, strategy=strategy, interpreter=sandbox)
    assert reckon.invoke(QUESTION).data == data


async def test_an_answer_that_does_not_fit_is_sent_back_once(sandbox: Sandbox, tmp_path: Path) -> None:
    reckon = structured(Growth, SHORT, TALL, SHORT, SHORT, interpreter=sandbox)
    journal = tmp_path / "run.jsonl"
    answer = reckon.invoke(QUESTION, journal=str(journal))
    assert answer.data.growth == 0.067 and len(answer.candidates) == 2 and answer.usage.calls == 2
    assert replay(read_journal(journal)).data == {"sales": 512.3, "growth": 0.067}
    with pytest.raises(SchemaMismatch, match="after one repair: .*'growth' is a required property"):
        await reckon.ainvoke(QUESTION)
    low = TALL.replace("0.067", "-1")
    with pytest.raises(SchemaMismatch, match="growth: -1 is less than or equal to the minimum of 0"):
        structured(Growth, low, low, interpreter=sandbox).invoke(QUESTION)
    assert structured(Growth, "Hm.", "Hm.", interpreter=sandbox).invoke(QUESTION).status == "no answer"


@pytest.mark.parametrize("schema", [3, object(), {"type": "nope"}, "Growth"])
def test_what_is_no_schema_is_refused_at_construction(sandbox: Sandbox, schema: object) -> None:
    with pytest.raises(UsageError, match="schema: "):
        structured(schema, interpreter=sandbox)


def test_a_schema_fetches_nothing(sandbox: Sandbox) -> None:
    elsewhere = {"$ref": "http://127.0.0.1:9/schema.json"}
    with pytest.raises(SchemaMismatch, match="nothing is fetched for it"):
        structured(elsewhere, REPLY, REPLY, interpreter=sandbox).invoke(QUESTION)


@tool
def price_of(article: str) -> float:
    """The price of an article in dollars."""
    return 10.5


def rate(year: int) -> float:
    """The rate of a year."""
    return year / 2


def test_tools_go_to_react_too(sandbox: Sandbox) -> None:
    turns = ['Thought: see.\nAction: price_of[{"article": "pen"}]', "Thought: so.\nAction: Finish[10.5]"]
    reckon = chain("react", model=ScriptedModel(turns), interpreter=sandbox, tools=[price_of])
    assert reckon.invoke("What does a pen cost?").text == "10.5"


@pytest.mark.parametrize("strategy", ["code", "sc(code, n=1)", CodeAgent()])
def test_tools_of_langchain_and_functions_go_to_every_agent(sandbox: Sandbox, strategy: object) -> None:
    reply = "```python\nanswer(price_of('pen') * 4 + rate(2))\n```"
    reckon = chain(strategy, model=ScriptedModel([reply] * 9), interpreter=sandbox, tools=[price_of, rate])
    assert reckon.invoke("What do four pens cost?").text == "43"


@pytest.mark.parametrize(
    "strategy", ["pal", "cot", "sc(pal, n=3)", "tot", ProgramAided(load_prompt("program_aided"))]
)
def test_what_cannot_use_tools_refuses_at_construction(sandbox: Sandbox, strategy: object) -> None:
    model = ScriptedModel([])
    with pytest.raises(UsageError, match=r"calls none; use .*`code`.* in it, or ToolAgent\(tools=…\)"):
        chain(strategy, model=model, interpreter=sandbox, tools=[price_of])
    with pytest.raises(UsageError, match="a tool is one of LangChain's, or a function with a docstring"):
        chain("code", model=model, interpreter=sandbox, tools=[3])


def test_a_retriever_or_an_index_of_llamaindex_is_a_library(sandbox: Sandbox) -> None:
    node = SimpleNamespace(
        metadata={"file_name": "a.pdf", "page_label": "3"},
        start_char_idx=40,
        node_id="n1",
        get_content=lambda: "Net sales were 1,226 in 2023.",
    )
    found = [SimpleNamespace(node=node, score=0.5)]

    class Retriever:
        def retrieve(self, query: str) -> list[object]:
            return found

        async def aretrieve(self, query: str) -> list[object]:
            return found

    index = SimpleNamespace(as_query_engine=lambda: None, as_retriever=Retriever)
    for library in (Retriever(), index):
        model = ScriptedModel(["```python\nanswer = 1226 * 2\n```"] * 2)
        reckon = chain("pal", model=model, interpreter=sandbox, library=library)
        for answer in (reckon.invoke("Twice?"), asyncio.run(reckon.ainvoke("Twice?"))):
            place = answer.sources[0].passages[0]
            assert (place.source, place.page, place.start) == ("a.pdf", 3, 40 + len("Net sales were "))


def test_any_embeddings_of_langchain_embed_what_is_read(sandbox: Sandbox) -> None:
    class Counting(DeterministicFakeEmbedding):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            embedded.extend(texts)
            return super().embed_documents(texts)

    embedded: list[str] = []
    model = ScriptedModel([REPLY])
    with chain(
        "pal", model=model, interpreter=sandbox, library="examples/data", embedder=Counting(size=8)
    ) as it:
        assert it.invoke("What was total revenue in 2024?").text == "42" and embedded
    with pytest.raises(UsageError, match="embedder: goes with paths to read"):
        chain("pal", model=model, library=InMemoryVectorStore(Counting(size=8)), embedder=Counting(size=8))
    with pytest.raises(UsageError, match="embedder: int has neither embed_documents nor"):
        chain("pal", model=model, interpreter=sandbox, library="examples/data", embedder=3)


def test_fastapi_sends_an_answer_and_takes_one_back(reckon: StrategyChain) -> None:
    app = FastAPI()
    sequence = PROMPT | reckon

    @app.get("/answer", response_model=Answer)
    def answer() -> Answer:
        return reckon.invoke(QUESTION)

    @app.get("/sequence", response_model=Answer)
    def of_sequence() -> Answer:
        return sequence.invoke(NUMBERS)

    @app.post("/text")
    def text(given: Answer) -> str | None:
        return given.text

    client = TestClient(app)
    for path in ("/answer", "/sequence"):
        sent = client.get(path).json()
        assert (sent["text"], sent["status"]) == ("42", "answered")
        assert {source["origin"] for source in sent["sources"]} == {"question"}
        assert client.post("/text", json=sent).json() == "42"
    described = client.get("/openapi.json").json()["components"]["schemas"]
    assert {"Answer", "Candidate", "NumberSource", "Passage"} <= set(described)


def test_runs_are_named_by_the_strategy_with_programs_and_searches_beneath(sandbox: Sandbox) -> None:
    class Runs(BaseTracer):
        def _persist_run(self, run: Run) -> None:
            top.append((run.name, run.run_type, [(child.run_type, child.name) for child in run.child_runs]))

    top: list[tuple[str, str, list[tuple[str, str]]]] = []
    model = ScriptedModel(["```python\n1 / 0\n```", REPLY])
    reckon = chain("refine(pal)", model=model, interpreter=sandbox, library="examples/data")
    with contextlib.suppress(ModelError):  # the script is short
        reckon.invoke("What was total revenue in 2024?", {"callbacks": [Runs()]})
    ((name, kind, beneath),) = top
    assert (name, kind) == ("refine(pal)", "chain")
    assert beneath[:3] == [("retriever", "search"), ("llm", "scripted"), ("tool", "python")]


def test_with_closes() -> None:
    with chain("pal", model=ScriptedModel([REPLY] * 2)) as reckon:
        assert reckon.invoke(QUESTION).text == "42"
    with pytest.raises(SandboxError, match="closed"):
        reckon.invoke(QUESTION)


async def test_async_with_closes() -> None:
    async with chain("pal", model=ScriptedModel([REPLY] * 2)) as reckon:
        assert (await reckon.ainvoke(QUESTION)).text == "42"
    with pytest.raises(SandboxError, match="closed"):
        reckon.invoke(QUESTION)
