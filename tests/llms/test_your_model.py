"""The suite on a model of your choice: RECKON_TEST_MODEL=hf:Qwen/Qwen2.5-Coder-7B-Instruct pytest FILE."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sandreckoner.core.environment import Model
from sandreckoner.llms import load_model
from sandreckoner.testing.model_conformance import ModelConformance

SPEC = os.environ.get("RECKON_TEST_MODEL", "")
IN_PROCESS = SPEC.startswith(("hf:", "llamacpp:"))


@pytest.fixture(scope="module")
def loaded() -> Iterator[Model]:
    model = load_model(SPEC, logprobs=IN_PROCESS)
    yield model
    model.close()  # type: ignore[attr-defined]


@pytest.mark.skipif(not SPEC, reason="set RECKON_TEST_MODEL to a model to try")
class TestYours(ModelConformance):
    # What both runtimes in this process can do; what a server can, its owner knows.
    logprobs = grammar = tools = structured = seeds = IN_PROCESS

    @pytest.fixture
    def model(self, loaded: Model) -> Model:
        return loaded
