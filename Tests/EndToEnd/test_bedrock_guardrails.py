"""Guardrails by the unmodified `boto3` package: kept by control, at work in the gateway, on the
demo model's own answers. About 20 s."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from aws_clients import aws_clients
from product import DEMO_MODEL, wait_for

COLD = {"maxTokens": 24, "temperature": 0}


def ask(text):
    return [{"role": "user", "content": [{"text": text}]}]


@pytest.fixture
def clients(product, customer, monkeypatch):
    """A new customer's clients: of the control plane, and of the runtime."""
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    make = aws_clients(product, customer, region="eu-central-1")
    return [make(service) for service in ("bedrock", "bedrock-runtime")]


def guardrail(control, runtime, name, words=(), regexes=(), email="ANONYMIZE", **more):
    """Its name, once the gateway knows it too."""
    policy = {}
    if words:
        policy["wordPolicyConfig"] = {"wordsConfig": [{"text": word} for word in words]}
    policy["sensitiveInformationPolicyConfig"] = {
        "piiEntitiesConfig": [{"type": "EMAIL", "action": email}]}
    if regexes:
        policy["sensitiveInformationPolicyConfig"]["regexesConfig"] = list(regexes)
    made = control.create_guardrail(
        name=name, blockedInputMessaging="Not this.", blockedOutputsMessaging="Not that.",
        **policy, **more)
    identifier = made["guardrailId"]
    assert made["version"] == "DRAFT" and made["guardrailArn"].endswith("/" + identifier)

    def is_known():
        try:
            converse(runtime, identifier, "hi", inferenceConfig={"maxTokens": 1})
            return True
        except ClientError as error:
            assert "guardrail" in str(error)
            return False
    wait_for(is_known, "the gateway knows the guardrail", 10)
    return identifier


def config(identifier, version="DRAFT", **more):
    return {"guardrailIdentifier": identifier, "guardrailVersion": version, **more}


def converse(runtime, identifier, text, version="DRAFT", trace="disabled", **options):
    options.setdefault("inferenceConfig", COLD)
    return runtime.converse(
        modelId=DEMO_MODEL, messages=ask(text),
        guardrailConfig=config(identifier, version, trace=trace), **options)


def stream(runtime, text, **options):
    answer = runtime.converse_stream(
        modelId=DEMO_MODEL, messages=ask(text), inferenceConfig=COLD, **options)
    events = [next(iter(event.items())) for event in answer["stream"]]
    said = "".join(e["delta"]["text"] for name, e in events if name == "contentBlockDelta")
    ending = dict(events)
    return said, ending["messageStop"]["stopReason"], ending["metadata"]


def test_a_guardrails_life(clients):
    control, runtime = clients
    identifier = guardrail(control, runtime, "life", words=["fruit"], clientRequestToken="a" * 33)
    version = control.create_guardrail_version(guardrailIdentifier=identifier, description="first")
    assert version["version"] == "1"
    control.update_guardrail(
        guardrailIdentifier=identifier, name="life", blockedInputMessaging="a",
        blockedOutputsMessaging="b",
        sensitiveInformationPolicyConfig={
            "regexesConfig": [{"name": "n", "pattern": r"\d{4}", "action": "BLOCK"}]})
    first = control.get_guardrail(guardrailIdentifier=identifier, guardrailVersion="1")
    assert first["wordPolicy"]["words"][0]["text"] == "fruit" and first["status"] == "READY"
    assert first["sensitiveInformationPolicy"]["piiEntities"][0]["type"] == "EMAIL"
    draft = control.get_guardrail(guardrailIdentifier=first["guardrailArn"])
    assert "wordPolicy" not in draft and draft["blockedInputMessaging"] == "a"
    listed = control.list_guardrails()["guardrails"]
    assert [(entry["id"], entry["version"]) for entry in listed] == [(identifier, "DRAFT")]
    pages = control.get_paginator("list_guardrails").paginate(
        guardrailIdentifier=identifier, PaginationConfig={"PageSize": 1})
    assert [entry["version"] for page in pages for entry in page["guardrails"]] == ["DRAFT", "1"]
    control.delete_guardrail(guardrailIdentifier=identifier, guardrailVersion="1")
    control.delete_guardrail(guardrailIdentifier=identifier)
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_guardrail(guardrailIdentifier=identifier)
    with pytest.raises(runtime.exceptions.ResourceNotFoundException):
        runtime.apply_guardrail(
            guardrailIdentifier=identifier, guardrailVersion="1", source="INPUT",
            content=[{"text": {"text": "a"}}])
    time.sleep(0.2)
    with pytest.raises(runtime.exceptions.ValidationException, match="does not exist"):
        converse(runtime, identifier, "hi")


