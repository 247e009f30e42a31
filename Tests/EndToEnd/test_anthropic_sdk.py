"""The unmodified `anthropic` package against the product and its demo model. About 20 s."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Literal

import anthropic
import jsonschema
import pydantic
import pytest
from anthropic import Anthropic
from openai import OpenAI

from product import DEMO_MODEL, wait_for

QUESTION = [{"role": "user", "content": "What is Spillway?"}]
WEATHER_TOOL = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
    },
}


def client_of(product, key, **options):
    options.setdefault("timeout", 60)
    return Anthropic(base_url=f"http://127.0.0.1:{product.gateway_port}", api_key=key, **options)


@pytest.fixture(scope="module")
def client(product):
    return client_of(product, product.ready["api_key"])


# Newer versions of the package have no parameter for it any more; the dialect still does.
COLD = {"extra_body": {"temperature": 0}}


def create(client, **options):
    options.setdefault("messages", QUESTION)
    options.setdefault("max_tokens", 24)
    return client.messages.create(model=DEMO_MODEL, **options)


def test_create(client):
    message = create(client)
    assert message.type == "message" and message.role == "assistant"
    assert message.model == DEMO_MODEL and message.id.startswith("msg_")
    assert message.content[0].type == "text" and message.content[0].text
    assert message.stop_reason in ("end_turn", "max_tokens")
    assert 0 < message.usage.output_tokens <= 24
    assert message._request_id


def test_stream_and_answer_agree(client):
    whole = create(client, **COLD)
    with client.messages.stream(
        model=DEMO_MODEL, messages=QUESTION, max_tokens=24, **COLD
    ) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == final.content[0].text == whole.content[0].text
    assert final.stop_reason == whole.stop_reason
    assert final.usage.output_tokens == whole.usage.output_tokens


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "get_weather"}])
def test_tools(client, choice):
    question = [{"role": "user", "content": "What is the weather in Berlin?"}]
    options = {"tools": [WEATHER_TOOL], "tool_choice": choice, **COLD}
    message = create(client, messages=question, max_tokens=128, **options)
    call = next(block for block in message.content if block.type == "tool_use")
    assert call.name == "get_weather" and call.id and isinstance(call.input, dict)
    assert message.stop_reason == "tool_use"
    with client.messages.stream(
        model=DEMO_MODEL, messages=question, max_tokens=128, **options
    ) as stream:
        streamed = stream.get_final_message()
    assert [block.type for block in streamed.content] == [block.type for block in message.content]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "7 degrees"}
    answer = create(client, tools=[WEATHER_TOOL], messages=question + [
        {"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}])
    assert answer.content


class Verdict(pydantic.BaseModel):
    verdict: Literal["yes", "no"]
    reasons: list[Literal["cheap", "fast", "near"]]


VERDICT = {
    "type": "object", "required": ["verdict", "score"], "additionalProperties": False,
    "properties": {
        "verdict": {"enum": ["yes", "no"]}, "score": {"type": "integer", "maximum": 9}}}


def test_an_answer_holds_to_its_schema(client):
    """The demo model knows nothing of JSON: what comes is the schema's doing."""
    config = {"format": {"type": "json_schema", "schema": VERDICT}, "effort": "low"}
    message = create(client, max_tokens=64, output_config=config, **COLD)
    jsonschema.validate(json.loads(message.content[0].text), VERDICT)
    assert message.stop_reason == "end_turn"
    # The form of the beta.
    older = create(client, max_tokens=64, extra_body={
        "temperature": 0, "output_format": config["format"]})
    assert older.content == message.content
    with client.messages.stream(
        model=DEMO_MODEL, messages=QUESTION, max_tokens=64, output_config=config, **COLD
    ) as stream:
        assert stream.get_final_text() == message.content[0].text
    with pytest.raises(anthropic.BadRequestError, match="output_config.format"):
        create(client, output_config={"format": {"type": "xml", "schema": {}}})


def test_answers_are_parsed_by_the_package(client):
    options = {"model": DEMO_MODEL, "messages": QUESTION, "max_tokens": 64, **COLD}
    parsed = client.messages.parse(output_format=Verdict, **options).parsed_output
    assert isinstance(parsed, Verdict)
    with client.messages.stream(output_format=Verdict, **options) as stream:
        assert stream.get_final_message().parsed_output == parsed


@pytest.mark.parametrize("strict", [True, False])
def test_a_tool_is_called_as_its_schema_says(client, strict):
    tool = {**WEATHER_TOOL, "strict": strict, "input_schema": VERDICT}
    options = {
        "messages": [{"role": "user", "content": "What is the weather in Berlin?"}],
        "tools": [tool], "tool_choice": {"type": "any"}, **COLD}
    message = create(client, max_tokens=128, **options)
    call = next(block for block in message.content if block.type == "tool_use")
    jsonschema.validate(call.input, VERDICT)
    with pytest.raises(anthropic.BadRequestError, match="output_config.format.*calls none"):
        create(client, output_config={"format": {"type": "json_schema", "schema": {}}}, **options)


def test_count_tokens_is_what_an_answer_reads(client):
    counted = client.messages.count_tokens(
        model=DEMO_MODEL, messages=QUESTION, system="Be brief.").input_tokens
    usage = create(client, system="Be brief.", max_tokens=1).usage
    assert counted == usage.input_tokens + usage.cache_read_input_tokens > 0


def test_models(client):
    assert DEMO_MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(DEMO_MODEL).type == "model"


