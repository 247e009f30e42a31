#!/usr/bin/env python3
"""A real Slurm on this machine: eight nodes of eight fake H100s, for tests. As root.

    slurm_cluster.py start DIR [--accounting] [--nodes N] [--accelerators N] [--owner PID]
    slurm_cluster.py kill-node DIR NAME     # slurmd and all that runs there, at once
    slurm_cluster.py start-node DIR NAME
    slurm_cluster.py kill-controller DIR | start-controller DIR
    slurm_cluster.py stop DIR

`start` prints one line of JSON: `configuration`, `url`, `shared`, `user`, `partition`, `nodes`.
Everything it writes is in DIR, which must be empty or its own; ports are free ones and munge has a
socket of its own, so that several run side by side and none meets a Slurm of the machine's own.
With `--owner PID` it stops by itself when that process has ended, however it ended.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from ports import free_ports

TOOLS = ["slurmctld", "slurmd", "slurmrestd", "scontrol", "munged", "setpriv", "mknod", "bwrap"]
INSTALL_LIMIT_SECONDS = 180
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class SlurmCluster:
    def __init__(self, folder, nodes=8, accelerators=8, accounting=False):
        self.root = Path(folder).resolve()
        self.configuration = self.root / "etc/slurm.conf"
        self.shared = self.root / "shared"
        self.node_count = nodes
        self.accelerators = accelerators
        self.accounting = accounting
        self.url = None

    @classmethod
    def of(cls, folder):
        """One that runs already."""
        cluster = cls(folder)
        facts = json.loads((cluster.root / "cluster.json").read_text())
        cluster.node_count = len(facts["nodes"])
        cluster.accounting = facts["accounting"]
        cluster.url = facts["url"]
        return cluster

    @property
    def nodes(self):
        return [f"n{number}" for number in range(1, self.node_count + 1)]

    @property
    def environment(self):
        return {**os.environ, "SLURM_CONF": str(self.configuration)}

    @property
    def facts(self):
        return {
            "configuration": str(self.configuration), "url": self.url, "user": "root",
            "partition": "spillway", "shared": str(self.shared), "nodes": self.nodes,
            "accounting": self.accounting,
        }

    # Starting

    def start(self, owner=None):
        missing = [tool for tool in TOOLS if not find(tool)]
        if missing or os.getuid() != 0:
            raise SystemExit(f"Slurm cannot be started here: needs root and {', '.join(missing)}")
        for attempt in range(3):  # Somebody may take a port before a daemon does.
            try:
                return self._start(owner)
            except (Unfinished, subprocess.SubprocessError) as problem:
                self.stop()
                if attempt == 2:
                    raise SystemExit(
                        f"Slurm did not start: {problem}; see {self.root}/log\n{self._last_words()}")

    def _start(self, owner):
        # Of an earlier cluster, or of an attempt that did not come to its end.
        if not (self.root / "sql/installed").exists():
            shutil.rmtree(self.root / "sql", ignore_errors=True)
        for name in ["state", "spool"]:
            shutil.rmtree(self.root / name, ignore_errors=True)
        for name in ["etc", "state", "spool", "log", "run", "gpu", "shared"]:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        for name in ["", "etc", "run"]:
            (self.root / name).chmod(0o755)  # munged and slurmrestd are not root
        self._start_munge()
        key = self.root / "state/jwt.key"
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        ports = free_ports(4 + self.node_count)
        self.url = f"http://127.0.0.1:{ports[1]}"
        self._write_configuration(ports)
        if self.accounting:
            self._start_accounting(ports[2], ports[3])
        self.start_controller()
        for node in self.nodes:
            self.start_node(node)
        self._start_rest(ports[1])
        (self.root / "cluster.json").write_text(json.dumps(self.facts))
        self.wait("all nodes idle", 60, lambda: self._states().count("idle") == self.node_count)
        if owner:
            process = subprocess.Popen(
                [sys.executable, __file__, "watch", str(self.root), "--owner", str(owner)],
                start_new_session=True, **QUIET)
            self._note("watch", process.pid)
        return self.facts

    def _start_munge(self):
        folder = self.root / "munge"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        key = folder / "munge.key"
        if not key.exists():
            key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        for one in [folder, key]:
            shutil.chown(one, "munge", "munge")
        log = self.root / "log/munged.log"
        log.touch()
        shutil.chown(log, "munge", "munge")
        process = subprocess.Popen(
            ["setpriv", "--reuid=munge", "--regid=munge", "--init-groups", "munged",
             "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/socket",
             f"--pid-file={folder}/pid", f"--seed-file={folder}/seed", f"--log-file={log}",
             "--num-threads=4"],
            start_new_session=True, **QUIET)
        self._note("munged", process.pid)
        self.wait("munge's socket", 60, (folder / "socket").exists)

    def _write_configuration(self, ports):
        root, host = self.root, socket.gethostname().split(".")[0]
        accounting = (
            "AccountingStorageType=accounting_storage/slurmdbd\n"
            f"AccountingStorageHost=127.0.0.1\nAccountingStoragePort={ports[2]}\n"
            f"AccountingStoragePass={root}/munge/socket\n"
            "AccountingStorageTRES=gres/gpu\nJobAcctGatherType=jobacct_gather/linux\n"
            if self.accounting else
            "AccountingStorageType=accounting_storage/none\n"
            "JobAcctGatherType=jobacct_gather/none\n")
        nodes = "".join(
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=64 Sockets=2 "
            f"CoresPerSocket=32 ThreadsPerCore=1 RealMemory=512000 "
            f"Gres=gpu:h100:{self.accelerators} State=UNKNOWN\n"
            for node, port in zip(self.nodes, ports[4:]))
        half = max(1, self.node_count // 2)
        self.configuration.write_text(f"""\
