#!/usr/bin/env python3
"""Measures the surplus planner: a month of Helios Earth (376 GPUs) replayed, and a planning cycle of
100,000 accelerators in 1,000 pools with customers' work on them, each on one core.

The month is the user and system time of `spillway replay surplus`; reading the tables is in it. The
demo's copy of the fleet is what is replayed. The cycle is what `spillway replay fleet` reports of
its slowest minute: the capacity path as control runs it.
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
ACCELERATORS = 100
MINUTES = 30


def replay():
    """Seconds of processor time."""
    before = os.times()
    subprocess.run(
        [PROGRAM, "replay", "surplus", FLEET, "--json"], check=True, capture_output=True)
    after = os.times()
    return (after.children_user + after.children_system
            - before.children_user - before.children_system)


def cycles(seed):
    """The slowest cycle, and the slowest minute's events, in seconds."""
    done = subprocess.run(
        [PROGRAM, "replay", "fleet", "--pools", str(POOLS), "--accelerators", str(ACCELERATORS),
         "--minutes", str(MINUTES), "--seed", str(seed), "--json"],
        check=True, capture_output=True, text=True)
    answer = json.loads(done.stdout)
    return max(answer["cycle_seconds"]), max(answer["event_seconds"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-append", action="store_true", help="do not write a result")
    arguments = parser.parse_args()
    if not PROGRAM.exists():
        sys.exit("there is no release build: make setup")
    month = report.Row("replay-month", "a month of Helios replayed, one core", "s", 30,
                       judged="value")
    cycle = report.Row(
        "plan-1000-pools", f"the slowest planning cycle of {POOLS} pools of {ACCELERATORS}, one core",
        "s", 1, judged="value")
    events = report.Row(
        "events-1000-pools", "the events of a minute beside it, one core", "s", 60, judged="value")
    for number in range(arguments.rounds):
        month.add("spillway", replay())
        slowest = cycles(number + 1)
        cycle.add("spillway", slowest[0])
        events.add("spillway", slowest[1])
    return report.finish(ROOT, [month, cycle, events], "surplus", not arguments.no_append)


if __name__ == "__main__":
    sys.exit(main())
