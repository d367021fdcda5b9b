"""The settings as one model: every name, its type, its default, and where each value came from."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from sandreckoner.core.budget import Budget
from sandreckoner.core.errors import SandreckonerError, UnknownName, UsageError
from sandreckoner.core.plugins import MODELS, plugins
from sandreckoner.settings.prices_and_limits import Limits, Price
from sandreckoner.settings.providers import KEY_VARIABLES, PROVIDERS, is_address

Name = tuple[str, ...]
TABLES = ("limits", "prices", "keys")
BUDGET = ("calls", "tokens", "usd", "seconds")


def _known_provider(name: str) -> str:
    if not is_address(name) and name not in plugins(MODELS):
        require_known(name, {*PROVIDERS, *KEY_VARIABLES})
    return name


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    return value


Number = BeforeValidator(_no_truth_value)
Count = Annotated[int, Number, Field(gt=0)]
Amount = Annotated[float, Number, Field(gt=0, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]
Provider = Annotated[str, AfterValidator(_known_provider)]


class Values(BaseModel):
    """What a file, the environment or an option may set. A description stands beside each in `/settings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Text = Field("local", description="the model")
    strategy: Text = Field("figures", description="the strategy")
    calls: Count | None = Field(None, description="completions that a question may use")
    tokens: Count | None = Field(None, description="tokens that a question may use")
    usd: Amount | None = Field(None, description="US dollars that a question may cost")
    seconds: Amount | None = Field(None, description="seconds that a question may take")
    memory: Annotated[int, Number, Field(ge=0)] = Field(
        2, description="how many earlier turns the model sees in the terminal"
    )
    background: Literal["dark", "light"] | None = Field(
        None, description="dark or light, for the colours of programs"
    )
    kernels: Literal["native", "wheel"] = Field(
        "native", description="of the embedded model: compiled for this processor, or those of the wheel"
    )
    resident_minutes: Annotated[int, Number, Field(ge=0)] = Field(
        0, description="how long a process of its own keeps the embedded model loaded; 0 for none"
    )
    log: Literal["on", "off"] = Field("on", description="whether what is asked is kept, for `reckon log`")
    labels: Text | None = Field(
        None, description="which labelled documents of an index are seen, with commas"
    )
    redact: Literal["off", "forms", "names"] = Field(
        "off", description="personal data to mask in documents and questions: forms, or names too; or off"
    )
    limits: dict[Provider, Limits] = Field({}, description="what a provider allows one account")
    prices: dict[str, Price] = Field({}, description="US dollars per million tokens, by model")
    keys: dict[Provider, SecretStr] = Field({}, description="keys, by provider or by a server's address")

    @field_validator("limits", "prices", mode="before")
    @classmethod
    def _numbers_alone(cls, table: object, info: ValidationInfo) -> object:
        """Refuse a text or a truth value where a table needs a number; pydantic would convert it."""
        for name, entry in table.items() if isinstance(table, dict) else ():
            for part, value in entry.items() if isinstance(entry, dict) else ():
                if isinstance(value, str | bool) and part in _parts(str(info.field_name)):
                    wanted = _wanted((str(info.field_name),), "")
                    raise UsageError(f"{info.field_name}.{name}.{part} must be {wanted}, not {value!r}")
        return table

    @field_validator("keys")
    @classmethod
    def _without_empty_keys(cls, keys: dict[str, SecretStr]) -> dict[str, SecretStr]:
        if any(not key.get_secret_value() for key in keys.values()):
            raise ValueError("a key is empty")
        return keys


class Settings(Values):
    """The settings that hold, each with its origin; `Settings()` has the defaults and reads nothing.

    Attributes:
        origins: where each value came from, for example `environment, RECKON_MODEL`. In a table a value is
            named `("limits", "openai", "at_once")`; what is missing here is a default.

    >>> Settings(model="openai:gpt-5-mini", calls=5).budget()
    Budget(calls=5, tokens=None, usd=None, seconds=None)
    """

    origins: dict[Name, str] = Field({}, repr=False)

    def origin(self, *name: str) -> str:
        """Return where a value came from."""
        return self.origins.get(name, "default")

    def budget(self) -> Budget:
        """Return what one question may spend."""
        return Budget(self.calls, self.tokens, self.usd, self.seconds)

    def seen_labels(self) -> tuple[str, ...] | None:
        """Return the labels of whoever asks; None where all documents are seen."""
        return None if self.labels is None else tuple(filter(None, map(str.strip, self.labels.split(","))))

    def limits_of(self, provider: str) -> Limits:
        """Return the rate limits of a provider, or of a server by its address."""
        return self.limits.get(provider, Limits())

    def price_of(self, model: str) -> Price | None:
        """Return the price of a model's tokens; None where it is not set."""
        return self.prices.get(model)

    def key_of(self, provider: str) -> str:
        """Return the key for a provider, or for a server by its address; empty for none."""
        key = self.keys.get(provider) or self.keys.get(provider.rstrip("/"))
        return key.get_secret_value() if key else ""

    def changed(self, values: Mapping[str, object], origin: str) -> Settings:
        """Return these settings with some of the plain values changed.

        Args:
            values: by name, as text or as they are; `none`, an empty text or None is the default.
            origin: what is said of them.

        Raises:
            UnknownName: there is no such setting; the message suggests the nearest.
            UsageError: it cannot have that value.
        """
        for name in values:
            require_known(name, PLAIN)
        given = {name: value for name, value in values.items() if value not in _NOTHING or name in _WORDS}
        checked = check(given, lambda name: "")
        kept = {name: getattr(self, name) for name in Values.model_fields if name not in values}
        fresh = {name: getattr(checked, name) for name in values}
        origins = self.origins | {(name,): origin for name in values}
        return Settings.model_construct(**kept, **fresh, origins=origins)

    def rows(self) -> list[tuple[str, str, str]]:
        """Return name, value and origin of every setting, for showing: a key is shown as set, no more."""
        shown = [(name, _shown(getattr(self, name)), self.origin(name)) for name in PLAIN]
        tables = [name for name in self.origins if len(name) > 1]
        return shown + [(".".join(name), _shown(self._entry(name)), self.origins[name]) for name in tables]

    def _entry(self, name: Name) -> object:
        found = getattr(self, name[0])[name[1]]
        return getattr(found, name[2]) if len(name) > 2 else found

    def __reduce__(self) -> tuple[Any, ...]:
        # What is sent to another machine holds no key; that machine has its own.
        values = {name: getattr(self, name) for name in Values.model_fields if name != "keys"}
        return _with_keys_of_this_machine, (values, self.origins)


PLAIN = tuple(name for name in Values.model_fields if name not in TABLES)
_FROM_0 = ("memory", "prices", "resident_minutes")
_WORDS = ("log", "redact")  # that say `off` themselves
_NOTHING = (None, "", "none", "off")


def _with_keys_of_this_machine(values: dict[str, Any], origins: dict[Name, str]) -> Settings:
    from sandreckoner.settings.user_settings import load_settings

    return Settings.model_construct(**values, keys=load_settings().keys, origins=origins)


def _shown(value: object) -> str:
    return "set" if isinstance(value, SecretStr) else "" if value is None else str(value)


def described() -> dict[str, str]:
    """Return what each plain setting does, by name."""
    return {name: Values.model_fields[name].description or "" for name in PLAIN}


def require_known(name: str, names: Iterable[str]) -> None:
    """Raise for a name that is not among those known.

    Raises:
        UnknownName: the message suggests the nearest.
    """
    names = sorted(names)
    if name not in names:
        near = difflib.get_close_matches(name, names, 1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
        raise UnknownName(f"no setting {name!r}: {hint}")


def check(values: Mapping[str, Any], place: Callable[[Name], str]) -> Values:
    """Return the values of one source, checked.

    Args:
        values: as a file or a variable has them.
        place: says for the name of a value where it stands: the first words of an error.

    Raises:
        UnknownName: there is no setting of a name.
        UsageError: a setting cannot have its value.
    """
    try:
        return Values.model_validate(values)
    except ValidationError as fault:
        errors = fault.errors(include_url=False)
        # A name that is written wrong makes another missing: the first is the one to mend.
        error = next((each for each in errors if each["type"] in _UNKNOWN), errors[0])
        raise _explained(error, place) from None


_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")


def _explained(error: Any, place: Callable[[Name], str]) -> SandreckonerError:
    """Make one line of what pydantic found wrong first; a key is never shown."""
    name = tuple(str(part) for part in error["loc"] if part != "[key]")
    dotted, kind, where = ".".join(name), error["type"], place(name)
    where = f"{where}: " if where else ""
    raised = error.get("ctx", {}).get("error")
    if kind in _UNKNOWN:
        known = {1: Values.model_fields, 3: _parts(name[0])}.get(len(name), ())
        try:
            require_known(name[-1], known)
        except UnknownName as unknown:
            return UnknownName(f"{where}{unknown}")
    if isinstance(raised, SandreckonerError):
        return type(raised)(f"{where}{raised}")
    if kind == "missing":
        return UsageError(f"{where}the price of {name[1]} needs both input and output")
    if kind in ("dict_type", "dataclass_type"):
        return UsageError(f"{where}{dotted} is a table; docs/settings.md has an example")
    if isinstance(error["input"], dict):
        return UsageError(f"{where}{dotted} is not a table")
    if name[0] == "keys":
        return UsageError(f"{where}the key of {name[-1]} must be a string that is not empty")
    return UsageError(f"{where}{dotted} must be {_wanted(name, kind)}, not {repr(error['input'])[:100]}")


def _parts(table: str) -> tuple[str, ...]:
    kinds: dict[str, Any] = {"limits": Limits, "prices": Price}
    return tuple(field.name for field in fields(kinds[table])) if table in kinds else ()


def _wanted(name: Name, kind: str) -> str:
    if name[0] in ("model", "strategy", "labels"):
        return "a string"
    if kind == "literal_error":
        return " or ".join(
            {
                "background": ("dark", "light"),
                "kernels": ("native", "wheel"),
                "log": ("on", "off"),
                "redact": ("off", "forms", "names"),
            }[name[0]]
        )
    whole = name[0] in ("calls", "tokens", "memory", "resident_minutes", "limits")
    return f"a {'whole ' if whole else ''}number {'from 0' if name[0] in _FROM_0 else 'above 0'}"