ClusterName=t{random.randrange(1 << 40):x}
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge/socket
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key={root}/state/jwt.key
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool/%n
SlurmctldPidFile={root}/run/slurmctld.pid
SlurmdPidFile={root}/run/slurmd.%n.pid
SlurmctldLogFile={root}/log/slurmctld.log
SlurmdLogFile={root}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_min_interval=0,batch_sched_delay=0,default_queue_depth=1000
PreemptType=preempt/none
KillWait=5
MinJobAge=300
InactiveLimit=0
SlurmctldTimeout=30
SlurmdTimeout=10
TopologyPlugin=topology/tree
JobCompType=jobcomp/filetxt
JobCompLoc={root}/log/jobs.txt
{accounting}{nodes}\
PartitionName=spillway Nodes=ALL MaxTime=INFINITE State=UP Default=YES
""")
        for number in range(self.accelerators):  # clones of /dev/null stand for the accelerators
            device = root / f"gpu/nvidia{number}"
            if not device.exists():
                subprocess.run(["mknod", str(device), "c", "1", "3"], check=True)
        (root / "etc/gres.conf").write_text(
            f"NodeName=n[1-{self.node_count}] Name=gpu Type=h100 "
            f"File={root}/gpu/nvidia[0-{self.accelerators - 1}]\n")
        (root / "etc/topology.conf").write_text(
            f"SwitchName=leaf1 Nodes=n[1-{half}]\n" + (
                f"SwitchName=leaf2 Nodes=n[{half + 1}-{self.node_count}]\n"
                "SwitchName=spine Switches=leaf[1-2]\n" if self.node_count > 1 else ""))

    def _start_accounting(self, port, sql_port):
        """MariaDB is the only storage that slurmdbd has."""
        data = self.root / "sql"
        data.mkdir(exist_ok=True)
        shutil.chown(data, "mysql", "mysql")
        log = (self.root / "log/mariadb.log").open("a")
        # The folder for temporary files that this process was given may be closed to mysql.
        temporary = self.root / "sql-tmp"
        temporary.mkdir(exist_ok=True)
        shutil.chown(temporary, "mysql", "mysql")
        environment = {**os.environ, "TMPDIR": str(temporary)}
        if not (data / "installed").exists():
            subprocess.run(
                ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}",
                 "--skip-test-db", f"--tmpdir={temporary}"], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=environment, check=True, timeout=INSTALL_LIMIT_SECONDS)
            (data / "installed").touch()
        process = subprocess.Popen(
            ["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}",
             f"--socket={data}/socket", f"--pid-file={data}/pid", "--bind-address=127.0.0.1",
             f"--port={sql_port}", "--innodb-buffer-pool-size=128M",
             "--innodb-lock-wait-timeout=900", "--innodb-flush-log-at-trx-commit=0",
             f"--tmpdir={temporary}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
            start_new_session=True)
        self._note("mariadbd", process.pid)
        sql = ["mariadb", "--no-defaults", "-S", f"{data}/socket", "-e"]
        self.wait("MariaDB", 180, lambda: subprocess.run([*sql, "select 1"], **QUIET).returncode == 0)
        subprocess.run(
            [*sql, "create database if not exists slurm;"
             "create user if not exists slurm@127.0.0.1 identified by 'slurm';"
             "create user if not exists slurm@localhost identified by 'slurm';"
             "grant all on slurm.* to slurm@127.0.0.1; grant all on slurm.* to slurm@localhost"],
            check=True, **QUIET)
        configuration = self.root / "etc/slurmdbd.conf"
        configuration.write_text(f"""\
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={self.root}/munge/socket
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key={self.root}/state/jwt.key
LogFile={self.root}/log/slurmdbd.log
PidFile={self.root}/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={sql_port}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
""")
        configuration.chmod(0o600)
        subprocess.run(["slurmdbd"], env=self.environment, check=True, **QUIET)
        self.wait("slurmdbd", 90, lambda: self.tool("sacctmgr", "-i", "show", "cluster") is not None)
        name = self.configuration.read_text().splitlines()[0].split("=")[1]
        self.tool("sacctmgr", "-i", "add", "cluster", name)

    def start_controller(self):
        # -i: takes the state of an earlier run if there is one, and none if there is none.
        subprocess.run(["slurmctld", "-i", "-f", str(self.configuration)], env=self.environment,
                       check=True, **QUIET)

    def start_node(self, node):
        (self.root / "spool" / node).mkdir(exist_ok=True)
        subprocess.run(["slurmd", "-f", str(self.configuration), "-N", node], env=self.environment,
                       check=True, **QUIET)

    def _start_rest(self, port):
        log = (self.root / "log/slurmrestd.log").open("a")
        # It refuses to run as root; without accounting it must be told to leave that out.
        process = subprocess.Popen(
            ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "slurmrestd", "-a",
             "rest_auth/jwt", "-s", "openapi/v0.0.38", "-t", "8", f"127.0.0.1:{port}"],
            env={**self.environment, "SLURM_JWT": "daemon"}, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, start_new_session=True)
        self._note("slurmrestd", process.pid)
        self.wait("slurmrestd", 60, lambda: accepts(port))

    # Asking

    def tool(self, name, *arguments, timeout=10):
        """What a Slurm command prints, or None if it fails."""
        done = subprocess.run([name, *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout)
        return done.stdout if done.returncode == 0 else None

    def _last_words(self):
        """What the daemons have said last: the folder may be gone when somebody looks."""
        parts = []
        for log in sorted((self.root / "log").glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-5:]
            parts += [f"{log.name}: {line}" for line in lines]
        return "\n".join(parts)

    def _states(self):
        try:
            return (self.tool("sinfo", "-h", "-N", "-o", "%t", timeout=3) or "").split()
        except subprocess.TimeoutExpired:
            return []

    def wait(self, what, seconds, condition):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise Unfinished(what)
            time.sleep(0.05)

    # Harm, and the end

    def kill_controller(self):
        self._kill(self._process("slurmctld"), signal.SIGKILL)

    def kill_node(self, node):
        """Like a power cut: the daemon first, so that it reports nothing of the rest."""
        self._kill(self._process(f"slurmd.{node}"), signal.SIGKILL)
        for step in self._steps(node):
            kill_tree(step)

    def stop(self):
        for name in ["watch", "slurmrestd", *(f"slurmd.{node}" for node in self.nodes)]:
            process = self._process(name)
            if process and process != os.getpid():
                self._kill(process, signal.SIGKILL if name == "watch" else signal.SIGTERM)
        for step in self._steps():
            kill_tree(step)
        for name in ["slurmctld", "slurmdbd", "mariadbd", "munged"]:
            process = self._process(name)
            if process:
                self._kill(process, signal.SIGTERM)
        self._remove_groups()

    def _remove_groups(self):
        """Control groups that work has left on its nodes for the next: these nodes are no more."""
        marks = [fnv(folder) for folder in [self.shared, *self.shared.glob("*")]]
        for mark in marks:
            for group in Path("/sys/fs/cgroup").glob(f"*/spillway-{mark}-*"):
                with contextlib.suppress(OSError):
                    group.rmdir()

    def _note(self, name, process):
        (self.root / f"run/{name}.pid").write_text(str(process))

    def _process(self, name):
        """The process that was started as that, if it still is that one."""
        try:
            process = int((self.root / f"run/{name}.pid").read_text())
            started = Path(f"/proc/{process}/cmdline").read_bytes().decode()
            environment = Path(f"/proc/{process}/environ").read_bytes().decode()
        except (OSError, ValueError):
            return None
        return process if str(self.root) in started + environment else None

    def _steps(self, node=None):
        """Slurm's shepherds of jobs of this cluster: known by the socket in their node's spool."""
        spool = self.root / "spool" / node if node else self.root / "spool"
        inodes = set()
        for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
            fields = line.split()
            if len(fields) == 8 and fields[7].startswith(f"{spool}/"):
                inodes.add(f"socket:[{fields[6]}]")
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if "slurmstepd" not in os.readlink(folder / "exe"):
                    continue
                if any(os.readlink(one) in inodes for one in (folder / "fd").iterdir()):
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def _kill(self, process, how):
        if not process:
            return
        try:
            os.kill(process, how)
            for _ in range(100):
                if not runs(process):
                    return
                time.sleep(0.05)
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Unfinished(Exception):
    pass


def find(tool):
    return shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def runs(process):
    try:
        os.waitpid(process, os.WNOHANG)  # where it is our own child
    except ChildProcessError:
        pass
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def kill_tree(process):
    """A process with all its descendants, which are stopped first so that none gets away."""
    children = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))
    family = [process]
    for one in family:
        family += children.get(one, [])
    for how in [signal.SIGSTOP, signal.SIGKILL]:
        for one in family:
            try:
                os.kill(one, how)
            except ProcessLookupError:
                pass


def fnv(path):
    """As Spillway marks a shared directory."""
    value = 0xCBF29CE484222325
    for byte in str(path).encode():
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return f"{value:x}"


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=[
        "start", "stop", "kill-node", "start-node", "kill-controller", "start-controller", "watch"])
    parser.add_argument("folder")
    parser.add_argument("node", nargs="?")
    parser.add_argument("--accounting", action="store_true")
    parser.add_argument("--nodes", type=int, default=8)
    parser.add_argument("--accelerators", type=int, default=8)
    parser.add_argument("--owner", type=int)
    options = parser.parse_args()
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    if options.command == "start":
        cluster = SlurmCluster(
            options.folder, options.nodes, options.accelerators, options.accounting)
        print(json.dumps(cluster.start(options.owner)))
        return
    cluster = SlurmCluster.of(options.folder)
    if options.command == "watch":
        while runs(options.owner):
            time.sleep(0.5)
        cluster.stop()
        shutil.rmtree(cluster.root, ignore_errors=True)
    elif options.command == "stop":
        cluster.stop()
    elif options.command == "kill-node":
        cluster.kill_node(options.node)
    elif options.command == "start-node":
        cluster.start_node(options.node)
    elif options.command == "kill-controller":
        cluster.kill_controller()
    else:
        cluster.start_controller()


if __name__ == "__main__":
    main()
