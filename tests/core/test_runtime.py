"""The drivers: the same answer and the same trace, sync and async, live and replayed."""

from __future__ import annotations

import asyncio
import io
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandreckoner.core import runtime
from sandreckoner.core.budget import Budget, Usage
from sandreckoner.core.effects import Ask, Run, Search, Steps, ask, note, run, search, together, within
from sandreckoner.core.environment import Environment, OnText
from sandreckoner.core.errors import (
    BudgetSpent,
    JournalError,
    ModelTimeout,
    ModelUnavailable,
    ReplayDiverged,
    UsageError,
)
from sandreckoner.core.execution import Execution
from sandreckoner.core.journal import JournalFile, open_journal, read_journal
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.problem import Passage
from sandreckoner.core.trace import ON_PROMPT, Event, StepStarted, TextArrived, Trace

QUESTION = (Message("user", "How many?"),)


@dataclass
class Echo:
    """A model that says how often it was asked: deterministic, and counts as a real one does."""

    name: str = "echo"
    asked: list[Ask] = field(default_factory=list)
    fault: Exception | None = None

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        self.asked.append(effect)
        if self.fault:
            raise self.fault
        if on_text:
            on_text("4")
            on_text("2")
        usage = [Usage(1, 10 if place == 0 else 0, 2, 0.001) for place in range(effect.n)]
        return tuple(Completion("42", usage=one) for one in usage)

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        await asyncio.sleep(0)
        return self.ask(effect, timeout_s=timeout_s, on_text=on_text)


class Handle:
    def close(self) -> None: ...


class Adder:
    """An interpreter that only counts its runs; it hands out a state for each."""

    def __init__(self) -> None:
        self.seen: list[Run] = []

    def perform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
        self.seen.append(effect)
        return Execution("ok", value=len(effect.code), state=Handle() if effect.keep else None)

    async def aperform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
        return self.perform(effect)


class Shelf:
    def search(self, effect: Search) -> tuple[Passage, ...]:
        return (Passage(f"about {effect.query}", "shelf.md", 1, 0, 5, 1.0),) * effect.k

    async def asearch(self, effect: Search) -> tuple[Passage, ...]:
        return self.search(effect)


def everything() -> Steps[str]:
    """A strategy that uses every effect, alone and concurrently, with a state carried on."""
    passages = yield from within("look", search("sales", k=2))
    replies = yield from together(
        [within(f"try {place}", ask(QUESTION, n=2, seed=place)) for place in range(3)]
    )
    first = yield from run("x = 1", keep=True)
    second = yield from run("x + 1", state=first.state, inputs={"pair": (1, 2)})
    yield from note("chosen", score=0.5)
    return f"{len(passages)} {[len(reply) for reply in replies]} {first.value} {second.value}"


def environment(**parts: object) -> Environment:
    return Environment(model=Echo(), interpreter=Adder(), library=Shelf(), clock=lambda: 0.0, **parts)  # type: ignore[arg-type]


Driver = Callable[[Steps[str], Environment], str]


def perform(steps: Steps[str], environment: Environment, how: str) -> str:
    return runtime.run(steps, environment) if how == "sync" else asyncio.run(runtime.arun(steps, environment))


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_strategy_gets_its_replies_in_order(how: str) -> None:
    assert perform(everything(), environment(), how) == "2 [2, 2, 2] 5 5"


def test_sync_and_async_leave_the_same_trace_and_journal() -> None:
    journals, traces = [], []
    for how in ("sync", "async"):
        file, trace = io.StringIO(), Trace()
        perform(everything(), environment(trace=trace, journal=JournalFile(file, {})), how)
        journals.append(file.getvalue())
        traces.append(trace.steps)
    assert journals[0] == journals[1]
    assert traces[0] == traces[1]
    assert len(traces[0]) == 7


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_recorded_run_replays_without_a_world(tmp_path: Path, how: str) -> None:
    live, again = Trace(), Trace()
    path = tmp_path / "run.jsonl"
    with path.open("w") as file:
        answer = perform(everything(), environment(trace=live, journal=JournalFile(file, {})), how)
    assert perform(everything(), Environment(trace=again, journal=read_journal(path)), how) == answer
    assert again.steps == live.steps


