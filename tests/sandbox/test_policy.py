"""The language wall by itself, in this process: what it refuses, what it lets through, and that it never breaks."""

# ruff: noqa: E501  # programs on one line

from __future__ import annotations

import ast
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandreckoner.tools.python.policy.allowed_names import (
    ASKED_DUNDERS,
    ASSIGNABLE_DUNDERS,
    DEFINABLE_DUNDERS,
    HIDDEN_ATTRIBUTES,
    OWN_DUNDERS,
    READABLE_DUNDERS,
    spellable_attribute,
)
from sandreckoner.tools.python.policy.attributes import guarded_getattr
from sandreckoner.tools.python.policy.classes import Type
from sandreckoner.tools.python.policy.compiler import Refusal, compile_program
from sandreckoner.tools.python.policy.own_things import ANSWERS

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
for __ in y: ___ = __
class C(metaclass=M): pass
class C(**k): pass
class C:\n    def __getattribute__(self, n): pass\n    def __reduce__(self): pass
async def f():\n    async with x as y, z: await w\n    return [a async for a in b]
try: pass\nexcept* E: pass
x.__dict__.update(y)
self.__class__ = On
f.__name__, f.__doc__ = 'f', 'd'
[c.__name__ for c in C.__mro__ + tuple(C.mro())]
""".strip().split("\n")
REFUSED = {
    "x.__globals__ = 1": "__globals__",
    "del x.__code__": "cannot be assigned",
    "x.__mro__ += 1": "cannot be assigned",
    "for x.__bases__ in y: pass": "cannot be assigned",
    "[0 for x.__self__ in y]": "cannot be assigned",
    "with y as x.__closure__: pass": "cannot be assigned",
    "(x.__builtins__, y) = 1, 2": "__builtins__",
    "def __loader__(self): pass": "__loader__",
    "class C:\n    def __array_struct__(self): pass": "__array_struct__",
    "x.__globals__": "__globals__",
    "x.f_back": "f_back",
    "x.gi_frame": "gi_frame",
    "__builtins__": "__builtins__",
    "import x as __builtins__": "__builtins__",
    "from x import __builtins__": "__builtins__",
    "from x import y as __builtins__": "__builtins__",
    "from . import x": "relative import",
    "class C:\n    __array_interface__ = 1": "__array_interface__",
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
        compile_program("a.__globals__\nb.__globals__\nb.__globals__", "<program>")
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
        sorted(
            HIDDEN_ATTRIBUTES | {"__globals__", "__builtins__", "__loader__", "__spec__", "__array_struct__"}
        )
    )
)
def test_what_cannot_be_written_cannot_be_read_by_name_either(name: str) -> None:
    with pytest.raises(AttributeError, match="not available"):
        guarded_getattr(object(), name)
    with pytest.raises(AttributeError, match="not available"):
        guarded_getattr(object(), name, None)


def test_a_name_is_what_its_characters_say() -> None:
    class Name(str):
        def startswith(self, *prefix: object) -> bool:
            return False

    with pytest.raises(AttributeError):
        guarded_getattr(print, Name("__self__"))
    with pytest.raises(TypeError, match="not 'int'"):
        guarded_getattr(print, 1)  # type: ignore[arg-type]


def test_the_annotations_of_a_library_do_not_hand_out_the_real_type() -> None:
    def of_a_library(kind, count): ...

    of_a_library.__annotations__ = {"kind": type, "count": int}  # as typing.is_protocol has them from 3.13 on
    assert guarded_getattr(of_a_library, "__annotations__") == {"kind": Type, "count": int}


def test_the_lists_do_not_contradict_each_other() -> None:
    assert not HIDDEN_ATTRIBUTES & READABLE_DUNDERS
    assert not OWN_DUNDERS & READABLE_DUNDERS
    assert {"__bases__"} == ASKED_DUNDERS & (READABLE_DUNDERS | OWN_DUNDERS | DEFINABLE_DUNDERS)
    assert not {"__globals__", "__builtins__", "__loader__", "__spec__", "__array_interface__"} & (
        READABLE_DUNDERS | OWN_DUNDERS | ASKED_DUNDERS | DEFINABLE_DUNDERS | ASSIGNABLE_DUNDERS
    )


def test_what_is_asked_for_has_an_answer() -> None:
    assert set(ANSWERS) - {"__traceback__"} == ASKED_DUNDERS


@pytest.mark.parametrize("name", sorted(OWN_DUNDERS | ASKED_DUNDERS))
def test_a_librarys_function_answers_none_of_what_is_the_programs_own(name: str) -> None:
    if name not in (
        "__dir__",
        "__setattr__",
        "__delattr__",
        "__getattribute__",
    ):  # these look at their arguments
        with pytest.raises(AttributeError):
            guarded_getattr(contextlib.suppress.__init__, name)
