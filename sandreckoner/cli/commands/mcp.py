"""`reckon mcp`: the sandbox, and the search of documents, for any client of the Model Context Protocol.

Speaks on stdin and stdout, as clients start it. Nothing else may be written to stdout.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command
from sandreckoner.cli.faults import warn
from sandreckoner.core.errors import MissingExtra, MissingWall, UsageError

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from sandreckoner.workspace.workspace import Workspace

_EXAMPLES = """\
examples:
  reckon mcp --docs reports/                      the command that a client is told to start
"""


@click.command(
    "mcp",
    cls=Command,
    examples=_EXAMPLES,
    short_help="serve the sandbox and the search of documents to an MCP client, on stdin and stdout",
)
@options.docs
@click.option("--index", default="", metavar="NAME", help="An index that `reckon index add` keeps.")
@click.option("--accept-uncontained", is_flag=True, help="Serve even where nothing would hold a program.")
def command(docs: tuple[str, ...], index: str, *, accept_uncontained: bool) -> int:
    """Serve the sandbox, and the search of documents, to a client of the Model Context Protocol on stdin and
    stdout, until the client goes away.
    """
    _need_package()
    import anyio

    from sandreckoner.cli.mcp_tools import server_of
    from sandreckoner.workspace.workspace import Workspace

    if "-" in docs:
        raise UsageError("--docs - reads stdin, which belongs to the protocol here; name files or folders")
    # A thread of the protocol's waits on stdin and would not hear of KeyboardInterrupt; the kernel ends the
    # sandbox with this process, whatever ends it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    protocol = _claim_stdout()
    contained = not accept_uncontained
    with Workspace(docs=docs, index=index, contained=contained, report=warn) as workspace:
        _contained(workspace)
        try:
            anyio.run(_serve, server_of(workspace.sandbox, workspace.library, workspace.redact), protocol)
        except* (BrokenPipeError, ConnectionError):  # the client went without a word
            pass
    return 0


def _need_package() -> None:
    try:
        from mcp.server.lowlevel import Server
    except ModuleNotFoundError as fault:
        if (fault.name or "").partition(".")[0] != "mcp":
            raise
        raise MissingExtra("mcp is not installed: pip install 'sandreckoner[mcp]'") from None
    if not hasattr(Server, "list_tools"):
        raise MissingExtra("mcp 2 is installed, and version 1 is needed: pip install 'sandreckoner[mcp]'")


def _contained(workspace: Workspace) -> None:
    try:
        _ = workspace.sandbox
    except MissingWall as fault:
        raise MissingWall(f"{fault}; --accept-uncontained serves programs that nothing contains") from None


def _claim_stdout() -> int:
    """A descriptor of our own for the protocol; whatever else prints from now on goes to stderr."""
    protocol = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return protocol


async def _serve(server: Server[Any, Any], protocol: int) -> None:
    import anyio
    from mcp.server.stdio import stdio_server

    out = anyio.wrap_file(os.fdopen(protocol, "w", encoding="utf-8"))
    async with stdio_server(stdout=out) as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
