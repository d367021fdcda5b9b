"""Money: known from the user's table, zero on this machine, unknown otherwise."""

from __future__ import annotations

import pytest
from langchain_core.language_models import FakeListChatModel
from support.server import Served

from sandreckoner.core.budget import Budget, Usage
from sandreckoner.core.effects import Ask, ask
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import BudgetSpent, UsageError
from sandreckoner.core.message import Message
from sandreckoner.core.runtime import run
from sandreckoner.llms import LangChainModel, load_model
from sandreckoner.settings.user_settings import user_file

QUESTION = (Message("user", "Two and two?"),)


def write(spec: str, entry: str) -> None:
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(f'[prices."{spec}"]\n{entry}\n')


def test_an_unknown_price_is_unknown_and_not_nothing(served: Served) -> None:
    (reply,) = load_model(served.spec).ask(Ask(QUESTION))
    assert reply.usage.usd is None
    assert LangChainModel(FakeListChatModel(responses=["4"])).ask(Ask(QUESTION))[0].usage.usd is None


@pytest.mark.parametrize("streamed", [False, True])
def test_a_price_of_the_table_is_charged_once_a_request(served: Served, streamed: bool) -> None:
    write(served.spec, "input = 2\noutput = 10.0")
    replies = load_model(served.spec).ask(Ask(QUESTION, n=1), on_text=(lambda _: None) if streamed else None)
    assert replies[0].usage.usd == pytest.approx((10 * 2 + 3 * 10) / 1e6)
    several = load_model(served.spec, samples_in_one_request=True).ask(Ask(QUESTION, n=4))
    assert sum((one.usage for one in several), Usage()).usd == pytest.approx((10 * 2 + 12 * 10) / 1e6)


def test_a_budget_in_dollars_needs_a_price(served: Served) -> None:
    environment = Environment(model=load_model(served.spec), budget=Budget(usd=1.0))

    def twice() -> object:
        yield from ask(QUESTION)
        yield from ask(QUESTION)

    with pytest.raises(BudgetSpent, match="price is unknown"):
        run(twice(), environment)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("input = 1", "needs both input and output"),
        ("input = -1\noutput = 1", "must be a number from 0, not -1"),
        ('input = "1"\noutput = 1', "must be a number from 0, not '1'"),
        ("inptu = 1\noutput = 1", "did you mean 'input'"),
    ],
)
def test_a_table_that_is_wrong_is_told(served: Served, entry: str, said: str) -> None:
    write(served.spec, entry)
    with pytest.raises(UsageError, match=said):
        load_model(served.spec)
