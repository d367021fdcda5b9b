"""Which names and attributes a program may spell. Whatever is not listed is refused."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

from RestrictedPython.transformer import INSPECT_ATTRIBUTES

READABLE_DUNDERS = frozenset(
    """
    __name__ __qualname__ __doc__ __class__ __module__ __annotations__ __version__ __cause__ __context__
    __suppress_context__ __notes__ __traceback__
    __init__ __new__ __post_init__ __call__ __enter__ __exit__ __missing__ __copy__ __deepcopy__
    __repr__ __str__ __format__ __bytes__ __bool__ __hash__ __sizeof__ __len__ __length_hint__ __eq__
    __ne__ __lt__ __le__ __gt__ __ge__ __add__ __radd__ __iadd__ __sub__ __rsub__ __isub__ __mul__
    __rmul__ __imul__ __matmul__ __rmatmul__ __imatmul__ __truediv__ __rtruediv__ __itruediv__
    __floordiv__ __rfloordiv__ __ifloordiv__ __mod__ __rmod__ __imod__ __divmod__ __rdivmod__ __pow__
    __rpow__ __ipow__ __neg__ __pos__ __abs__ __invert__ __and__ __or__ __xor__ __rand__ __ror__
    __rxor__ __iand__ __ior__ __ixor__ __lshift__ __rshift__ __rlshift__ __rrshift__ __ilshift__
    __irshift__ __iter__ __next__ __reversed__ __getitem__ __setitem__ __delitem__ __contains__ __int__
    __float__ __complex__ __index__ __round__ __trunc__ __floor__ __ceil__ __members__ __class_getitem__
    __args__ __origin__ __aiter__ __anext__ __aenter__ __aexit__ __await__ __all__ __isabstractmethod__
    __final__ __override__ __no_type_check__ __dataclass_transform__ __deprecated__ __covariant__
    __contravariant__ __infer_variance__ __fspath__
    """.split()
)
"""Double-underscore attributes that may be read of anything, through the guard."""

OWN_DUNDERS = frozenset(
    """
    __slots__ __match_args__ __del__ __set_name__ __get__ __set__ __delete__ __init_subclass__ __getattr__
    __getattribute__ __setattr__ __delattr__ __dir__ __getstate__ __setstate__ __reduce__ __reduce_ex__
    __getnewargs__ __getnewargs_ex__ __subclasshook__ __instancecheck__ __subclasscheck__ __prepare__
    __mro_entries__ __replace__
    __array__ __array_finalize__ __array_ufunc__ __array_function__ __array_wrap__ __array_priority__
    """.split()
)
"""Double-underscore methods that a program may define, and then read of what it defined itself."""

ASKED_DUNDERS = frozenset(
    """
    __dict__ __mro__ __bases__ __base__ __subclasses__ __wrapped__ __defaults__ __kwdefaults__ __code__
    __func__ __self__ __closure__ __abstractmethods__ __dataclass_fields__ __orig_bases__ __parameters__
    __type_params__ __bound__ __constraints__ __value__ __required_keys__ __optional_keys__ __total__
    __supertype__ __metadata__ __orig_class__
    """.split()
)
"""Double-underscore attributes of the program's own things, each answered with a copy or a view."""

DEFINABLE_DUNDERS = (READABLE_DUNDERS | OWN_DUNDERS | {"__bases__"}) - frozenset(
    """
    __class__ __annotations__ __members__ __args__ __origin__ __cause__ __context__ __traceback__
    __suppress_context__
    """.split()
)
"""Double-underscore names that a program may bind, mostly as methods."""

READABLE_NAMES = frozenset(
    """
    __name__ __doc__ __debug__ __file__ __annotations__ __import__ __class__ __package__
    __author__ __email__ __license__ __copyright__ __credits__ __maintainer__ __status__ __date__ __title__
    """.split()
)
"""Double-underscore variables."""

HIDDEN_ATTRIBUTES = frozenset(INSPECT_ATTRIBUTES) | frozenset({"func_globals", "func_code", "tb_lasti"})
"""Attributes that lead to frames, code and the type hierarchy: refused wherever they stand."""

GUARDED_ATTRIBUTES = frozenset(
    """
    format format_map obj with_traceback ctypes cffi tofile tobytes dump dumps data base setfield register
    resize setflags newbyteorder func_dict mro get_stack print_stack
    """.split()
)
"""Public attributes read through the guard, since some object of some library answers them unsafely."""

ASSIGNABLE_DUNDERS = (DEFINABLE_DUNDERS - {"__bases__"}) | frozenset(
    """
    __dict__ __class__ __wrapped__ __annotations__ __defaults__ __kwdefaults__ __cause__ __context__
    __suppress_context__ __traceback__
    """.split()
)
"""Double-underscore attributes that a program may assign, each to something that is its own."""

NAMEDTUPLE_ATTRIBUTES = frozenset({"_asdict", "_replace", "_fields", "_make", "_field_defaults"})

GUARD_GETATTR = "\0getattr"
GUARD_STORE = "\0store"
"""Texts that stand for the guards in a compiled program, until they take their places among its constants."""

LAST_VALUE = "@last"
"""The variable of a program's last line; no source can spell it."""

MARK = "@program"
"""Among the builtins of everything that the policy compiled."""


def is_dunder(name: str) -> bool:
    """Whether `name` is a special one: two underscores on both sides, and something in between."""
    return name.startswith("__") and name.endswith("__") and name.strip("_") != ""


def spellable_attribute(name: str) -> bool:
    """Whether a public or private attribute of that name may be asked for at all."""
    if name in HIDDEN_ATTRIBUTES:
        return False
    return not is_dunder(name) or name in READABLE_DUNDERS or name in OWN_DUNDERS or name in ASKED_DUNDERS
