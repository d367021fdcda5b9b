"""Choose among candidates by vote: each counts one, each counts its probability, or the model chooses.

Answers that mean the same count together, by value (`tally`) and by algebra (`algebra.merge_equal`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sandreckoner.chains.prompt import candidate_text, load_prompt
from sandreckoner.chains.strategies.algebra import merge_equal
from sandreckoner.chains.strategies.single import conclude
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Steps, ask, note
from sandreckoner.core.errors import BudgetSpent, ContextOverflow, UsageError
from sandreckoner.core.problem import Problem
from sandreckoner.reading.normalize import Normal, alike, normalise
from sandreckoner.reading.programs import without_brackets


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

    Answers that mean the same are the same (`reading.normalize.alike`): 3 joins x = 3, but y = 3 does not. A
    per cent counts for the number as written, where somebody voted for that (`60%` for 60), else for its
    hundredth (0.6), else for itself.

    Args:
        votes: the answers; None for a voter without one.
        weights: of the votes, 1 each where left out.

    Raises:
        ValueError: where there are not as many weights as votes.
    """
    weights = [1.0] * len(votes) if weights is None else weights
    forms: dict[tuple[object, ...], tuple[Normal, list[int]]] = {}
    written: dict[int, str] = {}
    for position, (vote, _) in enumerate(zip(votes, weights, strict=True)):
        if vote is not None:
            normal = normalise(vote)
            key = (normal, normal.name, normal.brackets, normal.unit, *(item.name for item in normal.items))
            forms.setdefault(key, (normal, []))[1].append(position)
            written[position] = vote
    groups: list[tuple[list[Normal], list[int]]] = []
    # A per cent comes last: it may mean either of two numbers.
    for normal, voters in sorted(forms.values(), key=lambda form: form[0].kind == "percent"):
        fitting = [group for group in groups if all(alike(normal, member) for member in group[0])]
        same = [group for group in fitting if any(member.value == normal.value for member in group[0])]
        if not fitting:
            groups.append(([normal], list(voters)))
            continue
        members, joined = (same or fitting)[0]
        members.append(normal)
        joined.extend(voters)
    polls = [
        Poll(written[min(voters)], sum(weights[i] for i in voters), tuple(sorted(voters)))
        for _, voters in groups
    ]
    return sorted(polls, key=lambda poll: (-poll.weight, poll.voters[0]))


def answers_of(candidates: Sequence[Candidate]) -> list[str | None]:
    """Return the answers that candidates vote for; a program's list without its brackets."""
    return [
        without_brackets(each.answer) if each.answer is not None and each.program else each.answer
        for each in candidates
    ]


SHOWN = 2_000  # last characters of each candidate shown to the model for its choice
_CHOSEN = re.compile(r"\b(?:response|answer|number|#)\s*\**\s*#?(\d{1,6})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tally:
    """The outcome of a vote.

    Attributes:
        winner: the first candidate of the winning answer; None where no candidate has an answer.
        share: of the vote, 0 to 1. A candidate without an answer has no vote.
        counts: each answer with its share, most first.
        polls: each answer with its voters, most first.
    """

    winner: Candidate | None = None
    share: float = 0.0
    counts: tuple[tuple[str, float], ...] = ()
    polls: tuple[Poll, ...] = ()


Vote: TypeAlias = Callable[[Problem, Sequence[Candidate]], Steps[Tally]]


def majority_vote(problem: Problem, candidates: Sequence[Candidate]) -> Steps[Tally]:
    """Choose the most frequent answer, of equals the first seen (Wang et al. 2022)."""
    return (yield from _count(candidates, [1.0] * len(candidates)))


def weighted_vote(problem: Problem, candidates: Sequence[Candidate]) -> Steps[Tally]:
    """Weigh each vote by exp(log-probability / tokens) (Wang et al. 2022, section 3.1).

    Where a candidate has no log-probability, each vote counts one, and a note says so.
    """
    weights = [
        math.exp(candidate.logprob / candidate.tokens)
        for candidate in candidates
        if candidate.logprob is not None and candidate.tokens
    ]
    if len(weights) < len(candidates):
        yield from note("the model gives no log-probabilities: each vote counts one")
        weights = [1.0] * len(candidates)
    return (yield from _count(candidates, weights))


def universal_vote(problem: Problem, candidates: Sequence[Candidate]) -> Steps[Tally]:
    """Let the model read all candidates and name one (Chen et al. 2023, "Universal Self-Consistency").

    Where all agree nothing is asked. Where the choice cannot be read, the majority wins, with a note.
    """
    count = yield from _count(candidates, [1.0] * len(candidates))
    able = [candidate for candidate in candidates if candidate.answer is not None]
    if len(count.counts) < 2:
        return count
    shown = [
        f"Response {number}:\n{candidate_text(candidate)[-SHOWN:]}"
        for number, candidate in enumerate(able, 1)
    ]
    try:
        replies = yield from ask(
            load_prompt("universal_vote").messages(problem, responses="\n\n".join(shown)), max_tokens=256
        )
    except (BudgetSpent, ContextOverflow) as fault:
        yield from note(f"the model could not choose ({fault}): the majority wins")
        return count
    found = _CHOSEN.findall(replies[0].text) if replies else []
    number = int(found[-1]) if found else 0
    if not 1 <= number <= len(able):
        yield from note("the model's choice cannot be read: the majority wins")
        return count
    chosen = able[number - 1]
    place = candidates.index(chosen)
    poll = next(poll for poll in count.polls if place in poll.voters)
    return replace(count, winner=chosen, share=poll.weight / len(candidates))


VOTES: dict[str, Vote] = {
    "majority": majority_vote,
    "weighted": weighted_vote,
    "universal": universal_vote,
}


def vote_named(vote: Vote | str) -> Vote:
    """Return a vote by its name; a function as it is.

    Raises:
        UsageError: the name is unknown.
    """
    if callable(vote):
        return vote
    if vote not in VOTES:
        raise UsageError(f"vote must be one of {', '.join(VOTES)}, not {vote!r}")
    return VOTES[vote]


def vote_calls(vote: Vote) -> int:
    """Return the maximum number of completions of a vote."""
    return 1 if vote is universal_vote else 0


def _count(candidates: Sequence[Candidate], weights: Sequence[float]) -> Steps[Tally]:
    answers = yield from merge_equal(answers_of(candidates))
    polls = tally(answers, weights=weights)
    total = sum(weights)
    if not polls or total <= 0:
        return Tally()
    counts = tuple((poll.answer, round(poll.weight / total, 6)) for poll in polls)
    return Tally(candidates[polls[0].voters[0]], counts[0][1], counts, tuple(polls))


def answer_by_vote(problem: Problem, candidates: Sequence[Candidate], vote: Vote) -> Steps[Answer]:
    """Vote over all candidates, note the vote in the trace, and answer with its winner."""
    count = yield from vote(problem, candidates)
    if count.winner is None:
        return conclude(tuple(candidates))
    yield from note(f"vote: {count.winner.answer}", counts=[list(pair) for pair in count.counts[:10]])
    return Answer(count.winner.answer, "answered", count.winner, tuple(candidates), count.share)
