"""Temporary credentials and signed addresses, with the unmodified `boto3` package: AWS's token
service at the gateway, what its credentials may do, and when they end. About 30 s."""

import subprocess
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from product import DEMO_MODEL, wait_for

QUESTION = [{"role": "user", "content": [{"text": "What is Spillway?"}]}]
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=60)


@pytest.fixture
def client_of(product, monkeypatch):
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)

    def make(service, credentials):
        access_key, secret, token = credentials
        return boto3.Session().client(
            service, region_name="us-east-1", endpoint_url=product.gateway_url, config=ONCE,
            aws_access_key_id=access_key, aws_secret_access_key=secret, aws_session_token=token)

    return make


@pytest.fixture
def pair(product, customer):
    """A key's id and its own pair."""
    made = product.command("key", "create", "--project", customer.project, "--aws")
    wait_for(lambda: product.knows(made["key"]), "the gateway knows the new key", 30)
    return made["id"], (made["aws_access_key_id"], made["aws_secret_access_key"], None)


def of_answer(answer):
    made = answer["Credentials"]
    return made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]


def of_command(made):
    return made["aws_access_key_id"], made["aws_secret_access_key"], made["aws_session_token"]


def converse(client):
    return client.converse(
        modelId=DEMO_MODEL, messages=QUESTION, inferenceConfig={"maxTokens": 8, "temperature": 0})


