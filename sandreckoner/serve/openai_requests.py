"""Requests of OpenAI's two protocols, checked and read into one form.

The types of the `openai` package check replies, not requests. What would change the meaning of a request and
cannot be done is refused with what to do instead; what cannot change it is ignored, and stands in `_IGNORED`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandreckoner.chains.answering import to_problem
from sandreckoner.chains.langchain_inputs import question_of
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.problem import Problem
from sandreckoner.serve.api_error import ApiError

# A strategy chooses its own sampling; the rest says nothing about the answer.
_IGNORED = frozenset(
    (
        *("user", "store", "metadata", "temperature", "top_p", "presence_penalty", "frequency_penalty"),
        *("service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_options", "truncation"),
        *("prompt_cache_retention", "parallel_tool_calls", "reasoning", "reasoning_effort", "verbosity"),
        *("top_logprobs", "include", "max_tool_calls"),
    )
)
_TOOLS = "a strategy calls no tools of yours; send them to the model's own address"
_REFUSED = {
    "tools": _TOOLS,
    "tool_choice": _TOOLS,
    "functions": _TOOLS,
    "function_call": _TOOLS,
    "logprobs": "an answer has no log-probabilities; `sandreckoner.confidence` has the share of the vote",
    "logit_bias": "an answer is computed and its tokens cannot be biased; leave it out",
    "previous_response_id": "no response is kept here; send the earlier turns in `input`",
    "conversation": "no conversation is kept here; send the earlier turns in `input`",
    "background": "a response is not kept here; ask with stream=true",
    "prompt": "no prompt is kept here; send it in `input`",
    "audio": "answers are text; leave it out",
    "prediction": "an answer cannot be predicted; leave it out",
    "web_search_options": "nothing is searched but documents; leave it out",
    "moderation": "nothing is moderated here; leave it out",
}
_HARMLESS: tuple[object, ...] = (None, False, [], {}, "none", "auto")  # values that ask for nothing


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request in either protocol.

    Attributes:
        model: the name of an offer, or a strategy.
        problem: the last message of the user, and what was said before.
        stream: whether events are sent as they happen.
        include_usage: whether a stream ends with what it used.
        max_tokens: that models may generate for it; None for no such limit.
        stop: texts at which the answer is cut.
        seed: of sampling.
        schema: that the answer must fit; None for text.
        budget: limits that lower those of the offer.
    """

    model: str
    problem: Problem
    stream: bool = False
    include_usage: bool = False
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    schema: JSON = None
    budget: Mapping[str, float | None] = field(default_factory=dict)


Text = Annotated[str, Field(max_length=1_000_000)]
Body = TypeVar("Body", bound="_Common")
Tokens = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")
    type: str
    text: Text = ""


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore")
    type: str = "message"
    role: Literal["system", "developer", "user", "assistant"]
    content: Text | list[_Part]


class _Limits(BaseModel):
    model_config = ConfigDict(extra="forbid")
    calls: Annotated[int, Field(ge=1)] | None = None
    tokens: Annotated[int, Field(ge=1)] | None = None
    usd: Annotated[float, Field(gt=0)] | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None


class _Common(BaseModel):
    model_config = ConfigDict(extra="allow")
    model: Annotated[str, Field(min_length=1, max_length=500)]
    stream: bool | None = False
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    budget: _Limits = _Limits()  # ours: lowers the offer's


class _StreamOptions(BaseModel):
    include_usage: bool = False


class _Chat(_Common):
    messages: Annotated[list[_Message], Field(min_length=1, max_length=1000)]
    n: int | None = 1
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    stream_options: _StreamOptions | None = None
    response_format: dict[str, Any] | None = None
    modalities: list[str] | None = None


class _TextConfig(BaseModel):
    format: dict[str, Any] | None = None


