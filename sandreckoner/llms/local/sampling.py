"""Sampling: one token for each row of scores, the same on every device and in every batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def sample_tokens(
    scores: Any, uniforms: Sequence[float], *, temperature: float, top_k: int | None, top_p: float | None
) -> Any:
    """The next tokens.

    Args:
        scores: a tensor of floats, (rows, vocabulary): the logits.
        uniforms: a number in [0, 1) for each row; the row's token is where it falls in the cumulative
            distribution.
        temperature: 0 takes the most likely token.
        top_k: keep this many of the most likely; None or 0 for all.
        top_p: keep the most likely up to this share of the probability; None for all.

    Returns:
        A tensor of token numbers, (rows,).
    """
    import torch

    best = scores.argmax(-1)
    if temperature == 0:
        return best
    shares, order = torch.softmax(scores / temperature, -1), None
    if top_k or (top_p is not None and top_p < 1):
        shares, order = shares.sort(dim=-1, descending=True)
        if top_k:
            shares[:, top_k:] = 0
        if top_p is not None:
            before = shares.cumsum(-1) - shares
            shares[before > top_p * shares.sum(-1, keepdim=True)] = 0
    below = shares.cumsum(-1)
    marks = torch.tensor(uniforms, dtype=below.dtype, device=below.device)[:, None] * below[:, -1:]
    places = (below <= marks).sum(-1)
    # Rounding may put a mark past the last token.
    inside = places < shares.shape[-1]
    places = places.clamp(max=shares.shape[-1] - 1)
    chosen = places if order is None else order.gather(-1, places[:, None])[:, 0]
    return torch.where(inside, chosen, best)
