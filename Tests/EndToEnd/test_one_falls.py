"""One process dies, the others stand. About 60 s."""

import asyncio
import os
import signal
import time

import pytest

import client
from load import Load
from product import ANSWER_CLASSES, DEMO_MODEL, runs, tokens, wait_for

STREAMS = 200
CHUNKS = 120
DELAY_MILLISECONDS = 50
RUNNING_BEFORE_SECONDS = 1.5
BACK_SECONDS = 5
ENGINE_BACK_SECONDS = 15
FROZEN_SECONDS = 3
MODEL = "slow"


@pytest.fixture
def served(own_product, start_mock):
    """A product with a slow mock model, a customer, and money lent to the gateway already."""
    own_product.start()
    own_product.add_mock_model(MODEL, start_mock(chunks=CHUNKS, delay=DELAY_MILLISECONDS))
    customer = own_product.customer("standing")
    asyncio.run(client.chat(own_product.gateway_port, customer.key, "First.", MODEL))
    return own_product, customer


async def run_streams(product, customer, harm):
    """Many streams; once they run, `harm` is done in a thread. Answers (answers, what it gave)."""
    tasks = [
        asyncio.create_task(client.chat(
            product.gateway_port, customer.key, f"Stream {number}.", MODEL, stream=True,
            stream_options={"include_usage": True}))
        for number in range(STREAMS)]
    await asyncio.sleep(RUNNING_BEFORE_SECONDS)
    result = await asyncio.to_thread(harm)
    return await asyncio.gather(*tasks), result


def ask(product, customer, **options):
    return asyncio.run(client.chat(
        product.gateway_port, customer.key, "And now?", MODEL, **options))


def check_streams_whole(answers):
    cut = [(answer.status, answer.problem, len(answer.events)) for answer in answers
           if not answer.ended or answer.error
           or answer.usage["completion_tokens"] != CHUNKS]
    assert not cut, f"{len(cut)} streams were cut: {cut[:3]}"


def check_billed_once(product, customer, answers):
    product.settle()
    events = customer.events()
    by_request = {event["request"]: event for event in events}
    assert len(by_request) == len(events)
    for answer in answers:
        billed = by_request[answer.request_id]["billed"]
        assert tokens(billed, ANSWER_CLASSES) == answer.usage["completion_tokens"]


def test_control_dies_under_streams(served):
    product, customer = served
    gateway = product.pid("gateway")

    def kill_control():
        dead = product.kill("control")[0]
        killed_at = time.monotonic()
        answers = [ask(product, customer) for _ in range(20)]
        wait_for(
            lambda: product.pid("control") not in (None, dead) and product.api("/api/v1/status"),
            "control is back", BACK_SECONDS)
        return answers, time.monotonic() - killed_at

    answers, (meanwhile, seconds) = asyncio.run(run_streams(product, customer, kill_control))
    check_streams_whole(answers)
    assert [answer.status for answer in meanwhile] == [200] * len(meanwhile)
    assert seconds <= BACK_SECONDS
    assert product.pid("gateway") == gateway
    check_billed_once(product, customer, [*answers, *meanwhile])


def test_control_freezes(served):
    """A control that hangs is as good as a dead one: the gateway serves on within its leases."""
    product, customer = served
    control = product.pid("control")

    def freeze():
        os.kill(control, signal.SIGSTOP)
        try:
            begin, answers = time.monotonic(), []
            while time.monotonic() - begin < FROZEN_SECONDS:
                answers.append(ask(product, customer))
                time.sleep(0.05)
            return answers
        finally:
            if runs(control):
                os.kill(control, signal.SIGCONT)

    answers, meanwhile = asyncio.run(run_streams(product, customer, freeze))
    check_streams_whole(answers)
    assert {answer.status for answer in meanwhile} == {200}
    wait_for(product.serves, "control answers again", BACK_SECONDS)
    check_billed_once(product, customer, [*answers, *meanwhile])


def test_gateway_dies_under_streams(served):
    product, customer = served
    control = product.pid("control")

    def kill_gateway():
        dead = product.kill("gateway")[0]
        wait_for(
            lambda: product.pid("gateway") not in (None, dead)
            and ask(product, customer).status == 200, "the gateway is back", BACK_SECONDS)

    answers, _ = asyncio.run(run_streams(product, customer, kill_gateway))
    assert product.pid("control") == control
    product.settle()
    events = {event["request"]: event for event in customer.events()}
    for answer in answers:
        # Its streams are cut, and settled at their last checkpoint: at most what was delivered.
        event = events.get(answer.request_id)
        if event is None:
            # Cut before its first token: nothing was delivered, and nothing is billed.
            assert not answer.events
            continue
        assert event["outcome"] == "recovered"
        assert tokens(event["billed"], ANSWER_CLASSES) <= CHUNKS
    assert sum(tokens(event["billed"], ANSWER_CLASSES) for event in events.values()) > 0
    assert customer.show()["available"] >= 0


def engine_process(product):
    """The one child of `up` that is neither gateway nor control; None between two of them."""
    others = product.children() - {product.pid("gateway"), product.pid("control")}
    return max(others, default=None)


def test_engine_dies(own_product):
    own_product.start()
    customer = own_product.customer("engine")
    engine = engine_process(own_product)
    with Load(own_product.gateway_port, customer.key, DEMO_MODEL, 4, 1) as load:
        load.wait_for_answers(8)
        os.kill(engine, signal.SIGKILL)
        wait_for(
            lambda: (now := engine_process(own_product)) not in (None, engine) and runs(now),
            "another engine runs", ENGINE_BACK_SECONDS)
        load.wait_for_answers(8, ENGINE_BACK_SECONDS)
    for answer in load.others:
        assert answer.error and answer.error["code"], answer
    own_product.settle()
    events = {event["request"]: event for event in customer.events()}
    assert set(load.ended) <= set(events)


def test_engines_die_with_their_supervisor(own_product):
    own_product.start()
    engine = engine_process(own_product)
    own_product.kill("up")
    assert not runs(engine)
