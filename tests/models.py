"""The small embedded model for tests: a real one, loaded once for all of them.

In a test module: `from models import small_chat, small_model` and mark the tests `@pytest.mark.model`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandreckoner.llms import ChatGGUF, LangChainModel

NAME = "qwen2.5-coder-0.5b"


@pytest.fixture(scope="session")
def small_chat() -> Iterator[ChatGGUF]:
    """The 0.5B model as a chat model of LangChain; fetched into the user's cache where it is missing."""
    from sandreckoner.llms import ChatGGUF, pull

    pull(NAME)
    chat = ChatGGUF(model=NAME, n_ctx=4096, slots=4, max_tokens=256)
    yield chat
    chat.close()


@pytest.fixture(scope="session")
def small_model(small_chat: ChatGGUF) -> LangChainModel:
    """The same model, performing Ask."""
    from sandreckoner.llms import LangChainModel

    return LangChainModel(small_chat, name=f"llamacpp:{NAME}")
