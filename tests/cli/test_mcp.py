"""`reckon mcp` as a client of the protocol uses it: a real process, the official client, real pipes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.processes import descendants, parents, settles

mcp = pytest.importorskip("mcp")

ROOT = Path(__file__).parents[2]
RECKON = str(Path(sys.executable).with_name("reckon"))
HANDSHAKE = (
    {
        "jsonrpc": "2.0",
        "id": 0,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "0"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
)


@asynccontextmanager
async def client(*words: str, said: Path | None = None) -> AsyncIterator[Any]:
    """A session of the official client with a server that it started."""
    server = mcp.StdioServerParameters(command=RECKON, args=["mcp", *words], env=dict(os.environ))
    with (said or Path(os.devnull)).open("w") as errors:
        async with (
            mcp.stdio_client(server, errlog=errors) as streams,
            mcp.ClientSession(*streams, read_timeout_seconds=timedelta(seconds=60)) as session,
        ):
            await session.initialize()
            yield session


async def test_it_offers_python_and_says_what_holds_programs_and_what_limits_them() -> None:
    async with client() as session:
        tools = (await session.list_tools()).tools
    assert [tool.name for tool in tools] == ["python"]
    for word in ("no files, no network", "10 seconds", "512 MB", "Nothing is remembered"):
        assert word in tools[0].description
    assert ("NOT CONTAINED" in tools[0].description) is not bool(tools[0].annotations)


async def test_a_program_gives_its_output_its_value_and_no_error() -> None:
    """The client checks each answer against the published schema."""
    async with client() as session:
        done = await session.call_tool("python", {"code": "print('so')\n[2 ** 10, 'é']"})
        empty = await session.call_tool("python", {"code": "x = 1"})
    assert done.isError is False
    assert done.content[0].text == 'so\n[1024, "é"]'
    form = done.structuredContent
    assert (form["status"], form["stdout"], form["value"], form["error"]) == ("ok", "so\n", [1024, "é"], None)
    assert "without printing" in empty.content[0].text
    assert empty.structuredContent["value"] is None


async def test_a_program_that_fails_is_told_with_its_line() -> None:
    async with client() as session:
        done = await session.call_tool("python", {"code": "a = 1\nb = a / 0"})
        refused = await session.call_tool("python", {"code": "(lambda: 0).__globals__"})
    assert done.isError is True
    error = done.structuredContent["error"]
    assert (error["type"], error["line"]) == ("ZeroDivisionError", 2)
    assert "line 2, in <module>: b = a / 0" in done.content[0].text
    assert refused.structuredContent["status"] == "refused"


async def test_an_endless_loop_ends_and_the_others_go_on_meanwhile() -> None:
    async with client() as session:
        await session.call_tool("python", {"code": "1"})
        endless = asyncio.create_task(session.call_tool("python", {"code": "while True: pass"}))
        started = time.monotonic()
        assert (await session.call_tool("python", {"code": "6 * 7"})).structuredContent["value"] == 42
        assert time.monotonic() - started < 8
        done = await endless
    assert done.isError is True
    assert done.structuredContent["status"] == "timeout"


async def test_what_is_no_tool_or_has_the_wrong_arguments_is_an_error_and_the_server_goes_on() -> None:
    async with client() as session:
        for name, given in (("search", {"query": "x"}), ("python", {}), ("python", {"code": 1})):
            assert (await session.call_tool(name, given)).isError is True
        assert (await session.call_tool("python", {"code": "1"})).structuredContent["value"] == 1


async def test_search_gives_passages_with_their_places() -> None:
    async with client("--docs", str(ROOT / "examples" / "data")) as session:
        assert [tool.name for tool in (await session.list_tools()).tools] == [
            "python",
            "search",
            "tables",
        ]
        found = await session.call_tool("search", {"query": "total revenue 2024", "k": 2})
        assert (await session.call_tool("search", {"query": "x", "k": 100})).isError is True
    passages = found.structuredContent["passages"]
    assert len(passages) == 2
    for passage in passages:
        text = (ROOT / "examples" / "data" / passage["source"]).read_text(encoding="utf-8")
        assert passage["text"] == text[passage["start"] : passage["end"]]
        assert passage["text"] in found.content[0].text


async def test_a_labelled_document_is_hidden_from_a_client_without_its_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "salaries.md").write_text("# Salaries\n\n| | 2024 |\n|---|---|\n| Director | 987,654 |\n")
    (tmp_path / "sales.md").write_text("# Sales\n\n| | 2024 |\n|---|---|\n| Net sales | 512.3 |\n")
    index = str(tmp_path / "index")
    for words in (["salaries.md", "--label", "board"], ["sales.md"]):
        added = [RECKON, "index", "add", str(tmp_path / words[0]), "--index", index, *words[1:]]
        subprocess.run(added, check=True, capture_output=True)
    for labels, seen in (("sales", False), ("board", True)):
        monkeypatch.setenv("RECKON_LABELS", labels)
        async with client("--index", index) as session:
            answers = [
                await session.call_tool("search", {"query": "director salary 987,654"}),
                await session.call_tool("tables", {"query": "director salary"}),
                await session.call_tool("python", {"code": "str(t1)", "tables": "director salary"}),
            ]
        for answer in answers:
            assert ("987,654" in str(answer)) is seen


async def test_tables_are_found_shown_and_given_to_a_program(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text(
        "# Northwell\n\n| In thousands | 2021 | 2020 |\n|---|---:|---:|\n| Net sales | $ 8,412 | $ 7,950 |\n"
        "| Cost of sales | (5,130) | (4,970) |\n"
    )
    async with client("--docs", str(tmp_path)) as session:
        found = await session.call_tool("tables", {"query": "net sales"})
        code = "(t1['Net sales', 2021] + t1['Cost of sales', 2021]) / t1['Net sales', 2021] * 100"
        done = await session.call_tool("python", {"code": code, "tables": "net sales"})
        lost = await session.call_tool("python", {"code": "t1['Profit', 2021]", "tables": "net sales"})
    assert "Net sales | $ 8,412 | $ 7,950" in found.content[0].text
    assert set(found.structuredContent["tables"]) == {"t1"}
    assert done.content[0].text == "39.0156918687589 %"
    assert done.structuredContent["figures"]["lookups"][0] == ["t1", 0, 0, "8412", 1]
    assert lost.isError is True
    assert "there are: " in lost.content[0].text


@pytest.fixture
def server() -> Any:
    process: Any = subprocess.Popen(
        [RECKON, "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


def tell(process: subprocess.Popen[str], *messages: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.writelines(json.dumps(message) + "\n" for message in messages)
    process.stdin.flush()


def call(number: int, code: str) -> dict[str, Any]:
    params = {"name": "python", "arguments": {"code": code}}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def vanish(process: subprocess.Popen[str]) -> None:
    """As when the client is killed: both pipes close at once."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    process.stdout.close()


