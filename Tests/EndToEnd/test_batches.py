"""Batches with the unmodified `openai` and `anthropic` packages, the product and its demo model:
run in what is idle, at half the price, each line once, whatever is killed on the way. About 60 s;
SPILLWAY_FULL=1 runs 5,000 lines."""

import io
import json
import random
import threading
import time
from collections import Counter
from decimal import Decimal

import anthropic
import openai
import pytest
from anthropic import Anthropic
from openai import OpenAI

from product import DEMO_MODEL, FULL, wait_for

QUESTIONS = ["What is Spillway?", "How am I billed?", "What is a batch?", "Who has first claim?"]
BATCH_LIMIT_SECONDS = 1800 if FULL else 240
LINES = 5000 if FULL else 250
KILLS = ["gateway", "control", "all"]


def openai_of(product, key, **options):
    return OpenAI(
        base_url=f"http://127.0.0.1:{product.gateway_port}/v1", api_key=key, timeout=60,
        max_retries=0, **options)


def anthropic_of(product, key):
    return Anthropic(
        base_url=f"http://127.0.0.1:{product.gateway_port}", api_key=key, timeout=60,
        max_retries=0)


def chat_line(name, number=0, **options):
    body = {
        "model": DEMO_MODEL, "max_tokens": 8, "temperature": 0,
        "messages": [{"role": "user", "content": QUESTIONS[number % len(QUESTIONS)]}], **options}
    return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}


def upload(client, lines):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return client.files.create(
        file=("input.jsonl", io.BytesIO(text.encode())), purpose="batch")


def start(client, lines, endpoint="/v1/chat/completions", **options):
    return client.batches.create(
        input_file_id=upload(client, lines).id, endpoint=endpoint, completion_window="24h",
        **options)


def ended(client, batch):
    found = client.batches.retrieve(batch.id)
    return found if found.status in ("completed", "failed", "expired", "cancelled") else None


def wait(client, batch):
    return wait_for(
        lambda: ended(client, batch), "the batch ends", BATCH_LIMIT_SECONDS, every=0.2)


def rows(client, file):
    if file is None:
        return []
    return [json.loads(line) for line in client.files.content(file).text.splitlines()]


def billed(customer):
    """The usage events that were charged."""
    return [event for event in customer.events() if Decimal(event["amount"]) > 0]


def test_a_batch_is_run_and_billed_at_half_the_price(product, make_customer):
    customer, other = make_customer(), make_customer()
    client = openai_of(product, customer.key)
    lines = [chat_line(f"line-{number}", number) for number in range(6)]
    batch = start(client, lines, metadata={"team": "a"})
    assert batch.object == "batch" and batch.status in ("validating", "in_progress")
    done = wait(client, batch)
    assert done.status == "completed" and done.error_file_id is None
    assert done.metadata == {"team": "a"}
    assert (done.request_counts.total, done.request_counts.completed) == (6, 6)
    assert done.created_at <= done.in_progress_at <= done.completed_at < done.expires_at
    answers = rows(client, done.output_file_id)
    assert [row["custom_id"] for row in answers] == [line["custom_id"] for line in lines]
    for row in answers:
        body = row["response"]["body"]
        assert row["error"] is None and row["response"]["status_code"] == 200
        assert body["object"] == "chat.completion" and body["choices"][0]["message"]["content"]
    product.settle()
    events = billed(customer)
    assert len(events) == 6 and {event["service_tier"] for event in events} == {"batch"}
    # The same tokens cost another customer twice as much at once.
    direct = openai_of(product, other.key)
    for line in lines:
        direct.chat.completions.create(**line["body"])
    product.settle()

    def dearest(events):
        """What the tokens cost had the engine remembered none of the prompt."""
        price = Decimal(0)
        for event in events:
            counts, amount = event["billed"], Decimal(event["amount"])
            price = max(price, amount / sum(counts.values()))
        return price
    assert dearest(events) < dearest(billed(other))
    assert product.verify()[0] == 0


def test_exactly_half(product, make_customer):
    """One prompt twice in a row, so that its tokens are of the same classes both times."""
    customer = make_customer()
    client = openai_of(product, customer.key)
    line = chat_line("a", messages=[{"role": "user", "content": "What does a lease cost?"}])
    for _ in range(8):
        client.chat.completions.create(**line["body"])
    assert wait(client, start(client, [line])).status == "completed"
    product.settle()
    events = customer.events()
    batch = [event for event in events if event["service_tier"] == "batch"
             and event["outcome"] == "completed"]
    same = [event for event in events if event["service_tier"] == "default"
            and event["billed"] == batch[0]["billed"]]
    assert len(batch) == 1 and same
    assert Decimal(batch[0]["amount"]) * 2 == Decimal(same[-1]["amount"])


