"""The commands of the terminal, one small function each, in a table by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandreckoner.cli.terminal.context import Context
from sandreckoner.cli.terminal.slash_commands import choosing, documents, files, general, inspecting, turns
from sandreckoner.core.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        perform: runs it with its arguments; may return a question to ask.
        usage: its arguments.
        description: what it does.
        completes: the kind of its arguments, one of `model`, `strategy`, `docs`, `session`, `export` and
            `setting`; empty where nothing is completed.
    """

    perform: Callable[[Context, str], str | None]
    usage: str
    description: str
    completes: str = ""


TABLE: Mapping[str, Command] = {
    "help": Command(lambda context, words: general.show_help(context, TABLE), "", "show this list"),
    "model": Command(choosing.model, "[MODEL]", "set the model; without a name, list the models", "model"),
    "strategy": Command(choosing.strategy, "[SPEC]", "set the strategy; without one, list them", "strategy"),
    "docs": Command(
        documents.docs, "add PATH… | list | remove NAME", "the documents of this session", "docs"
    ),
    "budget": Command(
        choosing.budget, "[calls=N tokens=N usd=X seconds=X | none]", "the budget of each question"
    ),
    "cost": Command(inspecting.cost, "", "what this session has cost"),
    "copy": Command(inspecting.copy, "[program]", "copy the last answer, or its program"),
    "exact": Command(inspecting.exact, "[N]", "the last answer without rounding"),
    "tree": Command(inspecting.tree, "[N]", "browse the search and the sources of the last question"),
    "trace": Command(inspecting.trace, "[N]", "its steps, with prompts and replies"),
    "undo": Command(turns.undo, "", "take back the last turn, cell, /clear or /docs, variables too"),
    "redo": Command(turns.redo, "", "make the change again that /undo took back"),
    "retry": Command(turns.retry, "[--strategy SPEC]", "ask the last question again", "strategy"),
    "fork": Command(turns.fork, "[NAME]", "go on in a copy of this session"),
    "run": Command(turns.run, "CODE", "run a cell of your own with these variables"),
    "vars": Command(turns.variables, "", "list the variables"),
    "save": Command(files.save, "NAME", "give this session a name"),
    "load": Command(files.load, "NAME", "open another session", "session"),
    "export": Command(files.export, "html|md|json [FILE]", "write the session to a file", "export"),
    "set": Command(choosing.change, "NAME VALUE", "change a setting of this session", "setting"),
    "settings": Command(choosing.settings, "", "every setting, and where it came from"),
    "edit": Command(general.edit, "", "write the question in $EDITOR"),
    "clear": Command(turns.clear, "", "forget the conversation and its variables"),
    "quit": Command(general.leave, "", "leave (Ctrl-D)"),
}


def perform(context: Context, line: str) -> str | None:
    """Perform a line that begins with `/`.

    Returns:
        A question to ask now, where the command made one.

    Raises:
        UnknownName: there is no such command; the message names the nearest.
        EOFError: the user wants to leave.
        SandreckonerError: it cannot be done.
    """
    name, _, words = line[1:].partition(" ") if " " in line.split("\n")[0] else line[1:].partition("\n")
    if name not in TABLE:
        near = difflib.get_close_matches(name, TABLE, 1)
        hint = f"did you mean /{near[0]}?" if near else "/help lists them"
        raise UnknownName(f"no command /{name[:40]}; {hint}")
    return TABLE[name].perform(context, words.strip())
