"""How things are measured: CPU time and memory from /proc, load by wrk and by our stream opener."""

import json
import os
import statistics
import subprocess
import time
import urllib.request
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
GATEWAY_CPU = 0
LOAD_CPU = 1
SYNC_SAMPLES = 300
SYNC_RECORD_BYTES = 192


def pin(process_id, cpu):
    """Binds all threads of a process to one CPU."""
    subprocess.run(
        ["taskset", "-a", "-c", "-p", str(cpu), str(process_id)],
        check=True, stdout=subprocess.DEVNULL)


def on_cpu(cpu, command):
    return ["taskset", "-c", str(cpu), *command]


def process_parents():
    """Parent of each process that runs now."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    return parents


def process_tree(root):
    """A process and everything under it."""
    parents = process_parents()
    tree = {root}
    grown = True
    while grown:
        more = {child for child, parent in parents.items() if parent in tree} - tree
        tree |= more
        grown = bool(more)
    return tree


def cpu_seconds(process_ids):
    """User and system time of all threads of these processes, in seconds."""
    user = system = 0
    for process_id in process_ids:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
        user += int(fields[11])
        system += int(fields[12])
    return user / TICKS_PER_SECOND, system / TICKS_PER_SECOND


def proportional_bytes(process_ids):
    """PSS: memory of these processes, shared pages counted by share."""
    total = 0
    for process_id in process_ids:
        for line in Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def sync_microseconds(folder):
    """Median time of one journal sync on this folder's file system: a small write into a file
    that has its space already, then fdatasync."""
    path = Path(folder) / "sync-probe"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, 1 << 20)
        os.fsync(descriptor)
        record = b"x" * SYNC_RECORD_BYTES
        samples = []
        for index in range(SYNC_SAMPLES):
            start = time.perf_counter_ns()
            os.pwrite(descriptor, record, index * SYNC_RECORD_BYTES)
            os.fdatasync(descriptor)
            samples.append((time.perf_counter_ns() - start) / 1000)
        return statistics.median(samples)
    finally:
        os.close(descriptor)
        path.unlink()


def engine_stats(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats", timeout=10) as answer:
        return json.load(answer)


def run_wrk(script, url, body_file, key, connections, seconds):
    """Closed-loop load; answers what request.lua prints."""
    command = on_cpu(LOAD_CPU, [
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "--latency",
        "-s", str(script), url])
    environment = {**os.environ, "BODY_FILE": str(body_file), "KEY": key}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=seconds + 90)
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line[7:])
    raise RuntimeError(f"wrk gave no result for {url}:\n{done.stdout}{done.stderr}")


def measure_slice(target, script, url, body_file, connections, seconds, engine_port):
    """One slice of load on one target, with the CPU time that its processes took."""
    before_stats = engine_stats(engine_port)
    before = cpu_seconds(target.processes())
    result = run_wrk(script, url, body_file, target.key, connections, seconds)
    after = cpu_seconds(target.processes())
    after_stats = engine_stats(engine_port)
    result["user"] = after[0] - before[0]
    result["system"] = after[1] - before[1]
    result["frames"] = after_stats["chunks"] - before_stats["chunks"]
    result["engine_total"] = after_stats["requests"]
    result["engine_requests"] = after_stats["requests"] - before_stats["requests"]
    return result


def memory_per_stream(target, streams_program, port, body_file, count, seconds):
    """Bytes of memory that each of `count` slow streams costs a target, and what happened to
    the streams."""
    resting = proportional_bytes(target.processes())
    process = subprocess.Popen(
        on_cpu(LOAD_CPU, [str(streams_program), "127.0.0.1", str(port), str(count),
                          str(body_file), str(seconds)]),
        env={**os.environ, "KEY": target.key}, stdout=subprocess.PIPE, text=True)
    try:
        opened = json.loads(process.stdout.readline())
        time.sleep(max(1.0, seconds - 2))
        loaded = proportional_bytes(target.processes())
        closed = json.loads(process.stdout.readline())
        process.wait(timeout=30)
    finally:
        process.kill()
        process.wait()
    return {
        "resting": resting, "loaded": loaded, "per_stream": (loaded - resting) / count,
        "refused": opened["refused"] + count - opened["answered"] - opened["refused"],
        "cut": closed["cut"],
    }
