"""What within a program's reach is of the kinds by which the language wall has been passed.

    python -m benchmarks.sandbox.siblings [TIER]

Raises the language wall as a zygote does, walks everything that a program can import, and lists by kind:

1. functions of libraries that look an attribute up by a name that is not written in them, and what stands in
   the way (`watched`: their module finds our `getattr`; `own`: the names it spells itself are let through);
2. classes whose `__getattr__` answers from what a program may have put there;
3. text formatted by a method of the text, where the text is not written there either;
4. frames looked up by a number that is not written there.
"""

from __future__ import annotations

import dis
import gc
import sys
import types
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandreckoner.tools.python.policy.library_names import library_words
from sandreckoner.tools.python.worker.repeat import Repeatable
from sandreckoner.tools.python.worker.warm import prepare_names

_OURS = ("sandreckoner", "benchmarks", "RestrictedPython", "__main__")


def functions() -> Iterator[types.FunctionType]:
    """Every function of a library."""
    for one in gc.get_objects():
        if type(one) is types.FunctionType and not str(one.__module__).startswith(_OURS):
            yield one


def chosen_names(function: types.FunctionType, word: str) -> bool:
    """Whether it calls `word` with a name that is no constant."""
    lines = list(dis.get_instructions(function))
    for index, line in enumerate(lines):
        if line.opname.startswith("LOAD_GLOBAL") and line.argval == word:
            following = lines[index + 1 : index + 8]
            call = next((at for at, one in enumerate(following) if one.opname.startswith("CALL")), None)
            before = following[:call] if call else following
            if not any(one.opname == "LOAD_CONST" and isinstance(one.argval, str) for one in before):
                return True
    return False


def main() -> int:
    """Print the lists."""
    warnings.simplefilter("ignore")
    tier: Any = sys.argv[1] if len(sys.argv) > 1 else "full"
    prepare_names(tier, {}, Repeatable(None, None), restrict=True)
    counts: Counter[str] = Counter()
    for function in functions():
        code = function.__code__
        where = f"{function.__module__}.{function.__qualname__}"
        for word in ("getattr", "setattr"):
            if word in code.co_names and chosen_names(function, word):
                watch = "watched" if word in library_words(function.__globals__) else "NOT WATCHED"
                counts[f"{word} by a chosen name, {watch}"] += 1
                if watch != "watched":
                    print(f"{word}: {where}: {watch}")
        if function.__name__ == "__getattr__":
            counts["__getattr__ of a library"] += 1
        if "_getframe" in code.co_names:
            counts["looks at frames"] += 1
            print(f"frames: {where}")
    for kind, count in sorted(counts.items()):
        print(f"{count:6} {kind}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
