"""Bedrock's control plane by the unmodified `boto3` package: signed, and with a bearer key. About
10 s."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from product import DEMO_MODEL, wait_for


@pytest.fixture
def signed(product, make_customer, monkeypatch):
    """Clients of a new customer's project, by the service's name."""
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)

    def make(customer=None):
        customer = customer or make_customer()
        made = product.command("key", "create", "--project", customer.project, "--aws")
        wait_for(lambda: product.knows(made["key"]), "the gateway knows the new key", 30)
        session = boto3.Session(
            aws_access_key_id=made["aws_access_key_id"],
            aws_secret_access_key=made["aws_secret_access_key"])
        return lambda service: session.client(
            service, region_name="eu-central-1", endpoint_url=product.gateway_url,
            config=Config(retries={"total_max_attempts": 1}))

    return make


def test_models(signed):
    client = signed()("bedrock")
    models = client.list_foundation_models()["modelSummaries"]
    assert [model["modelId"] for model in models] == [DEMO_MODEL]
    assert models[0]["outputModalities"] == ["TEXT", "EMBEDDING"]
    assert models[0]["responseStreamingSupported"] is True
    assert models[0]["modelLifecycle"]["status"] == "ACTIVE"
    for options, found in [
        ({"byOutputModality": "TEXT"}, 1), ({"byOutputModality": "IMAGE"}, 0),
        ({"byInferenceType": "ON_DEMAND", "byProvider": "spillway"}, 1),
        ({"byProvider": "someone else"}, 0), ({"byCustomizationType": "FINE_TUNING"}, 0),
    ]:
        assert len(client.list_foundation_models(**options)["modelSummaries"]) == found
    for name in (DEMO_MODEL, models[0]["modelArn"]):
        details = client.get_foundation_model(modelIdentifier=name)["modelDetails"]
        assert details == models[0]
    availability = client.get_foundation_model_availability(modelId=DEMO_MODEL)
    assert availability["authorizationStatus"] == "AUTHORIZED"
    assert availability["regionAvailability"] == "AVAILABLE"


def test_refusals(signed):
    client = signed()("bedrock")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_foundation_model(modelIdentifier="no-such-model")
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.list_foundation_models(byOutputModality="SMELL")
    assert caught.value.response["ResponseMetadata"]["RequestId"].startswith("req_")
    for call in [client.list_custom_models, client.list_imported_models, client.list_model_copy_jobs,
                 lambda: client.delete_custom_model(modelIdentifier="a")]:
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "UnknownOperationException"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_model_that_a_project_may_not_call_is_not_there(product, signed, make_customer):
    customer = make_customer()
    client = signed(customer)("bedrock")
    assert client.list_foundation_models()["modelSummaries"]
    product.command("limit", "set", "--project", customer.project, "--models", "another")
    # The list is control's own: no snapshot has to arrive.
    assert client.list_foundation_models()["modelSummaries"] == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_foundation_model_availability(modelId=DEMO_MODEL)
