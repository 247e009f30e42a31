"""The Responses API with the unmodified `openai` package, the product and its demo model. About
20 s."""

import json
from decimal import Decimal

import openai
import pytest
from openai import OpenAI

from product import DEMO_MODEL, wait_for

QUESTION = "What is Spillway?"
WEATHER_TOOL = {
    "type": "function", "name": "get_weather", "description": "The weather of a city.",
    "strict": False,
    "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def client_of(product, key, **options):
    return OpenAI(
        base_url=f"http://127.0.0.1:{product.gateway_port}/v1", api_key=key, timeout=60, **options)


@pytest.fixture(scope="module")
def client(product):
    return client_of(product, product.ready["api_key"])


def create(client, **options):
    options.setdefault("input", QUESTION)
    options.setdefault("max_output_tokens", 24)
    options.setdefault("temperature", 0)
    return client.responses.create(model=DEMO_MODEL, **options)


def test_create(client):
    response = create(client, instructions="Be brief.", metadata={"team": "a"})
    assert response.object == "response" and response.id.startswith("resp_")
    assert response.model == DEMO_MODEL
    assert response.status in ("completed", "incomplete")
    assert response.output_text
    assert response.output[0].type == "message"
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert 0 < response.usage.output_tokens <= 24
    assert response.instructions == "Be brief." and response.metadata == {"team": "a"}
    assert response.store is True and response.previous_response_id is None
    assert response._request_id


def test_what_was_cut_is_incomplete(client):
    response = create(client, max_output_tokens=2)
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"


def test_stream_and_answer_agree(client):
    # To its own end: the package wants that of a stream.
    whole = create(client, max_output_tokens=512)
    with client.responses.stream(
        model=DEMO_MODEL, input=QUESTION, max_output_tokens=512, temperature=0
    ) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert "".join(deltas) == final.output_text == whole.output_text
    assert final.usage.output_tokens == whole.usage.output_tokens
    assert len(deltas) > 1


def test_same_money(product, make_customer):
    # Each asks twice: once for the prompt to be in its own part of the engine's cache.
    chat, responses = make_customer(), make_customer()
    for _ in range(2):
        one = client_of(product, chat.key).chat.completions.create(
            model=DEMO_MODEL, messages=[{"role": "user", "content": QUESTION}], max_tokens=24,
            temperature=0)
        other = create(client_of(product, responses.key))
    assert other.output_text == one.choices[0].message.content
    ours, theirs = wait_for(
        lambda: (len(chat.events()) == len(responses.events()) == 2)
        and (chat.events()[-1], responses.events()[-1]), "both are billed", 10)
    assert (ours["endpoint"], theirs["endpoint"]) == ("chat.completions", "responses")
    assert ours["billed"] == theirs["billed"]
    assert ours["amount"] == theirs["amount"] and Decimal(ours["amount"]) > 0
    assert one.usage.prompt_tokens == other.usage.input_tokens
    assert one.usage.completion_tokens == other.usage.output_tokens
    cached = theirs["billed"].get("cache_read_tokens", 0)
    assert other.usage.input_tokens_details.cached_tokens == cached > 0


def test_an_engine_that_dies_is_an_error_in_the_stream(product, client, start_mock):
    engine = start_mock(chunks=5000, delay=20)
    product.add_mock_model("dying-responses", engine)
    kinds = []
    for event in client.responses.create(
            model="dying-responses", input=QUESTION, max_output_tokens=4096, stream=True):
        kinds.append(event.type)
        if kinds.count("response.output_text.delta") == 5:
            engine.close()
    assert kinds.count("response.output_text.delta") >= 5
    assert kinds[-1] == "error" and "response.completed" not in kinds
    assert event.code == "engine_failed" and event.message


def test_a_tool_is_called_and_its_result_is_read(client):
    question = {"role": "user", "content": "What is the weather in Berlin?"}
    first = create(
        client, tools=[WEATHER_TOOL], tool_choice="required", max_output_tokens=128,
        input=[question])
    call = next(item for item in first.output if item.type == "function_call")
    assert call.name == "get_weather" and call.call_id
    json.loads(call.arguments)
    second = create(
        client, tools=[WEATHER_TOOL], input=[
            question, call,
            {"type": "function_call_output", "call_id": call.call_id, "output": "Sunny."}])
    assert second.output


def test_a_format_is_kept(client):
    response = create(client, max_output_tokens=96, text={"format": {
        "type": "json_schema", "name": "answer", "strict": True, "schema": {
            "type": "object", "properties": {"n": {"type": "integer", "maximum": 9}},
            "required": ["n"], "additionalProperties": False}}})
    assert isinstance(json.loads(response.output_text)["n"], int)


@pytest.mark.parametrize("options, parameter", [
    ({"conversation": "conv_1"}, "conversation"),
    ({"background": True}, "background"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
])
def test_what_is_not_offered_is_refused_by_name(client, options, parameter):
    with pytest.raises(openai.BadRequestError) as caught:
        create(client, **options)
    assert caught.value.param == parameter and caught.value.code == "unsupported"


SECRET = "My favourite number is 7421."


def test_a_response_is_kept_until_it_is_deleted(client):
    made = create(client, input=SECRET, metadata={"a": "b"})
    again = client.responses.retrieve(made.id)
    assert again.to_dict() == made.to_dict()
    (item,) = client.responses.input_items.list(made.id)
    assert item.role == "user" and item.content[0].text == SECRET and item.id
    client.responses.delete(made.id)
    for call in (client.responses.retrieve, client.responses.delete,
                 client.responses.input_items.list):
        with pytest.raises(openai.NotFoundError):
            call(made.id)
    with pytest.raises(openai.BadRequestError) as caught:
        create(client, previous_response_id=made.id)
    assert caught.value.param == "previous_response_id"


@pytest.mark.parametrize("streaming", [False, True])
def test_a_conversation_of_three(client, streaming):
    def ask(text, previous):
        options = {"input": text, "max_output_tokens": 16, "temperature": 0,
                   "model": DEMO_MODEL, "previous_response_id": previous}
        if not streaming:
            return client.responses.create(**options)
        events = list(client.responses.create(**options, stream=True))
        return events[-1].response

    one = ask("What is Spillway?", None)
    two = ask("How am I billed?", one.id)
    three = ask("And then?", two.id)
    assert three.previous_response_id == two.id
    items = list(client.responses.input_items.list(three.id, order="asc", limit=2))
    assert [item.role for item in items] == ["user", "assistant", "user", "assistant", "user"]
    assert items[0].content[0].text == "What is Spillway?"
    assert items[1].content[0].text == one.output_text
    assert items[-1].content[0].text == "And then?"
    newest = client.responses.input_items.list(three.id, limit=1)
    assert newest.data[0].content[0].text == "And then?" and newest.has_more
    # The same conversation, sent whole, is the same prompt.
    whole = create(client, max_output_tokens=16, store=False, input=[
        {"role": "user", "content": "What is Spillway?"},
        {"role": "assistant", "content": one.output_text},
        {"role": "user", "content": "How am I billed?"},
        {"role": "assistant", "content": two.output_text},
        {"role": "user", "content": "And then?"}])
    assert whole.usage.input_tokens == three.usage.input_tokens
    assert whole.output_text == three.output_text
    counted = client.responses.input_tokens.count(
        model=DEMO_MODEL, input="And then?", previous_response_id=two.id)
    assert counted.input_tokens == three.usage.input_tokens


def test_nothing_is_kept_of_what_is_not_to_be(client):
    made = create(client, store=False)
    assert made.store is False
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)


def test_a_response_is_its_projects_own(product, client, make_customer):
    made = create(client, input=SECRET)
    other = client_of(product, make_customer().key)
    with pytest.raises(openai.NotFoundError):
        other.responses.retrieve(made.id)
    with pytest.raises(openai.NotFoundError):
        other.responses.delete(made.id)
    with pytest.raises(openai.BadRequestError):
        create(other, previous_response_id=made.id)
    assert client.responses.retrieve(made.id).id == made.id


def test_what_was_answered_outlives_a_crash(own_product):
    own_product.start()
    client = client_of(own_product, own_product.ready["api_key"], max_retries=8)
    made = [create(client, input=f"{SECRET} {number}") for number in range(5)]
    own_product.kill("control")
    own_product.kill("gateway")
    wait_for(own_product.serves, "it serves again", 60)
    for number, response in enumerate(made):
        kept = client.responses.retrieve(response.id)
        assert kept.output_text == response.output_text
    assert create(client, previous_response_id=made[0].id).previous_response_id == made[0].id
    own_product.settle()
    own_product.stop()
    code, text = own_product.verify()
    assert code == 0, text


def test_an_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(model="nowhere", input="hi")
    assert caught.value.code == "model_not_found"


def test_a_wrong_key(product):
    with pytest.raises(openai.AuthenticationError):
        create(client_of(product, "sk-" + "0" * 48))
