"""Labelled documents: what a question may not see is not there, whichever door it is asked for at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from embedders import HashedWords

from sandreckoner.agents.toolbox import document_tools
from sandreckoner.cli import main
from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.settings import Settings
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.host_tools import host_tools
from sandreckoner.tools.retrieval.search import SearchOptions
from sandreckoner.tools.retrieval.verify import repair, verify
from sandreckoner.workspace import Workspace

SALARY = "# Salaries\n\nThe director earns 987,654.\n\n| Name | Salary |\n|---|---|\n| Director | 987,654 |\n"
SALES = "# Sales\n\nNet sales were 512.3 million.\n\n| | 2024 |\n|---|---|\n| Net sales | 512.3 |\n"
ASKED = "salary of the director 987,654 and net sales"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "all" / "board").mkdir(parents=True)
    (tmp_path / "all" / "board" / "salaries.md").write_text(SALARY)
    (tmp_path / "all" / "annual.md").write_text(SALES)
    return tmp_path / "all"


@pytest.fixture
def index(files: Path, tmp_path: Path) -> Iterator[Index]:
    with Index(tmp_path / "index", embedder=HashedWords()) as opened:
        opened.add([files / "board"], labels=["board", "audit"])
        opened.add([files])
        yield opened


def sources(library: Index, **options: object) -> set[str]:
    found = library.search(Search(ASKED, 10), options=SearchOptions(**options))  # type: ignore[arg-type]
    return {passage.source for passage in found}


def test_without_labels_everything_is_seen(index: Index, files: Path) -> None:
    assert sources(index) == {"salaries.md", "annual.md"}
    assert index.labels == {str((files / "board").resolve()): ("audit", "board")}


def test_the_hidden_is_at_no_door(index: Index) -> None:
    with index.seen_by(["sales"]) as seen:
        for weight in (0.0, 0.5, 1.0):
            for feedback in (0.0, 0.5):
                assert sources(seen, lexical_weight=weight, feedback=feedback) == {"annual.md"}
        assert {table.document for table in seen.find_tables(ASKED, 5)} == {"annual.md"}
        assert [document.source for document in seen.documents] == ["annual.md"]
        assert seen.whole_table("salaries.md") is None
        assert seen.labels == {}
        with pytest.raises(LibraryError, match="no such page"):
            seen.page("salaries.md")
        with pytest.raises(UsageError, match=r"no document 'salaries.md'; known are annual.md$"):
            seen.search(Search("sales", 1), options=SearchOptions(sources=("salaries.md",)))
        (passage,) = index.search(Search(ASKED, 1), options=SearchOptions(sources=("salaries.md",)))
        with pytest.raises(LibraryError):
            seen.neighbours(passage)
        for refused in (
            lambda: verify(seen),
            lambda: repair(seen),
            seen.add,
            lambda: seen.remove(["annual.md"]),
        ):
            with pytest.raises(UsageError, match="opened with labels"):
                refused()
    assert verify(index) == ()


def test_nor_at_those_of_agents_and_programs(index: Index) -> None:
    with index.seen_by([]) as seen:
        tools = {tool.name: tool for tool in document_tools(seen)}
        said = [
            tools["search_documents"].invoke({"query": ASKED}),
            tools["find_tables"].invoke({"query": ASKED}),
            tools["list_documents"].invoke({}),
        ]
        place = {"source": "salaries.md", "page": 1, "start": 0, "end": 9}
        with pytest.raises(LibraryError):
            tools["read_document"].invoke(place)
        used = host_tools(seen)
        assert "no such page" in used["read"].use(place).error
        said += [used["tables"].use({"query": ASKED}).value, used["list_documents"].use({}).value]
        assert "987,654" not in str(said) and "salaries" not in str(said) and "512.3" in str(said)


def test_one_label_of_each_folder_is_enough(index: Index, files: Path) -> None:
    for labels in (["board"], ["audit", "other"]):
        with index.seen_by(labels) as seen:
            assert sources(seen) == {"salaries.md", "annual.md"}
            assert {table.document for table in seen.find_tables(ASKED, 5)} == {"salaries.md", "annual.md"}
    index.add([files], labels=["staff"])
    for labels, expected in (
        (["board"], set()),
        (["staff"], {"annual.md"}),
        (["staff", "audit"], {"salaries.md", "annual.md"}),
    ):
        with index.seen_by(labels) as seen:
            assert {document.source for document in seen.documents} == expected
            assert sources(seen) == expected
            with seen.seen_by(["staff", "board", "audit"]) as wider:
                assert {document.source for document in wider.documents} == expected


def test_labels_stay_with_the_folder(index: Index, files: Path, tmp_path: Path) -> None:
    (files / "board" / "salaries.md").write_text(f"{SALARY}\nThe deputy earns 876,543.\n")
    (files / "board" / "later.md").write_text("The board meets in March.")
    (tmp_path / "outside.md").write_text("The minutes of the board.")
    (files / "board" / "link.md").symlink_to(tmp_path / "outside.md")
    (files / "boardroom.md").write_text("The boardroom has ten chairs.")
    index.add([files / "board"])
    for paths in ([files], []):  # through the folder above, then all that was ever added
        index.add(paths)
        with index.seen_by([]) as seen:
            assert {document.source for document in seen.documents} == {"boardroom.md", "annual.md"}
    index.add([files / "board"], labels=[])
    with index.seen_by([]) as seen:
        assert len(seen.documents) == len(index.documents) == 5
    with pytest.raises(UsageError, match="which files"):
        index.add(labels=["board"])


def test_on_the_command_line_and_in_a_workspace(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = str(tmp_path / "kept")
    assert main(["index", "add", str(files / "board"), "--label", "board", "--index", name]) == 0
    assert main(["index", "add", str(files), "--index", name]) == 0
    monkeypatch.setenv("RECKON_LABELS", "staff, other")
    capsys.readouterr()
    assert main(["index", "search", ASKED, "--index", name, "--json"]) == 0
    assert "salaries.md" not in (said := capsys.readouterr().out) and "512.3" in said
    assert main(["index", "list", "--index", name, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [document["source"] for document in shown["documents"]] == ["annual.md"] and not shown["labels"]
    monkeypatch.setenv("RECKON_LABELS", "staff,board")
    assert main(["index", "search", ASKED, "--index", name, "--json"]) == 0
    assert "salaries.md" in capsys.readouterr().out
    with Workspace(Settings(labels="staff"), index=name, report=lambda _: None) as workspace:
        assert workspace.library is not None
        assert {passage.source for passage in workspace.library.search(Search(ASKED, 9))} == {"annual.md"}
    assert main(["index", "add", str(files / "board"), "--label", "", "--index", name]) == 0
    monkeypatch.delenv("RECKON_LABELS")
    capsys.readouterr()
    assert main(["index", "list", "--index", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == {}
