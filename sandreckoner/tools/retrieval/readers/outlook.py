"""Outlook's messages (.msg) by python-oxmsg, with their attachments as further pages."""

from __future__ import annotations

import io
from collections.abc import Iterator

from sandreckoner.tools.retrieval.readers import Tell, html, ignored
from sandreckoner.tools.retrieval.readers.attachments import attachment_pages
from sandreckoner.tools.retrieval.readers.mail import message_page

_SENDER_NAME, _SENDER_ADDRESS = 0x0C1A, 0x0C1F


def pages(data: bytes, tell: Tell = ignored) -> Iterator[str]:
    """The message below its subject, then the pages of each attachment."""
    from oxmsg import Message

    message = Message.load(io.BytesIO(data))
    named = (message.properties.str_prop_value(number) for number in (_SENDER_NAME, _SENDER_ADDRESS))
    sender = message.sender or " ".join(filter(None, named))
    receivers = (f"{one.name} <{one.email_address}>" for one in message.recipients)
    heads = [("From", sender), ("To", ", ".join(receivers)), ("Date", str(message.sent_date or ""))]
    text = message.body or (html.pages(message.html_body)[0] if message.html_body else "")
    yield message_page(message.subject or "", heads, text)
    for attachment in message.attachments:
        content, name = attachment.file_bytes, attachment.file_name or "unnamed"
        if content:
            yield from attachment_pages(name, content, tell)
        else:
            tell(f"the attachment {name} is not read (it is kept elsewhere, or is another message)")
