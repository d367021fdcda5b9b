"""Answers the requests of a server: finds the offer, opens what it needs, and runs the strategy."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from sandreckoner.chains.answer_schema import AnswerSchema
from sandreckoner.chains.answering import aanswer, with_schema
from sandreckoner.chains.method import Strategy
from sandreckoner.chains.nested import Seeded
from sandreckoner.chains.spec import parse_strategy
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget, Usage
from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import Environment, Library, Model, OnText
from sandreckoner.core.errors import BudgetSpent, UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.message import Completion
from sandreckoner.core.scheduler import spent
from sandreckoner.core.trace import Listener, Step
from sandreckoner.reading.stop_strings import cut_at_stop
from sandreckoner.serve.api_error import ApiError
from sandreckoner.serve.api_keys import Caller, Spending
from sandreckoner.serve.offers import Offer, client_offer, lowered
from sandreckoner.serve.openai_requests import Wanted
from sandreckoner.settings.settings_model import Settings
from sandreckoner.workspace.workspace import Workspace

_MAX_SCHEMA, _MAX_REFERENCES = 20_000, 24  # characters; more references could unfold without end


class Renderer(Protocol):
    """Shows an answer; the command line has one, and this room may not know it."""

    def record(self, answer: Answer, *, question: str, strategy: str, model: str) -> dict[str, JSON]:
        """The answer as the object of `reckon ask --json`."""
        ...

    def shown(self, text: str, question: str) -> str:
        """The answer as a person reads it."""
        ...

    def page(self, run: Run, pictures: Sequence[Mapping[str, Any]]) -> str:
        """A run as one HTML page, with pictures of the pages that it rests on."""
        ...


class DocumentsOf(Protocol):
    """The documents of a caller while one request uses them; None where there are none."""

    @asynccontextmanager
    def using(self, caller: Caller) -> AsyncIterator[Library | None]: ...


@dataclass(slots=True)
class Run:
    """One request that runs, and what became of it.

    Attributes:
        id: of the request.
        wanted: what was asked.
        caller: who asked.
        offer: what answers.
        budget: what it may spend.
        answer: None until there is one.
        steps: what was done.
        own: whether it searched documents of the caller's own.
        capped: whether `max_tokens` ended it.
        model: the name of the model that was asked.
        started_s: when it came, on the monotonic clock.
    """

    id: str
    wanted: Wanted
    caller: Caller
    offer: Offer
    budget: Budget
    answer: Answer | None = None
    steps: list[Step] = field(default_factory=list)
    own: bool = False
    capped: bool = False
    model: str = ""
    started_s: float = field(default_factory=time.monotonic)

    @property
    def text(self) -> str:
        """What the client reads: the answer, or why there is none."""
        assert self.answer is not None
        if self.wanted.schema is not None and self.answer.data is not None:
            return json.dumps(self.answer.data)
        return cut_at_stop(str(self.answer), self.wanted.stop)

    @property
    def is_cut(self) -> bool:
        """Whether a limit ended it."""
        return self.capped or (self.answer is not None and self.answer.status == "budget spent")

    @property
    def refusal(self) -> str | None:
        """Why there is no answer; None where there is one or a limit ended it."""
        has_none = self.answer is not None and self.answer.text is None and not self.is_cut
        return self.text if has_none else None

    @property
    def usage(self) -> Usage:
        """What every call inside took."""
        return spent(self.steps)[0]


class Service:
    """The strategies of a server, with the models, sandbox and indexes behind them.

    Args:
        base: the server's model, sandbox and documents; opened and closed with this.
        offers: what is offered, by name.
        documents: of the callers.
        spending: of the callers.
        any_strategy: whether a client may name a strategy of its own.
        journals: a folder in which each run is recorded; None for none.
    """

    def __init__(
        self,
        base: Workspace,
        offers: Mapping[str, Offer],
        *,
        documents: DocumentsOf,
        spending: Spending,
        any_strategy: bool = False,
        journals: Path | None = None,
    ) -> None:
        self._base, self.offers, self._documents = base, offers, documents
        self._spending, self._any, self._journals = spending, any_strategy, journals
        self._workspaces: dict[tuple[str, str], Workspace] = {}
        self.ready = False

    def open(self) -> None:
        """Open the model, the sandbox and every index that is offered.

        Raises:
            SandreckonerError: one of them cannot be opened.
        """
        self._base.opened()
        self._workspaces["", ""] = self._base
        for offer in self.offers.values():
            place = offer.model, offer.index
            if place not in self._workspaces:
                self._workspaces[place] = self._sharing(self._base, offer.model, index=offer.index).opened()
        if self._journals is not None:
            self._journals.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ready = True

    def close(self) -> None:
        """Close them. Idempotent."""
        self.ready = False
        for workspace in reversed(self._workspaces.values()):
            workspace.close()
        self._spending.close()

    @property
    def settings(self) -> Settings:
        """Those that hold here."""
        return self._base.settings

    def standing_documents(self) -> list[str]:
        """The names of the documents that the server was started with."""
        return [document.source for document in getattr(self._base.library, "documents", ())]

    def library(self, index: str) -> Library | None:
        """The documents of an index that is offered, or those of the server for an empty name."""
        found = [workspace for (_, name), workspace in self._workspaces.items() if name == index]
        return found[0].library if found else None

    @contextmanager
    def index_seen(self, index: str, labels: Sequence[str] | None) -> Iterator[Library | None]:
        """Yield what `library` gives, as someone with these labels sees it."""
        library: Any = self.library(index)
        if labels is None or not hasattr(library, "seen_by"):  # no labels: paths that the server was given
            yield library
            return
        with library.seen_by(labels) as seen:
            yield seen

    def offer(self, name: str) -> Offer:
        """Return what a client names as its model.

        Raises:
            ApiError: 404, it is not offered; 400, a strategy of the client's own cannot be taken.
        """
        if name in self.offers:
            return self.offers[name]
        if not self._any:
            known = ", ".join(self.offers)
            message = f"there is no model {name[:60]!r} here; there are {known}"
            raise ApiError(404, message, code="model_not_found", param="model")
        try:
            return client_offer(name, self._base.budget)
        except UsageError as fault:
            raise ApiError(400, str(fault), param="model") from None

    def prepare(self, wanted: Wanted, caller: Caller, request_id: str) -> Run:
        """Check a request before anything is spent.

        Raises:
            ApiError: it cannot be answered.
        """
        offer = self.offer(wanted.model)
        if wanted.schema is not None:
            _check_schema(wanted.schema)
        budget = self._spending.left(caller, lowered(offer.budget, wanted.budget))
        return Run(request_id, wanted, caller, offer, budget)

    async def perform(self, run: Run, listener: Listener | None = None) -> Answer:
        """Answer; cancelling it ends the model's call and the program.

        Raises:
            SandreckonerError: what the strategy did not catch.
            ApiError: the caller has spent what a day allows.
        """
        run.budget = self._spending.set_aside(run.caller, run.budget)
        try:
            async with self._opened(run) as workspace:
                run.answer = await self._answer(run, workspace, listener)
                return run.answer
        finally:
            self._spending.settle(run.caller, run.budget, run.usage)

    @asynccontextmanager
    async def _opened(self, run: Run) -> AsyncIterator[Workspace]:
        """The workspace of a run: the caller's own documents stand in for none."""
        offer = run.offer
        shared = self._workspaces[offer.model, offer.index]
        if offer.index:
            with self.index_seen(offer.index, run.caller.labels) as library:
                yield shared if library is shared.library else self._sharing(shared, library=library)
            return
        async with self._documents.using(run.caller) as own:
            run.own = own is not None
            yield shared if own is None else self._sharing(shared, library=own)

    def _sharing(
        self, base: Workspace, model: str = "", *, index: str = "", library: Library | None = None
    ) -> Workspace:
        return Workspace(
            base.settings,
            model=model or base.model,
            interpreter=base.interpreter,
            index=index,
            library=library,
            budget=base.budget,
            report=base.report,
        )

    async def _answer(self, run: Run, workspace: Workspace, listener: Listener | None) -> Answer:
        wanted, header = run.wanted, dict[str, JSON]()
        strategy = _strategy(run.offer.strategy, workspace.has_documents, run.offer.trusted)
        if wanted.schema is not None:
            strategy = with_schema(strategy, AnswerSchema(wanted.schema))
            header["schema"] = wanted.schema
        if wanted.seed is not None:
            strategy = Seeded(strategy, wanted.seed)
            header["seed"] = wanted.seed
        journal = self._journals / f"{run.id}.jsonl" if self._journals else None
        listeners = [listener] if listener else []
        with workspace.environment(
            wanted.problem, run.offer.strategy, journal=journal, listeners=listeners, header=header
        ) as environment:
            run.steps, run.model = environment.trace.steps, workspace.model.name
            return await aanswer(strategy, wanted.problem, self._limited(environment, run))

    def _limited(self, environment: Environment, run: Run) -> Environment:
        model = environment.model
        if run.wanted.max_tokens is not None and model is not None:
            model = CappedModel(model, run)
        return replace(environment, model=model, budget=run.budget)


