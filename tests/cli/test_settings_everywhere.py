"""Every command × every setting: where a command uses a setting it holds, and elsewhere it changes nothing.

A new command or a new setting fails here until it is in the table.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from support.server import Served, serve

from sandreckoner.cli import main
from sandreckoner.cli.question_log import entries
from sandreckoner.cli.reckon import reckon
from sandreckoner.cli.terminal.session import Session
from sandreckoner.cli.terminal.session_files import saved_sessions
from sandreckoner.settings import Settings
from sandreckoner.settings.settings_model import PLAIN, Values
from sandreckoner.settings.user_settings import user_file
from tests.serve.serving import reckon_serve

QUESTION = "What is 2 + 2, ann@example.org?"
LIMITS = {"calls", "tokens", "usd", "seconds", "limits"}
ASKING = LIMITS | {"model", "strategy", "prices", "keys", "kernels", "redact"}
# The settings that each command uses.
USES: dict[str, set[str]] = {
    "ask": ASKING | {"background", "log"},
    "batch": ASKING,
    "chat": ASKING | {"memory", "log"},
    "completion": set(),
    "diff": set(),
    "doctor": set(),
    "eval": ASKING,
    "export": set(),
    "index add": set(),
    "index list": {"labels"},
    "index remove": set(),
    "index search": {"labels"},
    "index verify": set(),
    "index watch": set(),
    "log": set(),
    "mcp": set(),
    "models": {"keys"},
    "models pull": set(),
    "models stop": set(),
    # A recorded run goes on with its own model and strategy; --model names another.
    "replay": ASKING - {"model", "strategy"} | {"background"},
    # What it offers is named with --offer. It runs in a process of its own, so its kernels are not seen here.
    "serve": ASKING - {"strategy", "kernels"},
    "sessions": set(),
    "settings": set(Values.model_fields),
    "show": set(),
    "strategies": set(),
}
# These need what is not here: a terminal (test_screen.py), a compiler (tests/llms/test_cpu_kernels.py), a
# process that stays (tests/llms/test_resident.py), documents (test_redaction_everywhere.py).
ELSEWHERE = {
    ("chat", "background"),
    ("models pull", "kernels"),
    ("ask", "resident_minutes"),
    ("mcp", "redact"),
    ("export", "redact"),
}
PAIRS = [(command, setting) for command in USES for setting in Values.model_fields]
ARGUMENTS: dict[str, list[str]] = {
    "ask": ["ask", QUESTION, "--json", "--quiet"],
    "batch": ["batch", "questions.jsonl", "out.jsonl", "--quiet"],
    "chat": ["chat"],
    "completion": ["completion", "bash"],
    "diff": ["diff", "run.jsonl", "run.jsonl"],
    "doctor": ["doctor"],
    "eval": ["eval", "questions.jsonl", "--out", "log", "--json", "--quiet"],
    "export": ["export", "sft", "log", "sft.jsonl"],
    "index add": ["index", "add", "note.md"],
    "index list": ["index", "list"],
    "index remove": ["index", "remove", "note.md"],
    "index search": ["index", "search", "sales"],
    "index verify": ["index", "verify"],
    "index watch": ["index", "watch", "no-such-folder"],
    "log": ["log"],
    "mcp": ["mcp"],
    "models": ["models", "--all"],
    "models pull": ["models", "pull", "no-such-model"],
    "models stop": ["models", "stop"],
    "replay": ["replay", "run.jsonl", "--from", "0", "--json", "--quiet"],
    "serve": ["serve", "--port", "0"],
    "sessions": ["sessions"],
    "settings": ["settings", "--json"],
    "show": ["show", "run.jsonl"],
    "strategies": ["strategies"],
}


@dataclass(frozen=True)
class Seen:
    """What one run of a command showed: its calls and cost, the prompts and keys that the server got."""

    calls: int
    usd: float | None
    models: set[str]
    prompts: list[str]
    keys: set[str]
    at_once: int
    said: str


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as server:
        server.usual.text = "The answer is 4."
        server.usual.wait_s = 0.02
        yield server


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Served) -> Path:
    """A folder with questions, a recorded run and an evaluation; the user's settings name the server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "questions.jsonl").write_text(json.dumps({"id": "a", "question": QUESTION, "answer": "4"}))
    (tmp_path / "note.md").write_text("Net sales were 512.3 million.")
    write_settings(f'model = "{served.spec}"\nstrategy = "sc(cot, n=3)"\n')
    return tmp_path


