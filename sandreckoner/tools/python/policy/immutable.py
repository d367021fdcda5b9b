"""Classes that a program cannot change: every one that was there before it.

A class that a program may write to is a way into whatever calls it: `json.JSONEncoder.encode` was one into
the report of its run. CPython has a flag for classes that refuse (`Py_TPFLAGS_IMMUTABLETYPE`; `int` has it)
and reads it on each store: setting it costs a program nothing, where a guard would cost each `self.x = 1`.
"""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterable, Iterator
from typing import Any

_IMMUTABLE = 1 << 8
# In PyTypeObject: the object's head, its size, and the pointers before each field.
_FLAGS = object.__basicsize__ + 19 * 8
_NEW = object.__basicsize__ + 37 * 8

# Found by a search for stores to classes in functions of the libraries: counters, and instances that change
# their class.
_CHANGED_BY_THEIR_LIBRARY = frozenset(
    """
    weakref.finalize
    sympy.core.symbol.Dummy sympy.physics.units.quantities.Quantity sympy.physics.vector.frame.ReferenceFrame
    sympy.parsing.mathematica.MathematicaParser sympy.physics.secondquant.FermionState
    sympy.physics.secondquant.FockStateFermionKet sympy.physics.secondquant.FockStateFermionBra
    sympy.physics.control.lti.TransferFunction sympy.physics.control.lti.Series
    sympy.physics.control.lti.Parallel sympy.physics.control.lti.Feedback
    sympy.physics.control.lti.MIMOSeries sympy.physics.control.lti.MIMOParallel
    sympy.physics.control.lti.MIMOFeedback
    numpy.ma.core.MaskedArray numpy.ma.core.MaskedConstant numpy.ma.MaskedArray numpy.ma.MaskedConstant
    numpy.polynomial._polybase.ABCPolyBase
    scipy.integrate._ode.vode scipy.integrate._ode.zvode scipy.integrate._ode.lsoda
    scipy.integrate._ode.dopri5 scipy.integrate._ode.dop853
    scipy.interpolate._fitpack2.UnivariateSpline scipy.interpolate._fitpack2.LSQUnivariateSpline
    scipy.interpolate._fitpack2.InterpolatedUnivariateSpline
    matplotlib.path.Path scipy.stats._distribution_infrastructure.MonotonicTransformedDistribution
    """.split()
)


def make_classes_immutable(kinds: Iterable[type], *, but: Collection[str] = ()) -> None:
    """Freeze classes, save those that their own library changes while it computes.

    Args:
        kinds: all that are there.
        but: packages whose classes stay as they are: we do not know what they do with them.
    """
    for kind in kinds:
        module = str(kind.__module__)
        spared = (
            module.partition(".")[0] in but or f"{module}.{kind.__qualname__}" in _CHANGED_BY_THEIR_LIBRARY
        )
        if not spared:
            set_immutable(kind, True)


def set_immutable(kind: type, immutable: bool) -> None:
    """Set or clear the flag of one class.

    Raises:
        RuntimeError: this interpreter keeps the flags of a class somewhere else.
    """
    flags = ctypes.c_ulong.from_address(id(kind) + _FLAGS)
    if flags.value != kind.__flags__:
        raise RuntimeError("the language wall does not know the classes of this interpreter")
    flags.value = flags.value | _IMMUTABLE if immutable else flags.value & ~_IMMUTABLE


def replace_method(kind: Any, name: str, value: Any) -> None:
    """Give a class another method, though it says that it cannot be changed."""
    set_immutable(kind, False)
    setattr(kind, name, value)
    set_immutable(kind, True)


def constructor(kind: type) -> ctypes._CFunctionType:
    """What C calls to make an instance of `kind`: takes the class, positional and keyword arguments."""
    prototype = ctypes.PYFUNCTYPE(ctypes.py_object, *[ctypes.py_object] * 3)
    return prototype(_word(id(kind) + _NEW).value or 0)


def _word(address: int) -> ctypes.c_void_p:
    return ctypes.c_void_p.from_address(address)


def all_classes() -> Iterator[type]:
    """Every class of this process."""
    seen: set[type] = set()
    frontier: list[type] = [object]
    while frontier:
        one = frontier.pop()
        if one not in seen:
            seen.add(one)
            frontier.extend(type.__subclasses__(one))
            yield one
