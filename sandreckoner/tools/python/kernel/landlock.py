"""Landlock: the process can read the interpreter's own files and nothing else; it can reach no network."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable

from sandreckoner.tools.python.kernel.call import syscall

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS = {
    1: 13,
    2: 14,
    3: 15,
    4: 15,
}  # number of rights that each version of Landlock knows; 16 from 5 on


def version() -> int:
    """Version of Landlock in this kernel; 0 where there is none."""
    try:
        return syscall("landlock", _CREATE, None, 0, 1)
    except OSError:
        return 0


def open_ruleset(readable: Iterable[int]) -> int:
    """A rule set that handles every right there is and grants reading below some directories.

    Args:
        readable: O_PATH descriptors of the directories. They stay open.

    Returns:
        Its descriptor, for `enter`.
    """
    abi = version()
    rights = (1 << _FILE_RIGHTS.get(abi, 16)) - 1
    network = 0b11 if abi >= 4 else 0  # bind and connect
    scopes = 0b11 if abi >= 6 else 0  # abstract sockets and signals to the outside
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = syscall(
        "landlock_create_ruleset", _CREATE, struct.pack("QQQ", rights, network, scopes)[:size], size, 0
    )
    os.set_inheritable(ruleset, False)
    for directory in readable:
        rule = struct.pack("=Qi", _READ_FILE | _READ_DIR, directory)
        syscall("landlock_add_rule", _ADD_RULE, ruleset, 1, rule, 0)
    return ruleset


def enter(ruleset: int) -> None:
    """Restrict this process. Needs no_new_privs."""
    syscall("landlock_restrict_self", _RESTRICT, ruleset, 0)
