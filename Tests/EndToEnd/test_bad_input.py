"""Hostile requests on raw sockets: each gets the right status and code, nothing is billed, and the
process does not mind. About 60 s."""

import json
import math
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from xml.etree import ElementTree

import pytest

import hostile_requests
from product import DEMO_MODEL, FULL, wait_for

ANSWER_SECONDS = 60
MOST_GROWTH_BYTES = 20 << 20
ROUNDS = 10 if FULL else 3
LEAST_CASES = 150
SLOW_SECONDS = 75
CASES = hostile_requests.all_cases()
CODES = {
    400: {"invalid_request", "unsupported", "context_length_exceeded"},
    401: {"invalid_api_key"},
    404: {"not_found", "model_not_found"},
    405: {"method_not_allowed"},
    408: {"timeout"},
    413: {"request_too_large"},
    431: {"request_too_large"},
}


class Reader:
    """Answers off a socket, one after another; what cannot be read is the end."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""

    def more(self):
        try:
            part = self.connection.recv(65536)
        except (ConnectionError, TimeoutError):
            part = b""
        self.buffer += part
        return bool(part)

    def answer(self):
        """(status, headers, body), or None at the end."""
        while True:
            while b"\r\n\r\n" not in self.buffer:
                if not self.more():
                    return None
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            status = int(first.split(" ")[1])
            if status != 100:
                break
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        while len(self.buffer) < length and self.more():
            pass
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return status, headers, body

    def ended(self):
        """Whether the other side closes and sends nothing more."""
        self.connection.settimeout(30)
        try:
            return not self.buffer and self.connection.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


def exchange(port, key, case):
    """What one case got: (status, headers, body), and whether the connection then ended."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
    with connection:
        try:
            connection.sendall(case.payload.replace(b"KEY", key.encode()))
            if case.half_close:
                connection.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass  # refused before all was sent; the answer may be there all the same
        reader = Reader(connection)
        answer = reader.answer() or (0, {}, b"")
        return answer, reader.ended() if case.closes else None


def complaint(case, answer, ended):
    """What is wrong with the answer to a case; None if nothing is."""
    status, headers, body = answer
    if status not in case.status:
        return f"status {status}, not one of {sorted(case.status)}: {body[:200]}"
    if case.closes and not ended:
        return f"after status {status} the connection went on"
    if status < 400:
        return None
    # What the HTTP parser itself refuses may have no body; what is above it has one.
    if not body and status in (400, 414, 431, 501, 505) and case.closes:
        return None
    if case.exception and headers.get("content-type") == "text/xml":
        # The form of AWS's token service.
        error = ElementTree.fromstring(body)
        told = error.findtext("{*}Error/{*}Code")
        is_right = told == case.exception and error.findtext("{*}Error/{*}Message")
        return None if is_right else f"{told}: {body[:200]}"
    if case.exception:
        # Bedrock's form.
        told = headers.get("x-amzn-errortype")
        is_right = told == case.exception and json.loads(body)["message"]
        return None if is_right else f"{told}: {body[:200]}"
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return f"status {status} without an error object: {body[:200]}"
    if set(error) != {"message", "type", "param", "code"} or not error["message"]:
        return f"the error object is not the dialect's: {error}"
    expected = {case.code} if case.code else CODES.get(status)
    if expected and error["code"] not in expected:
        return f"code {error['code']}, not one of {sorted(expected)}"
    if case.parameter and not (error["param"] or "").startswith(case.parameter):
        return f"param {error['param']}, not {case.parameter}"
    if "x-request-id" not in headers and not case.closes:
        return "no x-request-id"
    return None


def run_table(port, key):
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda case: exchange(port, key, case), CASES))
    return [(case, *outcome) for case, outcome in zip(CASES, outcomes, strict=True)]


def test_there_are_enough_cases():
    assert len(CASES) >= LEAST_CASES
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.fixture(scope="module")
def table(product):
    """The table run some times over, and what it left behind."""
    one = product.customer("hostile", "1000")
    gateway = product.pid("gateway")
    outcomes = run_table(product.gateway_port, one.key)
    settled = product.resident_bytes("gateway")
    for _ in range(ROUNDS - 1):
        run_table(product.gateway_port, one.key)
    growth = product.resident_bytes("gateway") - settled
    return {
        "outcomes": {case.name: (case, answer, ended) for case, answer, ended in outcomes},
        "growth": growth, "customer": one, "same process": product.pid("gateway") == gateway}


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_case(table, name):
    problem = complaint(*table["outcomes"][name])
    assert problem is None, problem


def test_memory_is_flat(table):
    assert table["growth"] < MOST_GROWTH_BYTES


