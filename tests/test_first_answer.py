"""The whole path with a real model: question, program, sandbox, answer, sources, replay."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from models import small_chat, small_model  # noqa: F401  # fixtures

from sandreckoner.chains import chain
from sandreckoner.chains.answering import replay
from sandreckoner.core.answer import Answer
from sandreckoner.core.journal import read_journal
from sandreckoner.core.trace import TextArrived
from sandreckoner.llms import LangChainModel
from sandreckoner.tools.retrieval import open_library

pytestmark = pytest.mark.model

ROOT = Path(__file__).parent.parent
RECKON = str(Path(sys.executable).with_name("reckon"))
MODEL = "llamacpp:qwen2.5-coder-0.5b"


def test_a_product_that_no_small_model_can_do_in_its_head(small_model: LangChainModel) -> None:  # noqa: F811
    with chain("pal", model=small_model) as reckon:
        *events, found = reckon.stream("What is 48,271 times 9,137?")
    assert isinstance(found, Answer)
    assert found.text == str(48_271 * 9_137)
    assert {source.origin for source in found.sources} == {"question"}
    written = "".join(event.text for event in events if isinstance(event, TextArrived))
    assert found.winner is not None and written == found.winner.reasoning
    assert found.usage.calls == 1 and found.usage.output_tokens > 10


def test_over_the_example_documents_every_number_of_the_program_has_a_source(
    small_model: LangChainModel,  # noqa: F811
    tmp_path: Path,
) -> None:
    library = open_library([ROOT / "examples" / "data"])
    path = tmp_path / "run.jsonl"
    with chain("pal", model=small_model, library=library) as reckon:
        found = reckon.invoke("What was total revenue in 2024, in millions?", journal=str(path))
    assert found.winner is not None and found.winner.evidence
    for source in found.sources:
        for place in source.passages if source.origin == "passage" else ():
            page = library.page(place.source, place.page)
            assert page[place.start : place.end] == place.text
    assert replay(read_journal(path)) == found


def test_the_command_answers_and_replays_byte_for_byte(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    question = "A crate holds 144 eggs. How many eggs are in 17 crates?"
    asked = [RECKON, "ask", question, "--model", MODEL, "--json", "--journal", str(journal)]
    live = subprocess.run(asked, capture_output=True, text=True, timeout=280, stdin=subprocess.DEVNULL)
    assert live.returncode == 0, live.stderr
    assert json.loads(live.stdout)["answer"] == "2448"
    again = subprocess.run(
        [RECKON, "replay", str(journal), "--json"], capture_output=True, text=True, timeout=60
    )
    assert again.stdout == live.stdout


def test_a_deadline_stops_a_model_that_goes_on_and_on() -> None:
    words = [
        "ask",
        "List every prime number below 100000, one by one.",
        "--strategy",
        "cot",
        "--seconds",
        "3",
    ]
    start = time.monotonic()
    done = subprocess.run(
        [RECKON, *words, "--model", MODEL],
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 3
    assert "the budget of 3 seconds is spent" in done.stderr
    assert time.monotonic() - start < 60
