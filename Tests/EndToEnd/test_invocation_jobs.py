"""Bedrock's model invocation jobs and the objects that they read and write, by the unmodified
`boto3` package for `s3` and `bedrock`, with the product and its demo model. About 40 s."""

import io
import json
import random
import socket
import urllib.request
from collections import Counter
from datetime import datetime, timezone
from decimal import Decimal

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from aws_clients import aws_clients
from product import DEMO_MODEL, wait_for

BUCKET = "prompts"
ROLE = "arn:aws:iam::123456789012:role/batch"
LIMIT_SECONDS = 240
ENDED = {"Completed", "Failed", "Stopped", "PartiallyCompleted", "Expired"}


@pytest.fixture
def signed(product, make_customer, monkeypatch):
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    return lambda customer=None: aws_clients(product, customer or make_customer())


def record(number, name=None, text="How am I billed?", **options):
    body = {
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 8,
        "messages": [{"role": "user", "content": text}], **options}
    return {"recordId": name or f"REC{number:08}", "modelInput": body}


def lines(records):
    return "".join(json.dumps(one) + "\n" for one in records).encode()


def create(bedrock, source="in/records.jsonl", target="out/", **options):
    return bedrock.create_model_invocation_job(**{
        "jobName": "nightly", "roleArn": ROLE, "modelId": DEMO_MODEL,
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": f"s3://{BUCKET}/{source}"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://{BUCKET}/{target}"}},
        **options})["jobArn"]


def wait(bedrock, job):
    def ended():
        found = bedrock.get_model_invocation_job(jobIdentifier=job)
        return found if found["status"] in ENDED else None
    return wait_for(ended, "the job ends", LIMIT_SECONDS, every=0.2)


def results(s3, job, name="records.jsonl", folder="out/"):
    folder += job.split("/")[-1] + "/"
    rows = s3.get_object(Bucket=BUCKET, Key=f"{folder}{name}.out")["Body"].read()
    manifest = s3.get_object(Bucket=BUCKET, Key=f"{folder}manifest.json.out")["Body"].read()
    return [json.loads(row) for row in rows.splitlines()], json.loads(manifest)


def billed(customer):
    return [event for event in customer.events() if Decimal(event["amount"]) > 0]


def code_of(caught):
    return caught.value.response["Error"]["Code"]


def test_a_job_from_its_input_to_its_manifest(product, signed, make_customer):
    customer = make_customer()
    clients = signed(customer)
    s3, bedrock = clients("s3"), clients("bedrock")
    records = [record(number) for number in range(5)]
    records.append({"modelInput": record(0)["modelInput"]})
    records.append(record(9, max_tokens="many"))
    s3.put_object(Bucket=BUCKET, Key="in/records.jsonl", Body=lines(records))
    job = create(
        bedrock, clientRequestToken="once", tags=[{"key": "team", "value": "a"}],
        timeoutDurationInHours=48)
    assert create(bedrock, clientRequestToken="once") == job
    done = wait(bedrock, job)
    assert done["status"] == "Completed" and done["jobArn"] == job and "message" not in done
    assert done["jobName"] == "nightly" and done["roleArn"] == ROLE
    assert done["modelId"].endswith(DEMO_MODEL) and done["modelInvocationType"] == "InvokeModel"
    assert done["submitTime"] <= done["endTime"] <= done["jobExpirationTime"]
    assert (done["jobExpirationTime"] - done["submitTime"]).total_seconds() == 48 * 3600
    assert (done["totalRecordCount"], done["processedRecordCount"]) == (7, 7)
    assert (done["successRecordCount"], done["errorRecordCount"]) == (6, 1)
    rows, manifest = results(s3, job)
    assert [row["modelInput"] for row in rows] == [one["modelInput"] for one in records]
    assert [row["recordId"] for row in rows[:5]] == [one["recordId"] for one in records[:5]]
    assert len(rows[5]["recordId"]) == 11 and rows[5]["recordId"].isalnum()
    for row in rows[:6]:
        assert row["modelOutput"]["type"] == "message" and row["modelOutput"]["content"][0]["text"]
    assert rows[6]["error"]["errorCode"] == 400 and "max_tokens" in rows[6]["error"]["errorMessage"]
    usage = [row["modelOutput"]["usage"] for row in rows[:6]]
    assert manifest == {
        "totalRecordCount": 7, "processedRecordCount": 7, "successRecordCount": 6,
        "errorRecordCount": 1,
        "inputTokenCount": sum(
            one["input_tokens"] + one["cache_read_input_tokens"] for one in usage),
        "outputTokenCount": sum(one["output_tokens"] for one in usage)}
    product.settle()
    events = billed(customer)
    assert len(events) == 6 and {event["service_tier"] for event in events} == {"batch"}
    assert product.verify()[0] == 0
    tags = bedrock.list_tags_for_resource(resourceARN=job)["tags"]
    assert tags == [{"key": "team", "value": "a"}]
    bedrock.tag_resource(resourceARN=job, tags=[{"key": "team", "value": "b"}])
    assert bedrock.list_tags_for_resource(resourceARN=job)["tags"][0]["value"] == "b"


