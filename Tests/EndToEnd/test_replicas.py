"""A model's replicas come and go: by the owner's bounds, by requests and by idleness. About 30 s."""

import concurrent.futures
import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from decimal import Decimal

import pytest

from product import DEMO_MODEL, PROGRAM, CommandFailed, get_over_unix_socket, wait_for

POOL = "local"
LOAD_LIMIT_SECONDS = 120


def engines(product):
    return [one for one in product.command("instance", "list")
            if one["state"] in ("waiting", "starting", "running", "ending")]


def free_accelerators(product):
    return Decimal(str(product.command("pool", "show", POOL)["accelerators_free"]))


def shown(product):
    return product.command("model", "show", DEMO_MODEL)


def scale(product, least, most, *options):
    return product.command(
        "model", "scale", DEMO_MODEL, "--min", str(least), "--max", str(most), *options)


def wait_for_replicas(product, count):
    def settled():
        model = shown(product)
        there = (model["replicas_ready"], model["replicas"], len(engines(product)))
        return model if there == (count, count, count) else None
    return wait_for(settled, f"{count} replicas serve", LOAD_LIMIT_SECONDS, every=0.2)


def ask(product, key, tokens=8, headers=None, stream=False, words="Tell me about water."):
    """(status, headers, body) of a chat completion."""
    body = {"model": DEMO_MODEL, "max_tokens": tokens, "stream": stream,
            "messages": [{"role": "user", "content": words}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{product.gateway_port}/v1/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json",
                 **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def kill_is_over(product):
    wait_for(product.serves, "it is back", 60)


def test_replicas_come_and_go_and_every_lease_is_accounted_for(own_product):
    product = own_product
    product.start()
    customer = product.customer("tokens", "10")
    first = wait_for_replicas(product, 1)
    assert first["reason"] == "one, always: no bounds are set", first
    assert "scale" not in first or first["scale"] is None, first
    free = free_accelerators(product)

    # Two: each is a lease, and both get requests.
    scale(product, 2, 2, "--minimum-stay", "0s")
    both = wait_for_replicas(product, 2)
    assert both["replicas_wanted"] == 2 and both["replicas_warming"] == 0, both
    assert free_accelerators(product) == free - Decimal("0.5")
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(
            lambda number: ask(product, customer.key, 32, words=f"Story {number}"), range(24)))
    assert [status for status, _, _ in answers] == [200] * 24, answers
    product.settle()
    assert len(product.engine_sockets()) == 2
    for engine in product.engine_sockets():
        text = get_over_unix_socket(engine, "/metrics")
        made = re.search(r"^llamacpp:tokens_predicted_total ([0-9.e+]+)$", text, re.MULTILINE)
        assert made and float(made.group(1)) > 0, f"{engine} has served nobody:\n{text}"

    # Down to one while streams come and go on both: none is cut.
    is_over = threading.Event()

    def keep_asking(number):
        answers = []
        while not is_over.is_set():
            answers.append(ask(
                product, customer.key, 400, stream=True, words=f"Long {number} {len(answers)}"))
        return answers

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        askers = [pool.submit(keep_asking, number) for number in range(6)]
        try:
            wait_for(lambda: product.api("/api/v1/status")["gateways"][0]["requests_under_way"],
                     "streams are under way", 30)
            scale(product, 1, 1)
            wait_for_replicas(product, 1)
        finally:
            is_over.set()
    for asker in askers:
        assert asker.result()
        for status, _, body in asker.result():
            assert status == 200 and body.rstrip().endswith("data: [DONE]"), body[-300:]
            assert '"error"' not in body, body[-300:]
    wait_for(lambda: free_accelerators(product) == free, "its capacity is free", 60, every=0.2)

    # Control dies and comes back: the same lease.
    before = [one["id"] for one in engines(product)]
    product.kill("control")
    kill_is_over(product)
    assert [one["id"] for one in engines(product)] == before

    # To none, when nobody asks.
    scale(product, 0, 1, "--idle-to-zero", "3s")
    asleep = wait_for(
        lambda: shown(product) if shown(product)["state"] == "asleep" else None,
        "it sleeps", 60, every=0.2)
    assert asleep["replicas_wanted"] == 0, asleep
    assert asleep["reason"].startswith("nobody had asked for it for"), asleep
    wait_for(lambda: not engines(product), "no lease is left", 60, every=0.2)
    wait_for(lambda: free_accelerators(product) == free + Decimal("0.5"),
             "its capacity is free", 60, every=0.2)

    # Who does not want to wait hears how long it takes; the model is on its way then.
    status, headers, body = ask(product, customer.key, headers={"Prefer": "wait=0"})
    error = json.loads(body)["error"]
    assert (status, error["code"]) == (503, "model_warming"), body
    assert "is warming" in error["message"] and "Try again in" in error["message"], error
    assert 1 <= int(headers["retry-after"]) <= 600, headers
    # Who waits is served.
    begin = time.monotonic()
    status, _, body = ask(product, customer.key)
    assert status == 200, body
    print(f"served {time.monotonic() - begin:.1f} s after a request that found it asleep")
    assert shown(product)["replicas_ready"] == 1

    # Its end, killed gateway and all: it sleeps again, nothing is left over.
    product.kill("gateway")
    kill_is_over(product)
    wait_for(lambda: not engines(product), "it sleeps again", 60, every=0.2)
    explained = product.command("surplus", "explain", "--pool", POOL)["sentences"]
    assert any(one.startswith(f"Replicas of {DEMO_MODEL}: 0 wanted") for one in explained), explained
    for words in (["model", "list"], ["model", "show", DEMO_MODEL]):
        text = subprocess.run(
            [str(PROGRAM), *words, "--data", str(product.data)], capture_output=True, text=True,
            timeout=60, check=True).stdout
        assert "asleep" in text, text
    # What sleeps keeps nobody from starting.
    product.stop()
    product.start()
    assert shown(product)["state"] == "asleep"
    status, _, body = ask(product, customer.key)
    assert status == 200, body
    product.settle()
    leases = [one for one in product.command("instance", "list") if one["name"] == DEMO_MODEL]
    assert all(Decimal(one["charged"]) == 0 for one in leases), leases
    code, text = product.verify()
    assert code == 0, text


def test_bounds_that_make_no_sense_are_refused(own_product):
    product = own_product
    product.start()
    for least, most in ((2, 1), (0, 0), (1, 100_000)):
        with pytest.raises(CommandFailed) as refused:
            scale(product, least, most)
        assert "The bounds are" in str(refused.value)
    with pytest.raises(CommandFailed) as unknown:
        product.command("model", "scale", "nothing", "--min", "0", "--max", "1")
    assert "No model 'nothing' is served" in str(unknown.value)
    # More than the machine has: one serves, the rest says what it waits for.
    scale(product, 30, 30)
    model = wait_for(
        lambda: shown(product) if "waits for capacity" in (shown(product).get("problem") or "")
        else None, "it says that there is no room", LOAD_LIMIT_SECONDS, every=0.5)
    assert model["replicas_ready"] >= 1 or model["replicas_warming"] > 0, model
    scale(product, 1, 1)
    wait_for_replicas(product, 1)
    code, text = product.verify()
    assert code == 0, text
