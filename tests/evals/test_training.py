"""Training data only from answers that ran, have sources and are right."""

from __future__ import annotations

import json
from pathlib import Path

from scripts import write_questions

from sandreckoner.core.message import Message
from sandreckoner.evals import evaluate, load_questions
from sandreckoner.llms import ScriptedModel
from sandreckoner.training.trl_export import is_near_duplicate, ngrams, training_lines

SUM = "```python\ndef solution():\n    return 17 + 4\n```"
UNSOURCED = "```python\ndef solution():\n    return 3 * 7\n```"
WRONG = "```python\ndef solution():\n    return 17 - 4\n```"
CRASH = "```python\ndef solution():\n    return 17 / 0\n```"


def run(tmp_path: Path, strategies: list[str], replies: dict[str, list[str]]) -> Path:
    """An evaluation of the first question, each strategy with its own replies."""
    questions = list(load_questions(write_questions(tmp_path)))[:1]
    for strategy in strategies:
        model = ScriptedModel(replies[strategy])
        out = tmp_path / "run"
        evaluate([strategy], questions, model, out=out, resume=out.exists(), concurrency=1)
    return tmp_path / "run"


def lines(tmp_path: Path, folder: Path, form: str, **options: object) -> list[dict[str, object]]:
    questions = {question.id: question for question in load_questions(tmp_path / "sums.jsonl")}
    found = training_lines(folder, form, questions, **options)  # type: ignore[arg-type]
    return [json.loads(json.dumps(line)) for line in found]


def test_the_reply_with_a_right_and_sourced_program_is_what_is_learnt(tmp_path: Path) -> None:
    folder = run(tmp_path, ["pal"], {"pal": [SUM]})
    (line,) = lines(tmp_path, folder, "sft")
    prompt = line["prompt"]
    assert isinstance(prompt, list)
    assert [prompt[0]["role"], prompt[-1]["content"]] == ["system", "What is 17 plus 4?"]
    assert line["completion"] == [{"role": "assistant", "content": SUM}]


def test_wrong_unsourced_and_failing_programs_are_left_out(tmp_path: Path) -> None:
    for place, reply in enumerate((WRONG, UNSOURCED, CRASH)):
        (tmp_path / str(place)).mkdir()
        folder = run(tmp_path / str(place), ["pal"], {"pal": [reply, reply]})
        assert lines(tmp_path / str(place), folder, "sft") == []
        labels = [line["label"] for line in lines(tmp_path / str(place), folder, "kto")]
        assert labels == ([] if reply is UNSOURCED else [False])


def test_a_preference_sets_the_right_program_before_a_wrong_one(tmp_path: Path) -> None:
    spec = "sc(pal, n=3)"
    folder = run(tmp_path, [spec], {spec: [WRONG, SUM, SUM]})
    (line,) = lines(tmp_path, folder, "preferences")
    assert line["chosen"] == [{"role": "assistant", "content": SUM}]
    assert line["rejected"] == [{"role": "assistant", "content": WRONG}]


def test_every_right_program_is_a_line_once_and_every_pair_a_preference(tmp_path: Path) -> None:
    spec = "sc(pal, n=5)"
    other, worse = SUM.replace("17 + 4", "4 + 17"), WRONG.replace("17 - 4", "4 - 17")
    folder = run(tmp_path, [spec], {spec: [SUM, other, SUM + "\n", WRONG, worse]})
    assert len(lines(tmp_path, folder, "sft")) == 2
    assert len(lines(tmp_path, folder, "preferences")) == 4
    assert [line["label"] for line in lines(tmp_path, folder, "kto")] == [True, True, False, False]


def test_a_right_program_is_learnt_from_although_the_vote_was_wrong(tmp_path: Path) -> None:
    spec = "sc(pal, n=3)"
    folder = run(tmp_path, [spec], {spec: [WRONG, SUM, WRONG + "\n"]})
    (line,) = lines(tmp_path, folder, "sft")
    assert line["completion"] == [{"role": "assistant", "content": SUM}]


def test_prompts_keep_the_question_alone_where_the_examples_are_left_out(tmp_path: Path) -> None:
    folder = run(tmp_path, ["pal"], {"pal": [SUM]})
    (whole,) = lines(tmp_path, folder, "sft")
    (short,) = lines(tmp_path, folder, "sft", examples=False)
    assert [message["role"] for message in short["prompt"]] == ["system", "user"]  # type: ignore[attr-defined]
    assert len(whole["prompt"]) > 2  # type: ignore[arg-type]


def test_what_nearly_repeats_a_held_out_question_is_left_out(tmp_path: Path) -> None:
    folder = run(tmp_path, ["pal"], {"pal": [SUM]})
    held_out = list(load_questions(tmp_path / "sums.jsonl"))
    assert lines(tmp_path, folder, "sft", held_out=held_out) == []
    text = "Tom has 12 apples and gives 3 of them to each of his two sisters; how many are left?"
    other_numbers = text.replace("12", "1,200").replace("3", "7")
    assert is_near_duplicate(other_numbers, ngrams(text))
    assert not is_near_duplicate(
        "A train leaves the station at noon and runs 80 km in an hour without a stop.", ngrams(text)
    )


def test_without_gold_answers_two_strategies_must_agree(tmp_path: Path) -> None:
    path = write_questions(tmp_path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({**row, "answer": None}) + "\n" for row in rows))
    questions = list(load_questions(path))[:1]

    def reply(messages: tuple[Message, ...]) -> str:
        return SUM

    evaluate(["pal"], questions, ScriptedModel(reply), out=tmp_path / "run")
    assert lines(tmp_path, tmp_path / "run", "sft") == []
    evaluate(["pot"], questions, ScriptedModel(reply), out=tmp_path / "run", resume=True)
    assert len(lines(tmp_path, tmp_path / "run", "sft")) == 1  # the same program of both
