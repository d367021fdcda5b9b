"""Requests that cannot be answered as they are: each one line in OpenAI's form that says how to mend it."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tests.serve.serving import Served

QUESTION = [{"role": "user", "content": "What is 3 * 14?"}]
PICTURE = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


def fault(served: Served, path: str, body: dict[str, Any]) -> tuple[int, str, str]:
    with served.client() as client:
        reply = client.post(path, json=body)
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"} and "\n" not in error["message"]
    return reply.status_code, error["param"] or "", error["message"]


@pytest.mark.parametrize(
    ("change", "status", "param", "says"),
    [
        ({"tools": [TOOL]}, 400, "tools", "calls no tools"),
        ({"tool_choice": "required"}, 400, "tool_choice", "calls no tools"),
        ({"n": 2}, 400, "n", "sc(pal, n=5)"),
        ({"logprobs": True}, 400, "logprobs", "confidence"),
        ({"response_format": {"type": "json_object"}}, 400, "response_format", "json_schema"),
        ({"messages": [{"role": "user", "content": PICTURE}]}, 400, "messages", "image_url is not taken"),
        ({"messages": [{"role": "assistant", "content": "4"}]}, 400, "messages", "end with a message of the"),
        ({"messages": [{"role": "tool", "content": "4"}]}, 400, "messages.0.role", "system"),
        ({"messages": []}, 400, "messages", "at least 1"),
        ({"messages": "hello"}, 400, "messages", "list"),
        ({"messages": [{"role": "user", "content": " "}]}, 400, "messages", "the question is empty"),
        ({"messages": [{"role": "user", "content": "7" * 200_000}]}, 400, "messages", "characters"),
        ({"model": 7}, 400, "model", "string"),
        ({"invented": 1}, 400, "invented", "does not know it"),
        ({"max_tokens": 0}, 400, "max_tokens", "greater"),
        ({"budget": {"calls": -1}}, 400, "budget.calls", "greater"),
        ({"budget": {"cells": 1}}, 400, "budget.cells", "not permitted"),
        ({"model": "nothing-like-it"}, 400, "model", "nothing"),
        ({"model": "pal(prompt='/etc/passwd.txt')"}, 400, "model", "takes no files"),
        ({"model": "sc(pal, n=100000)"}, 400, "model", "at most 64"),
    ],
)
def test_chat(served: Served, change: dict[str, Any], status: int, param: str, says: str) -> None:
    told = fault(served, "/v1/chat/completions", {"model": "pal", "messages": QUESTION, **change})
    assert told[:2] == (status, param)
    assert says in told[2]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"background": True}, "background"),
        ({"tools": [TOOL]}, "tools"),
        ({"text": {"format": {"type": "json_object"}}}, "text.format"),
        ({"input": [{"type": "function_call_output", "role": "user", "content": "x"}]}, "input"),
        ({"input": 4}, "input"),
    ],
)
def test_responses(served: Served, change: dict[str, Any], param: str) -> None:
    status, named, _ = fault(served, "/v1/responses", {"model": "pal", "input": "3 * 14?", **change})
    assert (status, named.split(".")[0]) == (400, param.split(".")[0])


def test_what_cannot_change_the_meaning_is_taken(served: Served) -> None:
    ignored = {"user": "me", "temperature": 0.3, "store": True, "metadata": {"a": "b"}, "tools": [], "n": 1}
    assert served.ask("What is 3 * 14?", **ignored).json()["choices"][0]["message"]["content"] == "42"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"[1]", 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (b'{"model": "pal", "messages": ' + b"[" * 100_000, 400),
        (b'{"model": "\\ud800", "messages": [{"role": "user", "content": "\\udfff"}]}', 400),
        (json.dumps({"model": "pal", "input": "x" * 2_100_000}).encode(), 413),
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
def test_malformed_bodies(served: Served, path: str, body: bytes, status: int) -> None:
    with served.client() as client:
        reply = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == status
    assert reply.json()["error"]["message"]


def test_a_form_of_another_page_is_not_taken(served: Served) -> None:
    with served.client() as client:
        reply = client.post("/v1/chat/completions", content=b'{"model": "pal"}')
        assert reply.status_code == 415
        body = {"model": "pal", "messages": QUESTION}
        other = client.post("/v1/chat/completions", json=body, headers={"Host": "evil.example"})
        assert other.status_code == 400
        there = client.options(
            "/v1/chat/completions",
            headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
        )
        assert "access-control-allow-origin" not in there.headers


def test_a_body_of_a_hundred_megabytes_is_refused_before_it_has_arrived(served: Served) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(
            b"POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100000000\r\n\r\n"
        )
        sent = 0
        try:
            while sent < 100_000_000:
                connection.sendall(b" " * 1_000_000)
                sent += 1_000_000
        except OSError:
            pass
    assert sent < 50_000_000, "the whole body was read"


def test_unknown_addresses_and_methods(served: Served) -> None:
    with served.client() as client:
        for reply in (client.get("/v1/nothing"), client.get("/v1/chat/completions")):
            assert reply.status_code in (404, 405)
            assert reply.json()["error"]["type"] == "invalid_request_error"
