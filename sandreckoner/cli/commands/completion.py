"""`reckon completion SHELL`: a script that completes commands, options and their values in a shell."""

from __future__ import annotations

import click

from sandreckoner.cli.command_line import Command

_EXAMPLES = """\
examples:
  eval "$(reckon completion bash)"            in ~/.bashrc; bash 4.4 or later
  eval "$(reckon completion zsh)"             in ~/.zshrc, after compinit
  reckon completion fish | source             in ~/.config/fish/config.fish
"""


@click.command(
    "completion",
    cls=Command,
    examples=_EXAMPLES,
    short_help="a script that completes these commands in your shell",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, /, shell: str) -> int:
    """Print a script that completes commands, options and their values."""
    from click.shell_completion import shell_complete

    root = ctx.find_root().command
    return shell_complete(root, {}, "reckon", "_RECKON_COMPLETE", f"{shell}_source")
