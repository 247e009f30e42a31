"""The product as its operator meets it: one `spillway up` of ours, its processes and commands."""

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from decimal import Decimal
from pathlib import Path

from ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("SPILLWAY_BIN", ROOT / ".build/debug/spillway")).absolute()
FULL = os.environ.get("SPILLWAY_FULL") == "1"
# For what only has to happen at all, on a machine that has little time or disk for us.
LIMIT_SECONDS = 60
START_LIMIT_SECONDS = 180
STOP_LIMIT_SECONDS = 120
SETTLE_LIMIT_SECONDS = 120
COMMAND_LIMIT_SECONDS = 180
EVENTS_A_PAGE = 1000
DEMO_MODEL = "tiny-llama-demo"
TOKEN_CLASSES = (
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens",
    "reasoning_tokens", "embedding_tokens")
PROMPT_CLASSES = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "embedding_tokens")
ANSWER_CLASSES = ("output_tokens", "reasoning_tokens")


def wait_for(condition, what, seconds, every=0.05):
    """Polls until the condition holds; what it answers is answered."""
    deadline = time.monotonic() + seconds
    problem = None
    while time.monotonic() < deadline:
        try:
            value = condition()
            if value:
                return value
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            problem = error
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds} s" + (f" ({problem})" if problem else ""))


def parents_of_processes():
    parents = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(entry.name)] = int(fields[1])
    return parents


def process_tree(root):
    parents = parents_of_processes()
    tree = {root} & parents.keys()
    while True:
        more = {child for child, parent in parents.items() if parent in tree} - tree
        if not more:
            return tree
        tree |= more


