"""The unmodified `boto3` package, with a bearer key, against the product and its demo model. It
sends such a key over TLS alone. About 20 s."""

import json
import subprocess
from decimal import Decimal

import boto3
import jsonschema
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from openai import DefaultHttpxClient, OpenAI

from product import DEMO_MODEL, Product, wait_for

QUESTION = [{"role": "user", "content": [{"text": "What is Spillway?"}]}]
PLAIN_QUESTION = [{"role": "user", "content": "What is Spillway?"}]
COLD = {"maxTokens": 24, "temperature": 0}
WEATHER_TOOL = {
    "toolSpec": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "inputSchema": {
            "json": {
                "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
            }
        },
    }
}


@pytest.fixture(scope="module")
def product(module_folder):
    certificate, key = module_folder / "certificate.pem", module_folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=spillway", "-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate),
         "-keyout", str(key)], check=True, capture_output=True)
    product = Product(module_folder / "data", certificate=(certificate, key))
    try:
        product.start()
        yield product
    finally:
        product.close()


@pytest.fixture
def client_of(product, monkeypatch):
    """A client is switched to us by an address and a key alone."""

    def make(key):
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", key)
        return boto3.Session().client(
            "bedrock-runtime", region_name="us-east-1",
            endpoint_url=product.gateway_url, verify=str(product.certificate[0]),
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60))

    return make


@pytest.fixture
def client(product, client_of):
    return client_of(product.ready["api_key"])


def converse(client, **options):
    options.setdefault("messages", QUESTION)
    options.setdefault("inferenceConfig", COLD)
    return client.converse(modelId=DEMO_MODEL, **options)


def stream(client, **options):
    options.setdefault("messages", QUESTION)
    options.setdefault("inferenceConfig", COLD)
    answer = client.converse_stream(modelId=DEMO_MODEL, **options)
    return [next(iter(event.items())) for event in answer["stream"]]


