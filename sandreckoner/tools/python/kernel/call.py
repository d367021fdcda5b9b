"""System calls that Python has no name for."""

from __future__ import annotations

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
# Called without letting go of the interpreter's lock.
_locked_libc = ctypes.PyDLL(None, use_errno=True)

_MADV_COLLAPSE = 25
# Where seccomp is supported, x86_64. The flags are those of the C library's fork().
_CLONE, _FORK_FLAGS = 56, 0x01200011
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38


def _raise(what: str) -> None:
    number = ctypes.get_errno()
    raise OSError(number, f"{what}: {os.strerror(number)}")


def syscall(what: str, number: int, *args: object) -> int:
    """Make a system call; integers are passed as 64 bits. Raises OSError, naming `what`."""
    words = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    result = int(_libc.syscall(ctypes.c_long(number), *words))
    if result < 0:
        _raise(what)
    return result


def prctl(option: int, value: int = 0) -> None:
    """Set a property of this process, by prctl with one argument."""
    if _libc.prctl(option, value, 0, 0, 0):
        _raise(f"prctl {option}")


def fork() -> int:
    """Fork without what Python does around it; for processes of a single thread.

    os.fork() reseeds `random` and makes the locks of threads anew in the child: most of a millisecond, for
    the two hundred pages that it writes are copied.
    """
    process = int(_locked_libc.fork())
    if process < 0:
        _raise("fork")
    return process


def fork_by_permit(permit: int) -> int:
    """Fork, and show the host the permit for it; the C library's fork() has no place for one.

    The child keeps the thread id of its parent in the C library, which only signals to one's own threads and
    the owners of mutexes between processes would look at.
    """
    words = [ctypes.c_long(word) for word in (_CLONE, _FORK_FLAGS, 0, permit, 0, 0)]
    process = int(_locked_libc.syscall(*words))
    if process < 0:
        _raise("fork")
    return process


def gather_pages(start: int, length: int) -> None:
    """Put memory into large pages, by madvise."""
    if _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), _MADV_COLLAPSE):
        _raise("madvise")


def unshare(flags: int) -> None:
    """Move into new namespaces, by unshare."""
    if _libc.unshare(flags):
        _raise("unshare")


def setns(descriptor: int, flag: int) -> None:
    """Move into a namespace that is open, by setns."""
    if _libc.setns(descriptor, flag):
        _raise("setns")


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Mount, by mount."""

    def text(value: str | None) -> bytes | None:
        return None if value is None else os.fsencode(value)

    if _libc.mount(text(source), text(target), text(kind), ctypes.c_ulong(flags), text(options)):
        _raise(f"mount {target}")


def umount(target: str, flags: int) -> None:
    """Unmount, by umount2."""
    if _libc.umount2(os.fsencode(target), flags):
        _raise(f"umount {target}")