WAYS_OUT: dict[str, Callable[[subprocess.Popen[str]], None]] = {
    "the client vanishes": vanish,
    "the client closes stdin": lambda process: process.stdin.close() if process.stdin else None,
    "SIGTERM": lambda process: process.terminate(),
    "SIGINT": lambda process: process.send_signal(signal.SIGINT),
    "SIGKILL": lambda process: process.kill(),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_process_is_left_when(way: str, server: subprocess.Popen[str]) -> None:
    tell(server, *HANDSHAKE, call(1, "1"), call(2, "import time\ntime.sleep(600)"))
    assert server.stdout is not None
    answers = [json.loads(server.stdout.readline()) for _ in range(2)]
    assert answers[1]["result"]["structuredContent"]["value"] == 1
    started = {server.pid} | descendants(server.pid)
    assert len(started) >= 3
    WAYS_OUT[way](server)
    server.wait(5)  # before the program's own time is over
    assert settles(lambda: not started & set(parents()))


def test_stdout_holds_nothing_but_the_protocol(server: subprocess.Popen[str]) -> None:
    assert server.stdin is not None
    tell(server, *HANDSHAKE)
    server.stdin.write("this is not JSON\n\n")
    tell(server, call(1, "print('{}')\nimport sys"))
    server.stdin.flush()
    assert server.stdout is not None
    while (message := json.loads(server.stdout.readline())).get("id") != 1:
        assert message["jsonrpc"] == "2.0"
    server.stdin.close()
    assert server.wait(10) == 0
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in server.stdout)


def test_stdin_cannot_be_a_document_too() -> None:
    done = subprocess.run([RECKON, "mcp", "--docs", "-"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "belongs to the protocol" in done.stderr


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("sys.modules['mcp'] = None", "mcp is not installed"),
        ("from mcp.server.lowlevel import Server; del Server.list_tools", "mcp 2 is installed"),
    ],
)
def test_without_its_package_it_says_how_to_install_it(before: str, said: str) -> None:
    program = f"import sys; {before}; from sandreckoner.cli import main; sys.exit(main(['mcp']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr and "pip install 'sandreckoner[mcp]'" in done.stderr


def test_where_nothing_contains_a_program_it_must_be_accepted() -> None:
    program = (
        "import sys; from sandreckoner.tools.python import pool, Walls; real = pool.Pool.walls; "
        "pool.Pool.walls = lambda self: real(self) & ~Walls.LANDLOCK; "
        "from sandreckoner.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    start = [sys.executable, "-c", program, "mcp"]
    done = subprocess.run(start, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "--accept-uncontained" in done.stderr
    asked = "".join(
        json.dumps(message) + "\n"
        for message in (*HANDSHAKE, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, call(2, "1"))
    )
    with subprocess.Popen(
        [*start, "--accept-uncontained"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(asked)
        process.stdin.flush()
        _, listed, done_ = (json.loads(process.stdout.readline())["result"] for _ in range(3))
        process.stdin.close()
    assert "NOT CONTAINED" in listed["tools"][0]["description"]
    assert done_["structuredContent"]["contained"] is False
