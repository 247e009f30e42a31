"""What is measured, each started and stopped by us: nothing (direct), nginx, Spillway, LiteLLM."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import measure

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))
from ports import free_port, free_ports  # noqa: E402

START_LIMIT_SECONDS = 60
LITELLM_START_LIMIT_SECONDS = 180
STOP_LIMIT_SECONDS = 40
CATCH_UP_LIMIT_SECONDS = 300
LITELLM_VERSION = "litellm[proxy]==1.106.2"
CREDIT_DOLLARS = "1000000"


def wait_for(condition, what, seconds):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (OSError, ValueError, KeyError):
            pass
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} after {seconds} s")
        time.sleep(0.1)


def answers(url, body_file, key):
    """Whether a chat request to this URL gets a 200."""
    request = urllib.request.Request(
        url, data=Path(body_file).read_bytes(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        raise OSError(error.read().decode(errors="replace")) from error


class Target:
    """Something between the load and the engine."""

    name = "direct"
    key = "none"

    def __init__(self, port, slow_port, tls_port=None):
        self.port = port
        self.slow_port = slow_port
        self.tls_port = tls_port

    def processes(self):
        """Whose CPU time and memory count."""
        return []

    def settle(self):
        """Returns when nothing that the last slice left behind is still being worked on."""

    def stop(self):
        pass


class Process(Target):
    """A target that is a process of ours."""

    def launch(self, command, log, environment=None):
        self.log = open(log, "ab")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=environment, start_new_session=True)

    def processes(self):
        return measure.process_tree(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Engine(Process):
    """The mock engine, pinned beside the load."""

    name = "engine"

    def __init__(self, program, chunks, delay, log):
        port = free_port()
        super().__init__(port, port)
        self.launch(
            measure.on_cpu(measure.LOAD_CPU, [
                str(program), "--port", str(port), "--chunks", str(chunks),
                "--delay", str(delay)]), log)
        wait_for(lambda: measure.engine_stats(port), "the mock engine does not answer", 10)


class Nginx(Process):
    name = "nginx"

    def __init__(self, work, engine, slow_engine, certificate):
        super().__init__(*free_ports(3))
        folder = work / "nginx"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        template = (FOLDER / "load" / "nginx.conf.template").read_text()
        configuration = folder / "nginx.conf"
        configuration.write_text(template.format(
            folder=folder, engine_port=engine.port, slow_engine_port=slow_engine.port,
            port=self.port, slow_port=self.slow_port, tls_port=self.tls_port,
            certificate=certificate[0], key=certificate[1]))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        # As root, nginx drops to a user that cannot read the work folder.
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        self.launch(
            measure.on_cpu(measure.GATEWAY_CPU, [program, "-c", str(configuration), *user]),
            work / "nginx.log")
        wait_for(
            lambda: measure.engine_stats(self.port), "nginx does not answer; see nginx.log", 10)


class Spillway(Process):
    """The product with everything on: key, limits on the key and the project, a budget, a money
    hold for each request, and the durable journal."""

    name = "spillway"

    def __init__(
        self, program, work, folder_name, engine, slow_engine, body_file, certificate=None
    ):
        port, control_port = free_ports(2)
        super().__init__(port, port, port if certificate else None)
        self.program = str(program)
        self.data = work / folder_name
        self.log_path = work / f"{folder_name}.log"
        self.control_port = control_port
        self.certificate = certificate
        self.start()
        self.open_account(engine, slow_engine)
        scheme = "https" if certificate else "http"
        if not certificate:
            wait_for(
                lambda: answers(
                    f"{scheme}://127.0.0.1:{port}/v1/chat/completions", body_file, self.key),
                f"{program} does not serve the model; see {self.log_path}", START_LIMIT_SECONDS)

    def start(self):
        self.data.mkdir(parents=True, exist_ok=True)
        tls = []
        if self.certificate:
            tls = ["--tls-certificate", str(self.certificate[0]),
                   "--tls-key", str(self.certificate[1])]
        self.launch(
            [self.program, "up", "--data", str(self.data), "--gateway-port", str(self.port),
             "--control-port", str(self.control_port), "--no-demo", *tls], self.log_path,
            # One event loop, as every target has on the one CPU that it gets.
            {**os.environ, "SPILLWAY_GATEWAY_LOOPS": "1"})
        wait_for(
            self.is_up, f"{self.program} up is not ready; see {self.log_path}",
            START_LIMIT_SECONDS)
        measure.pin(self.process.pid, measure.LOAD_CPU)
        for child in measure.process_tree(self.process.pid):
            measure.pin(child, measure.LOAD_CPU)
        measure.pin(self.gateway(), measure.GATEWAY_CPU)

    def is_up(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.program} up ended; see {self.log_path}")
        self.ready = json.loads((self.data / "ready.json").read_text())
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            pass
        return self.status() is not None

    def open_account(self, engine, slow_engine):
        self.command("price", "apply", str(ROOT / "prices" / "demo.yaml"), "--yes")
        customer = self.command("customer", "create", "bench", "--credit", CREDIT_DOLLARS)
        self.customer = customer["id"]
        made = self.command("key", "create", "--project", customer["project"])
        self.key = made["key"]
        for scope in (["--key", made["id"]], ["--project", customer["project"]]):
            self.command(
                "limit", "set", *scope, "--requests", "1000000000", "--tokens",
                "1000000000000", "--concurrency", "100000", "--budget", CREDIT_DOLLARS,
                "--window", "total")
        for name, upstream in (("bench", engine), ("bench-slow", slow_engine)):
            self.command(
                "model", "add", name, "--url", f"http://127.0.0.1:{upstream.port}/v1",
                "--price-as", "tiny-llama-demo", "--slots", "20000")

    def command(self, *arguments):
        done = subprocess.run(
            measure.on_cpu(measure.LOAD_CPU, [
                self.program, *arguments, "--data", str(self.data), "--json"]),
            capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"spillway {' '.join(arguments)}: {done.stderr or done.stdout}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def gateway(self):
        """The gateway's process id: the child of `up` that has `gateway` as an argument."""
        for child in measure.process_tree(self.process.pid) - {self.process.pid}:
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if b"gateway" in words:
                return child
        raise RuntimeError("no gateway process under `spillway up`")

    def processes(self):
        return {self.gateway()}

    def status(self):
        request = urllib.request.Request(
            f"{self.ready['control']}/api/v1/status",
            headers={"Authorization": f"Bearer {self.ready['operator_token']}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def settle(self):
        """Control posts what the gateway wrote; while it does, the load's CPU is not free."""
        def posted():
            gateways = self.status()["gateways"]
            return all(
                one["applied_offset"] >= one["synced_offset"] and one["requests_under_way"] == 0
                for one in gateways)
        wait_for(posted, "control has not posted all usage", CATCH_UP_LIMIT_SECONDS)

    def usage_requests(self):
        rows = self.command("usage", "--customer", self.customer)
        return sum(row.get("requests", 1) for row in rows)

    def restart(self):
        self.stop()
        self.start()


class LiteLLM(Process):
    """LiteLLM's proxy, one worker, master key, no database: spend tracking is off."""

    name = "litellm"
    key = "sk-bench-litellm"

    def __init__(self, work, engine, body_file, install_limit):
        super().__init__(free_port(), None)
        environment = work / "litellm-venv"
        program = environment / "bin" / "litellm"
        if not program.exists():
            subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
            subprocess.run(
                [str(environment / "bin" / "pip"), "install", "--quiet", LITELLM_VERSION],
                check=True, timeout=install_limit)
        configuration = work / "litellm.yaml"
        configuration.write_text(
            "model_list:\n"
            "  - model_name: bench\n"
            "    litellm_params:\n"
            "      model: openai/bench\n"
            f"      api_base: http://127.0.0.1:{engine.port}/v1\n"
            "      api_key: none\n"
            "litellm_settings:\n  drop_params: true\n  telemetry: false\n"
            f"general_settings:\n  master_key: {self.key}\n  disable_spend_logs: true\n")
        self.launch(
            measure.on_cpu(measure.GATEWAY_CPU, [
                str(program), "--config", str(configuration), "--host", "127.0.0.1",
                "--port", str(self.port), "--num_workers", "1"]),
            work / "litellm.log",
            {**os.environ, "LITELLM_LOG": "ERROR", "LITELLM_TELEMETRY": "False",
             "LITELLM_LOCAL_MODEL_COST_MAP": "True"})
        try:
            wait_for(
                lambda: answers(
                    f"http://127.0.0.1:{self.port}/v1/chat/completions", body_file, self.key),
                "LiteLLM does not answer; see litellm.log", LITELLM_START_LIMIT_SECONDS)
        except BaseException:
            self.stop()
            raise
