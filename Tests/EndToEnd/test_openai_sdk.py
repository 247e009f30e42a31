"""The unmodified `openai` package against the product and its demo model. About 20 s."""

import base64
import json
import math
import struct
import time

import openai
import pytest
from openai import OpenAI

from product import DEMO_MODEL

QUESTION = [{"role": "user", "content": "What is Spillway?"}]
EMBEDDING_DIMENSIONS = 256

WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
        },
    },
}


def client_of(product, key, **options):
    return OpenAI(
        base_url=f"http://127.0.0.1:{product.gateway_port}/v1", api_key=key, timeout=60, **options)


@pytest.fixture(scope="module")
def client(product):
    return client_of(product, product.ready["api_key"])


def chat(client, **options):
    options.setdefault("messages", QUESTION)
    return client.chat.completions.create(model=DEMO_MODEL, **options)


def test_chat(client):
    answer = chat(client, max_tokens=24)
    assert answer.object == "chat.completion"
    assert answer.model == DEMO_MODEL
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert 0 < answer.usage.completion_tokens <= 24


def test_chat_says_which_request_it_was(client):
    first = chat(client, max_tokens=4)
    second = chat(client, max_tokens=4)
    assert first._request_id and second._request_id
    assert first._request_id != second._request_id


def test_the_same_prompt_again_is_read_from_the_cache(client):
    long_question = [{"role": "user", "content": "Please tell me about billing. " * 20}]
    chat(client, messages=long_question, max_tokens=4)
    for _ in range(8):
        again = chat(client, messages=long_question, max_tokens=4)
        if again.usage.prompt_tokens_details.cached_tokens:
            break
    assert 0 < again.usage.prompt_tokens_details.cached_tokens < again.usage.prompt_tokens


def test_nobody_reads_what_another_customer_has_asked(product, make_customer):
    question = [{"role": "user", "content": "What would you like to know about water? " * 20}]
    options = {"max_tokens": 1, "temperature": 0}

    def cached(customer, **extra):
        chat = client_of(product, customer.key).chat.completions
        usage = chat.create(model=DEMO_MODEL, messages=question, **options, **extra).usage
        return usage.prompt_tokens_details.cached_tokens

    one, other = make_customer(), make_customer()
    assert cached(one) == 0
    assert cached(one) > 100
    for _ in range(12):
        assert cached(make_customer()) == 0
    assert cached(other) == 0
    assert cached(other) > 100
    # What the engine spreads over its slots is nobody's afterwards.
    cached(one, n=3)
    for _ in range(8):
        assert cached(make_customer()) == 0


def test_stream(client):
    chunks = list(chat(client, stream=True, max_tokens=24))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    finished = [one.choices[0].finish_reason for one in chunks if one.choices]
    assert finished[-1] in ("stop", "length") and not any(finished[:-1])
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    # Nobody asked for it: a client of older habits trips over an empty choices list.
    assert all(chunk.choices for chunk in chunks)


def test_stream_with_usage(client):
    chunks = list(chat(client, stream=True, max_tokens=24, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    usage = chunks[-1].usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert 0 < usage.completion_tokens <= 24
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_stream_and_answer_agree(client):
    whole = chat(client, max_tokens=24, temperature=0, seed=1)
    parts = chat(client, max_tokens=24, temperature=0, seed=1, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in parts if chunk.choices)
    assert text == whole.choices[0].message.content


def test_stream_helper(client):
    with client.chat.completions.stream(
        model=DEMO_MODEL, messages=QUESTION, max_tokens=256
    ) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    assert final.choices[0].message.content


def test_tools(client):
    answer = chat(
        client, messages=[{"role": "user", "content": "What is the weather in Berlin?"}],
        tools=[WEATHER_TOOL], tool_choice="required", max_tokens=128, temperature=0)
    calls = answer.choices[0].message.tool_calls
    assert calls and calls[0].function.name == "get_weather" and calls[0].id
    assert isinstance(json.loads(calls[0].function.arguments), dict)
    assert answer.choices[0].finish_reason == "tool_calls"


def test_streamed_tools(client):
    chunks = list(chat(
        client, messages=[{"role": "user", "content": "What is the weather in Berlin?"}],
        tools=[WEATHER_TOOL], tool_choice="required", max_tokens=128, temperature=0, stream=True))
    calls = [call for chunk in chunks if chunk.choices
             for call in chunk.choices[0].delta.tool_calls or []]
    assert [call.function.name for call in calls if call.function.name] == ["get_weather"]
    assert len([call.id for call in calls if call.id]) == 1
    json.loads("".join(call.function.arguments or "" for call in calls))


def test_json_schema(client):
    schema = {
        "type": "object", "properties": {"number": {"type": "integer", "maximum": 99}},
        "required": ["number"], "additionalProperties": False}
    answer = chat(client, max_tokens=64, temperature=0, response_format={
        "type": "json_schema",
        "json_schema": {"name": "number", "schema": schema, "strict": True}})
    assert isinstance(json.loads(answer.choices[0].message.content)["number"], int)


def test_several_choices(client):
    answer = chat(client, n=2, max_tokens=8)
    assert sorted(choice.index for choice in answer.choices) == [0, 1]
    assert all(choice.finish_reason for choice in answer.choices)
    # Both choices count; the prompt once.
    assert answer.usage.completion_tokens > 8


def test_logprobs(client):
    answer = chat(client, logprobs=True, top_logprobs=2, max_tokens=4)
    content = answer.choices[0].logprobs.content
    assert len(content) == answer.usage.completion_tokens
    assert all(len(token.top_logprobs) == 2 and token.logprob <= 0 for token in content)


def test_stop(client):
    answer = chat(client, stop=[" "], max_tokens=24)
    assert " " not in (answer.choices[0].message.content or "").strip()


def test_embeddings_as_floats(client):
    answer = client.embeddings.create(
        model=DEMO_MODEL, input=["the dam", "the river"], encoding_format="float")
    assert [one.index for one in answer.data] == [0, 1]
    assert all(len(one.embedding) == EMBEDDING_DIMENSIONS for one in answer.data)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0


def test_embeddings_as_base64(client):
    # The package asks for base64 by itself when nothing is said, and decodes it.
    answer = client.embeddings.create(model=DEMO_MODEL, input="the dam")
    floats = client.embeddings.create(model=DEMO_MODEL, input="the dam", encoding_format="float")
    assert answer.data[0].embedding == pytest.approx(floats.data[0].embedding, abs=1e-3)
    raw = client.embeddings.with_raw_response.create(
        model=DEMO_MODEL, input="the dam", encoding_format="base64")
    text = json.loads(raw.text if isinstance(raw.text, str) else raw.text())["data"][0]["embedding"]
    assert len(struct.unpack(f"<{EMBEDDING_DIMENSIONS}f", base64.b64decode(text))) == (
        EMBEDDING_DIMENSIONS)


def test_completions(client):
    answer = client.completions.create(model=DEMO_MODEL, prompt="Once upon a time", max_tokens=8)
    assert answer.object == "text_completion" and answer.choices[0].text
    assert 0 < answer.usage.completion_tokens <= 8


def test_streamed_completions(client):
    chunks = list(client.completions.create(
        model=DEMO_MODEL, prompt="Once upon a time", max_tokens=8, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices)


def test_models(client):
    listed = [model.id for model in client.models.list()]
    assert DEMO_MODEL in listed
    one = client.models.retrieve(DEMO_MODEL)
    assert (one.id, one.object) == (DEMO_MODEL, "model")
    assert one.created > 0 and one.owned_by


def test_wrong_key(product):
    with pytest.raises(openai.AuthenticationError) as caught:
        chat(client_of(product, "sk-this-is-no-key", max_retries=0))
    assert caught.value.code == "invalid_api_key"
    assert caught.value.request_id


def test_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="no-such-model", messages=QUESTION)
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such-model")


def test_wrong_type(client):
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, temperature="warm")
    assert caught.value.type == "invalid_request_error"
    assert caught.value.param == "temperature"


def test_too_long(client):
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, messages=[{"role": "user", "content": "water over the dam " * 20000}])
    assert caught.value.code == "context_length_exceeded"


