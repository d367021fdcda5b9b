"""seccomp: an allow-list of system calls, checked by the kernel on each one."""

# ruff: noqa: C408, E501

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Sequence

from sandreckoner.tools.python.kernel.call import syscall

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand

# x86_64. A call that is not named here answers EPERM.
_ALLOWED = dict(
    read=0, write=1, close=3, stat=4, fstat=5, lstat=6, poll=7, lseek=8, munmap=11, brk=12,
    rt_sigaction=13, rt_sigprocmask=14, rt_sigreturn=15, pread64=17, readv=19, writev=20, access=21, select=23,
    sched_yield=24, mremap=25, madvise=28, nanosleep=35, setitimer=38, getpid=39, recvmsg=47, exit=60, getcwd=79,
    readlink=89, gettimeofday=96, getrlimit=97, getrusage=98, sysinfo=99, times=100, getuid=102, getgid=104,
    geteuid=107, getegid=108, sigaltstack=131, gettid=186, time=201, futex=202, sched_getaffinity=204,
    getdents64=217, restart_syscall=219, clock_gettime=228, clock_getres=229, clock_nanosleep=230, exit_group=231,
    newfstatat=262, readlinkat=267, faccessat=269, ppoll=271, set_robust_list=273, getrandom=318, membarrier=324,
    statx=332, rseq=334, faccessat2=439,
)  # fmt: skip
_FORKING = dict(sendmsg=46)
# No program reaches these by accident.
_DEADLY = dict(
    execve=59, ptrace=101, pivot_root=155, mount=165, umount2=166, reboot=169, iopl=172, ioperm=173, init_module=175,
    kexec_load=246, add_key=248, request_key=249, keyctl=250, unshare=272, perf_event_open=298, setns=308,
    process_vm_readv=310, process_vm_writev=311, finit_module=313, bpf=321, execveat=322, userfaultfd=323,
    io_uring_setup=425,
)  # fmt: skip
_OPEN, _MMAP, _MPROTECT, _IOCTL, _CLONE, _FCNTL, _OPENAT, _PRLIMIT, _CLONE3 = 2, 9, 10, 16, 56, 72, 257, 302, 435  # fmt: skip
_SECCOMP = 317

_LOAD, _IF_EQUAL, _IF_BITS, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _REFUSE, _ASK = 0x7FFF0000, 0x80000000, 0x00050000, 0x7FC00000
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_AUDIT_ARCH_X86_64 = 0xC000003E

_WRITING = 0o3 | 0o100 | 0o1000 | 0o2000 | 0o20000000  # WRONLY or RDWR, CREAT, TRUNC, APPEND, TMPFILE
_PROT_EXEC, _MAP_SHARED = 4, 1
_FORK_FLAGS = 0x01200011  # exactly what the C library's fork() passes: no threads, no new namespaces
_FCNTL_ALLOWED = (1, 2, 3, 1030)  # GETFD, SETFD, GETFL, DUPFD_CLOEXEC
_FIOCLEX = 0x5451


def supported() -> bool:
    """Whether the list above is for this machine."""
    return platform.system() == "Linux" and platform.machine() == "x86_64"


class Filter:
    """A compiled filter, ready to be installed in any number of processes."""

    def __init__(self, *, forks: bool = False) -> None:
        """Compile it.

        Args:
            forks: whether the process may fork, each time with a permit (see `permit`).
        """
        program = _program(forks=forks)
        self._listener = _NEW_LISTENER if forks else 0
        self._code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
        self._program = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(self._code))

    def install(self) -> int:
        """Restrict this process for good. Needs no_new_privs.

        Returns:
            With `forks`, the descriptor on which its forks wait for their permits; else 0.
        """
        return syscall("seccomp", _SECCOMP, _SET_MODE_FILTER, self._listener, self._program)


def _argument(index: int, *, high: bool = False) -> Instruction:
    return (_LOAD, 0, 0, 16 + 8 * index + (4 if high else 0))


