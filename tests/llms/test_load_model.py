"""From a specification to a model, and every way in which that can go wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel

from sandreckoner.core.effects import Ask, Steps, ask
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import (
    JournalError,
    MissingExtra,
    ModelError,
    ModelUnavailable,
    UnknownName,
    UsageError,
)
from sandreckoner.core.journal import JournalFile
from sandreckoner.core.message import Message
from sandreckoner.core.runtime import run
from sandreckoner.llms import LangChainModel, ScriptedModel, load_chat_model, load_model, model_rows
from sandreckoner.llms.load import need
from sandreckoner.settings.providers import PROVIDERS

QUESTION = (Message("user", "Two and two?"),)


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("opnai:gpt-5-mini", "did you mean 'openai'"),
        ("qwen2.5-coder-0.5b", "did you mean 'llamacpp:qwen2.5-coder-0.5b'"),
        ("my/model.gguf", "a GGUF file is llamacpp:my/model.gguf"),
        ("llamacpp:qwen2.5-coder-7b", "did you mean 'qwen2.5-coder"),
        ("xyzzy", "reckon models"),
    ],
)
def test_an_unknown_name_gets_the_nearest(spec: str, hint: str) -> None:
    with pytest.raises(UnknownName, match=hint):
        load_model(spec)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(UsageError, match="set the environment variable OPENAI_API_KEY"):
        load_model("openai:gpt-5-mini")


def test_a_missing_package_is_answered_with_the_command() -> None:
    with pytest.raises(MissingExtra, match=r"pip install 'sandreckoner\[local\]'"):
        need("a_package_that_nobody_has", "sandreckoner[local]")


def test_weights_that_are_not_here_are_answered_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelUnavailable, match=r"1\.1 GB.*reckon models pull qwen2\.5-coder-1\.5b"):
        load_model("local")


def test_a_file_that_is_no_model_is_refused_before_the_runtime_sees_it(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"MZ\x90\x00")
    with pytest.raises(UsageError, match="is not a GGUF file"):
        load_model(f"llamacpp:{path}")
    with pytest.raises(UsageError, match="cannot be read"):
        load_model(f"llamacpp:{tmp_path / 'none.gguf'}")


def test_damaged_weights_are_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF" + bytes(1000))
    with pytest.raises(ModelUnavailable, match="cannot be loaded") as caught:
        load_model(f"llamacpp:{path}").ask(Ask(QUESTION))
    assert "\n" not in str(caught.value)


def test_an_option_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF")
    with pytest.raises(UsageError, match="n_contxt"):
        load_model(f"llamacpp:{path}", n_contxt=5)
    with pytest.raises(UsageError, match="takes no options"):
        load_model("scripted:x.json", n=5)


@pytest.mark.parametrize("spec", ["openai:", "llamacpp", "scripted:"])
def test_a_specification_without_a_model_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match="names no model"):
        load_model(spec)


def test_models_are_returned_and_chat_models_wrapped() -> None:
    scripted = ScriptedModel(["4"])
    assert load_model(scripted) is scripted
    chat = FakeListChatModel(responses=["4"])
    model = load_model(chat)
    assert isinstance(model, LangChainModel)
    assert model.chat is chat
    assert load_chat_model(chat) is chat
    with pytest.raises(UsageError, match="is not a chat model of LangChain"):
        load_chat_model(scripted)
    with pytest.raises(UsageError, match="int is not a model"):
        load_model(3)  # type: ignore[arg-type]


def test_a_recorded_run_answers_again(tmp_path: Path) -> None:
    def twice() -> Steps[list[str]]:
        first = yield from ask(QUESTION, n=2, temperature=0.5)
        second = yield from ask(QUESTION, n=2, temperature=0.5)
        return [one.text for one in first + second]

    path = tmp_path / "run.jsonl"
    with path.open("w") as file:
        environment = Environment(model=ScriptedModel(["a", "b", "c", "d"]), journal=JournalFile(file, {}))
        recorded = run(twice(), environment)
    model = load_model(f"replay:{path}")
    assert run(twice(), Environment(model=model)) == recorded == ["a", "b", "c", "d"]
    with pytest.raises(ModelError, match="has no reply to this"):
        model.ask(Ask(QUESTION, n=2, temperature=0.5))
    with pytest.raises(JournalError):
        load_model(f"replay:{tmp_path / 'none.jsonl'}")


def test_the_way_in_is_light() -> None:
    code = (
        "import sys; from sandreckoner.llms import load_model, ScriptedModel, model_rows; "
        "print([name for name in ('langchain_core', 'pydantic', 'xllamacpp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("spec", "command"),
    [
        ("anthropic:claude-x", "langchain-anthropic"),
        ("groq:llama", "langchain-groq"),
        ("ollama:x", "langchain-ollama"),
    ],
)
def test_the_package_of_a_provider_is_named(spec: str, command: str) -> None:
    if find_spec(command.replace("-", "_")):
        pytest.skip(f"{command} is installed")
    with pytest.raises(MissingExtra, match=f"pip install '{command}'"):
        load_model(spec)


def test_every_provider_of_langchain_is_known() -> None:
    from langchain.chat_models import base

    theirs = set(base._BUILTIN_PROVIDERS)
    assert set(PROVIDERS) == theirs


def test_the_list_says_what_is_missing_and_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rows = {row.spec: row for row in model_rows()}
    assert (rows["local"].usable, rows["local"].command) == (False, "reckon models pull qwen2.5-coder-1.5b")
    assert rows["openai:NAME"].missing == "OPENAI_API_KEY is not set"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    assert {row.spec: row for row in model_rows()}["openai:NAME"].usable
    assert rows["scripted:FILE"].usable


ECHO = """
from langchain_core.language_models import FakeListChatModel

