"""Keys, limits, clients that vanish, shutdown, journals, metrics, logs."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from sandreckoner.cli import main
from sandreckoner.serve.listening import listener_at
from tests.serve.serving import Served, SilentModel, reckon_serve

KEY = "rk-0123456789abcdef0123456789abcdef"


def programs(server: Served) -> set[str]:
    """The processes below the server's that run something, by their ids."""
    said = subprocess.run(["ps", "-eo", "pid,ppid,stat"], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in said.splitlines()[1:]]
    known, found = {str(server.process.pid)}, set[str]()
    while new := {pid for pid, parent, stat in rows if parent in known and pid not in known}:
        known |= new
    for pid, _, stat in rows:
        if pid in known - {str(server.process.pid)} and stat.startswith("R"):
            found.add(pid)
    return found


def eventually(check: object, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if check():  # type: ignore[operator]
            return True
        threading.Event().wait(0.05)
    return False


def read_all(server: Served, body: dict[str, object], timeout: float) -> None:
    """Read a reply to its end; gives up when nothing has come for so many seconds."""
    with (
        server.client() as client,
        client.stream("POST", "/v1/chat/completions", json=body, timeout=timeout) as reply,
    ):
        for _ in reply.iter_bytes():
            pass


def going(server: Served) -> float:
    with server.client() as client:
        line = next(
            one
            for one in client.get("/metrics").text.splitlines()
            if one.startswith("reckon_requests_going ")
        )
    return float(line.split()[1])


def test_budgets_are_lowered_and_never_raised(served: Served) -> None:
    cut = served.ask("What is 3 * 14?", "careful", budget={"calls": 2}).json()
    assert cut["sandreckoner"]["usage"]["calls"] == 2
    raised = served.ask("What is 3 * 14?", "twice", budget={"calls": 100}).json()
    assert raised["sandreckoner"]["usage"]["calls"] == 1
    few = served.ask("What is 3 * 14?", max_tokens=3).json()
    assert few["choices"][0]["finish_reason"] == "length"
    assert few["usage"]["completion_tokens"] == 3


def test_a_time_limit_ends_a_program(served: Served) -> None:
    begun = time.monotonic()
    late = served.ask("Count forever.", budget={"seconds": 1}).json()
    assert late["choices"][0]["finish_reason"] == "length"
    assert time.monotonic() - begun < 10


def test_any_request_can_be_explained_from_its_journal(served: Served, tmp_path: Path) -> None:
    reply = served.ask("What is 3 * 14?", "careful", seed=7)
    journal = served.home.parent / "runs" / f"{reply.headers['x-request-id']}.jsonl"
    command = [sys.executable, "-m", "sandreckoner.cli", "replay", str(journal), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert '"answer": "42"' in done.stdout


def test_the_log_has_neither_questions_nor_keys(served: Served) -> None:
    told = served.logged(served.ask("What is 3 * 14? My password is hunter22."))
    with served.client() as client:
        served.logged(client.get("/v1/models", headers={"Authorization": f"Bearer {KEY}"}))
    assert (told["offer"], told["outcome"], told["calls"], told["status"]) == ("pal", "answered", 1, 200)
    assert "hunter22" not in served.log and KEY not in served.log


def test_health_and_metrics(served: Served) -> None:
    served.ask("What is 3 * 14?")
    with served.client() as client:
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
        told = client.get("/metrics").text
    assert 'reckon_requests_total{offer="pal",status="answered"}' in told
    assert 'reckon_programs_total{status="ok"}' in told


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_vanishes_ends_its_program(served: Served, stream: bool) -> None:
    body = {"model": "pal", "stream": stream, "messages": [{"role": "user", "content": "Count forever."}]}
    seen: list[set[str]] = []
    threading.Timer(1, lambda: seen.append(programs(served))).start()
    with pytest.raises(httpx.ReadTimeout):
        read_all(served, body, timeout=2)
    assert seen[0], "the program does not run"
    assert eventually(lambda: not programs(served), 6), "the program goes on"  # its own limit ends it at 10
    assert eventually(lambda: going(served) == 0, 3)


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_vanishes_ends_the_models_call(tmp_path: Path, stream: bool) -> None:
    model = SilentModel()
    with reckon_serve(tmp_path, "--offer", "cot", model=model.spec) as server:
        body = {"model": "cot", "stream": stream, "messages": [{"role": "user", "content": "Hello?"}]}
        with pytest.raises(httpx.ReadTimeout):
            read_all(server, body, timeout=3)
        assert model.asked.is_set()
        assert model.left.wait(2), "the model is still asked"


def test_too_many_at_once_are_sent_away_and_told_when_to_come_back(tmp_path: Path) -> None:
    with reckon_serve(
        tmp_path, "--offer", "pal", "--at-once", "1", "--queue", "1", "--seconds", "3"
    ) as server:
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda _: server.ask("Count forever."), range(4)))
        codes = sorted(reply.status_code for reply in replies)
        assert codes.count(429) >= 1 and codes.count(200) >= 1
        busy = next(reply for reply in replies if reply.status_code == 429)
        assert int(busy.headers["retry-after"]) >= 1
        assert busy.json()["error"]["type"] == "rate_limit_error"
        assert server.ask("What is 3 * 14?").status_code == 200


