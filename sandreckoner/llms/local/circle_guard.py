"""Ends a greedy reply that goes in circles: it would do so until its longest length."""

from __future__ import annotations

from typing import Any

from sandreckoner.reading.repetition import RepetitionWatch


class CircleGuard:
    """Watches the chunks of one request, where it is greedy and no grammar says what is written."""

    def __init__(self, request: dict[str, Any]) -> None:
        """Watch the samples of a request in OpenAI's protocol."""
        free = request.get("temperature") == 0 and not {"grammar", "schema"} & set(request)
        count = request.get("n", 1) if free else 0
        self._watches = {place: RepetitionWatch() for place in range(count)}
        self._counts: dict[int, tuple[int, int, int]] = {}  # read, of that kept from before, written
        self._circling: set[int] = set()

    def ends(self, chunk: dict[str, Any]) -> list[dict[str, Any]]:
        """The chunks that end the reply, once every sample that is still written goes in circles; else none.

        Samples cannot be ended one by one; greedy ones are the same anyway.
        """
        for choice in chunk["choices"]:
            place = choice["index"]
            if counted := chunk.get("timings"):
                read, kept = counted.get("prompt_n", 0), counted.get("cache_n", 0)
                self._counts[place] = (read + kept, kept, counted.get("predicted_n", 0))
            if choice["finish_reason"]:
                self._watches.pop(place, None)
            elif place in self._watches and self._watches[place].feed(choice["delta"].get("content") or ""):
                self._circling.add(place)
        if not self._watches or not self._circling >= set(self._watches):
            return []
        return [self._end(place) for place in sorted(self._watches)]

    def _end(self, place: int) -> dict[str, Any]:
        read, kept, written = self._counts.get(place, (0, 0, 0))
        usage = {"prompt_tokens": read, "completion_tokens": written}
        return {
            "choices": [{"index": place, "delta": {}, "finish_reason": "repetition"}],
            "usage": {**usage, "prompt_tokens_details": {"cached_tokens": kept}},
        }
