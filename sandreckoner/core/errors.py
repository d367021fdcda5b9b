"""The errors of this package, as one tree.

    SandreckonerError
    ├── UsageError            a wrong argument, specification or file; raised before anything is spent
    │   ├── UnknownName       there is no model, strategy, command or setting of this name
    │   └── MissingExtra      a package is not installed; the message is the command that installs it
    ├── ModelError            a backend failed
    │   ├── ModelUnavailable  it cannot be loaded or reached
    │   ├── ModelTimeout      it was slower than the deadline
    │   ├── ContextOverflow   the prompt and the reply do not fit its window
    │   └── SchemaMismatch    its answer does not fit the schema that was asked for
    ├── SandboxError          the interpreter itself is broken (a program that fails is a value: `Execution`)
    │   └── MissingWall       the caller requires a wall that this machine cannot raise
    ├── LibraryError          documents or their index cannot be read or written
    ├── BudgetSpent           calls, tokens, money or seconds are used up
    └── JournalError          a journal cannot be read
        └── ReplayDiverged    a replayed strategy asked for something else than was recorded

Every message is one line and says how to fix the fault.
"""

from __future__ import annotations


class SandreckonerError(Exception):
    """Base class of all errors that this package raises."""


class UsageError(SandreckonerError, ValueError):
    """A wrong argument; nothing was spent."""


class UnknownName(UsageError):
    """An unknown name; the message suggests the closest that exists."""


class MissingExtra(UsageError):
    """An optional package is not installed; the message is the command that installs it."""


class ModelError(SandreckonerError):
    """A model backend failed."""


class ModelUnavailable(ModelError):
    """A model cannot be loaded or reached."""


class ModelTimeout(ModelError):
    """A model did not reply before the deadline."""


class ContextOverflow(ModelError):
    """A prompt does not fit the model's context window."""


class SchemaMismatch(ModelError):
    """An answer does not fit the schema that was asked for, after one repair."""


class SandboxError(SandreckonerError):
    """The interpreter is broken; a failing program is an `Execution` instead."""


class MissingWall(SandboxError):
    """A required layer of isolation is not available on this machine."""


class LibraryError(SandreckonerError):
    """Documents or their index cannot be read or written."""


class BudgetSpent(SandreckonerError):
    """Thrown into a strategy when its budget ends; it then answers with its best candidate so far."""


class JournalError(SandreckonerError):
    """A journal cannot be read."""


class ReplayDiverged(JournalError):
    """A replayed strategy requested something other than what was recorded."""
