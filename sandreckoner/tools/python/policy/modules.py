"""Which modules a program may import, and how much of each it sees."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of a module that programs see.

    Attributes:
        only: these names, with `exact`; else the module's `__all__`, or its public names where it has none.
        without: names taken out of that.
        exact: whether it is exactly `only`, even where that is empty.
        also: names that `__all__` leaves out, and that people use.
    """

    only: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    exact: bool = False
    also: frozenset[str] = frozenset()


def _only(names: str) -> Selection:
    return Selection(only=frozenset(names.split()), exact=True)


def _without(names: str) -> Selection:
    return Selection(without=frozenset(names.split()))


def _with(names: str) -> Selection:
    return Selection(also=frozenset(names.split()))


_ALL = Selection()

STANDARD: Mapping[str, Selection] = {
    **dict.fromkeys(
        """
        math cmath statistics fractions decimal numbers itertools collections collections.abc heapq
        bisect random
        datetime calendar abc textwrap array unicodedata __future__ pprint functools json copy
        csv base64 struct zlib binascii queue weakref graphlib fnmatch contextvars keyword token errno hmac
        colorsys reprlib sched stat html.entities html secrets difflib ipaddress urllib.parse
        """.split(),
        _ALL,
    ),
    "typing": _with("T KT VT T_co V_co VT_co KT_co T_contra"),
    "operator": _with(
        "__lt__ __le__ __eq__ __ne__ __ge__ __gt__ __not__ __abs__ __add__ __and__ __floordiv__ __index__ "
        "__invert__ __lshift__ __mod__ __mul__ __matmul__ __neg__ __or__ __pos__ __pow__ __rshift__ __sub__ "
        "__truediv__ __xor__ __concat__ __contains__ __delitem__ __getitem__ __setitem__"
    ),
    "builtins": _only(""),  # the program's own, see `program_globals`
    "zoneinfo": _without("reset_tzpath"),
    "enum": _without("global_enum"),  # writes into any module
    "string": _ALL,
    "re": _without("template"),
    "time": _without("clock_settime clock_settime_ns tzset pthread_getcpuclockid"),
    "dataclasses": _ALL,
    "contextlib": Selection(without=frozenset({"chdir"}), also=frozenset({"_GeneratorContextManager"})),
    "types": _only(
        "SimpleNamespace MappingProxyType NoneType EllipsisType NotImplementedType GenericAlias UnionType "
        "FunctionType LambdaType MethodType BuiltinFunctionType BuiltinMethodType GeneratorType "
        "CoroutineType "
        "AsyncGeneratorType DynamicClassAttribute coroutine ModuleType"
    ),
    # The machine is left out: see `system_modules`.
    "sys": _only(
        "maxsize version version_info float_info int_info hash_info byteorder implementation getsizeof "
        "intern "
        "getrecursionlimit getdefaultencoding getrefcount maxunicode float_repr_style hexversion api_version "
        "copyright platform set_int_max_str_digits get_int_max_str_digits getfilesystemencoding exception"
    ),
    "os": _only(
        "sep linesep name curdir pardir pathsep altsep extsep devnull fspath PathLike strerror urandom"
    ),
    "os.path": _only("sep"),
    "pathlib": _only("PurePath PurePosixPath PureWindowsPath"),
    "io": _only(
        "StringIO BytesIO TextIOWrapper TextIOBase IOBase RawIOBase BufferedIOBase "
        "UnsupportedOperation SEEK_SET "
        "SEEK_CUR SEEK_END DEFAULT_BUFFER_SIZE"
    ),
    "hashlib": _without("file_digest"),
    "gzip": _only("compress decompress BadGzipFile"),
    "bz2": _only("compress decompress BZ2Compressor BZ2Decompressor"),
    "lzma": _only("compress decompress LZMACompressor LZMADecompressor LZMAError FORMAT_XZ FORMAT_ALONE"),
    "html.parser": _ALL,
    "uuid": _only("UUID uuid3 uuid4 uuid5 NAMESPACE_DNS NAMESPACE_URL NAMESPACE_OID NAMESPACE_X500 SafeUUID"),
    "warnings": _only(
        "warn simplefilter filterwarnings catch_warnings resetwarnings formatwarning WarningMessage "
        "showwarning"
    ),
    "traceback": _only("FrameSummary"),
    "shlex": _only("split quote join"),
    "tomllib": _ALL,
    "ast": _without("main"),
    "timeit": _ALL,
    "inspect": _only(
        "Parameter Signature isfunction isclass ismethod isgenerator isgeneratorfunction getdoc "
        "cleandoc isabstract "
        "isbuiltin iscoroutinefunction iscoroutine isawaitable isasyncgen isasyncgenfunction ismodule "
        "isroutine"
    ),
    "codecs": _only("encode decode getencoder getdecoder BOM_UTF8 BOM_UTF16 lookup_error"),
    "tokenize": _without("open main"),
    "quopri": _only("encodestring decodestring"),
    "getopt": _ALL,
    "importlib": _only(""),
    "platform": _only(
        "python_version python_version_tuple python_implementation system machine python_compiler "
        "python_build"
    ),
    "gc": _only("collect enable disable isenabled get_count get_threshold"),
    "atexit": _only(""),
    "threading": _only("RLock Event Condition Semaphore BoundedSemaphore Barrier BrokenBarrierError"),
    "pickle": _only("PickleError PicklingError UnpicklingError HIGHEST_PROTOCOL DEFAULT_PROTOCOL"),
    "locale": _only(
        "getlocale localeconv format_string currency str atof atoi LC_ALL LC_NUMERIC Error setlocale"
    ),
    "logging": _without("FileHandler"),
    "argparse": _without("FileType"),
    "configparser": _ALL,
}