def test_what_is_not_offered(clients):
    control, _ = clients
    for policy in (
            {"topicPolicyConfig": {"topicsConfig": [
                {"name": "a", "definition": "b", "type": "DENY"}]}},
            {"contentPolicyConfig": {"filtersConfig": [
                {"type": "HATE", "inputStrength": "LOW", "outputStrength": "LOW"}]}},
            {"wordPolicyConfig": {"managedWordListsConfig": [{"type": "PROFANITY"}]}},
            {"sensitiveInformationPolicyConfig": {
                "piiEntitiesConfig": [{"type": "ADDRESS", "action": "BLOCK"}]}}):
        with pytest.raises(control.exceptions.ValidationException, match="not offered"):
            control.create_guardrail(
                name="a", blockedInputMessaging="a", blockedOutputsMessaging="b", **policy)


def test_apply(clients):
    control, runtime = clients
    identifier = guardrail(control, runtime, "apply", words=["forbidden fruit"])

    def apply(*texts, source="INPUT"):
        return runtime.apply_guardrail(
            guardrailIdentifier=identifier, guardrailVersion="DRAFT", source=source,
            content=[{"text": {"text": text}} for text in texts])

    assert apply("all is well")["action"] == "NONE"
    masked = apply("a@b.co", "and", source="OUTPUT")
    assert masked["action"] == "GUARDRAIL_INTERVENED"
    assert [output["text"] for output in masked["outputs"]] == ["{EMAIL}", "and"]
    entity = masked["assessments"][0]["sensitiveInformationPolicy"]["piiEntities"][0]
    assert entity == {
        "match": "a@b.co", "type": "EMAIL", "action": "ANONYMIZED", "detected": True}
    blocked = apply("some Forbidden Fruit")
    assert [output["text"] for output in blocked["outputs"]] == ["Not this."]
    assert blocked["assessments"][0]["wordPolicy"]["customWords"][0]["action"] == "BLOCKED"
    assert blocked["usage"]["wordPolicyUnits"] == 1


def test_a_blocked_prompt_costs_nothing(product, customer, clients):
    control, runtime = clients
    identifier = guardrail(control, runtime, "input", words=["forbidden fruit"])
    product.settle()
    before = len(customer.events())
    answer = converse(runtime, identifier, "A forbidden fruit?", trace="enabled")
    assert answer["stopReason"] == "guardrail_intervened"
    assert answer["output"]["message"]["content"] == [{"text": "Not this."}]
    found = answer["trace"]["guardrail"]["inputAssessment"][identifier]
    assert found["wordPolicy"]["customWords"][0]["match"] == "forbidden fruit"
    said, reason, metadata = stream(
        runtime, "A forbidden fruit?", guardrailConfig=config(identifier))
    assert (said, reason) == ("Not this.", "guardrail_intervened")
    assert metadata["usage"]["totalTokens"] == 0 and "trace" not in metadata
    native = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 24,
              "messages": [{"role": "user", "content": "A forbidden fruit?"}]}
    names = {"guardrailIdentifier": identifier, "guardrailVersion": "DRAFT", "trace": "ENABLED"}
    body = json.loads(
        runtime.invoke_model(modelId=DEMO_MODEL, body=json.dumps(native), **names)["body"].read())
    assert body["content"] == [{"type": "text", "text": "Not this."}]
    assert body["amazon-bedrock-guardrailAction"] == "INTERVENED"
    assert identifier in body["amazon-bedrock-trace"]["guardrail"]["input"]
    streamed = runtime.invoke_model_with_response_stream(
        modelId=DEMO_MODEL, body=json.dumps(native), **names)
    events = [json.loads(event["chunk"]["bytes"]) for event in streamed["body"]]
    assert events[-1]["type"] == "message_stop"
    assert events[-1]["amazon-bedrock-guardrailAction"] == "INTERVENED"
    product.settle()
    assert len(customer.events()) == before


