"""What the tool agent does besides, by one word each, and what counts as personal data."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

IBAN = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
PHONE = r"(?<![\w.,$€£-])(?:\+|00)\d{1,3}[ /-]?(?:\(?\d{1,5}\)?[ /-]?){2,5}\d{2,4}\b"
_PATTERNS = {
    "EMAIL": re.compile(r"\b[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"),
    "IBAN": re.compile(IBAN),
    "PHONE": re.compile(PHONE),
    "IP": re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"),
}
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")


def redacted(text: str, *, also: Collection[str] = ()) -> str:
    """Replace personal data in a text by `[REDACTED EMAIL]` and the like.

    Patterns find what has a fixed form. Names and postal addresses have none: pass known ones in `also`.

    >>> redacted("ann@example.org paid $8,412 with 4111 1111 1111 1111", also=["$8,412"])
    '[REDACTED EMAIL] paid [REDACTED] with [REDACTED CARD]'
    """
    for secret in sorted(filter(None, also), key=len, reverse=True):
        text = text.replace(secret, "[REDACTED]")
    for kind, pattern in _PATTERNS.items():
        text = pattern.sub(f"[REDACTED {kind}]", text)
    return _CARD.sub(lambda found: "[REDACTED CARD]" if _is_card(found[0]) else found[0], text)


def _is_card(digits: str) -> bool:
    """Verify the check digit of a card number (Luhn 1954)."""
    numbers = [int(digit) for digit in reversed(digits) if digit.isdigit()]
    doubled = [2 * number - 9 * (number > 4) for number in numbers[1::2]]
    return (sum(numbers[::2]) + sum(doubled)) % 10 == 0


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
