"""Everything that runs on a real Slurm, and what it is billed: jobs, gangs, arrays, a calendar
reservation, a drain, the death of a node, a reclaim. Every billed second is compared with what the
work itself printed and with Slurm's accounting. About 3 min; SPILLWAY_FULL=1: 500 jobs."""

import random
import time
from datetime import datetime, timezone
from decimal import Decimal

import pytest

from product import FULL, wait_for
from slurm_rental import ACCELERATORS, FINAL, NODES, TIMED, SlurmRental, is_possible, seconds

pytestmark = pytest.mark.skipif(
    not is_possible(), reason="a real Slurm: root, and 'make slurm-packages'")

JOBS = 500 if FULL else 40
ARRAYS, COPIES = (5, 20) if FULL else (2, 4)
GANGS = 10 if FULL else 2
SEED = 20261121
# Runs whose sandbox may take more than a second to stand, on a machine that is busy.
SLOW_STARTS = 0.01
LIMIT_SECONDS = 900
# Eight nodes share this machine: launching many at once takes seconds, which Slurm counts and we
# do not.
AT_ONCE = 12
# The window of a reservation is whole seconds on Slurm's side.
WINDOW_SECONDS = 20
WINDOW_AHEAD_SECONDS = 15


@pytest.fixture(scope="module")
def rental(module_folder):
    rental = SlurmRental(module_folder)
    try:
        yield rental.start()
    finally:
        rental.close()


def printed(log):
    """The times that the work printed: (began, ended), None where it did not come to it."""
    times = dict(line.split() for line in log.splitlines() if len(line.split()) == 2)
    return tuple(float(times[name]) if name in times else None for name in ("began", "ended"))


def compare(rental, renter, jobs):
    """Billed seconds beside the work's own and Slurm's, for every run; the greatest differences."""
    runs = [(job, run) for job in jobs for run in job["runs"]]
    theirs = wait_for(
        lambda: (lambda found: all(
            run["lease"] in found and found[run["lease"]][1] is not None for _, run in runs)
            and found)(rental.accounted()),
        "Slurm has accounted for every lease", 90, every=1)
    own, slurm, beyond, slow = [], [], [], 0
    for job, run in runs:
        start, end, _, nodes = theirs[run["lease"]]
        assert nodes == len(run["nodes"]), (run, nodes)
        length = seconds(run["ended_at"]) - seconds(run["started_at"])
        counted = run["billed_seconds"] + run["unbilled_seconds"]
        assert abs(counted - length) <= 0.5 + 1e-6, run
        # Nothing is billed outside of the time that Slurm has counted, whose seconds are whole.
        assert start - 0.05 <= seconds(run["started_at"]), (run, start)
        assert seconds(run["ended_at"]) <= end + 1.05, (run, end)
        slurm.append(abs(counted - (end - start)))
        # Slurm counts its own launch, until the job's first line, and its own putting away: both
        # take seconds where a machine has other things to do, and neither is billed. The full run
        # has a machine of its own: there they do not count as an excuse.
        launch = max(0, rental.claimed(run["lease"]) - start - 1)
        putting_away = max(0, end - seconds(run["ended_at"]) - 1)
        slow += launch + putting_away > 0
        # Its own length is known to a second at either side.
        excused = 0 if FULL else launch + putting_away
        if abs(length + excused - (end - start)) > 2:
            beyond.append((job["id"], length, launch, putting_away, end - start))
        began, ended = printed(renter.log(job["id"], run))
        if began and ended:
            own.append(abs(counted - (ended - began)))
            assert own[-1] <= 1, (job["id"], run, began, ended)
    print(
        f"{len(runs)} runs: billed seconds differ from the work's own by at most "
        f"{max(own, default=0):.3f} ({len(own)} runs), from Slurm's whole seconds by at most "
        f"{max(slurm)} ({sum(one > 1 for one in slurm)} runs by more than 1; Slurm was slow to "
        f"launch or put away {slow}; {len(beyond)} by more than 1 beyond that and what whole seconds "
        "leave open)")
    assert len(beyond) <= len(runs) * SLOW_STARTS, beyond
    return own, slurm


def price_is_right(job):
    hourly, accelerators = Decimal(job["price_per_accelerator_hour"]), Decimal(job["accelerators"])
    for run in job["runs"]:
        exact = hourly * accelerators * len(run["nodes"]) * run["billed_seconds"] / 3600
        assert abs(Decimal(run["charged"]) - exact) <= Decimal("1e-18"), (job["id"], run)


def test_customers_may_rent_it(rental):
    pool = rental.pool()
    assert pool["for_customers"], pool
    assert (pool["nodes_in_service"], pool["accelerators_in_service"]) == (NODES, "64"), pool


