#!/usr/bin/env python3
"""Turns a folder into what a power cut leaves of it, by what drop_unsynced.c remembered.

Every file that was opened for writing under the shim gets the content of its last sync; one that
was never synced is gone. A rename or an unlink whose folder was not synced may have reached the
disk or not: --pending says which, and `random` draws for each by --seed. SQLite's -shm files are
deleted: they are memory, not records. Nothing may run on the folder meanwhile.
"""

import argparse
import random
import shutil
from pathlib import Path


def files_under(folder):
    if not folder.exists():
        return []
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def restore(folder, shadow, pending="random", seed=0):
    """Restores `folder`; answers how many bytes and files were lost, for the test's log."""
    folder, shadow = Path(folder), Path(shadow)
    generator = random.Random(seed)
    lost_files, changed_files = [], []

    def reached_the_disk():
        return pending == "kept" or (pending == "random" and generator.random() < 0.5)

    for path in files_under(shadow / "renamed"):
        if reached_the_disk():
            target = shadow / "data" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            (shadow / "renamed" / path).replace(target)
        else:
            (shadow / "renamed" / path).unlink()
    for path in files_under(shadow / "unlinked"):
        if reached_the_disk():
            (shadow / "data" / path).unlink(missing_ok=True)
        (shadow / "unlinked" / path).unlink()
    for path in files_under(shadow / "seen"):
        actual, durable = folder / path, shadow / "data" / path
        if str(path).endswith("-shm") or not durable.exists():
            if actual.exists():
                actual.unlink()
                lost_files.append(str(path))
            continue
        if not actual.exists() or actual.read_bytes() != durable.read_bytes():
            changed_files.append(str(path))
            mode = actual.stat().st_mode & 0o777 if actual.exists() else 0o600
            actual.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(durable, actual)
            actual.chmod(mode)
    return {"lost": lost_files, "changed": changed_files}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("shadow")
    parser.add_argument("--pending", choices=["kept", "lost", "random"], default="random")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    result = restore(arguments.folder, arguments.shadow, arguments.pending, arguments.seed)
    for kind, paths in result.items():
        for path in paths:
            print(f"{kind} {path}")


if __name__ == "__main__":
    main()
