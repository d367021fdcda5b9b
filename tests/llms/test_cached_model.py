"""The cache of replies: the same again, yet samples that differ."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from support.server import Served, serve

from sandreckoner.core.budget import Usage
from sandreckoner.core.effects import Ask
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Message
from sandreckoner.llms import CachedModel, ScriptedModel, load_model

QUESTION = Ask((Message("user", "Two and two?"),), temperature=1.0)


def counting() -> ScriptedModel:
    numbers = itertools.count()
    return ScriptedModel(lambda _: f"sample {next(numbers)}")


def texts(model: CachedModel, effect: Ask) -> list[str]:
    return [one.text for one in model.ask(effect)]


def test_samples_differ_and_are_the_same_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    first = CachedModel(counting(), path)
    drawn = texts(first, replace(QUESTION, n=3)) + texts(first, QUESTION) + texts(first, QUESTION)
    assert drawn == [f"sample {place}" for place in range(5)]
    inner = ScriptedModel([])
    second = CachedModel(inner, path)
    assert texts(second, replace(QUESTION, n=5)) == drawn
    assert inner.asked == []


def test_only_what_is_missing_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    CachedModel(counting(), path).ask(replace(QUESTION, n=2))
    inner = ScriptedModel(["new a", "new b"])
    assert texts(CachedModel(inner, path), replace(QUESTION, n=4)) == [
        "sample 0",
        "sample 1",
        "new a",
        "new b",
    ]
    assert [effect.n for effect in inner.asked] == [2]


def test_what_is_given_again_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    assert CachedModel(counting(), path).ask(QUESTION)[0].usage.tokens > 0
    assert CachedModel(ScriptedModel([]), path).ask(QUESTION)[0].usage == Usage(1)


@pytest.mark.parametrize(
    "change",
    [
        {"messages": (Message("user", "Two and three?"),)},
        {"messages": (Message("system", "Two and two?"),)},
        {"temperature": 0.9},
        {"top_p": 0.5},
        {"top_k": 3},
        {"stop": ("x",)},
        {"max_tokens": 3},
        {"seed": 1},
        {"grammar": "root ::= x"},
    ],
)
def test_whatever_changes_a_reply_is_in_the_key(tmp_path: Path, change: dict[str, object]) -> None:
    model = CachedModel(counting(), tmp_path / "replies.sqlite")
    model.ask(QUESTION)
    assert texts(model, replace(QUESTION, **change)) == ["sample 1"]


def test_a_greedy_or_seeded_question_is_asked_once(tmp_path: Path) -> None:
    model = CachedModel(counting(), tmp_path / "replies.sqlite")
    for effect in (replace(QUESTION, temperature=0.0), replace(QUESTION, seed=4)):
        assert texts(model, effect) == texts(model, effect)


def test_models_and_their_settings_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    with serve() as served:
        CachedModel(load_model(served.spec), path).ask(QUESTION)
        CachedModel(load_model(served.spec), path).ask(QUESTION)
        assert len(served.requests) == 1
        CachedModel(load_model(served.spec, frequency_penalty=1.0), path).ask(QUESTION)
        assert len(served.requests) == 2


def test_no_key_and_no_question_is_in_the_file(tmp_path: Path, served: Served) -> None:
    path = tmp_path / "replies.sqlite"
    model = CachedModel(load_model(served.spec, api_key="sk-very-secret-0123456789"), path)
    model.ask(QUESTION)
    model.close()
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"very-secret" not in content
    assert b"Two and two" not in content
    assert b"one two three" in content


def test_an_event_loop_and_a_stream_get_the_same(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    (first,) = asyncio.run(CachedModel(counting(), path).aask(QUESTION))
    pieces: list[str] = []
    (again,) = CachedModel(ScriptedModel([]), path).ask(QUESTION, on_text=pieces.append)
    assert first.text == again.text == "".join(pieces)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database at all, but a file of notes that somebody keeps\n" * 50)
    with pytest.raises(UsageError, match="cannot be used as a cache"):
        CachedModel(counting(), path)
    assert path.read_text().startswith("no database")


def test_a_damaged_reply_is_asked_anew(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    model = CachedModel(counting(), path)
    model.ask(QUESTION)
    model._file.execute("UPDATE replies SET reply = '{'")
    assert texts(CachedModel(ScriptedModel(["anew"]), path), QUESTION) == ["anew"]
