"""Bedrock's control plane by the unmodified `boto3` package: signed, and with a bearer key. About
20 s."""

import json

import pytest
from botocore.exceptions import ClientError

from aws_clients import aws_clients
from product import DEMO_MODEL, wait_for


@pytest.fixture
def signed(product, make_customer, monkeypatch):
    """Clients of a new customer's project, by the service's name."""
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)

    return lambda customer=None: aws_clients(
        product, customer or make_customer(), region="eu-central-1")


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


def test_inference_profiles_tell_costs_apart(product, signed, make_customer):
    customer = make_customer()
    clients = signed(customer)
    client, runtime = clients("bedrock"), clients("bedrock-runtime")
    model = client.get_foundation_model(modelIdentifier=DEMO_MODEL)["modelDetails"]["modelArn"]
    arns = [
        client.create_inference_profile(
            inferenceProfileName=f"team {name}", description="for tests",
            clientRequestToken=f"token-{name}", modelSource={"copyFrom": model},
            tags=[{"key": "team", "value": name}])["inferenceProfileArn"]
        for name in ("a", "b", "a")]
    assert arns[0] == arns[2] != arns[1], "the same token has one effect"
    pages = client.get_paginator("list_inference_profiles").paginate(
        typeEquals="APPLICATION", PaginationConfig={"PageSize": 1})
    listed = [one for page in pages for one in page["inferenceProfileSummaries"]]
    assert [one["inferenceProfileArn"] for one in listed] == arns[:2]
    assert client.list_inference_profiles(
        typeEquals="SYSTEM_DEFINED")["inferenceProfileSummaries"] == []
    shown = client.get_inference_profile(inferenceProfileIdentifier=arns[0])
    assert (shown["inferenceProfileName"], shown["type"]) == ("team a", "APPLICATION")
    client.tag_resource(resourceARN=arns[0], tags=[{"key": "cost", "value": "1"}])
    client.untag_resource(resourceARN=arns[0], tagKeys=["team"])
    assert client.list_tags_for_resource(resourceARN=arns[0])["tags"] == [
        {"key": "cost", "value": "1"}]

    def ask(model):
        return runtime.converse(
            modelId=model, messages=[{"role": "user", "content": [{"text": "Hello"}]}],
            inferenceConfig={"maxTokens": 2, "temperature": 0})

    wait_for(lambda: answers(ask, arns[0]), "the gateway knows the profile", 30)
    assert ask(shown["inferenceProfileId"])["output"] and ask(DEMO_MODEL)["output"]
    native = json.dumps({"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2})
    served = runtime.invoke_model(modelId=arns[1], body=native, serviceTier="priority")
    assert (served["serviceTier"], served["performanceConfigLatency"]) == ("default", "standard")
    events = wait_for(
        lambda: len(customer.events()) == 4 and customer.events(), "all are billed", 10)
    profile = events[0]["profile"]
    assert profile.endswith(shown["inferenceProfileId"])
    assert [event.get("profile") for event in events[:3]] == [profile, profile, None]
    assert events[3]["profile"] not in (profile, None)
    rows = product.command("usage", "--customer", customer.id, "--group", "profile")
    assert sorted((row.get("profile") or "", row["requests"]) for row in rows) == sorted(
        [("", 1), (profile, 2), (events[3]["profile"], 1)])
    hello = [{"role": "user", "content": [{"text": "Hello"}]}]
    assert runtime.count_tokens(
        modelId=arns[0], input={"converse": {"messages": hello}})["inputTokens"] > 0
    list(runtime.converse_stream(
        modelId=arns[0], messages=hello, inferenceConfig={"maxTokens": 2})["stream"])
    streamed = wait_for(lambda: customer.events()[4:], "the stream is billed", 10)
    assert [(event["streaming"], event["profile"]) for event in streamed] == [(True, profile)]
    # Another project knows nothing of it.
    strangers = signed()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        strangers("bedrock").get_inference_profile(inferenceProfileIdentifier=arns[0])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        strangers("bedrock-runtime").converse(
            modelId=arns[0], messages=[{"role": "user", "content": [{"text": "Hello"}]}])
    product.kill("control")
    wait_for(
        lambda: unless_away(client.get_inference_profile, inferenceProfileIdentifier=arns[1]),
        "control has kept it", 60)
    client.delete_inference_profile(inferenceProfileIdentifier=arns[0])
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_inference_profile(inferenceProfileIdentifier=arns[0])
    wait_for(lambda: not answers(ask, arns[0]), "the gateway forgets it", 30)


def unless_away(call, **options):
    try:
        return call(**options)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ServiceUnavailableException"
        return None


def answers(ask, model):
    try:
        return ask(model)["output"]
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ResourceNotFoundException"
        return None


def test_provisioned_throughput_is_on_record_and_names_its_model(signed):
    clients = signed()
    client, runtime = clients("bedrock"), clients("bedrock-runtime")
    arn = client.create_provisioned_model_throughput(
        modelUnits=2, provisionedModelName="steady", modelId=DEMO_MODEL)["provisionedModelArn"]
    for name in (arn, "steady"):
        shown = client.get_provisioned_model_throughput(provisionedModelId=name)
        assert (shown["modelUnits"], shown["status"]) == (2, "InService")
        assert shown["modelArn"].endswith(f"/{DEMO_MODEL}")
    client.update_provisioned_model_throughput(
        provisionedModelId=arn, desiredProvisionedModelName="steadier")
    listed = client.list_provisioned_model_throughputs(nameContains="steadier")
    assert [one["provisionedModelArn"] for one in listed["provisionedModelSummaries"]] == [arn]

    def ask(model):
        return runtime.converse(
            modelId=model, messages=[{"role": "user", "content": [{"text": "Hello"}]}],
            inferenceConfig={"maxTokens": 2})

    wait_for(lambda: answers(ask, arn), "the gateway knows it", 30)
    for options, why in [
        ({"commitmentDuration": "OneMonth"}, "term"), ({"provisionedModelName": "steadier"}, "name"),
    ]:
        with pytest.raises(client.exceptions.ValidationException, match=why):
            client.create_provisioned_model_throughput(
                **{"modelUnits": 1, "provisionedModelName": "x", "modelId": DEMO_MODEL, **options})
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.create_provisioned_model_throughput(
            modelUnits=1, provisionedModelName="x", modelId="no-such-model")
    client.delete_provisioned_model_throughput(provisionedModelId=arn)
    assert client.list_provisioned_model_throughputs()["provisionedModelSummaries"] == []


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
