"""A model with scripted replies: for tests, examples and demonstrations."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from sandreckoner.core.budget import Usage
from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import OnText
from sandreckoner.core.errors import ModelError, UsageError
from sandreckoner.core.message import Completion, Message
from sandreckoner.reading.stop_strings import cut_at_stop

Reply: TypeAlias = str | Completion
Script: TypeAlias = Sequence[Reply] | Callable[[tuple[Message, ...]], Reply]

_WORD = re.compile(r"\s*\S+")


class ScriptedModel:
    """Answers from a list, in order, or from a function of the messages.

    It behaves like a real model: stop strings and `max_tokens` cut the reply, text is streamed word by
    word, and tokens are counted, a word being one. `Ask(n=3)` takes the next three replies of a list, or
    calls the function three times. Concurrent requests take the replies of a list in the order of arrival,
    which threads do not determine: give such a strategy a function.

    Attributes:
        asked: every Ask so far, in order.

    >>> model = ScriptedModel(["4", "5"])
    >>> [reply.text for reply in model.ask(Ask((Message("user", "2 + 2?"),), n=2))]
    ['4', '5']
    """

    def __init__(self, replies: Script, *, name: str = "scripted") -> None:
        self.name = name
        self.asked: list[Ask] = []
        self._replies = replies
        self._used = 0
        self._lock = threading.Lock()

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """The next `effect.n` replies.

        Raises:
            ModelError: the list has run out.
        """
        with self._lock:
            self.asked.append(effect)
            replies = [self._next(effect.messages) for _ in range(effect.n)]
        prompt = sum(len(message.content.split()) for message in effect.messages)
        completions = tuple(
            _as_completion(reply, effect, prompt if place == 0 else 0) for place, reply in enumerate(replies)
        )
        if on_text is not None and effect.n == 1:
            (reply,) = completions
            if reply.reasoning:
                on_text(reply.reasoning, thought=True)
            for piece in _pieces(reply.text):
                on_text(piece)
        return completions

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        return self.ask(effect, timeout_s=timeout_s, on_text=on_text)

    def close(self) -> None:
        """Nothing to free."""

    def _next(self, messages: tuple[Message, ...]) -> Reply:
        if callable(self._replies):
            return self._replies(messages)
        if self._used == len(self._replies):
            raise ModelError(
                f"{self.name} has no more replies: all {self._used} were used; write another into the script"
            )
        self._used += 1
        return self._replies[self._used - 1]


def _as_completion(reply: Reply, effect: Ask, prompt_words: int) -> Completion:
    completion = reply if isinstance(reply, Completion) else Completion(reply)
    text = cut_at_stop(completion.text, effect.stop)
    words = _WORD.findall(text)
    cut = effect.max_tokens is not None and len(words) > effect.max_tokens
    if cut:
        words = words[: effect.max_tokens]
        text = "".join(words)
    return Completion(
        text,
        completion.reasoning,
        completion.logprob,
        "length" if cut else completion.finish,
        Usage(1, prompt_words, len(words) + len(completion.reasoning.split())),
        completion.calls,
    )


def _pieces(text: str) -> list[str]:
    """The text word by word; together they are the text."""
    words = _WORD.findall(text)
    return [*words, text[sum(map(len, words)) :]]


class ByPrompt:
    """A script whose replies depend on the prompt and not on the order of the requests.

    Attributes:
        replies: for each text, the replies to a last message that contains it, in turn and in a cycle. Where
            several texts match, the longest counts.
    """

    def __init__(self, replies: Mapping[str, Sequence[Reply]]) -> None:
        self._replies = {when: itertools.cycle(replies[when]) for when in sorted(replies, key=len)[::-1]}

    def __call__(self, messages: tuple[Message, ...]) -> Reply:
        said = messages[-1].content
        for when, replies in self._replies.items():
            if when in said:
                return next(replies)
        raise ModelError(f"the script has no reply to {said[:80]!r}; add one with a `when` that stands in it")


def read_script(path: Path) -> Script:
    """Replies from a file.

    `.json` holds a list, `.jsonl` a reply a line; each is a string, or an object with `text` and, where
    wanted, `reasoning` and `logprob`. Where each has a `when` too, a reply is given to a prompt in whose last
    message that text stands; see `ByPrompt`. Any other file is plain text, its replies separated by lines of
    `---`.

    Raises:
        UsageError: the file cannot be read, or holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageError(f"the script {path} cannot be read: {fault}") from None
    if path.suffix not in (".json", ".jsonl"):
        return [part.strip("\n") for part in re.split(r"^---[ \t]*$", text, flags=re.MULTILINE)]
    try:
        records = (
            json.loads(text)
            if path.suffix == ".json"
            else [json.loads(line) for line in text.split("\n") if line.strip()]
        )
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"the script {path} is not {path.suffix[1:].upper()}: {fault}") from None
    if not isinstance(records, list):
        raise UsageError(f"the script {path} must hold a list of replies")
    replies = [_read_reply(record, path) for record in records]
    whens = [record.get("when") if isinstance(record, dict) else None for record in records]
    if not any(whens):
        return replies
    by_when: dict[str, list[Reply]] = {}
    for when, reply in zip(whens, replies, strict=True):
        if not isinstance(when, str) or not when:
            raise UsageError(
                f"the script {path} has replies with and without a `when`; give each of them one"
            )
        by_when.setdefault(when, []).append(reply)
    return ByPrompt(by_when)


def _read_reply(record: object, path: Path) -> Reply:
    if isinstance(record, str):
        return record
    if isinstance(record, dict) and isinstance(record.get("text"), str):
        reasoning, logprob = record.get("reasoning", ""), record.get("logprob")
        if isinstance(reasoning, str) and (logprob is None or isinstance(logprob, float | int)):
            return Completion(record["text"], reasoning, logprob)
    raise UsageError(
        f"the script {path} holds a reply that is neither a string nor an object with a `text`: "
        f"{json.dumps(record)[:80]}"
    )
