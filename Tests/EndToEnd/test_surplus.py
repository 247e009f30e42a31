"""An internal team comes first: what is left is sold as spot at once, and on demand only after a
record. On a simulated cluster; about 90 s, as decisions fall by the minute."""

import json
import subprocess

import pytest

from product import PROGRAM, CommandFailed, wait_for

POOL, NODES, EACH, ENTITLED, RUNNING = "fleet", 8, 8, 16, 24
LOOK_LIMIT_SECONDS = 180


@pytest.fixture(scope="module")
def fleet(product):
    """A pool of 64 with a team that is entitled to 16 and runs 24."""
    team = product.command("customer", "create", "research", "--kind", "internal",
                           "--credit", "10000")
    inventory = product.command("inventory", "show")
    local = inventory["pools"][0]
    inventory["clusters"].append({"name": "sim", "simulated": {"seed": 1}})
    inventory["pools"].append({
        "name": POOL, "site": local["site"], "supplier": local["supplier"], "cluster": "sim",
        "accelerator": local["accelerator"], "accelerators_per_node": EACH, "cpus_per_node": "8",
        "memory_mib_per_node": 8192, "nodes": [{"name": f"s[1-{NODES}]"}],
        "entitlements": [{"customer": team["id"], "accelerators": ENTITLED}],
        "surplus": {"harm_limit": "0.002"}})
    path = product.data.parent / "inventory.json"
    path.write_text(json.dumps(inventory))
    product.command("inventory", "apply", str(path))
    wait_for(lambda: product.command("pool", "show", POOL)["nodes_in_service"] == NODES,
             "all nodes are in service", 60, every=0.2)
    for _ in range(RUNNING // EACH):
        submit(product, team["project"], accelerators=EACH)
    wait_for(lambda: surplus(product)["running"] == RUNNING, "the team's work runs",
             LOOK_LIMIT_SECONDS, every=0.2)
    return team


def submit(product, project, accelerators=1, purchase_class="on_demand", seconds=3600):
    return product.command(
        "job", "submit", "--pool", POOL, "--accelerators", str(accelerators), "--class",
        purchase_class, "--max-time", f"{seconds}s", "--project", project, "--detach", "--",
        "sleep", "100000")


def surplus(product):
    return next(one for one in product.command("surplus") if one["pool"] == POOL)


def test_on_demand_waits_with_the_sum_and_spot_is_sold(product, fleet, make_customer):
    customer = make_customer("1000")
    spot = submit(product, customer.project, 8, "spot")
    wait_for(lambda: product.command("job", "show", spot["id"])["state"] == "running",
             "spot work runs", 60, every=0.2)
    firm = submit(product, customer.project, 8)
    assert firm["state"] == "waiting", firm

    def reason():
        return product.command("job", "show", firm["id"]).get("reason", "")
    text = wait_for(lambda: "in all" in reason() and reason(), "the planner has looked",
                    LOOK_LIMIT_SECONDS, every=0.5)
    assert text.startswith(
        f"0 of {NODES * EACH} accelerators of pool {POOL} may be sold firmly for 1 hour now: "
        "0 in all, of which 0 are; the pool's own work has been seen for "), text
    shown = surplus(product)
    assert (shown["capacity"], shown["running"], shown["entitled"], shown["sold_spot"]) == (
        NODES * EACH, RUNNING, ENTITLED, 8), shown
    assert shown["limits_sales"] and shown["harm_limit"] == "0.002", shown
    # The first look may have been at the team's first work alone.
    wait_for(
        lambda: [one["sellable"] for one in surplus(product)["choices"]] == [
            NODES * EACH - RUNNING, 0, 0, 0, 0],
        "what is left may be sold as spot", LOOK_LIMIT_SECONDS, every=0.5)
    # What is left is sold as spot, and not one more.
    rest = submit(product, customer.project, 8, "spot")
    wait_for(lambda: product.command("job", "show", rest["id"])["state"] == "running",
             "spot work runs", 60, every=0.2)
    with pytest.raises(CommandFailed) as refused:
        product.command(
            "reservation", "create", "--pool", POOL, "--nodes", "1", "--accelerators", str(EACH),
            "--from", "2040-12-01", "--to", "2040-12-02", "--project", customer.project)
    assert "0 in all" in str(refused.value) or "no price in the class" in str(
        refused.value)


def test_the_record_explains_itself(product, fleet):
    wait_for(lambda: surplus(product)["choices"], "the planner has looked", LOOK_LIMIT_SECONDS)
    said = product.command("surplus", "explain", "--pool", POOL)
    assert any(f"{RUNNING} of {NODES * EACH}" in one for one in said["sentences"]), said
    past = product.command("surplus", "explain", "--pool", POOL, "--at", said["at"])
    assert past["at"] == said["at"], (past, said)
    assert any("minutes have been seen" in one for one in past["sentences"]), past
    history = product.command("surplus", "history", "--pool", POOL)
    assert history and history[0]["capacity"] == NODES * EACH, history
    # For people.
    for words in (["surplus"], ["surplus", "explain", "--pool", POOL],
                  ["surplus", "history", "--pool", POOL]):
        text = subprocess.run(
            [str(PROGRAM), *words, "--data", str(product.data)], capture_output=True, text=True,
            timeout=60, check=True).stdout
        assert POOL in text or str(NODES * EACH) in text, text


def test_a_plan_is_announced_and_withdrawn(product, fleet):
    plan = product.command(
        "plan", "add", "--team", fleet["id"], "--pool", POOL, "--accelerators", "32", "--from",
        "2040-01-01", "--until", "2040-02-01", "--note", "training run")
    assert [one["id"] for one in product.command("plan", "list")] == [plan["id"]]
    product.command("plan", "remove", plan["id"])
    assert product.command("plan", "list") == []


def test_decisions_follow_from_the_record_also_after_a_crash(product, fleet):
    wait_for(lambda: surplus(product)["choices"], "the planner has looked", LOOK_LIMIT_SECONDS)
    before = product.command("surplus", "history", "--pool", POOL)[-1]
    product.kill("control")
    wait_for(product.serves, "control is back", 60)
    assert product.command("surplus", "history", "--pool", POOL)[-1] == before
    code, text = product.verify()
    assert code == 0, text
    assert "what was decided to be sellable follows from what happened" in text