def test_nothing_is_billed_but_what_was_served(table, product):
    product.settle()
    served = sum(1 for case, (status, _, _), _ in table["outcomes"].values()
                 if status == 200 and case.billed)
    events = table["customer"].events()
    assert sum(Decimal(event["amount"]) > 0 for event in events) == served * ROUNDS


def test_the_process_is_unharmed(table, product):
    assert table["same process"]
    assert product.get_gateway("/health")[0] == 200


def test_pipelined_requests_are_answered_in_order(product, customer):
    models = hostile_requests.head("GET", "/v1/models/" + DEMO_MODEL)
    unknown = hostile_requests.head("GET", "/v1/models/unknown")
    chat = hostile_requests.post(hostile_requests.GOOD)
    with socket.create_connection(("127.0.0.1", product.gateway_port), timeout=60) as connection:
        payload = (models + unknown + chat + unknown + models) * 3
        connection.sendall(payload.replace(b"KEY", customer.key.encode()))
        reader = Reader(connection)
        assert [reader.answer()[0] for _ in range(15)] == [200, 404, 200, 404, 200] * 3


def test_one_byte_at_a_time(product, customer):
    payload = hostile_requests.post(hostile_requests.GOOD).replace(b"KEY", customer.key.encode())
    with socket.create_connection(("127.0.0.1", product.gateway_port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for index in range(len(payload)):
            connection.sendall(payload[index:index + 1])
        assert Reader(connection).answer()[0] == 200


def ended_within(connection, seconds, send=None):
    """Whether the other side ends the connection in time while we trickle; its status line."""
    connection.settimeout(0.5)
    received, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            part = connection.recv(65536)
            if not part:
                return True, received[:12]
            received += part
        except TimeoutError:
            try:
                if send:
                    connection.sendall(send)
            except ConnectionError:
                return True, received[:12]
        except ConnectionError:
            return True, received[:12]
    return False, received[:12]


SLOW = {
    "header": (b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n"),
    "request line": (b"POST /v1/chat", b"a"),
    "nothing at all": (b"", None),
    "body": (hostile_requests.head(headers=["Content-Length: 1000"]), b" "),
    "chunks": (hostile_requests.head(headers=["Transfer-Encoding: chunked"]), b"1\r\na\r\n"),
    "body that stops": (hostile_requests.head(headers=["Content-Length: 1000"]) + b"{", None),
}


@pytest.mark.skipif(not FULL, reason="waits for the gateway's time limits; SPILLWAY_FULL=1")
def test_slow_senders_are_sent_away(product, customer):
    def trickle(name):
        start, more = SLOW[name]
        with socket.create_connection(("127.0.0.1", product.gateway_port)) as connection:
            connection.sendall(start.replace(b"KEY", customer.key.encode()))
            return name, ended_within(connection, SLOW_SECONDS + 15, more)

    with ThreadPoolExecutor(len(SLOW)) as pool:
        outcomes = dict(pool.map(trickle, SLOW))
    assert all(ended for ended, _ in outcomes.values()), outcomes
    assert all(line in (b"", b"HTTP/1.1 408") for _, line in outcomes.values()), outcomes


def test_slow_headers_do_not_hold_others_up(product, customer):
    """Hundreds of connections that say nothing: everybody else is served meanwhile."""
    idle = [socket.create_connection(("127.0.0.1", product.gateway_port)) for _ in range(300)]
    try:
        for connection in idle:
            connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\n")
        good = hostile_requests.Case("", hostile_requests.post(hostile_requests.GOOD))
        # More than once, as the machine may be busy with something else for a while.
        seconds = []
        while min(seconds, default=math.inf) >= 5 and len(seconds) < 3:
            begin = time.monotonic()
            answer, _ = exchange(product.gateway_port, customer.key, good)
            assert answer[0] == 200, answer
            seconds.append(time.monotonic() - begin)
        assert min(seconds) < 5, seconds
        # A header may take ten seconds, and not much longer.
        first = idle[0]
        assert ended_within(first, 30)[0]
    finally:
        for connection in idle:
            connection.close()


def test_a_client_that_stops_reading_costs_no_memory(product, customer, start_mock):
    """Back-pressure: what a client does not take is not piled up in the gateway."""
    engine = start_mock(chunks=200_000, delay=0)
    product.add_mock_model("flood", engine)
    before = product.resident_bytes("gateway")
    body = {"model": "flood", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    with socket.create_connection(("127.0.0.1", product.gateway_port)) as connection:
        connection.sendall(
            hostile_requests.post(body).replace(b"KEY", customer.key.encode()))
        # 200,000 frames are 40 MB; the sockets between take a few.
        wait_for(lambda: engine.stats()["chunks"] > 0, "the engine streams", 60)
        time.sleep(2)
        assert product.resident_bytes("gateway") - before < MOST_GROWTH_BYTES
