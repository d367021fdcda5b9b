"""Options that several commands share, each the same everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sandreckoner.evals.run.thread_engine import Engine
    from sandreckoner.settings import Settings

RESIDENT_MINUTES = 10  # that the embedded model stays loaded after a command
F = TypeVar("F", bound=Callable[..., Any])


class SectionOption(click.Option):
    """An option that stands under a heading of its own in the help."""

    def __init__(self, *names: Any, section: str, **rest: Any) -> None:
        super().__init__(*names, **rest)
        self.section = section


class OutputFile(click.Path):
    """A file that a command is to write: whether it can be is seen before anything is asked or spent."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        path = Path(str(value))
        there = path.exists()
        if path.is_dir():
            self.fail(f"{path} is a folder; name a file in it", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"{path} cannot be written: there is no folder {path.parent}", param, ctx)
        if there and not path.is_file():  # a device, a pipe: to open one may wait for its reader
            return str(path)
        try:
            path.open("ab").close()
        except OSError as fault:
            self.fail(f"{path} cannot be written: {fault.strerror}", param, ctx)
        if not there:
            path.unlink(missing_ok=True)
        return str(path)


def settings_of(params: Mapping[str, Any]) -> Settings:
    """Load the settings that hold for a command: its options come first.

    Args:
        params: all parameters of the command; those that are no settings, or several values, are left out.
    """
    from sandreckoner.settings.settings_model import PLAIN
    from sandreckoner.settings.user_settings import load_settings

    given = {name: params.get(name) for name in PLAIN}
    found = load_settings({name: value for name, value in given.items() if not isinstance(value, tuple)})
    if found.origin("resident_minutes") == "default":
        # Commands follow one another; a program that uses the library keeps its model as long as it runs.
        return found.changed({"resident_minutes": RESIDENT_MINUTES}, "default of the command")
    return found


def complete_strategy(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The strategies that begin like this."""
    from sandreckoner.chains.spec import known_names

    return [name for name in known_names() if name.startswith(incomplete)]


def complete_model(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The models that begin like this."""
    from sandreckoner.llms import model_rows

    return [row.spec for row in model_rows() if row.spec.startswith(incomplete)]


strategy = click.option(
    "-s",
    "--strategy",
    shell_complete=complete_strategy,
    help="The strategy, for example cot, pal, 'sc(pal, n=5)'.",
)
model = click.option(
    "-m", "--model", shell_complete=complete_model, help="The model, for example local, openai:gpt-5-mini."
)
docs = click.option(
    "--docs",
    multiple=True,
    metavar="PATH",
    type=click.Path(),
    help="A document or a folder; repeatable.",
)
plain = click.option("--plain", is_flag=True, help="No boxes and no redrawing, for screen readers.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object (version 1).")
html = click.option(
    "--html",
    metavar="FILE",
    type=OutputFile(),
    help="Write the answer with its numbers and their sources to a page.",
)
quiet = click.option("--quiet", is_flag=True, help="Only the answer, nothing on stderr.")
folder = click.option("--folder", type=click.Path(), help="Where the files of named benchmarks are.")


def stacked(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, listed in the help in this order."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def sampling(section: str, *, seed: bool = True) -> Callable[[F], F]:
    """`--temperature`, `--max-tokens` and `--seed`, under a heading."""
    kinds: list[tuple[str, type, str]] = [
        ("--temperature", float, "Of every prompt; 0 always takes the likeliest word."),
        ("--max-tokens", int, "The longest reply, in tokens."),
        ("--seed", int, "Makes sampling repeatable where the model can."),
    ]
    return stacked(
        *(
            click.option(name, type=kind, help=text, cls=SectionOption, section=section)
            for name, kind, text in (kinds if seed else kinds[:2])
        )
    )


def sampled(strategy: str, given: Mapping[str, Any]) -> str:
    """The specification of a strategy that draws as these options say."""
    chosen = [
        f"{name}={given[name]!r}"
        for name in ("temperature", "max_tokens", "seed")
        if given.get(name) is not None
    ]
    return f"sampled({strategy}, {', '.join(chosen)})" if chosen else strategy


def budget(section: str) -> Callable[[F], F]:
    """`--calls`, `--tokens`, `--usd` and `--seconds`, under a heading."""
    limits: tuple[tuple[str, type, str], ...] = (
        ("--calls", int, "At most so many completions."),
        ("--tokens", int, "At most so many tokens, prompts included."),
        ("--usd", float, "At most so many US dollars."),
        ("--seconds", float, "At most so many seconds."),
    )
    return stacked(
        *(
            click.option(name, type=kind, help=text, cls=SectionOption, section=section)
            for name, kind, text in limits
        )
    )


@dataclass(frozen=True, slots=True)
class ManyQuestions:
    """What `reckon eval` and `reckon batch` have in common, as the user chose it."""

    settings: Settings
    models: tuple[str, ...]
    index: str
    concurrency: int
    seed: int
    quiet: bool
    engine: str
    address: str | None

    def make_engine(self) -> Engine:
        """What runs the questions: threads of this process, or a Ray cluster."""
        if self.engine == "ray":
            from sandreckoner.evals.run.ray_engine import RayEngine

            return RayEngine(self.address)
        from sandreckoner.evals.run.thread_engine import run_in_threads

        return run_in_threads


def many_questions(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `ManyQuestions`, passed to the command as `common`."""

    @wraps(function)
    def call(**given: Any) -> Any:
        models = given.pop("model")
        settings = settings_of({**given, "model": models[0] if models else None})
        own = {
            name: given.pop(name) for name in ManyQuestions.__slots__ if name not in ("settings", "models")
        }
        for name in ("calls", "tokens", "usd", "seconds"):
            del given[name]
        return function(common=ManyQuestions(settings, models, **own), **given)

    return stacked(
        click.option(
            "-m",
            "--model",
            multiple=True,
            shell_complete=complete_model,
            help="The model, for example local (the default), openai:gpt-5-mini; `eval` takes several.",
        ),
        click.option(
            "--index",
            default="",
            metavar="NAME",
            help="Documents to search, as `reckon index add` keeps them.",
        ),
        click.option("--concurrency", type=int, default=4, help="Questions at a time (default 4)."),
        click.option("--seed", type=int, default=0, help="Of sampling (default 0)."),
        click.option("--quiet", is_flag=True, help="No progress on stderr."),
        click.option(
            "--engine", type=click.Choice(["local", "ray"]), default="local", help="What runs the questions."
        ),
        click.option("--address", help="Of a running Ray cluster; without it, Ray runs on this machine."),
        budget("Budget of each question"),
    )(call)