def test_other_endpoints(product, make_customer):
    client = openai_of(product, make_customer().key)
    text = {"model": DEMO_MODEL, "prompt": "Once", "max_tokens": 4}
    answer = {"model": DEMO_MODEL, "input": "What is Spillway?", "max_output_tokens": 4}
    for endpoint, body, kind in [
            ("/v1/completions", text, "text_completion"), ("/v1/responses", answer, "response")]:
        done = wait(client, start(
            client, [{"custom_id": "a", "method": "POST", "url": endpoint, "body": body}],
            endpoint))
        assert done.status == "completed"
        found = rows(client, done.output_file_id)[0]["response"]["body"]
        assert found["object"] == kind


def test_what_fails_is_in_the_error_file(product, make_customer):
    client = openai_of(product, make_customer().key)
    done = wait(client, start(client, [
        chat_line("good"), chat_line("bad", temperature="hot"),
        chat_line("unknown", model="no-such-model")]))
    assert done.status == "completed"
    counts = done.request_counts
    assert (counts.total, counts.completed, counts.failed) == (3, 1, 2)
    assert [row["custom_id"] for row in rows(client, done.output_file_id)] == ["good"]
    errors = {row["custom_id"]: row["response"] for row in rows(client, done.error_file_id)}
    assert errors["bad"]["status_code"] == 400
    assert errors["bad"]["body"]["error"]["param"] == "temperature"
    assert errors["unknown"]["status_code"] == 404
    assert errors["unknown"]["body"]["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("lines, code, line", [
    ([chat_line("a"), chat_line("a")], "invalid_request", 2),
    ([{**chat_line("a"), "url": "/v1/embeddings"}], "invalid_request", 1),
    ([chat_line("a", stream=True)], "unsupported", 1)])
def test_an_input_that_cannot_run_fails_the_batch(product, customer, lines, code, line):
    client = openai_of(product, customer.key)
    done = wait(client, start(client, lines))
    assert done.status == "failed" and done.output_file_id is None
    assert (done.errors.data[0].code, done.errors.data[0].line) == (code, line)
    assert customer.events() == []


def test_files(product, make_customer):
    client, stranger = (openai_of(product, make_customer().key) for _ in range(2))
    file = upload(client, [chat_line("a")])
    assert file.purpose == "batch" and file.filename == "input.jsonl" and file.bytes > 10
    assert client.files.retrieve(file.id).id == file.id
    assert [one.id for one in client.files.list()] == [file.id]
    assert json.loads(client.files.content(file.id).text)["custom_id"] == "a"
    assert [one.id for one in stranger.files.list()] == []
    for ask in [stranger.files.retrieve, stranger.files.delete, stranger.files.content]:
        with pytest.raises(openai.NotFoundError):
            ask(file.id)
    with pytest.raises(openai.NotFoundError):
        stranger.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)
    with pytest.raises(openai.BadRequestError, match="purpose"):
        client.files.create(file=("a.txt", io.BytesIO(b"a")), purpose="assistants")


def test_lists_in_pages(product, customer):
    client = openai_of(product, customer.key)
    made = [start(client, [chat_line("a")]).id for _ in range(3)]
    assert [batch.id for batch in client.batches.list(limit=1)] == made[::-1]
    for batch in made:
        wait_for(lambda: client.batches.retrieve(batch).status == "completed",
                 "the batch ends", BATCH_LIMIT_SECONDS)
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch_00000000000000000000000000")


@pytest.mark.parametrize("owner", [False, True])
def test_cancel(product, make_customer, owner):
    customer = make_customer()
    client = openai_of(product, customer.key)
    batch = start(client, [
        chat_line(f"{number}", number, max_tokens=400) for number in range(400)])
    wait_for(lambda: client.batches.retrieve(batch.id).status == "in_progress",
             "the batch runs", BATCH_LIMIT_SECONDS)
    assert [one["id"] for one in product.command(
        "batch", "list", "--project", customer.project)] == [batch.id]
    if owner:
        product.command("batch", "cancel", batch.id)
    else:
        assert client.batches.cancel(batch.id).status in ("cancelling", "cancelled")
    done = wait(client, batch)
    assert done.status == "cancelled" and done.cancelled_at >= done.cancelling_at
    product.settle()
    answers, errors = rows(client, done.output_file_id), rows(client, done.error_file_id)
    assert len(answers) + len(errors) == 400 and len(errors) > 0
    assert {row["error"]["code"] for row in errors} == {"batch_cancelled"}
    assert len(billed(customer)) == len(answers)


