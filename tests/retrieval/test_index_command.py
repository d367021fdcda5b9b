"""`reckon index` and `reckon ask --docs` on real files; with the embedder as processes of their own."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sandreckoner.cli import main
from sandreckoner.tools.retrieval.minilm import minilm_ready

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "data"
RECKON = str(Path(sys.executable).with_name("reckon"))
PROGRAM = """```python
revenue_2024 = 1152.8
revenue_2023 = 1044.7
answer = round(revenue_2024 - revenue_2023, 1)
```"""
MADE_UP = PROGRAM.replace("1152.8", "1561.9")
QUESTION = "By how much did total revenue grow from 2023 to 2024, in millions?"


def needs_minilm(test: Callable[..., None]) -> Callable[..., None]:
    ready = pytest.mark.skipif(not minilm_ready(), reason="needs `reckon models pull minilm`")
    return pytest.mark.model(ready(test))


def reckon(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [RECKON, *words], capture_output=True, text=True, timeout=290, stdin=subprocess.DEVNULL
    )
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def reckon_here(capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """`reckon` in this process; its output is the fixture `capsys`'s."""

    def run(*words: str, code: int = 0):  # type: ignore[no-untyped-def]
        returned = main(words)
        said = capsys.readouterr()
        assert returned == code, said.err
        return said

    return run


def numbered_texts(folder: Path, count: int) -> Path:
    folder.mkdir()
    for file in range(count):
        lines = (f"Line {n} of file {file}: the value is {file * 7919 + n}." for n in range(100))
        (folder / f"{file:02}.md").write_text("\n".join(lines), "utf-8")
    return folder


@needs_minilm
def test_add_list_search_remove_verify(tmp_path: Path) -> None:
    texts = shutil.copytree(EXAMPLES, tmp_path / "texts")
    first = reckon("index", "add", str(texts))
    assert first.stdout.startswith("2 read, 0 unchanged; ") and first.stderr == ""
    again = json.loads(reckon("index", "add", "--json").stdout)
    assert (again["version"], again["embedded"], len(again["unchanged"])) == (1, 0, 2)
    listed = json.loads(reckon("index", "list", "--json").stdout)["documents"]
    assert [entry["source"] for entry in listed] == sorted(file.name for file in texts.iterdir())
    assert listed[0]["source"] in reckon("index", "list").stdout
    found = json.loads(reckon("index", "search", "order backlog at the end of the year", "--json").stdout)
    best = found["passages"][0]
    assert "backlog" in best["text"]
    assert (texts / best["source"]).read_text("utf-8")[best["start"] : best["end"]] == best["text"]
    shown = reckon("index", "search", "order backlog at the end of the year", "-k", "1").stdout
    assert shown.startswith(f"[1] {best['source']}, page 1, {best['start']}-{best['end']}\n")
    assert reckon("index", "verify").stdout.startswith("sound: 2 documents")
    assert reckon("index", "remove", "corvane_2023*").stdout == "removed: corvane_2023_annual_report.md\n"
    assert json.loads(reckon("index", "verify", "--json").stdout)["documents"] == 1


def test_mistakes_are_one_line(tmp_path: Path, reckon_here) -> None:
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "note.md").write_text("The price is 12.50.")
    index = ["--index", str(tmp_path / "index")]
    for words, code, said in (
        (
            ["search", "a?", "--index", "nobody"],
            1,
            "there is no index 'nobody'; `reckon index add PATH` makes one",
        ),
        (["add", str(tmp_path / "nowhere"), *index], 1, "there is no such file or folder"),
        (["add", str(tmp_path / "empty.md"), *index], 1, "empty.md: holds no text"),
        (["add", "--chroma", "here", "--index", str(tmp_path / "other")], 2, "HOST:PORT"),
        (["remove", "nobody", *index], 1, "nobody: no such document"),
        (["search", "a?", "-k", "0", *index], 2, "k must be 1 or more"),
        (["search", "a?", "--in", "nobody", *index], 2, "there is no document 'nobody'"),
    ):
        done = reckon_here("index", *words, code=code)
        assert said in done.err and "Traceback" not in done.err
    mixed = reckon_here("index", "add", str(tmp_path / "empty.md"), str(tmp_path / "note.md"), *index)
    assert "empty.md: holds no text" in mixed.err and mixed.out.startswith("1 read")
    nothing = reckon_here("index", "search", "zebra", "--words", "1", *index, code=4)
    assert nothing.err.endswith("nothing was found\n")


@needs_minilm
def test_damage_is_told_and_repaired(tmp_path: Path) -> None:
    index = tmp_path / "index"
    reckon("index", "add", str(EXAMPLES), "--index", str(index))
    shutil.rmtree(index / "vectors")
    broken = reckon("index", "verify", "--repair", "--index", str(index), code=1)
    assert "vectors are lost" in broken.stdout
    assert "34 vectors are made again by the next `reckon index add`" in broken.stderr
    assert reckon("index", "add", "--index", str(index)).stdout.endswith("; 34 passages embedded\n")
    assert reckon("index", "verify", "--index", str(index)).stdout.startswith("sound")


