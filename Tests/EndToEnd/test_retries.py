"""The vendors' unmodified libraries repeat requests that took too long, and each is charged once.
About 60 s."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import boto3
import openai
import pytest
from botocore.config import Config

from product import DEMO_MODEL, Product, wait_for

QUESTION = [{"role": "user", "content": "What is Spillway?"}]
ANSWER = (b'{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,'
          b'"message":{"role":"assistant","content":"ho"},"finish_reason":"stop"}],'
          b'"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}')


class SlowEngine:
    """Answers after so many seconds, the first ones in a row; later ones at once. Counts."""

    def __init__(self, seconds):
        self.seconds = list(seconds)
        self.asked = 0
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.answer(b'{"object":"list","data":[{"id":"m"}]}')

            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                engine.asked += 1
                if engine.seconds:
                    time.sleep(engine.seconds.pop(0))
                self.answer(ANSWER)

            def answer(self, body):
                try:
                    self.send_response(200)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def slow_model(product, request):
    """A model whose engine takes its time, by name, with the engine."""
    engines = []

    def make(*seconds):
        engines.append(SlowEngine(seconds))
        name = "slow-" + request.node.name.replace("[", "-").replace("]", "").replace("_", "-")
        product.add_mock_model(name, engines[-1])
        return name, engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture(scope="module")
def product(module_folder):
    product = Product(module_folder / "data")
    try:
        product.start()
        yield product
    finally:
        product.close()


def charged(product, customer):
    """The usage events that cost something, once all is posted."""
    product.settle()
    return [event for event in customer.events() if float(event["amount"]) > 0]


def bedrock(product, customer, monkeypatch, **options):
    made = product.command("key", "create", "--project", customer.project, "--aws")
    wait_for(lambda: product.knows(made["key"]), "the gateway knows the new key", 30)
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    return boto3.Session(
        aws_access_key_id=made["aws_access_key_id"],
        aws_secret_access_key=made["aws_secret_access_key"]).client(
            "bedrock-runtime", region_name="us-east-1", endpoint_url=product.gateway_url,
            config=Config(**options))


def test_boto3_asks_again_and_gets_the_answer_of_its_first_attempt(
        product, customer, slow_model, monkeypatch):
    name, engine = slow_model(3)
    client = bedrock(product, customer, monkeypatch, read_timeout=1)
    answer = client.converse(
        modelId=name, messages=[{"role": "user", "content": [{"text": "hi"}]}])
    assert answer["output"]["message"]["content"] == [{"text": "ho"}]
    assert answer["ResponseMetadata"]["RetryAttempts"] > 0
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-spillway-replayed"] == "true"
    assert engine.asked == 1
    (event,) = charged(product, customer)
    assert event["endpoint"] == "converse"
    # Another call has another name.
    client.converse(modelId=name, messages=[{"role": "user", "content": [{"text": "hi"}]}])
    assert engine.asked == 2 and len(charged(product, customer)) == 2


def test_openai_with_a_name(product, customer, slow_model):
    name, engine = slow_model(3)
    client = openai.OpenAI(
        base_url=product.gateway_url + "/v1", api_key=customer.key, timeout=1, max_retries=5)
    for _ in range(2):
        raw = client.chat.completions.with_raw_response.create(
            model=name, messages=QUESTION, extra_headers={"Idempotency-Key": "order-17"})
        assert raw.parse().choices[0].message.content == "ho"
        assert raw.headers["x-spillway-replayed"] == "true"
    assert engine.asked == 1
    assert len(charged(product, customer)) == 1
    with pytest.raises(openai.ConflictError):
        client.chat.completions.create(
            model=name, messages=QUESTION, max_tokens=3,
            extra_headers={"Idempotency-Key": "order-17"})
    assert engine.asked == 1


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_a_library_that_has_no_name_for_it(product, customer, slow_model, vendor):
    name, engine = slow_model(3, 3)
    if vendor == "openai":
        client = openai.OpenAI(
            base_url=product.gateway_url + "/v1", api_key=customer.key, timeout=1, max_retries=4)
        answer = client.chat.completions.create(model=name, messages=QUESTION)
        assert answer.choices[0].message.content == "ho"
    else:
        client = anthropic.Anthropic(
            base_url=product.gateway_url, api_key=customer.key, timeout=1, max_retries=4)
        answer = client.messages.create(model=name, messages=QUESTION, max_tokens=8)
        assert answer.content[0].text == "ho"
    assert engine.asked == 3
    assert len(charged(product, customer)) == 1


def test_a_named_stream_that_was_cut_is_given_from_its_beginning(product, customer):
    client = openai.OpenAI(base_url=product.gateway_url + "/v1", api_key=customer.key, timeout=60)

    def begin():
        return client.chat.completions.create(
            model=DEMO_MODEL, messages=QUESTION, max_tokens=200, temperature=0, stream=True,
            extra_headers={"Idempotency-Key": "story"})

    cut = begin()
    next(iter(cut))
    cut.close()
    whole = "".join(chunk.choices[0].delta.content or "" for chunk in begin() if chunk.choices)
    plain = client.chat.completions.create(
        model=DEMO_MODEL, messages=QUESTION, max_tokens=200, temperature=0)
    assert whole == plain.choices[0].message.content
    assert len(charged(product, customer)) == 2


def test_names_do_not_outlive_a_crash_and_nothing_is_charged_that_was_not_answered(
        own_product):
    own_product.start()
    engine = SlowEngine([5])
    own_product.add_mock_model("slow", engine)
    customer = own_product.customer("crash")
    client = openai.OpenAI(
        base_url=own_product.gateway_url + "/v1", api_key=customer.key, timeout=60, max_retries=5)
    threading.Timer(1, lambda: own_product.kill("gateway")).start()
    answer = client.chat.completions.create(
        model="slow", messages=QUESTION, extra_headers={"Idempotency-Key": "order-18"})
    assert answer.choices[0].message.content == "ho"
    wait_for(lambda: engine.asked == 2, "the engine was asked twice", 10)
    assert len(charged(own_product, customer)) == 1
    engine.close()
