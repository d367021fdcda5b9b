"""The one door: what it opens, when, from which settings, and what it closes."""

from __future__ import annotations

import io
import json
import pickle
from itertools import combinations
from pathlib import Path

import pytest

from sandreckoner import Budget, Problem, Sandbox, Settings, UsageError, Workspace, open_library
from sandreckoner.core.effects import note
from sandreckoner.core.errors import LibraryError, SandboxError
from sandreckoner.core.journal import JournalFile
from sandreckoner.core.runtime import run
from sandreckoner.evals.run.batching import BatchJob
from sandreckoner.testing import ScriptedModel

PROBLEM = Problem("What is 2 + 2?")


class Closing(ScriptedModel):
    """A scripted model that remembers whether it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder of its own, and the specification of a model that answers 4."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.md").write_text("Net sales were 512.3 million.")
    (tmp_path / "replies.json").write_text(json.dumps(["The answer is 4."] * 5))
    return f"scripted:{tmp_path / 'replies.json'}"


def test_nothing_is_opened_before_it_is_needed(script: str) -> None:
    with Workspace(model="scripted:nowhere.json", docs=["nowhere.md"], budget=Budget(calls=3)) as workspace:
        assert workspace.has_documents and workspace.budget == Budget(calls=3)
        assert not any(workspace.is_open(part) for part in ("model", "interpreter", "library"))
        with pytest.raises(UsageError, match="nowhere.json"):
            _ = workspace.model
        with pytest.raises(LibraryError, match="nowhere.md"):
            _ = workspace.library


def test_the_parts_come_from_the_settings(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECKON_MODEL", script)
    monkeypatch.setenv("RECKON_CALLS", "2")
    with Workspace() as workspace, workspace.environment(PROBLEM, "cot") as environment:
        assert environment.model is workspace.model and environment.model.name == script
        assert environment.budget == Budget(calls=2)
        assert environment.library is None and set(environment.tools) == {"nearest"}
    with Workspace(Settings(model=script, seconds=5), budget=Budget()) as workspace:
        assert workspace.model.name == script and workspace.budget == Budget()


def test_what_was_opened_is_closed_and_what_was_given_is_not(script: str) -> None:
    model, library = Closing([]), open_library("note.md")
    with Sandbox() as sandbox:
        with Workspace(model=model, interpreter=sandbox, library=library).opened():
            pass
        assert not model.closed
        assert sandbox.run("6 * 7").value == 42
        assert library.sources == ("note.md",)
    with Workspace(model=model) as workspace:
        own = workspace.sandbox
        assert own.run("6 * 7").value == 42
    workspace.close()
    with pytest.raises(SandboxError, match="closed"):
        own.run("1")


def test_a_fault_while_opening_closes_what_is_open(script: str) -> None:
    workspace = Workspace(model="scripted:nowhere.json")
    sandbox = workspace.sandbox
    with pytest.raises(UsageError):
        workspace.opened()
    with pytest.raises(SandboxError, match="closed"):
        sandbox.run("1")


def test_a_workspace_that_shares_closes_only_its_own(script: str) -> None:
    with Workspace(model=script) as workspace:
        other = workspace.sharing(budget=Budget(calls=1))
        assert other.model is workspace.model and other.interpreter is workspace.interpreter
        assert (other.budget, workspace.budget) == (Budget(calls=1), Budget())
        other.close()
        assert workspace.sandbox.run("6 * 7").value == 42
        assert workspace.sharing(model=script).model is not workspace.model


def test_other_settings_and_documents_open_only_what_they_concern(script: str) -> None:
    with Workspace(Settings(model=script)) as workspace:
        sandbox, model, library = workspace.sandbox, workspace.model, workspace.library
        assert library is None
        workspace.change(Settings(model=script, calls=1), ["note.md"])
        assert workspace.model is model and workspace.budget.calls == 1
        found = workspace.library
        assert found is not None and "read" in workspace.tools
        workspace.change(Settings(model=f"{script}"), ["note.md"])
        assert workspace.library is found
        workspace.change(Settings(model="scripted:nowhere.json"), [])
        assert workspace.library is None and not workspace.is_open("model")
        assert workspace.sandbox is sandbox


def test_documents_are_named_in_one_way(script: str) -> None:
    ways = {"docs": ["a"], "index": "b", "library": "c"}
    for two in combinations(ways.items(), 2):
        with pytest.raises(UsageError, match="only one of them"):
            Workspace(**dict(two))


def test_a_journal_is_a_file_or_what_a_function_begins(script: str, tmp_path: Path) -> None:
    with Workspace(model=script) as workspace:
        kept = io.StringIO()
        seen: list[object] = []
        with workspace.environment(
            PROBLEM, "cot", journal=lambda header: JournalFile(kept, header), header={"seed": 7}
        ):
            pass
        header = json.loads(kept.getvalue())
        assert (header["strategy"], header["seed"], header["model"]) == ("cot", 7, script)
        file = tmp_path / "run.jsonl"
        with workspace.environment(PROBLEM, "cot", journal=file, listeners=[seen.append]) as environment:
            assert run(note("a note"), environment) is None and len(seen) == 2
        header, step = map(json.loads, file.read_text().splitlines())
        assert header["problem"]["question"] == PROBLEM.question and step["effect"]["text"] == "a note"
        with (
            pytest.raises(UsageError, match="journal: .* cannot be written"),
            workspace.environment(PROBLEM, "cot", journal=tmp_path / "none" / "run.jsonl"),
        ):
            pass


def test_a_job_for_another_machine_takes_no_keys_along(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Settings(model=script, calls=3, keys={"openai": "the-key-of-here"})
    sent = pickle.dumps(BatchJob("cot", here, script, here.budget()))
    assert b"the-key-of-here" not in sent
    monkeypatch.setenv("OPENAI_API_KEY", "the-key-of-there")
    there = pickle.loads(sent).settings
    assert (there.calls, there.key_of("openai")) == (3, "the-key-of-there")
