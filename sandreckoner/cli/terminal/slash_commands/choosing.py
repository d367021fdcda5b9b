"""/model, /strategy, /budget, /set, /settings: change and list settings."""

from __future__ import annotations

from rich.table import Table

from sandreckoner.cli.layered_settings import BUDGET, KNOWN
from sandreckoner.cli.terminal.context import Context
from sandreckoner.core.errors import UsageError


def model(context: Context, words: str) -> None:
    """Set the model, or list the models."""
    if not words:
        from sandreckoner.llms import model_rows

        table = Table(box=None, show_header=False, pad_edge=False)
        for row in model_rows():
            table.add_row("●" if row.usable else "○", row.spec, row.title if row.usable else row.missing)
        context.style.console.print(table)
        context.say(f"now: {context.settings.text('model')}")
        return
    before = context.settings.text("model")
    _change(context, "model", words)
    try:
        context.model()
    except Exception:
        context.settings.set("model", before)
        raise


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
    context.say(f"now: {context.settings.text('strategy')}; they nest, like sc(pal, n=5)")


def budget(context: Context, words: str) -> None:
    """Show or set the budget of each question: `calls=5 usd=0.10`, or `none`."""
    pairs = (
        [(name, "none") for name in BUDGET] if words == "none" else [_pair(word) for word in words.split()]
    )
    for name, value in pairs:
        if name not in BUDGET:
            raise UsageError(f"a budget has {', '.join(BUDGET)}; not {name!r}")
        _change(context, name, value, quiet=True)
    limits = [f"{name} {context.settings.text(name)}" for name in BUDGET if context.settings.text(name)]
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
    for name, known in KNOWN.items():
        table.add_row(
            name, context.settings.text(name) or "–", f"({context.settings.origin(name)})", known.description
        )
    context.style.console.print(table, markup=False)


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise UsageError("write a budget like calls=5 tokens=4000 usd=0.10 seconds=60, or none")
    return name, value


def _change(context: Context, name: str, value: str, *, quiet: bool = False) -> None:
    context.settings.set(name, value)
    context.session.set(name, value)
    if not quiet:
        context.say(f"{name}: {context.settings.text(name) or '–'}")
