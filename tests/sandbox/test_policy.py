"""The language wall by itself, in this process: what it refuses, what it lets through, and that it never breaks."""

# ruff: noqa: E501  # programs on one line

from __future__ import annotations

import ast
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandreckoner.tools.python.policy.allowed_names import (
    DEFINABLE_DUNDERS,
    HIDDEN_ATTRIBUTES,
    READABLE_DUNDERS,
    spellable_attribute,
)
from sandreckoner.tools.python.policy.attributes import guarded_getattr
from sandreckoner.tools.python.policy.classes import Type
from sandreckoner.tools.python.policy.compiler import Refusal, compile_program

ORDINARY = r"""
x += 1
d['k'] += 1
o.a += 1
x: int = 3
x: int
a, (b, *c) = 1, (2, 3)
with open as f: pass
for i, (j, k) in z: pass
lambda *a, **k: (a, k)
f'{x!r:>{w}}'
global_ = [y := 1, y]
class C(B, metaclass=ABCMeta):\n    def __init__(self): self._x = self.__y = 1
def f(x, /, y=1, *, z: int = 2) -> int: return x
from math import *
from fractions import Fraction as F
import os.path
try: pass\nexcept (A, B) as e: raise X from e\nelse: pass\nfinally: pass
def f():\n    global g\n    def h():\n        nonlocal_ = 1
def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1
match x:\n    case {'a': [1, *_], **rest} if rest: pass\n    case C(a=1) | None: pass\n    case str() as s: pass
x if y else z
del a, b.c, d[0]
assert x, 'no'
(yield_ for yield_ in x)
def f(): yield from x
_private = __also = 1
x.__class__.__name__
print(x)
""".strip().split("\n")
REFUSED = {
    "x.__globals__": "__globals__",
    "x.__dict__": "__dict__",
    "x.__subclasses__()": "__subclasses__",
    "x.f_back": "f_back",
    "x.gi_frame": "gi_frame",
    "x.mro()": "mro",
    "x.__reduce__ = 1": "__reduce__",
    "x.__class__ = 1": "cannot be assigned",
    "del x.__class__": "cannot be assigned",
    "x.__class__ += 1": "cannot be assigned",
    "for x.__class__ in y: pass": "cannot be assigned",
    "[0 for x.__class__ in y]": "cannot be assigned",
    "with y as x.__class__: pass": "cannot be assigned",
    "(x.__class__, y) = 1, 2": "cannot be assigned",
    "__builtins__": "__builtins__",
    "__import__('os')": "use an import statement",
    "import x as __builtins__": "__builtins__",
    "from x import __builtins__": "__builtins__",
    "from x import y as __builtins__": "__builtins__",
    "from . import x": "relative import",
    "def __reduce__(self): pass": "__reduce__",
    "class C:\n    def __getattribute__(self, n): pass": "__getattribute__",
    "class C:\n    __array_interface__ = 1": "__array_interface__",
    "class C(metaclass=M): pass": "metaclass",
    "class C(**k): pass": "**keywords",
    "async def f(): pass": "async def",
    "async def f():\n    await x": "async def",
    "try: pass\nexcept* E: pass": "except*",
    "match x:\n    case C(__class__=y): pass": "class pattern",
    "match x:\n    case C(format=y): pass": "class pattern",
    "match x:\n    case __builtins__: pass": "__builtins__",
    "match x:\n    case [*__builtins__]: pass": "__builtins__",
    "match x:\n    case {**__builtins__}: pass": "__builtins__",
    "try: pass\nexcept E as __builtins__: pass": "__builtins__",
    "lambda __builtins__: 1": "__builtins__",
    "def f(*__builtins__): pass": "__builtins__",
    "def f():\n    global __builtins__": "__builtins__",
    "(__builtins__ := 1)": "__builtins__",
    "f(__class__=1)": "__class__",
    "f'{x.__globals__}'": "__globals__",
    "@x.__globals__\ndef f(): pass": "__globals__",
    "def f(x=y.__globals__): pass": "__globals__",
    "def f(x: y.__globals__): pass": "__globals__",
    "x: y.__globals__ = 1": "__globals__",
}


@pytest.mark.parametrize("code", [line.replace("\\n", "\n") for line in ORDINARY])
def test_ordinary_python_is_let_through(code: str) -> None:
    compile_program(code, "<program>")


@pytest.mark.parametrize("code", REFUSED)
def test_what_leads_out_is_refused_with_its_line(code: str) -> None:
    with pytest.raises(Refusal) as refused:
        compile_program(f"x = 1\n{code}", "<program>")
    assert any(REFUSED[code] in violation for violation in refused.value.violations)
    assert refused.value.line is not None
    assert refused.value.line >= 2


def test_every_violation_is_reported_once() -> None:
    with pytest.raises(Refusal) as refused:
        compile_program("a.__dict__\nb.__dict__\nb.__dict__", "<program>")
    assert [violation.partition(":")[0] for violation in refused.value.violations] == [
        "line 1",
        "line 2",
        "line 3",
    ]


def test_a_node_that_nobody_reviewed_is_refused() -> None:
    class Unheard(ast.Pass):
        pass

    from sandreckoner.tools.python.policy.transformer import Transformer

    errors: list[str] = []
    Transformer(errors).visit(ast.Module([Unheard(lineno=1, col_offset=0)], []))
    assert errors == ["line 1: Unheard is not available in the sandbox"]


@given(st.text(max_size=60))
@settings(max_examples=400)
def test_any_text_compiles_or_is_refused_or_is_a_syntax_error(text: str) -> None:
    with contextlib.suppress(Refusal, SyntaxError):
        compile_program(text, "<program>")


words = st.sampled_from(
    ["x", "y", "__class__", "__globals__", "__dict__", "f_back", "_p", "format", "a", "__init__"]
)


@given(st.lists(words, min_size=1, max_size=5))
def test_no_chain_of_attributes_holds_a_hidden_one(chain: list[str]) -> None:
    allowed = all(spellable_attribute(word) for word in chain)
    try:
        compile_program("x." + ".".join(chain), "<program>")
    except Refusal:
        assert not allowed
    else:
        assert allowed


@given(
    st.sampled_from(
        sorted(HIDDEN_ATTRIBUTES | {"__globals__", "__dict__", "__mro__", "__subclasses__", "__reduce__"})
    )
)
def test_what_cannot_be_written_cannot_be_read_by_name_either(name: str) -> None:
    with pytest.raises(AttributeError, match="not available"):
        guarded_getattr(object(), name)
    with pytest.raises(AttributeError, match="not available"):
        guarded_getattr(object(), name, None)


def test_a_name_must_be_a_plain_string() -> None:
    class Name(str):
        def startswith(self, *prefix: object) -> bool:
            return False

    with pytest.raises(TypeError):
        guarded_getattr(object(), Name("__class__"))


def test_the_annotations_of_a_library_do_not_hand_out_the_real_type() -> None:
    def of_a_library(kind, count): ...

    of_a_library.__annotations__ = {"kind": type, "count": int}  # as typing.is_protocol has them from 3.13 on
    assert guarded_getattr(of_a_library, "__annotations__") == {"kind": Type, "count": int}


def test_the_lists_do_not_contradict_each_other() -> None:
    assert not HIDDEN_ATTRIBUTES & READABLE_DUNDERS
    assert not {"__reduce__", "__getattribute__", "__dict__", "__globals__", "__subclasses__"} & (
        READABLE_DUNDERS | DEFINABLE_DUNDERS
    )