def _answer(what: int) -> Instruction:
    return (_RETURN, 0, 0, what)


def _refuse(number: int) -> Instruction:
    return _answer(_REFUSE | number)


def _on(number: int, body: Sequence[Instruction]) -> list[Instruction]:
    return [(_IF_EQUAL, 0, len(body), number), *body]


def _unless_bits(argument: int, bits: int) -> list[Instruction]:
    return [_argument(argument), (_IF_BITS, 0, 1, bits), _refuse(errno.EPERM), _answer(_ALLOW)]


def _program(*, forks: bool) -> list[Instruction]:
    lines: list[Instruction] = [
        (_LOAD, 0, 0, 4),  # the architecture: another one numbers its calls differently
        (_IF_EQUAL, 1, 0, _AUDIT_ARCH_X86_64),
        _answer(_KILL),
        (_LOAD, 0, 0, 0),  # the call's number; from 0x40000000 on it is the x32 interface
        (_IF_AT_LEAST, 0, 1, 0x40000000),
        _answer(_KILL),
    ]
    return lines + _tree(sorted(_rules(forks=forks).items()))


def _rules(*, forks: bool) -> dict[int, list[Instruction]]:
    """What becomes of each call that is not refused outright; every list ends in answers."""
    shared = [_argument(3), (_IF_BITS, 0, 1, _MAP_SHARED), _refuse(errno.EPERM)]
    rules = {number: [_answer(_ALLOW)] for number in _ALLOWED.values()}
    rules |= {number: [_answer(_KILL)] for number in _DEADLY.values()}
    rules |= {
        _OPENAT: _unless_bits(2, _WRITING),
        _OPEN: _unless_bits(1, _WRITING),
        # No memory that is executable: shellcode through a hole in some library has nowhere to go. None that
        # is shared: a state and its branches would go on seeing each other through it.
        _MMAP: [*shared, *_unless_bits(2, _PROT_EXEC)],
        _MPROTECT: _unless_bits(2, _PROT_EXEC),
        _FCNTL: [_argument(1), *_any_of(_FCNTL_ALLOWED), _refuse(errno.EPERM)],
        _IOCTL: [_argument(1), *_any_of((_FIOCLEX,)), _refuse(errno.ENOTTY)],  # isatty() must say no
        _PRLIMIT: _reading_own_limits(),
        _CLONE3: [_refuse(errno.ENOSYS)],  # the C library falls back to clone, whose flags can be read
    }
    if forks:
        rules[_CLONE] = [
            _argument(0),
            (_IF_EQUAL, 0, 1, _FORK_FLAGS),
            _answer(_ASK),
            _refuse(errno.EPERM),
        ]
        rules |= {number: [_answer(_ALLOW)] for number in _FORKING.values()}
    return rules


def _tree(rules: Sequence[tuple[int, list[Instruction]]]) -> list[Instruction]:
    """The rules, sorted by number, as a search tree.

    The kernel tries a new filter on every call number there is. With the rules one after the other, that
    takes a third of the time in which a child raises all its walls.
    """
    if len(rules) <= 3:
        return [*(line for rule in rules for line in _on(*rule)), _refuse(errno.EPERM)]
    middle = len(rules) // 2
    below, above = _tree(rules[:middle]), _tree(rules[middle:])
    return [(_IF_AT_LEAST, len(below), 0, rules[middle][0]), *below, *above]


def _any_of(values: Sequence[int]) -> list[Instruction]:
    return [line for value in values for line in ((_IF_EQUAL, 0, 1, value), _answer(_ALLOW))]


def _reading_own_limits() -> list[Instruction]:
    # prlimit64(0, …, new_limit=NULL, …): its pid and both halves of the pointer are 0.
    return [
        _argument(0),
        (_IF_EQUAL, 0, 5, 0),
        _argument(2),
        (_IF_EQUAL, 0, 3, 0),
        _argument(2, high=True),
        (_IF_EQUAL, 0, 1, 0),
        _answer(_ALLOW),
        _refuse(errno.EPERM),
    ]
