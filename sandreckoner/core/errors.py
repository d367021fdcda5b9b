"""What can go wrong, as one tree.

    SandreckonerError
    ├── UsageError            a wrong argument, specification or file; raised before anything is spent
    │   ├── UnknownName       a model, strategy, command or setting that nobody knows
    │   └── MissingExtra      a package is not installed; the message is the command that installs it
    ├── ModelError            a backend failed
    │   ├── ModelUnavailable  it cannot be loaded or reached
    │   ├── ModelTimeout      it was slower than the deadline
    │   └── ContextOverflow   the prompt and the reply do not fit its window
    ├── SandboxError          the interpreter itself is broken (a program that fails is a value: `Execution`)
    │   └── MissingWall       the caller requires a wall that this machine cannot raise
    ├── LibraryError          documents or their index cannot be read or written
    ├── BudgetSpent           calls, tokens, money or seconds are used up
    └── JournalError          a journal cannot be read
        └── ReplayDiverged    a replayed strategy asked for something else than was recorded

Every message is one line and says how to mend the fault.
"""

from __future__ import annotations


class SandreckonerError(Exception):
    """Root of everything that this package raises on purpose."""


class UsageError(SandreckonerError, ValueError):
    """A wrong argument; nothing was spent."""


class UnknownName(UsageError):
    """A name that nobody knows; the message names the nearest that exists."""


class MissingExtra(UsageError):
    """A package that is not installed; the message holds the command that installs it."""


class ModelError(SandreckonerError):
    """A model backend failed."""


class ModelUnavailable(ModelError):
    """A model that cannot be loaded or reached."""


class ModelTimeout(ModelError):
    """A model that was slower than the deadline."""


class ContextOverflow(ModelError):
    """A prompt that does not fit the model's window."""


class SandboxError(SandreckonerError):
    """The interpreter is broken; a failing program is an `Execution` instead."""


class MissingWall(SandboxError):
    """A required wall cannot be raised on this machine."""


class LibraryError(SandreckonerError):
    """Documents or their index cannot be read or written."""


class BudgetSpent(SandreckonerError):
    """Thrown into a strategy when its budget ends; a search answers with its best so far."""


class JournalError(SandreckonerError):
    """A journal cannot be read."""


class ReplayDiverged(JournalError):
    """A replayed strategy asked for something else than was recorded."""
