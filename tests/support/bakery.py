"""A question, a model that answers every prompt of the package about it, and a library with one passage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sandreckoner.core.effects import Search
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Passage, Problem

BAKERY = Problem("A bakery bakes 46 loaves. It sells half of them and then 9 more. How many are left?")
PROGRAM = "```python\nloaves = 46\nsold = 9\nanswer = loaves / 2 - sold\n```"
PROSE = "Half of 46 is 23, and 23 - 9 = 14.\nThe answer is 14."

# The beginning of an instruction, and what is replied to it.
REPLIES = {
    "Write a Python program": PROGRAM,
    "Translate the question into equations": (
        "```python\nfrom sympy import Eq, solve, symbols\nleft = symbols('left')\n"
        "ans = solve([Eq(left, 46 / 2 - 9)], [left], dict=True)[0][left]\n```"
    ),
    "Break the problem down": "1. How many loaves are sold at first?\n2. How many remain then?",
    "State the facts": "- Half of a number is the number divided by 2.",
    "You are given a question and a draft of its answer. Write": "What is half of 46?\nWhat is 23 - 9?",
    "You are given a question and an attempt": "CORRECT",
    "You are given a question and several responses": "The most consistent response is Response 1.",
    "You are given a problem and several beginnings": "The best choice is 1",
    "Judge whether": "It follows.\nlikely",
    "The program failed": PROGRAM,
    "Answer the question from the": "14",
}


def reply(messages: tuple[Message, ...]) -> str:
    """A reply to any prompt of the package: a function of the prompt alone, so threads cannot matter."""
    instruction, asked = messages[0].content, messages[-1].content
    if instruction.startswith("You solve a problem in a Python notebook"):
        return "```python\nanswer = half - 9\n```" if "half =" in asked else "```python\nhalf = 46 / 2\n```"
    if instruction.startswith("You solve a problem one step"):
        return "The answer is 14." if "46 / 2" in asked else "- 46 / 2 = 23\n- 46 - 9 = 37\n- 46 / 2 = 23"
    for beginning, said in REPLIES.items():
        if instruction.startswith(beginning):
            return said
    return PROSE


class Shelf:
    """A library with one passage."""

    def search(self, effect: Search) -> tuple[Passage, ...]:
        return (Passage("It bakes 46 loaves.", "bakery.md", 1, 0, 19, 1.0),)

    async def asearch(self, effect: Search) -> tuple[Passage, ...]:
        return self.search(effect)


class Letters:
    """An embedder that counts letters: texts with the same letters are close."""

    name = "letters"

    def documents(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self.query(text) for text in texts])

    def query(self, text: str) -> np.ndarray:
        counts = np.array([text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"], np.float32)
        return counts / np.linalg.norm(counts)
