"""The model whose replies are written beforehand."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sandreckoner.core.effects import Ask
from sandreckoner.core.errors import ModelError, UsageError
from sandreckoner.core.message import Completion, Message
from sandreckoner.llms import ScriptedModel, load_model

QUESTION = (Message("system", "Be short."), Message("user", "Two and two?"))


def texts(model: ScriptedModel, effect: Ask) -> list[str]:
    return [one.text for one in model.ask(effect)]


def test_replies_come_in_order_and_what_was_asked_is_kept() -> None:
    model = ScriptedModel(["one", "two", "three"])
    assert texts(model, Ask(QUESTION, n=2)) == ["one", "two"]
    assert [one.text for one in asyncio.run(model.aask(Ask(QUESTION)))] == ["three"]
    assert [effect.n for effect in model.asked] == [2, 1]


def test_it_says_that_it_has_run_out() -> None:
    model = ScriptedModel(["only one"])
    model.ask(Ask(QUESTION))
    with pytest.raises(ModelError, match="no more replies: all 1 were used"):
        model.ask(Ask(QUESTION))


def test_a_function_sees_the_messages_and_is_called_for_each_sample() -> None:
    model = ScriptedModel(lambda messages: f"{len(messages)}: {messages[-1].content}")
    assert texts(model, Ask(QUESTION, n=2)) == ["2: Two and two?"] * 2


def test_the_prompt_is_counted_once() -> None:
    first, second = ScriptedModel(["a b c", "d"]).ask(Ask(QUESTION, n=2))
    assert (first.usage.input_tokens, first.usage.output_tokens) == (5, 3)
    assert (second.usage.input_tokens, second.usage.output_tokens) == (0, 1)
    assert (first.usage + second.usage).calls == 2


def test_stop_strings_and_lengths_cut_the_reply() -> None:
    model = ScriptedModel(lambda _: "one two\nthree STOP four")
    (stopped,) = model.ask(Ask(QUESTION, stop=("STOP",)))
    assert (stopped.text, stopped.finish) == ("one two\nthree ", "stop")
    (cut,) = model.ask(Ask(QUESTION, max_tokens=2))
    assert (cut.text, cut.finish) == ("one two", "length")


def test_the_streamed_pieces_are_the_reply() -> None:
    pieces: list[str] = []
    (reply,) = ScriptedModel(["  one two\n three \n"]).ask(Ask(QUESTION), on_text=pieces.append)
    assert len(pieces) > 2
    assert "".join(pieces) == reply.text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("replies.json", '["4", {"text": "5", "reasoning": "2+3", "logprob": -0.5}]'),
        ("replies.jsonl", '"4"\n\n{"text": "5", "reasoning": "2+3", "logprob": -0.5}\n'),
    ],
)
def test_replies_from_a_file(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    replies = load_model(f"scripted:{path}").ask(Ask(QUESTION, n=2))
    assert [(one.text, one.reasoning, one.logprob) for one in replies] == [
        ("4", "", None),
        ("5", "2+3", -0.5),
    ]


def test_replies_from_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "replies.txt"
    path.write_text("```python\nprint(1)\n```\n---\nsecond -- not a rule\n")
    replies = load_model(f"scripted:{path}").ask(Ask(QUESTION, n=2))
    assert [one.text for one in replies] == ["```python\nprint(1)\n```", "second -- not a rule"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", "{}"),
        ("a.json", "[1]"),
        ("a.jsonl", "{"),
        ("a.json", '[{"text": 3}]'),
        ("a.json", "[" * 99999),
    ],
)
def test_a_script_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(UsageError, match="the script .*a.json"):
        load_model(f"scripted:{path}")


def test_a_missing_script_is_named() -> None:
    with pytest.raises(UsageError, match=r"nowhere.json cannot be read"):
        load_model("scripted:nowhere.json")


def test_a_completion_is_given_as_it_is() -> None:
    model = ScriptedModel([Completion("42", "six by seven", -1.0)])
    (reply,) = model.ask(Ask(QUESTION))
    assert (reply.text, reply.reasoning, reply.logprob) == ("42", "six by seven", -1.0)


def test_a_script_chooses_its_replies_by_the_prompt_whatever_the_order(tmp_path: Path) -> None:
    lines = [
        {"when": "capital of France", "text": "Paris"},
        {"when": "2 + 2", "text": "4"},
        {"when": "2 + 2", "text": "four"},
        {"when": "2 + 2 + 2", "text": "6"},
    ]
    script = tmp_path / "script.jsonl"
    script.write_text("".join(json.dumps(line) + "\n" for line in lines))
    model = load_model(f"scripted:{script}")

    def ask(question: str, n: int = 1) -> list[str]:
        return [reply.text for reply in model.ask(Ask((Message("user", question),), n=n))]

    assert ask("What is 2 + 2?", 3) == ["4", "four", "4"]
    assert ask("What is the capital of France?") == ["Paris"]
    assert ask("What is 2 + 2 + 2?") == ["6"]  # the longest text that fits
    with pytest.raises(ModelError, match="no reply to 'Why\\?'"):
        ask("Why?")


def test_a_script_has_a_when_for_each_reply_or_for_none(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('[{"when": "a", "text": "b"}, "c"]')
    with pytest.raises(UsageError, match="with and without a `when`"):
        load_model(f"scripted:{script}")
