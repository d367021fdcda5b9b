"""What /export writes: a page that opens from disk, Markdown that holds what it quotes, JSON of a schema."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from browser import browser

from sandreckoner.cli.render.pages.html_page import session_page
from sandreckoner.cli.terminal.transcript import Turn
from sandreckoner.core.answer import Answer, Candidate, Citation, NumberSource
from sandreckoner.core.problem import Passage
from sandreckoner.provenance.literals import reaching

ROOT = Path(__file__).parent.parent.parent
RECKON = str(Path(sys.executable).with_name("reckon"))
EVIL = "</pre></details><script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=alert()>"
PROGRAM = f"""```python
# {EVIL}
sales = 512.3
guess = 77.7
print(chr(96) * 3 + '\\n# not a heading')
answer = sales * 2 + guess
```"""
TREE = [
    {"when": "Next cell:", "text": "```python\npens = 14 * 3\n```"},
    {"when": "Next cell:", "text": "```python\nguess = 17\n```"},
    {"when": "pens = 14 * 3\n# (no output)\n\nNext cell:", "text": "```python\nanswer = pens + 6 * 5\n```"},
    {"when": "pens = 14 * 3\n# (no output)\n\nNext cell:", "text": "```python\nanswer = 1 / 0\n```"},
    {"when": "Steps so far:\npens", "text": "It is right.\nsure"},
    {"when": "Steps so far:\nguess", "text": "It is not.\nimpossible"},
]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A folder with a session exported in every format: a hostile answer over a document, and a tree."""
    (tmp_path / "report.md").write_text(f"Net sales were 512.3 million. {EVIL}\n")
    script = [{"when": "net sales", "text": PROGRAM}, *TREE]
    (tmp_path / "replies.json").write_text(json.dumps(script))
    lines = [
        "/docs add report.md",
        f"Twice the net sales? {EVIL}",
        "/docs remove report.md",
        "/run print('a cell'); 1 + 1",
        "/strategy tot(cells, k=2, depth=2, breadth=1, votes=1)",
        "14 pens at 3 and 6 pads at 5 dollars?",
        "/tree",
        *(f"/export {form} page.{form}" for form in ("html", "md", "json")),
        "/export pdf",
        "/export html nowhere/page.html",
    ]
    done = subprocess.run(
        [RECKON, "--model", f"scripted:{tmp_path / 'replies.json'}"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.stderr == ""
    assert "write /export html|md|json [FILE]" in done.stdout
    assert "nowhere/page.html cannot be written" in done.stdout
    (tmp_path / "shown.txt").write_text(done.stdout)
    return tmp_path


def test_the_tree_of_a_search_has_values_marks_and_a_winner(exported: Path) -> None:
    shown = (exported / "shown.txt").read_text()
    tree = shown[shown.index("\n14 pens at 3 and 6 pads") :]
    assert "winner: 1.1 answer = pens + 6 * 5 # 72  20.00" in tree
    assert "pruned: 2 guess = 17 # (no output)  0.00" in tree
    assert "dead end: 1.2 answer = 1 / 0 # ZeroDivisionError: division by zero  0.00" in tree
    assert "winner: answer: 72" in tree


def test_the_page_opens_from_disk_folds_prints_and_asks_nobody_for_anything(exported: Path) -> None:
    with browser(exported) as page:
        page.open(exported / "page.html")
        assert page.requested == [(exported / "page.html").resolve().as_uri()]
        assert "Sandreckoner" in page.evaluate("document.title")  # no script of the answer's has run
        assert page.evaluate("document.scripts.length + document.images.length") == 0
        assert page.evaluate("document.querySelector('p.answer').innerText") == "1,102.31"
        assert page.evaluate("[...document.querySelectorAll('mark.unsourced')].map(m => m.textContent)") == [
            "77.7"
        ]
        visible = "[...document.querySelectorAll('.tree pre')].filter(e => e.checkVisibility()).length"
        before = page.evaluate(visible)
        folded = "[...document.querySelectorAll('.tree li.ask > details > summary')][0]"
        page.evaluate(f"{folded}.click()")
        assert page.evaluate(visible) == before + 1
        page.evaluate(f"{folded}.click()")
        assert page.evaluate(visible) == before
        width = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert page.evaluate(width)
        assert page.pdf().startswith(b"%PDF-")
        page.open(exported / "page.html", width=360)
        assert page.evaluate(width)


def test_markdown_cannot_be_broken_out_of(exported: Path) -> None:
    from markdown_it import MarkdownIt

    text = (exported / "page.md").read_text()
    html = MarkdownIt("commonmark", {"html": True}).render(text)
    assert "<script" not in html and "<img" not in html
    assert "<h1>not a heading" not in html
    assert "512.3 ← report.md p. 1" in text and "unsourced" in text


def test_json_is_of_the_schemas(exported: Path) -> None:
    found = json.loads((exported / "page.json").read_text())
    schema = json.loads((ROOT / "docs" / "answer.schema.json").read_text())
    jsonschema.validate(found, json.loads((ROOT / "docs" / "session.schema.json").read_text()))
    assert (found["version"], len(found["entries"])) == (1, 3)
    for entry in found["entries"]:
        if "question" in entry:
            jsonschema.validate(entry, schema)
    assert found["entries"][1]["execution"]["value"] == 2


def test_a_number_behind_a_letter_of_two_bytes_is_marked_where_it_stands() -> None:
    program = "größe = 512.3\nanswer = größe"
    (literal,) = reaching(program).literals
    source = NumberSource(literal.text, literal.line, literal.column, "unsourced")
    answer = Answer("512.3", winner=Candidate("512.3", program=program), sources=(source,))
    entry = Turn({"problem": {"question": "?"}, "strategy": "pal", "model": "none"}, answer=answer)
    assert "größe = <mark" in session_page(SimpleNamespace(name="work", docs=[], entries=[entry]))


def test_what_a_model_wrote_is_never_a_template_and_always_escaped() -> None:
    evil = "{{ 7 * 7 }}{% include 'page.css' %}{# gone #}<b>&amp;\x1b[2J\u202e"
    answer = Answer(evil, reason=evil, winner=Candidate(evil, reasoning=evil + "!"))
    entry = Turn({"problem": {"question": evil}, "strategy": evil, "model": evil}, answer=answer)
    page = session_page(SimpleNamespace(name=evil, docs=[evil], entries=[entry]))
    assert "49" not in page and page.count(":root") == 2
    assert page.count("{{ 7 * 7 }}{% include &#39;page.css&#39; %}{# gone #}&lt;b&gt;&amp;amp;␛[2J�") >= 7
    assert "<b>" not in page and "\x1b" not in page and "\u202e" not in page


def test_rows_are_a_table_and_a_quote_found_elsewhere_is_not_shown_as_invented() -> None:
    text = "Sales:\n\n| | 2024 |\n|---|---:|\n| Net <sales> | 512.3 |\n"
    start = text.index("512.3")
    passage, number = (
        Passage(text, "a.md", 1, 0, len(text)),
        Passage("512.3", "a.md", 1, start, start + 5),
    )
    citations = (
        Citation(1, "512.3", "found", (number,)),
        Citation(2, "512.3", "in another passage", (number,)),
        Citation(1, "moon", "not found"),
    )
    answer = Answer("512.3", winner=Candidate("512.3", evidence=(passage,)), citations=citations)
    header = {"problem": {"question": "Sales?"}, "strategy": "cite", "model": "m"}
    page = session_page(SimpleNamespace(name="s", docs=[], entries=[Turn(header, (), answer)]))  # type: ignore[arg-type]
    assert '<td dir="auto">Net &lt;sales&gt;</td><td dir="auto"><mark class="passage"' in page
    assert "---" not in page
    assert [kind in page for kind in ('<li class="elsewhere"', '<li class="unsourced"')] == [True, True]
    assert page.count('<li class="elsewhere"') == page.count('<li class="unsourced"') == 1