def test_converse_and_a_folder_and_a_profile(product, signed, make_customer):
    customer = make_customer()
    clients = signed(customer)
    s3, bedrock = clients("s3"), clients("bedrock")
    arn = bedrock.get_foundation_model(modelIdentifier=DEMO_MODEL)["modelDetails"]["modelArn"]
    profile = bedrock.create_inference_profile(
        inferenceProfileName="nightly", modelSource={"copyFrom": arn})["inferenceProfileArn"]
    body = {
        "messages": [{"role": "user", "content": [{"text": "What is Spillway?"}]}],
        "inferenceConfig": {"maxTokens": 8}}
    s3.put_object(
        Bucket=BUCKET, Key="day/talk.jsonl",
        Body=lines([{"recordId": "same", "modelInput": body}] * 2))
    job = create(
        bedrock, "day/", "results", modelId=profile, modelInvocationType="Converse")
    assert wait(bedrock, job)["status"] == "Completed"
    rows, manifest = results(s3, job, "talk.jsonl", "results/")
    assert [row["recordId"] for row in rows] == ["same", "same"]
    for row in rows:
        assert row["modelOutput"]["output"]["message"]["content"][0]["text"]
    assert manifest["outputTokenCount"] == sum(
        row["modelOutput"]["usage"]["outputTokens"] for row in rows)
    product.settle()
    assert {event["profile"] for event in billed(customer)} == {
        "aip_" + profile.split("/")[-1]}
    assert {event["endpoint"] for event in billed(customer)} == {"converse"}


def test_what_a_job_refuses(signed):
    clients = signed()
    s3, bedrock = clients("s3"), clients("bedrock")
    s3.put_object(Bucket=BUCKET, Key="in/records.jsonl", Body=lines([record(1)]))
    s3.put_object(Bucket=BUCKET, Key="in/other.jsonl", Body=lines([record(1)]))
    for options, word in [
        ({"source": "nothing.jsonl"}, "PutObject"), ({"source": "in/"}, "one"),
        ({"modelId": "no-such-model"}, "model identifier"),
        ({"modelInvocationType": "Ask"}, "modelInvocationType"),
        ({"timeoutDurationInHours": 23}, "timeoutDurationInHours"),
        ({"vpcConfig": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}}, "vpcConfig"),
    ]:
        with pytest.raises((ClientError, ParamValidationError), match=word) as caught:
            create(bedrock, **options)
        if isinstance(caught.value, ClientError):
            assert code_of(caught) == "ValidationException"
    with pytest.raises(ClientError) as caught:
        bedrock.get_model_invocation_job(jobIdentifier="abcdefghijkl")
    assert code_of(caught) == "ResourceNotFoundException"
    s3.put_object(Bucket=BUCKET, Key="in/manifest.json", Body=lines([record(1)]))
    with pytest.raises(ClientError, match="manifest"):
        create(bedrock, "in/manifest.json")
    with pytest.raises(ClientError, match="1024"):
        create(bedrock, "in/other.jsonl", "/".join(["p" * 200] * 5))
    s3.put_object(Bucket=BUCKET, Key="in/bad.jsonl", Body=b'{"recordId": "a"}\nno json\n')
    done = wait(bedrock, create(bedrock, "in/bad.jsonl"))
    assert done["status"] == "Failed"
    assert "Record 1" in done["message"] and "Record 2" in done["message"]
    stranger = signed()("bedrock")
    with pytest.raises(ClientError) as caught:
        stranger.get_model_invocation_job(jobIdentifier=done["jobArn"])
    assert code_of(caught) == "ResourceNotFoundException"
    assert stranger.list_model_invocation_jobs()["invocationJobSummaries"] == []
    with pytest.raises(ClientError) as caught:
        bedrock.stop_model_invocation_job(jobIdentifier=done["jobArn"])
    assert code_of(caught) == "ConflictException"


