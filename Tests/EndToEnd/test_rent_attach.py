"""A customer works in an instance over the public port, with a key alone: commands, a terminal,
ports. About 25 s."""

import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
import urllib.request
from contextlib import contextmanager

import pytest

from product import PROGRAM, wait_for

LIMIT_SECONDS = 120
POOL = "local"
# Serves its own directory, and gives back what it is sent on the next port.
WORK = """
import http.server, socketserver, threading
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
threading.Thread(target=Server(("127.0.0.1", 8889), Echo).serve_forever).start()
open("hello.txt", "w").write("from inside")
http.server.ThreadingHTTPServer(("127.0.0.1", 8888),
    http.server.SimpleHTTPRequestHandler).serve_forever()
"""


class Renter:
    """A customer with nothing but an address and a key."""

    def __init__(self, product, name):
        self.customer = product.customer(name)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm",
            "SPILLWAY_URL": f"http://127.0.0.1:{product.gateway_port}",
            "SPILLWAY_KEY": self.customer.key}

    def run(self, *words, expect=0, stdin=""):
        done = subprocess.run(
            [str(PROGRAM), *words], capture_output=True, text=True, timeout=LIMIT_SECONDS,
            env=self.environment, input=stdin, cwd="/")
        assert done.returncode == expect, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout, done.stderr


@pytest.fixture(scope="module")
def renter(product):
    wait_for(
        lambda: product.command("pool", "show", POOL)["for_customers"],
        "this machine takes customers", 120, every=0.2)
    return Renter(product, "renter")


@pytest.fixture(scope="module")
def instance(renter):
    out, _ = renter.run(
        "instance", "create", "--pool", POOL, "--accelerators", "1", "--", "python3", "-c", WORK)
    found = re.search(r"ins_[0-9a-z]+", out)
    assert found and "A shell there" in out, out
    name = found.group()
    wait_for(
        lambda: "State" in (shown := renter.run("instance", "show", name)[0])
        and "running" in shown, "the instance runs", 60, every=0.2)
    yield name
    renter.run("instance", "stop", name)


def test_commands_run_with_their_input_output_and_exit_code(renter, instance):
    out, _ = renter.run(
        "instance", "exec", instance, "--", "sh", "-c", "cat; pwd; exit 7", stdin="typed\n",
        expect=7)
    assert out == "typed\n/workspace\n", out
    # Short ones, whose end comes with the answer's head.
    for number in range(10):
        assert renter.run("instance", "exec", instance, "--", "echo", str(number))[0] == f"{number}\n"


def test_much_comes_whole(renter, instance):
    out, _ = renter.run(
        "instance", "exec", instance, "--", "python3", "-c",
        "import sys; sys.stdout.write('x' * 20_000_000)")
    assert len(out) == 20_000_000
    out, _ = renter.run(
        "instance", "exec", instance, "--", "wc", "-c", stdin="y" * 5_000_000)
    assert out.strip() == "5000000"


class Terminal:
    """The program in a terminal of ours."""

    def __init__(self, renter, *words, rows, columns):
        self.screen = b""
        self.process, self.end = pty.fork()
        if self.process == 0:
            self.end = 0
            self.resize(rows, columns)
            os.chdir("/")
            os.execve(str(PROGRAM), [str(PROGRAM), *words], renter.environment)

    def resize(self, rows, columns):
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.end, text.encode())

    def shows(self, text, seconds=60):
        deadline = time.monotonic() + seconds
        while text.encode() not in self.screen:
            left = deadline - time.monotonic()
            assert left > 0, (text, self.screen)
            if select.select([self.end], [], [], left)[0]:
                try:
                    self.screen += os.read(self.end, 65536)
                except OSError as error:
                    raise AssertionError((text, self.screen)) from error

    def exit_code(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            # What is left to show would keep it from ending.
            if select.select([self.end], [], [], 0.05)[0]:
                try:
                    self.screen += os.read(self.end, 65536)
                except OSError:
                    pass
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(("it does not end", self.screen))

    def close(self):
        try:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.end)


def test_a_shell_is_a_terminal_of_the_windows_size(renter, instance):
    terminal = Terminal(renter, "instance", "exec", instance, rows=31, columns=101)
    try:
        terminal.shows("$ ")
        terminal.type("stty size; echo mark-$((6*7))\r")
        terminal.shows("31 101")
        terminal.shows("mark-42")
        terminal.resize(44, 133)
        # The new size travels beside what is typed.
        deadline = time.monotonic() + 60
        while b"44 133" not in terminal.screen:
            assert time.monotonic() < deadline, terminal.screen
            terminal.screen = b""
            terminal.type("stty size; echo mark-$((7*7))\r")
            terminal.shows("mark-49")
        # A shell may lose what comes while it starts a program; this one does not.
        terminal.type(
            "python3 -c 'import time; print(\"go-%d\" % 64, flush=True); time.sleep(60)'\r")
        terminal.shows("go-64")
        terminal.screen = b""
        terminal.type("\x03")
        terminal.shows("KeyboardInterrupt")
        terminal.shows("$ ")
        terminal.type("exit 9\r")
        assert terminal.exit_code() == 9, terminal.screen
    finally:
        terminal.close()


@contextmanager
def connected(renter, instance, port):
    process = subprocess.Popen(
        [str(PROGRAM), "instance", "connect", instance, f"{port}:0"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=renter.environment, cwd="/")
    try:
        line = process.stdout.readline()
        found = re.match(r"127\.0\.0\.1:(\d+) is port", line)
        assert found, (line, process.poll() is not None and process.stderr.read())
        yield int(found.group(1))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def test_a_port_is_reached(renter, instance):
    def hello():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/hello.txt", timeout=60) as answer:
            return answer.read()

    with connected(renter, instance, 8888) as port:
        # An instance runs before its work listens.
        wait_for(hello, "the work answers", 60, every=0.2)
        for _ in range(3):
            assert hello() == b"from inside"


def test_connections_carry_much_at_a_time_both_ways(renter, instance):
    size = 3_000_000
    results = {}

    def exchange(number, port):
        block = bytes([number]) * size
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            threading.Thread(
                target=lambda: (connection.sendall(block), connection.shutdown(socket.SHUT_WR))
            ).start()
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        results[number] = b"".join(parts) == block

    with connected(renter, instance, 8889) as port:
        threads = [
            threading.Thread(target=exchange, args=(number, port)) for number in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT_SECONDS)
    assert results == {number: True for number in range(1, 5)}


def test_nobody_else_gets_in(product, renter, instance):
    other = Renter(product, "other")
    _, err = other.run("instance", "exec", instance, "--", "true", expect=1)
    assert "no instance" in err.lower() or "there is no" in err.lower(), err
    other.environment["SPILLWAY_KEY"] = "sk-none"
    other.run("instance", "exec", instance, "--", "true", expect=1)
    _, err = other.run("instance", "connect", instance, "8888", expect=1)
    assert err.startswith("error: "), err
