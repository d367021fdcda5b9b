"""Who asks: keys, kept as hashes, and what each may spend in a day."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandreckoner.core.budget import Budget, Usage
from sandreckoner.core.errors import UsageError
from sandreckoner.serve.api_error import ApiError
from sandreckoner.serve.offers import lowered

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone with a key, or everybody where there are no keys.

    Attributes:
        name: stands in logs and keeps documents apart.
        daily: limits of a day in UTC; its seconds are not used.
        labels: which labelled documents of an index are seen; None for all.
    """

    name: str
    daily: Budget = field(default_factory=Budget)
    labels: tuple[str, ...] | None = None


ANYBODY = Caller("anybody")


class Keys:
    """The keys of a server; with none, anybody may ask.

    Args:
        callers: by the SHA-256 of their keys, in hexadecimal.
    """

    def __init__(self, callers: Mapping[str, Caller] | None = None) -> None:
        self._callers = dict(callers or {})

    def __bool__(self) -> bool:
        return bool(self._callers)

    def add(self, name: str, key: str = "") -> str:
        """Take one more key, made here if none is given, and return it."""
        key = key or new_key()
        self._callers[hash_of(key)] = Caller(name)
        return key

    def caller(self, authorization: str | None) -> Caller:
        """Return who sends this header.

        Raises:
            ApiError: 401, there are keys and this is none of them.
        """
        if not self._callers:
            return ANYBODY
        scheme, _, key = (authorization or "").partition(" ")
        given = hash_of(key.strip()) if scheme.lower() == "bearer" else ""
        found = [caller for known, caller in self._callers.items() if hmac.compare_digest(known, given)]
        if not found:
            raise ApiError(401, "a key is needed: `Authorization: Bearer KEY`", code="invalid_api_key")
        return found[0]


def hash_of(key: str) -> str:
    """The SHA-256 of a key; keys are long random texts, so that a slow hash adds nothing."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def new_key() -> str:
    """A new key of 256 random bits."""
    return f"rk-{secrets.token_urlsafe(32)}"


def read_keys(path: Path) -> Keys:
    """Read keys from a file in TOML: `[alice]`, `sha256 = "…"`, limits of a day such as `calls = 1000`,
    and `labels = ["finance"]`.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        callers = {}
        for name, table in tables.items():
            limits = {limit: table[limit] for limit in ("calls", "tokens", "usd") if limit in table}
            labels = table.get("labels")
            if set(table) - {"sha256", "labels", *limits} or len(table["sha256"]) != 64:
                raise ValueError(f"[{name}] takes sha256, calls, tokens, usd and labels")
            if labels is not None and not (isinstance(labels, list) and all(map(_is_text, labels))):
                raise ValueError(f"[{name}] labels is a list of texts")
            seen = None if labels is None else tuple(labels)
            callers[str(table["sha256"]).lower()] = Caller(name, Budget(**limits), seen)
    except (OSError, ValueError, TypeError, KeyError) as fault:
        raise UsageError(
            f"--keys {path}: {fault}; `reckon serve --new-key NAME --keys FILE` adds one"
        ) from None
    return Keys(callers)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def append_key(path: Path, name: str) -> str:
    """Add a key to a file, which only its owner can read, and return the key.

    Raises:
        UsageError: the name is no plain word or is taken, or the file cannot be written.
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"--new-key {name!r}: letters, digits, - and _ make a name")
    key = new_key()
    try:
        if path.exists() and name in tomllib.loads(path.read_text(encoding="utf-8")):
            raise UsageError(f"--new-key: {name!r} has a key in {path} already; remove that one first")
        path.touch(mode=0o600)
        with path.open("a", encoding="utf-8") as file:
            file.write(f'[{name}]\nsha256 = "{hash_of(key)}"\n')
    except (OSError, ValueError) as fault:
        if isinstance(fault, UsageError):
            raise
        raise UsageError(f"--keys {path}: {fault}") from None
    return key


class Spending:
    """What each caller has spent today. Kept in a file, so that a restart forgets nothing.

    What a request may spend is set aside while it runs, so that many at once do not spend it many times.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute(
            "create table if not exists spent (day integer, name text, calls integer, tokens integer,"
            " usd real, primary key (day, name))"
        )
        self._aside: dict[str, list[Budget]] = {}

    def left(self, caller: Caller, budget: Budget) -> Budget:
        """Return the budget lowered to what the caller has left today.

        Raises:
            ApiError: 429, nothing is left.
        """
        if caller.daily == Budget():
            return budget
        spent, going = self._spent(caller.name), self._aside.get(caller.name, [])
        left = {}
        for name in ("calls", "tokens", "usd"):
            if (limit := getattr(caller.daily, name)) is None:
                continue
            left[name] = limit - getattr(spent, name) - sum(getattr(each, name) or 0 for each in going)
            if left[name] <= 0:
                wait = int(DAY_S - time.time() % DAY_S) + 1 if not going else 5
                message = f"this key may spend {limit:g} {name} a day, and no more are left now"
                raise ApiError(429, message, code="insufficient_quota", retry_after_s=wait)
        return lowered(budget, left)

    def set_aside(self, caller: Caller, budget: Budget) -> Budget:
        """Set aside what a request may spend, and return it; see `left`."""
        if caller.daily == Budget():
            return budget
        allowed = self.left(caller, budget)
        self._aside.setdefault(caller.name, []).append(allowed)
        return allowed

    def settle(self, caller: Caller, allowed: Budget, usage: Usage) -> None:
        """Record what a request has spent, and free what was set aside for it."""
        going = self._aside.get(caller.name, [])
        if allowed not in going:
            return
        going.remove(allowed)
        self._database.execute(
            "insert into spent values (?, ?, ?, ?, ?) on conflict do update set"
            " calls = calls + excluded.calls, tokens = tokens + excluded.tokens, usd = usd + excluded.usd",
            (_today(), caller.name, usage.calls, usage.tokens, usage.usd or 0.0),
        )

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _spent(self, name: str) -> Usage:
        row = self._database.execute(
            "select calls, tokens, usd from spent where day = ? and name = ?", (_today(), name)
        ).fetchone()
        calls, tokens, usd = row or (0, 0, 0.0)
        return replace(Usage(), calls=calls, input_tokens=tokens, usd=usd)


def _today() -> int:
    return int(time.time() // DAY_S)