class _Responses(_Common):
    input: Text | Annotated[list[_Message], Field(min_length=1, max_length=1000)]
    instructions: Text | None = None
    max_output_tokens: Tokens | None = None
    text: _TextConfig | None = None
    stream_options: dict[str, Any] | None = None


def read_chat(body: object) -> Wanted:
    """Read the body of `POST /v1/chat/completions`.

    Raises:
        ApiError: 400, with the parameter and how to mend it.
    """
    asked = _checked(_Chat, body)
    if asked.n not in (None, 1):
        raise ApiError(400, "n: one answer is given; `sc(pal, n=5)` draws several and votes", param="n")
    if asked.modalities not in (None, ["text"]):
        raise ApiError(400, "modalities: answers are text", param="modalities")
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    most = [limit for limit in (asked.max_tokens, asked.max_completion_tokens) if limit is not None]
    return Wanted(
        asked.model,
        _problem(asked.messages, "messages"),
        bool(asked.stream),
        bool(asked.stream_options and asked.stream_options.include_usage),
        min(most, default=None),
        tuple(stop),
        asked.seed,
        _schema(asked.response_format, "response_format"),
        asked.budget.model_dump(),
    )


def read_responses(body: object) -> Wanted:
    """Read the body of `POST /v1/responses`.

    Raises:
        ApiError: 400, with the parameter and how to mend it.
    """
    asked = _checked(_Responses, body)
    given = asked.input
    messages = [_Message(role="user", content=given)] if isinstance(given, str) else given
    if asked.instructions:
        messages = [_Message(role="system", content=asked.instructions), *messages]
    schema = _schema(asked.text.format if asked.text else None, "text.format")
    return Wanted(
        asked.model,
        _problem(messages, "input"),
        bool(asked.stream),
        max_tokens=asked.max_output_tokens,
        seed=asked.seed,
        schema=schema,
        budget=asked.budget.model_dump(),
    )


def _checked(kind: type[Body], body: object) -> Body:
    try:
        asked = kind.model_validate(body)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        param = ".".join(str(part) for part in first["loc"])[:100]
        raise ApiError(400, f"{param or 'the body'}: {first['msg']}", param=param) from None
    for name, value in (asked.model_extra or {}).items():
        if name in _IGNORED or value in _HARMLESS:
            continue
        hint = _REFUSED.get(name, "this server does not know it; leave it out")
        raise ApiError(400, f"{name[:60]}: {hint}", param=name[:60], code="unsupported_parameter")
    return asked


def _problem(messages: Sequence[_Message], param: str) -> Problem:
    """The last message of the user as the question, those before it as LangChain's are."""
    if messages[-1].role != "user":
        raise ApiError(400, f"{param}: end with a message of the user, which is the question", param=param)
    roles = {"developer": "system"}
    said = [{"role": roles.get(one.role, one.role), "content": _text(one, param)} for one in messages]
    try:
        return to_problem(question_of(said))
    except UsageError as fault:
        raise ApiError(400, str(fault), param=param) from None


def _text(message: _Message, param: str) -> str:
    if message.type != "message":
        raise ApiError(400, f"{param}: {message.type[:40]} is not taken; send messages", param=param)
    if isinstance(message.content, str):
        return message.content
    for part in message.content:
        if part.type not in ("text", "input_text", "output_text"):
            kind = part.type[:40]
            hint = "upload documents with PUT /v1/documents/NAME, and send text"
            raise ApiError(400, f"{param}: {kind} is not taken; {hint}", param=param)
    return "".join(part.text for part in message.content)


def _schema(form: Mapping[str, Any] | None, param: str) -> JSON:
    """The schema that a format names; None for text."""
    kind = (form or {}).get("type", "text")
    if form is None or kind == "text":
        return None
    schema = form.get("json_schema", form).get("schema") if kind == "json_schema" else None
    if not isinstance(schema, dict):
        raise ApiError(
            400, f"{param}: text, or json_schema with the schema that the answer fits", param=param
        )
    return schema