def test_a_replay_that_asks_for_something_else_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with path.open("w") as file:
        runtime.run(ask(QUESTION), environment(journal=JournalFile(file, {})))
    with pytest.raises(ReplayDiverged, match="step 0 asks for something else"):
        runtime.run(ask(QUESTION, n=2), Environment(journal=read_journal(path)))
    with pytest.raises(ReplayDiverged, match="ends before step 1"):
        runtime.run(together([ask(QUESTION), ask(QUESTION)]), Environment(journal=read_journal(path)))


def test_a_line_cut_by_a_kill_is_left_out_and_damage_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with path.open("w") as file:
        runtime.run(ask(QUESTION), environment(journal=JournalFile(file, {})))
        file.write('{"step":1,"eff')
    assert runtime.run(ask(QUESTION), Environment(journal=read_journal(path)))[0].text == "42"
    path.write_text('{"journal":1}\nnot json\n')
    with pytest.raises(JournalError, match=":2: this line is not JSON"):
        read_journal(path)
    path.write_text("hello\n")
    with pytest.raises(JournalError):
        read_journal(path)


@pytest.mark.parametrize("how", ["sync", "async"])
def test_an_error_is_thrown_into_the_strategy_and_replays_as_the_same_error(tmp_path: Path, how: str) -> None:
    path = tmp_path / "run.jsonl"

    def catching() -> Steps[str]:
        try:
            yield from ask(QUESTION)
        except ModelUnavailable as fault:
            return f"caught: {fault}"
        return "no error"

    with path.open("w") as file:
        broken = Environment(
            model=Echo(fault=ModelUnavailable("no such server")), journal=JournalFile(file, {})
        )
        assert perform(catching(), broken, how) == "caught: no such server"
    assert perform(catching(), Environment(journal=read_journal(path)), how) == "caught: no such server"


@pytest.mark.parametrize("name", ["annotations", "SystemExit", "open", "__doc__"])
def test_a_journal_can_name_no_error_but_ours(tmp_path: Path, name: str) -> None:
    path = tmp_path / "run.jsonl"
    with path.open("w") as file:
        broken = Environment(model=Echo(fault=ModelUnavailable("gone")), journal=JournalFile(file, {}))
        with pytest.raises(ModelUnavailable):
            runtime.run(ask(QUESTION), broken)
    path.write_text(path.read_text().replace('"ModelUnavailable"', f'"{name}"'))
    with pytest.raises(JournalError, match=f"names an error '{name}'"):
        runtime.run(ask(QUESTION), Environment(journal=read_journal(path)))


def test_a_journal_takes_the_place_of_an_earlier_one_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for number in (1, 2):
        with open_journal(path, {"number": number}) as journal:
            runtime.run(ask(QUESTION), environment(journal=journal))
        assert read_journal(path).header["number"] == number
    with pytest.raises(ModelUnavailable), open_journal(path, {"number": 3}):
        raise ModelUnavailable("gone")
    assert read_journal(path).header["number"] == 2
    assert read_journal(tmp_path / "run.jsonl.part").header["number"] == 3


def best_so_far() -> Steps[str]:
    drawn = 0
    try:
        while True:
            drawn += len((yield from ask(QUESTION, n=2)))
    except BudgetSpent as spent:
        return f"{drawn}: {spent}"


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget(calls=5), "5: the budget of 5 calls is spent"),
        (
            Budget(tokens=30),
            "4: the budget of 30 tokens is spent: the next prompt takes about 2, and 2 are left",
        ),
        (Budget(usd=0.005), "6: the budget of $0.005 is spent"),
    ],
)
def test_when_the_budget_ends_the_strategy_answers_with_its_best(
    tmp_path: Path, how: str, budget: Budget, said: str
) -> None:
    path = tmp_path / "run.jsonl"
    with path.open("w") as file:
        assert perform(best_so_far(), environment(budget=budget, journal=JournalFile(file, {})), how) == said
    assert perform(best_so_far(), Environment(journal=read_journal(path)), how) == said