def test_a_stream_finishes_when_the_server_is_told_to_stop(tmp_path: Path) -> None:
    with reckon_serve(tmp_path, "--offer", "pal", "--seconds", "3") as server:
        body = {"model": "pal", "stream": True, "messages": [{"role": "user", "content": "Count forever."}]}
        with server.client() as client, client.stream("POST", "/v1/chat/completions", json=body) as reply:
            lines = reply.iter_lines()
            next(lines)
            server.process.send_signal(signal.SIGTERM)
            rest = [line for line in lines if line]
        assert rest[-1] == "data: [DONE]"
        assert server.process.wait(20) == 0
        assert not programs(server)


def test_keys(tmp_path: Path) -> None:
    with reckon_serve(tmp_path, "--offer", "pal", RECKON_SERVE_KEY=KEY) as server:
        assert server.ask("What is 3 * 14?").status_code == 401
        with server.client(headers={"Authorization": "Bearer rk-wrong"}) as client:
            for path in ("/v1/models", "/metrics"):
                assert client.get(path).json()["error"]["code"] == "invalid_api_key"
            assert client.get("/healthz").status_code == 200
        with server.client(headers={"Authorization": f"Bearer {KEY}"}) as client:
            told = client.get("/v1/models")
        assert server.logged(told)["status"] == 200
        assert KEY not in server.log


def test_a_key_has_a_budget_of_a_day_that_a_restart_does_not_renew(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    command = [sys.executable, "-m", "sandreckoner.cli", "serve", "--keys", str(keys), "--new-key", "alice"]
    key = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    assert key not in keys.read_text() and oct(keys.stat().st_mode & 0o777) == "0o600"
    with keys.open("a") as file:
        file.write("calls = 7\n")
    body = {"model": "careful", "messages": [{"role": "user", "content": "What is 3 * 14?"}]}
    calls, statuses = [], []
    for _ in range(2):
        with (
            reckon_serve(tmp_path, "--offer", "careful=sc(pal, n=5)", "--keys", str(keys)) as server,
            server.client(headers={"Authorization": f"Bearer {key}"}) as client,
        ):
            for _ in range(2):
                reply = client.post("/v1/chat/completions", json=body)
                statuses.append(reply.status_code)
                if reply.status_code == 200:
                    calls.append(reply.json()["sandreckoner"]["usage"]["calls"])
    assert calls == [5, 2] and statuses == [200, 200, 429, 429]
    assert reply.json()["error"]["code"] == "insufficient_quota" and "retry-after" in reply.headers


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--host", "0.0.0.0"], "a key is needed"),
        (["--offer", "nothing"], "unknown strategy 'nothing'"),
        (["--offer", "a=pal", "--offer", "a=cot"], "two are named 'a'"),
        (["--offer", "pal; cells=3"], "is no limit"),
        (["--offer", "pal@absent-index"], "there is no index 'absent-index'"),
        (["--keys", "absent.toml"], "--new-key NAME"),
        (["--new-key", "alice"], "needs --keys"),
        (["--port", "99999999"], "--port"),
    ],
)
def test_a_mistake_is_one_line_before_anything_listens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    script = tmp_path / "script.txt"
    script.write_text("4")
    assert main(["serve", "--model", f"scripted:{script}", *arguments]) in (1, 2)
    said = capsys.readouterr().err
    assert says in said and len(said.strip().splitlines()) == 1, said


def test_a_body_does_not_wait_until_its_headers_are_acknowledged() -> None:
    with listener_at("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
