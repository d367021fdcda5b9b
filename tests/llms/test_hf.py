"""Models of transformers, on one of some thousand random weights: what they write is nonsense, how is not."""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="pip install 'sandreckoner[hf]'")

import torch
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import tool
from langchain_tests.unit_tests import ChatModelUnitTests
from tiny_hf import make_tiny
from transformers import AutoModelForCausalLM, AutoTokenizer

from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import Model
from sandreckoner.core.errors import (
    ContextOverflow,
    MissingExtra,
    ModelTimeout,
    ModelUnavailable,
    UsageError,
)
from sandreckoner.core.message import Message
from sandreckoner.llms import ChatHF, LangChainModel, load_model
from sandreckoner.llms.local.decoding import sample_tokens
from sandreckoner.llms.local.torch_engine import TorchEngine
from sandreckoner.testing.model_conformance import ModelConformance

QUESTION = (Message("user", "Count from 1 to 8."),)


@pytest.fixture(scope="module")
def chat(tiny_folder: Path) -> Iterator[ChatHF]:
    chat = ChatHF(model=str(tiny_folder), max_tokens=64)
    yield chat
    chat.close()


@pytest.fixture(scope="module")
def model(chat: ChatHF) -> LangChainModel:
    return LangChainModel(chat, logprobs=True)


class TestConformance(ModelConformance):
    seeds = True
    logprobs = True
    grammar = True
    structured = True
    tools = True
    window_words = 6000

    @pytest.fixture
    def model(self, chat: ChatHF) -> Model:
        return LangChainModel(chat, logprobs=True)