def test_a_deadline_ends_the_run_and_blames_the_budget() -> None:
    ticks = iter(range(1000))
    slow = Environment(model=Echo(), budget=Budget(seconds=10), clock=lambda: float(next(ticks)))
    assert "the budget of 10 seconds is spent" in runtime.run(best_so_far(), slow)
    late = iter([0.0, 1.0, 1.0, 99.0, 99.0, 99.0])
    stopped = Environment(
        model=Echo(fault=ModelTimeout("too slow")), budget=Budget(seconds=10), clock=lambda: next(late)
    )
    assert runtime.run(best_so_far(), stopped) == "0: the budget of 10 seconds is spent"


@pytest.mark.parametrize("how", ["sync", "async"])
def test_the_clock_is_looked_at_inside_a_tuple_too(how: str) -> None:
    seconds = [0.0]

    class Slow(Adder):
        def perform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
            seconds[0] += 1.0
            return super().perform(effect)

    def many() -> Steps[str]:
        replies = yield tuple(Run(f"{place}") for place in range(1000))
        statuses = [reply.status for reply in replies]  # type: ignore[union-attr]
        return f"{statuses.count('ok')} ok, {statuses.count('timeout')} late"

    adder = Slow()
    slow = Environment(interpreter=adder, budget=Budget(seconds=5), clock=lambda: seconds[0], concurrency=1)
    assert perform(many(), slow, how) == "5 ok, 995 late"
    assert len(adder.seen) == 5


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_tuple_is_performed_at_the_same_time_up_to_the_limit(how: str) -> None:
    inside, most, lock = [0], [0], threading.Lock()

    def enter() -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])

    def leave() -> None:
        with lock:
            inside[0] -= 1

    class Busy(Adder):
        def perform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
            enter()
            time.sleep(0.02)
            leave()
            return super().perform(effect)

        async def aperform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
            enter()
            await asyncio.sleep(0.01)
            leave()
            return super().perform(effect)

    def many() -> Steps[str]:
        replies = yield tuple(Run("x" * place) for place in range(12))
        return str([reply.value for reply in replies])  # type: ignore[union-attr]

    limited = Environment(interpreter=Busy(), concurrency=3)
    assert perform(many(), limited, how) == str(list(range(12)))
    assert most[0] == 3


