"""Messages of the Internet (.eml, .mht), with their attachments as further pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from email import message_from_bytes, policy
from typing import Any

from sandreckoner.tools.retrieval.readers import Tell, html, ignored
from sandreckoner.tools.retrieval.readers.attachments import attachment_pages

_HEADERS = ("From", "To", "Cc", "Date")


def pages(data: bytes, tell: Tell = ignored) -> Iterator[str]:
    """The message below its subject, then the pages of each attachment."""
    message = message_from_bytes(data, policy=policy.default)
    body = message.get_body(("html", "plain"))
    heads = [(name, str(message[name])) for name in _HEADERS if message[name]]
    text = _body(body) if body is not None else ""
    yield message_page(str(message["Subject"] or ""), heads, text)
    for part in message.walk():
        if part is body or part.is_multipart() or _is_alternative(message, part):
            continue
        content = part.get_payload(decode=True)
        name = part.get_filename() or f"unnamed.{part.get_content_subtype()}"
        if isinstance(content, bytes) and content:
            yield from attachment_pages(name, content, tell)


def message_page(subject: str, heads: Iterable[tuple[str, str]], text: str) -> str:
    """A message as a page: its subject as heading, a line for each header, and its text."""
    lines = "\n".join(f"{name}: {value}" for name, value in heads if value)
    return "\n\n".join(
        filter(None, [f"# {' '.join(subject.split())}" if subject else "", lines, text.strip()])
    )


def _body(body: Any) -> str:
    content = body.get_content()
    if not isinstance(content, str):
        return ""
    return html.pages(content)[0] if body.get_content_subtype() == "html" else content


def _is_alternative(message: Any, part: object) -> bool:
    """Whether a part says again what the body says."""
    both: Sequence[object] = [message.get_body((kind,)) for kind in ("plain", "html")]
    return any(part is other for other in both)
