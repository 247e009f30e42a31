#!/usr/bin/env python3
"""Measures the gateway beside nginx and LiteLLM on the same mock engine, in one interleaved run.

The gateway that is measured runs on CPU 0, load and engine on CPU 1. CPU per request is the user
and system time of all threads of the gateway process over the requests that were completed. All
targets are up at once and measured in turn, round by round; figures are medians. Without a built
Spillway, or with --without-spillway, the others are still measured.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import measure
import report
from targets import ROOT, Engine, LiteLLM, Nginx, Spillway, Target

FOLDER = Path(__file__).resolve().parent
SCRIPT = FOLDER / "load" / "request.lua"
WORK = ROOT / ".build" / "bench"
CHAT = "/v1/chat/completions"
# Other dialects: what they are called, where they are asked, plain and streamed. InvokeModel takes a
# body of Anthropic's form, as most of its users send.
DIALECTS = {
    "messages": ("Anthropic's Messages", "/v1/messages", "/v1/messages"),
    "converse": ("Bedrock's Converse", "/model/bench/converse", "/model/bench/converse-stream"),
    "invoke": (
        "Bedrock's InvokeModel", "/model/bench/invoke",
        "/model/bench/invoke-with-response-stream"),
    "responses": ("OpenAI's Responses", "/v1/responses", "/v1/responses"),
}
PLAIN_CONNECTIONS = 64
PROMPT_CONNECTIONS = 16
PROMPT_BYTES = 128 * 1024
STREAMS = 100
FRAMES_A_STREAM = 50
FRAME_MILLISECONDS = 20
IDLE_STREAMS = 5000
IDLE_SECONDS = 8
LITELLM_CONNECTIONS = 16
QUIET_SECONDS = 0.3


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test: 1 round of 1 s")
    parser.add_argument("--rounds", type=int, help="rounds of each row (default 5)")
    parser.add_argument("--seconds", type=int, help="seconds of each slice (default 3)")
    parser.add_argument("--rows", help="only these rows, by id, separated by commas")
    parser.add_argument("--without-litellm", action="store_true")
    parser.add_argument("--without-spillway", action="store_true")
    parser.add_argument(
        "--litellm-install-limit", type=int, default=600, metavar="SECONDS",
        help="give up installing LiteLLM after this time (default 600)")
    parser.add_argument("--no-append", action="store_true", help="do not write a result")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 5)
    arguments.seconds = arguments.seconds or (1 if arguments.quick else 3)
    return arguments


def install_tools():
    """wrk, nginx, openssl and gcc from Debian, where they are missing."""
    wanted = {"wrk": "wrk", "nginx": "nginx-light", "openssl": "openssl", "gcc": "gcc"}
    search = os.environ["PATH"] + ":/usr/sbin:/sbin"
    missing = [package for tool, package in wanted.items()
               if not shutil.which(tool, path=search)]
    if not missing:
        return
    if os.geteuid() != 0:
        sys.exit(f"bench needs {', '.join(missing)}: sudo apt-get install {' '.join(missing)}")
    # nginx-light starts a server of its own after installation unless this says no.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", *missing], check=True, env=environment)


def compile_tools():
    for source, program in (("mock/mock_engine.c", "mock_engine"), ("load/streams.c", "streams")):
        subprocess.run(
            ["gcc", "-O2", "-Wall", "-Wextra", "-o", str(WORK / program), str(FOLDER / source)],
            check=True)


def make_certificate():
    certificate, key = WORK / "certificate.pem", WORK / "key.pem"
    if not certificate.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key),
             "-out", str(certificate)], check=True, stderr=subprocess.DEVNULL)
        key.chmod(0o600)
    return certificate, key


def chat_body(model, extra="", prompt=None):
    prompt = prompt or " ".join([
        "Please explain, in two or three sentences and with \\\"quotes\\\" and a newline\\n, "
        "why the sky is blue at noon."] * 5)
    system = " ".join(["You are a helpful assistant."] * 6)
    return (
        f'{{"model": "{model}", "messages": [{{"role": "system", "content": "{system}"}}, '
        f'{{"role": "user", "content": "{prompt}"}}], "temperature": 0.7, '
        f'"max_tokens": 4096{extra}}}').encode()


def dialect_body(dialect, streaming):
    """The same conversation in another dialect."""
    chat = json.loads(chat_body("bench"))
    system, prompt = (message["content"] for message in chat["messages"])
    heat, most = chat["temperature"], chat["max_tokens"]
    if dialect == "converse":
        body = {
            "system": [{"text": system}],
            "messages": [{"role": "user", "content": [{"text": prompt}]}],
            "inferenceConfig": {"maxTokens": most, "temperature": heat}}
    elif dialect == "responses":
        body = {
            "model": "bench", "instructions": system, "input": prompt, "temperature": heat,
            "max_output_tokens": most, "stream": streaming}
    elif dialect == "invoke":
        body = {
            "anthropic_version": "bedrock-2023-05-31", "system": system,
            "messages": chat["messages"][1:], "temperature": heat, "max_tokens": most}
    else:
        body = {**chat, "system": system, "messages": chat["messages"][1:], "stream": streaming}
    return json.dumps(body).encode()


def dialect_rows(dialect):
    title = DIALECTS[dialect][0]
    return (
        report.Row(dialect, f"CPU per plain request of {title}", "us", 2.0, base="openai"),
        report.Row(
            f"{dialect}-frame", f"CPU per streamed frame of {title}", "us", 3.0, base="openai"))


def write_bodies():
    stream = ', "stream": true, "stream_options": {"include_usage": true}'
    words = "water over the dam " * (PROMPT_BYTES // 19 + 1)
    bodies = {
        "plain": chat_body("bench"),
        "stream": chat_body("bench", stream),
        "slow": chat_body("bench-slow", stream),
        "prompt": chat_body("bench", prompt=words[:PROMPT_BYTES]),
    }
    for dialect in DIALECTS:
        bodies[dialect] = dialect_body(dialect, False)
        bodies[dialect + "-stream"] = dialect_body(dialect, True)
    paths = {}
    for name, body in bodies.items():
        paths[name] = WORK / f"body-{name}.json"
        paths[name].write_bytes(body)
    return paths


class Bench:
    """One run: the targets that are up, and the rows that fill."""

    def __init__(self, arguments, bodies, engine, slow_engine):
        self.arguments = arguments
        self.bodies = bodies
        self.engine = engine
        self.slow_engine = slow_engine
        self.targets = [Target(engine.port, slow_engine.port)]
        self.errors = 0
        self.completed = {}
        self.engine_counted = {}
        self.notes = {}
        self.rows = [
            report.Row("plain", "CPU per plain request", "us", 2.5, 1.6),
            report.Row("frame", "CPU per streamed frame at 5,000 frames/s", "us", 2.0, 1.4),
            report.Row(
                "memory", "memory per idle stream at 5,000 streams", "KB", 16, 8, "value"),
            report.Row("p50", "added p50 at one connection, beyond one journal sync", "us", 2.0),
            report.Row("p99", "p99 at one connection, less one journal sync", "us", 3.0),
            report.Row("prompt", "CPU per request with a 128 KB prompt", "us", 2.0),
            *(row for name in DIALECTS for row in dialect_rows(name)),
            report.Row("tls-plain", "CPU per plain request over TLS", "us"),
            report.Row("tls-frame", "CPU per streamed frame over TLS", "us"),
            report.Row("throughput", "plain requests a second", "1/s"),
        ]

    def row(self, identifier):
        return next(row for row in self.rows if row.identifier == identifier)

    def wanted(self, identifier):
        return not self.arguments.rows or identifier in self.arguments.rows.split(",")

    def slice(self, target, body, connections, tls=False, seconds=None, path=CHAT):
        scheme, port = ("https", target.tls_port) if tls else ("http", target.port)
        target.settle()
        time.sleep(QUIET_SECONDS)
        result = measure.measure_slice(
            target, SCRIPT, f"{scheme}://127.0.0.1:{port}{path}", self.bodies[body], connections,
            seconds or self.arguments.seconds, self.engine.port)
        target.settle()
        # What the load's end cut off may reach the engine after the slice's own figures are taken.
        late = measure.engine_stats(self.engine.port)["requests"] - result["engine_total"]
        self.completed[target] = self.completed.get(target, 0) + result["requests"]
        self.engine_counted[target] = (
            self.engine_counted.get(target, 0) + result["engine_requests"] + late)
        if result["requests"] == 0 and result["frames"] == 0:
            result["errors"] += 1
        if result["errors"]:
            self.errors += result["errors"]
            print(f"  {result['errors']} errors at {target.name}, body {body}", flush=True)
        return result

    def cpu_rounds(self, identifier, body, connections, per="requests", tls=False):
        if not self.wanted(identifier):
            return
        print(f"{self.row(identifier).title} ...", flush=True)
        for _ in range(self.arguments.rounds):
            for target in self.targets:
                if tls and target.tls_port is None:
                    continue
                few = LITELLM_CONNECTIONS if target.name == "litellm" else connections
                result = self.slice(target, body, few, tls)
                if target.name != "direct" and result[per] > 0:
                    cpu = (result["user"] + result["system"]) * 1e6 / result[per]
                    self.row(identifier).add(target.name, cpu)
                if identifier == "plain":
                    rate = result["requests"] * 1e6 / result["microseconds"]
                    self.row("throughput").add(target.name, rate)

    def dialect_rounds(self, dialect):
        """Spillway alone, in turn in its own dialect and in another: what translating costs."""
        spillway = next((one for one in self.targets if one.name == "spillway"), None)
        _, plain, streamed = DIALECTS[dialect]
        for identifier, path, bodies, connections, per in (
                (dialect, plain, ("plain", dialect), PLAIN_CONNECTIONS, "requests"),
                (f"{dialect}-frame", streamed, ("stream", f"{dialect}-stream"), STREAMS, "frames")):
            if spillway is None or not self.wanted(identifier):
                continue
            row = self.row(identifier)
            print(f"{row.title} ...", flush=True)
            for _ in range(self.arguments.rounds):
                for name, address, body in zip(("openai", "spillway"), (CHAT, path), bodies):
                    result = self.slice(spillway, body, connections, path=address)
                    if result[per] > 0:
                        row.add(name, (result["user"] + result["system"]) * 1e6 / result[per])

    def latency_rounds(self):
        if not (self.wanted("p50") or self.wanted("p99")):
            return
        print("latency at one connection ...", flush=True)
        raw = {}
        for _ in range(self.arguments.rounds):
            sync = measure.sync_microseconds(WORK)
            raw.setdefault("journal sync", []).append(sync)
            round_results = {
                target.name: self.slice(target, "plain", 1) for target in self.targets}
            direct = round_results["direct"]["p50"]
            for name, result in round_results.items():
                own_sync = sync if name == "spillway" else 0
                if name != "direct":
                    self.row("p50").add(name, result["p50"] - direct - own_sync)
                self.row("p99").add(name, result["p99"] - own_sync)
                raw.setdefault(f"{name} p50", []).append(result["p50"])
                raw.setdefault(f"{name} p99", []).append(result["p99"])
        self.notes["latency_us"] = {name: report.summary(values) for name, values in raw.items()}

    def memory_rounds(self, make_nginx):
        """On fresh processes each round: an allocator does not give back what it once took."""
        if not self.wanted("memory"):
            return
        print(f"{IDLE_STREAMS} idle streams ...", flush=True)
        seconds = 3 if self.arguments.quick else IDLE_SECONDS
        for number in range(1 if self.arguments.quick else 3):
            for index, target in enumerate(self.targets):
                if target.name not in ("nginx", "spillway"):
                    continue
                if number > 0 and target.name == "spillway":
                    target.restart()
                if number > 0 and target.name == "nginx":
                    target.stop()
                    target = self.targets[index] = make_nginx()
                result = measure.memory_per_stream(
                    target, WORK / "streams", target.slow_port, self.bodies["slow"],
                    IDLE_STREAMS, seconds)
                self.errors += result["refused"] + result["cut"]
                if result["refused"] or result["cut"]:
                    print(f"  {target.name}: {result['refused']} streams refused, "
                          f"{result['cut']} cut", flush=True)
                self.row("memory").add(target.name, result["per_stream"] / 1024)
                target.settle()

    def check_usage(self):
        """Every request that a client completed has a usage event, and no other has one."""
        for target in self.targets:
            if target.name != "spillway" or target not in self.completed:
                continue
            target.settle()
            rows = target.usage_requests() - self.usage_before
            completed, counted = self.completed[target], self.engine_counted[target]
            self.notes["usage"] = {
                "completed": completed, "events": rows, "engine_requests": counted}
            right = completed <= rows <= counted
            print(f"\nusage: {completed} completed at the client, {rows} events, {counted} at the "
                  f"engine: {'right' if right else 'WRONG'}")
            if not right:
                self.errors += 1


def start_targets(bench, certificate, arguments):
    """Starts what is measured; what cannot start is named and left out."""
    def make_nginx():
        return Nginx(WORK, bench.engine, bench.slow_engine, certificate)

    bench.targets.append(make_nginx())
    program = Path(os.environ.get("SPILLWAY_BIN", ROOT / ".build/release/spillway")).absolute()
    if not arguments.without_spillway:
        if not program.exists():
            sys.exit(f"{program} is not there: swift build -c release, or --without-spillway")
        bench.targets.append(Spillway(
            program, WORK, "data", bench.engine, bench.slow_engine, bench.bodies["plain"]))
    if not arguments.without_litellm:
        try:
            print("LiteLLM ...", flush=True)
            bench.targets.append(LiteLLM(
                WORK, bench.engine, bench.bodies["plain"], arguments.litellm_install_limit))
        except (RuntimeError, subprocess.SubprocessError) as error:
            print(f"LiteLLM is left out: {error}", flush=True)
    return make_nginx, program


def run_tls(bench, program, certificate):
    """A second Spillway, with TLS, beside nginx's TLS port."""
    plain = next((one for one in bench.targets if one.name == "spillway"), None)
    if not (bench.wanted("tls-plain") or bench.wanted("tls-frame")):
        return
    if plain:
        try:
            secure = Spillway(
                program, WORK, "data-tls", bench.engine, bench.slow_engine,
                bench.bodies["plain"], certificate)
        except RuntimeError as error:
            print(f"the TLS row runs without Spillway: {error}", flush=True)
            secure = None
        bench.targets[bench.targets.index(plain)] = secure or Target(0, 0)
    try:
        bench.cpu_rounds("tls-plain", "plain", PLAIN_CONNECTIONS, tls=True)
        bench.cpu_rounds("tls-frame", "stream", STREAMS, per="frames", tls=True)
    finally:
        if plain and secure:
            secure.stop()


