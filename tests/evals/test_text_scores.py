"""Texts are measured against their references, by the field's own packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandreckoner.core.problem import Problem
from sandreckoner.evals import evaluate, load_questions
from sandreckoner.evals.report.eval_page import write_page
from sandreckoner.evals.report.results_table import as_markdown, make_table
from sandreckoner.evals.run.eval_log import rescore
from sandreckoner.evals.run.sample_record import SampleRecord
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import span
from sandreckoner.evals.tasks.squad import f1
from sandreckoner.llms import ScriptedModel

GOLD = ["The sales team won three new contracts in May.", "In May the sales team won three contracts."]
SAID = "The sales team won 3 new contracts in May."


@pytest.mark.parametrize(
    ("found", "right"),
    [("the Audit Committee.", True), ("Audit", False), ("the board", True), ("", False)],
)
def test_a_span_is_one_of_the_correct_texts(found: str, right: bool) -> None:
    question = Question("q", Problem("Who?"), "Audit committee", "span", ("Board",))
    assert span(found, question) is right


def test_f1_is_of_the_best_reference() -> None:
    assert f1("audit committee", ["the board", "an audit committee"]) == 1.0
    assert f1("audit committee of 2024", ["audit committee"]) == pytest.approx(2 / 3)
    assert f1("", ["x"]) == f1("x", []) == 0.0


def test_a_corpus_has_the_scores_that_the_packages_give() -> None:
    import sacrebleu
    from rouge_score.rouge_scorer import RougeScorer

    records = [
        SampleRecord("1", "a", "s", 0, SAID, GOLD[0], "answered", kind="text", references=(GOLD[1],)),
        SampleRecord("2", "b", "s", 0, None, "Costs fell.", "no answer", kind="text"),
        SampleRecord("3", "c", "s", 0, "7", "7", "answered", right=True),
    ]
    (row,) = make_table(records)
    references = [[GOLD[0], "Costs fell."], [GOLD[1], None]]
    assert row.texts["BLEU"] == pytest.approx(sacrebleu.corpus_bleu([SAID, ""], references).score / 100)
    assert row.texts["chrF"] == pytest.approx(sacrebleu.corpus_chrf([SAID, ""], references).score / 100)
    rouge = RougeScorer(["rougeL"]).score(GOLD[0], SAID)["rougeL"].fmeasure
    assert row.texts["ROUGE-L"] == pytest.approx(rouge / 2)
    assert (row.n, row.unscored, row.right) == (1, 2, 1)
    assert "| F1 | BLEU | chrF | ROUGE-L |" in as_markdown([row])


def test_models_are_compared_on_prompts_with_their_texts_side_by_side(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text(json.dumps({"question": "Write a line about May.", "answer": GOLD}) + "\n")
    questions = list(load_questions(prompts, kind="text"))
    assert questions[0].references == (GOLD[1],)
    models = [ScriptedModel([reply], name=name) for name, reply in (("one", SAID), ("two", "<b>Nothing</b>"))]
    records = evaluate(["direct"], questions, models, out=tmp_path / "run")
    assert [record.answer for record in records] == [SAID, "<b>Nothing</b>"]
    assert rescore(tmp_path / "run", questions) == records
    one, two = make_table(records)
    assert one.texts["F1"] > 0.8 > two.texts["F1"]
    write_page(tmp_path / "page.html", records, questions, tmp_path / "run")
    page = (tmp_path / "page.html").read_text()
    beside = page.partition("Side by side")[2].partition("Every question")[0]
    assert beside.count("<figure>") == 4  # two references, two models
    assert "&lt;b&gt;Nothing" in beside
