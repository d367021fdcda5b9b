"""Tree of thoughts: propose next steps, evaluate them, and search the tree of them.

Yao et al. 2023, "Tree of Thoughts: Deliberate Problem Solving with Large Language Models". The search orders,
the evaluators and the kinds of thought are in `tree/`, one a file; any of them goes with any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

from sandreckoner.chains.method import Method, Sampling
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.prompt import Prompt
from sandreckoner.chains.strategies.single import conclude, reasons
from sandreckoner.chains.strategies.tree.evaluators import ValueEach, VoteAmong
from sandreckoner.chains.strategies.tree.monte_carlo import MonteCarlo
from sandreckoner.chains.strategies.tree.prose import Prose
from sandreckoner.chains.strategies.tree.search_orders import Beam, BestFirst, DepthFirst, Order
from sandreckoner.chains.strategies.tree.thought_tree import Evaluator, Growth, Thoughts
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Note, Steps, within
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class TreeOfThoughts:
    """Search a tree of thoughts and answer from its best leaf.

    Attributes:
        thoughts: how thoughts are proposed and concluded: `Prose` or `Cells`.
        evaluator: how promising a thought is: `ValueEach` or `VoteAmong`.
        order: which node is expanded next: `Beam`, `DepthFirst`, `BestFirst` or `MonteCarlo`.
    """

    thoughts: Thoughts = field(default_factory=Prose)
    evaluator: Evaluator = field(default_factory=ValueEach)
    order: Order = field(default_factory=Beam)

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        grown = self.order.expansions
        return self.thoughts.tree_calls(grown) + grown * self.evaluator.calls(self.thoughts.k)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        return (yield from within("tree", self._search(problem)))

    def _search(self, problem: Problem) -> Steps[Answer]:
        growth = Growth(problem, self.thoughts, self.evaluator)
        ends = (yield from self.order.search(growth)) or growth.furthest()
        if not ends:
            dead = tuple(Candidate(None, node.text, node.code, error=node.error) for node in growth.nodes)
            why = reasons(dead) if dead else "no thought was proposed"
            return Answer(None, "no answer", candidates=dead, reason=why)
        found = conclude((yield from self.thoughts.conclude(problem, ends)))
        if found.winner is not None:
            place = found.candidates.index(found.winner)
            yield (Note("winner", {"value": ends[place].value}, ends[place].scope),)
        return found


_ORDERS: Mapping[str, type[Beam | DepthFirst | BestFirst | MonteCarlo]] = {
    "beam": Beam,
    "depth": DepthFirst,
    "best": BestFirst,
    "monte_carlo": MonteCarlo,
}
_EVALUATORS: Mapping[str, type[ValueEach | VoteAmong]] = {"value": ValueEach, "vote": VoteAmong}


def tree_of_thoughts(
    method: Method | None = None,
    *,
    order: str = "beam",
    evaluator: str = "value",
    k: int = 5,
    samples: bool = False,
    votes: int = 3,
    propose: Prompt | None = None,
    judge: Prompt | None = None,
    temperature: float = 0.7,
    top_p: float | None = None,
    top_k: int | None = None,
    stop: tuple[str, ...] = (),
    seed: int | None = None,
    **limits: float,
) -> TreeOfThoughts:
    """Build `tree_of_thoughts(program_aided, order="beam", depth=3, breadth=5)`.

    Args:
        method: answers at the end of the best line; `Cells` is itself a line of thoughts. Chain of thought
            where none is given.
        order: `beam`, `depth`, `best` or `monte_carlo`.
        evaluator: `value` (each thought by itself) or `vote` (among siblings).
        k: maximum number of next steps of a node.
        samples: draw the next steps one by one instead of having them proposed together.
        votes: verdicts on each thought, or votes on each comparison.
        propose: prompt for next steps in prose, instead of the default.
        judge: prompt for verdicts or votes, instead of the default.
        temperature: of proposals and verdicts, as are `top_p`, `top_k`, `stop` and `seed`.
        top_p: see `Sampling`.
        top_k: see `Sampling`.
        stop: see `Sampling`.
        seed: see `Sampling`.
        **limits: of the order: `depth`, and `breadth` or `max_nodes`, `at_least`, `rounds`, `exploration`.

    Raises:
        UsageError: the order, the evaluator or a limit is unknown.
    """
    if order not in _ORDERS:
        raise UsageError(f"order must be one of {', '.join(_ORDERS)}, not {order!r}")
    if evaluator not in _EVALUATORS:
        raise UsageError(f"evaluator must be one of {', '.join(_EVALUATORS)}, not {evaluator!r}")
    known = [each.name for each in fields(_ORDERS[order])]
    unknown = sorted(set(limits) - set(known))
    if unknown:
        raise UsageError(f"the order {order!r} has no {unknown[0]!r}; it has {', '.join(known)}")
    drawn = Sampling(1, temperature, top_p, top_k, stop, seed=seed)
    if method is not None and hasattr(method, "expand"):
        thoughts: Thoughts = replace(cast(Any, method), k=k, sampling=drawn)
    else:
        thoughts = Prose(method or ChainOfThought(), k, samples, propose, sampling=drawn)
    judged = _EVALUATORS[evaluator](sampling=replace(drawn, n=votes))
    if judge is not None:
        judged = replace(judged, prompt=judge)
    return TreeOfThoughts(thoughts, judged, _ORDERS[order](**limits))  # type: ignore[arg-type]  # the order checks
