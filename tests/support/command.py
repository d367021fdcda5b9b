"""Run `reckon` in this process: the entry point without a new interpreter for each call."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from sandreckoner.cli import main

Reckon = Callable[..., CompletedProcess[str]]


@pytest.fixture
def inside(capfd: pytest.CaptureFixture[str]) -> Reckon:
    """`inside("ask", "…")` as `subprocess.run` would answer: exit code, stdout and stderr."""

    def call(*words: str) -> CompletedProcess[str]:
        capfd.readouterr()
        code = main(words)
        said = capfd.readouterr()
        return CompletedProcess(words, code, said.out, said.err)

    return call
