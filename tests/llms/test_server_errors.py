"""Servers that fail, over real sockets: requests counted, nothing doubled, the cause told."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from support.server import Plan, Served

from sandreckoner.core.effects import Ask
from sandreckoner.core.errors import ModelError, ModelTimeout, ModelUnavailable
from sandreckoner.core.message import Message
from sandreckoner.llms import FallbackModel, ScriptedModel, load_model
from sandreckoner.llms.client.retry import Circuit
from sandreckoner.testing.model_conformance import RecordedStream

QUESTION = Ask((Message("user", "Two and two?"),))


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_a_passing_fault_costs_one_more_request(
    served: Served, way: Any, status: int, streamed: bool
) -> None:
    served.plans = [Plan(status=status, headers={"Retry-After": "0"})]
    pieces: list[str] = []
    (reply,) = way(load_model(served.spec), QUESTION, on_text=pieces.append if streamed else None)
    assert reply.text == "one two three"
    assert "".join(pieces) == ("one two three" if streamed else "")
    assert len(served.requests) == 2


def test_a_storm_ends_after_five_requests(served: Served, way: Any) -> None:
    served.usual = Plan(status=429, headers={"Retry-After": "0"})
    with pytest.raises(ModelError, match="too many requests"):
        way(load_model(served.spec), QUESTION)
    assert len(served.requests) == 5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_plain_refusal_is_never_sent_again(served: Served, way: Any, status: int) -> None:
    served.usual = Plan(status=status)
    with pytest.raises(ModelError):
        way(load_model(served.spec), QUESTION)
    assert len(served.requests) == 1


def test_a_pause_of_an_hour_is_not_waited_for(served: Served, way: Any) -> None:
    served.usual = Plan(status=429, headers={"Retry-After": "3600"})
    with pytest.raises(ModelError, match="too many requests"):
        way(load_model(served.spec), QUESTION)
    assert len(served.requests) == 1


def test_the_deadline_goes_through_the_pauses(served: Served, way: Any) -> None:
    served.usual = Plan(status=429, headers={"Retry-After": "20"})
    with pytest.raises(ModelTimeout):
        way(load_model(served.spec), QUESTION, timeout_s=0.5)
    assert len(served.requests) == 1


def test_a_stream_that_is_cut_is_not_begun_again(served: Served, way: Any) -> None:
    served.usual = Plan(cut_after=2)
    pieces: list[str] = []
    with pytest.raises(ModelError, match=r"127\.0\.0\.1"):
        way(load_model(served.spec), QUESTION, on_text=pieces.append)
    assert pieces == ["one", " two"]
    assert len(served.requests) == 1


def test_a_dead_server_is_left_in_peace() -> None:
    now = [0.0]
    circuit = Circuit(limit=3, rest_s=30, clock=lambda: now[0])
    for _ in range(3):
        circuit.check("it")
        circuit.note(ConnectionError("down"))
    with pytest.raises(ModelUnavailable, match="failed 3 times in a row; not asked for another 30 seconds"):
        circuit.check("it")
    now[0] = 31
    circuit.check("it")
    circuit.note(ConnectionError("still down"))
    with pytest.raises(ModelUnavailable):
        circuit.check("it")
    now[0] = 62
    circuit.note(None)
    circuit.note(ConnectionError("down"))
    circuit.check("it")


def test_a_storm_is_cut_short_by_the_circuit(served: Served, way: Any) -> None:
    served.usual = Plan(status=500, headers={"Retry-After": "0"})
    model = load_model(served.spec)
    for _ in range(4):
        with pytest.raises(ModelError):
            way(model, QUESTION)
    assert len(served.requests) == 8


def test_the_next_model_is_asked_where_one_fails(served: Served, way: Any) -> None:
    served.usual = Plan(status=404)
    model = FallbackModel([load_model(served.spec), ScriptedModel(["four", "4"])])
    assert way(model, QUESTION)[0].text == "four"
    heard = RecordedStream()
    way(model, QUESTION, on_text=heard)
    assert heard.text == ["4", ""]


def test_a_reply_that_has_begun_is_not_begun_by_another(served: Served, way: Any) -> None:
    served.usual = Plan(cut_after=2)
    second = ScriptedModel(["four"])
    with pytest.raises(ModelError, match=r"127\.0\.0\.1"):
        way(FallbackModel([load_model(served.spec), second]), QUESTION, on_text=RecordedStream())
    assert second.asked == []


def test_many_at_once_are_not_queued_behind_each_other(served: Served) -> None:
    served.usual = Plan(barrier=threading.Barrier(16))  # none is answered until all are there
    model = load_model(served.spec)

    async def all_of_them() -> int:
        return len(await asyncio.gather(*(model.aask(QUESTION) for _ in range(16))))

    assert asyncio.run(all_of_them()) == 16
