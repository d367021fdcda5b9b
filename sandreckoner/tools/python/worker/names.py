"""The globals that every program of a zygote starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandreckoner.tools.python.policy.builtins import program_builtins
from sandreckoner.tools.python.policy.evaluate import Evaluator, namespace, route_libraries
from sandreckoner.tools.python.policy.facades import Facades
from sandreckoner.tools.python.policy.libraries import guard_libraries
from sandreckoner.tools.python.policy.modules import Selection
from sandreckoner.tools.python.policy.replacements import REPLACEMENTS
from sandreckoner.tools.python.worker.repeat import Repeatable
from sandreckoner.tools.python.worker.warm import warm


def prepare_names(
    tier: str, own_modules: Mapping[str, Sequence[str]], repeatable: Repeatable, *, restrict: bool
) -> dict[str, Any]:
    """Import what a tier offers, and raise the language wall around it.

    Args:
        tier: see `warm.modules_of`.
        own_modules: further modules, each with the names that programs see of it.
        repeatable: the seed and the clock.
        restrict: False gives a plain namespace, to test the other walls without this one.
    """
    own = {name: Selection(only=frozenset(names)) for name, names in own_modules.items()}
    selections = {**warm(tier, list(own)), **own}
    if not restrict:
        return {"__name__": "__main__"}
    replacements = {name: dict(names) for name, names in REPLACEMENTS.items()}
    for name, names in repeatable.replacements().items():
        replacements.setdefault(name, {}).update(names)
    facades = Facades(selections, replacements)
    builtin_names = program_builtins(facades.guarded_import)
    facades.build_loaded()
    route_libraries(Evaluator(builtin_names))
    guard_libraries(own)
    return namespace(builtin_names)
