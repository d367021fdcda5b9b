"""Which modules a program may import, and how much of each it sees."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of a module that programs see.

    Attributes:
        only: exactly these names; empty for the module's `__all__`, or its public names where it has none.
        without: names taken out of that.
    """

    only: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()


def _only(names: str) -> Selection:
    return Selection(only=frozenset(names.split()))


def _without(names: str) -> Selection:
    return Selection(without=frozenset(names.split()))


_ALL = Selection()

STANDARD: Mapping[str, Selection] = {
    **dict.fromkeys(
        """
        math cmath statistics fractions decimal numbers itertools collections.abc heapq bisect
        datetime calendar typing abc textwrap array unicodedata __future__ pprint
        """.split(),
        _ALL,
    ),
    "zoneinfo": _without("reset_tzpath"),
    "typing": _without("get_type_hints ForwardRef"),
    "collections": _without("UserString"),  # its format() is the real one
    "enum": _without("global_enum"),  # writes into any module
    "random": _without("SystemRandom"),
    "functools": _without("singledispatch singledispatchmethod"),
    "operator": _ALL,
    "string": _without("Formatter Template"),
    "re": _without("template"),
    "time": _without("clock_settime clock_settime_ns tzset pthread_getcpuclockid"),
    "dataclasses": _without("make_dataclass"),
    "copy": _only("copy deepcopy Error error replace"),
    "json": _without("load dump"),
    "contextlib": _only(
        "contextmanager suppress nullcontext closing ExitStack ContextDecorator AbstractContextManager"
    ),
    "types": _only(
        "SimpleNamespace MappingProxyType NoneType EllipsisType NotImplementedType GenericAlias UnionType"
    ),
}

_NUMPY_OUT = """
    load save savez savez_compressed loadtxt savetxt genfromtxt fromfile fromregex memmap DataSource
    ctypeslib lib testing f2py distutils show_config test info source lookfor get_include show_runtime
    rec core char frompyfunc from_dlpack frombuffer asfarray getbufsize setbufsize fromstring seterrcall
"""
_SYMPY_OUT = """
    preview pytest test doctest plot textplot plot_parametric plot_implicit plot3d plot3d_parametric_line
    plot3d_parametric_surface autowrap ufuncify binary_function interactive init_session init_printing source
    codegen ccode cache print_ utilities printing plotting external testing pager_print
    timed public print_gtk vring vfield
"""

SCIENCE: Mapping[str, Selection] = {
    **dict.fromkeys(
        """
        numpy numpy.linalg numpy.random numpy.fft numpy.polynomial numpy.ma
        """.split(),
        _without(_NUMPY_OUT),
    ),
    **dict.fromkeys(
        """
        sympy sympy.abc sympy.solvers sympy.ntheory sympy.geometry sympy.combinatorics sympy.matrices
        sympy.functions sympy.core sympy.stats sympy.polys sympy.integrals sympy.calculus sympy.series
        sympy.concrete sympy.logic sympy.sets sympy.simplify sympy.solvers.diophantine
        sympy.solvers.inequalities sympy.solvers.solveset sympy.solvers.solvers sympy.core.numbers
        sympy.core.symbol sympy.core.relational sympy.functions.combinatorial
        sympy.functions.combinatorial.numbers sympy.functions.elementary
        sympy.functions.elementary.miscellaneous sympy.functions.elementary.integers
        sympy.ntheory.modular sympy.ntheory.residue_ntheory sympy.ntheory.factor_ sympy.ntheory.primetest
        sympy.utilities.iterables sympy.physics.units
        """.split(),
        _without(_SYMPY_OUT),
    ),
    "sympy.parsing.sympy_parser": _only(
        "parse_expr standard_transformations implicit_multiplication_application implicit_multiplication "
        "convert_xor rationalize function_exponentiation implicit_application"
    ),
    "mpmath": _without("doctests plot cplot splot runtests libmp"),
}

DATES: Mapping[str, Selection] = {
    "dateutil": _ALL,
    "dateutil.relativedelta": _ALL,
    "dateutil.parser": _only("parse isoparse ParserError parserinfo"),
    "dateutil.rrule": _ALL,
    "dateutil.easter": _ALL,
}

SCIPY: Mapping[str, Selection] = dict.fromkeys(
    """
    scipy scipy.optimize scipy.special scipy.integrate scipy.stats scipy.linalg scipy.interpolate
    scipy.constants
    """.split(),
    _without("test LowLevelCallable show_config"),
)

BUILT_IN: Mapping[str, Selection] = {**STANDARD, **DATES, **SCIENCE, **SCIPY}
