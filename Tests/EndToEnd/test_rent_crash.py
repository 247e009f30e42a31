"""Spillway is killed while jobs run: none is lost, started twice, left unbilled or billed after
its end. About 60 s; SPILLWAY_FULL=1: 100 jobs and 50 kills."""

import random
import time

import pytest

from product import FULL, wait_for

JOBS = 100 if FULL else 12
KILLS = 50 if FULL else 4
SEED = 20261121
LONGEST_SECONDS = 40 if FULL else 12
LIMIT_SECONDS = 1800 if FULL else 240
# A line for each start in the job's own folder: two lines mean that it was started twice.
WORK = (
    "echo start >> /work/starts; begin=$(date +%s.%N); sleep $0; "
    "echo ran $(wc -l < /work/starts) $begin $(date +%s.%N)")
# The bill is in whole seconds, and a shell takes a moment to start and to end.
TOLERANCE_SECONDS = 1.0


@pytest.mark.skipif(not FULL, reason="a minute and more: SPILLWAY_FULL=1 runs it")
def test_jobs_survive_kills_of_everything(own_product):
    own_product.start()
    customer = own_product.customer("crash")
    chance = random.Random(SEED)
    pool = wait_for(
        lambda: (lambda one: one["nodes_in_service"] and one)(
            own_product.command("pool", "show", "local")), "the pool serves", 30, every=0.2)
    assert pool
    jobs = {}
    for number in range(JOBS):
        seconds = chance.uniform(0.5, 4)
        made = own_product.command(
            "job", "submit", "--pool", "local", "--accelerators", "1", "--project",
            customer.project, "--detach", "--max-time", "5m", "--name", f"job-{number}", "--",
            "sh", "-c", WORK, f"{seconds:.3f}")
        jobs[made["id"]] = seconds
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, LONGEST_SECONDS / KILLS + 1))
        role = chance.choice(["all", "control", "up"])
        own_product.kill(role)
        if role != "control":
            own_product.start()
        else:
            wait_for(own_product.serves, "control is back", 30)

    def ended():
        shown = own_product.command("job", "list", "--project", customer.project)
        return all(one["state"] in ("succeeded", "failed") for one in shown) and shown

    shown = {one["id"]: one for one in wait_for(ended, "all jobs have ended", LIMIT_SECONDS, 1)}
    assert shown.keys() == jobs.keys()
    for identifier, seconds in jobs.items():
        job = shown[identifier]
        assert job["state"] == "succeeded", job
        assert len(job["runs"]) == 1, job
        log = own_product.log(identifier)
        assert log.count("ran ") == 1 and log.split()[1] == "1", (identifier, log)
        begin, end = map(float, log.split()[2:4])
        assert abs(job["runs"][0]["billed_seconds"] - (end - begin)) <= TOLERANCE_SECONDS, (
            seconds, job, log)
    time.sleep(1)
    assert customer.show()["held"] == 0
    own_product.stop()
    code, text = own_product.verify()
    assert code == 0, text
