"""Capacity is taken back from spot work for entitled teams, on a real Slurm: in time, with notice,
from as few as suffice and from nobody else. About 2 min; SPILLWAY_FULL=1: 200 with a notice of 2 s
and 5 with 120 s, 25 min. SPILLWAY_RECLAIMS and SPILLWAY_SEED cut the 200 into parts."""

import os
import random
import time

import pytest

from product import FULL, wait_for
from slurm_rental import ACCELERATORS, FINAL, NODES, SlurmRental, is_possible, seconds

pytestmark = pytest.mark.skipif(
    not is_possible(), reason="a real Slurm: root, and 'make slurm-packages'")

RECLAIMS = int(os.environ.get("SPILLWAY_RECLAIMS", 200 if FULL else 15))
LONG_RECLAIMS, LONG_NOTICE = (5, 120) if FULL else (2, 15)
NOTICE = 2
ENTITLED = 32
# What is promised beside the notice.
NOTICE_WITHIN_SECONDS = 1
HANDED_OVER_WITHIN_SECONDS = 5
SEED = int(os.environ.get("SPILLWAY_SEED", 20261122))
STUBBORN = (
    "sleep 100000 & child=$!; trap 'echo told $(date +%s.%N)' USR1;"
    "trap 'kill $child; echo ended $(date +%s.%N); exit 143' TERM; echo began $(date +%s.%N);"
    "while kill -0 $child 2>&-; do wait $child; done")
POLITE = STUBBORN.replace("' USR1", "; sleep 0.3; kill $child; exit 1' USR1", 1)
CLAIM = "echo began $(date +%s.%N); sleep 0.2"


@pytest.fixture(scope="module")
def rental(module_folder):
    rental = SlurmRental(module_folder, entitled=ENTITLED, accounting=False)
    try:
        yield rental.start()
    finally:
        rental.close()


