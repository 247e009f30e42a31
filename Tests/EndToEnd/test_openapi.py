"""The API's documents are valid OpenAPI 3.1, as committed and as both ports serve them. About 10 s.
"""

import json
import urllib.request

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from product import ROOT

DOCUMENTS = ["openapi.json", "openapi-customer.json"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_committed_document_is_valid(name):
    document = json.loads((ROOT / "docs" / name).read_text())
    assert document["openapi"].startswith("3.1.")
    problems = [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert not problems, problems
    names = [
        operation["operationId"] for path in document["paths"].values()
        for operation in path.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_broken_document_would_be_noticed(name):
    document = json.loads((ROOT / "docs" / name).read_text())
    document["paths"]["/v1/jobs"]["post"]["responses"] = {"201": {}}
    assert list(OpenAPIV31SpecValidator(document).iter_errors())


def test_the_owners_port_serves_its_document(product):
    ready = json.loads((product.data / "ready.json").read_text())
    with urllib.request.urlopen(ready["control"] + "/openapi.json", timeout=10) as answer:
        assert answer.read() == (ROOT / "docs/openapi.json").read_bytes()
