"""The seccomp filter, instruction by instruction as the kernel would take it."""

from __future__ import annotations

import errno

import pytest

from sandreckoner.tools.python.kernel import seccomp

ALLOW, KILL, ASK = 0x7FFF0000, 0x80000000, 0x7FC00000
EPERM = 0x00050000 | errno.EPERM
X86_64 = 0xC000003E
FORK = 0x01200011


def verdict(
    number: int, arguments: tuple[int, ...] = (), *, forks: bool = False, architecture: int = X86_64
) -> int:
    """What the filter answers to a call."""
    program = seccomp._program(forks=forks)
    words = {0: number, 4: architecture}
    for index, argument in enumerate((*arguments, 0, 0, 0, 0, 0, 0)[:6]):
        words[16 + 8 * index] = argument & 0xFFFFFFFF
        words[20 + 8 * index] = argument >> 32
    position = accumulator = 0
    while True:
        code, if_true, if_false, operand = program[position]
        position += 1
        if code == seccomp._RETURN:
            return operand
        if code == seccomp._LOAD:
            accumulator = words[operand]
            continue
        holds = {
            seccomp._IF_EQUAL: accumulator == operand,
            seccomp._IF_BITS: bool(accumulator & operand),
            seccomp._IF_AT_LEAST: accumulator >= operand,
        }[code]
        position += if_true if holds else if_false


@pytest.mark.parametrize("forks", [False, True])
def test_every_call_number_gets_the_answer_that_its_list_gives(forks: bool) -> None:
    conditional = {2, 9, 10, 16, 56, 72, 257, 302, 435}
    allowed = set(seccomp._ALLOWED.values()) | (set(seccomp._FORKING.values()) if forks else set())
    deadly = set(seccomp._DEADLY.values())
    for number in set(range(1200)) - conditional:
        expected = ALLOW if number in allowed else KILL if number in deadly else EPERM
        assert verdict(number, forks=forks) == expected, number


def test_another_architecture_or_the_x32_interface_kills() -> None:
    assert verdict(0, architecture=0x40000003) == KILL
    assert verdict(0x40000000) == KILL
    assert verdict(0x40000000 + 59) == KILL


def test_arguments_are_looked_at() -> None:
    assert verdict(257, (0, 0, 0)) == ALLOW  # openat, for reading
    assert verdict(257, (0, 0, 1)) == EPERM  # for writing
    assert verdict(2, (0, 0o100)) == EPERM  # creating
    assert verdict(9, (0, 4096, 3)) == ALLOW  # mmap
    assert verdict(9, (0, 4096, 7)) == EPERM  # of executable memory
    assert verdict(9, (0, 4096, 3, 1)) == EPERM  # of shared memory
    assert verdict(10, (0, 4096, 4)) == EPERM
    assert verdict(72, (3, 3)) == ALLOW
    assert verdict(72, (3, 4)) == EPERM
    assert verdict(302, (0, 7, 0)) == ALLOW  # prlimit64, reading one's own
    assert verdict(302, (0, 7, 1)) == EPERM
    assert verdict(302, (0, 7, 1 << 32)) == EPERM
    assert verdict(302, (1, 7, 0)) == EPERM


def test_only_a_plain_fork_of_a_tree_is_asked_about() -> None:
    assert verdict(56, (FORK,)) == EPERM
    assert verdict(56, (FORK,), forks=True) == ASK
    assert verdict(56, (FORK | 0x10000000,), forks=True) == EPERM  # into a new namespace
    assert verdict(435, forks=True) == 0x00050000 | errno.ENOSYS


def test_no_jump_is_longer_than_the_kernel_takes() -> None:
    for forks in (False, True):
        program = seccomp._program(forks=forks)
        assert len(program) <= 4096
        assert all(if_true < 256 and if_false < 256 for _, if_true, if_false, _ in program)
