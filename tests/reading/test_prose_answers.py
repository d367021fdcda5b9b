"""Answers in prose: what is one, what is not, and where it ends."""

from __future__ import annotations

import pytest

from sandreckoner.chains import chain
from sandreckoner.core.problem import Problem
from sandreckoner.reading.final_answer import read_answer
from sandreckoner.reading.normalize import equal, normalise
from sandreckoner.reading.stop_strings import ThoughtFilter, split_thoughts
from sandreckoner.testing import ScriptedModel

FOUND = [
    ("The answer (in dollars) is 18.", "18"),
    ("The answer to the question is 18.", "18"),
    ("The answer to how many eggs are left is 18.", "18"),
    ("The answer, then:\nThe answer for this problem is $18.", "18"),
    ("The answer would be 18.", "18"),
    ("The answer was 18.", "18"),
    ("The answer equals 18.", "18"),
    ("The answer comes out to 18.", "18"),
    ("The answer is therefore 18.", "18"),
    ("The answer is thus: 18", "18"),
    ("Answer: 18 (since 9 times 2 is 18)", "18"),
    ("The answer is 18, because 9 * 2 = 18.", "18"),
    ("The answer is 18 since 9 * 2 = 18.", "18"),
    ("The answer is 18, which is 9 times 2.", "18"),
    ("The answer is 5 feet (60 inches).", "5"),
    ("The answer is 5 feet or 60 inches.", "5"),
    ("The answer is 5 feet, or 60 inches.", "5"),
    ("The answer is 18. 3 of them are red.", "18"),
    ('The answer is 18. "That is all," he said.', "18"),
    ("The answer is 18. (Or so it seems.)", "18"),
    ("The answer is <b>18</b>.", "18"),
    ("<answer>18</answer>", "18"),
    ('The answer is "18".', "18"),
    ("The answer is 5. Wait, that is wrong. The answer is 18.", "18"),
    ("The answer is 5. Wait, it should be 18.", "18"),
    (r"\boxed{5} Correction: the answer is 18.", "18"),
    ("#### 5\nActually, I made a mistake.\n#### 18", "18"),
    (r"\boxed{5}. Let me recheck: \boxed{18}", "18"),
    ("The answer is 5. Sorry, that was 18 eggs.", "18"),
    ("#### Step 1\nHe has 9 and 9 more.\nThe answer is 18", "18"),
    ("He has 18 eggs.\n#### Conclusion:", "18"),
    ("## Solution\n#### 2. Add them\n9 and 9 are 18", "18"),
    ("**Step 1:** 9 eggs.\n**Step 2:** 9 more make 18.", "18"),
    ("**Part 2** Add 9 and 9.\nSo there are 18.", "18"),
    ("It began on 05/01/2021 and on the 5th day, 05/05/2021, there were 18", "18"),
    ("On 05/01/2021 he had 01 box with 18.", "18"),
    ("The answer is Dec. 5, 2020.", "2020-12-05"),
    ("I do not know whether he left, but there are 18.", "18"),
    ("The answer is x = 5 or x = -2.", "x = 5 or x = -2"),
    ("Answer: Yes, because it is heavier than water and so it sinks to the bottom of the lake.", "yes"),
    ("Answer: No. It floats.", "no"),
    ("The answer is yes, since it sinks.", "yes"),
    ("The final answer, rounded to two decimals, is 3.14.", "3.14"),
    ("A: 12", "12"),
    ("Ans. 12", "12"),
    ("Final answer -> 12", "12"),
    ('{"reasoning": "5 and 7", "answer": "12"}', "12"),
    ("**Answer**: 12 apples", "12"),
    ("My best guess is 12, but I am not sure.", "12"),
    ("The answer is 10. No wait, 12.", "12"),
    ("The answer is 10... oops, I mean 12.", "12"),
    ("The answer is 10.\n\nCorrection: 12.", "12"),
    ("Answer: 10\nEdit: 12", "12"),
    ("The answer is 10? No, it is 12.", "12"),
    ("Initially, the answer is 10. On reflection, it must be 12.", "12"),
    ("The date is 6 May 2021.", "05/06/2021"),
    ("Two days later it is May 6th, 2021.", "05/06/2021"),
    ("I cannot determine it, but my guess is 5.", "5"),
    ("The table does not include 2019; in 2020 there were 5.", "5"),
    ("I can't be certain, but I'd estimate 5.", "5"),
    ("Although it cannot be determined exactly, a good estimate is 5.", "5"),
    ("It is impossible to say for sure, but the most likely answer is 5.", "5"),
    ("It cannot be determined from A alone. Using B, though, 2 + 3 = 5.", "5"),
    ("The price is not given, so assume 1 dollar. The total is 5 dollars.", "5"),
    ("The number of pens is unknown. Let p be that; then p + 3 = 8 and p = 5.", "5"),
    ("Water is wet. So yes, it would.", "yes"),
    ("It is 5 m long. Hence, no, it does not fit.", "no"),
    ("The statement is false.", "no"),
    ("True. 3 > 2.", "yes"),
    ("It's a no.", "no"),
    (str(list(range(60))), str(list(range(60)))),
    ("The answer is ] } >.", "] } >"),
    ("So the answer is credulity phone since sinew.", "credulity phone since sinew"),
    ("18 eggs.\n\nExplanation: 3 crates.", "18"),
    ("The total is 18 (9 + 9).", "18"),
    ("The answer is 18.\n\nQ: Tom has 3 cats. How many?\nA: The answer is 3.", "18"),
    ("The answer is 18.\n\n\nJohn has 5 pens and buys 2. How many pens are there?\nThe answer is 7.", "18"),
    ("9 + 9 = 18\n#### 18\n\n### Question 2\nAnn had 5 pens.\n#### 5", "18"),
    ("The answer to how many loaves she bakes is 18, baked over 2 days.", "18"),
    ("{'answer': '18', 'confidence': 0.9}", "18"),
    ("<answer>18</answer>\n<confidence>95</confidence>", "18"),
    ("The answer is 18 [1]. See also [2].", "18"),
    ("Ans: 18 apples in 3 bags", "18"),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "answer"), FOUND)
