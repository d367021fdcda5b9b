"""No key in anything that is written or shown: planted everywhere, looked for after runs over real sockets.

The server repeats every header it gets, the key among them, in its replies and in its faults.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from support.server import Plan, Served

from sandreckoner.cli import main
from sandreckoner.core.effects import Ask, Steps, ask
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import ModelError, SandreckonerError, UsageError
from sandreckoner.core.journal import JournalFile
from sandreckoner.core.message import Message
from sandreckoner.core.runtime import arun, run
from sandreckoner.core.trace import Trace
from sandreckoner.llms import CachedModel, LangChainModel, load_model, load_settings, model_rows
from sandreckoner.settings.providers import KEY_VARIABLES
from sandreckoner.settings.user_settings import user_file

QUESTION = (Message("user", "Two and two?"),)
# None looks like a key, so that nothing finds them by their looks.
PLANTED = {provider: f"planted for {provider} in the environment" for provider in KEY_VARIABLES}
OF_THE_ADDRESS = "planted for this address in the settings"
OF_AN_OPTION = "planted as an option"
ALL = (*PLANTED.values(), OF_THE_ADDRESS, OF_AN_OPTION)


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, served: Served) -> None:
    """Keys in every variable of the environment that a provider has, and in the user's settings."""
    monkeypatch.chdir(tmp_path)
    for provider, variable in KEY_VARIABLES.items():
        monkeypatch.setenv(variable, PLANTED[provider])
    lines = [f'"{served.address}" = "{OF_THE_ADDRESS}"', 'openai = "planted for openai in the settings"']
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text("[keys]\n" + "\n".join(lines))
    user_file().chmod(0o600)


def assert_no_key(*texts: str) -> None:
    for text in texts:
        for key in (*ALL, "planted for"):
            assert key not in text, f"{key!r} is told in {text[:200]!r}"


def echo(status: int) -> Plan:
    """What a chatty server answers: the request's headers, in its words."""
    said = json.dumps({"error": {"message": f"I was given Authorization: Bearer {OF_THE_ADDRESS}"}})
    return Plan(status=status, body=said.encode())


def twice() -> Steps[list[str]]:
    first = yield from ask(QUESTION, n=2, temperature=0.5)
    second = yield from ask(QUESTION)
    return [one.text for one in first + second]


@pytest.mark.parametrize("driver", ["sync", "async"])
def test_journals_traces_and_caches_hold_none(served: Served, tmp_path: Path, driver: str) -> None:
    model = CachedModel(load_model(served.spec), tmp_path / "cache.sqlite")
    trace = Trace()
    path = tmp_path / "run.jsonl"
    with path.open("w") as file:
        environment = Environment(model=model, journal=JournalFile(file, {"model": model.name}), trace=trace)
        answers = run(twice(), environment) if driver == "sync" else asyncio.run(arun(twice(), environment))
    model.close()
    assert len(answers) == 3
    assert f"Bearer {OF_THE_ADDRESS}" in served.keys, "the key reached its server, and so could have leaked"
    assert_no_key(path.read_text(), repr(trace.steps), repr(model), repr(vars(model)))
    for written in tmp_path.rglob("*"):
        if written.is_file():
            assert_no_key(written.read_bytes().decode("utf-8", "replace"))


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("status", [200, 400, 401, 404, 422, 500])
def test_faults_that_repeat_the_key_do_not_tell_it(
    served: Served, way: Any, tmp_path: Path, status: int, streamed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "sandreckoner")
    served.usual = echo(status)
    served.usual.headers = {"Retry-After": "0"}
    pieces: list[str] = []
    with pytest.raises(SandreckonerError) as caught:
        way(load_model(served.spec), Ask(QUESTION), on_text=pieces.append if streamed else None)
    assert served.keys, "the server was asked"
    shown = "".join(traceback.format_exception(caught.value))
    assert_no_key(str(caught.value), repr(caught.value), shown, caplog.text, "".join(pieces))


def test_a_fault_is_journalled_without_the_key(served: Served, tmp_path: Path) -> None:
    served.usual = echo(400)
    path = tmp_path / "run.jsonl"
    trace = Trace()
    with path.open("w") as file, pytest.raises(ModelError):
        run(twice(), Environment(model=load_model(served.spec), journal=JournalFile(file, {}), trace=trace))
    assert "I was given" in path.read_text(), "the fault is in the journal"
    assert_no_key(path.read_text(), repr(trace.steps))


def test_an_option_that_is_wrong_does_not_tell_the_key(served: Served) -> None:
    with pytest.raises(UsageError, match="temperature") as caught:
        load_model(served.spec, api_key=OF_AN_OPTION, temperature="warm")
    assert_no_key(str(caught.value), "".join(traceback.format_exception(caught.value)))


@pytest.mark.parametrize("spec", ["openai:gpt-5-mini", "azure_openai:x", "hf:a folder"])
def test_a_loaded_model_does_not_show_its_key(spec: str, tmp_path: Path) -> None:
    try:
        model = load_model(spec.replace("a folder", str(tmp_path)))  # its weights are not loaded yet
    except UsageError as fault:
        assert_no_key(str(fault), "".join(traceback.format_exception(fault)))
        return
    assert isinstance(model, LangChainModel)
    chat = model.chat
    assert_no_key(
        repr(model), repr(vars(model)), model.identity, model.name, repr(chat), str(chat._identifying_params)
    )


def test_settings_and_the_list_of_models_show_none() -> None:
    settings = load_settings()
    assert_no_key(
        repr(settings),
        repr(settings.rows()),
        repr(settings.model_dump()),
        settings.model_dump_json(),
        repr(model_rows()),
    )
    assert sum(value == "set" for _, value, _ in settings.rows()) == len(KEY_VARIABLES) + 1


def reckon(*words: str) -> int:
    """The exit status of the command, run in this process without standard input."""
    with Path(os.devnull).open() as nothing, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", nothing)
        try:
            return int(main(list(words)) or 0)
        except SystemExit as done:
            return int(done.code or 0)


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("form", ["--json", "--quiet", ""])
def test_the_command_prints_none(
    served: Served, tmp_path: Path, status: int, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if status != 200:
        served.usual = echo(status)
        served.usual.headers = {"Retry-After": "0"}
    else:
        served.usual = Plan(text="```python\nprint(2 + 2)\n```")
    command = ["ask", "What is 2 + 2?", "--strategy", "direct", "--model", served.spec]
    command += ["--journal", str(tmp_path / "run.jsonl"), *([form] if form else [])]
    code = reckon(*command)
    shown = capfd.readouterr()
    assert served.keys == [f"Bearer {OF_THE_ADDRESS}"] * len(served.keys) != []
    assert (code == 0) == (status == 200), shown.err
    assert_no_key(shown.out, shown.err, (tmp_path / "run.jsonl").read_text())


def test_the_list_of_models_prints_none(capfd: pytest.CaptureFixture[str]) -> None:
    assert reckon("models", "--all") == 0
    shown = capfd.readouterr()
    assert "openai" in shown.out
    assert_no_key(shown.out, shown.err)
