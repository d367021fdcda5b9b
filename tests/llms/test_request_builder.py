"""What an engine in this process is asked: a model that is held to a schema is also told it."""

from __future__ import annotations

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from sandreckoner.llms.local.request_builder import build_requests

SCHEMA = {"type": "object", "properties": {"setup": {"type": "string"}, "punchline": {"type": "string"}}}
HELD = {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}
SAID = "Reply in JSON that fits this schema:\n"


def messages_of(messages: list[BaseMessage], options: dict[str, object]) -> list[dict[str, object]]:
    (body,) = build_requests(messages, options, 1)
    said: list[dict[str, object]] = body["messages"]
    return said


def test_the_schema_stands_below_the_last_question() -> None:
    talk = [SystemMessage("Be brief."), HumanMessage("A joke."), AIMessage("No."), HumanMessage("Please.")]
    told = messages_of(talk, HELD)
    assert told[:3] == messages_of(talk, {})[:3]
    assert str(told[3]["content"]).startswith(f"Please.\n\n{SAID}")
    assert '"punchline"' in str(told[3]["content"])


def test_without_a_question_it_is_said_alone() -> None:
    assert str(messages_of([SystemMessage("Tell a joke.")], HELD)[1]["content"]).startswith(SAID)


def test_nothing_is_said_where_nothing_is_held() -> None:
    assert messages_of([HumanMessage("A joke.")], {}) == [{"role": "user", "content": "A joke."}]
    any_json = {"response_format": {"type": "json_object"}}
    assert messages_of([HumanMessage("A joke.")], any_json) == [{"role": "user", "content": "A joke."}]