class CappedModel:
    """A model whose replies to one run have at most `max_tokens` tokens together. Performs `Ask`."""

    def __init__(self, model: Model, run: Run) -> None:
        self._model, self._run, self._left = model, run, run.wanted.max_tokens or 0
        self.name = model.name
        self.calls_tools = getattr(model, "calls_tools", False)

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        return self._settle(self._model.ask(self._lowered(effect), timeout_s=timeout_s, on_text=on_text))

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        return self._settle(
            await self._model.aask(self._lowered(effect), timeout_s=timeout_s, on_text=on_text)
        )

    def _lowered(self, effect: Ask) -> Ask:
        share = self._left // effect.n
        if share < 1:
            self._run.capped = True
            raise BudgetSpent(f"the {self._run.wanted.max_tokens} tokens that were asked for are spent")
        return replace(effect, max_tokens=min(share, effect.max_tokens or share))

    def _settle(self, replies: tuple[Completion, ...]) -> tuple[Completion, ...]:
        self._left -= sum(each.usage.output_tokens for each in replies)
        if self._left <= 0 and any(each.finish == "length" for each in replies):
            self._run.capped = True
        return replies


@lru_cache(maxsize=256)
def _strategy(spec: str, documents: bool, trusted: bool) -> Strategy:
    return parse_strategy(spec, documents=documents, trusted=trusted)


def _check_schema(schema: JSON) -> None:
    """Refuse a schema that would take unbounded time to check."""
    text = json.dumps(schema)
    if len(text) > _MAX_SCHEMA or text.count('"$ref"') > _MAX_REFERENCES or '"pattern' in text:
        message = f"the schema: at most {_MAX_SCHEMA:,} characters, {_MAX_REFERENCES} references, no patterns"
        raise ApiError(400, message, param="response_format")
    try:
        AnswerSchema(schema)
    except UsageError as fault:
        raise ApiError(400, str(fault), param="response_format") from None