# Loaded where a program names one of them.
WIDE: Mapping[str, Selection] = {
    "asyncio": _only(
        "sleep gather create_task wait wait_for as_completed Queue PriorityQueue LifoQueue Lock Event "
        "Semaphore "
        "BoundedSemaphore Condition Barrier TaskGroup timeout timeout_at shield CancelledError TimeoutError "
        "InvalidStateError QueueEmpty QueueFull current_task all_tasks iscoroutinefunction iscoroutine "
        "isfuture "
        "Future Task get_running_loop ensure_future FIRST_COMPLETED FIRST_EXCEPTION ALL_COMPLETED "
        "BrokenBarrierError run_coroutine_threadsafe wrap_future"
    ),
    "concurrent.futures": _only(
        "Future wait as_completed FIRST_COMPLETED FIRST_EXCEPTION ALL_COMPLETED CancelledError TimeoutError"
    ),
    "unittest": _only(
        "TestCase TestSuite TestLoader TestResult TextTestRunner TextTestResult defaultTestLoader skip "
        "skipIf "
        "skipUnless expectedFailure SkipTest FunctionTestCase IsolatedAsyncioTestCase"
    ),
    "xml.etree.ElementTree": _only(
        "Element SubElement ElementTree fromstring fromstringlist tostring tostringlist indent XML "
        "XMLID dump "
        "ParseError Comment QName XMLParser TreeBuilder iselement XMLPullParser ProcessingInstruction"
    ),
    "sqlite3": _only(
        "Row Error DatabaseError IntegrityError OperationalError ProgrammingError PARSE_DECLTYPES"
    ),
    "zipfile": _only("ZipFile ZipInfo BadZipFile ZIP_DEFLATED ZIP_STORED"),
}

_NUMPY_OUT = """
    savez savez_compressed fromfile fromregex memmap DataSource
    ctypeslib f2py distutils show_config test info source lookfor get_include show_runtime
    rec core frompyfunc from_dlpack asfarray getbufsize setbufsize seterrcall set_bit_generator
"""
_SYMPY_OUT = """
    preview pytest test doctest plot textplot plot_parametric plot_implicit plot3d plot3d_parametric_line
    plot3d_parametric_surface autowrap ufuncify binary_function interactive init_session
    source codegen cache plotting external testing pager_print
    timed public print_gtk vring vfield
"""

ARRAYS: Mapping[str, Selection] = {
    **dict.fromkeys(
        """
        numpy numpy.linalg numpy.random numpy.fft numpy.polynomial numpy.polynomial.polynomial
        numpy.polynomial.chebyshev numpy.polynomial.legendre numpy.polynomial.hermite
        numpy.polynomial.laguerre
        numpy.ma numpy.dtypes numpy.typing numpy.strings
        """.split(),
        _without(_NUMPY_OUT),
    ),
    "numpy.exceptions": _only(
        "ComplexWarning VisibleDeprecationWarning ModuleDeprecationWarning TooHardError AxisError "
        "RankWarning DTypePromotionError"
    ),
    "numpy.char": _without("chararray array asarray"),
    "numpy.lib.stride_tricks": _only("sliding_window_view broadcast_to broadcast_arrays broadcast_shapes"),
    "numpy.lib": _only("stride_tricks"),
    "numpy.matlib": _only("empty ones zeros identity eye rand randn repmat"),
    "numpy.testing": _only(
        "assert_allclose assert_array_equal assert_equal assert_almost_equal assert_array_almost_equal "
        "assert_array_less assert_approx_equal assert_raises assert_string_equal"
    ),
}

