"""What the tool agent does besides, by one word each, and what counts as personal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    from langchain.agents.middleware import AgentMiddleware
    from langchain_core.language_models import BaseChatModel

IBAN = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
PHONE = r"(?<![\w.,$€£-])(?:\+|00)\d{1,3}[ /-]?(?:\(?\d{1,5}\)?[ /-]?){2,5}\d{2,4}\b"
Redaction = Literal["redact", "mask", "hash", "block"]
PERSONAL: Mapping[str, str | None] = {
    "email": None,  # LangChain has a detector of its own
    "credit_card": None,
    "ip": None,
    "iban": IBAN,
    "phone": PHONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MiddlewareOptions:
    """What the tool agent does besides answering.

    Attributes:
        personal_data: what happens to e-mail addresses, card numbers, IBANs, telephone numbers and IP
            addresses in what the user writes and what tools give: `redact`, `mask`, `hash` or `block`; None
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
            PIIMiddleware(kind, strategy=self.personal_data, detector=detector)
            for kind, detector in PERSONAL.items()
        ]

        def redact(text: str) -> str:
            for one in chosen:
                runtime: Any = None
                changed = one.before_model({"messages": [HumanMessage(text)]}, runtime)
                text = str(changed["messages"][-1].text) if changed else text
            return text

        return redact