def test_stopping_and_listing(product, signed, make_customer):
    customer = make_customer()
    clients = signed(customer)
    s3, bedrock = clients("s3"), clients("bedrock")
    long = [record(number, max_tokens=400, text=f"{number}?") for number in range(300)]
    s3.put_object(Bucket=BUCKET, Key="in/records.jsonl", Body=lines(long))
    job = create(bedrock, jobName="long")
    wait_for(
        lambda: bedrock.get_model_invocation_job(jobIdentifier=job)["status"] == "InProgress",
        "the job runs", LIMIT_SECONDS)
    # What it reads stays, whatever becomes of the name.
    s3.put_object(Bucket=BUCKET, Key="in/records.jsonl", Body=lines([record(1)]))
    shown = product.command("batch", "show", "batch_" + job.split("/")[-1])
    assert (shown["api"], shown["name"], shown["status"]) == ("bedrock", "long", "running")
    bedrock.stop_model_invocation_job(jobIdentifier=job)
    done = wait(bedrock, job)
    assert done["status"] == "Stopped" and done["totalRecordCount"] == 300
    product.settle()
    rows, manifest = results(s3, job)
    answered = [row for row in rows if "modelOutput" in row]
    assert len(rows) == 300 and 0 < len(answered) < 300
    assert [row["modelInput"] for row in rows] == [one["modelInput"] for one in long]
    assert len(billed(customer)) == len(answered) == manifest["successRecordCount"]
    short = create(bedrock, jobName="short")
    assert wait(bedrock, short)["totalRecordCount"] == 1

    def listed(**options):
        found = bedrock.list_model_invocation_jobs(**options)["invocationJobSummaries"]
        return [one["jobArn"] for one in found]
    assert listed() == [short, job] and listed(sortOrder="Ascending") == [job, short]
    assert listed(statusEquals="Stopped") == [job] and listed(nameContains="hor") == [short]
    pages = bedrock.get_paginator("list_model_invocation_jobs").paginate(
        PaginationConfig={"PageSize": 1})
    assert [len(page["invocationJobSummaries"]) for page in pages][:2] == [1, 1]


def test_a_job_survives_what_is_killed(own_product, monkeypatch):
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    own_product.start()
    customer = own_product.customer("batcher", "100")
    clients = aws_clients(own_product, customer)
    s3, bedrock = clients("s3"), clients("bedrock")
    count = 90
    s3.put_object(
        Bucket=BUCKET, Key="in/records.jsonl",
        Body=lines([record(number, max_tokens=24) for number in range(count)]))
    job = create(bedrock)

    def processed():
        try:
            return bedrock.get_model_invocation_job(jobIdentifier=job)["processedRecordCount"]
        except Exception:
            return 0
    for number, victim in enumerate(["control", "gateway", "all"]):
        goal = count * (number + 1) // 5
        wait_for(lambda: processed() >= goal, f"{goal} records are answered", LIMIT_SECONDS)
        own_product.kill(victim)
        if victim == "all":
            own_product.start()

    def over():
        try:
            return wait(bedrock, job)
        except ClientError:
            return None
    done = wait_for(over, "the job ends", LIMIT_SECONDS, every=0.5)
    assert (done["status"], done["successRecordCount"]) == ("Completed", count)
    rows, _ = results(s3, job)
    assert [row["recordId"] for row in rows] == [f"REC{number:08}" for number in range(count)]
    own_product.settle()
    events = billed(customer)
    assert len(events) == count == len(Counter(event["request"] for event in events))
    code, text = own_product.verify()
    assert code == 0, text


