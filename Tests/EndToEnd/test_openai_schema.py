"""Every answer in OpenAI's dialect against OpenAI's own schemas, byte for byte as it comes. About
20 s.

What an engine made is handed on as it is: what it leaves out of the schemas is listed here, and
filled in before the comparison. What Spillway makes itself has no such list.
"""

import gzip
import json
import urllib.error
import urllib.request

import pytest
from jsonschema import Draft202012Validator

from product import DEMO_MODEL, ROOT, wait_for

EMBEDDING_MODEL = "demo-embed"
QUESTION = [{"role": "user", "content": "What is Spillway?"}]
TOOLS = [{
    "type": "function", "function": {
        "name": "get_weather", "description": "The weather of a city.",
        "parameters": {
            "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
}]
RESPONSES_TOOLS = [{"type": "function", **TOOLS[0]["function"], "strict": False}]

# The engine says nothing of refusals and of probabilities that were not asked for.
OMISSIONS = {
    "message": {"refusal": None},
    "choice": {"logprobs": None},
}


@pytest.fixture(scope="module")
def schemas():
    path = ROOT / "Tests" / "Fixtures" / "openai-openapi" / "schemas.json.gz"
    return json.loads(gzip.decompress(path.read_bytes()))


def check(schemas, name, value):
    schema = {"$ref": f"#/components/schemas/{name}", **schemas}
    errors = sorted(Draft202012Validator(schema).iter_errors(value), key=lambda e: list(e.path))
    shown = [f"{list(error.path)}: {error.message[:300]}" for error in errors]
    assert not errors, "\n".join(shown) + "\n" + json.dumps(value)[:2000]


@pytest.fixture(scope="module")
def post(product):
    def call(path, body=None, key=product.ready["api_key"]):
        request = urllib.request.Request(
            f"http://127.0.0.1:{product.gateway_port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {key}", "content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
    return call


def filled(body):
    for choice in body["choices"]:
        for key, value in OMISSIONS["choice"].items():
            choice.setdefault(key, value)
        for key, value in OMISSIONS["message"].items():
            if "message" in choice:
                choice["message"].setdefault(key, value)
    return body


def events(text):
    """The events of a stream: names (None where there are none) and data."""
    found = []
    for block in text.strip().split("\n\n"):
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        name = next((line[7:] for line in lines if line.startswith("event: ")), None)
        data = next((line[6:] for line in lines if line.startswith("data: ")), None)
        if data is not None:
            found.append((name, data))
    return found


@pytest.mark.parametrize("options", [
    {}, {"n": 2}, {"tools": TOOLS, "tool_choice": "required"},
    {"response_format": {"type": "json_object"}},
])
def test_chat(post, schemas, options):
    status, text = post(
        "/v1/chat/completions",
        {"model": DEMO_MODEL, "messages": QUESTION, "max_tokens": 24, **options})
    assert status == 200, text
    check(schemas, "CreateChatCompletionResponse", filled(json.loads(text)))


@pytest.mark.parametrize("options", [{}, {"tools": TOOLS, "tool_choice": "required"}])
def test_chat_stream(post, schemas, options):
    status, text = post(
        "/v1/chat/completions",
        {"model": DEMO_MODEL, "messages": QUESTION, "max_tokens": 24, "stream": True,
         "stream_options": {"include_usage": True}, **options})
    assert status == 200, text
    found = events(text)
    assert found[-1] == (None, "[DONE]") and len(found) > 3
    for _, data in found[:-1]:
        check(schemas, "CreateChatCompletionStreamResponse", json.loads(data))


def test_completion(post, schemas):
    status, text = post(
        "/v1/completions", {"model": DEMO_MODEL, "prompt": "Spillway is", "max_tokens": 8})
    assert status == 200, text
    check(schemas, "CreateCompletionResponse", filled(json.loads(text)))


def test_models(post, schemas):
    status, text = post("/v1/models")
    assert status == 200
    check(schemas, "ListModelsResponse", json.loads(text))
    status, text = post(f"/v1/models/{DEMO_MODEL}")
    assert status == 200
    check(schemas, "Model", json.loads(text))


@pytest.mark.parametrize("options", [
    {}, {"tools": RESPONSES_TOOLS, "tool_choice": "required"},
    {"instructions": "Be brief.", "metadata": {"a": "b"}, "temperature": 0, "top_p": 0.5,
     "user": "u", "reasoning": {"effort": "low"}},
    {"text": {"format": {"type": "json_object"}}}, {"max_output_tokens": 1},
])
def test_response_and_its_stream(post, schemas, options):
    body = {"model": DEMO_MODEL, "input": "What is Spillway?", "max_output_tokens": 24, **options}
    status, text = post("/v1/responses", body)
    assert status == 200, text
    check(schemas, "Response", json.loads(text))
    status, text = post("/v1/responses", {**body, "stream": True})
    assert status == 200, text
    found = events(text)
    for number, (name, data) in enumerate(found):
        event = json.loads(data)
        assert event["type"] == name and event["sequence_number"] == number
        check(schemas, "ResponseStreamEvent", event)
    assert found[0][0] == "response.created"
    last = json.loads(found[-1][1])
    assert last["type"] in ("response.completed", "response.incomplete")
    check(schemas, "Response", last["response"])


def test_a_kept_response(post, schemas):
    status, text = post("/v1/responses", {"model": DEMO_MODEL, "input": "hi", "store": True})
    assert status == 200, text
    status, kept = post(f"/v1/responses/{json.loads(text)['id']}")
    assert status == 200 and kept == text
    check(schemas, "Response", json.loads(kept))


@pytest.mark.parametrize("path, body", [
    ("/v1/chat/completions", {"model": "nowhere", "messages": QUESTION}),
    ("/v1/chat/completions", {"model": DEMO_MODEL}),
    ("/v1/responses", {"model": "nowhere", "input": "hi"}),
    ("/v1/responses", {"model": DEMO_MODEL, "input": "hi", "previous_response_id": "resp_1"}),
    ("/v1/nothing", {}),
])
def test_errors(post, schemas, path, body):
    status, text = post(path, body)
    assert 400 <= status < 500, text
    check(schemas, "ErrorResponse", json.loads(text))


def test_a_wrong_key_is_an_error_too(post, schemas):
    for path in ("/v1/chat/completions", "/v1/responses"):
        status, text = post(
            path, {"model": DEMO_MODEL, "messages": QUESTION}, key="sk-" + "0" * 48)
        assert status == 401, text
        check(schemas, "ErrorResponse", json.loads(text))


def test_files_and_batches(schemas, post, product):
    """A file and a batch of it from the first answer to the last; lists with something and nothing
    in them."""
    key = product.ready["api_key"]
    line = {
        "custom_id": "a", "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": DEMO_MODEL, "messages": QUESTION, "max_tokens": 4}}
    form = (
        b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
        + json.dumps(line).encode() + b"\n\r\n--x--\r\n")
    request = urllib.request.Request(
        f"http://127.0.0.1:{product.gateway_port}/v1/files", data=form, headers={
            "authorization": f"Bearer {key}", "content-type": "multipart/form-data; boundary=x"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        file = json.load(answer)
    check(schemas, "OpenAIFile", file)
    stranger = product.customer("no-files").key
    for owner in (key, stranger):
        check(schemas, "ListFilesResponse", json.loads(post("/v1/files", key=owner)[1]))
        check(schemas, "ListBatchesResponse", json.loads(post("/v1/batches", key=owner)[1]))
    asked = {
        "input_file_id": file["id"], "endpoint": "/v1/chat/completions",
        "completion_window": "24h", "metadata": {"team": "a"}}
    batch = json.loads(post("/v1/batches", asked)[1])
    check(schemas, "Batch", batch)

    def ended():
        found = json.loads(post(f"/v1/batches/{batch['id']}")[1])
        check(schemas, "Batch", found)
        return found["status"] == "completed" and found
    done = wait_for(ended, "the batch ends", 120)
    output = json.loads(post(f"/v1/files/{done['output_file_id']}/content")[1])
    check(schemas, "CreateChatCompletionResponse", filled(output["response"]["body"]))
    status, text = post("/v1/batches", {**asked, "endpoint": "/v1/elsewhere"})
    assert status == 400
    check(schemas, "ErrorResponse", json.loads(text))
    status, text = post("/v1/files/file_00000000000000000000000000")
    assert status == 404
    check(schemas, "ErrorResponse", json.loads(text))