def build(model, **options):
    return FakeListChatModel(responses=[f"{model} {options}"])
"""


def test_a_package_that_is_installed_brings_its_models(tmp_path: Path) -> None:
    wheel = tmp_path / "echo_models-1.0-py3-none-any.whl"
    info = "echo_models-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("echo_models.py", ECHO)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: echo-models\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        points = "[sandreckoner.models]\necho = echo_models:build\nbroken = echo_models:nothing\n"
        archive.writestr(f"{info}/entry_points.txt", points)
        archive.writestr(f"{info}/RECORD", "")
    home = tmp_path / "installed"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-index",
        "--no-deps",
        "--target",
        str(home),
        str(wheel),
    ]
    subprocess.run(pip, check=True, capture_output=True)
    code = (
        "from sandreckoner.core.effects import Ask; from sandreckoner.core.message import Message\n"
        "from sandreckoner.llms import load_model, model_rows\n"
        "print(load_model('echo:loud', volume=11).ask(Ask((Message('user', 'hi'),)))[0].text)\n"
        "print([row.title for row in model_rows() if row.spec == 'echo:NAME'])\n"
        "try: load_model('broken:x')\n"
        "except ValueError as fault: print(fault)\n"
    )
    env = os.environ | {"PYTHONPATH": str(home)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    answer, title, broken = done.stdout.splitlines()
    assert answer == "loud {'volume': 11}"
    assert title == "['brought by echo-models']"
    assert "the package that provides 'broken' cannot be loaded" in broken


@pytest.mark.parametrize("spec", ["http://", "http://127.0.0.1:8000/v1", "http:///v1#x"])
def test_an_address_without_a_host_or_a_model_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match="write the address and the model as"):
        load_model(spec)


def test_a_password_in_an_address_is_refused_and_not_told() -> None:
    with pytest.raises(UsageError, match="SANDRECKONER_API_KEY") as caught:
        load_model("http://me:hunter22@127.0.0.1:8000/v1#x")
    assert "hunter22" not in str(caught.value)
