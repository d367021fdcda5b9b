"""A model backend of your own. Run it: bring_your_own_model.py. Test it: pytest bring_your_own_model.py."""

import argparse
import asyncio
from random import Random

import pytest

from sandreckoner.chains import chain
from sandreckoner.core.budget import Usage
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Completion
from sandreckoner.reading.stop_strings import cut_at_stop
from sandreckoner.testing.model_conformance import ModelConformance


class Shuffled:
    """Says the question's words again, in another order where the temperature is above 0."""

    name = "mine:shuffled"

    def ask(self, effect, *, timeout_s=None, on_text=None):
        if effect.grammar is not None:
            raise UsageError(f"{self.name} cannot follow a grammar")
        replies = tuple(self._draw(effect, place) for place in range(effect.n))
        if on_text is not None and effect.n == 1:
            on_text(replies[0].text)
        return replies

    async def aask(self, effect, *, timeout_s=None, on_text=None):
        return await asyncio.to_thread(self.ask, effect, timeout_s=timeout_s, on_text=on_text)

    def _draw(self, effect, place):
        words = effect.messages[-1].content.split()
        if effect.temperature > 0:
            Random(None if effect.seed is None else effect.seed + place).shuffle(words)
        whole = " ".join(words[: effect.max_tokens])
        text = cut_at_stop(whole, effect.stop)
        finish = "length" if text == whole != " ".join(words) else "stop"
        read = sum(len(message.content.split()) for message in effect.messages) if place == 0 else 0
        return Completion(text, finish=finish, usage=Usage(1, read, len(whole.split())))


class TestShuffled(ModelConformance):
    """Asked of every backend; what it cannot do stays at its flag's False."""

    seeds, slow = True, False

    @pytest.fixture
    def model(self):
        return Shuffled()


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with chain("cot", model=Shuffled()) as reckon:
        print(reckon.invoke("What is 2 + 2?").text or "no answer, as was to be expected")
