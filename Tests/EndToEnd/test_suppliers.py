"""A supplier of tokens takes what our own replicas cannot, under its caps, and is counted exactly.
About 30 s."""

import http.client
import json
import threading
from decimal import Decimal

import pytest

from product import CommandFailed, wait_for

SUPPLIER = "outside"
INPUT, OUTPUT = Decimal("0.05"), Decimal("0.20")


def declare(product, folder, far, caps=None, models=None, requests=8):
    """The inventory in force with the supplier beside it."""
    inventory = product.command("inventory", "show")
    inventory["suppliers"] = [one for one in inventory["suppliers"] if one["name"] != SUPPLIER]
    inventory["suppliers"].append({
        "name": SUPPLIER,
        "remote": {
            "url": f"http://127.0.0.1:{far.port}/v1", "requests": requests, **(caps or {}),
            "models": models or [
                {"model": "crowded", "input": str(INPUT), "output": str(OUTPUT), "queue": 0}],
        }})
    path = folder / "inventory.json"
    path.write_text(json.dumps(inventory))
    product.command("inventory", "apply", str(path))


def shown(product):
    return product.command("supplier", "show", SUPPLIER)


def cost(events):
    """What a supplier takes for these, by their own counts."""
    return sum(
        (Decimal(one["billed"].get("input_tokens", 0)) * INPUT
         + Decimal(one["billed"].get("output_tokens", 0)) * OUTPUT) / 10**6 for one in events)


