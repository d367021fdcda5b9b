"""A method and a strategy of your own, combined with those of the package: compose_your_own.py [MODEL]."""

import argparse
from dataclasses import dataclass, replace

from sandreckoner.chains import chain
from sandreckoner.chains.method import Method, Sampling
from sandreckoner.chains.methods.program_aided import ProgramAided
from sandreckoner.chains.strategies.single import conclude
from sandreckoner.core.effects import ask
from sandreckoner.core.message import Message


@dataclass(frozen=True)
class Estimated:
    """A method: guess the size of the answer first, then draw from the inner method."""

    method: Method

    def draw(self, problem, sampling):
        guess = yield from ask([Message("user", f"Guess in one line: {problem.question}")], max_tokens=30)
        notes = f"A first guess, to be checked: {guess[0].text.strip()}" if guess else ""
        return (yield from self.method.draw(replace(problem, notes=notes), sampling))


def until_two_agree(problem, method=Estimated(ProgramAided())):  # noqa: B008  # immutable
    """A strategy: draw until an answer occurs twice, five times at most."""
    drawn = ()
    for seed in range(5):
        drawn += yield from method.draw(problem, Sampling(temperature=0.7, seed=seed))
        if drawn and drawn[-1].answer in [candidate.answer for candidate in drawn[:-1]]:
            break
    return conclude(drawn[::-1])


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("model", nargs="?", default="local")
with chain(until_two_agree, model=parser.parse_args().model) as reckon:
    print(reckon.invoke("A bakery bakes 46 loaves. It sells half of them, then 9. How many are left?").text)
