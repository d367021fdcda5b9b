"""The workspace: model, sandbox, documents, tools and budget, and the environment of each question in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar, cast

from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment, Interpreter, Library, Model, Tool
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import JournalTarget, journal_header, open_journal
from sandreckoner.core.problem import Problem
from sandreckoner.core.redaction import Redact, redacted
from sandreckoner.core.trace import Listener, Trace

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from sandreckoner.settings.settings_model import Settings
    from sandreckoner.tools.functions.function_spec import Function
    from sandreckoner.tools.python import Sandbox

T = TypeVar("T")
Progress: TypeAlias = Callable[[str, int, int], None]


class Workspace:
    """What runs need, opened from the settings: each part when it is first used, all closed together.

    A part that is passed in is used as it is and stays open. Nothing is opened, asked or spent before a part
    or an environment is requested.

    Attributes:
        functions: the tools passed in, as programs and agents call them.
        report, progress: as passed in; they may be replaced.

    >>> from sandreckoner.testing import ScriptedModel
    >>> with Workspace(model=ScriptedModel(["4"]), budget=Budget(calls=5)) as workspace:
    ...     with workspace.environment(Problem("2 + 2?"), "pal") as environment:
    ...         environment.model.name, environment.budget.calls
    ('scripted', 5)
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        model: str | Runnable[Any, Any] | Model | None = None,
        interpreter: Interpreter | None = None,
        contained: bool | None = None,
        library: Any = None,
        docs: Sequence[str | Path] = (),
        index: str = "",
        embedder: Any = None,
        tools: Sequence[Any] | Mapping[str, Tool] = (),
        budget: Budget | None = None,
        report: Callable[[str], None] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Say what differs from the settings.

        Args:
            settings: by default those of this machine and folder, see `load_settings`.
            model: a specification for `load_model`, any LangChain chat model, or a `Model`.
            interpreter: where programs run; None for a sandbox.
            contained: of that sandbox: True requires that the kernel holds a hostile program, False accepts
                that it does not, None warns.
            library: documents: a library, a retriever or vector store of LangChain or LlamaIndex, or paths,
                which are read into memory.
            docs: files and folders, read once and kept in the cache, as by `--docs`; `-` is piped input.
            index: name of an index that `reckon index add` keeps.
            embedder: for what is read from paths: any LangChain `Embeddings`, or an `Embedder`.
            tools: LangChain tools and functions with a docstring, or tools of ours by name.
            budget: what one question may spend; None for that of the settings.
            report: called with one line for each document that cannot be read.
            progress: called with a document's name, its passages that are done, and their total.

        Raises:
            UsageError: documents are named in two ways, or a tool is none.
        """
        if sum(map(bool, (library is not None, docs, index))) > 1:
            raise UsageError("documents: name a library, paths or an index; only one of them")
        self._settings, self._budget = settings, budget
        self._given = {"model": model, "interpreter": interpreter, "library": library}
        self._contained = contained
        self._docs, self._index, self._embedder = tuple(docs), index, embedder
        self.report, self.progress = report, progress
        self._parts: dict[str, Any] = {}
        self._own: list[Any] = []
        self.functions, self._tools = _functions_of(tools)

    @property
    def settings(self) -> Settings:
        """The settings that hold here."""
        if self._settings is None:
            from sandreckoner.settings.user_settings import load_settings

            self._settings = load_settings()
        return self._settings

    @property
    def budget(self) -> Budget:
        """What one question may spend."""
        return self.settings.budget() if self._budget is None else self._budget

    @property
    def redact(self) -> Redact | None:
        """What masks personal data, by the settings; None where nothing is masked.

        Raises:
            MissingExtra: it needs a package that is not installed.
        """
        if self.settings.redact == "off":
            return None
        from sandreckoner.workspace.redactors import redactor

        return redactor(self.settings.redact)

    @property
    def has_documents(self) -> bool:
        """Whether there is anything to search; opens nothing."""
        return self._given["library"] is not None or bool(self._docs or self._index)

    @property
    def model(self) -> Model:
        """The model, loaded.

        Raises:
            UsageError: there is no such model, or something that it needs is missing.
            ModelError: it cannot be loaded.
        """
        return self._part("model", self._load_model)

    @property
    def interpreter(self) -> Interpreter:
        """Where programs run."""
        return self._part("interpreter", self._start_sandbox)

    @property
    def sandbox(self) -> Sandbox:
        """The interpreter, where it is a sandbox that this workspace started."""
        return cast("Sandbox", self.interpreter)

    @property
    def library(self) -> Library | None:
        """The documents; None where there are none.

        Raises:
            LibraryError: they cannot be read.
        """
        return self._part("library", self._open_library)

    @property
    def tools(self) -> dict[str, Tool]:
        """The tools, by name: those passed in, and those of the documents."""
        from sandreckoner.tools.retrieval.host_tools import host_tools

        return {**self._part("host tools", lambda: host_tools(self.library)), **self._tools}

    def opened(self) -> Self:
        """Open every part now, so that a fault shows here and not in a thread; returns itself."""
        try:
            _ = self.interpreter, self.library, self.model, self.tools
        except BaseException:
            self.close()
            raise
        return self

    @contextmanager
    def environment(
        self,
        problem: Problem,
        strategy: str,
        *,
        journal: JournalTarget = None,
        listeners: Sequence[Listener] = (),
        header: Mapping[str, JSON] | None = None,
    ) -> Iterator[Environment]:
        """Yield the environment of one question; its journal is open meanwhile.

        Args:
            problem: the question.
            strategy: its specification, for the journal.
            journal: a file to write, or a function that begins a journal with its header; None keeps nothing.
            listeners: called with every event of the trace.
            header: further entries of the journal's first line, or others in place of ours.

        Raises:
            UsageError: the file cannot be written.
        """
        model, told, redact = self.model, dict(header or {}), self.redact
        if journal is not None:
            told = journal_header(problem, strategy, documents=self.has_documents, model=model.name) | told
            told = redacted(told, redact)
        with open_journal(journal, told) as record:
            trace = Trace(*listeners)
            parts = (model, self._with_long_tables(), self.library, self.tools, self.budget, record, trace)
            yield Environment(*parts, redact=redact)

    def sharing(
        self, *, model: str | Runnable[Any, Any] | Model | None = None, budget: Budget | None = None
    ) -> Workspace:
        """Return a workspace with another model or budget that shares the rest, and does not close it."""
        other = Workspace(
            self.settings,
            model=self.model if model is None else model,
            interpreter=self.interpreter,
            library=self.library,
            budget=self._budget if budget is None else budget,
        )
        other.functions, other._tools = self.functions, self._tools
        return other

    def is_open(self, part: str) -> bool:
        """Whether a part, such as `model`, is open already."""
        return part in self._parts

    def change(self, settings: Settings, docs: Sequence[str | Path]) -> None:
        """Go on with other settings and documents; what they do not concern stays open, variables too."""
        if settings.model != self.settings.model:
            self._drop("model")
        if tuple(docs) != self._docs:
            self._drop("library")
            self._drop("host tools")
        self._settings, self._docs = settings, tuple(docs)

    def owning(self, part: T) -> T:
        """Return a part, which is closed with this workspace from now on."""
        self._own.append(part)
        return part

    def close(self) -> None:
        """Close what was opened here, the last first. Idempotent."""
        while self._own:
            _close(self._own.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def _part(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._parts:
            self._parts[name] = make()
        return cast(T, self._parts[name])

    def _drop(self, name: str) -> None:
        part = self._parts.pop(name, None)
        if any(part is own for own in self._own):
            self._own = [own for own in self._own if own is not part]
            _close(part)

    def _load_model(self) -> Model:
        from sandreckoner.llms.load import load_model

        given = self.settings.model if self._given["model"] is None else self._given["model"]
        loaded = load_model(given, settings=self.settings)
        return self.owning(loaded) if isinstance(given, str) else loaded

    def _start_sandbox(self) -> Interpreter:
        if self._given["interpreter"] is not None:
            return cast(Interpreter, self._given["interpreter"])
        from sandreckoner.tools.python import Sandbox, Walls

        if self._contained is None:
            return self.owning(Sandbox())
        if not self._contained:
            return self.owning(Sandbox(accept_uncontained=True))
        return self.owning(Sandbox(require=Walls.KERNEL))

    def _with_long_tables(self) -> Interpreter:
        """The interpreter for one question: its programs have all rows of the documents' tables."""
        if not hasattr(self.library, "whole_table"):
            return self.interpreter
        from sandreckoner.tools.retrieval.tables.long_tables import LongTables

        return LongTables(self.interpreter, cast(Any, self.library), self.redact)

    def _open_library(self) -> Library | None:
        if self._docs:
            from sandreckoner.tools.retrieval.index_registry import cached_library

            return self.owning(cached_library(self._docs, report=self.report, progress=self.progress))
        if self._index:
            from sandreckoner.tools.retrieval.index_registry import open_index

            return self.owning(
                open_index(self._index, report=self.report, labels=self.settings.seen_labels())
            )
        given = self._given["library"]
        if given is None:
            return None
        from sandreckoner.tools.retrieval.langchain_stores import as_library

        library: Library = as_library(given, embedder=self._embedder)
        return library if library is given else self.owning(library)


def _functions_of(
    tools: Sequence[Any] | Mapping[str, Tool],
) -> tuple[tuple[Function, ...], Mapping[str, Tool]]:
    if isinstance(tools, Mapping):
        return (), tools
    if not tools:
        return (), {}
    from sandreckoner.tools.functions.tool_adapters import as_functions

    return as_functions(tools)


def _close(part: object) -> None:
    if callable(close := getattr(part, "close", None)):
        close()
