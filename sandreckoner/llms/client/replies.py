"""LangChain's messages and results as ours: text, calls, reasoning, log-probability, finish, usage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandreckoner.core.budget import Usage
from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import OnText
from sandreckoner.core.message import Completion, Finish, Message, ToolCall
from sandreckoner.core.serialization import as_json
from sandreckoner.reading.stop_strings import cut_at_stop, split_thoughts
from sandreckoner.reading.tool_calls import object_at

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import LLMResult

_CUT = {"length", "max_tokens", "max_output_tokens", "model_length"}


def to_langchain(messages: Sequence[Message]) -> list[BaseMessage]:
    """Our messages as LangChain's."""
    return [_to_langchain(message) for message in messages]


def _to_langchain(message: Message) -> BaseMessage:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    if message.role == "tool":
        return ToolMessage(message.content, name=message.name, tool_call_id=message.call_id)
    if message.role == "assistant":
        calls = [{"name": call.name, "args": dict(call.arguments), "id": call.id} for call in message.calls]
        return AIMessage(message.content, tool_calls=calls)
    return (SystemMessage if message.role == "system" else HumanMessage)(message.content)


def to_langchain_reply(completion: Completion) -> AIMessage:
    """A completion as LangChain's message, with its calls and usage."""
    from langchain_core.messages.ai import UsageMetadata

    usage = completion.usage
    message: Any = _to_langchain(Message("assistant", completion.text, completion.calls))
    message.usage_metadata = UsageMetadata(
        input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, total_tokens=usage.tokens
    )
    return message  # type: ignore[no-any-return]  # an assistant's turn


def from_langchain(messages: Sequence[BaseMessage]) -> tuple[Message, ...]:
    """LangChain's messages as ours, without what only its own can hold."""
    return tuple(_from_langchain(message) for message in messages)


def _from_langchain(message: BaseMessage) -> Message:
    text, name = str(message.text), message.name or ""
    if message.type == "system":
        return Message("system", text)
    if message.type == "tool":
        return Message("tool", text, name=name, call_id=getattr(message, "tool_call_id", ""))
    if message.type in ("ai", "AIMessageChunk"):
        return Message("assistant", text, calls_of(message))
    return Message("user", text)


def calls_of(message: BaseMessage) -> tuple[ToolCall, ...]:
    """The tool calls of a reply; arguments whose JSON is broken are mended where they can be."""
    calls = [(call["name"], call["args"], call["id"]) for call in getattr(message, "tool_calls", ())]
    for call in getattr(message, "invalid_tool_calls", ()):
        arguments = object_at(str(call["args"] or "").strip(), 0)
        if call["name"] and arguments is not None:
            calls.append((call["name"], arguments, call["id"]))
    return tuple(
        ToolCall(name, as_json(arguments), str(id_ or f"call_{place}"))
        for place, (name, arguments, id_) in enumerate(calls)
    )


def emit_whole(completion: Completion, on_text: OnText) -> None:
    """Report a complete reply to a listener of streams."""
    if completion.reasoning:
        on_text(completion.reasoning, thought=True)
    on_text(completion.text)


def reasoning_of(message: AIMessage) -> str:
    """The part of a reply that the backend itself marks as reasoning."""
    return str(message.additional_kwargs.get("reasoning_content") or _reasoning_blocks(message))


def from_message(message: AIMessage, effect: Ask) -> Completion:
    """One reply; its usage is what the message itself says."""
    thoughts, text = split_thoughts(str(message.text))
    about = message.response_metadata
    reason = str(about.get("finish_reason") or about.get("stop_reason") or about.get("done_reason") or "")
    kept = cut_at_stop(text, effect.stop)
    finish: Finish = "length" if reason.lower() in _CUT and kept == text else "stop"
    if reason == "repetition" and kept == text:
        finish = "repetition"
    return Completion(
        kept,
        reasoning_of(message) or thoughts,
        _logprob(about.get("logprobs")),
        finish,
        _usage(message),
        calls_of(message),
    )


def from_result(result: LLMResult, effect: Ask) -> tuple[Completion, ...]:
    """The samples of one request, the prompt counted once.

    Some backends write the whole request's usage on every sample (ChatOpenAI), some each sample's own. The
    request's total, where it is given, decides.
    """
    messages: list[AIMessage] = [generation.message for generation in result.generations[0]]  # type: ignore[union-attr,misc]
    completions = [from_message(message, effect) for message in messages]
    if len(completions) > 1 and _share_info(result):
        completions = [replace(completion, logprob=None) for completion in completions]
    total = _total(result.llm_output or {})
    own = sum((completion.usage for completion in completions), Usage())
    if any(_from_cache(message) for message in messages):
        return tuple(replace(completion, usage=Usage(1)) for completion in completions)
    if total is None or (own.input_tokens, own.output_tokens) == total:
        return tuple(completions)
    shares = _shares(total, len(completions))
    return tuple(replace(one, usage=usage) for one, usage in zip(completions, shares, strict=True))


def _share_info(result: LLMResult) -> bool:
    """Whether all samples carry one record: ChatOpenAI gives each the log-probabilities of the last."""
    first, second, *_ = result.generations[0]
    return first.generation_info is not None and first.generation_info is second.generation_info


def _shares(total: tuple[int, int], n: int) -> list[Usage]:
    """A request's tokens over its samples: the prompt on the first, the rest evenly."""
    prompt, written = total
    each, rest = divmod(written, n)
    return [Usage(1, prompt if place == 0 else 0, each + (rest if place == 0 else 0)) for place in range(n)]


def _usage(message: AIMessage) -> Usage:
    counted = message.usage_metadata
    if counted is None or _from_cache(message):
        return Usage(1)
    return Usage(1, counted["input_tokens"], counted["output_tokens"])


def _from_cache(message: AIMessage) -> bool:
    """LangChain marks a reply out of its cache so, and leaves the tokens as they were."""
    return bool(message.usage_metadata) and "total_cost" in (message.usage_metadata or {})


def _total(output: dict[str, Any]) -> tuple[int, int] | None:
    usage = output.get("token_usage")
    if not isinstance(usage, dict) or not isinstance(usage.get("prompt_tokens"), int):
        return None
    return usage["prompt_tokens"], int(usage.get("completion_tokens") or 0)


def _reasoning_blocks(message: AIMessage) -> str:
    if isinstance(message.content, str):
        return ""
    return "".join(
        str(block.get("reasoning", "")) for block in message.content_blocks if block["type"] == "reasoning"
    )


def _logprob(logprobs: object) -> float | None:
    """The sum over the tokens, in the form that OpenAI's protocol gives them."""
    if not isinstance(logprobs, dict) or not logprobs.get("content"):
        return None
    return float(sum(token["logprob"] for token in logprobs["content"]))