SCIENCE: Mapping[str, Selection] = {
    "sympy": _without(_SYMPY_OUT),
    "sympy.parsing.sympy_parser": _only(
        "parse_expr standard_transformations implicit_multiplication_application implicit_multiplication "
        "convert_xor rationalize function_exponentiation implicit_application T auto_symbol auto_number "
        "factorial_notation repeated_decimals split_symbols convert_equals_signs lambda_notation"
    ),
    "sympy.utilities.lambdify": _only("lambdify lambdastr implemented_function"),
    "sympy.utilities.misc": _only("filldedent as_int ordinal translate replace strlines rawlines"),
    "mpmath": _without("doctests plot cplot splot runtests libmp"),
}

DATES: Mapping[str, Selection] = {
    "dateutil": _ALL,
    "dateutil.relativedelta": _ALL,
    "dateutil.parser": _only("parse isoparse ParserError parserinfo"),
    "dateutil.rrule": _ALL,
    "dateutil.easter": _ALL,
}

_SCIPY = """
    scipy scipy.optimize scipy.special scipy.integrate scipy.stats scipy.linalg scipy.interpolate
    scipy.constants scipy.optimize.elementwise
    scipy.cluster scipy.cluster.hierarchy scipy.cluster.vq scipy.fft scipy.fftpack scipy.ndimage scipy.signal
    scipy.signal.windows scipy.sparse scipy.sparse.linalg scipy.sparse.csgraph scipy.spatial
    scipy.spatial.distance scipy.spatial.transform scipy.stats.qmc scipy.stats.mstats scipy.stats.sampling
    scipy.stats.contingency scipy.differentiate
""".split()
SCIPY: Mapping[str, Selection] = dict.fromkeys(_SCIPY, _without("test LowLevelCallable show_config"))

_PANDAS_OUT = """
    read_pickle to_pickle HDFStore read_hdf read_sql read_sql_query read_sql_table ExcelWriter read_orc
    read_feather read_parquet read_sas read_spss read_stata test show_versions io core compat util plotting
    read_clipboard read_iceberg
"""
_MATPLOTLIB_OUT = """
    switch_backend install_repl_displayhook uninstall_repl_displayhook imread imsave ginput waitforbuttonpress
    pause get_plot_commands test interactive matplotlib_fname get_data_path get_configdir get_cachedir
    rc_file rc_params rc_params_from_file sanitize_sequence validate_backend
"""
TABLES: Mapping[str, Selection] = {
    **dict.fromkeys(
        "pandas pandas.api pandas.api.types pandas.testing pandas.tseries pandas.tseries.offsets "
        "pandas.tseries.frequencies pandas.errors pandas.arrays".split(),
        _without(_PANDAS_OUT),
    ),
    **dict.fromkeys(
        "matplotlib matplotlib.pyplot matplotlib.ticker matplotlib.dates matplotlib.patches "
        "matplotlib.colors matplotlib.cm matplotlib.lines matplotlib.gridspec matplotlib.figure "
        "matplotlib.axes "
        "matplotlib.text matplotlib.collections matplotlib.transforms matplotlib.path matplotlib.markers "
        "matplotlib.legend matplotlib.patheffects mpl_toolkits mpl_toolkits.mplot3d".split(),
        _without(_MATPLOTLIB_OUT),
    ),
}

# Modules of sympy that `import sympy` does not load; beside scipy, which takes longer still, they are there.
SYMPY_MORE = """
    sympy.stats sympy.physics.units sympy.vector sympy.physics.quantum sympy.physics.vector
    sympy.physics.mechanics sympy.physics.optics
""".split()

_NOT_OPEN = tuple(
    f"sympy.{name}"
    for name in (
        "utilities testing plotting interactive external printing.preview printing.gtk printing.codeprinter "
        "parsing core.cache core.compatibility core.backend core.sympify multipledispatch release conftest "
        "deprecated this printing.pycode printing.pytorch printing.tensorflow printing.llvmjitcode "
        "printing.aesaracode printing.theanocode printing.printer strategies sandbox"
    ).split()
)
_OPEN_WITHIN = (
    "sympy.utilities.iterables", "sympy.utilities.memoization", "sympy.utilities.misc",
    "sympy.utilities.enumerative", "sympy.parsing.mathematica", "sympy.parsing.maxima",
)  # fmt: skip


def opened(name: str) -> Selection | None:
    """What is seen of a module of sympy that no list names: what it defines itself. None where closed."""
    parts = name.split(".")
    if parts[0] != "sympy" or any(part.startswith("_") or part in ("tests", "benchmarks") for part in parts):
        return None
    if name == "sympy.core.sympify":
        return _only("sympify SympifyError converter CantSympify")
    if name in ("sympy.printing.pycode", "sympy.printing.codeprinter"):
        return _only("pycode ccode")
    closed = any(name == shut or name.startswith(f"{shut}.") for shut in _NOT_OPEN)
    return None if closed and name not in _OPEN_WITHIN else _without(_SYMPY_OUT)