# Objects


def test_objects(product, signed, make_customer):
    s3, stranger = signed()("s3"), signed()("s3")
    keys = ["a b+c/ü.txt", "a/1", "a/2", "b/x/1", "top"]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    s3.put_object(Bucket=BUCKET, Key="top", Body=b"anew")
    s3.put_object(Bucket="elsewhere", Key="e", Body=b"")
    assert s3.get_object(Bucket=BUCKET, Key=keys[0])["Body"].read() == keys[0].encode()
    found = s3.head_object(Bucket=BUCKET, Key="top")
    assert found["ContentLength"] == 4 and found["ETag"] and found["Expiration"]
    part = s3.get_object(Bucket=BUCKET, Key="top", Range="bytes=1-2")
    assert part["Body"].read() == b"ne" and part["ContentRange"] == "bytes 1-2/4"
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=BUCKET, Key="top", Range="bytes=9-")
    assert code_of(caught) == "InvalidRange"
    tag = found["ETag"]
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=BUCKET, Key="top", IfNoneMatch=tag)
    assert code_of(caught) == "304"
    for ask in [
        lambda: s3.get_object(Bucket=BUCKET, Key="top", IfMatch='"another"'),
        lambda: s3.put_object(Bucket=BUCKET, Key="top", Body=b"", IfNoneMatch="*"),
    ]:
        with pytest.raises(ClientError) as caught:
            ask()
        assert code_of(caught) == "PreconditionFailed"
    with pytest.raises(ClientError) as caught:
        s3.delete_object(Bucket=BUCKET, Key="top", IfMatch='"another"')
    assert code_of(caught) == "PreconditionFailed"
    assert s3.get_object(Bucket=BUCKET, Key="top", IfMatch=tag)["Body"].read() == b"anew"
    listed = s3.list_objects_v2(Bucket=BUCKET)
    assert [one["Key"] for one in listed["Contents"]] == keys and not listed["IsTruncated"]
    folders = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")
    assert [one["Prefix"] for one in folders["CommonPrefixes"]] == ["a b+c/", "a/", "b/"]
    assert [one["Key"] for one in folders["Contents"]] == ["top"]
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, PaginationConfig={"PageSize": 2})
    assert [one["Key"] for page in pages for one in page["Contents"]] == keys
    assert [one["Key"] for one in s3.list_objects(Bucket=BUCKET, Prefix="a/")["Contents"]] == [
        "a/1", "a/2"]
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["elsewhere", BUCKET]
    assert s3.list_objects_v2(Bucket="elsewhere")["Contents"][0]["Size"] == 0
    assert "Contents" not in stranger.list_objects_v2(Bucket=BUCKET)
    for ask in (stranger.get_object, s3.get_object):
        with pytest.raises(ClientError) as caught:
            ask(Bucket=BUCKET, Key="top" if ask == stranger.get_object else "nothing")
        assert code_of(caught) == "NoSuchKey"
    with pytest.raises(ClientError) as caught:
        s3.head_object(Bucket=BUCKET, Key="nothing")
    assert code_of(caught) == "404"
    with pytest.raises(ClientError) as caught:
        s3.get_bucket_policy(Bucket=BUCKET)
    assert code_of(caught) == "NotImplemented"
    with pytest.raises(ClientError) as caught:
        s3.delete_bucket(Bucket="elsewhere")
    assert code_of(caught) == "BucketNotEmpty"
    s3.delete_object(Bucket="elsewhere", Key="e")
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": keys[0]}, {"Key": "a/1"}]})
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == keys[2:]
    s3.delete_bucket(Bucket="elsewhere")
    s3.create_bucket(Bucket="elsewhere")
    s3.head_bucket(Bucket="elsewhere")


