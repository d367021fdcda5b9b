"""Addresses of places in documents, signed: who was shown one can open it, and nobody can make one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import astuple, dataclass
from pathlib import Path

from sandreckoner.core.table import Box
from sandreckoner.serve.api_error import ApiError

_TAG_BYTES = 12


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """A span of a page of a document.

    Attributes:
        owner: the caller whose document it is; empty where it is the server's.
        index: of the server that holds it; empty for the server's own documents, and for a caller's.
        source: the document's name.
        page: from 1.
        start: offset of the span in the page's text; -1 for a cell of a workbook.
        end: offset after it.
        text: the span itself.
        box: its rectangle on the page, in points, where that is known.
        labels: of whoever was shown it; None for one who sees all documents.
    """

    owner: str
    index: str
    source: str
    page: int
    start: int
    end: int
    text: str
    box: Box | None = None
    labels: tuple[str, ...] | None = None


class PlaceSigner:
    """Makes and reads the addresses.

    Args:
        secret: a file; made where it is missing, so that addresses outlive the process.
    """

    def __init__(self, secret: Path) -> None:
        secret.parent.mkdir(parents=True, exist_ok=True)
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_bytes(secrets.token_bytes(32))
        self._secret = secret.read_bytes()

    def address(self, place: SourcePlace) -> str:
        """The path of a place on this server."""
        data = json.dumps(astuple(place), separators=(",", ":")).encode()
        return f"/sources/{_text_of(data)}.{_text_of(self._tag(data))}"

    def place(self, token: str) -> SourcePlace:
        """The place of an address.

        Raises:
            ApiError: 404, it was not made here.
        """
        body, _, tag = token.partition(".")
        try:
            data, given = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (body, tag))
        except (binascii.Error, ValueError):
            data, given = b"", b""
        if not hmac.compare_digest(self._tag(data), given):
            raise ApiError(404, "there is no such source; ask the question again", code="not_found")
        owner, index, source, page, start, end, text, box, labels = json.loads(data)
        seen = None if labels is None else tuple(labels)
        return SourcePlace(owner, index, source, page, start, end, text, tuple(box) if box else None, seen)

    def _tag(self, data: bytes) -> bytes:
        return hmac.digest(self._secret, data, hashlib.sha256)[:_TAG_BYTES]


def _text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