@needs_minilm
@pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of Unix")
def test_interrupted_it_keeps_what_is_done_and_goes_on_with_a_bar_on_the_terminal_alone(
    tmp_path: Path,
) -> None:
    texts = numbered_texts(tmp_path / "texts", 24)
    index = ["--index", str(tmp_path / "index")]
    terminal, inside = pty.openpty()
    adding = subprocess.Popen(
        [RECKON, "index", "add", str(texts), *index], stdin=inside, stderr=inside, stdout=subprocess.PIPE
    )
    os.close(inside)
    drawn = b""
    end = time.monotonic() + 200
    while b"02.md" not in drawn and time.monotonic() < end:
        drawn += os.read(terminal, 4096)
    adding.send_signal(signal.SIGINT)
    while True:
        try:
            drawn += os.read(terminal, 4096)
        except OSError:
            break
    assert adding.wait(90) == 130
    assert adding.stdout is not None and adding.stdout.read() == b""
    assert b"documents are kept, the same command goes on" in drawn and b"Traceback" not in drawn
    kept = json.loads(reckon("index", "list", "--json", *index).stdout)["documents"]
    assert 2 <= len(kept) < 24
    assert reckon("index", "verify", *index).stdout.startswith("sound")
    rest = reckon("index", "add", str(texts), *index)
    assert rest.stdout.startswith(f"{24 - len(kept)} read, {len(kept)} unchanged")
    assert rest.stderr == "", "no bar where no terminal is"


@pytest.fixture
def model(tmp_path: Path):  # type: ignore[no-untyped-def]
    def made(*replies: str) -> list[str]:
        path = tmp_path / "replies.json"
        path.write_text(json.dumps(replies))
        return ["--model", f"scripted:{path}"]

    return made


@needs_minilm
def test_documents_of_a_question_are_remembered(tmp_path: Path, model) -> None:
    texts = shutil.copytree(EXAMPLES, tmp_path / "texts")
    ask = ["ask", QUESTION, "--docs", str(texts), *model(PROGRAM), "--json"]
    first = json.loads(reckon(*ask).stdout)
    folders = list(Path(os.environ["XDG_CACHE_HOME"], "sandreckoner", "indexes").iterdir())
    assert len(folders) == 1
    again = json.loads(reckon("index", "add", "--index", str(folders[0]), "--json").stdout)
    assert (again["embedded"], again["read"], len(again["unchanged"])) == (0, [], 2)
    vectors = (folders[0] / "text.sqlite").stat().st_mtime_ns
    second = json.loads(reckon(*ask).stdout)
    assert (folders[0] / "text.sqlite").stat().st_mtime_ns == vectors, "nothing was written the second time"
    assert (first["answer"], first["passages"]) == (second["answer"], second["passages"])
    assert [number["origin"] for number in first["numbers"]] == ["table", "table", "constant"]


@needs_minilm
def test_a_kept_index_is_asked_by_its_name(model) -> None:
    reckon("index", "add", str(EXAMPLES), "--index", "reports")
    done = reckon("ask", QUESTION, "--index", "reports", *model(PROGRAM))
    assert done.stdout == "108.1\n" and "corvane_2024_annual_report.md p. 1" in done.stderr
    both = reckon("ask", QUESTION, "--index", "reports", "--docs", str(EXAMPLES), *model(PROGRAM), code=2)
    assert "--index is asked alone" in both.stderr


def test_sources_may_be_required(model, reckon_here) -> None:
    ask = ["ask", QUESTION, "--docs", str(EXAMPLES), "--require-sources"]
    mended = reckon_here(*ask, *model(MADE_UP, PROGRAM))
    assert mended.out == "108.1\n"
    refused = reckon_here(*ask, *model(MADE_UP, MADE_UP), code=4)
    assert refused.out == ""
    assert "refused: 517.2 is not answered: no source for 1561.9" in " ".join(refused.err.split())
    assert reckon_here(*ask[:-1], *model(MADE_UP)).out == "517.2\n"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))


def test_the_page_leads_from_the_answer_to_the_spans(tmp_path: Path, model, reckon_here) -> None:
    evil = tmp_path / "<img src=x onerror=alert(1)>.md"
    evil.write_text("Total revenue was 1152.8 in 2024 and 1044.7 in 2023. <script>alert(2)</script>", "utf-8")
    page = tmp_path / "answer.html"
    done = reckon_here("ask", QUESTION, "--docs", str(evil), "--html", str(page), *model(PROGRAM))
    assert done.out == "108.1\n"
    text = page.read_text("utf-8")
    read = _Page()
    read.feed(text)
    kinds = {tag for tag, _ in read.tags}
    assert not kinds & {"script", "img"}
    assert any(tag == "p" and found.get("class") == "answer" for tag, found in read.tags) and "108.1" in text
    ids = {found["id"] for _, found in read.tags if "id" in found}
    links = [str(found["href"]) for tag, found in read.tags if tag == "a"]
    assert links and all(link.removeprefix("#") in ids for link in links), "every link leads somewhere"
    assert sum(tag == "tr" and found.get("class") == "passage" for tag, found in read.tags) == 2
    assert sum(tag == "mark" and found.get("class") == "passage" for tag, found in read.tags) == 4
    assert sum(tag == "mark" and "id" in found for tag, found in read.tags) == 2, "in the passage"
    unwritable = reckon_here(
        "ask", QUESTION, "--docs", str(evil), "--html", str(tmp_path), *model(PROGRAM), code=2
    )
    assert "is a folder; name a file in it" in unwritable.err