def test_the_models_own_words(product, customer, clients):
    """What the demo model says without a guardrail is masked and blocked with one: plain and
    streamed alike."""
    control, runtime = clients
    question = "What is Spillway?"
    plain = runtime.converse(
        modelId=DEMO_MODEL, messages=ask(question), inferenceConfig=COLD)
    text = plain["output"]["message"]["content"][0]["text"]
    words = [word.strip(".,") for word in text.split()]
    # The first that is a word of its own, behind others.
    word = next(w for w in words[2:] if w.isalpha() and w.isascii())
    pattern = {"name": "word", "pattern": rf"\b{word}\b", "action": "BLOCK",
               "inputAction": "NONE"}
    masking = guardrail(
        control, runtime, "mask", regexes=[{**pattern, "action": "ANONYMIZE"}])
    answer = converse(runtime, masking, question)
    masked = answer["output"]["message"]["content"][0]["text"]
    assert "{word}" in masked and word not in masked.replace("{word}", "").split()
    assert answer["usage"]["outputTokens"] == plain["usage"]["outputTokens"]
    assert answer["stopReason"] == plain["stopReason"]
    said, reason, metadata = stream(
        runtime, question,
        guardrailConfig=config(masking, streamProcessingMode="async", trace="enabled"))
    assert (said, reason) == (masked, plain["stopReason"])
    assert metadata["usage"]["outputTokens"] == plain["usage"]["outputTokens"]
    found = metadata["trace"]["guardrail"]["outputAssessments"][masking][0]
    assert found["sensitiveInformationPolicy"]["regexes"][0]["match"] == word

    blocking = guardrail(control, runtime, "block", regexes=[pattern])
    # A guardrail that masks answers is never `async`.
    only_blocking = guardrail(control, runtime, "only-block", regexes=[pattern], email="BLOCK")
    blocked = converse(runtime, blocking, question)
    assert blocked["output"]["message"]["content"] == [{"text": "Not that."}]
    assert blocked["stopReason"] == "guardrail_intervened"
    assert blocked["usage"]["outputTokens"] == plain["usage"]["outputTokens"]
    for mode in ("sync", "async"):
        said, reason, metadata = stream(
            runtime, question, guardrailConfig=config(only_blocking, streamProcessingMode=mode))
        assert reason == "guardrail_intervened" and said.endswith("Not that.")
        # Only what follows a word shows that it is one: by then it may be delivered.
        assert mode == "async" or word not in said.removesuffix("Not that.").split()
        assert text.startswith(said.removesuffix("Not that."))
        assert 0 < metadata["usage"]["outputTokens"] <= plain["usage"]["outputTokens"]
    product.settle()
    event = customer.events()[-1]
    assert event["outcome"] in ("completed", "stopped_at_limit")
    code, report = product.verify()
    assert code == 0, report


def test_only_what_is_marked_is_looked_at(clients):
    control, runtime = clients
    identifier = guardrail(control, runtime, "marks", words=["forbidden fruit"])
    names = {"guardrailIdentifier": identifier, "guardrailVersion": "DRAFT"}

    def reason(content, system="Be brief."):
        return runtime.converse(
            modelId=DEMO_MODEL, messages=[{"role": "user", "content": content}],
            system=[system if isinstance(system, dict) else {"text": system}],
            inferenceConfig=COLD, guardrailConfig=names)["stopReason"]

    def marked(text, *qualifiers):
        more = {"qualifiers": list(qualifiers)} if qualifiers else {}
        return {"guardContent": {"text": {"text": text, **more}}}

    fruit, stopped = {"text": "A forbidden fruit?"}, "guardrail_intervened"
    assert reason([fruit]) == stopped
    assert reason([fruit, marked("An apple?")]) != stopped
    assert reason([{"text": "hi"}, marked("A forbidden fruit?", "guard_content")]) == stopped
    assert reason([{"text": "hi"}], system="No forbidden fruit.") != stopped
    assert reason([{"text": "hi"}], system=marked("No forbidden fruit.")) == stopped
    with pytest.raises(runtime.exceptions.ValidationException, match="grounding"):
        reason([marked("a", "grounding_source")])
    with pytest.raises(runtime.exceptions.ValidationException, match="grounding"):
        runtime.apply_guardrail(**names, source="OUTPUT", content=[
            {"text": {"text": "a", "qualifiers": ["query"]}}])

    def invoke(text, **more):
        body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 8,
                "messages": [{"role": "user", "content": text}], **more}
        answer = runtime.invoke_model(
            modelId=DEMO_MODEL, body=json.dumps(body), trace="ENABLED", **names)
        return json.loads(answer["body"].read())["amazon-bedrock-guardrailAction"]

    tag = "amazon-bedrock-guardrails-guardContent_k3"
    tagged = {"amazon-bedrock-guardrailConfig": {"tagSuffix": "k3"}}
    assert invoke(f"A forbidden fruit? <{tag}>An apple?</{tag}>", **tagged) == "NONE"
    assert invoke(f"An apple? <{tag}>A forbidden fruit?</{tag}>", **tagged) == "INTERVENED"
    assert invoke("A forbidden fruit?", **tagged) == "INTERVENED"
    with pytest.raises(runtime.exceptions.ValidationException, match="tag"):
        invoke(f"An apple? <{tag}>", **tagged)