def test_jobs_arrays_and_gangs_are_billed_as_they_ran(rental):
    chance = random.Random(SEED)
    asked = []
    for number in range(JOBS):
        if chance.random() < 0.3:
            work = ("true",)
        else:
            work = ("sh", "-c", TIMED, f"{chance.uniform(0.5, 3):.2f}")
        asked.append((work, {"accelerators": chance.choice([1, 1, 1, 2, 4])}))
    for _ in range(ARRAYS):
        asked.append((("sh", "-c", TIMED, "1"), {"array": COPIES}))
    for _ in range(GANGS):
        asked.append((("sh", "-c", TIMED, "1.5"), {"nodes": NODES, "accelerators": 2}))
    chance.shuffle(asked)
    begin = time.monotonic()
    made = []
    for work, shape in asked:
        made.append(rental.customer.submit(*work, max_seconds=300, **shape)["id"])
        if len(made) > AT_ONCE:
            wait_for(
                lambda: rental.customer.show(made[-AT_ONCE - 1])["state"] in FINAL,
                "an order has ended", LIMIT_SECONDS, every=0.1)
    jobs = rental.customer.all_ended(made, LIMIT_SECONDS)
    took = time.monotonic() - begin
    runs = sum(len(job["runs"]) for job in jobs)
    print(
        f"{len(jobs)} orders with {runs} runs, {AT_ONCE} orders at once: all ended after "
        f"{took:.1f} s")
    assert all(job["state"] == "succeeded" for job in jobs), [
        job for job in jobs if job["state"] != "succeeded"][:3]
    assert runs == JOBS + ARRAYS * COPIES + GANGS
    for job in jobs:
        price_is_right(job)
        assert job["held"] == "0"
    for gang in (job for job in jobs if job["nodes"] == NODES):
        run = gang["runs"][0]
        assert len(set(run["nodes"])) == NODES
        logs = [rental.customer.log(gang["id"], run, rank) for rank in range(NODES)]
        assert all("ended" in log for log in logs), logs
    compare(rental, rental.customer, jobs)


def test_a_calendar_reservation_keeps_its_nodes(rental):
    now = int(time.time())
    begin, end = now + WINDOW_AHEAD_SECONDS, now + WINDOW_AHEAD_SECONDS + WINDOW_SECONDS

    def text(moment):
        return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    made = rental.customer.reserve(2, ACCELERATORS, text(begin), text(end))
    inside = [
        rental.customer.submit(
            "sh", "-c", TIMED, "2", accelerators=ACCELERATORS, reservation=made["id"],
            max_seconds=10)
        for _ in range(2)]
    beside = [
        rental.customer.submit("sh", "-c", TIMED, "1", accelerators=2, max_seconds=60)
        for _ in range(12)]
    wait_for(lambda: time.time() > begin + 1, "the window is open", 60)
    shown = wait_for(
        lambda: (lambda text: made["id"] in text and text)(
            rental.slurm.tool("scontrol", "show", "reservation", "-o")),
        "Slurm has the reservation", 10)
    assert "State=ACTIVE" in shown, shown
    others = [
        rental.customer.submit("sh", "-c", TIMED, "1", accelerators=2, max_seconds=60)
        for _ in range(12)]
    jobs = rental.customer.all_ended([job["id"] for job in [*inside, *beside, *others]], 120)
    by_id = {job["id"]: job for job in jobs}
    assert all(job["state"] == "succeeded" for job in jobs), jobs
    reserved = {node for job in inside for node in by_id[job["id"]]["runs"][0]["nodes"]}
    assert len(reserved) == 2
    for job in inside:
        run = by_id[job["id"]]["runs"][0]
        assert run["billed_seconds"] == 0 and run["charged"] == "0", run
        assert begin - 0.1 <= seconds(run["started_at"]) <= end
    for job in others:
        assert not reserved & set(by_id[job["id"]]["runs"][0]["nodes"]), by_id[job["id"]]
    ended = wait_for(
        lambda: (lambda shown: shown["state"] == "ended" and shown)(
            rental.customer.show(made["id"], "reservations")),
        "the reservation is over", 90, every=0.5)
    exact = (Decimal(ended["price_per_accelerator_hour"]) * 2 * ACCELERATORS * WINDOW_SECONDS
             / 3600)
    assert abs(Decimal(ended["charged"]) - exact) <= Decimal("1e-18"), ended
    wait_for(
        lambda: made["id"] not in (rental.slurm.tool("scontrol", "show", "reservation") or "?"),
        "Slurm has let the reservation go", 20)
    compare(rental, rental.customer, jobs)