def test_image_without_a_vision_model(client):
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, messages=[{"role": "user", "content": [picture]}])
    assert "image" in str(caught.value).lower()


def test_unknown_route(client):
    with pytest.raises(openai.NotFoundError):
        client.moderations.create(input="hello")


class Counting:
    """Counts what the package sends, its own retries included."""

    def __init__(self, product, key):
        self.requests = 0
        self.client = client_of(product, key)
        send = self.client._client.send

        def counted(*arguments, **options):
            self.requests += 1
            return send(*arguments, **options)

        self.client._client.send = counted


def test_no_money_is_not_retried(product, make_customer):
    poor = make_customer(credit=None)
    counting = Counting(product, poor.key)
    with pytest.raises(openai.RateLimitError) as caught:
        chat(counting.client)
    assert caught.value.code == "insufficient_quota"
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert counting.requests == 1


def test_too_many_requests_are_told_when(product, customer):
    customer.limit(requests=1)
    client = client_of(product, customer.key, max_retries=0)
    deadline = time.monotonic() + 60
    with pytest.raises(openai.RateLimitError) as caught:
        while time.monotonic() < deadline:
            chat(client, max_tokens=1)
    assert caught.value.code == "rate_limit_exceeded"
    headers = caught.value.response.headers
    assert float(headers["retry-after"]) > 0
    assert headers["x-ratelimit-limit-requests"] == "1"
    assert headers["x-ratelimit-remaining-requests"] == "0"


def test_limits_are_in_the_headers_of_a_stream(product, customer):
    customer.limit(requests=1000, tokens=100_000)
    client = client_of(product, customer.key)

    def limited():
        raw = client.chat.completions.with_streaming_response.create(
            model=DEMO_MODEL, messages=QUESTION, stream=True, max_tokens=1)
        with raw as answer:
            return answer.headers if "x-ratelimit-limit-tokens" in answer.headers else None

    deadline = time.monotonic() + 60
    headers = None
    while headers is None and time.monotonic() < deadline:
        headers = limited()
    assert headers["x-ratelimit-limit-requests"] == "1000"
    assert headers["x-ratelimit-limit-tokens"] == "100000"
    assert int(headers["x-ratelimit-remaining-tokens"]) < 100000


def test_a_revoked_key_is_refused_within_a_second(product, make_customer):
    # What else the machine does delays what has to be heard, the command's own end, and a request.
    seconds = []
    while min(seconds, default=math.inf) > 1 and len(seconds) < 3:
        one = make_customer()
        client = client_of(product, one.key, max_retries=0)
        chat(client, max_tokens=1)
        product.command("key", "revoke", one.key_id)
        seconds.append(seconds_until_refused(client))
    assert min(seconds) <= 1, seconds


def seconds_until_refused(client):
    """How long after now a request is still taken."""
    begin = taken = time.monotonic()
    while taken < begin + 60:
        asked = time.monotonic()
        try:
            chat(client, max_tokens=1)
        except openai.AuthenticationError:
            return taken - begin
        taken = asked
    raise AssertionError("the key is never refused")