def test_the_answer_is_found_and_ends_where_it_ends(reply: str, answer: str) -> None:
    found = read_answer(reply)
    assert found is not None and equal(found, answer), found
    with chain("cot", model=ScriptedModel([reply])) as reckon:
        assert equal(reckon.invoke("How is it?").text or "", answer)


NONE = [
    "I cannot determine the number from 3 facts.",
    "It is impossible to say.",
    "The answer cannot be determined.",
    "The passages do not contain the number of employees for fiscal 2021.",
    "Capital expenditures were not disclosed in the report.",
    "There is not enough information: 3 facts are missing.",
    "I don't know; maybe 5 people know.",
    "The answer is impossible to determine.",
    "It can't be calculated from the 2 figures.",
    "With 2 numbers, we are unable to tell.",
    "The answer is NaN.",
    "The answer is inf",
    "nan",
    "Answer: -infinity",
    "I'm not able to determine this.",
    "It isn't possible to determine the 3 values.",
    "There's insufficient data: 3 items are missing",
    "The problem does not give enough information. 5 is missing.",
    "We do not have enough information to say whether it is 3 or 4.",
    "I'm not sure, 3 options remain.",
    "It is unclear how many of the 3 remain.",
    "It depends on the 3 prices.",
    "Hard to say, since 4 are missing.",
    "No answer can be given.",
    "Sorry, I can't help with that. Call 911.",
    "Unknown.",
    "The answer is N/A",
    "Answer: not enough data",
    "The answer is None.",
    "The answer is 5. Actually, it cannot be determined.",
]


@pytest.mark.parametrize("reply", NONE)
def test_a_refusal_and_what_is_no_number_are_no_answers(reply: str) -> None:
    assert read_answer(reply) is None
    with chain("cot", model=ScriptedModel([reply])) as reckon:
        assert reckon.invoke("How many are there?").status == "no answer"


