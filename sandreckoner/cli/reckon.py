"""`reckon` itself: the terminal where no command is named, otherwise the command."""

from __future__ import annotations

import click

from sandreckoner import __version__
from sandreckoner.cli.command_line import CommandFolder
from sandreckoner.cli.commands.chat import open_terminal, terminal_options
from sandreckoner.core.errors import UsageError

_EXAMPLES = """\
examples:
  reckon                      (the terminal; reckon -c goes on with the last session)
  reckon "What is 17 % of 2,340?"                  (the same as reckon ask "…")
  reckon ask "By how much did net sales grow?" --docs reports/
  reckon ask "…" --strategy "once(cot, temperature=0.7)" --model openai:gpt-5-mini --json
  cat note.txt | reckon ask "What does it add up to?"
  reckon index add reports/ && reckon ask "…" --index documents
  reckon models pull qwen2.5-coder-1.5b

exit codes: 0 answered, 1 error, 2 usage, 3 budget spent, 4 no answer, 5 sandbox refused, 130 interrupted
"""


@click.group("reckon", cls=CommandFolder, examples=_EXAMPLES, invoke_without_command=True)
@click.version_option(__version__, message="reckon %(version)s", help="Print the version and exit.")
@terminal_options("The terminal, which opens where no command is named")
@click.pass_context
def reckon(ctx: click.Context, /, **terminal: object) -> int:
    """Answer questions about numbers: a model writes the computation, a sandbox runs it, and the answer says
    where every number came from.
    """
    if ctx.invoked_subcommand is None:
        return open_terminal(ctx)
    if any(terminal.values()):
        raise UsageError(f"options belong after the command: `reckon {ctx.invoked_subcommand} …`")
    return 0
