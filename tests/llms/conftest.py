"""Fixtures of the tests of models."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from models import small_chat, small_model
from support.server import Served, serve

from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import Model, OnText
from sandreckoner.core.message import Completion

__all__ = ["small_chat", "small_model"]


@pytest.fixture
def served() -> Iterator[Served]:
    """A server of chat completions that fails on demand."""
    with serve() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def way(request: pytest.FixtureRequest) -> Any:
    """Asks in a thread or in an event loop: both must do the same."""

    def ask(
        model: Model, effect: Ask, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        if request.param == "sync":
            return model.ask(effect, timeout_s=timeout_s, on_text=on_text)
        return asyncio.run(model.aask(effect, timeout_s=timeout_s, on_text=on_text))

    return ask


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Hugging Face model of some thousand random weights."""
    pytest.importorskip("torch", reason="pip install 'sandreckoner[hf]'")
    from tiny_hf import make_tiny

    return make_tiny(tmp_path_factory.mktemp("tiny"))
