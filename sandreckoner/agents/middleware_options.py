"""Options that enable LangChain's own middleware."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sandreckoner.agents.redaction import IBAN, PHONE
from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    from langchain.agents.middleware import AgentMiddleware
    from langchain_core.language_models import BaseChatModel

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
    """LangChain middleware to add to our own.

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

    def middleware(self, model: BaseChatModel) -> list[AgentMiddleware[Any, Any, Any]]:
        """Return the enabled LangChain middleware."""
        from langchain.agents import middleware as built_in

        chosen: list[AgentMiddleware[Any, Any, Any]] = []
        if self.personal_data:
            chosen += [
                built_in.PIIMiddleware(
                    kind, strategy=self.personal_data, detector=detector, apply_to_tool_results=True
                )
                for kind, detector in PERSONAL.items()
            ]
        if self.summarise:
            chosen.append(built_in.SummarizationMiddleware(model, trigger=("tokens", self.summarise)))
        if self.fallback:
            chosen.append(built_in.ModelFallbackMiddleware(*self.fallback))
        if self.retry:
            chosen.append(built_in.ToolRetryMiddleware(max_retries=self.retry))
        if self.approve:
            asks = {name: {"allowed_decisions": ["approve", "reject"]} for name in self.approve}
            chosen.append(built_in.HumanInTheLoopMiddleware(interrupt_on=asks))  # type: ignore[arg-type]  # TypedDicts
        return chosen
