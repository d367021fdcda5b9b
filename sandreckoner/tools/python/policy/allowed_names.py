"""Which names and attributes a program may spell. Whatever is not listed is refused."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

from RestrictedPython.transformer import INSPECT_ATTRIBUTES

READABLE_DUNDERS = frozenset(
    """
    __name__ __qualname__ __doc__ __class__ __module__ __annotations__ __version__ __cause__ __context__
    __init__ __new__ __post_init__ __call__ __enter__ __exit__ __missing__ __copy__ __deepcopy__
    __repr__ __str__ __format__ __bytes__ __bool__ __hash__ __sizeof__ __len__ __length_hint__ __eq__
    __ne__ __lt__ __le__ __gt__ __ge__ __add__ __radd__ __iadd__ __sub__ __rsub__ __isub__ __mul__
    __rmul__ __imul__ __matmul__ __rmatmul__ __imatmul__ __truediv__ __rtruediv__ __itruediv__
    __floordiv__ __rfloordiv__ __ifloordiv__ __mod__ __rmod__ __imod__ __divmod__ __rdivmod__ __pow__
    __rpow__ __ipow__ __neg__ __pos__ __abs__ __invert__ __and__ __or__ __xor__ __rand__ __ror__
    __rxor__ __iand__ __ior__ __ixor__ __lshift__ __rshift__ __rlshift__ __rrshift__ __ilshift__
    __irshift__ __iter__ __next__ __reversed__ __getitem__ __setitem__ __delitem__ __contains__ __int__
    __float__ __complex__ __index__ __round__ __trunc__ __floor__ __ceil__ __members__ __class_getitem__
    __args__ __origin__
    """.split()
)
"""Double-underscore attributes that may be read, through the guard."""

DEFINABLE_DUNDERS = (
    READABLE_DUNDERS
    | frozenset(
        """
        __slots__ __match_args__ __del__ __set_name__ __get__ __set__ __init_subclass__ __getattr__ __all__
        """.split()
    )
) - frozenset("__class__ __annotations__ __members__ __args__ __origin__ __cause__ __context__".split())
"""Double-underscore names that a program may bind, mostly as methods."""

READABLE_NAMES = frozenset({"__name__", "__doc__", "__debug__", "__file__"})

HIDDEN_ATTRIBUTES = frozenset(INSPECT_ATTRIBUTES) | frozenset(
    {"mro", "func_globals", "func_code", "tb_lasti"}
)
"""Attributes that lead to frames, code and the type hierarchy: refused wherever they stand."""

GUARDED_ATTRIBUTES = frozenset(
    """
    format format_map obj with_traceback ctypes cffi tofile tobytes dump dumps data base setfield register
    resize setflags newbyteorder func_dict
    """.split()
)
"""Public attributes read through the guard, since some object of some library answers them unsafely."""

NAMEDTUPLE_ATTRIBUTES = frozenset({"_asdict", "_replace", "_fields", "_make", "_field_defaults"})

METACLASSES = frozenset({"ABCMeta", "EnumMeta", "EnumType"})

GUARD_GETATTR = "@getattr"
GUARD_STORE = "@store"
LAST_VALUE = "@last"
"""Names that the compiled program uses and that no source can spell."""


def is_dunder(name: str) -> bool:
    """Whether `name` has two underscores on both sides."""
    return name.startswith("__") and name.endswith("__")


def spellable_attribute(name: str) -> bool:
    """Whether a public or private attribute of that name may be asked for at all."""
    if name in HIDDEN_ATTRIBUTES:
        return False
    return not is_dunder(name) or name in READABLE_DUNDERS
