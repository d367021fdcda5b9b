"""Symbolic: the model writes equations with their unknowns, and sympy solves them in the sandbox.

He-Yueya et al. 2023, "Solving Math Word Problems by Combining Language Models With Symbolic Solvers".
"""

from __future__ import annotations

from sandreckoner.chains.methods.program_aided import ProgramAided
from sandreckoner.chains.prompt import Prompt, load_prompt


def symbolic(*, prompt: Prompt | None = None, repairs: int = 1) -> ProgramAided:
    """Program-aided, with declared unknowns and equations instead of arithmetic in order."""
    return ProgramAided(prompt or load_prompt("symbolic"), repairs)
