"""The prompts of this room, and how an agent shows what it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from sandreckoner.chains.prompt import Prompt, parse_prompt
from sandreckoner.core.passage import Passage

SHOWN = 1_500  # characters of one observation that the model sees


def agent_prompt(name: str) -> Prompt:
    """A prompt of this room, by its name."""
    text = files("sandreckoner.agents").joinpath("prompts", f"{name}.txt").read_text(encoding="utf-8")
    return parse_prompt(text, name)


def cut(text: str, most: int = SHOWN) -> str:
    """At most so many characters of a text; it says where something was left out."""
    return text if len(text) <= most else f"{text[:most]} … [{len(text) - most} characters left out]"


def shown(named: Sequence[tuple[str, Passage]], most: int = SHOWN) -> str:
    """Passages for a model to read, each with its name and its place; `most` characters of each."""
    return "\n".join(
        f"[{name}] {passage.source}, page {passage.page}: {cut(passage.text.strip(), most)}"
        for name, passage in named
    )
