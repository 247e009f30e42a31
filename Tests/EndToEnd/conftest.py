"""What the suites share: a running product, a mock engine behind it, customers."""

import itertools
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Faults"))

from mock_engine import MockEngine  # noqa: E402
from product import Product  # noqa: E402


@pytest.fixture(scope="session")
def mock_program(tmp_path_factory):
    return MockEngine.compile(tmp_path_factory.mktemp("mock"))


@pytest.fixture
def start_mock(mock_program):
    """Starts mock engines that end with the test."""
    started = []

    def start(**options):
        started.append(MockEngine(mock_program, **options))
        return started[-1]

    yield start
    for engine in started:
        engine.close()


def make_folder():
    """A folder with a short path: the engines' sockets are under --data, and the kernel takes 107
    bytes for a socket's path. SPILLWAY_KEEP=1 leaves it, with its logs."""
    folder = Path(tempfile.mkdtemp(prefix="spillway-"))
    yield folder
    if os.environ.get("SPILLWAY_KEEP") == "1":
        print(f"kept {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder():
    yield from make_folder()


@pytest.fixture(scope="module")
def module_folder():
    yield from make_folder()


@pytest.fixture(scope="module")
def product(module_folder):
    """One product for all tests of a file; each test makes its own customers."""
    product = Product(module_folder / "data")
    try:
        product.start()
        yield product
    finally:
        product.close()


@pytest.fixture
def own_product(folder):
    """A product for one test, which may kill it; not started yet."""
    product = Product(folder / "data")
    yield product
    product.close()


@pytest.fixture
def make_customer(product, request):
    numbers = itertools.count(1)

    def make(credit="100"):
        name = f"{request.node.name}-{next(numbers)}"[:60]
        return product.customer(name, credit)

    return make


@pytest.fixture
def customer(make_customer):
    return make_customer()
