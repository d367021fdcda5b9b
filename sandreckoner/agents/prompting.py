"""Load the agents' prompts, and shorten what a model is shown."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from sandreckoner.chains.prompt import Prompt, parse_prompt
from sandreckoner.core.problem import Passage

SHOWN = 1_500  # characters of one observation that the model sees


def agent_prompt(name: str) -> Prompt:
    """Load a prompt of this package by its name."""
    text = files("sandreckoner.agents").joinpath("prompts", f"{name}.txt").read_text(encoding="utf-8")
    return parse_prompt(text, name)


def cut(text: str, max_characters: int = SHOWN) -> str:
    """Shorten a text to `max_characters`, and say how many were left out."""
    return (
        text
        if len(text) <= max_characters
        else f"{text[:max_characters]} … [{len(text) - max_characters} characters left out]"
    )


def shown(named: Sequence[tuple[str, Passage]], max_characters: int = SHOWN) -> str:
    """Write passages for a model with their names and places, `max_characters` characters of each."""
    return "\n".join(
        f"[{name}] {passage.source}, page {passage.page}: {cut(passage.text.strip(), max_characters)}"
        for name, passage in named
    )
