"""Parts of Spillway are killed while jobs run: none is lost, started twice, left unbilled or billed
after its end. About 20 s; SPILLWAY_FULL=1: 100 jobs and 50 kills, some 5 minutes.

SPILLWAY_SEED takes another seed than the test's own."""

import json
import os
import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from decimal import Decimal

from product import FULL, wait_for

SEED = int(os.environ.get("SPILLWAY_SEED", "20261121"))
JOBS = 100 if FULL else 12
KILLS = 50 if FULL else 4
SHARE = Decimal("0.014") if FULL else Decimal("0.1")
# All of Spillway, each of its processes, and the supervisor, which is the machine's agent, alone.
ROLES = ("all", "up", "control", "gateway")
SHORTEST_SECONDS, LONGEST_SECONDS = (2, 150) if FULL else (2, 8)
SUBMITTED_WITHIN_SECONDS = 90 if FULL else 3
RUNNING_AT_FIRST = 20 if FULL else 2
BETWEEN_KILLS_SECONDS = 2.5 if FULL else 0.8
END_LIMIT_SECONDS = 600 if FULL else 300
# A line for each start in the job's own folder: two lines mean that it was started twice.
WORK = (
    "begin=$EPOCHREALTIME; echo start >> /workspace/starts; sleep $0; "
    "mapfile -t starts < /workspace/starts; "
    "echo ran ${#starts[@]} $begin $EPOCHREALTIME")
# Bills are in whole seconds.
TOLERANCE_SECONDS = 1.0
# From the start of the work to the first line of its script, and from the last one to its end: it
# has a hundredth of a CPU for that, on a machine where much else happens.
FIRST_LINE_SECONDS, LAST_LINE_SECONDS = 30.0, 10.0