def chat(product, key, model, tokens=20):
    """A plain answer: (status, text)."""
    connection = http.client.HTTPConnection("127.0.0.1", product.gateway_port, timeout=120)
    try:
        connection.request(
            "POST", "/v1/chat/completions",
            json.dumps({"model": model, "max_tokens": tokens,
                        "messages": [{"role": "user", "content": "hello"}]}),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def crowded(own_product, folder, start_mock):
    """A model with one place of its own, which a stream holds, and a supplier beside it."""
    product = own_product
    product.start()
    own, far = start_mock(chunks=5000, delay=50), start_mock(chunks=5, delay=0)
    product.add_mock_model("crowded", own, slots=1)
    return product, own, far


class Stream:
    """A stream that goes on until it is closed."""

    def __init__(self, product, key, model):
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", product.gateway_port, timeout=60)
        self.connection.request(
            "POST", "/v1/chat/completions",
            json.dumps({"model": model, "stream": True,
                        "messages": [{"role": "user", "content": "go on"}]}),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200 and self.answer.read(10)

    def close(self):
        self.connection.close()


def test_what_has_no_place_goes_out_and_is_counted_exactly(crowded, folder):
    product, own, far = crowded
    customer = product.customer("buyer")
    declare(product, folder, far, {"daily_cap": "1", "monthly_cap": "20"})
    stream = Stream(product, customer.key, "crowded")
    before = own.stats()["requests"]
    results = []
    threads = [
        threading.Thread(
            target=lambda: results.append(chat(product, customer.key, "crowded")[0]))
        for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 6, results
    assert own.stats()["requests"] == before and far.stats()["requests"] == 6
    stream.close()
    product.settle()

    out = [one for one in customer.events() if one["outcome"] == "completed"]
    assert len(out) == 6
    spent = cost(out)
    caps = shown(product)["caps"]
    assert [Decimal(cap["used"]) for cap in caps] == [spent, spent] and spent > 0, caps
    assert [cap["cap"] for cap in caps] == ["1", "20"], caps
    # What it costs stands beside what it earned.
    economics = product.command("economics")
    row = [one for one in economics["suppliers"] if one.get("name") == SUPPLIER][0]
    assert Decimal(row["spent"]) == spent, row
    assert Decimal(row["earned"]) == sum(Decimal(one["amount"]) for one in out), row
    assert Decimal(row["margin"]) > 0, row

    # The count is the same after everything was killed, and nothing was counted twice.
    product.kill("all")
    product.start()
    product.settle()
    again = shown(product)["caps"]
    assert [Decimal(cap["used"]) for cap in again] == [spent, spent], again
    code, text = product.verify()
    assert code == 0 and "at a supplier" in text, text


def test_a_price_below_the_supplier_s_keeps_requests_here(crowded, folder):
    product, own, far = crowded
    customer = product.customer("buyer")
    # 0.10 and 0.40 dollars are what the customer pays.
    declare(product, folder, far, models=[
        {"model": "crowded", "input": "0.05", "output": "0.41", "queue": 0}])
    model = shown(product)["tokens"]["models"][0]
    assert model["served"] and not model["covered"], model
    stream = Stream(product, customer.key, "crowded")
    waiting = threading.Thread(target=lambda: chat(product, customer.key, "crowded", 4))
    waiting.start()
    wait_for(lambda: b'spillway_supplier_requests_total{way="kept"} 1' in
             product.get_gateway("/metrics")[1], "it stays here", 30)
    stream.close()
    waiting.join()
    assert far.stats()["requests"] == 0


def test_a_team_s_own_use_counts_against_the_cap_which_holds(own_product, folder, start_mock):
    product = own_product
    product.start()
    far = start_mock(chunks=5, delay=0)
    with pytest.raises(CommandFailed, match="no supplier outside"):
        product.command("model", "add", "theirs", "--supplier", SUPPLIER, "--price-as",
                        "tiny-llama-demo")
    models = [{"model": "theirs", "upstream_model": "x", "input": "0.05", "output": "0.20"}]
    # A few requests' worth.
    declare(product, folder, far, {"daily_cap": "0.001"}, models)
    added = product.command(
        "model", "add", "theirs", "--supplier", SUPPLIER, "--price-as", "tiny-llama-demo")
    assert added["supplier"] == SUPPLIER and added["state"] == "ready", added
    team = product.command("customer", "create", "team", "--kind", "internal", "--credit", "5")
    key = product.command("key", "create", "--project", team["project"])["key"]
    wait_for(lambda: product.knows(key), "the gateway knows the key", 30)
    refused, served = None, 0
    for _ in range(200):
        status, answer = chat(product, key, "theirs", 500)
        if status != 200:
            refused = answer
            break
        served += 1
    assert served > 0 and refused is not None, served
    assert "outside may cost 0.001 dollars in" in refused, refused
    product.settle()
    used = Decimal(shown(product)["caps"][0]["used"])
    assert 0 < used <= Decimal("0.001"), used
    assert used == cost([one for one in product.events(team["id"])])
    # A customer is told that it takes no more, and nothing of what it costs.
    customer = product.customer("buyer")
    status, answer = chat(product, customer.key, "theirs", 500)
    assert status == 503 and "outside" not in answer, answer
    # A higher cap, and it goes on from where it was.
    declare(product, folder, far, {"daily_cap": "0.1"}, models)
    wait_for(lambda: chat(product, key, "theirs", 500)[0] == 200, "it is served again", 30,
             every=0.3)
    product.settle()
    assert Decimal(shown(product)["caps"][0]["used"]) > used
    code, text = product.verify()
    assert code == 0, text


def test_a_supplier_that_is_gone_costs_nothing_and_nobody_is_charged_twice(crowded, folder):
    product, own, far = crowded
    customer = product.customer("buyer")
    declare(product, folder, far, {"daily_cap": "1"})
    far.close()
    stream = Stream(product, customer.key, "crowded")
    results = []
    waiting = threading.Thread(
        target=lambda: results.append(chat(product, customer.key, "crowded", 4)[0]))
    waiting.start()
    wait_for(lambda: b'spillway_queue_waiting{model="crowded"} 1' in
             product.get_gateway("/metrics")[1], "it came back and waits here", 30)
    stream.close()
    waiting.join()
    assert results == [200], results
    product.settle()
    assert len(customer.events()) == 2
    assert Decimal(shown(product)["caps"][0]["used"]) == 0
    code, text = product.verify()
    assert code == 0, text
