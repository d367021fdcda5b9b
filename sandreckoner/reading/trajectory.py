"""Read ReAct text: thoughts, actions and observations.

    Thought 1: I should search for Paramore.
    Action 1: Search[Paramore]
    Observation 1: Paramore is an American rock band from Franklin, Tennessee …

Models leave numbers out or miscount them, set labels in bold, put the action on the next line, forget a
bracket, write the argument below (`Action Input:`), call tools in JSON, or give a fenced program and nothing
else. All of that is read; nothing of it is ever run here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from sandreckoner.reading.tool_calls import first_call, object_at, only_argument

MAX_CHARACTERS = 200_000
MAX_TURNS = 500

_LABEL = re.compile(
    r"^[ \t>*#_-]*(thought|action input|action|observation|final answer)[ \t]*\d{0,4}[ \t]*[*_]{0,3}[ \t]*:"
    r"[ \t]*[*_]{0,3}",
    re.IGNORECASE | re.MULTILINE,
)
_NAME = re.compile(r"\s*[`*\"']{0,3}([A-Za-z_]\w{0,60})[`*\"']{0,3}[ \t]*")
_BARE = re.compile(r"^[ \t`*]*([A-Za-z_]\w{0,60})[ \t]*\[", re.MULTILINE)
_FENCE = re.compile(r"```[ \t]*(?:python|py)?[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL | re.IGNORECASE)
_CLOSING = {"[": "]", "(": ")"}
_CODE = ("python", "run", "code", "calculate", "calculator")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a trajectory: a thought, an action and an observation.

    Attributes:
        thought: the reasoning before the action.
        action: the tool's name as it is written; empty where there is no action.
        argument: what is between its brackets.
        written: the whole action as it is written.
        observation: the result; empty in what a model has just written.
    """

    thought: str = ""
    action: str = ""
    argument: str = ""
    written: str = ""
    observation: str = ""


def read_trajectory(text: str) -> tuple[Turn, ...]:
    """Read every turn of a trajectory, in order, at most `MAX_TURNS`. Never raises.

    An observation reaches to the next label, so a document that is quoted in it and holds a line such as
    `Action: …` reads as an action: give observations to this function only where they are known.
    """
    turns: list[Turn] = []
    turn = Turn()
    for label, body in _sections(text[:MAX_CHARACTERS]):
        if label == "thought":
            if turn != Turn():
                turns.append(turn)
            turn = Turn(thought=body)
        elif label == "action":
            if turn.written:
                turns.append(turn)
                turn = Turn()
            turn = _with_action(turn, body)
        elif label == "action input":
            turn = replace(turn, argument=_argument_below(body), written=f"{turn.written}\n{body}".strip())
        elif label == "final answer":
            turn = replace(turn, action="Finish", argument=body, written=f"Final Answer: {body}")
        elif label == "observation":
            turns.append(replace(turn, observation=body))
            turn = Turn()
        if len(turns) >= MAX_TURNS:
            return tuple(turns[:MAX_TURNS])
    return (*turns, turn) if turn != Turn() else tuple(turns)


def read_turn(reply: str, names: Sequence[str]) -> Turn:
    """Read the first turn of a model's reply; imagined turns after it are left out. Never raises.

    Args:
        reply: what the model wrote.
        names: of the actions offered. Where no line is labelled as an action, one of these is
            searched as `Name[argument]` on a line of its own and as a tool call in JSON; and a fenced
            program is `Python[…]`.
    """
    reply = reply[:MAX_CHARACTERS]
    turns = read_trajectory(reply)
    first = turns[0] if turns else Turn()
    for turn in turns[1:]:
        # Two thoughts in a row are one; an observation ends the turn.
        if first.written or first.observation:
            break
        first = replace(turn, thought=f"{first.thought}\n{turn.thought}".strip())
    first = replace(first, observation="")
    if first.written:
        return first
    return _unlabelled(first.thought or reply, {name.lower() for name in names}) or first


def _sections(text: str) -> list[tuple[str, str]]:
    """Split at labels; text before the first label is a thought, as a prompt may end in `Thought 2:`."""
    found = list(_LABEL.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)][: len(found)]
    parts = [
        (match[1].lower(), text[match.end() : end].strip()) for match, end in zip(found, ends, strict=True)
    ]
    before = text[: found[0].start()].strip() if found else text.strip()
    return [("thought", before), *parts] if before else parts


def _with_action(turn: Turn, body: str) -> Turn:
    if body.lstrip("` \n").startswith(("{", "json")) and (call := first_call(body)) is not None:
        return replace(turn, action=call.name, argument=only_argument(call.arguments), written=body)
    action, argument = read_action(body)
    return replace(turn, action=action, argument=argument, written=body)


def read_action(text: str) -> tuple[str, str]:
    """Read name and argument of `Search[Paramore]`, `search("Paramore")`, `Search: Paramore`, `Search`."""
    named = _NAME.match(text)
    if named is None:
        return "", ""
    rest = text[named.end() :]
    opening = rest[:1]
    if opening in _CLOSING:
        is_code = named[1].lower() in _CODE  # whose strings may contain brackets
        argument = _between(rest, _CLOSING[opening]) if is_code else _balanced(rest, opening)
        return named[1], _argument_below(argument) if opening == "[" else _unquoted(argument)
    if opening == ":":
        return named[1], _argument_below(rest[1:])
    return named[1], _argument_below(rest) if "```" in rest else ""


def _balanced(text: str, opening: str) -> str:
    """Return what the bracket at the start of a text encloses."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == opening) - (character == _CLOSING[opening])
        if depth == 0:
            return text[1:place]
    return _between(text, _CLOSING[opening])


def _between(text: str, closing: str) -> str:
    """Return the text from the second character to the last closing bracket, or to the end."""
    last = text.rfind(closing)
    return text[1:last] if last > 0 else text[1:]


def _argument_below(body: str) -> str:
    """Strip the fence, the quotes or the JSON around an argument."""
    if fenced := _FENCE.search(body):
        return fenced[1].strip("\n")
    if body.lstrip().startswith("{") and (arguments := object_at(body.strip(), 0)):
        return only_argument(arguments)
    return _unquoted(body)


def _unquoted(text: str) -> str:
    text = text.strip()
    whole = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`"
    return text[1:-1].strip() if whole and text[0] not in text[1:-1] else text


def _unlabelled(text: str, names: Set[str]) -> Turn | None:
    for bare in _BARE.finditer(text):
        if bare[1].lower() in names:
            written = text[bare.start() :].strip()
            action, argument = read_action(written.lstrip("`* "))
            return Turn(text[: bare.start()].strip(), action, argument, written)
    call = first_call(text)
    if call is not None and call.name.lower() in names:
        thought = re.sub(r"(?:```(?:json)?|<tool_call>)\s*\Z", "", text[: call.start]).strip()
        return Turn(thought, call.name, only_argument(call.arguments), text[call.start :].strip())
    if fenced := _FENCE.search(text):
        return Turn(text[: fenced.start()].strip(), "Python", fenced[1].strip("\n"), fenced[0])
    return None
