"""A model's engine has its capacity from the same pool as customers' work. About 15 s."""

from decimal import Decimal

from product import wait_for

POOL = "local"


def engines(product):
    return [one for one in product.command("instance", "list")
            if one["state"] in ("waiting", "starting", "running", "ending")]


def free_accelerators(product):
    return Decimal(str(product.command("pool", "show", POOL)["accelerators_free"]))


def test_an_engine_is_a_lease_and_its_capacity_is_not_sold_twice(own_product):
    product = own_product
    product.start()
    model = product.command("model", "list")[0]
    wait_for(lambda: [one["state"] for one in engines(product)] == ["running"],
             "the engine has a lease", 60, every=0.2)
    engine = engines(product)[0]
    assert engine["name"] == model["name"], engine
    assert engine["charged"] in ("0", "0.00"), engine
    free = free_accelerators(product)
    # A second start keeps the lease.
    product.stop()
    product.start()
    assert [one["id"] for one in engines(product)] == [engine["id"]]
    assert product.command("model", "list")[0]["state"] == "ready"
    # A model that is served no more gives its capacity back.
    product.command("model", "remove", model["name"])
    wait_for(lambda: not engines(product), "the lease has ended", 60, every=0.2)
    wait_for(lambda: free_accelerators(product) == free + Decimal("0.5"),
             "its capacity is free", 60, every=0.2)
    code, text = product.verify()
    assert code == 0, text
