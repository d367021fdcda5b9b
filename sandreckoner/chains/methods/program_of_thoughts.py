"""Program of thoughts: a flat program whose variable `ans` is the answer, run by the sandbox.

Chen et al. 2022, "Program of Thoughts Prompting: Disentangling Computation from Reasoning for Numerical
Reasoning Tasks".
"""

from __future__ import annotations

from sandreckoner.chains.methods.program_aided import ProgramAided
from sandreckoner.chains.prompt import Prompt, load_prompt


def program_of_thoughts(*, prompt: Prompt | None = None, repairs: int = 1) -> ProgramAided:
    """Program-aided, in the flat style."""
    return ProgramAided(prompt or load_prompt("program_of_thoughts"), repairs)