class Renter:
    """A customer that submits jobs over the public port and repeats what was not answered."""

    def __init__(self, product, chance):
        self.customer = product.customer("crash")
        self.url = f"http://127.0.0.1:{product.gateway_port}/v1/jobs"
        self.seconds = [chance.uniform(SHORTEST_SECONDS, LONGEST_SECONDS) for _ in range(JOBS)]
        self.pauses = [chance.uniform(0, 2 * SUBMITTED_WITHIN_SECONDS / JOBS) for _ in range(JOBS)]
        self.jobs = {}
        self.repeats = 0
        self.problem = None
        self.thread = threading.Thread(target=self.submit_all, daemon=True)

    def call(self, request):
        request.add_header("authorization", f"Bearer {self.customer.key}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def submit(self, number):
        body = {
            "pool": "local", "accelerators": str(SHARE), "name": f"job-{number}",
            "command": ["bash", "-c", WORK, f"{self.seconds[number]:.3f}"],
            "max_seconds": 600}
        deadline = time.monotonic() + 120
        while True:
            try:
                return self.call(urllib.request.Request(
                    self.url, json.dumps(body).encode(), {
                        "content-type": "application/json",
                        "idempotency-key": f"crash-{number}"}))["id"]
            except urllib.error.HTTPError as error:
                text = error.read().decode(errors="replace")
                assert error.code >= 500, (error.code, text)
            except (OSError, ValueError):
                pass
            assert time.monotonic() < deadline, f"job {number} cannot be submitted"
            self.repeats += 1
            time.sleep(0.05)

    def submit_all(self):
        try:
            for number, pause in enumerate(self.pauses):
                self.jobs[self.submit(number)] = number
                time.sleep(pause)
        except BaseException as error:  # noqa: BLE001 - told to the test's thread
            self.problem = error


def share_accelerators(product, folder):
    """Makes the machine's pool one whose accelerators are shared, so that all jobs run at once."""
    def serves():
        pool = product.command("pool", "show", "local")
        return pool["nodes_in_service"] == 1 and pool["for_customers"]
    wait_for(serves, "this machine is in service for customers", 90, every=0.2)
    inventory = product.command("inventory", "show")
    inventory["pools"][0]["fractional"] = True
    path = folder / "inventory.yaml"
    path.write_text(json.dumps(inventory))
    product.command("inventory", "apply", str(path))
    wait_for(
        lambda: product.command("pool", "show", "local")["fractional"] and serves(),
        "accelerators are shared", 60, every=0.2)


def kill(product, role, chance):
    wait_for(lambda: product.pid(role if role != "all" else "up"), f"{role} is there", 60)
    product.kill(role)
    if role in ("all", "up"):
        product.start()
    elif chance.random() < 0.5:
        # The next kill may come while it is still finding its way back.
        wait_for(lambda: product.pid(role), f"{role} is started again", 60)
    else:
        wait_for(product.serves, f"{role} is back", 60)


def running(product):
    """Leases that run now, by their shims' own records."""
    leases = (product.data / "leases").glob("*/running.json")
    return sum(not (path.parent / "ended.json").exists() for path in leases)


def test_jobs_survive_kills_of_everything(own_product, folder):
    own_product.start()
    chance = random.Random(SEED)
    share_accelerators(own_product, folder)
    renter = Renter(own_product, chance)
    renter.thread.start()
    wait_for(lambda: running(own_product) >= RUNNING_AT_FIRST, "jobs run", 120)
    killed, beside = Counter(), []
    for number in range(KILLS):
        time.sleep(chance.uniform(0.05, 2 * BETWEEN_KILLS_SECONDS))
        role = ROLES[number] if not FULL else chance.choice(ROLES)
        beside.append(running(own_product))
        kill(own_product, role, chance)
        killed[role] += 1
    wait_for(own_product.serves, "everything is back", 60)
    renter.thread.join(300)
    assert renter.problem is None, renter.problem
    assert len(renter.jobs) == JOBS, "a job has two names, or none"

    def ended():
        shown = own_product.command(
            "job", "list", "--project", renter.customer.project, "--limit", "500")
        return all(one["state"] in ("succeeded", "failed") for one in shown) and shown

    shown = wait_for(ended, "all jobs have ended", END_LIMIT_SECONDS, 1)
    assert {one["id"] for one in shown} == renter.jobs.keys()
    assert len(list((own_product.data / "leases").iterdir())) == JOBS, "a lease nobody ordered"
    worst = check(own_product, shown)
    print(
        f"seed {SEED}: {JOBS} jobs, {KILLS} kills {dict(killed)}, "
        f"{min(beside)} to {max(beside)} jobs running at a kill, {renter.repeats} requests "
        f"repeated; billed and real seconds differ by {worst[0]:.2f} at most; by the jobs' own "
        f"clocks their scripts began up to {worst[1]:.2f} s after the work did, and ended up to "
        f"{worst[2]:.2f} s before it")
    # What is held for the last minute goes back with the end.
    wait_for(lambda: renter.customer.show()["held"] == 0, "nothing is held", 60)
    assert renter.customer.show()["charged"] == sum(Decimal(job["charged"]) for job in shown)
    assert own_product.stop() == 0
    code, text = own_product.verify()
    assert code == 0, text


def test_a_trial_of_isolation_that_was_killed_is_made_again(own_product):
    def trials():
        begun = (own_product.data / "local").glob("probe-*/running.json")
        return [one for one in begun if not (one.parent / "ended.json").exists()]

    def node():
        return own_product.command("node", "list")[0]

    for _ in range(3 if FULL else 1):
        own_product.start()
        # Remembered, it would not be in the way of anything.
        (own_product.data / "local" / "isolation.json").unlink(missing_ok=True)
        own_product.kill("all")
    own_product.start()
    wait_for(
        lambda: own_product.command("pool", "show", "local")["for_customers"],
        "customers' work is taken", 120, every=0.2)
    wait_for(lambda: "found out" not in node()["reason"], "the node says so", 60, every=0.2)
    assert node()["state"] == "in_service", node()
    wait_for(lambda: not trials(), "no trial is left running", 90, every=0.2)


def check(product, shown):
    """Every job once, whole, and billed as it ran; answers the largest differences in seconds."""
    worst = [0.0, 0.0, 0.0]
    for job in shown:
        assert job["state"] == "succeeded" and len(job["runs"]) == 1, job
        run = job["runs"][0]
        log = product.log(job["id"])
        assert log.count("ran ") == 1 and log.split()[1] == "1", (job, log)
        directory = product.data / "leases" / run["lease"]
        end = json.loads((directory / "ended.json").read_text())
        real = (end["endedAt"] - end["startedAt"]) / 1e6
        begin, done = map(float, log.split()[2:4])
        billed = run["billed_seconds"]
        first, last = begin - end["startedAt"] / 1e6, end["endedAt"] / 1e6 - done
        worst = [max(pair) for pair in zip(worst, (abs(billed - real), first, last))]
        assert abs(billed - real) <= TOLERANCE_SECONDS, (billed, real, job)
        assert 0 <= first <= FIRST_LINE_SECONDS, (first, log, job)
        assert 0 <= last <= LAST_LINE_SECONDS, (last, log, job)
        exact = Decimal(job["price_per_accelerator_hour"]) * SHARE * billed / 3600
        assert abs(Decimal(job["charged"]) - exact) <= Decimal("1e-18"), job
    return worst
