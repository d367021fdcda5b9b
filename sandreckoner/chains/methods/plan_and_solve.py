"""Plan and solve: the model devises a plan, then carries it out, in one reply.

Wang et al. 2023, "Plan-and-Solve Prompting: Improving Zero-Shot Chain-of-Thought Reasoning by Large Language
Models"; the prompt is the PS+ of its section 3.
"""

from __future__ import annotations

from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.prompt import Prompt, load_prompt


def plan_and_solve(*, prompt: Prompt | None = None) -> ChainOfThought:
    """A chain of thought that is asked for a plan first."""
    return ChainOfThought(prompt or load_prompt("plan_and_solve"))
