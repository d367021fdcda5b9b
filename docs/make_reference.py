"""Write docs/api.md: every public name with its signature and what its docstring says first.

python docs/make_reference.py
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

PAGE = Path(__file__).with_name("api.md")
MODULES = (
    "sandreckoner",
    "sandreckoner.langchain",
    "sandreckoner.agents",
    "sandreckoner.llms",
    "sandreckoner.tools.python",
    "sandreckoner.tools.retrieval",
    "sandreckoner.evals",
    "sandreckoner.training",
    "sandreckoner.settings",
    "sandreckoner.testing",
)
_FUNCTION = re.compile(r"<function (\w+) at 0x[0-9a-f]+>")
# Annotations are strings here; their quotation marks say nothing to a reader.
_ANNOTATION = re.compile(r"((?:: |-> ))'([^']*)'")


def reference() -> str:
    """The page as Markdown."""
    parts = [
        "# API reference\n\nMade by `docs/make_reference.py` from docstrings; `help(name)` shows the whole.\n"
    ]
    for module in MODULES:
        loaded = import_module(module)
        parts.append(f"## {module}\n\n{_first(loaded)}\n")
        parts += [_entry(name, getattr(loaded, name)) for name in sorted(loaded.__all__, key=str.lower)]
    errors = import_module("sandreckoner.core.errors")
    parts.append(f"## sandreckoner.core.errors\n\n```text\n{inspect.cleandoc(errors.__doc__ or '')}\n```\n")
    return "\n".join(parts)


def _entry(name: str, value: object) -> str:
    called = f"```python no-run\n{_call(name, value)}\n```\n\n" if callable(value) else ""
    return f"### `{name}`\n\n{called}{_first(value)}\n"


def _call(name: str, value: Callable[..., object]) -> str:
    """How it is called, one parameter a line where one line would be too long."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return f"{name}(…)"
    parameters = [_plain(str(each)) for each in signature.parameters.values()]
    returns = _plain(str(signature).rpartition(")")[2])
    keyword_only = [each.kind is each.KEYWORD_ONLY for each in signature.parameters.values()]
    if True in keyword_only and not any(each.startswith("*") for each in parameters):
        parameters.insert(keyword_only.index(True), "*")
    line = f"{name}({', '.join(parameters)}){returns}"
    if len(line) <= 100:
        return line
    return f"{name}(\n" + "".join(f"    {each},\n" for each in parameters) + f"){returns}"


def _plain(text: str) -> str:
    return _FUNCTION.sub(r"\1", _ANNOTATION.sub(r"\1\2", text))


def _first(value: object) -> str:
    """The first paragraph of a docstring."""
    return (inspect.getdoc(value) or "").split("\n\n")[0]


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
