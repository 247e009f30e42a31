#!/usr/bin/env python3
"""Measures how fast jobs start on a real Slurm: through Spillway, beside bare `sbatch`.

Eight nodes of eight fake accelerators; each round submits jobs of one accelerator that end at once,
four at a time, and takes the rate from the first submission to the last start, as the work itself
writes it down. Rounds of both alternate in one run. Needs root and Slurm's packages
(`make slurm-packages`).
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


def bare(rental, jobs, round_number):
    """Jobs a second by sbatch alone."""
    folder = Path(rental.slurm.shared) / f"bare-{round_number}"
    folder.mkdir()
    script = folder / "job.sh"
    script.write_text(f'#!/bin/sh\ndate +%s.%N > {folder}/start-$1\n')
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


def through_spillway(rental, jobs):
    began = time.time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        orders = list(pool.map(
            lambda _: rental.customer.submit("date", "+%s.%N", max_seconds=600)["id"],
            range(jobs)))
    # The last start is on record: to ask often would only take time from what is measured.
    ended = rental.customer.all_ended(orders, LIMIT_SECONDS, every=2)
    assert all(job["state"] == "succeeded" for job in ended), ended
    last = max(seconds(job["runs"][-1]["started_at"]) for job in ended)
    return jobs / (last - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=200, help="jobs of each round")
    parser.add_argument("--no-append", action="store_true", help="do not write a result")
    arguments = parser.parse_args()
    if not is_possible():
        sys.exit("this needs root and Slurm: make slurm-packages")
    row = report.AtLeast(
        "submit-to-start", "jobs a second from submission to start on Slurm", "1/s", None)
    with tempfile.TemporaryDirectory() as folder:
        rental = SlurmRental(Path(folder), entitled=0, accounting=False)
        try:
            rental.start()
            for number in range(arguments.rounds):
                row.add("sbatch", bare(rental, arguments.jobs, number))
                row.add("spillway", through_spillway(rental, arguments.jobs))
                print(f"round {number + 1}: {row.samples}", flush=True)
            rental.check_books()
        finally:
            rental.close()
    figures = row.figures()
    ratio = figures["spillway"]["median"] / figures["sbatch"]["median"]
    relative = report.AtLeast(
        "submit-to-start-ratio", "submit-to-start through Spillway over bare sbatch", "x", 0.8)
    relative.add("spillway", ratio)
    rows = [row, relative]
    report.print_table(rows)
    if not arguments.no_append:
        report.append(
            ROOT / "Benchmarks" / "results", ROOT, rows,
            {"benchmark": "submit-to-start", "jobs": arguments.jobs})
    return 1 if relative.verdict() == "FAIL" else 0


if __name__ == "__main__":
    sys.exit(main())
