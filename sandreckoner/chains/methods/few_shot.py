"""Few-shot: a method whose prompt shows examples selected for the question.

Liu et al. 2021, "What Makes Good In-Context Examples for GPT-3?" (by similarity).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from sandreckoner.chains.method import Method, Sampling, method_calls
from sandreckoner.chains.prompt import Example, Prompt, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps, note, use
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem

# Chooses k examples of a pool for a question.
Selection: TypeAlias = Callable[[str, Sequence[Example], int], Steps[tuple[Example, ...]]]


def fixed(question: str, pool: Sequence[Example], k: int) -> Steps[tuple[Example, ...]]:
    """Select the first `k` examples, whatever the question."""
    yield from ()
    return tuple(pool[:k])


def at_random(seed: int = 0) -> Selection:
    """Select `k` examples at random: the same for the same seed and question."""

    def select(question: str, pool: Sequence[Example], k: int) -> Steps[tuple[Example, ...]]:
        yield from ()
        return tuple(random.Random(f"{seed} {question}").sample(list(pool), min(k, len(pool))))

    return select


def by_similarity(question: str, pool: Sequence[Example], k: int) -> Steps[tuple[Example, ...]]:
    """Select the `k` examples whose questions are closest in meaning, the closest last.

    The environment's tool `nearest` ranks them. Where it fails, the first `k` are taken, with a note.
    """
    found = yield from use("nearest", {"text": question, "among": [each.question for each in pool], "k": k})
    if found.error:
        yield from note(f"the first {k} examples are shown: {found.error}")
        return tuple(pool[:k])
    return tuple(pool[place] for place in reversed(found.value))


SELECTIONS: Mapping[str, Callable[[int], Selection]] = {
    "fixed": lambda seed: fixed,
    "random": at_random,
    "similarity": lambda seed: by_similarity,
}

Prompted = TypeVar("Prompted", bound=Method)


@dataclass(frozen=True, slots=True)
class FewShot:
    """A method whose examples are selected for each question.

    Attributes:
        method: one with a `prompt`, such as `ChainOfThought`.
        pool: examples to choose from.
        k: how many are shown.
        select: how they are chosen.
    """

    method: Method
    pool: tuple[Example, ...]
    k: int = 4
    select: Selection = fixed

    def __post_init__(self) -> None:
        if not isinstance(getattr(self.method, "prompt", None), Prompt):
            raise UsageError(f"few_shot takes a method with a prompt; {type(self.method).__name__} has none")
        if self.k < 0:
            raise UsageError(f"k must be 0 or more, not {self.k}")

    def calls(self, n: int) -> int:
        """Return the maximum number of completions for `n` candidates."""
        return method_calls(self.method, n)

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        chosen = yield from self.select(problem.question, self.pool, self.k)
        yield from note("examples", places=[self.pool.index(example) for example in chosen])
        return (yield from with_examples(self.method, chosen).draw(problem, sampling))


def with_examples(method: Prompted, examples: Sequence[Example]) -> Prompted:
    """Return the method with other examples in its prompt."""
    prompt: Prompt = method.prompt  # type: ignore[attr-defined]  # checked by FewShot
    return replace(method, prompt=replace(prompt, examples=tuple(examples)))  # type: ignore[type-var]  # a dataclass


def few_shot(
    method: Method, *, pool: str = "", k: int = 4, by: Selection | str = "fixed", seed: int = 0
) -> FewShot:
    """Build `few_shot(chain_of_thought, pool="chain_of_thought_few_shot", by="random", seed=1)`.

    Args:
        method: draws the candidates.
        pool: a prompt file whose examples are the pool; empty for those of the method's own prompt.
        k: how many are shown.
        by: `fixed`, `random` or `similarity`, or a selection of your own.
        seed: for `random`.

    Raises:
        UsageError: the selection is unknown, or the pool is empty.
    """
    own = getattr(method, "prompt", None)
    examples = load_prompt(pool).examples if pool else own.examples if isinstance(own, Prompt) else ()
    if isinstance(by, str) and by not in SELECTIONS:
        raise UsageError(f"few_shot: by must be one of {', '.join(SELECTIONS)}, not {by!r}")
    if not examples:
        raise UsageError("few_shot: there are no examples to choose from; give pool=, a prompt file")
    return FewShot(method, examples, k, SELECTIONS[by](seed) if isinstance(by, str) else by)
