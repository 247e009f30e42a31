"""A stranger rents this machine: a job, its log, its cost, its line on the bill. About 20 s."""

import json
import subprocess
from decimal import Decimal

import pytest

from product import PROGRAM, wait_for

POOL = "local"
RUN_LIMIT_SECONDS = 180


def spillway(product, *words, expect=0, **options):
    """A command as a person gives it, without --json: (standard output, standard error)."""
    done = subprocess.run(
        [str(PROGRAM), *words], capture_output=True, text=True, timeout=RUN_LIMIT_SECONDS,
        env=product.environment, **options)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


def submit(product, *work, options=(), expect=0):
    return spillway(
        product, "job", "submit", "--pool", POOL, "--accelerators", "1", "--data",
        str(product.data), *options, "--", *work, expect=expect)


def demo(product):
    """The demo customer; engines have an organization of ours beside it."""
    return next(
        one for one in product.command("customer", "list") if one["kind"] == "customer")


@pytest.fixture(scope="module", autouse=True)
def pool(product):
    """The machine's own pool, once it is in service."""
    wait_for(
        lambda: product.command("pool", "show", POOL)["nodes_in_service"] == 1,
        "this machine is in service", 90, every=0.2)
    return product.command("pool", "show", POOL)


def test_the_machine_says_what_it_keeps_apart(product):
    def shown():
        pool = product.command("pool", "show", POOL)
        return pool["for_customers"] and pool
    pool = wait_for(shown, "it is known what is kept apart", 120, every=0.2)
    assert pool["isolation"]["files"] and pool["isolation"]["memory"], pool


