"""Floors are shown and hold, and two limits make the price of spot work. About 100 s: bids are
cleared at full minutes."""

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
