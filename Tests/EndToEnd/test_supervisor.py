"""The supervisor as its operator meets it: what dies with it, what it refuses. About 10 s."""

import os
import signal
import socket
import subprocess

import pytest

from ports import free_port
from product import PROGRAM, process_tree, runs, wait_for


@pytest.fixture
def started(own_product):
    own_product.start()
    return own_product


def up(data, *arguments):
    return subprocess.run(
        [str(PROGRAM), "up", "--data", str(data), *arguments], capture_output=True, text=True,
        timeout=120)


def test_everything_dies_with_the_supervisor_and_starts_again(started):
    processes = process_tree(started.process.pid)
    assert len(processes) >= 4, "up, control, gateway and an engine"
    started.process.send_signal(signal.SIGKILL)
    started.process.wait()
    wait_for(lambda: not any(runs(one) for one in processes), "nothing outlives it", 60)
    key = started.ready["api_key"]
    started.start()
    assert started.ready["api_key"] == key


def test_a_second_signal_does_not_wait(started, start_mock):
    started.add_mock_model("slow", start_mock(chunks=4000, delay=50))
    body = b'{"model": "slow", "stream": true, "messages": [{"role": "user", "content": "Go."}]}'
    with socket.create_connection(("127.0.0.1", started.gateway_port), timeout=60) as stream:
        stream.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + f"{started.ready['api_key']}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        assert stream.recv(12) == b"HTTP/1.1 200"
        started.process.send_signal(signal.SIGINT)
        # Two signals at once may be one for who gets them.
        log = started.data / "log" / "gateway.log"
        wait_for(lambda: "draining" in log.read_text(), "the gateway drains", 60)
        started.process.send_signal(signal.SIGINT)
        # The stream would go on for minutes, and may for 30 s.
        assert started.process.wait(timeout=20) == 0


def test_a_port_in_use_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = up(tmp_path / "data", "--gateway-port", str(port),
                  "--control-port", str(free_port()))
    assert done.returncode == 1
    assert f"port {port} is in use" in done.stderr and "--gateway-port" in done.stderr


@pytest.mark.parametrize("arguments, said", [
    (["--host", "0.0.0.0"], "--tls-certificate"),
    (["--tls-key", "key.pem"], "go together"),
    (["--gateway-port", "8090", "--control-port", "8090"], "two ports"),
])
def test_unsafe_or_contradictory_options_are_refused(tmp_path, arguments, said):
    done = up(tmp_path / "data", *arguments)
    assert done.returncode != 0 and said in done.stderr, done.stderr
    assert not (tmp_path / "data" / "ready.json").exists()


def test_a_data_directory_of_somebody_else_is_refused(tmp_path):
    open_to_all = tmp_path / "data"
    open_to_all.mkdir()
    os.chmod(open_to_all, 0o777)
    done = up(open_to_all)
    assert done.returncode == 1 and "chmod go-w" in done.stderr


def test_a_long_path_serves_too(tmp_path_factory):
    """The kernel's limit for a Unix socket's path is 107 bytes."""
    from product import Product

    folder = tmp_path_factory.mktemp("long") / ("d" * 120)
    folder.mkdir()
    product = Product(folder / "data")
    try:
        product.start()
        assert product.stop() == 0
    finally:
        product.close()
