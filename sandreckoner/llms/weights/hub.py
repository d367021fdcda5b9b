"""Weights from the Hugging Face hub, by plain HTTP: resumable, and given up quietly where there is no hub."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from sandreckoner.llms.weights.registry import Weights

_SILENCE_S = 10.0
_BLOCK = 1 << 20


def fetch(weights: Weights, partial: Path, on_progress: Callable[[str, int, int], None]) -> bool:
    """Fetch a model's file into `partial`, going on from where it was left.

    The sha256 that the caller checks pins the content, so the address may name the publisher's branch.
    `HF_ENDPOINT` and `HF_HUB_OFFLINE` are honoured.

    Returns:
        Whether it is complete; False where the hub cannot be reached, does not have it, or breaks off.
    """
    if os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"):
        return False
    here = partial.stat().st_size if partial.exists() else 0
    if here == weights.bytes:
        return True
    base = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    request = urllib.request.Request(f"{base}/{weights.hub}/resolve/main/{weights.file}")  # noqa: S310
    if here:
        request.add_header("Range", f"bytes={here}-")
    try:
        reply = urllib.request.urlopen(request, timeout=_SILENCE_S)  # noqa: S310
    except (OSError, HTTPException, ValueError):
        return False
    with reply, partial.open("ab") as out:
        if reply.status != 206:
            out.truncate(0)
            here = 0
        while here < weights.bytes:
            try:
                block = reply.read(min(_BLOCK, weights.bytes - here))
            except (OSError, HTTPException):
                break
            if not block:
                break
            out.write(block)  # a full disk is the caller's matter
            here += len(block)
            on_progress("hub", here, weights.bytes)
    return here == weights.bytes
