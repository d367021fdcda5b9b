"""Count votes among answers that mean the same, and find the majority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandreckoner.reading.normalize import Normal, alike, normalise


@dataclass(frozen=True, slots=True)
class Poll:
    """The votes for one answer.

    Attributes:
        answer: as the first voter wrote it.
        weight: the sum of its voters' weights.
        voters: positions of its votes, in order.
    """

    answer: str
    weight: float
    voters: tuple[int, ...]


def majority(votes: Sequence[str | None], *, weights: Sequence[float] | None = None) -> str | None:
    """Return the answer with the most votes, as its first voter wrote it; None without votes.

    A tie goes to the answer that was seen first. None is no vote. See `tally` for what counts as the same.
    """
    polls = tally(votes, weights=weights)
    return polls[0].answer if polls else None


def tally(votes: Sequence[str | None], *, weights: Sequence[float] | None = None) -> list[Poll]:
    """Count votes, most first; among equals, first seen first.

    Answers that normalise to the same are the same. A per cent counts for the number as written, where
    somebody voted for that (`60%` for 60), else for its hundredth (0.6), else for itself.

    Args:
        votes: the answers; None for a voter without one.
        weights: of the votes, 1 each where left out.

    Raises:
        ValueError: where there are not as many weights as votes.
    """
    weights = [1.0] * len(votes) if weights is None else weights
    groups: dict[Normal, list[int]] = {}
    written: dict[int, str] = {}
    for position, (vote, _) in enumerate(zip(votes, weights, strict=True)):
        if vote is not None:
            groups.setdefault(normalise(vote), []).append(position)
            written[position] = vote
    for percent in [normal for normal in groups if normal.kind == "percent"]:
        hosts = [normal for normal in groups if normal.kind == "number" and alike(normal, percent)]
        if hosts:
            host = next((normal for normal in hosts if normal.value == percent.value), hosts[0])
            groups[host] = sorted(groups[host] + groups.pop(percent))
    polls = [
        Poll(written[voters[0]], sum(weights[i] for i in voters), tuple(voters)) for voters in groups.values()
    ]
    return sorted(polls, key=lambda poll: (-poll.weight, poll.voters[0]))