def test_files_in_parts(signed, tmp_path):
    s3 = signed()("s3")
    bytes_ = random.Random(1).randbytes(31 << 20)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes_)
    config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.upload_file(str(source), BUCKET, "large", Config=config)
    s3.download_file(BUCKET, "large", str(target), Config=config)
    assert target.read_bytes() == bytes_
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
    first = s3.upload_part(
        Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=1, Body=b"one")["ETag"]
    with pytest.raises(ClientError) as caught:
        s3.complete_multipart_upload(
            Bucket=BUCKET, Key="parts", UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": first}]})
    assert code_of(caught) == "InvalidPart"
    with pytest.raises(ClientError) as caught:
        s3.list_parts(Bucket=BUCKET, Key="parts", UploadId=upload)
    assert code_of(caught) == "NotImplemented"
    s3.abort_multipart_upload(Bucket=BUCKET, Key="parts", UploadId=upload)
    with pytest.raises(ClientError):
        s3.upload_part(Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=1, Body=b"one")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["large"]


def test_addresses_signatures_and_bodies(product, signed, make_customer):
    customer = make_customer()
    s3 = signed(customer)("s3")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"text")
    # The same under the address of its own, with a bearer key, and what came is what was sent.
    address = f"{product.gateway_url}/s3/{BUCKET}/k"
    with urllib.request.urlopen(urllib.request.Request(
            address, headers={"Authorization": f"Bearer {customer.key}"})) as answer:
        assert answer.read() == b"text"
    # What libraries send over TLS: chunks that are not signed, with a checksum at the end.
    chunked = io.BytesIO(b"4\r\ntext\r\n0\r\nx-amz-checksum-crc32:O5ujVg==\r\n\r\n")

    def put(body):
        urllib.request.urlopen(urllib.request.Request(
            address, data=body, method="PUT", headers={
                "Authorization": f"Bearer {customer.key}",
                "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}))
    with pytest.raises(urllib.error.HTTPError) as caught:
        put(chunked.read())
    assert caught.value.code == 400 and b"CRC32" in caught.value.read()
    with pytest.raises(urllib.error.HTTPError) as caught:
        put(b"4\r\nte")
    assert caught.value.code == 400 and b"<Code>InvalidRequest</Code>" in caught.value.read()
    # Answers without a body end with their header: the next one follows on the connection.
    tag = s3.head_object(Bucket=BUCKET, Key="k")["ETag"]
    key = f"Authorization: Bearer {customer.key}\r\nHost: x\r\n"
    with socket.create_connection(("127.0.0.1", product.gateway_port), timeout=30) as raw:
        raw.sendall((
            f"GET /s3/{BUCKET}/k HTTP/1.1\r\n{key}If-None-Match: {tag}\r\n\r\n"
            f"DELETE /s3/{BUCKET}/other HTTP/1.1\r\n{key}\r\n"
            f"GET /s3/{BUCKET}/k HTTP/1.1\r\n{key}Connection: close\r\n\r\n").encode())
        answers = b"".join(iter(lambda: raw.recv(65536), b""))
    assert b"0\r\n\r\n" not in answers and answers.endswith(b"\r\n\r\ntext")
    assert [line.split()[1] for line in answers.split(b"\r\n") if line.startswith(b"HTTP/")] == [
        b"304", b"204", b"200"]
    # Nobody's body is taken in whose header is not signed.
    pair = s3._request_signer._credentials.access_key
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    with socket.create_connection(("127.0.0.1", product.gateway_port), timeout=30) as raw:
        raw.sendall((
            f"PUT /{BUCKET}/k HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            f"Content-Length: 4\r\nx-amz-date: {now}\r\n"
            "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"
            f"Authorization: AWS4-HMAC-SHA256 Credential={pair}/{now[:8]}/us-east-1/s3/aws4_request,"
            f" SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={'0' * 64}\r\n\r\n"
        ).encode())
        answer = raw.recv(65536)
    assert answer.startswith(b"HTTP/1.1 403") and b"SignatureDoesNotMatch" in answer
    wrong = boto3.client(
        "s3", region_name="us-east-1", endpoint_url=product.gateway_url,
        aws_access_key_id=s3._request_signer._credentials.access_key,
        aws_secret_access_key="wrong", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError) as caught:
        wrong.list_objects_v2(Bucket=BUCKET)
    assert code_of(caught) == "SignatureDoesNotMatch"
    with pytest.raises(ClientError) as caught:
        s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/k")
    assert code_of(caught) == "NotImplemented"
