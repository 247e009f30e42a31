"""Ports of this machine on which a test's servers listen."""

import random
import socket
from pathlib import Path

LOWEST_PORT = 10000
GIVEN = set()


def free_ports(count):
    """Different ones, no two calls the same, and none that the kernel gives to a client meanwhile.

    A port between two starts of the same server is nobody's. Those from which the kernel takes the
    clients' ends of connections would now and then be gone by the second start.
    """
    lowest_of_clients = int(
        Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    candidates = range(LOWEST_PORT, max(lowest_of_clients, LOWEST_PORT + 10000))
    ports = []
    for port in random.sample(candidates, len(candidates)):
        if port not in GIVEN and is_free(port):
            GIVEN.add(port)
            ports.append(port)
        if len(ports) == count:
            return ports
    raise OSError(f"no {count} free ports from {LOWEST_PORT} on")


def free_port():
    return free_ports(1)[0]


def is_free(port):
    try:
        socket.create_server(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False
