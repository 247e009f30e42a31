"""The fault shim itself: it must lose what was not synced, and nothing else. About 10 s."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from restore import restore

FOLDER = Path(__file__).resolve().parent

SQLITE_WRITER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("pragma journal_mode=wal")
connection.execute("pragma synchronous=" + sys.argv[2])
connection.execute("create table if not exists rows (number integer primary key, filler text)")
for number in range(1, 2001):
    connection.execute("insert into rows values (?, ?)", (number, "x" * 100))
    print(number, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    library = tmp_path_factory.mktemp("shim") / "drop_unsynced.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(library),
         str(FOLDER / "drop_unsynced.c"), "-ldl", "-lpthread"], check=True)
    return library


class Faulty:
    """A watched folder, and programs that are run on it until they kill themselves."""

    def __init__(self, shim, base):
        self.folder, self.shadow = base / "data", base / "shadow"
        self.folder.mkdir()
        self.shadow.mkdir()
        self.environment = {
            **os.environ, "LD_PRELOAD": str(shim), "SPILLWAY_FAULT_DIR": str(self.folder),
            "SPILLWAY_FAULT_SHADOW": str(self.shadow)}

    def run(self, program, *arguments):
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, arguments)], env=self.environment,
            cwd=self.folder, capture_output=True, text=True)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.stdout.split()

    def cut_power(self, pending="kept"):
        return restore(self.folder, self.shadow, pending)


@pytest.fixture
def faulty(shim, tmp_path):
    return Faulty(shim, tmp_path)


def rows_of(path):
    """The rows that are there; none where even the table is lost."""
    connection = sqlite3.connect(path)
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    if not connection.execute("select 1 from sqlite_schema where name = 'rows'").fetchone():
        connection.close()
        return []
    numbers = [row[0] for row in connection.execute("select number from rows order by number")]
    connection.close()
    return numbers


def test_sqlite_with_full_sync_loses_nothing(faulty):
    database = faulty.folder / "ledger.sqlite"
    acknowledged = faulty.run(SQLITE_WRITER, database, "full")
    faulty.cut_power()
    assert rows_of(database) == [int(number) for number in acknowledged]
    assert len(acknowledged) == 2000


@pytest.mark.parametrize("setting", ["off", "normal"])
def test_sqlite_with_less_sync_loses_rows(faulty, setting):
    database = faulty.folder / "ledger.sqlite"
    acknowledged = faulty.run(SQLITE_WRITER, database, setting)
    faulty.cut_power()
    left = rows_of(database) if database.exists() and database.stat().st_size else []
    assert len(left) < len(acknowledged)


def test_the_sqlite_command_line_with_full_sync_loses_nothing(faulty):
    database = faulty.folder / "shell.sqlite"
    script = (
        "pragma journal_mode=wal; pragma synchronous=full; create table rows (number);"
        + "".join(f"insert into rows values ({number});" for number in range(1, 51))
        + "select count(*) from rows;\n.shell kill -9 $PPID\n")
    done = subprocess.run(
        ["sqlite3", str(database)], input=script, env=faulty.environment, capture_output=True,
        text=True)
    assert done.stdout.split()[-1] == "50"
    faulty.cut_power()
    assert rows_of(database) == list(range(1, 51))


def test_only_synced_writes_stay(faulty):
    faulty.run("""
import os
descriptor = os.open("journal", os.O_RDWR | os.O_CREAT)
os.posix_fallocate(descriptor, 0, 4096)
os.pwrite(descriptor, b"synced", 0)
os.fdatasync(descriptor)
os.pwrite(descriptor, b"lost", 100)
os.pwrite(descriptor, b"SYN", 0)
never = os.open("never", os.O_WRONLY | os.O_CREAT)
os.write(never, b"lost")
os.kill(os.getpid(), 9)
""")
    lost = faulty.cut_power()
    content = (faulty.folder / "journal").read_bytes()
    assert content == b"synced" + bytes(4090)
    assert not (faulty.folder / "never").exists()
    assert lost == {"lost": ["never"], "changed": ["journal"]}


def test_a_sync_covers_what_a_dead_process_wrote(faulty):
    faulty.run("""
import os
descriptor = os.open("journal", os.O_WRONLY | os.O_CREAT)
os.write(descriptor, b"from the first process, ")
os.kill(os.getpid(), 9)
""")
    faulty.run("""
import os
descriptor = os.open("journal", os.O_WRONLY | os.O_APPEND)
os.write(descriptor, b"and the second")
os.fsync(descriptor)
os.write(descriptor, b"; lost")
os.kill(os.getpid(), 9)
""")
    faulty.cut_power()
    content = (faulty.folder / "journal").read_bytes()
    assert content == b"from the first process, and the second"


def test_writes_through_are_synced(faulty):
    faulty.run("""
import os
descriptor = os.open("direct", os.O_WRONLY | os.O_CREAT | os.O_DSYNC)
os.write(descriptor, b"there")
os.kill(os.getpid(), 9)
""")
    faulty.cut_power()
    assert (faulty.folder / "direct").read_bytes() == b"there"


REPLACE = """
import os, sys
old = os.open("settings", os.O_WRONLY | os.O_CREAT)
os.write(old, b"old")
os.fsync(old)
new = os.open("settings.new", os.O_WRONLY | os.O_CREAT)
os.write(new, b"new")
if "file" in sys.argv: os.fsync(new)
os.rename("settings.new", "settings")
if "folder" in sys.argv: os.fsync(os.open(".", os.O_RDONLY | os.O_DIRECTORY))
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("synced, pending, expected", [
    (["file", "folder"], "lost", b"new"),
    (["file"], "kept", b"new"),
    (["file"], "lost", b"old"),
    ([], "kept", b"old"),
])
def test_a_rename_is_durable_with_its_folder(faulty, synced, pending, expected):
    faulty.run(REPLACE, *synced)
    faulty.cut_power(pending)
    assert (faulty.folder / "settings").read_bytes() == expected


@pytest.mark.parametrize("synced, pending, there", [
    ([], "lost", True), ([], "kept", False), (["folder"], "lost", False)])
def test_an_unlink_is_durable_with_its_folder(faulty, synced, pending, there):
    faulty.run("""
import os, sys
descriptor = os.open("segment", os.O_WRONLY | os.O_CREAT)
os.write(descriptor, b"records")
os.fsync(descriptor)
os.close(descriptor)
os.unlink("segment")
if "folder" in sys.argv: os.fsync(os.open(".", os.O_RDONLY | os.O_DIRECTORY))
os.kill(os.getpid(), 9)
""", *synced)
    faulty.cut_power(pending)
    assert (faulty.folder / "segment").exists() == there


def test_files_outside_the_shim_are_left_alone(faulty):
    (faulty.folder / "weights").write_bytes(b"from before")
    faulty.run("open('weights').read()")
    faulty.cut_power()
    assert (faulty.folder / "weights").read_bytes() == b"from before"