@pytest.fixture
def run(
    folder: Path, served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Seen]:
    """Run a command and return what was seen of it."""

    def call(command: str, *options: str) -> Seen:
        if command == "replay":
            with pytest.MonkeyPatch.context() as free:
                for name in PLAIN:
                    free.delenv(f"RECKON_{name.upper()}", raising=False)
                main(["ask", QUESTION, "--quiet", "--journal", "run.jsonl", "-s", recorded_strategy()])
        for left in ("out.jsonl", "log/manifest.json", "log/records.jsonl"):
            (folder / left).unlink(missing_ok=True)
        for path in saved_sessions():
            path.unlink()
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{QUESTION}\n{QUESTION}\n"))
        served.requests.clear()
        served.keys.clear()
        served.max_concurrent = 0
        capsys.readouterr()
        if command == "serve":
            calls, usd = asked_of_a_server(folder, *options)
            said = capsys.readouterr()
        else:
            main([*ARGUMENTS[command], *options])
            said = capsys.readouterr()
            calls, usd = cost(command, folder, said.out)
        return Seen(
            calls,
            usd,
            {request["model"] for request in served.requests},
            [request["messages"][-1]["content"] for request in served.requests],
            set(served.keys),
            served.max_concurrent,
            said.out + said.err,
        )

    return call


def recorded_strategy() -> str:
    return "asc(cot, n=6)" if "asc" in user_file().read_text() else "sc(cot, n=3)"


def asked_of_a_server(folder: Path, *options: str) -> tuple[int, float | None]:
    """The calls and the money of a question to `reckon serve`."""
    pytest.importorskip("starlette")
    offer = f"asked={recorded_strategy()}"
    with reckon_serve(folder, "--offer", offer, *options, model=None) as server:
        reply = server.ask(QUESTION, "asked").json()
    usage = reply["sandreckoner"]["usage"]
    return int(usage["calls"]), usage["usd"]


def cost(command: str, folder: Path, out: str) -> tuple[int, float | None]:
    """The calls and the money of the last question that a command asked."""
    if command in ("ask", "replay"):
        usage = json.loads(out)["usage"]
    elif command == "eval":
        usage = json.loads((folder / "log" / "records.jsonl").read_text())
    elif command == "batch":
        usage = json.loads((folder / "out.jsonl").read_text())
    elif command == "chat":
        answer = Session(saved_sessions()[0]).asked[-1].answer
        assert answer is not None
        return answer.usage.calls, answer.usage.usd
    else:
        return 0, None
    return int(usage["calls"]), usage["usd"]


def write_settings(text: str) -> None:
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(text)
    user_file().chmod(0o600)


def add_settings(text: str) -> None:
    write_settings(user_file().read_text() + text)


def test_every_command_and_every_setting_is_in_the_table() -> None:
    assert set(leaves()) == set(USES) == set(ARGUMENTS)
    unused = set(Values.model_fields) - set().union(
        *(used for command, used in USES.items() if command != "settings")
    )
    assert unused <= {setting for _, setting in ELSEWHERE}
    assert set(Settings.model_fields) - set(Values.model_fields) == {"origins"}


def leaves() -> Iterator[str]:
    """The commands, and the actions of those that have any; one that does something alone counts too."""
    context = click.Context(reckon)
    for name in reckon.list_commands(context):
        command = reckon.get_command(context, name)
        assert command is not None
        if not isinstance(command, click.Group):
            yield name
            continue
        if command.invoke_without_command:
            yield name
        yield from (f"{name} {action}" for action in command.list_commands(context))


