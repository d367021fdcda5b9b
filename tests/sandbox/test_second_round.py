"""A second round: attacks written after reading the finished policy. One that works prints `ESCAPED`."""

# ruff: noqa: E501  # programs, as an attacker would write them

from __future__ import annotations

import re

import pytest

from sandreckoner.tools.python import Sandbox, Walls

from .arena import Attack
from .test_attacks import LIMITS, assault

ATTACKS = r"""
### eval called back by a library reads that library's names
import contextlib
got = []
with contextlib.ExitStack() as s: s.callback(eval, 'args[2].append(wraps)', None, got)
print('ESCAPED', got[0])
### the same through cached_property, which returns the value
import functools
class S(str): x = functools.cached_property(eval)
print('ESCAPED', S('update_wrapper').x)
### cached_property under a name that numpy follows
import functools, numpy
class A:
    x = p = functools.cached_property(lambda self: {'shape': (8,), 'typestr': '|u1', 'data': (id(B), True), 'version': 3})
B = b'x'
A.p.attrname = '__array_interface__'
a = A(); a.x
print('ESCAPED', numpy.array(a).sum() + 0 if numpy.array(a).shape == (8,) else 1 / 0)
### __getattr__ answers numpy's question for memory
import numpy
B = b'SECRET'
class A:
    def __getattr__(self, name):
        if name == '__array_interface__':
            return {'shape': (40,), 'typestr': '|u1', 'data': (id(B), True), 'version': 3}
        raise AttributeError(name)
print('ESCAPED' if b'SECRET' in numpy.array(A()).tobytes() else 'no')
### the real SimpleNamespace by type()
import types
print('ESCAPED', type(types.SimpleNamespace(x=1))(**{'__array_interface__': 1}))
### the real SimpleNamespace by its __init__
import types
n = types.SimpleNamespace(x=1)
n.__init__(**{'__array_interface__': 1})
print('ESCAPED', n) if '__array_interface__' in repr(n) else None
### Enum made from an iterator of members
import enum
E = enum.Enum('E', iter([('__array_interface__', {}), ('a', 1)]))
print('ESCAPED', E)
### Enum made by a method of its metaclass
import enum
class E(enum.Enum): pass
print('ESCAPED', E._create_('X', {'__array_interface__': 1}))
### Enum over the contents of a real module
import enum
class E(enum.Enum): pass
X = E._convert_('X', 'os', lambda n: n == 'environ')
print('ESCAPED', X)
### global_enum writes into any module
import enum
class F:
    def __call__(self, *a): return True
class E(F, enum.Enum):
    __module__ = 'sandreckoner.tools.python.policy.attributes'
    _may_read = 1
enum.global_enum(E)
print('ESCAPED', getattr(print, '__self__'))
### a mapping that shows type() two faces
class M(dict):
    def __iter__(self): return iter(())
X = type('X', (), M({'__getattribute__': lambda s, n: 'ESCAPED'}))
print(X().anything)
### a mapping that shows ABCMeta two faces
import abc
class M(dict):
    def __iter__(self): return iter(())
X = abc.ABCMeta('X', (), M({'__getattribute__': lambda s, n: 'ESCAPED'}))
print(X().anything)
### ABCMeta's own parent by super()
import abc
M = abc.ABCMeta
X = super(M, M).__new__(M, 'X', (), {'__getattribute__': lambda s, n: 'ESCAPED'})
print(X().anything)
### EnumMeta's own parent by super()
import enum
M = enum.EnumMeta
X = super(M, M).__new__(M, 'X', (), {'__getattribute__': lambda s, n: 'ESCAPED'})
print(X().anything)
### get_origin hands over the real type
import typing
t = typing.get_origin(typing.Type[int])
print(t('X', (), {'__getattribute__': lambda s, n: 'ESCAPED'})().anything)
### a metaclass through typing.Type
import typing
class M(typing.Type): pass
print(M('X', (), {'__getattribute__': lambda s, n: 'ESCAPED'})().anything)
### a class of the program's own called ABCMeta, as a metaclass that adopts Fraction
import fractions
def ABCMeta(name, bases, members): return fractions.Fraction
class C(metaclass=ABCMeta): pass
print('ESCAPED', C._richcmp)
### dataclass adopts a library's class
import dataclasses, fractions
dataclasses.dataclass(fractions.Fraction, repr=False, eq=False)
print('ESCAPED', fractions.Fraction._richcmp)
### FunctionClass is a metaclass
import sympy
print(sympy.FunctionClass('X', (), {'__getattribute__': lambda s, n: 'ESCAPED'})().anything)
### Function with members of its own
import sympy
f = sympy.Function('f', (sympy.Symbol,), {'__array_interface__': 1})
print('ESCAPED', f)
### UndefinedFunction is a metaclass
from sympy.solvers.solvers import UndefinedFunction
print('ESCAPED', UndefinedFunction('X', (int,), {'__array_interface__': 1}))
### Singleton is a metaclass
from sympy.core.numbers import Singleton
print('ESCAPED', Singleton('X', (), {'__getattribute__': lambda s, n: 1}))
### UserString formats without the guard
import collections
def f(): pass
print('ESCAPED', collections.UserString('{0.__globals__}').format(f))
### UserString.format_map
import collections
def f(): pass
print('ESCAPED', collections.UserString('{f.__globals__}').format_map({'f': f}))
### a class pattern takes str.format
class S(str): __match_args__ = ('format',)
def f(): pass
match S('{0.__globals__}'):
    case S(g): print('ESCAPED', g(f))
### a protocol's class pattern takes an array's raw memory
import numpy, typing
@typing.runtime_checkable
class P(typing.Protocol):
    __match_args__ = ('ctypes',)
    def ravel(self): ...
match numpy.arange(3):
    case P(c): print('ESCAPED', c.data)
### a registered class pattern takes AttributeError.obj
import abc
class C(abc.ABC): __match_args__ = ('obj',)
C.register(AttributeError)
try: abc.nothing
except AttributeError as e:
    match e:
        case C(o): print('ESCAPED', o) if o is not None else None
### a subclass of ndarray opens raw memory
import numpy
class A(numpy.ndarray): pass
print('ESCAPED', type(numpy.arange(3).view(A).ctypes.shape).from_address(id(A)))
### a subclass of ndarray writes files
import numpy
class A(numpy.ndarray): pass
try: numpy.arange(3).view(A).tofile('@TARGET@/x')
except OSError: print('ESCAPED')
### super() reads a library's private attributes
import enum
class A(enum.Enum):
    a = 1
print('ESCAPED', super(A, A.a)._generate_next_value_)
### a subclass of a distribution compiles its defaults
import scipy.stats
class R(scipy.stats.rv_continuous):
    def _pdf(self, x): return 1
    def _construct_argparser(self, meths_to_inspect, locscale_in, locscale_out):
        super()._construct_argparser(meths_to_inspect, "loc=0, s=print('ESCAPED', open)", locscale_out)
R()
### a field is renamed to code
from dataclasses import dataclass, field
f = field(default=1)
@dataclass
class C: x: int = f
f.name = "x:print('ESCAPED', __import__('os'))=1, y"
@dataclass
class D(C): z: int = 2
### the class of fields is given another name
import dataclasses
dataclasses.Field.name = property(lambda s: "x:print('ESCAPED', __import__('os'))=1, y", lambda s, v: None)
@dataclasses.dataclass
class C: x: int = 1
### annotations that show dataclass two faces
import dataclasses
class N(dict):
    def __iter__(self): return iter(())
dataclasses.dataclass(type('C', (), {'__annotations__': N({"x:print('ESCAPED', __import__('os'))=1, y": int})}))
### identify evaluates its constants
import mpmath
print(mpmath.identify(0.5, ["print('ESCAPED', __import__('os').environ) or mpf(1)"]))
### timed compiles text
import sympy
sympy.timed("print('ESCAPED', open)", limit=0.0001)
### var writes into the guard's own module
import functools, sympy
class G(sympy.Symbol):
    def __call__(self, *a): return True
class X: __getattr__ = functools.partial(sympy.var, cls=G)
getattr(X(), '_may_read')
print('ESCAPED', getattr(print, '__self__'))
### var replaces the guard in the program's globals
import sympy
class G(sympy.Symbol):
    def __call__(self, *a): return 'ESCAPED'
sympy.var('@getattr', cls=G)
print(''.__class__)
### vring writes into its caller
import sympy
sympy.vring('__builtins__', sympy.ZZ)
print('ESCAPED')
### an array's memory is replaced under its objects
import numpy
o = numpy.empty(1, dtype=object)
o.data = numpy.array([id('x')]).data
print('ESCAPED', o[0])
### a dtype whose object lies over a number
import numpy
d = numpy.dtype({'names': ['o', 'i'], 'formats': ['O', 'u8'], 'offsets': [0, 0]})
a = numpy.zeros(1, d); a['i'] = id(print)
print('ESCAPED', a['o'])
### a structure of objects over a buffer
import numpy
print('ESCAPED', numpy.ndarray(1, dtype=[('o', 'O')], buffer=bytearray(id(print).to_bytes(8, 'little')))['o'][0] is print or 1 / 0)
### a record array of objects over a buffer
import numpy
print('ESCAPED', numpy.recarray(1, dtype=[('o', 'O')], buf=bytearray(id(print).to_bytes(8, 'little')))['o'][0] is print or 1 / 0)
### an integer dtype with an object inside
import numpy
print('ESCAPED', numpy.dtype((numpy.int64, {'o': (object, 0)})))
### getfield reads an integer as an object
import numpy
print('ESCAPED', numpy.array([id(print)]).getfield(object, 0))
### void bytes viewed as an object
import numpy
print('ESCAPED', numpy.void(id(print).to_bytes(8, 'little')).view('O'))
### void bytes with an object inside
import numpy
print('ESCAPED', numpy.void(id(print).to_bytes(8, 'little'), dtype=[('o', 'O')])['o'].nothing)
### strides beyond the buffer
import numpy
print('ESCAPED', numpy.ndarray((9,), 'u1', bytearray(8), strides=(4096,)))
### a read-only buffer made writable
import numpy
a = numpy.asarray(memoryview(b'abc')); a.flags.writeable = True
print('ESCAPED')
### a generator that outlives its capsule
import numpy
class Fake: pass
b = numpy.random.PCG64(); f = Fake(); f.capsule = b.capsule; f.lock = b.lock
g = numpy.random.Generator(f); del b
print(g.random() + g.bit_generator.ctypes.state_address, 'ESCAPED')
### an array is resized while it is sorted
import numpy
class L:
    def __lt__(self, o): a.resize(0); return True
a = numpy.array([L() for _ in range(100)], dtype=object)
a.sort(); print(a[0].ESCAPED)
### vectorize calls eval from numpy
import numpy
print('ESCAPED', numpy.vectorize(eval, otypes=[object])(['array_function_dispatch'])[0])
### symbols calls eval from sympy
import sympy
print('ESCAPED', sympy.symbols('uniquely_named_symbol', cls=lambda n, **k: eval(n)), sympy.symbols('_filter_assumptions', cls=eval))
### lambdify over a module's dictionary
import sympy
print('ESCAPED', sympy.lambdify([], sympy.Symbol('sys'), modules=[sympy.lambdify, sympy.Symbol])().modules)
### print_gtk starts a viewer
import sympy
sympy.print_gtk(sympy.Symbol('x')); print('ESCAPED')
### TypedDict with special names
import numpy, typing
T = typing.TypedDict('T', {'__array_interface__': int})
print('ESCAPED', numpy.array(T(__array_interface__=1)).item().__array_interface__)
### a forward reference evaluates itself
import typing
R = type(typing.List['print(1)'].__args__[0])
print('ESCAPED', R("open")._evaluate({}, {}, frozenset()))
### an ExitStack's callback takes the traceback
import contextlib
def f(kind, error, trace): print('ESCAPED', type(trace)(None, trace.tb_frame, 0, 1)); return True
with contextlib.ExitStack() as s: s.push(f); 1 / 0
### lru_cache copies a library class's dictionary
import fractions, functools
w = functools.lru_cache(fractions.Fraction)
print('ESCAPED', w._richcmp)
### slots name what numpy follows
import copy, numpy
class A:
    __slots__ = ('__array_interface__', '__dict__')
    def __getattr__(self, n):
        if n == '__array_interface__':
            return {'shape': (8,), 'typestr': '|u1', 'data': (id(A), True), 'version': 3}
        raise AttributeError(n)
print('ESCAPED' if numpy.array(copy.copy(A())).shape == (8,) else '')
### a module's class as a base, by an alias
import math, types
class M(types.GenericAlias(type(math), (int,))): pass
print('ESCAPED', M('x'))
### time zones read any file
import dateutil.rrule
print(dateutil.rrule.rrulestr('DTSTART;TZID=@SECRET@:19970902T090000\nRRULE:FREQ=DAILY;COUNT=1')[0])
### bytes that decode to something else for eval
class B(bytes):
    def decode(self, *a): return E
class E_:
    def strip(self): return (x for x in ())
E = E_()
print('ESCAPED', eval(B(b'1')))
### a decorator made of eval
@eval
def f(): pass
print('ESCAPED')
### the guard's own formatter with another reader
def f(): pass
F = type(''.format)
print('ESCAPED', F('{0.__globals__}', 'format', getattr)(f))
### no_type_check walks an object
import typing, math
typing.no_type_check(math); print('ESCAPED', math.__no_type_check__)
"""

KNOWN = {
    "second/a structure of objects over a buffer",
    "second/a record array of objects over a buffer",
}
"""Not closed: numpy's own constructors take any bytes for objects. The kernel's walls hold these."""


def attacks() -> list[Attack]:
    """All of them."""
    parts = re.split(r"^### ", ATTACKS, flags=re.MULTILINE)[1:]
    return [Attack(f"second/{title}", code) for title, _, code in (part.partition("\n") for part in parts)]


def test_no_attack_of_the_second_round_gets_past_all_the_walls() -> None:
    with Sandbox(LIMITS) as sandbox:
        breached, escaped = assault(sandbox, attacks())
    assert not breached
    assert set(escaped) <= KNOWN


def test_the_kernel_alone_holds_the_second_round() -> None:
    with Sandbox(LIMITS, without=Walls.LANGUAGE) as sandbox:
        if not sandbox.contained:
            pytest.skip("seccomp or Landlock is missing on this machine")
        breached, escaped = assault(sandbox, attacks())
    assert not breached
    assert len(escaped) > len(attacks()) / 3  # the attacks do work where the language is not guarded
