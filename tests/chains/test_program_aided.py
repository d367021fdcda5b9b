"""Program-aided: what models write, run in the real sandbox, with a scripted model."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.text import Text

from sandreckoner.chains.answering import answer
from sandreckoner.chains.methods.cells import Cells
from sandreckoner.chains.methods.program_aided import ProgramAided
from sandreckoner.chains.strategies.single import Single, single
from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.console_style import make_style
from sandreckoner.cli.render.present import answer_object
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.reading.programs import mended
from sandreckoner.testing.scripted_model import ScriptedModel
from sandreckoner.tools.python import Limits, Sandbox

QUESTION = "Pens cost 3 dollars each. What do 14 pens cost?"
RIGHT = "price = 3\npens = 14\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def solve(
    sandbox: Sandbox, *replies: str, budget: Budget | None = None, repairs: int = 1
) -> tuple[Answer, ScriptedModel]:
    model = ScriptedModel(list(replies))
    environment = Environment(model, sandbox, budget=budget or Budget())
    return answer(single(ProgramAided(repairs=repairs)), Problem(QUESTION), environment), model


@pytest.mark.parametrize(
    "reply",
    [
        f"```python\n{RIGHT}def solution():\n    return price * pens\n```",
        f"```python\n{RIGHT}answer = price * pens\n```",
        f"```\n{RIGHT}ans = price * pens\n```\nThe answer is 41.",
        f"```python\n{RIGHT}print(price * pens)\n```",
        f"```python\n{RIGHT}price * pens\n```",
        f"{RIGHT}answer = price * pens",
        f"Let me compute this.\n\n```python\n{RIGHT}answer = price * pens",
        "```python\nprice = 1\nanswer = price\n```\nWait, that is wrong:\n"
        f"```python\n{RIGHT}answer = price * pens\n```",
        "```python\n    price = 3\n    pens = 14\n    return price * pens\n```",
        "```python\nfrom sympy import Symbol, solve\nx = Symbol('x')\nanswer = solve(x - 3 * 14, x)[0]\n```",
        "```python\ndef solution():\n    return 84 / 2\n```",
    ],
)
def test_a_program_is_found_run_and_read_however_it_is_written(sandbox: Sandbox, reply: str) -> None:
    found, model = solve(sandbox, reply)
    assert (found.text, found.status) == ("42", "answered")
    assert len(model.asked) == 1


def test_a_program_that_fails_goes_back_once_with_its_traceback(sandbox: Sandbox) -> None:
    found, model = solve(sandbox, "```python\nanswer = 1 / 0\n```", "```python\nanswer = 42\n```")
    assert found.text == "42"
    said = model.asked[1].messages[-1].content
    assert "ZeroDivisionError: division by zero" in said
    assert model.asked[1].messages[-2].content == "```python\nanswer = 1 / 0\n```"


def test_when_repairs_are_used_up_the_reason_is_told(sandbox: Sandbox) -> None:
    found, model = solve(sandbox, *["```python\nx = 1\nanswer = 1 / 0\n```"] * 3, repairs=2)
    assert (found.text, found.status) == (None, "no answer")
    assert found.reason == "the program ended with ZeroDivisionError in line 2: division by zero"
    assert len(model.asked) == 3


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "the model answered with nothing"),
        ("I would rather not say.", "no program in the reply"),
        (
            "```python\nimport subprocess\nanswer = subprocess.check_output(['pwd'])\n```",
            "the program ended with",
        ),
        ("```python\nx = 3\n```", "the program ran but neither returned nor printed anything"),
    ],
)
def test_a_model_that_gives_no_answer_is_told_apart_from_one_that_is_wrong(
    sandbox: Sandbox, reply: str, reason: str
) -> None:
    found, _ = solve(sandbox, reply, repairs=0)
    assert found.status == "no answer"
    assert found.reason.startswith(reason)


def test_a_program_that_does_not_end_is_no_answer() -> None:
    with Sandbox(Limits(cpu_s=1, wall_s=1)) as hasty:
        found, _ = solve(hasty, "```python\nn = 0\nwhile True:\n    n += 1\n```", repairs=0)
    assert found.status == "no answer"
    assert found.reason.startswith("the program ended with")


def test_the_budget_may_end_before_the_repair(sandbox: Sandbox) -> None:
    found, model = solve(sandbox, "```python\nanswer = 1 / 0\n```", "never", budget=Budget(calls=1))
    assert len(model.asked) == 1
    assert found.text is None
    assert "ZeroDivisionError" in found.reason


def test_every_number_says_where_it_came_from(sandbox: Sandbox) -> None:
    page = "Net sales were $512.3 million in 2024 and $480.0 million in 2023."
    program = "```python\nsales = 512.3\nbefore = 480.0\nanswer = (sales - before) / before * 100 + 77.7\n```"
    environment = Environment(ScriptedModel([program]), sandbox)
    passage = Passage(page, "report.md", 4, 100, 100 + len(page))
    found = answer(single(ProgramAided()), Problem("By how much did sales grow?", (passage,)), environment)
    sources = {source.text: source for source in found.sources}
    assert sources["512.3"].origin == "passage"
    place = sources["512.3"].passages[0]
    assert page[place.start - 100 : place.end - 100] in ("512.3", "$512.3", "$512.3 million")
    assert place.page == 4
    assert sources["100"].origin == "constant"
    assert sources["77.7"].origin == "unsourced"


def test_a_negative_number_of_repairs_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="repairs must be 0 or more"):
        ProgramAided(repairs=-1)


def test_a_program_goes_from_reply_to_result_in_four_moves_between_rooms() -> None:
    counter = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "rooms_walk.py"))
    path = counter["walk"]()["from the completion to the result of its program"]
    assert counter["moves"](counter["rooms"](path)) <= 4


def test_an_answer_tells_what_was_mended_in_its_program(sandbox: Sandbox) -> None:
    found, _ = solve(sandbox, "```python\n  price-per-pen = 3\n  answer = price-per-pen * 14\n```")
    assert found.text == "42"
    assert found.repairs == ("indentation of the whole taken off", "hyphens in names made underscores")
    assert mended(found.repairs) == found.repairs
    told = answer_object(found, question=QUESTION, strategy="pal", model="scripted")
    assert told["repairs"] == list(found.repairs)
    style = make_style(stderr=False, quiet=False, plain=True)
    shown = [block.plain for block in blocks.work(found.winner, style) if isinstance(block, Text)]
    assert "hyphens in names made underscores" in shown[1]
    whole, _ = solve(sandbox, "It is:\n```python\nanswer = 3 * 14")
    assert whole.repairs == ("closing fence added",) and not mended(whole.repairs)


def test_cells_tell_what_was_mended_and_run_none_that_was_cut(sandbox: Sandbox) -> None:
    cells = Single(Cells(max_cells=2))
    model = ScriptedModel(["```python\nunit-price = 3\n```", "```python\nanswer = unit_price * 14\n```"])
    found = answer(cells, Problem(QUESTION), Environment(model, sandbox))
    assert (found.text, found.repairs) == ("42", ("hyphens in names made underscores",))
    cut = ScriptedModel(lambda _: Completion("```python\nanswer = 3\nanswer = answer * 1", finish="length"))
    found = answer(cells, Problem(QUESTION), Environment(cut, sandbox))
    assert found.text is None and "limit of length" in found.reason
