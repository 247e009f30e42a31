"""A pool of eight nodes of eight fake H100s on a real Slurm, rented out by `spillway up`."""

import http.client
import json
import os
import shutil
import tempfile
import urllib.parse
from datetime import datetime, timezone

from product import COMMAND_LIMIT_SECONDS, Product, wait_for
from slurm_cluster import TOOLS, SlurmCluster, find

POOL = "h100"
NODES = 8
ACCELERATORS = 8
SERVICE_LIMIT_SECONDS = 60
PAGE = 1000
FINAL = ("succeeded", "failed", "cancelled", "ended")
# Prints its times itself, to be compared with the bill.
TIMED = "echo began $(date +%s.%N); sleep $0; echo ended $(date +%s.%N)"

INVENTORY = """\
sites:
  - {{name: hall, energy_price: "0.08", pue: 1.25}}
suppliers:
  - name: own
    owned: {{capital_per_node: "320000", life_months: 60, residual: 0.15, cost_of_capital: 0.12,
      operations: 0.04, watts_per_node: 10200}}
clusters:
  - name: slurm
    slurm: {{configuration: {configuration}, url: "{url}", user: {user}, partition: {partition},
      shared_directory: {shared}}}
pools:
  - name: {pool}
    site: hall
    supplier: own
    cluster: slurm
    accelerator: h100
    accelerators_per_node: {accelerators}
    accelerator_memory_mib: 81920
    cpus_per_node: 64
    memory_mib_per_node: 65536
    nodes:
      - {{name: "n[1-4]", block: b1}}
      - {{name: "n[5-8]", block: b2}}
    entitlements:
      - {{customer: {team}, accelerators: {entitled}}}
    # These tests sell on demand at once, before anything could be learnt of the team.
    surplus: {{limits_sales: false}}
"""


def is_possible():
    tools = [*TOOLS, "slurmdbd", "mariadbd", "mariadb-install-db", "sacct"]
    return os.getuid() == 0 and all(find(tool) for tool in tools)


def seconds(instant):
    """An instant of the API as seconds since 1970; None stays None."""
    if instant is None:
        return None
    text = instant.rstrip("Z")
    whole, _, fraction = text.partition(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp()
    return moment + (float("0." + fraction) if fraction else 0)


class Renter:
    """A customer or a team at the public port, with its key."""

    def __init__(self, product, name, kind="customer", credit="1000000"):
        made = product.command("customer", "create", name, "--kind", kind, "--credit", credit)
        self.product = product
        self.id, self.project = made["id"], made["project"]
        self.key = product.command("key", "create", "--project", self.project)["key"]
        wait_for(lambda: product.knows(self.key), "the gateway knows a new key", 60)

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.product.gateway_port, timeout=COMMAND_LIMIT_SECONDS)
        try:
            connection.request(
                method, path, json.dumps(body) if body is not None else None,
                {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status < 300, (method, path, answer.status, text)
            return text
        finally:
            connection.close()

    def submit(self, *command, accelerators=1, **more):
        return json.loads(self.call("POST", "/v1/jobs", {
            "pool": POOL, "command": list(command), "accelerators": str(accelerators), **more}))

    def reserve(self, nodes, accelerators, begin, end):
        return json.loads(self.call("POST", "/v1/reservations", {
            "pool": POOL, "nodes": nodes, "accelerators": str(accelerators), "from": begin,
            "to": end}))

    def show(self, order, kind="jobs"):
        return json.loads(self.call("GET", f"/v1/{kind}/{order}"))

    def jobs(self):
        found, after = [], ""
        while True:
            page = json.loads(self.call("GET", f"/v1/jobs?limit={PAGE}{after}"))
            found += page
            if len(page) < PAGE:
                return found
            after = f"&after={page[-1]['id']}"

    def cancel(self, order):
        return json.loads(self.call("POST", f"/v1/jobs/{order}/cancel"))

    def log(self, order, run, rank=0):
        query = urllib.parse.urlencode(
            {"index": run["index"], "attempt": run["attempt"], "rank": rank})
        return self.call("GET", f"/v1/jobs/{order}/log?{query}").decode()

    def all_ended(self, orders, limit, every=0.5):
        """The orders once all of them have ended."""
        wanted = set(orders)
        found = wait_for(
            lambda: (lambda jobs: all(job["state"] in FINAL for job in jobs) and jobs)(
                [job for job in self.jobs() if job["id"] in wanted]),
            f"{len(wanted)} orders have ended", limit, every)
        assert len(found) == len(wanted)
        return found


class SlurmRental:
    """The product with its Slurm, a customer and an entitled team."""

    def __init__(self, folder, entitled=16, accounting=True):
        # Not below `folder`: munge and slurmrestd are other users and must get there.
        self.home = tempfile.mkdtemp(prefix="slurm-")
        self.slurm = SlurmCluster(self.home, NODES, ACCELERATORS, accounting)
        self.product = Product(folder / "data")
        self.entitled = entitled

    def start(self):
        self.slurm.start(owner=os.getpid())
        self.product.start()
        self.customer = Renter(self.product, "renter")
        self.team = Renter(self.product, "team", kind="internal")
        inventory = self.home + "/inventory.yaml"
        with open(inventory, "w") as file:
            file.write(INVENTORY.format(
                **{name: self.slurm.facts[name] for name in (
                    "configuration", "url", "user", "partition", "shared")},
                pool=POOL, accelerators=ACCELERATORS, team=self.team.id, entitled=self.entitled))
        self.product.command("inventory", "apply", inventory)
        self.in_service(NODES)
        return self

    def close(self):
        self.product.close()
        self.slurm.stop()
        if os.environ.get("SPILLWAY_KEEP") == "1":
            print(f"kept {self.home}")
        else:
            shutil.rmtree(self.home, ignore_errors=True)

    def pool(self):
        return self.product.command("pool", "show", POOL)

    def nodes(self):
        return {
            node["name"]: node for node in self.product.api("/v1/nodes", pool=POOL, limit=100)}

    def in_service(self, count, limit=SERVICE_LIMIT_SECONDS):
        wait_for(
            lambda: self.pool()["nodes_in_service"] == count, f"{count} nodes are in service",
            limit, every=0.3)

    def node_is(self, name, *states, limit=SERVICE_LIMIT_SECONDS):
        return wait_for(
            lambda: (lambda node: node["state"] in states and node)(self.nodes()[name]),
            f"{name} is {' or '.join(states)}", limit, every=0.2)

    def accounted(self):
        """Slurm's own accounting of our leases: {lease: (start, end, state, nodes)}; whole seconds,
        None for what has not ended."""
        text = self.slurm.tool(
            "env", "SLURM_TIME_FORMAT=%s", "sacct", "--allusers", "--noheader", "--parsable2",
            "--allocations", "--starttime=now-1days", "--format=JobName,Start,End,State,NNodes",
            timeout=30)
        found = {}
        for line in (text or "").splitlines():
            lease, start, end, state, nodes = line.split("|")
            if start.isdigit():
                found[lease] = (
                    int(start), int(end) if end.isdigit() else None, state, int(nodes))
        return found

    def claimed(self, lease):
        """When a lease's job came to its first line on its node."""
        with open(f"{self.slurm.shared}/leases/{lease}/record", encoding="utf-8") as record:
            return int(record.readline().split()[2]) / 1_000_000

    def check_books(self):
        """Stops it and recomputes everything; answers what the verification says."""
        assert self.product.stop() == 0
        code, text = self.product.verify()
        print(text)
        assert code == 0, text
        return text
