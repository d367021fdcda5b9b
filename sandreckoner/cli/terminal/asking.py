"""Ask one question of a conversation: show it, let the user stop it, keep it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from sandreckoner.chains.answering import aanswer, to_problem, to_strategy
from sandreckoner.cli.question_log import logged
from sandreckoner.cli.render.live import Progress
from sandreckoner.cli.terminal.context import Context
from sandreckoner.cli.terminal.flattening import flat
from sandreckoner.cli.terminal.interruption import Stop, StoppableInterpreter, StoppableModel
from sandreckoner.cli.terminal.transcript import Entry, Turn
from sandreckoner.cli.terminal.variables import Variables, current_state, table
from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import SandreckonerError
from sandreckoner.core.execution import State
from sandreckoner.core.journal import journal_header
from sandreckoner.core.problem import Problem
from sandreckoner.tools.python import Sandbox

_OMITTED = {"answer"}  # every program makes its own


def ask(context: Context, question: str, *, strategy: str = "", instead: bool = False) -> Turn:
    """Ask, keep the turn in the session, and return it.

    Args:
        context: where everything is.
        question: as text.
        strategy: for this question only; empty for the one that is set.
        instead: whether it is asked instead of the last turn, which stays until this one has an answer.

    Raises:
        SandreckonerError: something failed; what was done is kept as a turn without an answer.
        KeyboardInterrupt: the user did not want to wait for the end of the stop either.
    """
    spec = strategy or context.settings.strategy
    to_problem(question)
    with Progress(context.style, hint="Ctrl-C stops") as progress:
        workspace = context.workspace()
        thought = to_strategy(spec, documents=workspace.has_documents)
        context.library(lambda name, done, total: progress.say(f"reading {name} {done}/{total}"))
        if not workspace.is_open("model"):
            progress.say(f"loading {context.settings.model}")
        model = workspace.model
        progress.say("recalling the conversation" if context.session.entries else "starting")
        context.remember()
        entries, sandbox = context.session.entries, context.sandbox()
        entries = entries[:-1] if instead else entries
        before = current_state(entries, sandbox)
        variables = Variables(sandbox, before)
        problem = Problem(question, notes=_notes(entries, context))
        header = journal_header(problem, spec, documents=workspace.has_documents, model=model.name)
        turn, stop = Turn(header), Stop()
        with workspace.environment(
            problem, spec, journal=partial(context.session.journal, instead=instead), listeners=[progress]
        ) as environment:
            stoppable = replace(
                environment,
                model=StoppableModel(model, stop),
                interpreter=StoppableInterpreter(variables, stop),
            )
            try:
                with logged(stoppable, header, log=context.settings.log, quiet=True) as kept:
                    work = aanswer(thought, problem, kept.environment)
                    turn.answer = kept.answer = context.runner.run(_until_stopped(work, stop))
            except asyncio.CancelledError:
                raise KeyboardInterrupt from None
            finally:
                turn.steps, turn.stopped = environment.trace.steps, stop.pressed
                _keep_variables(turn, variables, before, sandbox)
                context.session.add_turn(turn, instead=instead)
    return turn


async def _until_stopped(work: Coroutine[Any, Any, Answer], stop: Stop) -> Answer:
    """Answer. The first Ctrl-C ends the question with the best so far, the second at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def press() -> None:
        if stop.pressed:
            task.cancel()
        stop()

    with suppress(NotImplementedError):  # Windows: there the first Ctrl-C cancels
        loop.add_signal_handler(signal.SIGINT, press)
    try:
        return await work
    finally:
        with suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGINT)


def _keep_variables(turn: Turn, variables: Variables, before: State | None, sandbox: Sandbox) -> None:
    """Continue the conversation from the state of the winning program."""
    winner = turn.answer.winner if turn.answer else None
    if winner is None or not winner.program or winner.execution is None or not winner.execution.ok:
        return
    turn.program = flat(winner.program)
    if turn.program == winner.program:
        turn.state = variables.state_after(winner.execution)
    else:  # a function's variables end with it
        turn.state = sandbox.run(turn.program, before, keep=True).state


def _notes(entries: list[Entry], context: Context) -> str:
    """The notes for the model: the last turns, and the variables."""
    memory = context.settings.memory
    answered = [turn for turn in entries if isinstance(turn, Turn) and turn.answer and turn.answer.text]
    lines = []
    for turn in answered[-memory:] if memory else []:
        assert turn.answer is not None
        lines += [f"Earlier question: {turn.question}", f"Its answer: {turn.answer.text}"]
    if memory and entries:
        with suppress(SandreckonerError):  # a conversation goes on without its variables
            known = table(entries, context.sandbox())
            listed = [f"{name} = {value}" for name, value in known.items() if name not in _OMITTED]
            if listed:
                lines += ["Variables that are already defined; a program may use them:", *listed]
    return "\n".join(lines)