def test_stream_events(client):
    events = client.messages.create(
        model=DEMO_MODEL, messages=QUESTION, max_tokens=8, stream=True)
    kinds = [event.type for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[2:-3] == ["content_block_delta"] * len(kinds[2:-3])
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_system_blocks_with_cache_markers(client):
    system = [{"type": "text", "text": "Answer in one sentence. " * 30,
               "cache_control": {"type": "ephemeral"}}]
    for _ in range(8):
        usage = create(client, system=system, max_tokens=4).usage
        if usage.cache_read_input_tokens:
            break
    # The cache's tokens are counted beside the others, not among them.
    assert usage.cache_read_input_tokens > usage.input_tokens > 0
    assert usage.cache_creation_input_tokens == 0


def test_pictures_are_refused_by_a_model_that_takes_none(client):
    picture = {"type": "image", "source": {
        "type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    with pytest.raises(anthropic.BadRequestError, match="does not read images"):
        create(client, messages=[{"role": "user", "content": [picture]}])


def both_dialects(product, chat, messages, streaming):
    """The usage that each client is told of one conversation."""
    openai = OpenAI(base_url=f"http://127.0.0.1:{product.gateway_port}/v1", api_key=chat.key)
    options = {"model": DEMO_MODEL, "messages": QUESTION, "max_tokens": 24}
    anthropic_client = client_of(product, messages.key)
    if not streaming:
        return (openai.chat.completions.create(**options, temperature=0).usage,
                anthropic_client.messages.create(**options, **COLD).usage)
    chunks = list(openai.chat.completions.create(
        **options, temperature=0, stream=True, stream_options={"include_usage": True}))
    with anthropic_client.messages.stream(**options, **COLD) as stream:
        return chunks[-1].usage, stream.get_final_message().usage


@pytest.mark.parametrize("streaming", [False, True])
def test_same_money(product, make_customer, streaming):
    # Each asks twice: once for the prompt to be in its own part of the engine's cache.
    chat, messages = make_customer(), make_customer()
    for _ in range(2):
        one, other = both_dialects(product, chat, messages, streaming)
    ours, theirs = wait_for(
        lambda: (len(chat.events()) == len(messages.events()) == 2)
        and (chat.events()[-1], messages.events()[-1]), "both are billed", 10)
    assert (ours["endpoint"], theirs["endpoint"]) == ("chat.completions", "messages")
    assert ours["billed"] == theirs["billed"]
    assert ours["amount"] == theirs["amount"] and Decimal(ours["amount"]) > 0
    # Each dialect's own definition of the same tokens.
    billed = theirs["billed"]
    cached = billed.get("cache_read_tokens", 0)
    assert one.prompt_tokens_details.cached_tokens == other.cache_read_input_tokens == cached > 0
    assert one.prompt_tokens == other.input_tokens + cached
    assert other.input_tokens == billed["input_tokens"]
    assert one.completion_tokens == other.output_tokens == billed["output_tokens"]


def test_an_engine_that_dies_is_an_error_in_the_stream(product, client, start_mock):
    engine = start_mock(chunks=5000, delay=20)
    product.add_mock_model("dying", engine)
    words = 0
    with pytest.raises(anthropic.APIStatusError) as caught:
        with client.messages.stream(model="dying", messages=QUESTION, max_tokens=4096) as stream:
            for _ in stream.text_stream:
                words += 1
                if words == 5:
                    engine.close()
    assert words >= 5
    assert caught.value.body["error"]["type"] == "api_error"


def test_a_limit_is_told_and_when_it_is_over(product, make_customer):
    customer = make_customer()
    customer.limit(requests=1)
    client = client_of(product, customer.key, max_retries=0)

    def limited():
        told = client.messages.with_raw_response.create(
            model=DEMO_MODEL, messages=QUESTION, max_tokens=1).headers
        return "anthropic-ratelimit-requests-limit" in told and told

    told = wait_for(limited, "the gateway knows the limit", 30)
    assert told["anthropic-ratelimit-requests-limit"] == "1"
    assert told["anthropic-ratelimit-requests-remaining"] == "0"
    assert datetime.fromisoformat(told["anthropic-ratelimit-requests-reset"])
    with pytest.raises(anthropic.RateLimitError) as caught:
        create(client)
    assert 0 < int(caught.value.response.headers["retry-after"]) <= 61
    assert caught.value.body["error"]["type"] == "rate_limit_error"


def test_a_bearer_token_is_a_key_too(product):
    client = Anthropic(
        base_url=f"http://127.0.0.1:{product.gateway_port}",
        auth_token=product.ready["api_key"], api_key=None)
    assert create(client, max_tokens=1).content


def test_errors(product, client):
    with pytest.raises(anthropic.AuthenticationError):
        create(client_of(product, "sk-this-is-no-key", max_retries=0))
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="no-such-model", max_tokens=1, messages=QUESTION)
    with pytest.raises(anthropic.BadRequestError) as caught:
        create(client, extra_body={"temperature": "warm"})
    assert caught.value.body["error"]["message"].startswith("temperature:")
    assert caught.value.request_id


def test_no_money_is_not_retried(product, make_customer):
    client = client_of(product, make_customer(credit=None).key)
    with pytest.raises(anthropic.APIStatusError) as caught:
        create(client)
    assert caught.value.status_code == 402
    assert caught.value.body["error"]["type"] == "billing_error"
    assert caught.value.response.headers["x-should-retry"] == "false"


def test_a_client_that_does_not_wait(client):
    with pytest.raises(anthropic.APITimeoutError):
        create(client.with_options(timeout=0.001, max_retries=0))
