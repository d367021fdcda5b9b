"""Questions from files, in all their forms."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from sandreckoner.core.errors import UsageError
from sandreckoner.evals import load_questions


def test_json_lines_csv_and_parquet_give_the_same_questions(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs the extra `eval`")
    from pyarrow import parquet

    rows = [{"id": "a", "question": "1 + 1?", "answer": "2"}, {"id": "b", "question": "é?", "answer": "3"}]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "q.jsonl.gz").write_bytes(gzip.compress((tmp_path / "q.jsonl").read_bytes()))
    (tmp_path / "q.csv").write_text("id,question,answer\na,1 + 1?,2\nb,é?,3\n", encoding="utf-8")
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "q.parquet")
    read = [list(load_questions(tmp_path / f"q.{kind}")) for kind in ("jsonl", "jsonl.gz", "csv", "parquet")]
    assert read[0] == read[1] == read[2] == read[3]
    assert [(question.id, question.gold) for question in read[0]] == [("a", "2"), ("b", "3")]


def test_fields_options_context_and_the_limit(tmp_path: Path) -> None:
    row = {"prompt": "Which?", "gold": "B", "choices": ["x", "y"], "context": ["one", "two"]}
    path = tmp_path / "q.jsonl"
    path.write_text(f"{json.dumps(row)}\n{json.dumps(row)}\n")
    fields = {"question": "prompt", "answer": "gold", "options": "choices"}
    (question,) = load_questions(path, fields=fields, kind="choice", limit=1)
    assert question.problem.options == ("x", "y")
    assert [passage.text for passage in question.problem.passages] == ["one", "two"]
    assert (question.id, question.gold, question.kind) == ("1", "B", "choice")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{oops\n", "q.jsonl:1: this line is not JSON"),
        ("[1]\n", "not a JSON object"),
        ('{"q": "?"}\n', "no text in the field 'question'; it has q. Say which field"),
        ('{"question": "?", "options": 7}\n', "options is neither a list"),
        ('{"id": 1, "question": "?"}\n{"id": 1, "question": "!"}\n', "two rows have the id '1'"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_what_to_do(
    tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        list(load_questions(path))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_neither_a_file_nor_a_name_lists_the_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gsm8k, gsm-hard, svamp"):
        list(load_questions("gms8k"))
    with pytest.raises(UsageError, match="cannot be read"):
        list(load_questions(tmp_path / "none.jsonl"))
    with pytest.raises(UsageError, match="give its folder with --folder"):
        list(load_questions("gsm8k", folder=tmp_path))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "n", "gold"),
    [
        ("gsm8k", 1319, "18"),
        ("gsm-hard", 1319, "-9867630"),
        ("svamp", 1000, "51"),
        ("aqua", 254, "(A)"),
        ("math500", 500, "\\left( 3, \\frac{\\pi}{2} \\right)"),
        ("date", 369, "05/01/2021"),
        ("tatqa", 750, None),
        ("game24", 1362, "1 1 4 6"),
    ],
)
def test_a_benchmark_by_its_name(data: Path, name: str, n: int, gold: str | None) -> None:
    questions = list(load_questions(name, folder=data / "questions"))
    assert len(questions) == n
    assert gold is None or questions[0].gold == gold
    assert all(question.gold for question in questions)