@pytest.mark.parametrize(
    ("command", "setting"),
    [pair for pair in PAIRS if pair[1] in USES[pair[0]] and pair[0] not in ("settings",)],
)
def test_a_setting_holds(
    command: str, setting: str, run: Callable[..., Seen], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    globals()[f"check_{setting}"](command, run, served, monkeypatch)


Run = Callable[..., Seen]
Patch = pytest.MonkeyPatch


def check_model(command: str, run: Run, served: Served, patch: Patch) -> None:
    patch.setenv("RECKON_MODEL", f"{served.address}#other")
    assert run(command).models == {"other"}
    assert run(command, "--model", f"{served.address}#third").models == {"third"}


def check_redact(command: str, run: Run, served: Served, patch: Patch) -> None:
    before = run(command).prompts
    patch.setenv("RECKON_REDACT", "forms")
    after = run(command).prompts
    assert before and all("ann@example.org" in prompt for prompt in before)
    assert after and all("[EMAIL########]" in prompt and "ann@" not in prompt for prompt in after)


def check_strategy(command: str, run: Run, served: Served, patch: Patch) -> None:
    patch.setenv("RECKON_STRATEGY", "sc(cot, n=2)")
    assert run(command).calls == 2
    assert run(command, "--strategy", "cot").calls == 1


def check_calls(command: str, run: Run, served: Served, patch: Patch) -> None:
    assert run(command).calls == 3
    patch.setenv("RECKON_CALLS", "1")
    assert run(command).calls == 1
    assert run(command, "--calls", "2").calls == 2


def check_tokens(command: str, run: Run, served: Served, patch: Patch) -> None:
    patch.setenv("RECKON_TOKENS", "10")  # less than the prompt
    assert run(command).calls == 0
    assert run(command, "--tokens", "100000").calls == 3


def check_seconds(command: str, run: Run, served: Served, patch: Patch) -> None:
    patch.setenv("RECKON_SECONDS", "0.000001")
    assert run(command).calls == 0
    assert run(command, "--seconds", "100").calls == 3


def check_usd(command: str, run: Run, served: Served, patch: Patch) -> None:
    price = f'\n[prices."{served.spec}"]\ninput = 1\noutput = 1\n'
    write_settings(f'model = "{served.spec}"\nstrategy = "asc(cot, n=6)"\n{price}')
    patch.setenv("RECKON_USD", "0.00000001")
    assert run(command).calls == 1
    assert run(command, "--usd", "100").calls > 1


def check_limits(command: str, run: Run, served: Served, patch: Patch) -> None:
    served.usual.wait_s = 0.2
    assert run(command).at_once > 1
    add_settings(f'[limits."{served.address}"]\nat_once = 1\n')
    assert run(command).at_once == 1


def check_prices(command: str, run: Run, served: Served, patch: Patch) -> None:
    assert run(command).usd is None
    add_settings(f'[prices."{served.spec}"]\ninput = 1_000_000\noutput = 0\n')
    assert run(command).usd == 30  # three prompts of ten tokens


def check_keys(command: str, run: Run, served: Served, patch: Patch) -> None:
    if command == "models":
        assert "export OPENAI_API_KEY" in run(command).said
        add_settings('[keys]\nopenai = "not-a-key"\n')
        assert "export OPENAI_API_KEY" not in run(command).said
        return
    add_settings(f'[keys]\n"{served.address}" = "not-a-key"\n')
    assert run(command).keys == {"Bearer not-a-key"}


def check_memory(command: str, run: Run, served: Served, patch: Patch) -> None:
    assert any("Earlier question" in prompt for prompt in run(command).prompts)
    patch.setenv("RECKON_MEMORY", "0")
    assert not any("Earlier question" in prompt for prompt in run(command).prompts)


def check_background(command: str, run: Run, served: Served, patch: Patch) -> None:
    patch.setenv("FORCE_COLOR", "1")
    patch.setattr(served.usual, "text", "```python\nanswer = 2 + 2\n```")
    patch.setattr(sys.modules[__name__], "recorded_strategy", lambda: "pal")
    patch.setenv("RECKON_STRATEGY", "pal")
    patch.setitem(
        ARGUMENTS, command, [word for word in ARGUMENTS[command] if word not in ("--json", "--quiet")]
    )
    patch.setattr(sys.modules[__name__], "cost", lambda *_: (0, None))
    shown = {}
    for background in ("dark", "light"):
        patch.setenv("RECKON_BACKGROUND", background)
        shown[background] = [line for line in run(command).said.splitlines() if "answer" in line]
    assert shown["dark"] and shown["dark"] != shown["light"]


def check_log(command: str, run: Run, served: Served, patch: Patch) -> None:
    run(command)
    before = entries()
    assert QUESTION in {entry.question for entry in before} and before[0].answer == "4"
    patch.setenv("RECKON_LOG", "off")
    run(command)
    assert entries() == before


def check_labels(command: str, run: Run, served: Served, patch: Patch) -> None:
    main(["index", "add", "note.md", "--label", "board"])
    assert "note.md" in run(command).said
    patch.setenv("RECKON_LABELS", "staff")
    assert "note.md" not in run(command).said


def check_kernels(command: str, run: Run, served: Served, patch: Patch) -> None:
    """The engine looks for kernels of this processor before it loads a model, or does not."""
    pytest.importorskip("xllamacpp")
    patch.syspath_prepend(str(Path(__file__).parent.parent / "llms"))
    from tiny_gguf import make_tiny_gguf

    from sandreckoner.llms.local import llama_engine

    looked: list[bool] = []
    look = llama_engine.use_kernels
    patch.setattr(llama_engine, "use_kernels", lambda: looked.append(True) or look())
    weights = make_tiny_gguf(Path("tiny.gguf").absolute())
    patch.setenv("RECKON_RESIDENT_MINUTES", "0")
    patch.setenv("RECKON_SECONDS", "3")  # it would write nonsense for long
    patch.setenv("RECKON_STRATEGY", "direct")
    patch.setenv("RECKON_MODEL", f"llamacpp:{weights}")
    model = ["--model", f"llamacpp:{weights}"] if command == "replay" else []
    for kernels in ("wheel", "native"):
        patch.setenv("RECKON_KERNELS", kernels)
        looked.clear()
        run(command, *model)
        assert bool(looked) == (kernels == "native")


OTHER = {
    "model": "llamacpp:no-such-file.gguf",
    "strategy": "tot",
    "calls": "1",
    "tokens": "1",
    "usd": "0.01",
    "seconds": "0.000001",
    "memory": "0",
    "background": "light",
    "kernels": "wheel",
    "resident_minutes": "5",
    "log": "off",
    "labels": "board",
    "redact": "forms",
}


@pytest.mark.parametrize("command", [command for command, used in USES.items() if not used - {"keys"}])
def test_where_no_setting_is_used_none_changes_anything(
    command: str, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(OTHER) == set(PLAIN)
    main(["ask", QUESTION, "--quiet", "--journal", "run.jsonl"])
    main(["eval", "questions.jsonl", "--out", "log", "--quiet"])
    if command.startswith("index") and command != "index add":
        main(["index", "add", "note.md"])
    before = outcome(command)
    if command == "index remove":
        main(["index", "add", "note.md"])
    (folder / "sft.jsonl").unlink(missing_ok=True)
    for name, value in OTHER.items():
        monkeypatch.setenv(f"RECKON_{name.upper()}", value)
    if command == "index add":
        assert outcome(command)[0] == before[0] == 0
    else:
        assert outcome(command) == before


def outcome(command: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "sandreckoner.cli", *ARGUMENTS[command]],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_a_fork_keeps_the_model_and_the_strategy_of_its_run(
    run: Run, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECKON_MODEL", f"{served.address}#other")
    monkeypatch.setenv("RECKON_STRATEGY", "cot")
    seen = run("replay")
    assert (seen.models, seen.calls) == ({"tiny"}, 3)
    assert run("replay", "--model", f"{served.address}#other").models == {"other"}


def test_the_settings_are_shown_with_their_origins(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECKON_CALLS", "7")
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    (folder / "sandreckoner.toml").write_text('strategy = "cot"\n[limits.openai]\nat_once = 2\n')
    capsys.readouterr()
    assert main(["settings", "--json"]) == 0
    out = capsys.readouterr().out
    shown = {each["name"]: (each["value"], each["origin"]) for each in json.loads(out)["settings"]}
    assert set(shown) == {*PLAIN, "limits.openai.at_once", "keys.openai"}
    assert shown["calls"] == ("7", "environment, RECKON_CALLS")
    assert shown["strategy"] == ("cot", str(folder / "sandreckoner.toml"))
    assert shown["model"][1] == str(user_file())
    assert shown["limits.openai.at_once"] == ("2", str(folder / "sandreckoner.toml"))
    assert shown["keys.openai"] == ("set", "environment, OPENAI_API_KEY")
    assert shown["tokens"] == ("", "default")
    assert main(["settings"]) == 0
    assert "environment, RECKON_CALLS" in (said := capsys.readouterr().out) and "not-a-key" not in out + said


def test_a_wrong_value_stops_every_command_that_asks(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], served: Served
) -> None:
    main(["ask", QUESTION, "--quiet", "--journal", "run.jsonl"])
    served.requests.clear()
    monkeypatch.setenv("RECKON_CALLS", "many")
    for command in ("ask", "batch", "chat", "eval", "replay", "settings"):
        capsys.readouterr()
        assert main(ARGUMENTS[command]) == 2
        assert "RECKON_CALLS: calls must be a whole number above 0, not 'many'" in capsys.readouterr().err
    assert not served.requests


def test_a_sentence_in_place_of_a_command_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([QUESTION, "--quiet"]) == 0
    assert capsys.readouterr().out == "4\n"
    assert main(["aks"]) == 2
    assert "did you mean ask?" in capsys.readouterr().err
