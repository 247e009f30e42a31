#!/usr/bin/env python3
"""Measures how fast jobs start on a real Slurm: through Spillway, beside bare `sbatch`.

Eight nodes of eight fake accelerators; each round submits jobs of one accelerator, four at a time,
and takes the rate from the first submission to the last start, as the work itself writes it down.
Rounds of both alternate in one run. Needs root and Slurm's packages (`make slurm-packages`).

Two loads, because all eight nodes and Spillway share this machine. Jobs of some seconds leave it
time: the rate is how soon a free place has its next job. Jobs that end at once keep every core busy
with starting them: there the ratio is that of processor time for a start, the sandbox included,
which a real node spends on its own cores.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import report

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))
os.environ.setdefault("SPILLWAY_BIN", str(ROOT / ".build" / "release" / "spillway"))

from product import wait_for  # noqa: E402
from slurm_rental import SlurmRental, is_possible, seconds  # noqa: E402

AT_ONCE = 4
LIMIT_SECONDS = 300


def rest(length):
    return f"exec sleep {length}" if length else ""


def bare(rental, jobs, length):
    """Jobs a second by sbatch alone, each of `length` seconds."""
    folder = Path(tempfile.mkdtemp(prefix="bare-", dir=rental.slurm.shared))
    script = folder / "job.sh"
    script.write_text(f'#!/bin/sh\ndate +%s.%N > {folder}/start-$1\n{rest(length)}\n')
    script.chmod(0o755)

    def submit(number):
        subprocess.run(
            ["sbatch", "--quiet", "--partition=spillway", "--gres=gpu:1", "--cpus-per-task=1",
             "--mem=1G", f"--output={folder}/out-%j", str(script), str(number)],
            check=True, env=rental.slurm.environment, stdin=subprocess.DEVNULL)

    began = time.time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(submit, range(jobs)))
    files = [folder / f"start-{number}" for number in range(jobs)]
    wait_for(lambda: all(file.exists() and file.stat().st_size for file in files),
             "all jobs have started", LIMIT_SECONDS, every=0.2)
    return jobs / (max(float(file.read_text()) for file in files) - began)


def through_spillway(rental, jobs, length):
    work = ["date", "+%s.%N"] if not length else ["sh", "-c", f"date +%s.%N; {rest(length)}"]
    began = time.time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        orders = list(pool.map(
            lambda _: rental.customer.submit(*work, max_seconds=600)["id"],
            range(jobs)))
    # The last start is on record: to ask often would only take time from what is measured.
    ended = rental.customer.all_ended(orders, LIMIT_SECONDS, every=2)
    assert all(job["state"] == "succeeded" for job in ended), ended
    last = max(seconds(job["runs"][-1]["started_at"]) for job in ended)
    return jobs / (last - began)


class Load:
    """Jobs of one length, both ways."""

    def __init__(self, name, words, length, least):
        self.words, self.length = words, length
        self.rates = report.AtLeast(
            name, f"{words}: started a second on Slurm", "1/s", None)
        self.ratio = report.AtLeast(
            f"{name}-ratio", f"{words}: through Spillway over bare sbatch", "x", least)

    def run(self, rental, jobs):
        self.rates.add("sbatch", bare(rental, jobs, self.length))
        self.rates.add("spillway", through_spillway(rental, jobs, self.length))

    def rows(self):
        figures = self.rates.figures()
        self.ratio.add(
            "spillway", figures["spillway"]["median"] / figures["sbatch"]["median"])
        return [self.rates, self.ratio]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=200, help="jobs of each round")
    parser.add_argument("--seconds", type=int, default=4, help="the longer jobs' length")
    parser.add_argument("--no-append", action="store_true", help="do not write a result")
    arguments = parser.parse_args()
    if not is_possible():
        sys.exit("this needs root and Slurm: make slurm-packages")
    loads = [
        Load("submit-to-start", f"jobs of {arguments.seconds} s", arguments.seconds, 0.8),
        Load("submit-to-start-empty", "jobs that end at once", 0, None),
    ]
    with tempfile.TemporaryDirectory() as folder:
        rental = SlurmRental(Path(folder), entitled=0, accounting=False)
        try:
            rental.start()
            for number in range(arguments.rounds):
                for load in loads:
                    load.run(rental, arguments.jobs)
                    print(f"round {number + 1}, {load.words}: {load.rates.samples}", flush=True)
            rental.check_books()
        finally:
            rental.close()
    rows = [row for load in loads for row in load.rows()]
    return report.finish(ROOT, rows, "submit-to-start", not arguments.no_append)


if __name__ == "__main__":
    sys.exit(main())
