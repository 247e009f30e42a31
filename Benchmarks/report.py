"""From slices to a table with medians, ranges, ratios and verdicts, and a line of JSON."""

import json
import platform
import signal
import statistics
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path


def end_when_told():
    """Ended from outside, a benchmark ends what it has started, as with Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def summary(values):
    return {
        "median": statistics.median(values), "least": min(values), "most": max(values),
        "rounds": len(values)}


def machine():
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            cores = Path("/proc/cpuinfo").read_text().count("\nprocessor") + 1
            break
    else:
        cores = 0
    return {"cpu": model, "cores": cores, "kernel": platform.release()}


def commit(root):
    done = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True)
    dirty = subprocess.run(
        ["git", "-C", str(root), "status", "--porcelain", "--untracked-files=no"],
        capture_output=True, text=True)
    return done.stdout.strip() + ("+changes" if dirty.stdout.strip() else "")


class Row:
    """One line of the table: a figure for each target, and what Spillway's must be."""

    def __init__(
        self, identifier, title, unit, must=None, aim=None, judged="ratio", base="nginx"
    ):
        self.identifier = identifier
        self.title = title
        self.unit = unit
        self.must = must
        self.aim = aim
        self.judged = judged  # "ratio" to the base's figure, or "value"
        self.base = base
        self.samples = {}

    def add(self, target, value):
        self.samples.setdefault(target, []).append(value)

    def figures(self):
        return {target: summary(values) for target, values in self.samples.items()}

    def ratio(self, target):
        """This target's median as a multiple of the base's; None where one is missing."""
        figures = self.figures()
        if target not in figures or self.base not in figures:
            return None
        base = figures[self.base]["median"]
        return figures[target]["median"] / base if base > 0 else None

    def judged_value(self):
        if "spillway" not in self.samples:
            return None
        return self.ratio("spillway") if self.judged == "ratio" else (
            self.figures()["spillway"]["median"])

    def verdict(self):
        value = self.judged_value()
        if value is None or self.must is None:
            return "" if self.must is None else "not run"
        if self.aim is not None and value <= self.aim:
            return "pass, aim reached"
        return "pass" if value <= self.must else "FAIL"

    def as_json(self):
        return {
            "id": self.identifier, "title": self.title, "unit": self.unit,
            "figures": self.figures(),
            f"ratio_to_{self.base}": {target: self.ratio(target) for target in self.samples},
            "must": self.must, "aim": self.aim, "verdict": self.verdict()}


class AtLeast(Row):
    """A row whose mean must not be below a value."""

    def __init__(self, identifier, title, unit, must):
        super().__init__(identifier, title, unit, must, judged="value")

    def judged_value(self):
        return statistics.mean(self.samples["spillway"]) if "spillway" in self.samples else None

    def verdict(self):
        value = self.judged_value()
        if value is None or self.must is None:
            return "" if self.must is None else "not run"
        return "pass" if value >= self.must else "FAIL"


def print_table(rows):
    for row in rows:
        limits = []
        if row.must is not None:
            unit = f" x {row.base}" if row.judged == "ratio" else f" {row.unit}"
            least = "at least " if isinstance(row, AtLeast) else ""
            limits.append(f"must {least}{row.must:g}{unit}")
            if row.aim is not None:
                limits.append(f"aim {row.aim:g}")
        print(f"\n{row.title} ({row.unit})  {', '.join(limits)}  {row.verdict()}")
        base = f"x {row.base}"
        print(f"  {'target':<10} {'median':>10} {'least':>10} {'most':>10} {base:>9}")
        for target, figure in row.figures().items():
            ratio = row.ratio(target)
            shown = f"{ratio:.2f}" if ratio is not None else "-"
            print(
                f"  {target:<10} {figure['median']:>10.2f} {figure['least']:>10.2f} "
                f"{figure['most']:>10.2f} {shown:>9}")


def append(folder, root, rows, notes):
    """Adds this run to the file of this day; returns the file."""
    now = datetime.now(timezone.utc)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y-%m}.jsonl"
    line = json.dumps({
        "at": now.isoformat(timespec="seconds"), "commit": commit(root), "machine": machine(),
        "rows": [row.as_json() for row in rows], **notes})
    with open(path, "a", encoding="utf-8") as file:
        file.write(line + "\n")
    return path


def finish(root, rows, benchmark, is_kept):
    """Prints and keeps the rows of one benchmark; answers its exit code."""
    print_table(rows)
    if is_kept:
        append(root / "Benchmarks" / "results", root, rows, {"benchmark": benchmark})
    failed = [row.title for row in rows if row.verdict() == "FAIL"]
    print(f"\nrows that fail: {', '.join(failed) or 'none'}")
    return 1 if failed else 0
