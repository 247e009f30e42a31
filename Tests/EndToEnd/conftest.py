"""What the suites share: a running product, a mock engine behind it, customers."""

import itertools
import sys
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


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    """One product for all tests of a file; each test makes its own customers."""
    product = Product(tmp_path_factory.mktemp("product") / "data")
    try:
        product.start()
        yield product
    finally:
        product.close()


@pytest.fixture
def own_product(tmp_path):
    """A product for one test, which may kill it; not started yet."""
    product = Product(tmp_path / "data")
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
