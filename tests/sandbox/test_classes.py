"""Classes of programs do in the sandbox what they do in CPython; library classes stay as they are."""

# ruff: noqa: E501  # programs, as people write them

from __future__ import annotations

import contextlib
import io
import warnings

import pytest

from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.python.policy.attributes import guarded_hasattr

PROGRAMS = {
    "wrong calls of builtins": """
for wrong in ((), (1,), (1, "a", 2, 3)):
    for builtin in (getattr, hasattr, setattr, delattr):
        try: print(builtin(*wrong))
        except Exception as fault: print(builtin.__name__, type(fault).__name__, fault)
try: getattr(1, name="real")
except TypeError as fault: print(fault)
""",
    "private attributes": """
class Stack:
    _made = 0
    def __init__(self): self._items, self.__n = [], 0; Stack._made += 1; type(self)._made += 1
    def push(self, x): self._items.append(x); self.__n += 1; self._last = x; return self.__n
s = Stack(); print(s.push(3), s._items, s._last, Stack._made); del s._last; print(hasattr(s, '_last'))
""",
    "public names that the guard watches": """
class Node:
    def __init__(self, data): self.data = data; self.base = self.format = 1
n = Node([1]); n.data += [2]; n.base += 1; n.format *= 3; print(n.data, n.base, n.format)
""",
    "properties": """
class C:
    @property
    def w(self): return self._w
    @w.setter
    def w(self, x): self._w = x
    @w.deleter
    def w(self): del self._w
c = C(); c.w = 4; c.w += 1; print(c.w); del c.w; print(hasattr(c, 'w'))
""",
    "an enum that makes its members": """
from enum import Enum
class Planet(Enum):
    EARTH = 1, 5.97
    def __new__(cls, number, mass):
        one = object.__new__(cls); one._value_ = number; one.mass = mass; return one
print(Planet(1).mass, Planet.EARTH.value, [p.name for p in Planet], list(Planet.__members__))
""",
    "a registry of subclasses": """
class Base:
    _known = {}
    def __init_subclass__(cls, key=None): cls._key = key; Base._known[key] = cls.__name__; cls._seen = cls._key
class A(Base, key='a'): pass
class B(A, key='b'): pass
print(Base._known, A._key, B._seen)
""",
    "dataclasses": """
from dataclasses import dataclass, field, fields, asdict, replace
@dataclass(order=True)
class P:
    x: int
    _y: int = 2
    data: list = field(default_factory=list)
    def __post_init__(self): self._sum = self.x + self._y
@dataclass(frozen=True, slots=True)
class Q: a: int; format: str = 'f'
p = P(1); p._y += 1
print(p, p._sum, asdict(p), replace(p, x=5), [f.name for f in fields(P)], P(1) < P(2))
match p:
    case P(x, y, d): print(x, y, d)
try: Q(1).a = 2
except Exception as e: print(type(e).__name__, Q(1))
""",
    "subclasses of what libraries have": """
import numpy, fractions, collections, decimal
class A(numpy.ndarray):
    def __new__(cls, n): one = super().__new__(cls, (n,)); one[:] = 0; one.unit = 'm'; return one
class F(fractions.Fraction):
    def half(self): self._halved = True; return self / 2
class D(collections.defaultdict): pass
class E(ValueError):
    def __init__(self, text, code): super().__init__(text); self._code = code
f = F(1, 3); d = D(list); d['a'].append(1); d._note = 1
print(A(2), A(1).unit, f.half(), f._halved, dict(d), E('x', 3)._code, decimal.Decimal('1.5') + 1)
""",
    "matrices and arrays of objects": """
import numpy
print(numpy.matrix([[1, 'a', None]], dtype=object), numpy.ndarray((2,), dtype=object))
print(numpy.ndarray((2,), int, bytearray(16)), numpy.ndarray(shape=2, buffer=numpy.arange(5.0)))
r = numpy.recarray((2,), dtype=[('x', int)]); r.x = 3; print(r.x, numpy.dtype([('a', 'i8')]).fields['a'][1])
""",
    "attributes of functions and of library instances": """
import decimal, numpy
def f(n): f.calls += 1; return n if n < 2 else f(n - 1) + f(n - 2)
f.calls = 0; f(8); print(f.calls)
decimal.getcontext().prec = 5; print(decimal.Decimal(1) / 3)
a = numpy.arange(6); a.shape = (2, 3); a.flat = 1; print(a)
""",
    "random states": """
import numpy, random
g = numpy.random.default_rng(3); s = g.bit_generator.state; x = g.random(); g.bit_generator.state = s; print(x == g.random())
numpy.random.seed(3); s = numpy.random.get_state(); x = numpy.random.rand(); numpy.random.set_state(s); print(x == numpy.random.rand())
s = random.getstate(); x = random.random(); random.setstate(s); print(x == random.random())
p = numpy.random.Philox(1); s = p.state; x = p.random_raw(9); p.state = s; print((x == p.random_raw(9)).all())
""",
    "counters that libraries keep in their classes": """
import sympy
from sympy.physics.units import Quantity
print(sympy.Dummy('a') == sympy.Dummy('a'), Quantity('q'))
x = sympy.Symbol('x'); print(sympy.lambdify(x, sympy.sin(x) + x)(0), sympy.Function('f')(x).diff(x))
""",
    "a context of mpmath that sympy makes anew": """
import sympy
x = sympy.Symbol('x', positive=True); print(sympy.simplify((x * 0.5 + (x - 1) * 6) / 12))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_classes_do_what_they_do_in_cpython(name: str, sandbox: Sandbox) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), warnings.catch_warnings(action="ignore"):
        exec(PROGRAMS[name], {"__name__": "__main__"})
    execution = sandbox.run(PROGRAMS[name])
    assert (execution.status, execution.stdout) == ("ok", said.getvalue()), execution.error


LIBRARY_CLASSES = {
    "json.JSONEncoder": "json",
    "fractions.Fraction": "fractions",
    "textwrap.TextWrapper": "textwrap",
    "collections.Counter": "collections",
    "numbers.Number": "numbers",
    "numpy.ndarray": "numpy",
    "sympy.Symbol": "sympy",
    "sympy.Function": "sympy",
    "ValueError": "math",
    "type": "math",
}


@pytest.mark.parametrize("kind", LIBRARY_CLASSES)
@pytest.mark.parametrize("change", ["{}.x = 1", "setattr({}, 'x', 1)", "del {}.x", "delattr({}, 'x')"])
def test_a_library_class_cannot_be_changed(kind: str, change: str, sandbox: Sandbox) -> None:
    execution = sandbox.run(f"import {LIBRARY_CLASSES[kind]}\n{change.format(kind)}")
    assert execution.error is not None
    assert "immutable" in execution.error.message or execution.error.type == "AttributeError"
    assert sandbox.run(f"import {LIBRARY_CLASSES[kind]}\nhasattr({kind}, 'x')").value is False


def test_hasattr_says_no_to_what_is_hidden() -> None:
    assert not guarded_hasattr(object(), "__globals__")
    assert not guarded_hasattr(print, "__self__")
    assert guarded_hasattr("", "upper")
