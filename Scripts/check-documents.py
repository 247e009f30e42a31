#!/usr/bin/env python3
"""Checks what the documents claim about the repository: links lead somewhere, `make` targets and
commands exist, the floors table is the manifest's."""
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
problems = []


def documents():
    tracked = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in tracked.stdout.split()]


def check_links(document, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path = target.split("#")[0]
        if path and "://" not in path and not (document.parent / path).exists():
            problems.append(f"{document.relative_to(ROOT)}: {target} leads nowhere")


def check_make_targets(document, text, known):
    for name in re.findall(r"`make ([a-z-]+)", text):
        if name not in known:
            problems.append(f"{document.relative_to(ROOT)}: there is no 'make {name}'")


def check_commands(document, text, known):
    for name in re.findall(r"`spillway ([a-z]+)", text):
        if name not in known:
            problems.append(f"{document.relative_to(ROOT)}: there is no 'spillway {name}'")


def check_floors():
    """Each target of the manifest has its row, and imports lower floors only."""
    manifest = json.loads(subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, capture_output=True, text=True,
        check=True).stdout)
    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", (ROOT / "ARCHITECTURE.md").read_text(), re.M)
    floors = {name: int(floor) for floor, name in rows}
    for target in manifest["targets"]:
        name = target["name"]
        if target["type"] == "test" or name == "TestKit":
            continue
        if name not in floors:
            problems.append(f"ARCHITECTURE.md: the floors table lacks {name}")
            continue
        for dependency in target["dependencies"]:
            lower = (dependency.get("byName") or [None])[0]
            if lower in floors and floors[lower] >= floors[name]:
                problems.append(f"Package.swift: {name} imports {lower}, which is no lower floor")
    for name in floors.keys() - {target["name"] for target in manifest["targets"]}:
        problems.append(f"ARCHITECTURE.md: there is no target {name}")


def main():
    make_targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    program = ROOT / ".build/debug/spillway"
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    commands = set(re.findall(r"^  ([a-z]+)  ", text, re.M)) | {"help"}
    for document in documents():
        text = document.read_text()
        check_links(document, text)
        check_make_targets(document, text, make_targets)
        check_commands(document, text, commands)
    check_floors()
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"documents: {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
