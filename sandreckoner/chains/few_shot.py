"""Few-shot: a form that is shown examples chosen for the question.

Liu et al. 2021, "What Makes Good In-Context Examples for GPT-3?" (by similarity).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from sandreckoner.chains.estimate import form_calls
from sandreckoner.chains.form import Form, Sampling
from sandreckoner.chains.prompt import Example, Prompt, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps, note
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem

# Chooses k examples of a pool for a question.
Selection: TypeAlias = Callable[[str, Sequence[Example], int], tuple[Example, ...]]
# A vector for each text, of any one length.
Embed: TypeAlias = Callable[[Sequence[str]], Sequence[Sequence[float]]]


def fixed(question: str, pool: Sequence[Example], k: int) -> tuple[Example, ...]:
    """The first `k`, whatever the question."""
    return tuple(pool[:k])


def at_random(seed: int = 0) -> Selection:
    """`k` by chance: the same ones for the same seed and question."""

    def select(question: str, pool: Sequence[Example], k: int) -> tuple[Example, ...]:
        return tuple(random.Random(f"{seed} {question}").sample(list(pool), min(k, len(pool))))

    return select


def by_similarity(embed: Embed) -> Selection:
    """The `k` whose questions are closest by the cosine of their vectors.

    The closest stands last, next to the question. Among equals the earlier in the pool counts as closer.
    """

    def select(question: str, pool: Sequence[Example], k: int) -> tuple[Example, ...]:
        asked, *others = embed([question, *(example.question for example in pool)])
        closeness = [_cosine(asked, other) for other in others]
        nearest = sorted(range(len(pool)), key=lambda place: (-closeness[place], place))[:k]
        return tuple(pool[place] for place in reversed(nearest))

    return select


def _cosine(a: Sequence[float], b: Sequence[float]) -> float:
    lengths = sum(x * x for x in a) ** 0.5 * sum(y * y for y in b) ** 0.5
    return sum(x * y for x, y in zip(a, b, strict=True)) / lengths if lengths else 0.0


Prompted = TypeVar("Prompted", bound=Form)


@dataclass(frozen=True, slots=True)
class FewShot:
    """A form whose prompt gets its examples anew for each question.

    Attributes:
        form: how to think; one with a `prompt`, such as `ChainOfThought`.
        pool: examples to choose from.
        k: how many are shown.
        select: how they are chosen.
    """

    form: Form
    pool: tuple[Example, ...]
    k: int = 4
    select: Selection = fixed

    def __post_init__(self) -> None:
        if not isinstance(getattr(self.form, "prompt", None), Prompt):
            raise UsageError(f"few_shot takes a form with a prompt; {type(self.form).__name__} has none")
        if self.k < 0:
            raise UsageError(f"k must be 0 or more, not {self.k}")

    def calls(self, n: int) -> int:
        """The most completions that `n` candidates may take."""
        return form_calls(self.form, n)

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        chosen = self.select(problem.question, self.pool, self.k)
        yield from note("examples", places=[self.pool.index(example) for example in chosen])
        return (yield from with_examples(self.form, chosen).draw(problem, sampling))


def with_examples(form: Prompted, examples: Sequence[Example]) -> Prompted:
    """The form with other examples in its prompt."""
    prompt: Prompt = form.prompt  # type: ignore[attr-defined]  # FewShot has looked
    return replace(form, prompt=replace(prompt, examples=tuple(examples)))  # type: ignore[type-var]


def few_shot(
    form: Form, *, pool: str = "", k: int = 4, by: str = "fixed", seed: int = 0, embed: Embed | None = None
) -> FewShot:
    """`few_shot(chain_of_thought, pool="chain_of_thought_few_shot", by="random", seed=1)`.

    Args:
        form: how to think.
        pool: a prompt file whose examples are the pool; empty for those of the form's own prompt.
        k: how many are shown.
        by: `fixed`, `random` or `similarity`.
        seed: for `random`.
        embed: for `similarity`: makes vectors of texts.

    Raises:
        UsageError: nobody knows the way of choosing, or the pool is empty.
    """
    own = getattr(form, "prompt", None)
    examples = load_prompt(pool).examples if pool else own.examples if isinstance(own, Prompt) else ()
    ways: dict[str, Selection] = {"fixed": fixed, "random": at_random(seed)}
    if embed is not None:
        ways["similarity"] = by_similarity(embed)
    if by == "similarity" and embed is None:
        raise UsageError('few_shot: by="similarity" needs embed=…, a function that makes vectors of texts')
    if by not in ways:
        raise UsageError(f"few_shot: by must be fixed, random or similarity, not {by!r}")
    if not examples:
        raise UsageError("few_shot: there are no examples to choose from; give pool=, a prompt file")
    return FewShot(form, examples, k, ways[by])
