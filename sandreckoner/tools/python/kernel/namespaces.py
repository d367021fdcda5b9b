"""Namespaces: a file system of read-only directories, no network, no sight of other processes."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from sandreckoner.tools.python.kernel.call import mount, setns, syscall, umount, unshare

NEW_MOUNTS, NEW_CGROUP, NEW_UTS, NEW_IPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEW_USER, NEW_PIDS, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000

_PIVOT_ROOT = 155
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXEC, _REMOUNT = 1, 2, 4, 8, 32
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18
_DETACH = 2


def own_user() -> None:
    """Become root in a user namespace of our own, which gives the right to make the others."""
    user, group = os.geteuid(), os.getegid()
    unshare(NEW_USER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")


def own_network() -> None:
    """No interfaces but a loopback that is down; no System V objects or control groups of others."""
    unshare(NEW_NETWORK | NEW_IPC | NEW_UTS | NEW_CGROUP)
    socket.sethostname("sandbox")


def own_files(directories: Mapping[str, str]) -> None:
    """A root that holds read-only binds of directories and nothing else: no /proc, /dev, /etc or /home.

    Args:
        directories: real paths, by the paths at which they are to be found.
    """
    unshare(NEW_MOUNTS)
    # Opened in the new namespace, which binds nothing from another, and before the mount below hides /tmp.
    opened = [(path, os.open(real, os.O_PATH | os.O_CLOEXEC)) for path, real in directories.items()]
    mount(None, "/", None, _RECURSIVE | _PRIVATE)
    # Only a place to mount on, in a namespace that nobody else sees.
    base = next(path for path in ("/tmp", "/mnt", "/var", "/usr") if Path(path).is_dir())  # noqa: S108
    mount("none", base, "tmpfs", _NO_SUID | _NO_DEVICES, "size=64k,nr_inodes=400,mode=755")
    for path, descriptor in opened:
        target = base + path
        Path(target).mkdir(mode=0o755, parents=True, exist_ok=True)
        mount(f"/proc/self/fd/{descriptor}", target, None, _BIND | _RECURSIVE)
        mount(None, target, None, _BIND | _REMOUNT | _READ_ONLY | _NO_SUID | _NO_DEVICES)
        os.close(descriptor)
    Path(base, ".old").mkdir(mode=0o700)
    syscall("pivot_root", _PIVOT_ROOT, os.fsencode(base), os.fsencode(f"{base}/.old"))
    os.chdir("/")
    umount("/.old", _DETACH)
    Path("/.old").rmdir()
    mount(None, "/", None, _REMOUNT | _BIND | _READ_ONLY | _NO_SUID | _NO_DEVICES | _NO_EXEC)


class ProcessNamespaces:
    """Gives each fork a process namespace of its own, from which it sees and signals nobody else."""

    def __init__(self) -> None:
        self._home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def next_child(self) -> None:
        """The next child is process 1 of a new namespace."""
        unshare(NEW_PIDS)

    def back(self) -> None:
        """Later children are ordinary again."""
        setns(self._home, NEW_PIDS)
