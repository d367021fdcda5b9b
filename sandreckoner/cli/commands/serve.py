"""`reckon serve`: strategies over OpenAI's protocol, and a page that shows where a number stands."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command
from sandreckoner.core.errors import MissingExtra, MissingWall, UsageError

if TYPE_CHECKING:
    from sandreckoner.serve.service import Service

_EXAMPLES = """\
examples:
  reckon serve --docs reports/ --open                    the page, with documents
  reckon serve --offer pal --offer "careful=sc(pal, n=5)" --model openai:gpt-5-mini
  reckon serve --offer "reports=figures@filings; calls=20, seconds=60" --journals runs/
  reckon serve --new-key alice --keys keys.toml && reckon serve --host 0.0.0.0 --keys keys.toml

An offer is [NAME=]STRATEGY[/MODEL][@INDEX][; LIMITS]; clients name it as their model.
RECKON_SERVE_KEY holds one key where there is no file of keys.
"""


@click.command(
    "serve", cls=Command, examples=_EXAMPLES, short_help="serve strategies to OpenAI clients, and a page"
)
@click.option("--offer", "offers", multiple=True, metavar="OFFER", help="What clients may ask; repeatable.")
@click.option("--any-strategy", is_flag=True, help="A client may name a strategy of its own, without files.")
@options.model
@options.docs
@click.option("--host", default="127.0.0.1", help="The address to listen on (default: this machine alone).")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, help="The port (default 8080; 0 takes a free one)."
)
@click.option("--keys", metavar="FILE", type=click.Path(), help="Who may ask; needed off this machine.")
@click.option("--new-key", metavar="NAME", help="Add a key to --keys FILE, print it, and end.")
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser, with a key of its own.")
@click.option("--journals", metavar="FOLDER", type=click.Path(), help="Record each run, for `reckon replay`.")
@click.option("--at-once", type=click.IntRange(1), default=64, help="Requests that run at once (default 64).")
@click.option("--queue", type=click.IntRange(0), default=256, help="Requests that wait (default 256).")
@click.option("--allow-host", multiple=True, metavar="NAME", help="Another name of this server; repeatable.")
@click.option("--allow-origin", multiple=True, metavar="URL", help="A page elsewhere that may call it.")
@click.option("--accept-uncontained", is_flag=True, help="Serve even where nothing would hold a program.")
@options.quiet
@options.budget("Budget of each request, which a request can lower")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    offers: tuple[str, ...],
    docs: tuple[str, ...],
    host: str,
    port: int,
    keys: str | None,
    new_key: str | None,
    journals: str | None,
    at_once: int,
    queue: int,
    allow_host: tuple[str, ...],
    allow_origin: tuple[str, ...],
    *,
    any_strategy: bool,
    opens: bool,
    accept_uncontained: bool,
    quiet: bool,
    **_: Any,
) -> int:
    """Serve strategies to any client of OpenAI's protocol until it is interrupted: chat completions,
    responses and models under /v1, and a page at /.
    """
    _need_packages()
    from sandreckoner._support.user_folders import data_folder
    from sandreckoner.cli.render.rendered_replies import AnswerRenderer
    from sandreckoner.serve.api_keys import Spending, append_key
    from sandreckoner.serve.application import Application
    from sandreckoner.serve.caller_documents import CallerDocuments
    from sandreckoner.serve.listening import LOOPBACK, is_loopback, serve
    from sandreckoner.serve.offers import read_offers
    from sandreckoner.serve.service import Service
    from sandreckoner.workspace import Workspace

    if new_key:
        if not keys:
            raise UsageError("--new-key needs --keys FILE, the file that the key is added to")
        print(append_key(Path(keys), new_key))
        return 0
    known = _keys(keys)
    if not known and not is_loopback(host):
        raise UsageError(f"--host {host} lets others in, so a key is needed: --new-key NAME --keys FILE")
    settings = options.settings_of(ctx.params)
    base = Workspace(
        settings,
        docs=docs,
        contained=not accept_uncontained,
        report=None if quiet else lambda line: print(f"reckon: {line}", file=sys.stderr),
    )
    folder = data_folder() / "served"
    documents = CallerDocuments(folder / "documents")
    service = Service(
        base,
        read_offers(offers, settings.budget()),
        documents=documents,
        spending=Spending(folder / "spending.sqlite"),
        any_strategy=any_strategy,
        journals=Path(journals) if journals else None,
    )
    application = Application(
        service,
        known,
        documents,
        AnswerRenderer(),
        folder,
        at_once=at_once,
        queue=queue,
        # Off this machine a key is needed, which no page of the web has: any name will do.
        hosts=(*LOOPBACK, *allow_host) if is_loopback(host) else ("*",),
        origins=allow_origin,
        quiet=quiet,
    )
    with closing(documents), closing(service):
        _open(service)
        return serve(application.asgi, host, port, on_start=_opener(application.ticket()) if opens else None)


def _opener(ticket: str) -> Callable[[str], None]:
    """Opens the page, with what it exchanges for a key."""

    def open_page(address: str) -> None:
        import webbrowser

        page = f"{address}#{ticket}"
        if not webbrowser.open(page):
            print(f"reckon: open {page} in a browser of this machine", file=sys.stderr)

    return open_page


def _open(service: Service) -> None:
    try:
        service.open()
    except MissingWall as fault:
        raise MissingWall(f"{fault}; --accept-uncontained serves programs that nothing contains") from None


def _keys(path: str | None) -> Any:
    from sandreckoner.serve.api_keys import Keys, read_keys

    keys = read_keys(Path(path)) if path else Keys()
    if key := os.environ.get("RECKON_SERVE_KEY", "").strip():
        if len(key) < 16:
            raise UsageError("RECKON_SERVE_KEY has fewer than 16 characters; make a longer one")
        keys.add("default", key)
    return keys


def _need_packages() -> None:
    try:
        import prometheus_client
        import sse_starlette
        import starlette
        import uvicorn
    except ModuleNotFoundError as fault:
        raise MissingExtra(
            f"{(fault.name or '').partition('.')[0]} is not installed: pip install 'sandreckoner[serve]'"
        ) from None
    del prometheus_client, sse_starlette, starlette, uvicorn