def refusal(call):
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def status_of(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_customer_asks_for_temporary_credentials(product, customer, client_of, pair):
    key, permanent = pair
    sts = client_of("sts", permanent)
    who = sts.get_caller_identity()
    assert who["UserId"] == key and len(who["Account"]) == 12
    assert who["Arn"] == f"arn:aws:iam::{who['Account']}:user/{customer.project}/{key}"
    answer = sts.get_session_token(DurationSeconds=900)
    made = of_answer(answer)
    assert made[0].startswith("ASIA") and len(made[0]) == 20
    left = answer["Credentials"]["Expiration"] - datetime.now(timezone.utc)
    assert timedelta(seconds=840) < left <= timedelta(seconds=900)
    assert converse(client_of("bedrock-runtime", made))["output"]["message"]["content"]
    assert client_of("bedrock", made).list_foundation_models()["modelSummaries"]
    temporary = client_of("sts", made)
    assert temporary.get_caller_identity()["Arn"] == who["Arn"]
    wait_for(lambda: customer.events(), "what was asked with them is billed", 10)
    assert customer.events()[0]["key"] == key
    # The default is 12 hours, and others get others.
    second = sts.get_session_token()["Credentials"]
    assert second["Expiration"] - datetime.now(timezone.utc) > timedelta(hours=11)
    assert second["AccessKeyId"] != made[0]
    assert refusal(temporary.get_session_token) == ("AccessDenied", 403)
    assert refusal(lambda: sts.get_session_token(DurationSeconds=129_601)) == (
        "ValidationError", 400)
    assert refusal(lambda: sts.assume_role(
        RoleArn="arn:aws:iam::123456789012:role/any", RoleSessionName="any")) == (
        "InvalidAction", 400)


def test_they_hold_together_and_as_long_as_their_key(product, client_of, pair):
    key, permanent = pair
    made = of_answer(client_of("sts", permanent).get_session_token(DurationSeconds=900))
    other = of_answer(client_of("sts", permanent).get_session_token(DurationSeconds=900))
    unknown = {"bedrock-runtime": "UnrecognizedClientException", "sts": "InvalidClientTokenId"}
    wrong = {
        "bedrock-runtime": "InvalidSignatureException", "sts": "SignatureDoesNotMatch"}
    calls = {"bedrock-runtime": converse, "sts": lambda client: client.get_caller_identity()}
    for service, call in calls.items():
        for credentials, names in [
            ((*made[:2], None), unknown), ((*made[:2], other[2]), unknown),
            ((*made[:2], made[2][:-8] + "AAAAAA=="), unknown),
            ((*permanent[:2], made[2]), unknown), ((made[0], other[1], made[2]), wrong),
        ]:
            assert refusal(lambda: call(client_of(service, credentials))) == (names[service], 403)
    assert converse(client_of("bedrock-runtime", made))
    product.command("key", "revoke", key)
    wait_for(
        lambda: _is_refused(client_of("sts", made)), "temporary credentials end with their key", 30)
    assert refusal(lambda: converse(client_of("bedrock-runtime", made))) == (
        "UnrecognizedClientException", 403)


def _is_refused(client):
    try:
        client.get_caller_identity()
    except ClientError as error:
        return error.response["Error"]["Code"] == "InvalidClientTokenId"
    return False


def test_the_owner_gives_some_and_they_end(product, client_of, pair):
    key, _ = pair
    made = product.command("key", "session", key, "--expires", "15m")
    assert made["key"] == key
    assert converse(client_of("bedrock-runtime", of_command(made)))
    short = of_command(product.command("key", "session", key, "--expires", "4s"))
    assert client_of("sts", short).get_caller_identity()
    wait_for(
        lambda: _code(client_of("sts", short)) == "ExpiredToken", "they end by themselves", 30)
    assert refusal(lambda: converse(client_of("bedrock-runtime", short))) == (
        "ExpiredTokenException", 403)
    for refused in ("0s", "37h"):
        with pytest.raises((AssertionError, subprocess.CalledProcessError)):
            product.command("key", "session", key, "--expires", refused)


def _code(client):
    try:
        client.get_caller_identity()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def test_addresses_are_signed(product, client_of, pair):
    _, permanent = pair
    made = of_answer(client_of("sts", permanent).get_session_token(DurationSeconds=900))
    for credentials in (permanent, made):
        sts, bedrock = client_of("sts", credentials), client_of("bedrock", credentials)
        url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
        assert "X-Amz-Signature=" in url and status_of(url) == 200
        assert status_of(url.replace("GetCallerIdentity", "GetSessionToken")) == 403
        url = bedrock.generate_presigned_url(
            "list_foundation_models", Params={"byOutputModality": "TEXT"}, ExpiresIn=604_800)
        assert status_of(url) == 200
        assert status_of(url.replace("TEXT", "IMAGE")) == 403
        assert status_of(url.replace("X-Amz-Expires=604800", "X-Amz-Expires=604801")) == 403
        too_long = bedrock.generate_presigned_url("list_foundation_models", ExpiresIn=604_801)
        assert status_of(too_long) == 403
        short = sts.generate_presigned_url(
            "get_caller_identity", ExpiresIn=4, HttpMethod="GET")
        assert status_of(short) == 200
        wait_for(lambda: status_of(short) == 403, "a signed address ends", 30)


def test_objects_have_signed_addresses_too(product, pair):
    _, (access_key, secret, _) = pair
    s3 = boto3.Session().client(
        "s3", region_name="us-east-1", endpoint_url=product.gateway_url,
        aws_access_key_id=access_key, aws_secret_access_key=secret,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
    place = {"Bucket": "signed", "Key": "a folder/öbject.txt"}
    put = s3.generate_presigned_url("put_object", Params=place, ExpiresIn=60)
    request = urllib.request.Request(put, data=b"what is kept", method="PUT")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
    get = s3.generate_presigned_url("get_object", Params=place, ExpiresIn=60)
    with urllib.request.urlopen(get, timeout=30) as answer:
        assert answer.read() == b"what is kept"
    assert status_of(get.replace("a%20folder", "a%20Folder")) == 403
    assert status_of(put) == 403


def test_nothing_secret_is_logged(product, client_of, pair):
    _, permanent = pair
    sts = client_of("sts", permanent)
    made = of_answer(sts.get_session_token(DurationSeconds=900))
    converse(client_of("bedrock-runtime", made))
    url = client_of("sts", made).generate_presigned_url(
        "get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    assert status_of(url) == 200 and status_of(url + "&a=b") == 403
    said = product.log_path.read_text(errors="replace") + "".join(
        path.read_text(errors="replace") for path in (product.data / "log").glob("*"))
    for secret in (permanent[1], made[1], made[2], "X-Amz-"):
        assert secret not in said
