"""An order that its pool cannot start goes to another pool that the owner has declared for it: what
is paid for anyway first, then what is owned, then what is paid by use, within its cap. About 40 s."""

from decimal import Decimal

import pytest

from product import CommandFailed, wait_for

OWN, PAID, RENTED = "own", "paid", "rented"


def pool(name, supplier, **more):
    return {
        "name": name, "site": "office", "supplier": supplier, "cluster": "memory",
        "accelerator": "cpu", "accelerators_per_node": 1, "cpus_per_node": 1,
        "memory_mib_per_node": 1024, "nodes": [{"name": f"{name}-node"}],
        "surplus": {"limits_sales": False}, **more}


def contract(name, kind, price, **more):
    return {"name": name, "bought_in": {
        "kind": kind, "price_per_accelerator_hour": price, "from": "2020-01-01",
        "to": "2099-01-01", "accelerators": 1, **more}}


@pytest.fixture
def fleet(own_product, folder):
    import json

    product = own_product
    product.start()

    def declare(price="0.012", **cap):
        inventory = product.command("inventory", "show")
        inventory = {
            "sites": inventory["sites"] if any(
                one["name"] == "office" for one in inventory["sites"])
            else [*inventory["sites"], {"name": "office", "energy_price": "0.30", "pue": "1"}],
            "suppliers": [
                *[one for one in inventory["suppliers"] if one["name"] not in (
                    "mine", "committed", "metered")],
                {"name": "mine", "owned": {
                    "capital_per_node": "10", "life_months": 60, "residual": "0",
                    "cost_of_capital": "0", "operations": "0", "watts_per_node": 20}},
                contract("committed", "take_or_pay", "0.01"),
                contract("metered", "pay_as_you_go", price, **cap)],
            "clusters": [
                *[one for one in inventory["clusters"] if one["name"] != "memory"],
                {"name": "memory", "simulated": {"seed": 1}}],
            "pools": [
                *[one for one in inventory["pools"] if one["name"] not in (OWN, PAID, RENTED)],
                pool(OWN, "mine", overflow=[{"pool": RENTED}, {"pool": PAID}]),
                pool(PAID, "committed"), pool(RENTED, "metered")]}
        path = folder / "inventory.json"
        path.write_text(json.dumps(inventory))
        product.command("inventory", "apply", str(path))
        for name in (OWN, PAID, RENTED):
            wait_for(lambda: product.command("pool", "show", name)["nodes_in_service"] == 1,
                     f"{name} is in service", 60, every=0.2)
    declare()
    return product, declare


def order(product, customer, *more):
    return product.command(
        "instance", "create", "--project", customer.project, "--pool", OWN, *more,
        "--", "sleep", "forever")


def end(product, orders):
    for one in orders:
        product.command("instance", "stop", one["id"])
    for one in orders:
        wait_for(lambda: product.command("instance", "show", one["id"])["state"] == "ended",
                 "it has ended", 60, every=0.2)


def test_orders_fill_what_is_paid_for_then_ours_then_what_is_paid_by_use(fleet):
    product, declare = fleet
    customer = product.customer("buyer")
    quoted = product.command("quote", "--kind", "instance", "--project", customer.project,
                             "--pool", OWN)
    assert (quoted["pool"], quoted["asked_pool"]) == (PAID, OWN), quoted
    made = [order(product, customer) for _ in range(4)]
    assert [one["pool"] for one in made] == [PAID, OWN, RENTED, OWN], made
    assert [one.get("asked_pool") for one in made] == [OWN, None, OWN, None], made
    # The last one finds no room anywhere and waits where it was ordered.
    assert made[3]["state"] == "waiting", made[3]
    assert len({one["price_per_accelerator_hour"] for one in made}) == 1
    end(product, made[::-1])

    # Whoever forbids it stays, and waits.
    first = order(product, customer, "--no-overflow")
    second = order(product, customer, "--no-overflow")
    assert [one["pool"] for one in (first, second)] == [OWN, OWN]
    assert second["state"] == "waiting"
    end(product, [second, first])
    code, text = product.verify()
    assert code == 0, text


def test_nothing_goes_where_its_price_or_the_cap_does_not_allow_it(fleet):
    product, declare = fleet
    customer = product.customer("buyer")
    made = [order(product, customer) for _ in range(2)]
    # An hour of what is paid by use would cost more than it brings.
    declare(price="0.50")
    assert order(product, customer)["pool"] == OWN
    declare(price="0.012", monthly_cap="0.01")
    late = order(product, customer)
    assert late["pool"] == OWN and late["state"] == "waiting", late
    with pytest.raises(CommandFailed, match="metered may cost 0.01 dollars in"):
        product.command("instance", "create", "--project", customer.project, "--pool", RENTED)
    cap = product.command("supplier", "show", "metered")["caps"][0]
    assert (cap["cap"], Decimal(cap["used"])) == ("0.01", 0), cap
    declare(price="0.012", monthly_cap="5")
    assert order(product, customer)["pool"] == RENTED
    assert [one["pool"] for one in made] == [PAID, OWN]
