"""The customer-service assistant of the examples: looks up, computes, quotes, asks, redacts, hands over."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "examples"))

from support_bot import HANDED_OVER, Shop, open_bot, reply_to  # noqa: E402

from sandreckoner.llms import ScriptedModel  # noqa: E402
from sandreckoner.tools.python import Sandbox  # noqa: E402

SAID = "I am Mara, mara.lindqvist@example.org, +46 8 5550 1234, order K1041. I return the headphones."
SCRIPT = json.loads((ROOT / "examples" / "shop" / "refund.json").read_text())


def call(name: str, **arguments: Any) -> str:
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


def talk(
    replies: list[str], sandbox: Sandbox, *, approve: Callable[[str], bool] = lambda _: True
) -> tuple[str, Shop, str]:
    shop, log = Shop(), io.StringIO()
    with open_bot(ScriptedModel(replies), shop, interpreter=sandbox) as bot:
        told = reply_to(bot, shop, SAID, thread="t", approve=approve, log=log)
    return told, shop, log.getvalue()


def test_it_computes_a_refund_quotes_the_policy_and_pays_when_approved(sandbox: Sandbox) -> None:
    asked: list[str] = []

    def approve(asks: str) -> bool:
        asked.append(asks)
        return True

    told, shop, log = talk(SCRIPT, sandbox, approve=approve)
    assert "104.75 EUR" in told and "~~" not in told and not shop.tickets
    assert shop.refunded("K1041") == 104.75
    assert len(asked) == 1 and "pay_refund" in asked[0] and "104.75" in asked[0]
    assert "pay_refund" in log and "104.75" in log


def test_it_pays_nothing_that_is_not_approved(sandbox: Sandbox) -> None:
    told, shop, _ = talk([*SCRIPT[:4], "Then I leave it."], sandbox, approve=lambda _: False)
    assert shop.refunded("K1041") == 0 and told == "Then I leave it."


def test_no_personal_data_is_in_the_log(sandbox: Sandbox) -> None:
    _, _, log = talk(SCRIPT, sandbox)
    assert "[REDACTED EMAIL]" in log or "[REDACTED]" in log
    for secret in ("mara", "lindqvist", "5550", "1234"):
        assert secret not in log.lower().replace("i am mara", "")


def test_it_hands_over_what_it_made_up(sandbox: Sandbox) -> None:
    for reply in (
        "“Headphones are always refunded in full and twice” [1].",
        "You get back 512.37 EUR.",
    ):
        told, shop, _ = talk([SCRIPT[0], SCRIPT[1], reply], sandbox)
        assert told == HANDED_OVER and len(shop.tickets) == 1


def test_it_hands_over_when_it_loops_or_says_so(sandbox: Sandbox) -> None:
    told, shop, _ = talk([SCRIPT[1]] * 5, sandbox)
    assert told == HANDED_OVER and "repeated" in shop.tickets[0]
    told, shop, _ = talk([call("hand_over", why="injury"), "A colleague writes to you."], sandbox)
    assert told == HANDED_OVER and shop.tickets == ["injury"]


@pytest.mark.parametrize("email", ["someone@else.org", "", "' or 1=1 --"])
def test_an_order_is_shown_to_its_customer_only(email: str) -> None:
    assert Shop().look_up_order("K1041", email) == "There is no such order for this e-mail address."


@pytest.mark.parametrize("amount", [-1, 0, 178.01, 1e9])
def test_no_more_than_the_order_is_paid_back(amount: float) -> None:
    shop = Shop()
    assert shop.pay_refund("K1041", amount, "x").startswith("Not paid")
    assert shop.pay_refund("K1041", 100.0, "x").startswith("Paid")
    assert shop.pay_refund("K1041", 100.0, "x").startswith("Not paid")
    assert shop.refunded("K1041") == 100.0


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    program = [sys.executable, "-W", "ignore", "examples/support_bot.py", "--log", str(tmp_path / "log")]
    done = subprocess.run(
        [*program, "--model", "scripted:examples/shop/refund.json"],
        input=f"{SAID}\ny\n\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert "104.75 EUR for the headphones" in done.stdout, done.stderr