def test_converse(client):
    answer = converse(
        client, system=[{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        serviceTier={"type": "priority"}, requestMetadata={"team": "a"})
    message = answer["output"]["message"]
    assert message["role"] == "assistant" and message["content"][0]["text"]
    assert answer["stopReason"] in ("end_turn", "max_tokens")
    usage = answer["usage"]
    assert usage["totalTokens"] == sum(
        usage[name] for name in (
            "inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"))
    assert 0 < usage["outputTokens"] <= 24
    assert answer["metrics"]["latencyMs"] > 0
    assert answer["serviceTier"] == {"type": "default"}
    assert answer["ResponseMetadata"]["RequestId"].startswith("req_")


def test_stream_and_answer_agree(client):
    whole = converse(client)
    events = stream(client)
    assert [name for name, _ in events if name != "contentBlockDelta"] == [
        "messageStart", "contentBlockStop", "messageStop", "metadata"]
    text = "".join(e["delta"]["text"] for name, e in events if name == "contentBlockDelta")
    assert text == whole["output"]["message"]["content"][0]["text"]
    ending = dict(events)
    assert ending["messageStop"]["stopReason"] == whole["stopReason"]
    assert ending["metadata"]["usage"]["outputTokens"] == whole["usage"]["outputTokens"]
    assert ending["metadata"]["metrics"]["latencyMs"] > 0


VERDICT = {
    "type": "object", "required": ["verdict", "score"], "additionalProperties": False,
    "properties": {
        "verdict": {"enum": ["yes", "no"]}, "score": {"type": "integer", "maximum": 9}}}


def test_an_answer_holds_to_its_schema(client):
    limit = {"maxTokens": 64, "temperature": 0}
    answer = converse(client, inferenceConfig=limit, outputConfig={
        "effort": "low",
        "textFormat": {"type": "json_schema", "structure": {
            "jsonSchema": {"name": "verdict", "schema": json.dumps(VERDICT)}}}})
    jsonschema.validate(json.loads(answer["output"]["message"]["content"][0]["text"]), VERDICT)
    assert answer["stopReason"] == "end_turn"
    body = json.loads(client.invoke_model(modelId=DEMO_MODEL, body=json.dumps({
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 64, "temperature": 0,
        "messages": PLAIN_QUESTION,
        "output_config": {"format": {"type": "json_schema", "schema": VERDICT}}}))["body"].read())
    jsonschema.validate(json.loads(body["content"][0]["text"]), VERDICT)


@pytest.mark.parametrize("choice", [{"any": {}}, {"tool": {"name": "get_weather"}}])
def test_tools(client, choice):
    question = [{"role": "user", "content": [{"text": "What is the weather in Berlin?"}]}]
    options = {
        "messages": question, "toolConfig": {"tools": [WEATHER_TOOL], "toolChoice": choice},
        "inferenceConfig": {"maxTokens": 128, "temperature": 0},
    }
    answer = converse(client, **options)
    message = answer["output"]["message"]
    call = next(block["toolUse"] for block in message["content"] if "toolUse" in block)
    assert call["name"] == "get_weather" and isinstance(call["input"], dict)
    assert answer["stopReason"] == "tool_use"
    events = stream(client, **options)
    starts = [e["start"]["toolUse"] for name, e in events if name == "contentBlockStart"]
    assert starts[0]["name"] == "get_weather"
    arguments = "".join(
        e["delta"]["toolUse"]["input"] for name, e in events
        if name == "contentBlockDelta" and "toolUse" in e["delta"])
    assert isinstance(json.loads(arguments), dict)
    result = {"toolUseId": call["toolUseId"], "content": [{"json": {"degrees": 7}}]}
    answer = converse(
        client, toolConfig={"tools": [WEATHER_TOOL]}, messages=question + [
            message, {"role": "user", "content": [{"toolResult": result}]}])
    assert answer["output"]["message"]["content"]


def test_document(client):
    document = {"format": "txt", "name": "note", "source": {"bytes": "Spillway is öpen.".encode()}}
    content = [{"text": "What does it say?"}, {"document": document}]
    answer = converse(client, messages=[{"role": "user", "content": content}])
    assert answer["usage"]["outputTokens"] > 0


def test_invoke_model(client):
    native = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 24, "temperature": 0,
              "messages": PLAIN_QUESTION}
    answer = client.invoke_model(modelId=DEMO_MODEL, body=json.dumps(native))
    message = json.loads(answer["body"].read())
    assert message["type"] == "message" and message["content"][0]["text"]
    streamed = client.invoke_model_with_response_stream(modelId=DEMO_MODEL, body=json.dumps(native))
    events = [json.loads(event["chunk"]["bytes"]) for event in streamed["body"]]
    assert [events[0]["type"], events[-1]["type"]] == ["message_start", "message_stop"]
    metrics = events[-1]["amazon-bedrock-invocationMetrics"]
    assert metrics["outputTokenCount"] == message["usage"]["output_tokens"]
    chat = {"messages": PLAIN_QUESTION, "max_tokens": 24, "temperature": 0}
    answer = client.invoke_model(modelId=DEMO_MODEL, body=json.dumps(chat))
    whole = json.loads(answer["body"].read())
    assert whole["choices"][0]["message"]["content"] == message["content"][0]["text"]
    streamed = client.invoke_model_with_response_stream(modelId=DEMO_MODEL, body=json.dumps(chat))
    chunks = [json.loads(event["chunk"]["bytes"]) for event in streamed["body"]]
    text = "".join(
        choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    assert text == message["content"][0]["text"]
    assert chunks[-1]["usage"]["completion_tokens"] == whole["usage"]["completion_tokens"]


def test_count_tokens_is_what_an_answer_reads(client):
    counted = client.count_tokens(
        modelId=DEMO_MODEL, input={"converse": {"messages": QUESTION}})["inputTokens"]
    usage = converse(client)["usage"]
    assert counted == usage["inputTokens"] + usage["cacheReadInputTokens"] > 0


def test_an_arn_names_a_model(client):
    arn = f"arn:aws:bedrock:us-east-1::foundation-model/{DEMO_MODEL}"
    assert client.converse(modelId=arn, messages=QUESTION, inferenceConfig=COLD)["output"]


def openai_usage(product, key, streaming):
    client = OpenAI(
        base_url=f"{product.gateway_url}/v1", api_key=key,
        http_client=DefaultHttpxClient(verify=product.trust()))
    options = {"stream_options": {"include_usage": True}} if streaming else {}
    answer = client.chat.completions.create(
        model=DEMO_MODEL, messages=PLAIN_QUESTION, max_tokens=24, temperature=0, stream=streaming,
        **options)
    return [chunk for chunk in answer][-1].usage if streaming else answer.usage


@pytest.mark.parametrize("streaming", [False, True])
def test_same_money(product, client_of, make_customer, streaming):
    # Each asks twice: once for the prompt to be in its own part of the engine's cache.
    chat, bedrock = make_customer(), make_customer()
    client = client_of(bedrock.key)
    for _ in range(2):
        one = openai_usage(product, chat.key, streaming)
        other = dict(stream(client))["metadata"] if streaming else converse(client)
    ours, theirs = wait_for(
        lambda: (len(chat.events()) == len(bedrock.events()) == 2)
        and (chat.events()[-1], bedrock.events()[-1]), "both are billed", 10)
    assert (ours["endpoint"], theirs["endpoint"]) == ("chat.completions", "converse")
    assert ours["billed"] == theirs["billed"]
    assert ours["amount"] == theirs["amount"] and Decimal(ours["amount"]) > 0
    # Each dialect's own definition of the same tokens.
    billed, usage = theirs["billed"], other["usage"]
    cached = billed.get("cache_read_tokens", 0)
    assert one.prompt_tokens_details.cached_tokens == usage["cacheReadInputTokens"] == cached > 0
    assert one.prompt_tokens == usage["inputTokens"] + cached
    assert usage["inputTokens"] == billed["input_tokens"]
    assert one.completion_tokens == usage["outputTokens"] == billed["output_tokens"]
    assert one.total_tokens == usage["totalTokens"]


def signing_client(product, access_key, secret, token=None):
    return boto3.Session(
        aws_access_key_id=access_key, aws_secret_access_key=secret, aws_session_token=token,
    ).client(
        "bedrock-runtime", region_name="eu-central-1", endpoint_url=product.gateway_url,
        verify=str(product.certificate[0]), config=Config(retries={"total_max_attempts": 1}))


def test_signed_requests(product, make_customer, monkeypatch):
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    customer = make_customer()
    made = product.command("key", "create", "--project", customer.project, "--aws")
    pair = made["aws_access_key_id"], made["aws_secret_access_key"]
    wait_for(lambda: product.knows(made["key"]), "the gateway knows the new key", 30)
    client = signing_client(product, *pair)
    assert converse(client)["output"]["message"]["content"]
    assert dict(stream(client))["metadata"]["usage"]["outputTokens"] > 0
    # What stands encoded in the address is encoded once more for the signature.
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{DEMO_MODEL}"
    assert client.converse(modelId=arn, messages=QUESTION, inferenceConfig=COLD)["output"]
    native = {"messages": PLAIN_QUESTION, "max_tokens": 4}
    assert client.invoke_model(modelId=DEMO_MODEL, body=json.dumps(native))["body"].read()
    wait_for(lambda: len(customer.events()) == 4, "signed requests are billed", 10)
    for refused, code in [
        (signing_client(product, pair[0], "0" * 64), "InvalidSignatureException"),
        (signing_client(product, "AKIDEXAMPLE", pair[1]), "UnrecognizedClientException"),
        (signing_client(product, *pair, token="token"), "UnrecognizedClientException"),
    ]:
        with pytest.raises(ClientError) as caught:
            converse(refused)
        assert caught.value.response["Error"]["Code"] == code
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    product.command("key", "revoke", made["id"])
    wait_for(lambda: not product.knows(made["key"]), "the key is revoked", 30)
    with pytest.raises(ClientError):
        converse(client)
    assert len(customer.events()) == 4


def test_errors(client, client_of, make_customer):
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.converse(modelId="no-such-model", messages=QUESTION)
    with pytest.raises(client.exceptions.ValidationException) as caught:
        converse(client, inferenceConfig={"temperature": 1.5})
    assert "inferenceConfig.temperature" in caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["RequestId"]
    stranger = client_of("sk-this-is-no-key")
    with pytest.raises(stranger.exceptions.AccessDeniedException):
        converse(stranger)
    poor = client_of(make_customer(credit=None).key)
    with pytest.raises(poor.exceptions.ServiceQuotaExceededException):
        converse(poor)


def test_an_engine_that_is_cut_raises(product, client, start_mock):
    engine = start_mock()
    product.add_mock_model("cut-model", engine)
    answer = client.converse_stream(
        modelId="cut-model", messages=QUESTION, inferenceConfig={"maxTokens": 100_000})
    with pytest.raises(EventStreamError) as caught:
        for index, _ in enumerate(answer["stream"]):
            if index == 3:
                engine.close()
    assert caught.value.response["Error"]["Code"] == "modelStreamErrorException"
