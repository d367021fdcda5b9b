"""Real clients of OpenAI's protocol, over a socket: the SDK, LangChain and curl."""

from __future__ import annotations

import json
import shutil
import subprocess

import openai
import pytest
from langchain_openai import ChatOpenAI
from openai.types.chat import ChatCompletionMessageParam

from tests.serve.serving import Served

ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What is 3 * 14?"}]


@pytest.fixture
def client(served: Served) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=0, timeout=60)


def test_the_offers_are_the_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["pal", "careful", "twice"]
    assert client.models.retrieve("careful").id == "careful"


def test_a_completion(client: openai.OpenAI) -> None:
    done = client.chat.completions.create(model="careful", messages=ASKED)
    assert done.choices[0].message.content == "42"
    assert done.choices[0].finish_reason == "stop"
    assert done.usage and done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens
    told = done.model_extra["sandreckoner"]  # type: ignore[index]
    assert (told["status"], told["usage"]["calls"], told["confidence"]) == ("answered", 5, 1.0)
    assert done.usage.completion_tokens == told["usage"]["output_tokens"] > 5


def test_a_stream_tells_what_happens_before_the_answer(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="pal", messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    thoughts = "".join(getattr(delta, "reasoning_content", "") or "" for delta in deltas)
    assert "answer = 3 * 14" in thoughts and "It gives 42" in thoughts
    assert "".join(delta.content or "" for delta in deltas) == "42"
    assert chunks[-1].choices == [] and chunks[-1].usage and chunks[-1].usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])
    finished = [chunk for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason]
    assert finished[0].model_extra["sandreckoner"]["program"] == "answer = 3 * 14"  # type: ignore[index]


async def test_the_asynchronous_client(served: Served) -> None:
    async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key="none", timeout=60) as client:
        done = await client.chat.completions.create(model="pal", messages=ASKED)
        assert done.choices[0].message.content == "42"
        stream = await client.chat.completions.create(model="pal", messages=ASKED, stream=True)
        said = [chunk.choices[0].delta.content or "" async for chunk in stream]
        assert "".join(said) == "42"


def test_responses(client: openai.OpenAI) -> None:
    done = client.responses.create(model="pal", input="What is 3 * 14?", instructions="Be brief.")
    assert (done.output_text, done.status) == ("42", "completed")
    assert done.usage and done.usage.total_tokens > 0
    assert done.output[0].type == "reasoning" and "3 * 14" in done.output[0].summary[0].text


def test_a_stream_of_responses(client: openai.OpenAI) -> None:
    with client.responses.stream(model="careful", input="What is 3 * 14?") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert final.output_text == "42"
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    assert kinds.index("response.reasoning_summary_text.delta") < kinds.index("response.output_text.delta")


def test_a_schema_is_held_to(client: openai.OpenAI) -> None:
    numbers = {"total": {"type": "integer"}, "difference": {"type": "integer"}}
    schema = {"type": "object", "properties": numbers, "required": list(numbers)}
    done = client.chat.completions.create(
        model="pal",
        messages=[{"role": "user", "content": "Give the total and the difference of 4 and 3."}],
        response_format={"type": "json_schema", "json_schema": {"name": "both", "schema": schema}},
    )
    assert json.loads(done.choices[0].message.content or "") == {"total": 7, "difference": 1}


def test_faults_are_the_sdks_own_exceptions(served: Served, client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="pal", messages=ASKED, n=2)
    assert refused.value.param == "n"
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="nothing-like-it", messages=ASKED)


@pytest.mark.parametrize("responses", [False, True])
def test_langchain(served: Served, responses: bool) -> None:
    chat = ChatOpenAI(
        base_url=f"{served.url}/v1", api_key="none", model="pal", use_responses_api=responses, max_retries=0
    )
    assert chat.invoke("What is 3 * 14?").text == "42"
    assert "".join(str(chunk.text) for chunk in chat.stream("What is 3 * 14?")) == "42"
    messages = [
        ("system", "Be brief."),
        ("user", "I have 3 pens."),
        ("assistant", "Yes."),
        ("user", "3 * 14?"),
    ]
    assert chat.invoke(messages).text == "42"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_curl(served: Served) -> None:
    body = json.dumps({"model": "pal", "stream": True, "messages": ASKED})
    done = subprocess.run(
        ["curl", "-sN", "-H", "Content-Type: application/json", "-d", body,
         f"{served.url}/v1/chat/completions"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )  # fmt: skip
    lines = [line for line in done.stdout.split("\n") if line]
    assert all(line.startswith(("data: ", ": ")) for line in lines)
    assert lines[-1] == "data: [DONE]"
