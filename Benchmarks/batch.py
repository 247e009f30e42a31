#!/usr/bin/env python3
"""Measures what a running batch costs those who wait: the time to the first token of interactive
requests, with and without a batch on the same replica, in pairs.

The real engine with the demo model. Interactive requests come at random (Poisson), stream 16 tokens
and are answered one beside the other; the batch has more lines than the measured time is enough for.
Both run on this machine's cores, and so do the engine and whoever asks.
"""

import argparse
import http.client
import io
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import report

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))
os.environ.setdefault("SPILLWAY_BIN", str(ROOT / ".build" / "release" / "spillway"))

from product import DEMO_MODEL, Product, wait_for  # noqa: E402

TOKENS = 16
LINE_TOKENS = 48
LINES = 20_000


def body(number, tokens, **options):
    return {
        "model": DEMO_MODEL, "max_tokens": tokens, "temperature": 0,
        "messages": [{"role": "user", "content": f"Question {number}: how am I billed?"}],
        **options}


class Asker:
    """Interactive requests on connections of their own."""

    def __init__(self, product, key):
        self.product, self.key = product, key
        self.seconds = []
        self.lock = threading.Lock()

    def ask(self, number):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.product.gateway_port, timeout=60)
        connection.connect()
        began = time.monotonic()
        connection.request(
            "POST", "/v1/chat/completions",
            json.dumps(body(number, TOKENS, stream=True)).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        first = None
        while line := answer.readline():
            if first is None and b'"content":"' in line and b'"content":""' not in line:
                first = time.monotonic() - began
        connection.close()
        with self.lock:
            self.seconds.append(first)

    def run(self, seconds, rate, generator):
        """Milliseconds to the first token of each request."""
        self.seconds = []
        threads, number, due = [], 0, time.monotonic()
        end = due + seconds
        while (due := due + generator.expovariate(rate)) < end:
            time.sleep(max(0, due - time.monotonic()))
            thread = threading.Thread(target=self.ask, args=(number,))
            thread.start()
            threads.append(thread)
            number += 1
        for thread in threads:
            thread.join()
        return sorted(1000 * one for one in self.seconds)


def quantile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))]


def start_batch(client):
    lines = "".join(json.dumps({
        "custom_id": str(number), "method": "POST", "url": "/v1/chat/completions",
        "body": body(number, LINE_TOKENS)}) + "\n" for number in range(LINES))
    file = client.files.create(file=("lines.jsonl", io.BytesIO(lines.encode())), purpose="batch")
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    wait_for(lambda: client.batches.retrieve(batch.id).request_counts.completed > 0,
             "the batch runs", 60)
    return batch


def stop_batch(client, batch):
    client.batches.cancel(batch.id)
    return wait_for(
        lambda: (one := client.batches.retrieve(batch.id)).status == "cancelled" and one,
        "the batch is cancelled", 120)


def main():
    from openai import OpenAI

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20, help="of each half of a pair")
    parser.add_argument("--rate", type=float, default=8, help="interactive requests a second")
    parser.add_argument("--no-append", action="store_true", help="do not write a result")
    arguments = parser.parse_args()
    p50 = report.Row(
        "batch-ttft-p50", "time to first token, p50", "ms", must=1.1, base="alone")
    p99 = report.Row("batch-ttft-p99", "time to first token, p99", "ms", must=2, base="alone")
    ratios = [
        report.Row("batch-ttft-p50-pairs", "p50 with a batch over without, each pair", "x",
                   must=1.1, judged="value"),
        report.Row("batch-ttft-p99-pairs", "p99 with a batch over without, each pair", "x",
                   must=2, judged="value")]
    rate = report.AtLeast("batch-lines", "lines of the batch answered beside", "1/s", None)
    with tempfile.TemporaryDirectory(prefix="spillway-") as folder:
        product = Product(Path(folder) / "data")
        try:
            product.start()
            person, batcher = (product.customer(name, "1000") for name in ("person", "batcher"))
            client = OpenAI(base_url=f"{product.gateway_url}/v1", api_key=batcher.key, timeout=60)
            asker = Asker(product, person.key)
            asker.run(3, arguments.rate, random.Random(0))
            for pair in range(arguments.pairs):
                found = {}
                # In turn, so that neither is always the first.
                for kind in ("alone", "spillway")[:: 1 if pair % 2 == 0 else -1]:
                    batch = start_batch(client) if kind == "spillway" else None
                    began = time.monotonic()
                    before = batch and client.batches.retrieve(batch.id).request_counts.completed
                    found[kind] = asker.run(
                        arguments.seconds, arguments.rate, random.Random(pair))
                    if batch:
                        done = client.batches.retrieve(batch.id).request_counts.completed
                        rate.add("spillway", (done - before) / (time.monotonic() - began))
                        stop_batch(client, batch)
                    p50.add(kind, statistics.median(found[kind]))
                    p99.add(kind, quantile(found[kind], 0.99))
                for row, share in zip(ratios, (0.5, 0.99)):
                    row.add("spillway", quantile(found["spillway"], share)
                            / quantile(found["alone"], share))
                print(f"pair {pair + 1}: p50 {p50.samples}, p99 {p99.samples}", flush=True)
            code, text = product.verify()
            assert code == 0, text
        finally:
            product.close()
    return report.finish(ROOT, [p50, p99, *ratios, rate], "batch", not arguments.no_append)


if __name__ == "__main__":
    report.end_when_told()
    sys.exit(main())
