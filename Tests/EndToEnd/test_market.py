"""Floors are shown and hold, and two limits make the price of spot work. About 100 s: bids are
cleared at full minutes."""

import http.client
import json
import time
from decimal import Decimal

import pytest

from product import ROOT, CommandFailed, wait_for

POOL = "local"
LIST, LOW, HIGH = Decimal("0.02"), Decimal("0.03"), Decimal("0.04")
NOTICE_SECONDS = 5


@pytest.fixture(scope="module", autouse=True)
def pool(product):
    def shown():
        pool = product.command("pool", "show", POOL)
        return pool["nodes_in_service"] == 1 and pool["for_customers"] and pool
    return wait_for(shown, "this machine is in service for customers", 60, every=0.2)


def test_floors_are_shown_with_their_sum(product):
    floor = product.command("floor", "show", POOL)["pools"][0]
    parts = sum(Decimal(part["amount"]) for part in floor["parts"])
    assert parts == Decimal(floor["full"]) > Decimal(floor["avoidable"]) > 0, floor
    assert all(part["how"] for part in floor["parts"]) and floor["avoidable_how"], floor
    assert {price["class"]: price["covered"] for price in floor["prices"]}["spot"], floor
    assert any(model["reason"] for model in product.command("floor", "list")["models"])


def test_the_cost_of_tokens_follows_from_the_throughput(product):
    model = product.command("model", "list")[0]["name"]
    made = product.command(
        "model", "throughput", model, "--input-tokens-per-second", "4000",
        "--output-tokens-per-second", "1000")
    hour = Decimal(product.command("floor", "show", POOL)["pools"][0]["full"]) * Decimal(
        made["accelerators"])
    assert abs(Decimal(made["cost_per_hour"]) - hour) < Decimal("1e-15"), made
    exact = hour * 10**6 / (3600 * 5000)
    assert 0 <= Decimal(made["cost_per_million"]) - exact < Decimal("1e-11"), made
    # 0.10 and 0.40 dollars, four parts to one.
    assert Decimal(made["price_per_million"]) == Decimal("0.16") and made["covered"], made


def test_a_model_is_measured_at_full_load(product, make_customer, start_mock):
    model = product.command("model", "list")[0]
    with pytest.raises(CommandFailed, match="No model 'nobody'"):
        product.command("model", "measure", "nobody")
    made = product.command(
        "model", "measure", model["name"], "--seconds", "4", "--prompt-tokens", "64",
        "--answer-tokens", "32")
    assert made["measured"] and "measured" in made["how"], made
    output = Decimal(made["output_tokens_per_second"])
    assert output > 0 < Decimal(made["input_tokens_per_second"]), made
    # It is metered, as nobody's but the measuring team's, whose keys are of no use afterwards.
    team = [one for one in product.command("customer", "list") if one["name"] == "measurements"]
    assert len(team) == 1 and team[0]["kind"] == "internal", team
    used = product.command("usage", "--customer", team[0]["id"])
    assert sum(row["output_tokens"] for row in used) >= output * 4 * Decimal("0.9"), (used, made)
    keys = [key for key in product.command("key", "list") if key["project"] == team[0]["project"]]
    assert keys and all(key["revoked_at"] for key in keys), keys

    # While a customer is served nothing is measured, and nothing that was known is lost.
    customer = make_customer("10")
    product.add_mock_model("elsewhere", start_mock(chunks=2000, delay=50))
    with pytest.raises(CommandFailed, match="somebody else's server"):
        product.command("model", "measure", "elsewhere")
    stream = http.client.HTTPConnection("127.0.0.1", product.gateway_port, timeout=60)
    stream.request(
        "POST", "/v1/chat/completions",
        json.dumps({"model": "elsewhere", "messages": [{"role": "user", "content": "go on"}],
                    "stream": True}),
        {"Authorization": f"Bearer {customer.key}", "Content-Type": "application/json"})
    answer = stream.getresponse()
    assert answer.status == 200 and answer.read(10)
    with pytest.raises(CommandFailed, match="requests of customers are under way"):
        product.command("model", "measure", model["name"], "--seconds", "1")
    stream.close()
    product.command("model", "remove", "elsewhere")
    floors = product.command("floor", "list")["models"]
    assert [one["output_tokens_per_second"] for one in floors if one["model"] == model["name"]] == [
        made["output_tokens_per_second"]]


