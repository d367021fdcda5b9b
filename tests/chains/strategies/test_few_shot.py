"""Examples chosen for a question: the first, at random, or by similarity, by the tool of the environment."""

from __future__ import annotations

import pytest
from support.bakery import BAKERY, Letters

from sandreckoner.chains.answering import answer, replay
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.methods.few_shot import FewShot, at_random, by_similarity, few_shot, fixed
from sandreckoner.chains.methods.least_to_most import LeastToMost
from sandreckoner.chains.prompt import Example, load_prompt
from sandreckoner.chains.spec import parse_strategy
from sandreckoner.chains.strategies.single import single
from sandreckoner.core.effects import Use
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.core.journal import journal_header, open_journal, read_journal
from sandreckoner.core.problem import Problem
from sandreckoner.core.runtime import run
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.retrieval.host_tools import NearestTexts
from sandreckoner.tools.retrieval.minilm import minilm_ready

POOL = tuple(Example(question, "…") for question in ("apples", "pears", "trains", "trams"))


def chosen(select, question: str, k: int) -> list[str]:
    found = run(select(question, POOL, k), Environment(tools={"nearest": NearestTexts(Letters())}))
    return [example.question for example in found]


def questions_shown(run) -> list[str]:
    return [message.content for message in run.model.asked[0].messages if message.role == "user"][:-1]


def test_by_similarity_the_closest_stands_last() -> None:
    assert chosen(by_similarity, "tram", 2) == ["trains", "trams"]


def test_by_chance_they_are_the_same_for_the_same_seed() -> None:
    assert chosen(at_random(1), "q", 3) == chosen(at_random(1), "q", 3)
    assert len({tuple(chosen(at_random(seed), "q", 2)) for seed in range(20)}) > 5
    assert len(chosen(at_random(1), "q", 99)) == 4


def test_fixed_ones_are_the_first() -> None:
    assert chosen(fixed, "q", 2) == ["apples", "pears"]


def test_a_specification_reaches_the_embedder(perform, tmp_path) -> None:
    prompt = tmp_path / "mine.txt"
    pairs = "".join(f"=== example ===\n{each.question}\n--- reply ---\nThe answer is 1.\n" for each in POOL)
    prompt.write_text(f"=== instruction ===\nAnswer.\n{pairs}")
    spec = f'few_shot(cot(prompt="{prompt}"), k=2, by="similarity")'
    run = perform(parse_strategy(spec), problem=Problem("a tram"), replies=["The answer is 14."])
    assert questions_shown(run) == ["trains", "trams"]
    assert run.answer.text == "14"
    (asked,) = [step.effect for step in run.steps if isinstance(step.effect, Use)]
    assert (asked.tool, asked.arguments["k"]) == ("nearest", 2)


def test_what_was_similar_is_in_the_journal_so_that_a_replay_needs_no_embedder(tmp_path) -> None:
    spec = 'few_shot(cot_few_shot, k=1, by="similarity")'
    path = tmp_path / "run.jsonl"
    environment = Environment(
        ScriptedModel(["The answer is 14."]), tools={"nearest": NearestTexts(Letters())}
    )
    with open_journal(path, journal_header(BAKERY, spec, documents=False, model="scripted")) as journal:
        found = answer(
            parse_strategy(spec),
            BAKERY,
            Environment(environment.model, tools=environment.tools, journal=journal),
        )
    assert replay(read_journal(path)).text == found.text == "14"


def test_an_embedder_that_cannot_be_had_leaves_the_first_and_a_note() -> None:
    class Missing(Letters):
        def query(self, text):
            raise LibraryError("it cannot be fetched")

    model = ScriptedModel(["The answer is 14."])
    environment = Environment(model, tools={"nearest": NearestTexts(Missing())})
    found = run(single(FewShot(ChainOfThought(), POOL, 2, by_similarity))(BAKERY), environment)
    assert found.text == "14"
    assert [message.content for message in model.asked[0].messages if message.role == "user"][:2] == [
        "apples",
        "pears",
    ]
    assert any("it cannot be fetched" in getattr(step.effect, "text", "") for step in environment.trace.steps)


@pytest.mark.model
@pytest.mark.skipif(not minilm_ready(), reason="needs the embedder in the cache: `load_minilm()` fetches it")
def test_the_package_s_own_embedder_finds_the_question_about_the_same_thing() -> None:
    questions = ["How far does the train travel?", "What is the profit of the company?", "How old is Ann?"]
    found = NearestTexts().use({"text": "What did the firm earn?", "among": questions, "k": 1})
    assert found.value == [1]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: few_shot(ChainOfThought()), "no examples to choose from"),
        (lambda: few_shot(ChainOfThought(), pool="nowhere.txt"), "cannot be read"),
        (
            lambda: few_shot(ChainOfThought(load_prompt("program_aided")), by="luck"),
            "must be one of fixed, random, similarity",
        ),
        (lambda: FewShot(LeastToMost(), POOL), "LeastToMost has none"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(make, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)