def test_a_refusal_that_the_question_offers_is_an_answer() -> None:
    question = "How many are there? Say 'cannot be determined' if they cannot be counted."
    assert read_answer("The answer is cannot be determined.", question=question) is not None
    options = ["3", "4", "cannot be determined"]
    assert read_answer("The answer is C.", options=options) == "(C)"
    assert read_answer("It cannot be determined.", options=options) == "(C)"


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("b", "(B)"), ("(b)", "(B)"), ("[B]", "(B)"), ("{B}", "(B)"), ('"B"', "(B)"), ("**B**", "(B)"),
        ("<answer>b</answer>", "(B)"), ("The answer is b.", "(B)"), ("The answer is 'B'.", "(B)"),
        ("The answer is J.", "(J)"), ("(J)", "(J)"), ("Answer: j) ten", "(J)"), ("The answer is (R).", "(R)"),
        ("I choose B over C.", "(B)"), ("B because a car moves.", "(B)"), ("B, because A is wrong", "(B)"),
        ("The answer is B because a car moves.", "(B)"), ("B: the car", "(B)"), ("Option B it is.", "(B)"),
        ("The answer is B over C.", "(B)"), ("I would go with B rather than A.", "(B)"),
        (r"\boxed{B}", "(B)"), (r"\boxed{\text{B}}", "(B)"), ("#### B", "(B)"),
        ("So the answer is: **(B)**", "(B)"),
        ("Option A: no. Option B: yes. Option C: no.", "(B)"), ("(J) thing 9, because (I) fails", "(J)"),
        ("Hence, option (B) is the correct answer.", "(B)"), ("B\n\nExplanation: A is too big for C.", "(B)"),
        ("I believe B is right. A is wrong.", "(B)"), ("Option (d) is correct", "(D)"),
        ("B is correct; C is a distractor.", "(B)"), ("C rather than B", "(C)"), ("B, not C.", "(B)"),
        ("Between A and B, A is better.", "(A)"), ("I would rule out A and C, leaving B.", "(B)"),
        ("A, B and C are wrong; the answer is D.", "(D)"), ('{"answer": "B"}', "(B)"), ("[[B]]", "(B)"),
        ("A is the largest, but B is the best choice.", "(B)"), ("I", "(I)"), ("I think it is (C)", "(C)"),
        ("(A) is wrong, (B) is right", "(B)"), ("The answer is (B) a car.", "(B)"),
    ],
)  # fmt: skip
def test_letters(reply: str, letter: str) -> None:
    assert read_answer(reply, options=[f"thing {i}" for i in range(18)]) == letter


@pytest.mark.parametrize(
    "reply",
    [
        "(A) and (B)", "The answer is (A) and (B).", "B, C, or D", "The answer is B, C, or D.", "A or B",
        "The answer is A and B", "B/C", "The answer is a car.", "A car", "(K)", "The answer is K.",
        "A or maybe B", "A,C", "A & C", "(A), (B)", "Both (B) and (D) are correct.",
        "The answers are A and B.",
        "A and B are both the right choice", "A dog barks",
        "It is either (A) or (B)", "The answer is both A and C.",
    ],
)  # fmt: skip
def test_no_single_letter(reply: str) -> None:
    found = read_answer(reply, options=[f"thing {i}" for i in range(10)])
    assert found is None or not any(equal(found, f"({letter})") for letter in "ABCDEFGHIJ"), found


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("<think>5</think>18", "18"),
        ("<thinking>It is 5.</thinking>\n18", "18"),
        ("<reasoning>5</reasoning> 18", "18"),
        ("<thought>5</thought>18", "18"),
        ("It is 5.</thinking>18", "18"),
        (
            "<|channel|>analysis<|message|>5<|end|><|start|>assistant<|channel|>final<|message|>18<|return|>",
            "18",
        ),
        ("<|channel|>analysis<|message|>5", ""),
        ("18", "18"),
    ],
)
def test_thoughts_are_split_off(text: str, reply: str) -> None:
    assert split_thoughts(text)[1] == reply
    if reply:
        assert read_answer(text) == reply
    if "channel" not in text and text.startswith("<"):
        stream = ThoughtFilter()
        shown = "".join(stream.feed(character)[1] for character in text) + stream.end()[1]
        assert shown == reply


@pytest.mark.parametrize(
    ("reply", "letter"),
    [("I believe B is right. A is wrong.", "(B)"), ("C rather than B", "(C)"), ("A or C", None)],
)
def test_letters_through_a_chain(reply: str, letter: str | None) -> None:
    problem = Problem("Which?", options=("cat", "dog", "cow"))
    with chain("cot", model=ScriptedModel([reply])) as reckon:
        found = reckon.invoke(problem).text
    assert found == letter if letter else found is None or normalise(found).kind != "choice"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("By how much did sales fall?", "7%"),
        ("What was the percentage change of sales?", "-7%"),
        ("What is the profit or loss?", "-7%"),
        ("How did it go?", "-7%"),
    ],
)
def test_a_loss_is_negative_unless_the_question_asks_for_the_loss(question: str, answer: str) -> None:
    for reply in ("The answer is a decrease of 7%.", "The answer is a 7% loss."):
        with chain("cot", model=ScriptedModel([reply])) as reckon:
            assert equal(reckon.invoke(question).text or "", answer)


def test_decimals_in_words() -> None:
    assert equal("forty-five point two", "45.2")
    assert equal("three point one four", "3.14")
    assert not equal("forty-five point two", "45")
