"""Money: known from the user's table, zero on this machine, unknown otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from langchain_core.language_models import FakeListChatModel
from server import Served, serve

from sandreckoner.core.budget import Budget
from sandreckoner.core.drive import drive
from sandreckoner.core.effects import Ask, ask
from sandreckoner.core.errors import BudgetSpent, UsageError
from sandreckoner.core.message import Message, Usage
from sandreckoner.core.world import World
from sandreckoner.llms import LangChainModel, load_model
from sandreckoner.llms.prices import table_path

QUESTION = (Message("user", "Two and two?"),)


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as server:
        yield server


def write(table: object) -> None:
    table_path().parent.mkdir(parents=True, exist_ok=True)
    table_path().write_text(table if isinstance(table, str) else json.dumps(table))


def test_an_unknown_price_is_unknown_and_not_nothing(served: Served) -> None:
    (reply,) = load_model(served.spec).ask(Ask(QUESTION))
    assert reply.usage.usd is None
    assert LangChainModel(FakeListChatModel(responses=["4"])).ask(Ask(QUESTION))[0].usage.usd is None


@pytest.mark.parametrize("streamed", [False, True])
def test_a_price_of_the_table_is_charged_once_a_request(served: Served, streamed: bool) -> None:
    write({served.spec: {"input": 2.0, "output": 10.0}})
    replies = load_model(served.spec).ask(Ask(QUESTION, n=1), on_text=(lambda _: None) if streamed else None)
    assert replies[0].usage.usd == pytest.approx((10 * 2 + 3 * 10) / 1e6)
    several = load_model(served.spec, samples_in_one_request=True).ask(Ask(QUESTION, n=4))
    assert sum((one.usage for one in several), Usage()).usd == pytest.approx((10 * 2 + 12 * 10) / 1e6)


def test_a_budget_in_dollars_needs_a_price(served: Served) -> None:
    world = World(model=load_model(served.spec), budget=Budget(usd=1.0))

    def twice() -> object:
        yield from ask(QUESTION)
        yield from ask(QUESTION)

    with pytest.raises(BudgetSpent, match="price is unknown"):
        drive(twice(), world)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "table", ["{", {"SPEC": 3}, {"SPEC": {"input": 1}}, {"SPEC": {"input": -1, "output": 1}}]
)
def test_a_table_that_is_wrong_is_told(served: Served, table: object) -> None:
    if isinstance(table, dict):
        table = {served.spec: table["SPEC"]}
    write(table)
    with pytest.raises(UsageError, match="price"):
        load_model(served.spec)