def test_message_batches(product, make_customer):
    customer = make_customer()
    client = anthropic_of(product, customer.key)
    params = {
        "model": DEMO_MODEL, "max_tokens": 8,
        "messages": [{"role": "user", "content": "How am I billed?"}]}
    batch = client.messages.batches.create(requests=[
        {"custom_id": "one", "params": params}, {"custom_id": "two", "params": params},
        {"custom_id": "bad", "params": {**params, "model": "no-such-model"}}])
    assert batch.id.startswith("msgbatch_") and batch.processing_status == "in_progress"
    if batch.results_url is None:
        with pytest.raises(anthropic.AnthropicError):
            client.messages.batches.results(batch.id)
    done = wait_for(
        lambda: (one := client.messages.batches.retrieve(batch.id)).processing_status == "ended"
        and one, "the batch ends", BATCH_LIMIT_SECONDS)
    counts = done.request_counts
    assert (counts.succeeded, counts.errored, counts.processing) == (2, 1, 0)
    results = {row.custom_id: row.result for row in client.messages.batches.results(batch.id)}
    assert results["one"].type == "succeeded" and results["one"].message.content[0].text
    assert results["one"].message.usage.output_tokens <= 8
    assert results["bad"].type == "errored"
    assert results["bad"].error.error.type == "not_found_error"
    assert [one.id for one in client.messages.batches.list()] == [batch.id]
    product.settle()
    assert [event["endpoint"] for event in billed(customer)] == ["messages"] * 2
    assert client.messages.batches.delete(batch.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        client.messages.batches.retrieve(batch.id)
    with pytest.raises(anthropic.BadRequestError, match="custom_id"):
        client.messages.batches.create(requests=[
            {"custom_id": "same", "params": params}, {"custom_id": "same", "params": params}])


def test_interactive_requests_come_first(product, make_customer):
    """They are answered while a batch runs, whose lines give way and run again."""
    batcher, person = make_customer(), make_customer()
    client, asks = openai_of(product, batcher.key), openai_of(product, person.key)
    batch = start(client, [
        chat_line(f"{number}", number, max_tokens=120) for number in range(40)])
    answered = 0
    while not ended(client, batch):
        asks.chat.completions.create(**chat_line("x", answered)["body"])
        answered += 1
        time.sleep(0.3)
    done = client.batches.retrieve(batch.id)
    assert done.request_counts.completed == 40
    product.settle()
    outcomes = Counter(event["outcome"] for event in batcher.events())
    assert outcomes["completed"] == 40 and outcomes["yielded"] > 0
    assert len(billed(batcher)) == 40 and len(billed(person)) == answered
    assert product.verify()[0] == 0


def test_no_line_runs_or_is_billed_twice_whatever_is_killed(own_product):
    """Three kill -9 on the way: every line has one answer and one charge."""
    own_product.start()
    customer = own_product.customer("batcher", "100")
    client = openai_of(own_product, customer.key)
    names = [f"line-{number}" for number in range(LINES)]
    batch = start(client, [chat_line(name, number) for number, name in enumerate(names)])
    generator = random.Random(5)

    def completed():
        try:
            return client.batches.retrieve(batch.id).request_counts.completed
        except openai.APIError:
            return 0
    for number, victim in enumerate(KILLS):
        goal = LINES * (number + 1) // (len(KILLS) + 2)
        wait_for(lambda: completed() >= goal, f"{goal} lines are answered", BATCH_LIMIT_SECONDS)
        time.sleep(generator.random() / 2)
        own_product.kill(victim)
        if victim == "all":
            own_product.start()
        print(f"killed {victim} at {goal} of {LINES}")

    def over():
        try:
            return ended(client, batch)
        except openai.APIError:
            return None
    done = wait_for(over, "the batch ends", BATCH_LIMIT_SECONDS, every=0.5)
    assert done.status == "completed"
    assert (done.request_counts.completed, done.request_counts.failed) == (LINES, 0)
    answers = rows(client, done.output_file_id)
    assert [row["custom_id"] for row in answers] == names
    own_product.settle()
    events = billed(customer)
    requests = Counter(row["response"]["request_id"] for row in answers)
    assert Counter(event["request"] for event in events) == requests
    assert len(requests) == LINES
    code, text = own_product.verify()
    assert code == 0, text
