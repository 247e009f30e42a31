#!/usr/bin/env python3
"""Measures placement: how much of a fleet gets allocated, and how many placements a second.

Packing is `spillway replay place` with the published protocol and seeds on each workload of
Tests/Fixtures/openb, beside the authors' results for FGD. Speed is the same replay on one core, on
the fleet as it is and on 83 of it (100,679 nodes).
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import report

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / ".build" / "release" / "spillway"
TRACES = ROOT / "Tests" / "Fixtures" / "openb"
FLEETS = 83
SEEDS = "42-51"


def replay(workload, *options):
    done = subprocess.run(
        [PROGRAM, "replay", "place", "--nodes", TRACES / "openb_node_list_gpu_node.csv.gz",
         "--pods", TRACES / f"openb_pod_list_{workload}.csv.gz", "--json", *options],
        check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def packing(published):
    """One row a workload: the mean over the seeds must be in the authors' range or above it."""
    rows = []
    for workload, theirs in published.items():
        row = report.AtLeast(
            f"packing-{workload}", f"GPUs allocated at 130 % arrivals, {workload}", "%",
            theirs["least"])
        for value in replay(workload, "--seeds", SEEDS)["gpu_allocation_percent"]:
            row.add("spillway", value)
        for key in ("least", "mean", "most"):
            row.add("published", theirs[key])
        rows.append(row)
    return rows


def speed(quick):
    rows = []
    for identifier, fleets, seeds, must in (
            ("placements-1213", 1, SEEDS, 20_000),
            ("placements-100679", FLEETS, "42" if quick else "42-44", 2_000)):
        answer = replay("default", "--seeds", seeds, "--time", "--fleets", str(fleets))
        row = report.AtLeast(
            identifier, f"placements a second on {answer['nodes']} nodes, one core", "1/s", must)
        for value in answer["placements_per_second"]:
            row.add("spillway", value)
        rows.append(row)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed on the large fleet")
    parser.add_argument("--no-append", action="store_true", help="do not write a result")
    arguments = parser.parse_args()
    if not PROGRAM.exists():
        sys.exit("there is no release build: make setup")
    published = json.loads((TRACES / "fgd_allocation.json").read_text())
    rows = packing(published) + speed(arguments.quick)
    return report.finish(ROOT, rows, "placement", not arguments.no_append)


if __name__ == "__main__":
    sys.exit(main())
