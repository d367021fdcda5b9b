"""A model that replays the completions of a recorded run."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from pathlib import Path

from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import OnText
from sandreckoner.core.errors import ModelError
from sandreckoner.core.journal import read_journal
from sandreckoner.core.message import Completion
from sandreckoner.core.serialization import dumps, from_json, to_json
from sandreckoner.llms.client.replies import emit_whole


class ReplayModel:
    """Returns the completions of a journal to the requests for which they were recorded.

    Repeated requests get their replies in the recorded order. Programs are run and documents searched again:
    this replays the model alone, `reckon replay` the whole run.
    """

    def __init__(self, path: Path) -> None:
        """Read a journal.

        Raises:
            JournalError: it cannot be read.
        """
        self.name = f"replay:{path}"
        self._replies: defaultdict[str, deque[tuple[Completion, ...]]] = defaultdict(deque)
        self._lock = threading.Lock()
        for record in read_journal(path).steps:
            effect = record.get("effect")
            if isinstance(effect, dict) and effect.get("is") == "Ask" and "reply" in record:
                self._replies[_key(from_json(effect))].append(from_json(record["reply"]))

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """The recorded completions.

        Raises:
            ModelError: the journal has no reply to this.
        """
        with self._lock:
            replies = self._replies[_key(effect)]
            if not replies:
                raise ModelError(
                    f"{self.name} has no reply to this: it was not asked, or less often, in the recorded run"
                )
            reply = replies.popleft()
        if on_text is not None and effect.n == 1 and reply:
            emit_whole(reply[0], on_text)
        return reply

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        return self.ask(effect, timeout_s=timeout_s, on_text=on_text)

    def close(self) -> None:
        """Nothing to free."""


def _key(effect: Ask) -> str:
    """The request without its place in the strategy.

    Also without `max_tokens`: what a budget has left differs from run to run.
    """
    return dumps(
        to_json(
            Ask(
                effect.messages,
                effect.n,
                effect.temperature,
                effect.top_p,
                effect.top_k,
                effect.stop,
                None,
                effect.seed,
                effect.grammar,
            )
        )
    )
