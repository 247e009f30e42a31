#!/usr/bin/env python3
"""Measures the surplus planner: a month of Helios Earth (376 GPUs) replayed, and what one minute's
decisions for 1,000 pools take on one core, by the time of that month's decisions.

Time is the user and system time of `spillway replay surplus`, which runs on one core; reading the
tables is in it. The demo's copy of the fleet is what is replayed.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import report

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / ".build" / "release" / "spillway"
FLEET = ROOT / "demo" / "helios-earth"
POOLS = 1000


def replay():
    """Seconds of processor time, and minutes that were decided."""
    before = os.times()
    done = subprocess.run(
        [PROGRAM, "replay", "surplus", FLEET, "--json"], check=True, capture_output=True, text=True)
    after = os.times()
    seconds = (after.children_user + after.children_system
               - before.children_user - before.children_system)
    return seconds, json.loads(done.stdout)["minutes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-append", action="store_true", help="do not write a result")
    arguments = parser.parse_args()
    if not PROGRAM.exists():
        sys.exit("there is no release build: make setup")
    month = report.Row("replay-month", "a month of Helios replayed, one core", "s", 30,
                       judged="value")
    cycle = report.Row("plan-1000-pools", f"one minute's decisions for {POOLS} pools, one core", "s",
                       1, judged="value")
    for _ in range(arguments.rounds):
        seconds, minutes = replay()
        month.add("spillway", seconds)
        cycle.add("spillway", seconds / minutes * POOLS)
    return report.finish(ROOT, [month, cycle], "surplus", not arguments.no_append)


if __name__ == "__main__":
    sys.exit(main())
