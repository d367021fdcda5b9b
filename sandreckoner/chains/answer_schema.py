"""The schema of a structured answer: a pydantic class, a type, or a JSON schema."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from referencing import Registry
from referencing.exceptions import Unresolvable

from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON

MAX_FAULTS = 5


class AnswerSchema:
    """Checks data against a schema.

    Attributes:
        json: the schema as JSON, for the model and for the journal.
    """

    def __init__(self, schema: Any) -> None:
        """Read a schema.

        Args:
            schema: a pydantic class, a dataclass or any other type that pydantic knows; or a JSON schema.

        Raises:
            UsageError: it is none of these.
        """
        self._adapter: TypeAdapter[Any] | None = None
        if isinstance(schema, dict):
            try:
                self.json: JSON = schema
                Draft202012Validator.check_schema(schema)
            except SchemaError as fault:
                raise UsageError(f"schema: not a JSON schema: {fault.message}") from None
            return
        try:
            self._adapter = TypeAdapter(schema)
            self.json = self._adapter.json_schema()
        except PydanticUserError:
            raise UsageError(
                f"schema: {schema!r} is neither a pydantic class or another type it knows, nor a JSON schema"
            ) from None

    def faults(self, data: JSON) -> str:
        """Return what is wrong with data, a line each; empty where it fits."""
        wrong: list[tuple[Iterable[Any], str]]
        # As JSON first: a replay has the schema as JSON alone, and must find the same faults.
        try:
            wrong = [(each.absolute_path, each.message) for each in self._validator.iter_errors(data)]
        except Unresolvable as fault:
            return f"the schema itself: nothing stands at {fault.ref}, and nothing is fetched for it"
        if not wrong:
            try:
                self.typed(data)
            except ValidationError as fault:
                wrong = [(each["loc"], each["msg"]) for each in fault.errors(include_url=False)]
        lines = [f"{'.'.join(map(str, place)) or 'the answer'}: {said}" for place, said in wrong[:MAX_FAULTS]]
        return "\n".join(line[:300] for line in lines)

    def typed(self, data: JSON) -> Any:
        """Return data that fits as the schema's type; a JSON schema leaves it as it is."""
        return data if self._adapter is None else self._adapter.validate_json(json.dumps(data))

    @property
    def _validator(self) -> Draft202012Validator:
        # With a registry of its own nothing is fetched for a `$ref`: a schema may come from a journal.
        return Draft202012Validator(self.json, registry=Registry())