def main():
    arguments = parse_arguments()
    if os.cpu_count() < 2:
        sys.exit("bench needs two CPUs: one for the gateway, one for the load")
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    install_tools()
    shutil.rmtree(WORK / "data", ignore_errors=True)
    shutil.rmtree(WORK / "data-tls", ignore_errors=True)
    WORK.mkdir(parents=True, exist_ok=True)
    compile_tools()
    certificate = make_certificate()
    bodies = write_bodies()
    engines = [Engine(WORK / "mock_engine", FRAMES_A_STREAM, FRAME_MILLISECONDS,
                      WORK / "engine.log"),
               Engine(WORK / "mock_engine", 600, 1000, WORK / "engine.log")]
    bench = Bench(arguments, bodies, *engines)
    try:
        make_nginx, program = start_targets(bench, certificate, arguments)
        all_targets = bench.targets
        bench.memory_rounds(make_nginx)
        measured = [one for one in bench.targets if one.name == "spillway"]
        bench.usage_before = measured[0].usage_requests() if measured else 0
        bench.cpu_rounds("plain", "plain", PLAIN_CONNECTIONS)
        bench.cpu_rounds("frame", "stream", STREAMS, per="frames")
        bench.latency_rounds()
        bench.cpu_rounds("prompt", "prompt", PROMPT_CONNECTIONS)
        for dialect in DIALECTS:
            bench.dialect_rounds(dialect)
        bench.check_usage()
        all_targets = list(bench.targets)
        run_tls(bench, program, certificate)
    finally:
        for target in {*bench.targets, *locals().get("all_targets", [])}:
            target.stop()
        for engine in engines:
            engine.stop()
    rows = [row for row in bench.rows if row.samples]
    report.print_table(rows)
    bench.notes["errors"] = bench.errors
    bench.notes["quick"] = arguments.quick
    if not arguments.no_append:
        path = report.append(FOLDER / "results", ROOT, rows, bench.notes)
        print(f"\nappended to {path.relative_to(ROOT)}")
    failed = [row.title for row in rows if row.verdict() == "FAIL"]
    print(f"errors: {bench.errors}; rows that fail: {', '.join(failed) or 'none'}")
    return 1 if failed or bench.errors else 0


if __name__ == "__main__":
    report.end_when_told()
    sys.exit(main())
