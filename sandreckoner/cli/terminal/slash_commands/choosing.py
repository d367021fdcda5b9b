"""/model, /strategy, /budget, /set, /settings: change and list settings."""

from __future__ import annotations

from rich.table import Table

from sandreckoner.cli.terminal.context import Context
from sandreckoner.core.errors import UsageError
from sandreckoner.settings.settings_model import BUDGET, described


def model(context: Context, words: str) -> None:
    """Set the model, or list the models."""
    if not words:
        from sandreckoner.llms import model_rows

        table = Table(box=None, show_header=False, pad_edge=False)
        for row in model_rows():
            table.add_row("●" if row.usable else "○", row.spec, row.title if row.usable else row.missing)
        context.style.console.print(table)
        context.say(f"now: {context.settings.model}")
        return
    _change(context, "model", words)


def strategy(context: Context, words: str) -> None:
    """Set the strategy, or list the strategies."""
    if words:
        _change(context, "strategy", words)
        return
    from sandreckoner.chains.spec import known_names

    table = Table(box=None, show_header=False, pad_edge=False)
    for name, entry in known_names().items():
        table.add_row(name, entry.description)
    context.style.console.print(table)
    context.say(f"now: {context.settings.strategy}; they nest, like sc(pal, n=5)")


def budget(context: Context, words: str) -> None:
    """Show or set the budget of each question: `calls=5 usd=0.10`, or `none`."""
    pairs = (
        [(name, "none") for name in BUDGET] if words == "none" else [_pair(word) for word in words.split()]
    )
    for name, value in pairs:
        if name not in BUDGET:
            raise UsageError(f"a budget has {', '.join(BUDGET)}; not {name!r}")
        _change(context, name, value, quiet=True)
    limits = [
        f"{name} {value.removesuffix('.0')}"
        for name, value, _ in context.settings.rows()
        if name in BUDGET and value
    ]
    context.say(f"budget of each question: {', '.join(limits) or 'no limit'}")


def change(context: Context, words: str) -> None:
    """Change one setting."""
    name, _, value = words.partition(" ")
    if not value:
        raise UsageError("write /set NAME VALUE; /settings lists the names")
    _change(context, name, value.strip())


def settings(context: Context, words: str) -> None:
    """Show every setting with its value and its origin."""
    table = Table(box=None, show_header=False, pad_edge=False)
    says = described()
    for name, value, origin in context.settings.rows():
        table.add_row(name, value or "–", f"({origin})", says.get(name, ""))
    context.style.console.print(table, markup=False)


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise UsageError("write a budget like calls=5 tokens=4000 usd=0.10 seconds=60, or none")
    return name, value


def _change(context: Context, name: str, value: str, *, quiet: bool = False) -> None:
    before = context.settings
    context.set(name, value)
    try:
        if name == "strategy":
            from sandreckoner.chains.spec import parse_strategy

            parse_strategy(value)
        elif name == "model":
            _ = context.workspace().model
    except Exception:
        context.settings = before  # what is refused is not kept
        raise
    context.session.set({name: value})
    if not quiet:
        shown = {name: value for name, value, _ in context.settings.rows()}[name]
        context.say(f"{name}: {shown or '–'}")
