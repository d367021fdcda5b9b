"""What the tool agent does besides, by one word each, and what counts as personal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sandreckoner.core.errors import UsageError
from sandreckoner.reading.personal_data import personal_data

if TYPE_CHECKING:
    from langchain.agents.middleware import AgentMiddleware
    from langchain_core.language_models import BaseChatModel

Redaction = Literal["redact", "mask", "hash", "block"]
# Our kinds of personal data, by the names that LangChain has for them.
PERSONAL: Mapping[str, str] = {
    "email": "EMAIL",
    "iban": "IBAN",
    "credit_card": "CARD",
    "national_number": "NATIONAL",
    "ip": "IP",
    "phone": "PHONE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MiddlewareOptions:
    """What the tool agent does besides answering.

    Attributes:
        personal_data: what happens to e-mail and IP addresses, card, account, telephone and national
            numbers in what the user writes and what tools give: `redact`, `mask`, `hash` or `block`; None
            leaves them.
        summarise: tokens of conversation beyond which its older part is summarised; None for never.
        approve: tools that run only after the user has approved the call.
        retry: times that a failing tool is called again.
        fallback: models that are asked where the first one fails, in order.
    """

    personal_data: Redaction | None = None
    summarise: int | None = None
    approve: Sequence[str] = ()
    retry: int = 0
    fallback: Sequence[BaseChatModel] = ()

    def __post_init__(self) -> None:
        if isinstance(self.approve, str):
            object.__setattr__(self, "approve", (self.approve,))
        if self.personal_data not in (None, "redact", "mask", "hash", "block"):
            raise UsageError(f"personal_data must be redact, mask, hash or block, not {self.personal_data!r}")

    def retries(self) -> list[AgentMiddleware[Any, Any, Any]]:
        """Return the middleware that calls a failing tool again, after 1, 2, 4… seconds."""
        if not self.retry:
            return []
        from langchain.agents.middleware import ToolRetryMiddleware

        return [ToolRetryMiddleware(max_retries=self.retry, max_delay=30)]

    def redactor(self) -> Callable[[str], str] | None:
        """Return the function that removes personal data from a text, as LangChain's own middleware does.

        It raises LangChain's `PIIDetectionError` where the data is to `block` the run.
        """
        if not self.personal_data:
            return None
        from langchain.agents.middleware import PIIMiddleware
        from langchain_core.messages import HumanMessage

        chosen = [
            PIIMiddleware(name, strategy=self.personal_data, detector=_detector(name, kind))
            for name, kind in PERSONAL.items()
        ]

        def redact(text: str) -> str:
            for one in chosen:
                runtime: Any = None
                changed = one.before_model({"messages": [HumanMessage(text)]}, runtime)
                text = str(changed["messages"][-1].text) if changed else text
            return text

        return redact


def _detector(name: str, kind: str) -> Any:
    """What LangChain's middleware finds one kind with."""

    def detect(text: str) -> list[dict[str, Any]]:
        return [
            {"type": name, "value": text[found.start : found.end], "start": found.start, "end": found.end}
            for found in personal_data(text)
            if found.kind == kind
        ]

    return detect
