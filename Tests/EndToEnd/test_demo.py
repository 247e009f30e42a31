"""A fleet's days in seconds, through the program itself."""

import csv
import io
import subprocess
from decimal import Decimal

from product import PROGRAM


def run(*arguments, **options):
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=500, **options)


def figures(path, by):
    """{figure: sum} over the rows of pools, sites, suppliers or the total."""
    sums = {}
    for row in csv.DictReader(io.StringIO(path.read_text())):
        if row["by"] == by and not row["product"]:
            sums[row["figure"]] = sums.get(row["figure"], Decimal(0)) + Decimal(row["value"])
    return sums


def test_two_days_of_a_fleet_end_with_economics_invoices_and_clean_books(folder):
    data = folder / "demo"
    result = run("demo", "--days", 2, "--data", data)
    assert result.returncode == 0, result.stderr + result.stdout
    assert "FAILS" not in result.stdout and "INV-000001" in result.stdout
    assert (data / "economics.html").read_text().startswith("<!doctype html>")
    total = figures(data / "economics.csv", "total")
    uses = [
        "sold_hours", "internal_hours", "starting_hours", "draining_hours",
        "held_for_claimant_hours", "idle_hours", "down_hours", "maintenance_hours"]
    # Each figure is rounded to a millionth of an hour.
    assert abs(sum(total[use] for use in uses) - total["capacity_hours"]) < Decimal("0.0001")
    # 376 owned and 32 bought in, less the minutes until their first check.
    assert 408 * 47 < total["capacity_hours"] <= 408 * 48
    assert total["sold_hours"] > 0 and total["internal_hours"] > 376 * 48 * Decimal("0.4")
    for by in ["pool", "site", "supplier"]:
        part = figures(data / "economics.csv", by)
        assert part["earned"] == total["earned"] and part["spent"] == total["spent"]
    check = run("verify", "--data", data)
    assert check.returncode == 0, check.stdout + check.stderr


def test_the_same_seed_gives_the_same_days_and_other_files_are_left_alone(folder):
    reports = []
    for name in ["a", "b"]:
        result = run("demo", "--days", 1, "--seed", 7, "--data", folder / name)
        assert result.returncode == 0, result.stderr
        reports.append((folder / name / "economics.csv").read_text())
    assert reports[0] == reports[1]
    (folder / "own").mkdir()
    (folder / "own" / "letter.txt").write_text("mine")
    result = run("demo", "--days", 1, "--data", folder / "own")
    assert result.returncode != 0 and (folder / "own" / "letter.txt").exists()
