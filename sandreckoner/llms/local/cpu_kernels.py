"""llama.cpp's kernels compiled for this processor, in the place of the wheel's.

The wheel of xllamacpp is built for AVX2. llama.cpp can unload its CPU backend and load another from a file:
one shared library, made of the sources of the very version that is installed. On processors with AVX512-VNNI
it reads a prompt about twice as fast; products agree to four digits, so that a reply differs only where two
words are equally likely. Where anything is missing or fails, the
wheel's own kernels stay.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sandreckoner._support.downloads import DownloadError, download_source
from sandreckoner._support.user_folders import cache_folder
from sandreckoner.core.errors import ModelUnavailable

# The source packages whose content is known, by version.
SOURCES = {"2026.10.11549": "c17ee1163006f70726abb9f72137830818f3d8cb60bfc34cb232d08428eaa22b"}
COMPILE_S = 300.0  # for one source file, at most
_C = ("ggml-cpu.c", "quants.c", "arch/x86/quants.c")
_CXX = (
    *("ggml-cpu.cpp", "binary-ops.cpp", "unary-ops.cpp", "ops.cpp", "vec.cpp", "traits.cpp", "hbm.cpp"),
    *("tiled/tiled.cpp", "tiled/tiled-kernel.cpp", "amx/amx.cpp", "amx/mmq.cpp"),
)
_FLAGS = (
    *("-O3", "-DNDEBUG", "-fPIC", "-fvisibility=hidden", "-march=native", "-fopenmp", "-w"),
    *("-D_GNU_SOURCE", "-DGGML_USE_OPENMP", "-DGGML_BACKEND_DL", "-DGGML_BACKEND_SHARED"),
    *("-DGGML_BACKEND_BUILD", '-DGGML_VERSION="x"', '-DGGML_COMMIT="x"'),
)


def reason_against() -> str:
    """Why kernels are not built here, in a few words; empty where building them is worth it."""
    installed = _installed()
    if platform.machine() != "x86_64" or "avx512_vnni" not in _processor():
        return "the processor knows nothing that the wheel does not use"
    if installed not in SOURCES:
        return f"the sources of xllamacpp {installed or '(not installed)'} are not known"
    if shutil.which("gcc") is None or shutil.which("g++") is None:
        return "there is no C++ compiler (on Debian: apt install g++)"
    return ""


def kernel_file() -> Path:
    """Where the library for the installed version and this processor lies, built or not."""
    known = f"{_installed()} {' '.join(sorted(_processor()))}"
    return cache_folder() / "kernels" / f"{hashlib.sha256(known.encode()).hexdigest()[:16]}.so"


def build_kernels(report: Callable[[str], None]) -> Path:
    """Build the library once; what is there is taken as it is.

    Args:
        report: takes a line before something that takes long.

    Raises:
        ModelUnavailable: it cannot be built; the wheel's kernels stay in use.
    """
    target = kernel_file()
    if target.is_file():
        return target
    if against := reason_against():
        raise ModelUnavailable(f"the kernels cannot be built: {against}")
    report("compiling llama.cpp's kernels for this processor, once: 38 MB of sources, about half a minute")
    with tempfile.TemporaryDirectory() as work:
        try:
            made = _compiled(_sources(Path(work)), Path(work))
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f"{target.name}.{os.getpid()}.part")
            shutil.copyfile(made, part)
            part.replace(target)
        except (OSError, DownloadError, tarfile.TarError, subprocess.SubprocessError, StopIteration) as fault:
            raise ModelUnavailable(f"the kernels cannot be built: {_in_one_line(fault)}") from fault
    return target


def use_kernels() -> bool:
    """Take the library in place of the wheel's kernels; to be called before the first model is loaded.

    Returns:
        Whether it is in use. False where it was not built, or is of another version.
    """
    global _used
    path = kernel_file()
    if _used or not path.is_file():
        return _used
    import xllamacpp

    own = sys.modules.get("xllamacpp.xllamacpp", xllamacpp).__file__
    library = ctypes.CDLL(own, mode=ctypes.RTLD_GLOBAL | os.RTLD_NOLOAD)
    library.ggml_backend_reg_by_name.restype = library.ggml_backend_load.restype = ctypes.c_void_p
    library.ggml_backend_unload.argtypes = library.ggml_backend_register.argtypes = [ctypes.c_void_p]
    library.ggml_log_set(
        _SILENT, None
    )  # it would announce the library on the screen; the server sets its own
    old = library.ggml_backend_reg_by_name(b"CPU")
    library.ggml_backend_unload(old)
    # llama.cpp's own loader: it refuses a library of another version of its interface.
    _used = bool(library.ggml_backend_load(str(path).encode()))
    if not _used:
        library.ggml_backend_register(old)
    return _used


def in_use() -> bool:
    """Whether this process computes with kernels of its own."""
    return _used


_used = False
_SILENT = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(
    lambda level, text, data: None
)


def _installed() -> str:
    try:
        return version("xllamacpp")
    except PackageNotFoundError:
        return ""


def _processor() -> frozenset[str]:
    """The instructions that the processor knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())


def _sources(work: Path) -> Path:
    """The folder of ggml in the source package, which is fetched and checked."""
    installed = _installed()
    archive = download_source(f"xllamacpp=={installed}", work / "sources", sha256=SOURCES[installed])
    with tarfile.open(archive) as packed:
        wanted = [member for member in packed.getmembers() if "/llama.cpp/ggml/" in member.name]
        packed.extractall(work, wanted, filter="data")
    return next(work.glob("*/thirdparty/llama.cpp/ggml"))


def _compiled(ggml: Path, work: Path) -> Path:
    """The library, its files compiled as many at a time as there are processors."""
    from concurrent.futures import ThreadPoolExecutor

    folders = [f"-I{ggml}/include", f"-I{ggml}/src", f"-I{ggml}/src/ggml-cpu"]

    def compiled(compiler: list[str], name: str) -> str:
        made = str(work / f"{name.replace('/', '_')}.o")
        source = f"{ggml}/src/ggml-cpu/{name}"
        _call([*compiler, *_FLAGS, *folders, "-c", source, "-o", made])
        return made

    jobs = [*((["gcc", "-std=c11"], name) for name in _C), *((["g++", "-std=c++17"], name) for name in _CXX)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        objects = list(pool.map(lambda job: compiled(*job), jobs))
    made = work / "kernels.so"
    _call(["g++", "-shared", "-fopenmp", "-Wl,-Bsymbolic", "-s", *objects, "-o", str(made), "-lm"])
    return made


def _call(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=COMPILE_S)  # noqa: S603  # our own words


def _in_one_line(fault: Exception) -> str:
    said = (
        fault.stderr.decode(errors="replace") if isinstance(fault, subprocess.CalledProcessError) else fault
    )
    return " ".join(str(said).split())[-300:]