def test_a_drained_node_ends_its_work_and_gets_no_more(rental):
    before = [
        rental.customer.submit("sh", "-c", TIMED, "6", accelerators=4, max_seconds=60)
        for _ in range(12)]
    used = wait_for(
        lambda: (lambda jobs: all(job["state"] == "running" for job in jobs) and {
            node for job in jobs for node in job["runs"][0]["nodes"]})(
                [rental.customer.show(job["id"]) for job in before]), "all of them run", 30)
    node = sorted(used)[0]
    rental.product.command("node", "drain", node, "--reason", "fan fails")
    after = [
        rental.customer.submit("sh", "-c", TIMED, "0.5", accelerators=2, max_seconds=60)
        for _ in range(20)]
    jobs = rental.customer.all_ended([job["id"] for job in [*before, *after]], 120)
    assert all(job["state"] == "succeeded" and len(job["runs"]) == 1 for job in jobs), jobs
    ids = {job["id"] for job in after}
    assert not any(
        node in run["nodes"] for job in jobs if job["id"] in ids for run in job["runs"])
    rental.product.command("node", "resume", node, "--reason", "fan replaced")
    rental.node_is(node, "in_service")
    compare(rental, rental.customer, jobs)


def test_a_dead_node_is_fenced_not_billed_and_comes_back(rental):
    # The gang first: single jobs are packed closely, and would leave it no eight nodes.
    gang = rental.customer.submit(
        "sh", "-c", TIMED, "30", nodes=NODES, accelerators=2, max_seconds=120)
    singles = [
        rental.customer.submit("sh", "-c", TIMED, "30", accelerators=3, max_seconds=120)
        for _ in range(6)]
    orders = [job["id"] for job in [*singles, gang]]

    def running():
        jobs = {one: rental.customer.show(one) for one in orders}
        return all(job["state"] == "running" for job in jobs.values()) and jobs

    jobs = wait_for(running, "all of them run", 60, every=0.3)
    node = jobs[orders[0]]["runs"][0]["nodes"][0]
    hit = {one for one in orders if node in jobs[one]["runs"][0]["nodes"]}
    assert gang["id"] in hit and len(hit) > 1
    killed = time.time()
    rental.slurm.kill_node(node)
    failed = rental.node_is(node, "failed")
    print(f"{node} was known to have failed {time.time() - killed:.1f} s after: {failed['reason']}")
    rental.slurm.start_node(node)
    rental.node_is(node, "in_service", limit=90)
    jobs = rental.customer.all_ended(orders, 180)
    for job in jobs:
        assert job["state"] == "succeeded", job
        runs = sorted(job["runs"], key=lambda run: run["attempt"])
        if job["id"] not in hit:
            assert len(runs) == 1, job
            continue
        lost = runs[0]
        assert lost["cause"] == f"its node {node} failed", lost
        # What it was charged before is credited in full, by the terms.
        assert Decimal(lost["charged"]) == Decimal(lost["credited"]), lost
        assert len(runs) == 2 and runs[1].get("exit_code") == 0, job
    for job in jobs:
        job["runs"] = [run for run in job["runs"] if run.get("exit_code") == 0]
    compare(rental, rental.customer, jobs)


def test_entitled_work_takes_spot_capacity_back(rental):
    work = "trap 'echo told; exit 1' USR1; sleep 600 & wait"
    spot = [
        rental.customer.submit(
            "sh", "-c", work, accelerators=ACCELERATORS, max_seconds=900, on_reclaim="end",
            **{"class": "spot"})
        for _ in range(NODES)]
    wait_for(
        lambda: all(rental.customer.show(job["id"])["state"] == "running" for job in spot),
        "spot work fills the pool", 30, every=0.3)
    placed = rental.team.submit("sh", "-c", TIMED, "1", accelerators=ACCELERATORS, nodes=2)
    done = rental.team.all_ended([placed["id"]], 60)[0]
    assert done["state"] == "succeeded", done
    waited = seconds(done["runs"][0]["started_at"]) - seconds(placed["placed_at"])
    told = [job["id"] for job in spot if rental.customer.show(job["id"])["state"] == "failed"]
    assert len(told) == 2, told
    print(f"two nodes were handed over {waited:.2f} s after they were asked for")
    for job in spot:
        rental.customer.cancel(job["id"])
    jobs = rental.customer.all_ended([job["id"] for job in spot], 60)
    for job in jobs:
        log = rental.customer.log(job["id"], job["runs"][0])
        assert ("told" in log) == (job["id"] in told), (job, log)
    compare(rental, rental.customer, jobs)
    compare(rental, rental.team, [done])


def test_the_books_agree(rental):
    text = rental.check_books()
    assert "every second of an accelerator" in text
