"""What a strategy does, in words and as it happens: the reasoning that clients show beside an answer."""

from __future__ import annotations

from collections.abc import Sequence

from sandreckoner.core.effects import Ask, Effect, Note, Resume, Run, Search, Use
from sandreckoner.core.execution import JSON, Execution
from sandreckoner.core.trace import Event, Step, StepStarted, TextArrived

_MOST = 4_000  # characters of one step


class Narration:
    """Turns the events of one run into text.

    A model's words are passed on as they come while it is the only one that writes; where several do, each is
    told when it is done, so that they do not mix.
    """

    def __init__(self) -> None:
        self._asking: set[int] = set()
        self._heard: dict[int, int] = {}

    def tell(self, event: Event) -> str:
        """Return what is said of an event; often nothing."""
        if isinstance(event, StepStarted):
            if isinstance(event.effect, Ask):
                self._asking.add(event.index)
            return _begins(event.effect)
        if isinstance(event, TextArrived):
            return self._hear(event)
        if isinstance(event, Step):
            self._asking.discard(event.index)
            return self._ended(event)
        return ""

    def told(self, steps: Sequence[Step]) -> str:
        """Return what is said of a run that is over."""
        said = ((_begins(step.effect), self._ended(step)) for step in steps)
        return "".join(text for pair in said for text in pair)

    def _hear(self, event: TextArrived) -> str:
        heard = self._heard.get(event.index, 0)
        if heard >= _MOST or (heard == 0 and len(self._asking) > 1):
            return ""
        self._heard[event.index] = heard + len(event.text)
        return event.text

    def _ended(self, step: Step) -> str:
        effect, reply = step.effect, step.reply
        if step.error:
            return f"\n{step.error[:300]}\n"
        if isinstance(effect, Ask) and isinstance(reply, tuple):
            if self._heard.pop(step.index, 0):
                return "\n"
            where = f"{' › '.join(effect.scope)}: " if effect.scope else ""
            return "".join(f"{where}{getattr(each, 'text', '')[:_MOST]}\n" for each in reply)
        if isinstance(reply, Execution):
            if reply.error is not None:
                return f"{reply.status}: {reply.error.type}: {reply.error.message}\n"
            shown = reply.stdout.strip() or ("" if reply.value is None else str(reply.value))
            return f"It gives {shown[:_MOST]}\n" if shown else ""
        if isinstance(effect, Search) and isinstance(reply, tuple):
            places = dict.fromkeys(f"{getattr(p, 'source', '')} p. {getattr(p, 'page', 1)}" for p in reply)
            return f"Found {', '.join(places) or 'nothing'}.\n"
        return ""


def _begins(effect: Effect) -> str:
    if isinstance(effect, Search):
        return f"Searching the documents for “{effect.query[:200]}”.\n"
    if isinstance(effect, Run | Resume):
        return "Running the program.\n"
    if isinstance(effect, Use):
        return f"Using {effect.tool}.\n"
    return ""


def step_record(event: Event) -> dict[str, JSON] | None:
    """A step for the tree that the page draws: its place, what it is, and how it ended; None for no step."""
    if not isinstance(event, StepStarted | Step):
        return None
    effect = event.effect
    if isinstance(effect, Note):
        label, data = effect.text, dict(effect.data)
        kind = "note"
    else:
        kind, data = type(effect).__name__.lower(), {}
        label = effect.query if isinstance(effect, Search) else effect.tool if isinstance(effect, Use) else ""
    done = event if isinstance(event, Step) else None
    failed = done and (done.error or (isinstance(done.reply, Execution) and not done.reply.ok))
    return {
        "index": event.index,
        "kind": kind,
        "label": label[:200],
        "scope": list(effect.scope),
        "state": "failed" if failed else "done" if done else "running",
        "value": data.get("value"),
        "seconds": done.elapsed_s if done else None,
    }