def words_of(process):
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def runs(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def tokens(counts, classes):
    return sum(counts.get(name, 0) for name in classes)


class CommandFailed(AssertionError):
    """A command ended with another exit code than 0."""


class Customer:
    """A customer that a test made, with one key."""

    def __init__(self, product, name, credit):
        made = product.command(
            "customer", "create", name, *(["--credit", credit] if credit else []))
        self.product = product
        self.id = made["id"]
        self.project = made["project"]
        key = product.command("key", "create", "--project", self.project)
        self.key_id = key["id"]
        self.key = key["key"]
        # A new key reaches the gateway with the next snapshot.
        wait_for(lambda: product.knows(self.key), "the gateway knows a new key", LIMIT_SECONDS)

    def show(self):
        shown = self.product.command("customer", "show", self.id)
        return {name: Decimal(shown[name]) for name in ("available", "held", "charged")}

    def limit(self, scope="key", **limits):
        """Sets limits of the key or the project: `requests` and `tokens` a minute, `concurrency`,
        `budget` with its `window`."""
        target = self.key_id if scope == "key" else self.project
        options = [word for name, value in limits.items() for word in (f"--{name}", str(value))]
        return self.product.command("limit", "set", f"--{scope}", target, *options)

    def events(self):
        return self.product.events(self.id)


class Product:
    """`spillway up` on free ports and a data folder of its own; ports stay over restarts. With a
    `certificate`, a file for it and one for its key, the gateway speaks TLS."""

    def __init__(self, data, environment=None, certificate=None):
        self.certificate = certificate
        self.data = Path(data)
        self.gateway_port, self.control_port = free_ports(2)
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.log_path = self.data.parent / f"{self.data.name}.log"

    def start(self, limit=START_LIMIT_SECONDS):
        """Answers how many seconds it took until it served."""
        assert PROGRAM.exists(), f"{PROGRAM} is not there: build it, or set SPILLWAY_BIN"
        begin = time.monotonic()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(PROGRAM), "up", "--data", str(self.data), "--gateway-port",
                 str(self.gateway_port), "--control-port", str(self.control_port),
                 *self.tls_options()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                start_new_session=True)
        try:
            wait_for(self.serves, f"spillway up serves; its log is {self.log_path}", limit)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_tail()}") from None
        return time.monotonic() - begin

    def tls_options(self):
        if not self.certificate:
            return []
        certificate, key = self.certificate
        return ["--tls-certificate", str(certificate), "--tls-key", str(key)]

    @property
    def gateway_url(self):
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.gateway_port}"

    def trust(self):
        """What a client must know to believe the gateway's certificate."""
        return ssl.create_default_context(
            cafile=self.certificate and str(self.certificate[0]))

    def log_tail(self, characters=4000):
        """What it and its children have said last: a test's folder is gone when somebody looks."""
        return "".join(
            f"{path.name}:\n{path.read_text(errors='replace')[-characters:]}\n"
            for path in [self.log_path, *sorted((self.data / "log").glob("*.log"))])

    def serves(self):
        assert self.process.poll() is None, (
            f"spillway up ended with {self.process.returncode}:\n{self.log_tail()}")
        self.ready = json.loads((self.data / "ready.json").read_text())
        self.api("/api/v1/status")
        return self.get_gateway("/ready")[0] == 200 and self.pid("gateway") and self.pid("control")

    def stop(self):
        """SIGTERM as a person's Ctrl-C; answers the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill("all")
            raise AssertionError(f"SIGTERM did not end it\n{self.log_tail()}") from None

    def close(self):
        """For the end of a test: nothing of it is left, whatever happened."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=STOP_LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill("all")

    def children(self):
        # A lease's shim is a child for the moment in which it is started; it is meant to stay.
        tree = process_tree(self.process.pid) - {self.process.pid}
        return {one for one in tree if b"lease-shim" not in words_of(one)}

    def pid(self, role):
        """The process `up`, `gateway` or `control`; None while it is away."""
        if role == "up":
            return self.process.pid
        for child in self.children():
            if role.encode() in words_of(child):
                return child
        return None

    def kill(self, role):
        """kill -9 of one process, or of `all`; answers the ids that were killed."""
        if role == "all":
            victims = [self.process.pid, *self.children()]
        else:
            victims = [self.pid(role)]
            assert victims[0], f"there is no {role} to kill"
        bystanders = self.children()
        for victim in victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if role in ("up", "all"):
            self.process.wait()
            # What `up` leaves behind must die with it: nobody else would stop it.
            wait_for(
                lambda: not any(runs(one) for one in bystanders),
                "the children of a killed supervisor are gone", LIMIT_SECONDS)
        else:
            wait_for(lambda: not runs(victims[0]), "a killed process is gone", LIMIT_SECONDS)
        return victims

    def command(self, *arguments, expect=0):
        # What stands behind '--' is a job's own.
        end = arguments.index("--") if "--" in arguments else len(arguments)
        done = subprocess.run(
            [str(PROGRAM), *arguments[:end], "--data", str(self.data), "--json",
             *arguments[end:]],
            capture_output=True, text=True, timeout=COMMAND_LIMIT_SECONDS, env=self.environment)
        if done.returncode != expect:
            raise CommandFailed(
                f"spillway {' '.join(arguments)} exited with {done.returncode}: "
                f"{done.stderr.strip() or done.stdout.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def log(self, job):
        """What a job printed."""
        done = subprocess.run(
            [str(PROGRAM), "job", "log", job, "--data", str(self.data)], capture_output=True,
            text=True, timeout=COMMAND_LIMIT_SECONDS, env=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def verify(self):
        """Recomputes what must always hold; answers (exit code, text)."""
        done = subprocess.run(
            [str(PROGRAM), "verify", "--data", str(self.data)], capture_output=True, text=True,
            timeout=600, env=self.environment)
        return done.returncode, done.stdout + done.stderr

    def api(self, path, **query):
        """GET on the control port as the operator."""
        url = f"http://127.0.0.1:{self.control_port}{path}"
        if query:
            url += "?" + urllib.parse.urlencode(query)
        request = urllib.request.Request(
            url, headers={"Authorization": f"Bearer {self.ready['operator_token']}"})
        with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
            return json.load(answer)

    def get_gateway(self, path, key=None):
        """GET on the gateway port: (status, body)."""
        place = ("127.0.0.1", self.gateway_port)
        connection = (
            http.client.HTTPSConnection(*place, timeout=LIMIT_SECONDS, context=self.trust())
            if self.certificate else http.client.HTTPConnection(*place, timeout=LIMIT_SECONDS))
        try:
            connection.request(
                "GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def knows(self, key):
        return self.get_gateway("/v1/models", key)[0] == 200

    def customer(self, name, credit="100"):
        return Customer(self, name, credit)

    def add_mock_model(self, name, engine, slots=1000):
        """Serves the mock engine under a name, priced as the demo model."""
        self.command(
            "model", "add", name, "--url", f"http://127.0.0.1:{engine.port}/v1", "--price-as",
            DEMO_MODEL, "--slots", str(slots))
        wait_for(
            lambda: any(
                model["name"] == name and model["state"] == "ready"
                for model in self.command("model", "list")),
            f"the model {name} is ready", LIMIT_SECONDS, every=0.2)

    def events(self, customer):
        """All usage events of a customer, in order."""
        found, after = [], 0
        while True:
            page = self.api(
                "/api/v1/usage/events", customer=customer, after=after, limit=EVENTS_A_PAGE)
            rows = page if isinstance(page, list) else page["events"]
            found += rows
            if len(rows) < EVENTS_A_PAGE:
                return found
            after = rows[-1]["sequence"]

    def settle(self, seconds=SETTLE_LIMIT_SECONDS):
        """Waits until nothing is under way and everything in the journal is posted."""
        def posted():
            gateways = self.api("/api/v1/status")["gateways"]
            connected = [one for one in gateways if one["connected"]]
            return connected and all(
                one["requests_under_way"] == 0 and one["applied_offset"] >= one["synced_offset"]
                for one in connected)
        # Twice, so that what was sent just before is seen: the load report takes up to 100 ms.
        for _ in range(2):
            wait_for(posted, "all usage is posted", seconds)
            time.sleep(0.2)

    def engine_sockets(self):
        return sorted((self.data / "run").glob("*.sock"))

    def engine_counts(self):
        """(prompt tokens, generated tokens) by the engines' own counters, all engines together."""
        prompt = generated = 0
        found = False
        for path in self.engine_sockets():
            text = get_over_unix_socket(path, "/metrics")
            counters = dict(re.findall(r"^llamacpp:(\w+) ([0-9.e+]+)$", text, re.MULTILINE))
            if "tokens_predicted_total" not in counters:
                continue
            found = True
            prompt += round(float(counters["prompt_tokens_total"]))
            prompt += round(float(counters.get("prompt_tokens_cached_total", 0)))
            generated += round(float(counters["tokens_predicted_total"]))
        assert found, f"no engine answers /metrics among {self.engine_sockets()}"
        return prompt, generated

    def engines_are_idle(self):
        """Whether no engine is at work, by what it says itself."""
        texts = [get_over_unix_socket(path, "/metrics") for path in self.engine_sockets()]
        return not any(
            re.search(r"^llamacpp:requests_(processing|deferred) [^0]", text, re.MULTILINE)
            for text in texts)

    def resident_bytes(self, role):
        for line in Path(f"/proc/{self.pid(role)}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no memory figure of {role}")


def get_over_unix_socket(path, target):
    """The body of a GET on a Unix socket; empty where nothing speaks HTTP there."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(LIMIT_SECONDS)
            connection.connect(str(path))
            connection.sendall(
                f"GET {target} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n".encode())
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
    except OSError:
        return ""
    return b"".join(parts).partition(b"\r\n\r\n")[2].decode(errors="replace")