def fill(rental, chance, firm=8):
    """Fills the pool: work on demand, which nobody may touch, and spot work of all sizes."""
    kept = [
        rental.customer.submit("sh", "-c", STUBBORN, accelerators=2, max_seconds=7200)["id"]
        for _ in range(firm // 2)]
    left = NODES * ACCELERATORS - firm
    spot = []
    while left:
        nodes = 2 if left >= 2 and chance.random() < 0.2 else 1
        count = chance.choice([size for size in (1, 2, 4, 8) if size * nodes <= left])
        spot.append(rental.customer.submit(
            "sh", "-c", chance.choice([STUBBORN, POLITE]), accelerators=count, nodes=nodes,
            max_seconds=7200, on_reclaim="requeue", **{"class": "spot"})["id"])
        left -= nodes * count
    return kept, spot


def quiet(rental, orders):
    """The spot orders once nothing moves: who waits finds no room."""
    seen = None

    def stands():
        nonlocal seen
        now = {job["id"]: job for job in rental.customer.jobs() if job["id"] in orders}
        states = {one: (job["state"], len(job["runs"])) for one, job in now.items()}
        moving = any(job["state"] in ("starting", "ending") for job in now.values())
        before, seen = seen, states
        return not moving and states == before and now
    return wait_for(stands, "nothing moves", 60, every=0.4)


def live_run(job):
    return next((run for run in job["runs"] if run["state"] == "running"), None)


def told(log):
    return next(
        (float(line.split()[1]) for line in log.splitlines() if line.startswith("told")), None)


def suffices(free, freed, nodes, count):
    room = dict(free)
    for run, accelerators in freed:
        for node in run["nodes"]:
            room[node] += accelerators
    return sum(one >= count for one in room.values()) >= nodes


def reclaim(rental, chance, spot):
    """One claim of a random size on a full pool: how long notice and hand-over took."""
    before = quiet(rental, spot)
    free = {name: int(node["accelerators_free"]) for name, node in rental.nodes().items()}
    running = {one: live_run(job) for one, job in before.items() if live_run(job)}
    while True:
        nodes, count = chance.choice([1, 1, 1, 2, 3, 4]), chance.choice([1, 2, 4, 8])
        if nodes * count <= ENTITLED and not suffices(free, [], nodes, count):
            break
    placed = rental.team.submit("sh", "-c", CLAIM, accelerators=count, nodes=nodes, max_seconds=60)
    done = rental.team.all_ended([placed["id"]], 60 + LONG_NOTICE, every=0.2)[0]
    assert done["state"] == "succeeded", done
    asked = seconds(placed["placed_at"])
    handed_over = seconds(done["runs"][0]["started_at"]) - asked
    after = {job["id"]: job for job in rental.customer.jobs() if job["id"] in running}
    victims = []
    for one, run in running.items():
        now = next(other for other in after[one]["runs"] if other["lease"] == run["lease"])
        if now.get("ended_at") is not None:
            victims.append((one, run, int(before[one]["accelerators"])))
    assert victims, f"{nodes} x {count} was had without a victim: {free}"
    notices = []
    for one, run, _ in victims:
        for rank in range(len(run["nodes"])):
            heard = told(rental.customer.log(one, run, rank))
            assert heard is not None, f"{one} was stopped without notice"
            notices.append(heard - asked)
    # Without any one of them it would not have done.
    for spared in victims:
        rest = [(run, size) for one, run, size in victims if one != spared[0]]
        assert not suffices(free, rest, nodes, count), (spared, victims, nodes, count, free)
    return max(notices), handed_over, len(victims)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def report(what, notices, handed_over, victims):
    print(
        f"{what}: {len(notices)} reclaims with {sum(victims)} victims; notice after at most "
        f"{max(notices):.3f} s (median {percentile(notices, 0.5):.3f}); handed over after "
        f"{percentile(handed_over, 0.5):.2f} s (median), {percentile(handed_over, 0.99):.2f} s "
        f"(p99), {max(handed_over):.2f} s (most)")


def check_told(rental, kept, spot):
    """Who was told has gone, and nobody of another class was told."""
    jobs = {job["id"]: job for job in rental.customer.jobs()}
    for one in kept:
        job = jobs[one]
        assert job["state"] == "running" and len(job["runs"]) == 1, job
        assert "told" not in rental.customer.log(one, job["runs"][0])
    count = 0
    for one in spot:
        for run in jobs[one]["runs"]:
            for rank in range(len(run["nodes"])):
                was_told = told(rental.customer.log(one, run, rank)) is not None
                assert was_told == (run.get("ended_at") is not None), (one, run)
            count += 1
    return count


def clear(rental, orders):
    for one in orders:
        rental.customer.cancel(one)
    rental.customer.all_ended(orders, 90)
    wait_for(
        lambda: rental.pool()["accelerators_free"] == str(NODES * ACCELERATORS),
        "all is free again", 30, every=0.3)


def test_short_notice(rental):
    chance = random.Random(SEED)
    rental.product.command(
        "terms", "set", "spot", "--notice", f"{NOTICE}s", "--refund-within", "0s")
    kept, spot = fill(rental, chance)
    results = []
    for number in range(RECLAIMS):
        results.append(reclaim(rental, chance, set(spot)))
        if number % 20 == 19:
            report(f"so far, notice {NOTICE} s", *zip(*results))
    quiet(rental, set(spot))
    count = check_told(rental, kept, spot)
    report(f"notice {NOTICE} s ({count} spot runs)", *zip(*results))
    notices, handed_over, _ = zip(*results)
    clear(rental, kept + spot)
    assert percentile(notices, 0.99) <= NOTICE_WITHIN_SECONDS, max(notices)
    assert percentile(handed_over, 0.99) <= NOTICE + HANDED_OVER_WITHIN_SECONDS, handed_over


def test_long_notice(rental):
    chance = random.Random(SEED + 1)
    rental.product.command("terms", "set", "spot", "--notice", f"{LONG_NOTICE}s")
    kept, spot = fill(rental, chance)
    before = quiet(rental, set(spot))
    running = {one: live_run(job) for one, job in before.items() if live_run(job)}
    sizes = [chance.choice([1, 2, 4]) for _ in range(LONG_RECLAIMS)]
    placed = []
    for size in sizes:
        placed.append(rental.team.submit("sh", "-c", CLAIM, accelerators=size, max_seconds=60))
        time.sleep(chance.uniform(0, 2))
    done = {
        job["id"]: job for job in rental.team.all_ended(
            [job["id"] for job in placed], LONG_NOTICE + 60)}
    handed_over = [
        seconds(done[job["id"]]["runs"][0]["started_at"]) - seconds(job["placed_at"])
        for job in placed]
    quiet(rental, set(spot))
    check_told(rental, kept, spot)
    jobs = {job["id"]: job for job in rental.customer.jobs()}
    notices, victims = [], 0
    asked = sorted(seconds(job["placed_at"]) for job in placed)
    for one, run in running.items():
        heard = told(rental.customer.log(one, run))
        if heard is not None:
            victims += 1
            notices.append(heard - max(moment for moment in asked if moment <= heard))
    assert jobs and victims
    report(f"notice {LONG_NOTICE} s", notices, handed_over, [victims])
    clear(rental, kept + spot)
    assert max(notices) <= NOTICE_WITHIN_SECONDS, notices
    assert max(handed_over) <= LONG_NOTICE + HANDED_OVER_WITHIN_SECONDS, handed_over


def test_the_books_agree(rental):
    assert all(job["state"] in FINAL for job in rental.customer.jobs())
    rental.check_books()