def prices(tmp_path, *changes):
    text = (ROOT / "prices" / "demo.yaml").read_text().replace("version: 1\n", "version: 2\n")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    return str(path)


def test_prices_below_a_floor_are_refused_with_the_sum(product, tmp_path):
    path = prices(tmp_path, ('on_demand: "0.05"', 'on_demand: "0.0001"'))
    warnings = product.command("price", "check", path)["warnings"]
    assert any("below its floor" in text and "capital " in text for text in warnings), warnings
    with pytest.raises(CommandFailed, match=r"below its floor.*capital .* = "):
        product.command("price", "apply", path, "--yes")
    model = product.command("model", "list")[0]["name"]
    product.command(
        "model", "throughput", model, "--input-tokens-per-second", "4",
        "--output-tokens-per-second", "1")
    path = prices(tmp_path, ('    input: "0.10"', '    input: "0.11"'))
    with pytest.raises(CommandFailed, match=r"below its floor.*tokens/s, stated"):
        product.command("price", "apply", path, "--yes")
    product.command(
        "model", "throughput", model, "--input-tokens-per-second", "40000",
        "--output-tokens-per-second", "10000")
    assert len(product.command("price", "list")) == 1


def rent(product, limit):
    return product.command(
        "instance", "create", "--pool", POOL, "--accelerators", "1", "--class", "spot",
        "--limit-price", str(limit))["id"]


def show(product, instance):
    return product.command("instance", "show", instance)


def test_two_limits_make_the_price_that_stands_on_the_invoice(product, pool):
    with pytest.raises(CommandFailed, match="limit of 0.01"):
        rent(product, Decimal("0.01"))
    product.command("terms", "set", "spot", "--notice", f"{NOTICE_SECONDS}s")
    product.command("market", "set", POOL, "--rise", "10", "--fall", "1")
    assert Decimal(product.command("market", "show")[0]["price"]) == LIST
    free = Decimal(product.command("pool", "show", POOL)["accelerators_free"])
    low = [rent(product, LOW) for _ in range(int(free))]
    wait_for(
        lambda: all(show(product, one)["state"] == "running" for one in low),
        "spot work runs", 60, every=0.3)
    assert Decimal(show(product, low[0])["price_per_accelerator_hour"]) == LIST
    high = rent(product, HIGH)
    assert show(product, high)["state"] == "waiting"
    # At the next full minute the last of the lower bids goes, at the price that it would not pay
    # more than.
    wait_for(
        lambda: Decimal(product.command("market", "show")[0]["price"]) == LOW,
        "the bids are cleared", 180, every=0.5)
    wait_for(
        lambda: show(product, high)["state"] == "running", "the higher bid runs",
        NOTICE_SECONDS + 60, every=0.3)
    outbid = [one for one in map(lambda one: show(product, one), low) if one["ended_at"]]
    assert len(outbid) == 1 and "spot price" in outbid[0]["reason"], outbid
    assert Decimal(outbid[0]["credited"]) == 0, outbid
    time.sleep(1.1)
    for one in [*low, high]:
        product.command("instance", "stop", one)
    wait_for(
        lambda: all(show(product, one)["ended_at"] for one in [*low, high]),
        "all has ended", 60, every=0.3)

    history = product.command("market", "history", POOL, "--limit-price", str(LIST))
    assert [Decimal(point["price"]) for point in history["history"]][:2] == [LIST, LOW], history
    assert 0 < history["filled_thousandths"] < 1000, history

    customer = next(
        one["id"] for one in product.command("customer", "list") if one["kind"] == "customer")
    month = show(product, high)["ended_at"][:7]
    invoice = product.command(
        "invoice", "issue", "--customer", customer, "--period", month, "--draft")[0]
    lines = {
        Decimal(line["price_per_hour"]): line for line in invoice["lines"]
        if line.get("purchase_class") == "spot"}
    assert {LIST, LOW} <= lines.keys() and max(lines) < HIGH, lines
    charged = sum(Decimal(show(product, one)["charged"]) for one in [*low, high])
    assert sum(Decimal(line["exact_amount"]) for line in lines.values()) == charged, lines
    code, text = product.verify()
    assert code == 0, text
