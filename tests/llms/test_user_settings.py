"""Settings from two files and the environment: which one holds, where it came from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.server import Served

from sandreckoner.core.effects import Ask
from sandreckoner.core.errors import UnknownName, UsageError
from sandreckoner.core.message import Message
from sandreckoner.llms import Settings, load_model, load_settings, model_rows
from sandreckoner.settings.prices_and_limits import Limits, Price
from sandreckoner.settings.user_settings import project_file, user_file

KEY = "not-looking-like-a-key-at-all"
QUESTION = Ask((Message("user", "Two and two?"),))


def write_user(text: str, mode: int = 0o600) -> None:
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(text)
    user_file().chmod(mode)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which the program is started, and nothing set for all tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECKON_RESIDENT_MINUTES")
    return tmp_path


def write_project(text: str) -> None:
    project_file().write_text(text)


def test_without_files_there_are_defaults() -> None:
    assert load_settings() == Settings()
    assert load_settings().rows()[:3] == [
        ("model", "local", "default"),
        ("strategy", "figures", "default"),
        ("calls", "", "default"),
    ]
    assert {origin for _, _, origin in load_settings().rows()} == {"default"}


def test_an_option_comes_before_the_environment_the_project_and_the_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_user('model = "llamacpp:user"\nstrategy = "cot"\ncalls = 5\nusd = 1\n')
    write_project('model = "llamacpp:project"\nstrategy = "pal"\ncalls = 6\n')
    monkeypatch.setenv("RECKON_MODEL", "llamacpp:environment")
    monkeypatch.setenv("RECKON_STRATEGY", "direct")
    settings = load_settings({"model": "llamacpp:option", "seconds": None})
    assert settings.rows() == [
        ("model", "llamacpp:option", "option --model"),
        ("strategy", "direct", "environment, RECKON_STRATEGY"),
        ("calls", "6", str(project_file())),
        ("tokens", "", "default"),
        ("usd", "1.0", str(user_file())),
        *((name, *rest) for name, *rest in Settings().rows()[5:]),
    ]
    assert load_settings().model == "llamacpp:environment"
    monkeypatch.delenv("RECKON_MODEL")
    assert load_settings().model == "llamacpp:project"
    project_file().unlink()
    assert load_settings().model == "llamacpp:user"


def test_tables_are_put_together_value_by_value() -> None:
    write_user(
        "[limits.openai]\nrequests_per_minute = 60\nat_once = 4\n"
        "[prices.'openai:m.1']\ninput = 1\noutput = 2\n"
    )
    write_project("[limits.openai]\nat_once = 2\n")
    settings = load_settings()
    assert settings.limits_of("openai") == Limits(60, None, 2)
    assert settings.limits_of("groq") == Limits()
    assert settings.price_of("openai:m.1") == Price(1, 2)
    assert settings.price_of("openai:other") is None
    assert ("limits.openai.at_once", "2", str(project_file())) in settings.rows()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("modle = 'x'", "no setting 'modle': did you mean 'model'"),
        ("[limit.openai]\nat_once = 1", "no setting 'limit': did you mean 'limits'"),
        ("[limits.opnai]\nat_once = 1", "no setting 'opnai': did you mean 'openai'"),
        ("[limits.openai]\nat_onec = 1", "no setting 'at_onec': did you mean 'at_once'"),
        ("[keys]\nanthropc = 'x'", "no setting 'anthropc': did you mean 'anthropic'"),
        ("[prices.x]\ninptu = 1\noutput = 1", "did you mean 'input'"),
    ],
)
def test_an_unknown_name_gets_the_nearest_and_the_file(text: str, said: str) -> None:
    write_user(text)
    with pytest.raises(UnknownName, match=said) as caught:
        load_settings()
    assert str(user_file()) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model = 3", "model must be a string, not 3"),
        ("calls = 0", "calls must be a whole number above 0, not 0"),
        ("calls = 1.5", "calls must be a whole number above 0"),
        ("usd = nan", "usd must be a number above 0"),
        ("usd = true", "usd must be a number above 0"),
        ("limits = 3", "limits is a table"),
        ("limits.openai = 3", "limits.openai is a table"),
        ("[limits.openai]\nat_once = 0", "limits.openai.at_once must be a whole number above 0"),
        ("[model]\nx = 1", "model is not a table"),
        ("[keys.openai]\nx = 'y'", "no setting|is no"),
        ("= 3", "cannot be read"),
    ],
)
def test_a_wrong_value_is_told_with_its_file(text: str, said: str) -> None:
    write_user(text)
    with pytest.raises(UsageError, match=said) as caught:
        load_settings()
    assert str(user_file()) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_value_of_the_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECKON_CALLS", "many")
    with pytest.raises(UsageError, match="RECKON_CALLS: calls must be a whole number above 0, not 'many'"):
        load_settings()


def test_a_key_comes_from_the_environment_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write_user(f'[keys]\nopenai = "{KEY}"\n')
    assert load_settings().key_of("openai") == KEY
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    assert load_settings().key_of("openai") == "from-the-environment"


def test_a_key_does_not_show_itself() -> None:
    write_user(f'[keys]\nopenai = "{KEY}"\n')
    settings = load_settings()
    assert KEY not in repr(settings) + str(settings) + repr(settings.rows()) + settings.model_dump_json()
    assert ("keys.openai", "set", str(user_file())) in settings.rows()
    write_user("[keys]\nopenai = [1234567]\n")
    with pytest.raises(UsageError) as caught:
        load_settings()
    assert "1234567" not in str(caught.value)


def test_keys_that_others_can_read_are_refused_with_the_command() -> None:
    write_user(f'[keys]\nopenai = "{KEY}"\n', mode=0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        load_settings()
    write_user('model = "local"\n', mode=0o644)
    load_settings()


def test_a_projects_file_holds_no_keys_and_sends_nothing_away() -> None:
    write_project(f'[keys]\nopenai = "{KEY}"\n')
    with pytest.raises(UsageError, match="a project's file cannot hold keys"):
        load_settings()
    write_project('model = "https://elsewhere.example/v1#big"\n')
    with pytest.raises(UsageError, match="may not send questions to another machine"):
        load_settings()
    write_project('model = "http://127.0.0.1:8000/v1#big"\n')
    assert load_settings().model == "http://127.0.0.1:8000/v1#big"


def test_a_file_of_a_folder_above_has_no_say(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project('model = "openai:above"\n')
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert load_settings().model == "local"


def test_the_key_of_an_address_is_sent_there_and_nowhere_else(served: Served) -> None:
    write_user(f'[keys]\n"{served.address}" = "{KEY}"\n"http://127.0.0.1:1/v1" = "another"\n')
    load_model(served.spec).ask(QUESTION)
    assert served.keys == [f"Bearer {KEY}"]


def test_a_key_of_the_settings_makes_a_provider_usable() -> None:
    assert not {row.spec: row for row in model_rows()}["openai:NAME"].usable
    write_user(f'[keys]\nopenai = "{KEY}"\n')
    assert {row.spec: row for row in model_rows()}["openai:NAME"].usable
    model = load_model("openai:gpt-5-mini")
    assert KEY not in repr(model) + repr(vars(model))


def test_settings_can_be_passed_and_then_no_file_has_a_say(served: Served) -> None:
    write_user("modle = 3")
    assert load_model(served.spec, settings=Settings()).ask(QUESTION)[0].text == "one two three"


def test_the_example_of_the_documents_is_right() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    write_user(page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0])
    settings = load_settings()
    assert settings.limits_of("openai") == Limits(60, 100_000, 8)
    assert settings.price_of("openai:gpt-5-mini") == Price(0.25, 2.0)
    assert settings.key_of("http://127.0.0.1:8000/v1/") == "…"
