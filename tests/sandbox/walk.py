"""Everything that a program can reach from its globals, one guarded attribute or item at a time.

    python -m tests.sandbox.walk TIER

Prints the path to each thing that leads out: a real module, the real `type`, `open`, `exec` and their
kin, frames, code, tracebacks. Run in a process of its own: it raises the language wall as a zygote does.
"""

from __future__ import annotations

import builtins
import collections
import os
import sys
import types
import warnings
from collections.abc import Iterator
from typing import Any

from sandreckoner.reading.table_figures import table_records
from sandreckoner.tools.python.figures.table_inputs import with_tables
from sandreckoner.tools.python.policy.allowed_names import READABLE_DUNDERS
from sandreckoner.tools.python.policy.attributes import guarded_getattr
from sandreckoner.tools.python.policy.classes import ReadOnlyModule
from sandreckoner.tools.python.worker.repeat import Repeatable
from sandreckoner.tools.python.worker.warm import prepare_names
from tests.support.statement import STATEMENT

FORBIDDEN_KINDS = (types.FrameType, types.CodeType, types.TracebackType)
FORBIDDEN = [
    type,
    builtins.open,
    builtins.exec,
    builtins.eval,
    builtins.compile,
    builtins.__import__,
    builtins.getattr,
    builtins.setattr,
    builtins.globals,
    builtins.vars,
    sys.modules,
    os.environ,
    os.system,
]
# What only the compiled program's own frames hold, and no source can name.
ENTRANCE = ("__builtins__",)
MOST = 150_000
# There are as many as there are objects, and each kind answers alike: a few of each are looked into.
ALIKE = (
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.MethodType,
    types.FunctionType,
)
LOOKED_INTO = 200


def steps(owner: Any) -> Iterator[tuple[str, Any]]:
    """What one expression can get out of an object."""
    names = set(READABLE_DUNDERS)
    try:
        names.update(name for name in dir(owner) if not name.startswith("__"))
    except Exception:
        return
    for name in sorted(names):
        try:
            yield f".{name}", guarded_getattr(owner, name)
        except BaseException:  # a property that fails
            continue
    if type(owner) in (list, tuple, set, frozenset):
        yield from ((f"[{index}]", item) for index, item in enumerate(owner))
    if type(owner) in (dict, types.MappingProxyType, collections.OrderedDict, collections.defaultdict):
        for key, item in list(owner.items()):
            yield f"[{key!r:.40}]", item
            yield f".key({key!r:.40})", key


def leads_out(thing: Any) -> bool:
    if isinstance(thing, types.ModuleType) and not isinstance(thing, ReadOnlyModule):
        return True
    return type(thing) in FORBIDDEN_KINDS or any(thing is one for one in FORBIDDEN)


def walk(names: dict[str, Any]) -> tuple[int, list[str]]:
    """How many objects there are within reach, and the paths to those that lead out."""
    start = {name: value for name, value in names.items() if name not in ENTRANCE}
    start.update(names["__builtins__"])
    queue = collections.deque((name, value) for name, value in start.items())
    seen: dict[int, Any] = {}
    found: list[str] = []
    alike: collections.Counter[type] = collections.Counter()
    while queue and len(seen) < MOST:
        path, thing = queue.popleft()
        if id(thing) in seen or type(thing) in (int, float, str, bytes, bool, complex):
            continue
        seen[id(thing)] = thing  # kept, so that no id is used twice
        if leads_out(thing):
            found.append(path)
            continue
        alike[type(thing)] += type(thing) in ALIKE
        if alike[type(thing)] > LOOKED_INTO:
            continue
        if path.count(".") + path.count("[") < 6:
            queue.extend((path + step, value) for step, value in steps(thing))
    return len(seen), found


def main() -> int:
    """Walk one tier."""
    warnings.simplefilter("ignore")
    records = table_records([STATEMENT])
    names = prepare_names(sys.argv[1], {}, Repeatable(None, None), restrict=True)
    facades = names["__builtins__"]["__import__"].__self__
    names.update({f"import {name}": facade for name, facade in facades.built().items()})
    names.update(with_tables(records))
    sales = names["t1"]["Net sales"]
    names.update({"a series": sales, "a figure": sales[2024], "a ratio": sales[2024] / sales[2023]})
    count, found = walk(names)
    print(f"{count} objects within reach; {len(found)} lead out")
    print("\n".join(found[:200]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