def test_the_first_job_needs_nothing_but_the_command(own_product):
    """Right after the first start, from where 'make up' was given, without any variables."""
    own_product.start()
    done = subprocess.run(
        [str(PROGRAM), "job", "submit", "--pool", "local", "--accelerators", "1", "--", "python3",
         "-c", "print(6*7)"], capture_output=True, text=True, timeout=RUN_LIMIT_SECONDS,
        cwd=own_product.data.parent, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0 and not done.stderr, done
    lines = done.stdout.splitlines()
    assert "42" in lines, done
    assert lines[-1].startswith("job_") and " succeeded: cost $0.0" in lines[-1], done
    assert not any("sold firmly" in line for line in lines), done
    assert own_product.stop() == 0
    assert "control: ended" in (own_product.data / "log" / "control.log").read_text()
    for log in (own_product.data / "log").iterdir():
        text = log.read_text(errors="replace")
        assert "Cancellation" not in text and " error " not in text, (log, text)


def test_a_job_prints_its_log_live_and_its_cost(product):
    out, _ = submit(product, "python3", "-c", "import time; time.sleep(1.2); print(6*7)")
    assert "42" in out.splitlines(), out
    assert "succeeded: cost $0.0" in out, out
    listed = product.command("job", "list")
    job = listed[0]
    assert job["state"] == "succeeded" and job["exit_code"] == 0, job
    run = job["runs"][0]
    exact = Decimal(job["price_per_accelerator_hour"]) * run["billed_seconds"] / 3600
    assert abs(Decimal(job["charged"]) - exact) <= Decimal("1e-18"), job


def test_a_failed_job_says_so_and_is_billed_as_it_ran(product):
    _, err = submit(product, "python3", "-c", "raise SystemExit(3)", expect=4)
    assert "exit code 3" in err, err
    job = product.command("job", "list")[0]
    assert (job["state"], job["exit_code"]) == ("failed", 3), job


def test_files_go_in_and_come_out(product, tmp_path):
    (tmp_path / "words.txt").write_text("one two three\n")
    submit(
        product, "python3", "-c",
        "words = open('/workspace/words.txt').read().split()\n"
        "open('/workspace/out.txt','w').write(str(len(words)))",
        options=("--file", f"{tmp_path / 'words.txt'}:words.txt"))
    job = product.command("job", "list")[0]
    target = tmp_path / "out.txt"
    spillway(
        product, "job", "files", job["id"], "out.txt", "--output", str(target), "--data",
        str(product.data))
    assert target.read_text() == "3"


def test_the_bill_has_the_job_beside_the_tokens(product):
    product.settle()
    customer = demo(product)["id"]
    jobs = product.command("job", "list")
    drafts = product.command(
        "invoice", "issue", "--customer", customer, "--period", jobs[0]["ended_at"][:7], "--draft")
    draft = drafts[0] if isinstance(drafts, list) else drafts
    lines = [line for line in draft["lines"] if line.get("product") == "compute"]
    assert lines, json.dumps(draft)[:2000]
    assert sum(Decimal(line["exact_amount"]) for line in lines) == sum(
        Decimal(job["charged"]) for job in jobs)


def test_what_cannot_be_had_is_refused_with_the_reason(product):
    _, err = spillway(
        product, "job", "submit", "--pool", "nowhere", "--accelerators", "1", "--data",
        str(product.data), "--", "true", expect=1)
    assert "no pool nowhere" in err.lower() or "nowhere" in err, err
    _, err = spillway(
        product, "job", "submit", "--pool", POOL, "--accelerators", "4096", "--data",
        str(product.data), "--", "true", expect=1)
    assert "4096" in err, err


def test_nothing_is_sold_below_its_floor(product, tmp_path):
    inventory = product.command("inventory", "show")
    owned = inventory["suppliers"][0]["owned"]
    path = tmp_path / "inventory.yaml"

    def apply():
        path.write_text(json.dumps(inventory))
        product.command("inventory", "apply", str(path))

    before = owned["capital_per_node"]
    owned["capital_per_node"] = "1000000"
    apply()
    try:
        _, err = submit(product, "true", expect=1)
        assert "does not cover what it costs" in err and "capital" not in err, err
        _, err = submit(
            product, "true", options=("--project", demo(product)["project"]), expect=1)
        assert "capital " in err and " = " in err, err
    finally:
        owned["capital_per_node"] = before
        apply()
    submit(product, "true")


def test_a_repeated_volume_command_has_one_effect(product):
    made = product.command("volume", "create", "data", "--pool", POOL, "--quota", "16MiB")
    one = product.command("volume", "snapshot", made["id"], "--idempotency-key", "snap")
    assert product.command("volume", "snapshot", made["id"], "--idempotency-key", "snap") == one
    assert len(product.command("volume", "snapshots", made["id"])) == 1
    gone = product.command("volume", "delete", made["id"], "--idempotency-key", "gone")
    assert gone["state"] == "deleted"
    product.command("volume", "undelete", made["id"], "--idempotency-key", "back")
    # Late, and without effect.
    assert product.command("volume", "delete", made["id"], "--idempotency-key", "gone") == gone
    assert product.command("volume", "show", made["id"])["state"] == "available"
    product.command("volume", "delete", made["id"])


def test_a_repeated_node_command_has_one_effect(product):
    node = product.command("node", "list")[0]["name"]
    drain = ("node", "drain", node, "--reason", "fan", "--idempotency-key", "drain-1")
    assert product.command(*drain)["state"] == "draining"
    resume = ("node", "resume", node, "--reason", "repaired", "--idempotency-key", "resume-1")
    assert product.command(*resume)["state"] == "in_service"
    assert product.command(*drain)["state"] == "draining"
    assert product.command("node", "show", node)["state"] == "in_service"


def test_an_instance_stays_up_and_is_entered_and_stopped(product):
    made = product.command("instance", "create", "--pool", POOL, "--accelerators", "1")
    wait_for(
        lambda: product.command("instance", "show", made["id"])["state"] == "running",
        "the instance runs", 60, every=0.2)
    out, _ = spillway(
        product, "instance", "exec", made["id"], "--data", str(product.data), "--",
        "sh", "-c", "echo inside; id -u", stdin=subprocess.DEVNULL)
    assert "inside" in out, out
    wait_for(
        lambda: Decimal(product.command("instance", "show", made["id"])["charged"]) > 0,
        "the instance has run for a second", 60, every=0.2)
    product.command("instance", "stop", made["id"])
    ended = wait_for(
        lambda: (lambda shown: shown["state"] == "ended" and shown)(
            product.command("instance", "show", made["id"])),
        "the instance has ended", 60, every=0.2)
    assert Decimal(ended["charged"]) > 0 and Decimal(ended["held"]) == 0, ended


def test_the_books_agree(product):
    code, text = product.verify()
    assert code == 0, text
