"""A model that takes pictures and thinks, by the vendors' own packages in all their dialects: the
picture arrives, and tokens are billed as the engine reports them. About 10 s."""

import base64

import anthropic
import boto3
import pytest
from botocore.config import Config
from openai import OpenAI

from product import DEMO_MODEL, LIMIT_SECONDS, wait_for
from seeing_engine import SeeingEngine

MODEL = "seer"
PICTURE = base64.b64decode("iVBORw0KGgo=")
INLINE = "data:image/png;base64,iVBORw0KGgo="
BILLED = {"input_tokens": 1200, "cache_read_tokens": 5, "cache_write_tokens": 0,
          "output_tokens": 10, "reasoning_tokens": 20, "embedding_tokens": 0}


@pytest.fixture(scope="module")
def engine(product):
    engine = SeeingEngine()
    product.command(
        "model", "add", MODEL, "--url", f"http://127.0.0.1:{engine.port}/v1", "--price-as",
        DEMO_MODEL, "--can", "chat", "--can", "images", "--context-length", "8192")
    wait_for(
        lambda: any(
            model["name"] == MODEL and model["state"] == "ready"
            for model in product.command("model", "list")),
        "the model is ready", LIMIT_SECONDS, every=0.2)
    yield engine
    engine.close()


def openai_of(product, customer):
    return OpenAI(base_url=f"{product.gateway_url}/v1", api_key=customer.key)


def ask_chat(product, customer, streams):
    content = [{"type": "text", "text": "What is it?"},
               {"type": "image_url", "image_url": {"url": INLINE}}]
    options = {"stream": True, "stream_options": {"include_usage": True}} if streams else {}
    answer = openai_of(product, customer).chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": content}], **options)
    usage = list(answer)[-1].usage if streams else answer.usage
    return usage.prompt_tokens, usage.completion_tokens


def ask_responses(product, customer, streams):
    content = [{"type": "input_text", "text": "What is it?"},
               {"type": "input_image", "image_url": INLINE, "detail": "auto"}]
    answer = openai_of(product, customer).responses.create(
        model=MODEL, input=[{"role": "user", "content": content}], stream=streams, store=False)
    usage = (list(answer)[-1].response if streams else answer).usage
    assert usage.output_tokens_details.reasoning_tokens == 20
    return usage.input_tokens, usage.output_tokens


def ask_messages(product, customer, streams):
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    content = [{"type": "text", "text": "What is it?"}, {"type": "image", "source": source}]
    client = anthropic.Anthropic(base_url=product.gateway_url, api_key=customer.key)
    options = {"model": MODEL, "max_tokens": 100,
               "messages": [{"role": "user", "content": content}]}
    if streams:
        with client.messages.stream(**options) as stream:
            usage = stream.get_final_message().usage
    else:
        usage = client.messages.create(**options).usage
    return usage.input_tokens + usage.cache_read_input_tokens, usage.output_tokens


def ask_converse(product, customer, streams):
    made = product.command("key", "create", "--project", customer.project, "--aws")
    wait_for(lambda: product.knows(made["key"]), "the gateway knows the new key", 30)
    client = boto3.Session(
        aws_access_key_id=made["aws_access_key_id"],
        aws_secret_access_key=made["aws_secret_access_key"],
    ).client(
        "bedrock-runtime", region_name="us-east-1", endpoint_url=product.gateway_url,
        config=Config(retries={"total_max_attempts": 1}))
    picture = {"image": {"format": "png", "source": {"bytes": PICTURE}}}
    options = {"modelId": MODEL, "messages": [
        {"role": "user", "content": [{"text": "What is it?"}, picture]}]}
    if streams:
        events = list(client.converse_stream(**options)["stream"])
        text = [event["contentBlockDelta"]["delta"] for event in events
                if "contentBlockDelta" in event]
        assert text == [{"reasoningContent": {"text": "Fur."}}, {"text": "A cat."}]
        usage = events[-1]["metadata"]["usage"]
    else:
        answer = client.converse(**options)
        blocks = answer["output"]["message"]["content"]
        assert blocks[0]["reasoningContent"]["reasoningText"]["text"] == "Fur."
        assert blocks[1] == {"text": "A cat."}
        usage = answer["usage"]
    return usage["inputTokens"] + usage["cacheReadInputTokens"], usage["outputTokens"]


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("ask", [ask_chat, ask_responses, ask_messages, ask_converse])
def test_a_picture_arrives_and_is_billed(product, engine, customer, ask, streams):
    assert ask(product, customer, streams) == (1205, 30)
    assert engine.pictures() == [INLINE]
    event = wait_for(customer.events, "it is billed", 10)[0]
    assert event["billed"] == BILLED


def test_one_answer_costs_the_same_in_all_dialects(product, engine, make_customer):
    amounts = set()
    for ask in (ask_chat, ask_responses, ask_messages, ask_converse):
        customer = make_customer()
        ask(product, customer, False)
        amounts.add(wait_for(customer.events, "it is billed", 10)[0]["amount"])
    assert len(amounts) == 1
