"""Two hundred clients at once on very little: nobody spends what is not there, and nearly all that
is there gets spent. CI 30 s, full 5 min."""

import asyncio
import math
import random
import time
from decimal import Decimal

import pytest

import client
from product import ANSWER_CLASSES, FULL, TOKEN_CLASSES, tokens, wait_for

RUNS = 20 if FULL else 2
CLIENTS = 200
CREDIT = Decimal("0.01")
LEAST_SPENT_SHARE = Decimal("0.8")
MOST_TOKENS = 500
TOKENS_A_MINUTE = 25_000
MOST_REQUESTS_A_CLIENT = 200
HELD_BACK_SECONDS = 90
MODEL = "overshoot"


@pytest.fixture(scope="module")
def engine(product, mock_program):
    from mock_engine import MockEngine

    engine = MockEngine(mock_program, delay=1, fill=True)
    product.add_mock_model(MODEL, engine)
    yield engine
    engine.close()


async def spend(product, key, seed, refusal):
    """Asks until refused; answers what came back, the refusal last."""
    generator = random.Random(seed)
    answers = []
    for _ in range(MOST_REQUESTS_A_CLIENT):
        options = {"max_tokens": generator.randint(1, MOST_TOKENS)}
        if generator.random() < 0.5:
            options |= {"stream": True, "stream_options": {"include_usage": True}}
        answers.append(
            await client.chat(product.gateway_port, key, "Spend it.", MODEL, **options))
        if answers[-1].status == 429:
            assert answers[-1].error["code"] == refusal, answers[-1].body
            return answers
    return answers


def spend_together(product, key, seed, refusal):
    async def run():
        return await asyncio.gather(
            *(spend(product, key, seed * CLIENTS + number, refusal) for number in range(CLIENTS)))

    per_client = asyncio.run(run())
    answers = [answer for one in per_client for answer in one]
    strange = [(answer.status, answer.problem, answer.body[:200]) for answer in answers
               if answer.status not in (200, 429) or not answer.ended]
    assert not strange, strange[:3]
    assert all(one[-1].status == 429 for one in per_client), "the money never ran out"
    return [answer for answer in answers if answer.status == 200]


def check_every_delivered_token_is_billed(served, customer):
    events = {event["request"]: event for event in customer.events()}
    assert {answer.request_id for answer in served} == set(events)
    for answer in served:
        event = events[answer.request_id]
        if answer.usage:
            billed = tokens(event["billed"], ANSWER_CLASSES)
            assert billed == answer.usage["completion_tokens"]
    return sum(Decimal(event["amount"]) for event in events.values())


def limit(customer, scope, **limits):
    """Sets limits, and waits until the gateway has them: a snapshot that has a key has all that was
    set before the key was made."""
    customer.limit(scope, **limits)
    product = customer.product
    key = product.command("key", "create", "--project", customer.project)["key"]
    wait_for(lambda: product.knows(key), "the gateway knows a new key", 60)


def check_nothing_is_held(customer):
    wait_for(lambda: customer.show()["held"] == 0, "nothing is held", HELD_BACK_SECONDS, every=0.5)
    return customer.show()


@pytest.mark.parametrize("run", range(RUNS))
def test_credit(product, engine, make_customer, run):
    customer = make_customer(str(CREDIT))
    served = spend_together(product, customer.key, run, "insufficient_quota")
    product.settle()
    amount = check_every_delivered_token_is_billed(served, customer)
    shown = check_nothing_is_held(customer)
    assert shown["available"] >= 0
    assert shown["charged"] == amount == CREDIT - shown["available"]
    assert amount >= CREDIT * LEAST_SPENT_SHARE


@pytest.mark.parametrize("scope", ["key", "project"])
@pytest.mark.parametrize("run", range(RUNS))
def test_budget(product, engine, make_customer, run, scope):
    customer = make_customer("100")
    limit(customer, scope, budget=CREDIT, window="total")
    served = spend_together(product, customer.key, 1000 + run, "insufficient_quota")
    product.settle()
    amount = check_every_delivered_token_is_billed(served, customer)
    assert CREDIT * LEAST_SPENT_SHARE <= amount <= CREDIT
    assert check_nothing_is_held(customer)["charged"] == amount


@pytest.mark.parametrize("run", range(RUNS))
def test_tokens_a_minute(product, engine, make_customer, run):
    customer = make_customer("100")
    limit(customer, "key", tokens=TOKENS_A_MINUTE)
    begin = time.monotonic()
    served = spend_together(product, customer.key, 2000 + run, "rate_limit_exceeded")
    minutes = math.ceil((time.monotonic() - begin) / 60)
    product.settle()
    check_every_delivered_token_is_billed(served, customer)
    used = sum(tokens(event["billed"], TOKEN_CLASSES) for event in customer.events())
    # No 60 seconds hold more than the limit, and a run commonly takes a few.
    assert TOKENS_A_MINUTE * LEAST_SPENT_SHARE <= used <= TOKENS_A_MINUTE * minutes


def test_short_money_clamps_the_answer_and_says_so(product, engine, make_customer):
    # 1,000 output tokens cost $0.0004; half of that is there.
    customer = make_customer("0.0002")
    answer = asyncio.run(client.chat(
        product.gateway_port, customer.key, "Spend it.", MODEL, max_tokens=1000))
    assert answer.status == 200
    assert 0 < answer.usage["completion_tokens"] < 500
    assert answer.headers["x-spillway-clamped-by"] == "credit"
    assert int(answer.headers["x-spillway-max-tokens"]) == answer.usage["completion_tokens"]
    assert customer.show()["available"] >= 0