class TestUnit(ChatModelUnitTests):
    """LangChain's own."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatHF

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {"model": "somewhere/something"}

    @property
    def standard_chat_model_params(self) -> dict[str, object]:
        return {"temperature": 0, "max_tokens": 100, "timeout": 60, "stop": []}


def test_greedy_is_what_transformers_itself_writes(tiny_folder: Path, model: LangChainModel) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_folder)
    weights = AutoModelForCausalLM.from_pretrained(tiny_folder)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": QUESTION[0].content}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    written = weights.generate(**prompt, max_new_tokens=40, do_sample=False)
    theirs = tokenizer.decode(written[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True)
    (ours,) = model.ask(Ask(QUESTION, max_tokens=40))
    assert ours.text == theirs.rstrip("\ufffd")  # a character that was cut in its middle is not shown


def test_a_sample_is_the_same_alone_and_in_company(model: LangChainModel) -> None:
    together = model.ask(Ask(QUESTION, n=5, temperature=1.0, seed=7, max_tokens=12))
    alone = [
        model.ask(Ask(QUESTION, temperature=1.0, seed=7 + place, max_tokens=12))[0] for place in range(5)
    ]
    assert [one.text for one in together] == [one.text for one in alone]
    assert len({one.text for one in together}) == 5
    for one, other in zip(together, alone, strict=True):
        assert one.logprob == pytest.approx(other.logprob, rel=1e-4)


def test_samples_beyond_the_slots_go_on_with_the_seeds(chat: ChatHF) -> None:
    few = LangChainModel(chat.model_copy(update={"slots": 2}))
    many = LangChainModel(chat)
    ask = Ask(QUESTION, n=5, temperature=1.0, seed=7, max_tokens=8)
    assert [one.text for one in few.ask(ask)] == [one.text for one in many.ask(ask)]


def test_samples_share_one_reading_of_the_prompt(chat: ChatHF, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[int, ...]] = []
    engine = chat._engine()
    forward = engine._weights.forward  # type: ignore[attr-defined]

    def watched(*args: object, **kwargs: object) -> object:
        read.append(tuple(kwargs["input_ids"].shape))  # type: ignore[attr-defined]
        return forward(*args, **kwargs)

    monkeypatch.setattr(engine._weights, "forward", watched)  # type: ignore[attr-defined]
    replies = LangChainModel(chat).ask(Ask(QUESTION, n=6, temperature=1.0, seed=1, max_tokens=5))
    prompt = replies[0].usage.input_tokens
    assert read == [(1, prompt)] + [(6, 1)] * 4
    assert [one.usage.input_tokens for one in replies[1:]] == [0] * 5


def test_a_reply_that_ends_leaves_the_others_going(chat: ChatHF) -> None:
    ask = Ask(QUESTION, n=8, temperature=1.5, seed=3, max_tokens=60, stop=("e", "a"))
    replies = LangChainModel(chat).ask(ask)
    alone = [
        LangChainModel(chat).ask(
            Ask(QUESTION, temperature=1.5, seed=3 + place, max_tokens=60, stop=("e", "a"))
        )[0]
        for place in range(8)
    ]
    assert [(one.text, one.finish) for one in replies] == [(one.text, one.finish) for one in alone]
    assert len({one.usage.output_tokens for one in replies}) > 1


def test_a_stop_string_that_came_in_pieces_is_never_shown(model: LangChainModel) -> None:
    (whole,) = model.ask(Ask(QUESTION, max_tokens=40))
    mark = whole.text[10:16]
    pieces: list[str] = []
    (cut,) = model.ask(Ask(QUESTION, max_tokens=40, stop=(mark,)), on_text=pieces.append)
    assert "".join(pieces) == cut.text == whole.text[: whole.text.index(mark)]
    assert cut.finish == "stop"


def test_a_prompt_that_does_not_fit_says_so(model: LangChainModel) -> None:
    with pytest.raises(ContextOverflow, match=r"tokens and the model's window 4096"):
        model.ask(Ask((Message("user", "word " * 6000),)))


def test_the_window_ends_a_reply(tiny_folder: Path) -> None:
    chat = ChatHF(model=str(tiny_folder), n_ctx=40, max_tokens=None)
    (reply,) = LangChainModel(chat).ask(Ask(QUESTION))
    assert (reply.finish, reply.usage.tokens) == ("length", 40)
    chat.close()


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_deadline_stops_the_generation(chat: ChatHF, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = LangChainModel(chat)
    ask = Ask(QUESTION, max_tokens=900)
    model.ask(Ask(QUESTION, max_tokens=1))
    engine, passes = chat._engine(), Counter[str]()
    assert isinstance(engine, TorchEngine)
    scores = engine._scores

    def counted(*given: Any) -> Any:
        passes["forward"] += 1
        return scores(*given)

    monkeypatch.setattr(engine, "_scores", counted)
    with pytest.raises(ModelTimeout):
        if way == "sync":
            model.ask(ask, timeout_s=0.05)
        else:
            asyncio.run(model.aask(ask, timeout_s=0.05))
    model.ask(Ask(QUESTION, max_tokens=1))  # gets its turn once the other has ended
    assert passes["forward"] < 900, "the generation went on after the deadline"


def test_closing_frees_the_model(tiny_folder: Path) -> None:
    chat = ChatHF(model=str(tiny_folder))
    model = LangChainModel(chat)
    model.ask(Ask(QUESTION, max_tokens=1))
    chat.close()
    with pytest.raises(ModelUnavailable, match="load it again"):
        model.ask(Ask(QUESTION, max_tokens=1))


def test_structured_output_fits_its_schema(chat: ChatHF) -> None:
    schema = {
        "title": "Place",
        "type": "object",
        "properties": {"x": {"type": "integer", "minimum": 0, "maximum": 99}, "ok": {"type": "boolean"}},
        "required": ["x", "ok"],
        "additionalProperties": False,
    }
    found = chat.model_copy(update={"max_tokens": 200}).with_structured_output(schema).invoke("Where?")
    assert set(found) == {"x", "ok"}
    assert 0 <= found["x"] <= 99


def test_a_tool_is_called_where_it_must_be(chat: ChatHF) -> None:
    @tool
    def switch(on: bool) -> str:
        """Turn the lamp on or off."""
        return str(on)

    bound = chat.model_copy(update={"max_tokens": 200}).bind_tools([switch], tool_choice="switch")
    (call,) = bound.invoke("Turn it on").tool_calls
    assert (call["name"], list(call["args"])) == ("switch", ["on"])


def test_a_grammar_that_is_none_is_refused(model: LangChainModel) -> None:
    with pytest.raises(UsageError, match="grammar is not understood"):
        model.ask(Ask(QUESTION, grammar="root ::= nonsense"))


def test_the_specification_loads_it(tiny_folder: Path) -> None:
    model = load_model(f"hf:{tiny_folder}", dtype="bfloat16", device="cpu")
    assert isinstance(model, LangChainModel)
    (reply,) = model.ask(Ask(QUESTION, max_tokens=4))
    assert (model.name, reply.usage.usd) == (f"hf:{tiny_folder}", 0.0)
    assert next(model.chat._engine()._weights.parameters()).dtype is torch.bfloat16  # type: ignore[attr-defined]
    model.close()


def test_what_cannot_be_loaded_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        load_model(f"hf:{tmp_path}/nothing")
    with pytest.raises(ModelUnavailable, match="cannot be loaded") as caught:
        load_model(f"hf:{tmp_path}").ask(Ask(QUESTION))
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match=r"dtype: Input should be 'auto', 'float32'"):
        load_model(f"hf:{tmp_path}", dtype="float8")


def test_a_model_that_cannot_converse_is_refused(tmp_path: Path) -> None:
    make_tiny(tmp_path, chat_template=False)
    with pytest.raises(UsageError, match="no chat template"):
        load_model(f"hf:{tmp_path}").ask(Ask(QUESTION))


def test_weights_that_may_hold_programs_are_not_read(tiny_folder: Path, tmp_path: Path) -> None:
    for file in tiny_folder.iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save(AutoModelForCausalLM.from_pretrained(tiny_folder).state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match="safetensors"):
        load_model(f"hf:{tmp_path}").ask(Ask(QUESTION))


def test_code_of_a_model_is_not_run(tiny_folder: Path, tmp_path: Path) -> None:
    for file in tiny_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.C", "AutoModelForCausalLM": "mine.M"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ModelUnavailable):
        load_model(f"hf:{tmp_path}").ask(Ask(QUESTION))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("bits", [4, 8])
def test_quantisation_loads_fewer_bytes_or_names_its_package(tmp_path: Path, bits: int) -> None:
    make_tiny(tmp_path, width=256)
    model = load_model(f"hf:{tmp_path}", bits=bits)
    assert isinstance(model, LangChainModel)
    if find_spec("bitsandbytes") is None:
        with pytest.raises(MissingExtra, match="pip install bitsandbytes"):
            model.ask(Ask(QUESTION))
        return
    (reply,) = model.ask(Ask(QUESTION, max_tokens=4))
    assert reply.usage.output_tokens > 0
    linear = model.chat._engine()._weights.model.layers[0].mlp.up_proj  # type: ignore[attr-defined]
    assert type(linear).__name__ == {4: "Linear4bit", 8: "Linear8bitLt"}[bits]


@given(
    # Steps of 1/64: two scores are equal or clearly apart, in single precision too.
    scores=st.lists(st.integers(-512, 512).map(lambda n: n / 64), min_size=2, max_size=12),
    chance=st.floats(0, 1, exclude_max=True),
    top_k=st.none() | st.integers(0, 12),
    top_p=st.none() | st.floats(0.01, 1.0),
)
def test_a_draw_takes_a_token_that_was_kept(
    scores: list[float], chance: float, top_k: int | None, top_p: float | None
) -> None:
    (token,) = sample_tokens(
        torch.tensor([scores]), [chance], temperature=1.0, top_k=top_k, top_p=top_p
    ).tolist()
    better = sum(score > scores[token] for score in scores)
    assert not top_k or better < top_k
    total = sum(math.exp(score) for score in scores)
    above = sum(math.exp(score) for score in scores if score > scores[token]) / total
    assert top_p is None or top_k or above <= top_p + 1e-4


def test_draws_follow_the_probabilities() -> None:
    scores = torch.log(torch.tensor([[0.5, 0.3, 0.2]]))
    chances = [(place + 0.5) / 1000 for place in range(1000)]
    drawn = sample_tokens(scores.repeat(1000, 1), chances, temperature=1.0, top_k=None, top_p=None)
    assert torch.bincount(drawn, minlength=3).tolist() == pytest.approx([500, 300, 200], abs=2)
    colder = sample_tokens(scores.repeat(1000, 1), chances, temperature=0.5, top_k=None, top_p=None)
    shares = [0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38]
    assert torch.bincount(colder, minlength=3).tolist() == pytest.approx(
        [1000 * share for share in shares], abs=2
    )
