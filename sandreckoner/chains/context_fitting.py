"""Ask with a prompt that may exceed the model's window: examples are dropped first, with a note."""

from __future__ import annotations

from dataclasses import replace

from sandreckoner.chains.method import Sampling
from sandreckoner.chains.prompt import Prompt
from sandreckoner.core.effects import Steps, note
from sandreckoner.core.errors import ContextOverflow
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.problem import Problem


def ask_fitting(
    prompt: Prompt, problem: Problem, sampling: Sampling, **variables: str
) -> Steps[tuple[tuple[Message, ...], tuple[Completion, ...]]]:
    """Draw completions of a prompt; while the model reports that it does not fit, halve its examples.

    Returns:
        The conversation as it was asked in the end, and the completions.

    Raises:
        ContextOverflow: it does not fit without any example either.
    """
    total = len(prompt.examples_for(problem))
    while True:
        messages = prompt.messages(problem, **variables)
        try:
            return messages, (yield from sampling.ask(messages))
        except ContextOverflow:
            shown = prompt.examples_for(problem)
            if not shown:
                raise
        kept = shown[: len(shown) // 2]
        prompt = replace(prompt, examples=kept, examples_with_passages=())
        yield from note(
            f"the prompt does not fit the model's window: {total - len(kept)} of its {total} examples are "
            "left out"
        )
