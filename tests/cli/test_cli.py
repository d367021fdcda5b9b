"""The command as a person or a script uses it: a process of its own, real streams, real exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parent.parent.parent
RECKON = [str(Path(sys.executable).with_name("reckon"))]
PROGRAM = "```python\nprice = 3\npens = 14\nanswer = price * pens\n```"
QUESTION = "Pens cost 3 dollars. What do 14 cost?"


def reckon(
    *words: str, stdin: str | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    given = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [*RECKON, *words],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **(env or {})},
        **given,
    )


@pytest.fixture
def script(tmp_path: Path) -> str:
    """A specification of a model that answers with the program."""
    path = tmp_path / "replies.json"
    path.write_text(json.dumps([PROGRAM] * 3))
    return f"scripted:{path}"


def script_of(tmp_path: Path, *replies: str) -> str:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(replies))
    return f"scripted:{path}"


def test_the_answer_goes_to_stdout_alone_and_its_making_to_stderr(script: str) -> None:
    done = reckon("ask", QUESTION, "--model", script)
    assert (done.returncode, done.stdout) == (0, "42\n")
    assert "price * pens" in done.stderr
    assert "14 ← the question" in done.stderr
    assert "figures · 1 call" in done.stderr
    assert "\x1b" not in done.stderr


def test_quiet_says_nothing_else(script: str) -> None:
    done = reckon("ask", QUESTION, "--model", script, "--quiet")
    assert (done.stdout, done.stderr) == ("42\n", "")


def test_json_is_one_object_of_the_published_schema(script: str) -> None:
    done = reckon("ask", QUESTION, "--model", script, "--json", "--docs", str(ROOT / "examples" / "data"))
    found = json.loads(done.stdout)
    jsonschema.validate(found, json.loads((ROOT / "docs" / "answer.schema.json").read_text()))
    assert (found["version"], found["answer"], found["status"]) == (1, "42", "answered")
    assert {number["text"]: number["origin"] for number in found["numbers"]}["14"] == "question"
    assert found["passages"]


def test_jsonl_prints_what_happens_and_the_answer_last(script: str) -> None:
    lines = [
        json.loads(line)
        for line in reckon("ask", QUESTION, "--model", script, "--jsonl").stdout.split("\n")[:-1]
    ]
    assert [line["event"] for line in lines if line["event"] != "text"] == [
        "started", "done", "started", "done", "answer"
    ]  # fmt: skip
    assert "".join(line["text"] for line in lines if line["event"] == "text") == PROGRAM
    assert {line["version"] for line in lines} == {1}
    jsonschema.validate(lines[-1]["answer"], json.loads((ROOT / "docs" / "answer.schema.json").read_text()))


def test_a_recorded_run_replays_byte_for_byte(script: str, tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    live = reckon("ask", QUESTION, "--model", script, "--json", "--journal", str(journal))
    Path(script.removeprefix("scripted:")).unlink()
    again = reckon("replay", str(journal), "--json")
    assert (again.returncode, again.stdout) == (0, live.stdout)
    assert reckon("replay", str(journal)).stdout == "42\n"


def test_what_is_piped_in_is_context(tmp_path: Path) -> None:
    program = "```python\nsales = 512.3\nanswer = sales * 2\n```"
    done = reckon(
        "ask", "Twice the sales?", "--model", script_of(tmp_path, program), stdin="Net sales were 512.3.\n"
    )
    assert done.stdout == "1024.6\n"
    assert "512.3 ← stdin p. 1" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["ask", ""], 2, "the question is empty"),
        (["ask", "x" * 100_001], 2, "100,001 characters"),
        (["ask", "a?", "--strategy", "pall"], 2, "did you mean pal?"),
        (["ask", "a?", "--strategy", "pal("], 2, "cannot be read"),
        (["ask", "a?", "--strategy", "__import__('os')"], 2, "unknown strategy '__import__'"),
        (["ask", "a?", "--model", "nobody:nothing"], 2, "nobody"),
        (["ask", "a?", "--model", "openai:gpt-5-mini"], 2, "OPENAI_API_KEY"),
        (["ask", "a?", "--model", "llamacpp:nowhere.gguf"], 2, "nowhere.gguf"),
        (["ask", "a?", "--model", "scripted:nowhere.json"], 2, "nowhere.json cannot be read"),
        (["ask", "a?", "--docs", "nowhere.md"], 1, "nowhere.md"),
        (["ask", "a?", "--calls", "0"], 2, "--calls: calls must be a whole number above 0, not 0"),
        (["ask", "a?", "--model", "scripted:x", "--journal", "nowhere/run.jsonl"], 2, "cannot be"),
        (["replay", "nowhere.jsonl"], 1, "nowhere.jsonl: cannot be read as a journal"),
        (["replay", str(ROOT)], 1, f"{ROOT}: cannot be read as a journal: Is a directory"),
        (["show", str(ROOT)], 1, f"{ROOT}: cannot be read: Is a directory"),
        (["show", sys.executable], 1, "it is not text in UTF-8"),
        (["ask", "a?", "--model", f"scripted:{ROOT}"], 2, "cannot be read: Is a directory"),
        (["models", "pull", "gpt-7"], 2, "gpt-7"),
        (["aks", "a?"], 2, "no command 'aks': did you mean ask?"),
        (["ask"], 2, "QUESTION is missing; `reckon ask --help` has examples"),
        (["ask", "a?", "--modle", "x"], 2, "no option --modle: did you mean --model?"),
        (["ask", "a?", "--model"], 2, "'--model' requires an argument"),
        (["ask", "a?", "--calls", "few"], 2, "--calls: 'few' is not a whole number"),
        (["ask", "a?", "b?"], 2, "unexpected extra argument (b?)"),
        (["index"], 2, "missing command; `reckon index --help` has examples"),
        (["index", "serach", "a?"], 2, "no action 'serach': did you mean search?"),
        (["--model", "local", "ask", "a?"], 2, "options belong after the command: `reckon ask …`"),
        (["-c", "--session", "work"], 2, "name one of them"),
        (["completion", "bush"], 2, "no shell 'bush': did you mean bash?"),
        (["completion", "fisch"], 2, "did you mean fish?"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_that_says_how_to_mend_it(words: list[str], code: int, said: str) -> None:
    done = reckon(*words)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("reckon: ") and done.stderr.count("\n") == 1
    assert said in done.stderr
    assert "Errno" not in done.stderr and "codec" not in done.stderr


def test_an_empty_and_a_binary_document_are_named(tmp_path: Path, script: str) -> None:
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "noise.txt").write_bytes(bytes(range(256)) * 8)
    for name in ("empty.md", "noise.txt"):
        done = reckon("ask", "a?", "--model", script, "--docs", str(tmp_path / name))
        assert done.returncode == 1
        assert name in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        ("", 4, "the model answered with nothing"),
        ("I cannot say.", 4, "no program in the reply"),
        ("```python\nanswer = (lambda: 0).__globals__\n```", 5, "__globals__"),
        ("```python\nanswer = 1 / 0\n```", 4, "ZeroDivisionError"),
    ],
)
def test_no_answer_has_an_exit_code_and_a_reason(tmp_path: Path, reply: str, code: int, said: str) -> None:
    done = reckon("ask", "a?", "--model", script_of(tmp_path, reply, reply))
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_budget_that_ends_has_an_exit_code(tmp_path: Path) -> None:
    words = "I think about it and " * 50
    done = reckon(
        "ask",
        "a?",
        "--strategy",
        "sc(pal, n=3)",
        "--tokens",
        "40",
        "--model",
        script_of(tmp_path, *[words] * 9),
    )
    assert done.returncode in (3, 4)
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_is_not_a_fault(script: str) -> None:
    pipe = f"{RECKON[0]} ask '{QUESTION}' --model {script} --json | head -c 1"
    done = subprocess.run(
        ["bash", "-c", pipe], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    assert done.stdout == "{"
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def _family(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found, fresh = [], [pid]
    while fresh:
        found += fresh
        fresh = [child for child, parent in parents if parent in fresh]
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_no_process_is_left_and_the_journal_is_kept(
    tmp_path: Path, ending: signal.Signals
) -> None:
    endless = "```python\nn = 0\nwhile True:\n    n += 1\n```"
    journal = tmp_path / "run.jsonl"
    words = ["ask", "a?", "--model", script_of(tmp_path, endless, endless), "--journal", str(journal)]
    process = subprocess.Popen([*RECKON, *words], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not journal.exists() or journal.read_text().count("\n") < 2):
        time.sleep(0.05)
    family = _family(process.pid)
    process.send_signal(ending)
    _, said = process.communicate(timeout=60)
    if ending == signal.SIGINT:
        assert process.returncode == 130
        assert said.strip().endswith("reckon: interrupted") and "Traceback" not in said
    assert '"step":0' in journal.read_text()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(map(_alive, family)):
        time.sleep(0.05)
    assert not [pid for pid in family if _alive(pid)]


def test_a_terminal_whose_reader_leaves_is_silent(script: str) -> None:
    pipe = f"yes '/help' | head -200 | {RECKON[0]} --model {script} | head -c 1"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, timeout=120)
    assert done.stdout == "S"
    assert done.stderr == ""


def test_forced_colours_go_into_a_pipe_and_refused_ones_do_not(script: str) -> None:
    forced = reckon("ask", QUESTION, "--model", script, env={"FORCE_COLOR": "1"})
    assert "\x1b[" in forced.stderr
    plain = reckon("ask", QUESTION, "--model", script, "--plain")
    assert "program:\nprice = 3" in plain.stderr and "╭" not in plain.stderr


@pytest.mark.parametrize("question", ["-5 + 47 = ?", "-5", "--- how many?"])
def test_a_question_may_begin_with_a_dash(question: str, script: str) -> None:
    for words in (["ask", question, "--model", script], ["ask", "--model", script, "--quiet", question]):
        assert reckon(*words).stdout == "42\n"


def test_what_cannot_be_written_is_one_line(script: str) -> None:
    ask = f"{RECKON[0]} ask '{QUESTION}' --model {script} --quiet"
    for end, said in ((">&-", "stdout is closed"), ("> /dev/full", "No space left on device")):
        done = subprocess.run(["bash", "-c", f"{ask} {end} < /dev/null"], capture_output=True, text=True)
        assert done.returncode == 1
        assert done.stderr.startswith("reckon: ") and done.stderr.count("\n") == 1
        assert said in done.stderr
    done = reckon("ask", QUESTION, "--model", script, "--html", str(ROOT / "docs"), "--quiet")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    done = reckon("export", "sft", "nowhere", "nowhere", "nowhere/out.jsonl")
    assert done.returncode in (1, 2) and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_what_the_terminal_cannot_show_is_one_line(tmp_path: Path) -> None:
    model = script_of(tmp_path, "```python\nanswer = '\u5186 42'\n```")
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = reckon("ask", QUESTION, "--model", model, "--quiet", env=ascii_only)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "set PYTHONUTF8=1" in done.stderr


def test_help_and_version() -> None:
    assert "exit codes: 0 answered" in reckon("--help").stdout
    assert reckon("ask", "-h").stdout == reckon("ask", "--help").stdout
    commands = sorted(path.stem for path in (ROOT / "sandreckoner/cli/commands").glob("[a-z]*.py"))
    for words in (*([command] for command in commands), ["index", "add"], ["models", "pull"]):
        shown = reckon(*words, "--help").stdout
        assert "\nexamples:\n  " in shown, words
        assert max(map(len, shown.split("\n"))) <= 120
    listed = reckon("--help").stdout
    assert all(f"\n  {command} " in listed for command in commands)
    assert reckon("--version").stdout.startswith("reckon 0.")
    assert reckon("ask").returncode == 2
    assert reckon("nonsense").returncode == 2


def test_doctor_says_which_walls_stand() -> None:
    done = reckon("doctor")
    assert "language" in done.stdout and "seccomp" in done.stdout
    assert ("are contained" in done.stdout) == (done.returncode == 0)


def test_strategies_are_listed() -> None:
    done = reckon("strategies")
    assert done.returncode == 0
    assert "pal" in done.stdout and "vote over n candidates" in done.stdout


def test_models_lists_what_can_be_used() -> None:
    done = reckon("models")
    assert done.returncode == 0 and done.stdout.count("\n") <= 10
    done = reckon("models", "--all")
    assert "local" in done.stdout and "openai:" in done.stdout


@pytest.fixture
def journal(script: str, tmp_path: Path) -> str:
    """The journal of a run whose answer is 42."""
    path = tmp_path / "run.jsonl"
    assert reckon("ask", QUESTION, "--model", script, "--journal", str(path), "--quiet").stdout == "42\n"
    return str(path)


def test_show_tells_what_a_run_did(journal: str, tmp_path: Path) -> None:
    done = reckon("show", journal, "--trace")
    assert done.returncode == 0
    assert "program: ok, 42" in done.stdout and "├" not in done.stdout and "14 ← the question" in done.stdout
    assert "── system" in done.stdout and "── reply" in done.stdout
    plain = reckon("show", journal, "--plain").stdout
    assert "├" not in plain and "winner: answer: 42" in plain
    found = json.loads(reckon("show", journal, "--json").stdout)
    jsonschema.validate(found, json.loads((ROOT / "docs" / "answer.schema.json").read_text()))
    assert reckon("show", journal, "--html", str(tmp_path / "page.html")).returncode == 0
    assert "<!doctype html>" in (tmp_path / "page.html").read_text()
    assert reckon("show", "nowhere").returncode == 2
    assert reckon("show", journal, "--turn", "2").returncode == 2


def test_a_run_forks_with_another_model_and_diff_says_where_they_part(journal: str, tmp_path: Path) -> None:
    other = script_of(tmp_path, "```python\nanswer = 7\n```")
    fork = str(tmp_path / "fork.jsonl")
    done = reckon("replay", journal, "--from", "0", "--model", other, "--journal", fork, "--quiet")
    assert (done.returncode, done.stdout) == (0, "7\n"), done.stderr
    assert reckon("replay", fork, "--quiet").stdout == "7\n"
    # From step 1 on the reply stands; only its program runs anew, and no model is asked.
    again = str(tmp_path / "again.jsonl")
    done = reckon("replay", journal, "--from", "1", "--model", other, "--journal", again, "--quiet")
    assert done.stdout == "42\n"
    parted = reckon("diff", journal, fork)
    assert parted.returncode == 1
    assert "they part at step 0, which was answered differently" in parted.stdout
    assert "-answer: 42" in parted.stdout and "+answer: 7" in parted.stdout
    assert "-answer = price * pens" in parted.stdout
    same = reckon("diff", journal, journal)
    assert (same.returncode, same.stdout) == (0, "the same: 2 steps, and the answer\n")
    assert reckon("replay", journal, "--from", "9").returncode == 2
    assert reckon("replay", journal, "--model", other).returncode == 2


def test_a_fork_in_the_middle_of_cells_goes_on_from_their_state(tmp_path: Path) -> None:
    first, second, third = (
        "```python\nprice = 3\n```",
        "```python\npens = 14\n```",
        "```python\nanswer = price * pens\n```",
    )
    run, fork = str(tmp_path / "run.jsonl"), str(tmp_path / "fork.jsonl")
    model = script_of(tmp_path, first, second, third)
    done = reckon("ask", QUESTION, "--strategy", "cells", "--model", model, "--journal", run, "--quiet")
    assert done.stdout == "42\n"
    other = tmp_path / "fork.json"
    other.write_text(json.dumps(["```python\nanswer = price * pens * 2\n```"]))
    words = ["replay", run, "--from", "4", "--model", f"scripted:{other}", "--journal", fork, "--quiet"]
    done = reckon(*words)
    assert (done.returncode, done.stdout) == (0, "84\n"), done.stderr


def completed(*words: str) -> set[str]:
    """What bash offers for the last of these words."""
    asked = (
        f'eval "$(reckon completion bash)"; COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}; '
        '_reckon_completion reckon; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{Path(RECKON[0]).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", asked], capture_output=True, text=True, env={**os.environ, "PATH": path}, timeout=60
    )
    return set(done.stdout.split())


def test_completion_knows_commands_options_and_values() -> None:
    import shutil

    for shell in ("bash", "zsh", "fish"):
        script = reckon("completion", shell).stdout
        assert "_RECKON_COMPLETE" in script
        if program := shutil.which(shell):
            assert subprocess.run([program, "-n"], input=script, text=True, timeout=20).returncode == 0
    assert {"ask", "show", "diff", "models", "replay"} <= completed("reckon", "")
    assert completed("reckon", "replay", "--fr") == {"--from"}
    assert completed("reckon", "ask", "--req") == {"--require-sources"}
    assert {"pal", "pot", "plan"} <= completed("reckon", "ask", "--strategy", "p")
    assert completed("reckon", "models", "p") == {"pull"}
    assert completed("reckon", "completion", "b") == {"bash"}
