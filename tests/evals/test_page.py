"""The report: everything in one page, and nothing in it that a model wrote can act."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from browser import browser
from scripts import write_questions

from sandreckoner.core.message import Message
from sandreckoner.evals import evaluate, load_questions
from sandreckoner.evals.report.eval_page import write_page
from sandreckoner.llms import ScriptedModel

CHOOSE_WRONG = """{
    const status = document.getElementById("status");
    status.value = "wrong";
    status.dispatchEvent(new Event("input"));
}"""
EVIL = "<script>document.title = 'taken'</script>"
LONG = "cascade(once(direct, max_tokens=512), once(pal, max_tokens=512), sc(pal, n=3, max_tokens=512))"


def make_page(folder: Path, strategies: Sequence[str] = ("direct", "sc(pal, n=3)")) -> str:
    path = write_questions(folder)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({**row, "question": row["question"] + EVIL}) + "\n" for row in rows))
    questions = list(load_questions(path))

    def reply(messages: tuple[Message, ...]) -> str:
        return f"```python\ndef solution():\n    return 21  # {EVIL}\n```\nThe answer is 9. {EVIL}"

    records = evaluate(list(strategies), questions, ScriptedModel(reply), out=folder / "run")
    write_page(folder / "page.html", records, questions, folder / "run")
    return (folder / "page.html").read_text()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one page, for the tests that only read it."""
    folder = tmp_path_factory.mktemp("page")
    make_page(folder)
    return folder


def test_the_page_has_the_table_the_charts_and_every_question(made: Path) -> None:
    page = (made / "page.html").read_text()
    assert page.count("<details") == 8
    assert page.count("<svg") == 5  # three prices, the vote, the confidence
    assert "1/4" in page
    assert "may be chance" in page
    assert "{{" not in page


def test_what_others_wrote_is_text_and_nothing_is_loaded(made: Path) -> None:
    page = (made / "page.html").read_text()
    assert EVIL not in page
    assert page.count("<script>") == 1
    assert "&lt;script&gt;" in page
    assert not re.findall(r"(?:src|href)=[\"']?https?:", page)
    assert "default-src 'none'" in page


def test_a_name_longer_than_a_chart_leaves_it_its_room(tmp_path: Path) -> None:
    page = make_page(tmp_path, [LONG, "sc(pal, n=3)"])  # matplotlib warns where nothing is left for the axes
    assert page.count("<svg") == 5


def test_in_a_browser_it_opens_from_disk_filters_and_unfolds(made: Path, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        page.open(made / "page.html")
        assert page.requested == [(made / "page.html").resolve().as_uri()]
        assert page.evaluate("document.title") != "taken"
        shown = "[...document.querySelectorAll('details')].filter(e => e.checkVisibility()).length"
        assert page.evaluate(shown) == 8
        page.evaluate(CHOOSE_WRONG)
        wrong = page.evaluate(shown)
        assert 0 < wrong < 8
        programs = "[...document.querySelectorAll('details pre')].filter(e => e.checkVisibility()).length"
        assert page.evaluate(programs) == 0
        page.evaluate("[...document.querySelectorAll('details')].find(e => e.checkVisibility()).open = true")
        assert page.evaluate(programs) > 0
        for width in (1000, 360):
            page.open(made / "page.html", width=width)
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
        assert page.pdf().startswith(b"%PDF-")
