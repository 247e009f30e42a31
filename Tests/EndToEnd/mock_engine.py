"""The mock engine of the benchmarks as a server behind Spillway: fast, and it counts."""

import json
import subprocess
import urllib.request

from ports import free_port
from product import ROOT, wait_for


class MockEngine:
    def __init__(self, program, chunks=50, delay=20, fill=False):
        self.port = free_port()
        self.process = subprocess.Popen(
            [str(program), "--port", str(self.port), "--chunks", str(chunks), "--delay",
             str(delay), *(["--fill"] if fill else [])], start_new_session=True)
        wait_for(self.stats, "the mock engine answers", 60)

    @staticmethod
    def compile(folder):
        program = folder / "mock_engine"
        subprocess.run(
            ["gcc", "-O2", "-o", str(program), str(ROOT / "Benchmarks/mock/mock_engine.c")],
            check=True)
        return program

    def stats(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/stats", timeout=60) as answer:
            return json.load(answer)

    def close(self):
        self.process.kill()
        self.process.wait()