@pytest.mark.parametrize("how", ["sync", "async"])
def test_an_effect_that_breaks_off_the_run_waits_for_those_beside_it(how: str) -> None:
    done: list[str] = []

    class Torn(Adder):
        def perform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
            if effect.code == "bad":
                raise ValueError("not of ours")
            time.sleep(0.05)
            done.append(effect.code)
            return super().perform(effect)

        async def aperform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
            return await asyncio.to_thread(self.perform, effect)

    def three() -> Steps[str]:
        yield (Run("bad"), Run("a"), Run("b"))
        return ""

    with pytest.raises(ValueError, match="not of ours"):
        perform(three(), Environment(interpreter=Torn()), how)
    assert sorted(done) == ["a", "b"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pthread_kill")
def test_an_interrupt_waits_for_no_call_and_begins_no_other() -> None:
    begun: list[str] = []
    given_up: list[bool] = []
    caught = threading.Event()

    class Held(Adder):
        def perform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
            begun.append(effect.code)
            if effect.code == "a":
                time.sleep(0.1)  # until the others wait for their turn
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                given_up.append(not caught.wait(10))
            return super().perform(effect)

    def three() -> Steps[str]:
        yield (Run("a"), Run("b"), Run("c"))
        return ""

    with pytest.raises(KeyboardInterrupt):
        runtime.run(three(), Environment(interpreter=Held(), concurrency=1))
    caught.set()
    for worker in threading.enumerate():
        if worker.name.startswith("reckon_"):
            worker.join(10)
    assert (begun, given_up) == (["a"], [False])


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside another"])
def test_a_run_that_is_broken_off_closes_its_strategy_at_once(how: str, beside: bool) -> None:
    closed: list[str] = []

    class Torn(Adder):
        def perform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
            raise ValueError("not of ours")

    def holding(name: str) -> Steps[str]:
        try:
            yield (Run(name),)
            return name
        finally:
            closed.append(name)

    steps = together([holding("a"), holding("b")]) if beside else holding("a")
    with pytest.raises(ValueError, match="not of ours") as held:  # and with it every frame of the run
        perform(steps, Environment(interpreter=Torn()), how)
    assert (closed, held.type) == (["a", "b"] if beside else ["a"], ValueError)


def test_beside_programs_a_refused_ask_gets_nothing_and_the_programs_run() -> None:
    def mixed() -> Steps[tuple[int, object]]:
        yield from ask(QUESTION)
        replies = yield (Ask(QUESTION), Run("1 + 1"))
        return len(replies[0]), replies[1].value  # type: ignore[arg-type,union-attr]

    assert runtime.run(mixed(), environment(budget=Budget(calls=1))) == (0, 5)


def test_tokens_left_cap_the_replies_once_the_prompt_is_taken_off() -> None:
    model, prompt = Echo(), sum(len(message.content) for message in QUESTION) // 4
    runtime.run(ask(QUESTION, n=2, max_tokens=500), Environment(model=model, budget=Budget(tokens=100)))
    assert model.asked[0].max_tokens == (100 - prompt) // 2
    asked = tuple(Ask(QUESTION, max_tokens=500) for _ in range(3))

    def three() -> Steps[None]:
        yield asked

    runtime.run(three(), Environment(model=model, budget=Budget(tokens=100)))
    assert sum(prompt + each.max_tokens for each in model.asked[1:]) <= 100


def test_a_prompt_that_the_budget_has_no_room_for_is_not_sent() -> None:
    model = Echo()
    long = (Message("user", "x" * 400),)
    with pytest.raises(
        BudgetSpent, match="40 tokens is spent: the next prompt takes about 100, and 40 are left"
    ):
        runtime.run(ask(long), Environment(model=model, budget=Budget(tokens=40)))
    assert model.asked == []


def test_listeners_hear_the_run_live() -> None:
    heard: list[Event] = []
    runtime.run(ask(QUESTION), environment(trace=Trace(heard.append)))
    assert [type(event).__name__ for event in heard] == ["StepStarted", "TextArrived", "TextArrived", "Step"]
    assert "".join(event.text for event in heard if isinstance(event, TextArrived)) == "42"
    assert isinstance(heard[0], StepStarted)
    assert ON_PROMPT.get() is None  # who asks a model next reads no prompt for this run


def test_the_trace_is_a_tree_of_scopes() -> None:
    trace = Trace()
    runtime.run(
        within("outer", together([within("a", ask(QUESTION)), within("b", run("1"))])),
        environment(trace=trace),
    )
    names = [(depth, branch.name, len(branch.steps)) for depth, branch in trace.tree().walk()]
    assert names == [(0, "", 0), (1, "outer", 0), (2, "a", 1), (2, "b", 1)]


@pytest.mark.parametrize(
    ("steps", "wish"),
    [(ask(QUESTION), "model"), (run("1"), "interpreter"), (search("x"), "library")],
)
def test_a_missing_part_of_the_world_says_how_to_mend_it(steps: Steps[object], wish: str) -> None:
    with pytest.raises(UsageError, match=f"pass {wish}="):
        runtime.run(steps, Environment())


def test_together_ends_all_when_one_fails_and_closes_the_rest() -> None:
    closed: list[str] = []

    def member(name: str) -> Steps[str]:
        try:
            yield from ask(QUESTION)
            if name == "b":
                raise ValueError(name)
            yield from ask(QUESTION)
            return name
        finally:
            closed.append(name)

    with pytest.raises(ValueError, match="b") as held:
        runtime.run(together([member("a"), member("b"), member("c")]), environment())
    assert (sorted(closed), held.type) == (["a", "b", "c"], ValueError)


def test_a_budget_that_ends_reaches_all_that_go_together() -> None:
    def member(rounds: int) -> Steps[int]:
        done = 0
        try:
            for _ in range(rounds):
                yield from ask(QUESTION)
                done += 1
        except BudgetSpent:
            pass
        return done

    assert runtime.run(together([member(9), member(1), member(9)]), environment(budget=Budget(calls=5))) == [
        2,
        1,
        2,
    ]


@pytest.mark.parametrize("limits", [{"calls": 0}, {"tokens": -1}, {"usd": 0}, {"seconds": float("nan")}])
def test_a_budget_of_nothing_is_a_mistake(limits: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="must be more than 0"):
        Budget(**limits)  # type: ignore[arg-type]
