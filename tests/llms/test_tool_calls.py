"""Tool calls in a reply's text: what is one, and what only looks like one."""

from __future__ import annotations

import json

import pytest

from sandreckoner.reading.tool_calls import find_calls, first_call

DEFINITION = {
    "name": "search",
    "description": "Search the documents.",
    "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
}


@pytest.mark.parametrize("wrapped", [DEFINITION, {"type": "function", "function": DEFINITION}])
def test_a_definition_that_is_repeated_is_no_call(wrapped: dict[str, object]) -> None:
    text = f"I will search.\n\n<tool_call>\n{json.dumps(wrapped)}\n</tool_call>"
    assert find_calls(text, {"search"}) == (text, [])
    assert first_call(text) is None


def test_parameters_in_the_place_of_arguments_are_a_call() -> None:
    text = json.dumps({"name": "search", "parameters": {"query": "net sales"}})
    rest, (call,) = find_calls(text, {"search"})
    assert (rest, call["name"], call["args"]) == ("", "search", {"query": "net sales"})
    found = first_call(text)
    assert found is not None and found.arguments == {"query": "net sales"}
