"""Malformed and hostile requests, and what each must be answered: a table.

A case is the bytes that are sent on one connection. `status` is what may come back: 0 stands for a
connection that is closed without an answer, which is allowed where no answer can be trusted to
reach the right reader. `code` is the error object's code, `exception` in its place what AWS's
addresses name. After a case with `closes`, exactly one
answer has come and the connection is closed: whatever follows in the stream was not taken for a
request.
"""

import json
from dataclasses import dataclass, field

from product import DEMO_MODEL

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
EMBEDDINGS = "/v1/embeddings"
# Beyond the limits of the gateway: 32 KB of header, 32 MB of body.
TOO_LONG_HEADER = 64 << 10
TOO_LONG_BODY = 33 << 20
GOOD = {"model": DEMO_MODEL, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: smuggled\r\n\r\n"


@dataclass
class Case:
    name: str
    payload: bytes
    status: set = field(default_factory=lambda: {400})
    code: str | None = None
    parameter: str | None = None
    closes: bool = False
    half_close: bool = False
    billed: bool = False
    exception: str | None = None


def head(method="POST", path=CHAT, headers=(), version="HTTP/1.1", host=True, key="KEY"):
    lines = [f"{method} {path} {version}"]
    if host:
        lines.append("Host: localhost")
    if key:
        lines.append(f"Authorization: Bearer {key}")
    return "\r\n".join([*lines, *headers]).encode() + b"\r\n\r\n"


def post(body, path=CHAT, headers=(), key="KEY"):
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return head(
        "POST", path, ["Content-Type: application/json", f"Content-Length: {len(payload)}",
                       *headers], key=key) + payload


def chunked(body, sizes=(7,), trailer=b""):
    out, position, index = b"", 0, 0
    while position < len(body):
        part = body[position:position + sizes[index % len(sizes)]]
        out += b"%x\r\n%s\r\n" % (len(part), part)
        position, index = position + len(part), index + 1
    return out + b"0\r\n" + trailer + b"\r\n"


def good_bytes():
    return json.dumps(GOOD).encode()


def framing():
    """Requests whose bytes are not HTTP, or could be read in two ways."""
    body = good_bytes()
    length = f"Content-Length: {len(body)}"
    chunk_header = "Transfer-Encoding: chunked"
    refused = {400, 501, 0}

    def twice(name, headers, payload=body):
        return Case(name, head(headers=headers) + payload + SMUGGLED, refused, closes=True)

    yield twice("length and chunked", [length, chunk_header])
    yield twice("chunked and length", [chunk_header, length], chunked(body))
    yield twice("length 0 and chunked", ["Content-Length: 0", chunk_header], chunked(body))
    yield twice("two lengths that differ", [length, "Content-Length: 1"])
    yield twice("two lengths in one line", [f"Content-Length: {len(body)}, 1"])
    yield twice("length with a plus", [f"Content-Length: +{len(body)}"])
    yield twice("negative length", ["Content-Length: -1"])
    yield twice("length in hexadecimal", [f"Content-Length: 0x{len(body):x}"])
    yield twice("length with letters", [f"Content-Length: {len(body)}abc"])
    yield twice("length beyond 64 bits", ["Content-Length: 99999999999999999999999"])
    yield twice("empty length", ["Content-Length:"])
    yield twice("length with a space inside", ["Content-Length: 1 0"])
    yield twice("space before the colon", [f"Content-Length : {len(body)}"])
    yield twice("tab before the colon", [f"Content-Length\t: {len(body)}"])
    yield twice("folded header", ["X-Folded: a", " b", length])
    yield twice("folded length", ["Content-Length:", f" {len(body)}"])
    yield twice("folded transfer encoding", [length, "Transfer-Encoding:", " chunked"])
    yield twice("chunked is not last", ["Transfer-Encoding: chunked, identity"], chunked(body))
    yield twice("unknown transfer encoding", ["Transfer-Encoding: xchunked"], chunked(body))
    yield twice("chunked with a prefix", ["Transfer-Encoding: \x0bchunked"], chunked(body))
    yield twice("two transfer encodings", [chunk_header, "Transfer-Encoding: identity"],
                chunked(body))
    yield twice("identity and length", ["Transfer-Encoding: identity", length])
    yield twice("gzip transfer encoding", ["Transfer-Encoding: gzip"], chunked(body))
    yield twice("header name with a space", ["X Name: value", length])
    yield twice("header without a colon", ["Nonsense", length])
    yield twice("header without a name", [": value", length])
    yield twice("zero byte in a header", ["X-Zero: a\x00b", length])
    yield twice("zero byte in a name", ["X\x00Zero: ab", length])
    yield twice("carriage return in a header", ["X-Return: a\rb", length])
    yield twice("control character in a name", ["X\x01: a", length])
    for name, size_line in [
        ("letters for a chunk size", b"zz\r\n"), ("negative chunk size", b"-5\r\n"),
        ("chunk size beyond 64 bits", b"fffffffffffffffff\r\n"), ("empty chunk size", b"\r\n"),
        ("chunk size with a prefix", b"0x5\r\n"), ("chunk size with a plus", b"+5\r\n"),
        ("chunk size with a space", b" 5\r\n"), ("chunk size with a bare newline", b"5\n")]:
        yield Case(name, head(headers=[chunk_header]) + size_line + b"hello\r\n0\r\n\r\n"
                   + SMUGGLED, refused, closes=True)
    yield Case("chunk longer than it says", head(headers=[chunk_header])
               + b"2\r\nhello\r\n0\r\n\r\n" + SMUGGLED, refused, closes=True)
    request_lines = {
        "no version": b"POST /v1/chat/completions\r\n\r\n",
        "version 2.0": b"GET /v1/models HTTP/2.0\r\nHost: x\r\n\r\n",
        "version 9.9": b"GET /v1/models HTTP/9.9\r\nHost: x\r\n\r\n",
        "version 1.": b"GET /v1/models HTTP/1.\r\nHost: x\r\n\r\n",
        "not HTTP": b"GET /v1/models FTP/1.1\r\nHost: x\r\n\r\n",
        "lower case version": b"GET /v1/models http/1.1\r\nHost: x\r\n\r\n",
        "method with a bracket": b"G{T /v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
        "unknown method": b"BREW /v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
        "space in the path": b"GET /v1/mod els HTTP/1.1\r\nHost: x\r\n\r\n",
        "path without a slash": b"GET v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
        "control character in the path": b"GET /v1/\x01models HTTP/1.1\r\nHost: x\r\n\r\n",
        "zero byte in the path": b"GET /v1/\x00models HTTP/1.1\r\nHost: x\r\n\r\n",
        "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40,
        "an HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "an SSH greeting": b"SSH-2.0-OpenSSH_9.2\r\n",
        "a SOCKS greeting": b"\x05\x01\x00\r\n\r\n",
        "an SMTP greeting": b"EHLO example.com\r\n\r\n",
        "random bytes": bytes(range(128, 256)) * 4 + b"\r\n\r\n",
        "zero bytes": b"\x00" * 512,
        "a line of nothing but spaces": b"   \r\n\r\n",
    }
    for name, payload in request_lines.items():
        yield Case(name, payload, {400, 404, 405, 501, 505, 0}, closes=True, half_close=True)
    yield Case("no host", head("GET", "/v1/models", host=False), {200, 400})
    yield Case("garbage behind a request", head("GET", "/v1/models") + b"\x00\x01garbage\r\n\r\n",
               {200}, half_close=True)


def sizes():
    """More than the limits allow."""
    too_large = {413, 431, 400, 0}
    yield Case("one long header", head(headers=["X-Long: " + "a" * TOO_LONG_HEADER]), too_large,
               closes=True)
    yield Case("many headers", head(
        headers=[f"X-Header-{number}: value" for number in range(5000)]), too_large, closes=True)
    yield Case("long path", head("GET", "/v1/models/" + "a" * TOO_LONG_HEADER), too_large | {414},
               closes=True)
    yield Case("long header name", head(headers=["X" * TOO_LONG_HEADER + ": a"]), too_large,
               closes=True)
    yield Case("long method", head("A" * TOO_LONG_HEADER, "/v1/models"), too_large | {405, 501},
               closes=True)
    yield Case("a header that never ends", b"GET /v1/models HTTP/1.1\r\nX: " + b"a" * (1 << 20),
               too_large, closes=True)
    yield Case("length beyond the limit", head(
        headers=[f"Content-Length: {TOO_LONG_BODY}"]) + b"{", {413}, "request_too_large",
        closes=True)
    yield Case("length of a terabyte", head(headers=[f"Content-Length: {1 << 40}"]) + b"{", {413},
               "request_too_large", closes=True)
    yield Case("chunks beyond the limit", head(headers=["Transfer-Encoding: chunked"])
               + chunked(b"a" * TOO_LONG_BODY, (1 << 20,)), {413, 400, 0}, closes=True)
    yield Case("expects to send too much", head(
        headers=["Expect: 100-continue", f"Content-Length: {TOO_LONG_BODY}"]), {413, 417},
        closes=True)
    yield Case("long chunk extension", head(headers=["Transfer-Encoding: chunked"])
               + b"5;" + b"a" * (1 << 20) + b"\r\nhello\r\n0\r\n\r\n", too_large)
    yield Case("long trailer", head(headers=["Transfer-Encoding: chunked"])
               + chunked(good_bytes(), trailer=b"X: " + b"a" * (1 << 20) + b"\r\n"),
               too_large | {200}, billed=True)
    deep = b"[" * 100_000 + b"]" * 100_000
    yield Case("deep nesting", post(b'{"model":"x","messages":' + deep + b"}"))
    yield Case("deep nesting of objects", post(
        b'{"model":"x","messages":[],"metadata":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000
        + b"}"))
    yield Case("many messages", post({**GOOD, "messages": GOOD["messages"] * 100_000}),
               {400, 413})
    yield Case("long model name", post({**GOOD, "model": "m" * 100_000}), {400, 404})
    yield Case("long number", post(
        b'{"model":"%s","messages":[{"role":"user","content":"hi"}],"seed":%s}'
        % (DEMO_MODEL.encode(), b"9" * 100_000)))


def malformed_json():
    """Bodies that are not the JSON object that is expected."""
    model = json.dumps(DEMO_MODEL)
    start = f'{{"model": {model}, "messages": '
    bodies = {
        "empty body": b"", "only spaces": b"    ", "an array": b"[]", "a string": b'"hello"',
        "a number": b"42", "null": b"null", "true": b"true", "not JSON": b"hello",
        "cut after a brace": b"{", "cut in a string": b'{"model": "tiny',
        "cut after a colon": b'{"model":', "cut in a list": (start + '[{"role"').encode(),
        "no closing brace": good_bytes()[:-1], "something behind": good_bytes() + b"x",
        "two objects": good_bytes() * 2, "trailing comma": good_bytes()[:-1] + b",}",
        "trailing comma in a list": (start + '[{"role": "user", "content": "hi"},]}').encode(),
        "single quotes": b"{'model': 'x'}", "no quotes": b"{model: 1}",
        "comment": good_bytes()[:-1] + b"/* hi */}",
        "not a number": (start + '[], "temperature": NaN}').encode(),
        "infinity": (start + '[], "temperature": Infinity}').encode(),
        "leading zero": (start + '[], "max_tokens": 01}').encode(),
        "leading plus": (start + '[], "max_tokens": +1}').encode(),
        "point without digits": (start + '[], "temperature": 1.}').encode(),
        "hexadecimal": (start + '[], "max_tokens": 0x10}').encode(),
        "bad escape": b'{"model": "\\x41"}', "half a surrogate": b'{"model": "\\ud800"}',
        "short escape": b'{"model": "\\u12"}',
        "control character in a string": b'{"model": "a\nb"}',
        "zero byte in a string": b'{"model": "a\x00b"}',
        "zero byte behind": good_bytes() + b"\x00",
        "bytes that are not UTF-8": b'{"model": "\xff\xfe"}',
        "overlong UTF-8": b'{"model": "\xc0\xaf"}',
        "UTF-16": json.dumps(GOOD).encode("utf-16"),
        "byte order mark": b"\xef\xbb\xbf" + good_bytes(),
        "capitals": b'{"model": TRUE}', "a form": b"model=x&messages=hi",
        "XML": b"<?xml version='1.0'?><a/>", "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
        "the same field twice": (start + f'[{{"role": "user", "content": "hi"}}], "model": '
                                 f"{model}}}").encode(),
    }
    for name, body in bodies.items():
        yield Case(f"JSON: {name}", post(body))


def wrong_fields():
    """JSON objects with a field of a wrong type or out of range, and the field's name."""
    for name, value in [
        ("model", 5), ("model", None), ("model", ""), ("model", ["a"]), ("model", {}),
        ("messages", None), ("messages", "hello"), ("messages", {}), ("messages", 5),
        ("messages", [])]:
        yield Case(f"{name} is {value!r}", post({**GOOD, name: value}), parameter="messages"
                   if name == "messages" else "model")
    messages = {
        "a string": "hello", "null": None, "a list": [], "empty": {}, "no role": {"content": "hi"},
        "role is a number": {"role": 5, "content": "hi"},
        "role is unknown": {"role": "king", "content": "hi"},
        "no content": {"role": "user"}, "content is a number": {"role": "user", "content": 5},
        "content is an object": {"role": "user", "content": {}},
        "part without a type": {"role": "user", "content": [{"text": "hi"}]},
        "part of an unknown type": {"role": "user", "content": [{"type": "smell"}]},
        "text part without a text": {"role": "user", "content": [{"type": "text"}]},
        "part is a string": {"role": "user", "content": ["hi"]},
        "image part without an address": {"role": "user", "content": [{"type": "image_url"}]},
        "image where no model sees": {"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]},
        "audio where no model hears": {"role": "user", "content": [
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}]},
        "tool answer without a call": {"role": "tool", "content": "hi"},
    }
    for name, message in messages.items():
        yield Case(f"message: {name}", post({**GOOD, "messages": [message]}))
    values = {
        "max_tokens": ["5", -1, 0, 1.5, True, [1], 1 << 70],
        "max_completion_tokens": ["5", -1, 0],
        "temperature": ["hot", -1, 3, [], {}], "top_p": ["x", -0.1, 1.5],
        "n": ["2", 0, -1, 1.5, 100_000], "stream": ["yes", 1, []],
        "stream_options": ["usage", []], "stop": [5, {}, [5], ["a", "b", "c", "d", "e"]],
        "presence_penalty": ["x", 5], "frequency_penalty": ["x", -5], "seed": ["x", 1.5],
        "logprobs": ["yes", 3], "top_logprobs": ["x", -1, 21], "logit_bias": ["x", [1]],
        "user": [5], "tools": ["x", {}, [5], [{"type": "function"}], [{"type": "gun"}]],
        "tool_choice": [5, "sometimes"], "response_format": ["json", {"type": "yaml"}, {}, 5],
    }
    for name, wrong in values.items():
        for value in wrong:
            yield Case(f"{name} is {value!r}"[:60], post({**GOOD, name: value}))
    yield Case("max_tokens said twice and differently", post(
        {**GOOD, "max_tokens": 1, "max_completion_tokens": 2}))
    yield Case("embeddings of a number", post({"model": DEMO_MODEL, "input": 5}, EMBEDDINGS))
    yield Case("embeddings without input", post({"model": DEMO_MODEL}, EMBEDDINGS))
    yield Case("embeddings of nothing", post({"model": DEMO_MODEL, "input": []}, EMBEDDINGS))
    yield Case("embeddings in an unknown format", post(
        {"model": DEMO_MODEL, "input": "hi", "encoding_format": "hex"}, EMBEDDINGS))
    yield Case("streamed embeddings", post(
        {"model": DEMO_MODEL, "input": "hi", "stream": True}, EMBEDDINGS))
    yield Case("completion without a prompt", post({"model": DEMO_MODEL}, COMPLETIONS))
    yield Case("completion of an object", post({"model": DEMO_MODEL, "prompt": {}}, COMPLETIONS))
    yield Case("an engine's own switch", post({**GOOD, "n_predict": 100_000}))
    yield Case("another cache slot", post({**GOOD, "id_slot": 0}))
    yield Case("too long for the context", post({**GOOD, "messages": [
        {"role": "user", "content": "water over the dam " * 20_000}]}), {400},
        "context_length_exceeded")
    yield Case("unknown model", post({**GOOD, "model": "no-such-model"}), {404},
               "model_not_found")
    yield Case("a path for a model", post({**GOOD, "model": "../../etc/passwd"}), {404},
               "model_not_found")
    yield Case("SQL for a model", post({**GOOD, "model": "'; drop table usage; --"}), {404},
               "model_not_found")


def routes():
    """Addresses and methods that are not there."""
    for path in ["/v1", "/v1/", "/v2/models", "/v1/chat", "/v1/chat/completions/", "/admin",
                 "/v1/models/no-such-model", "/v1/files/none", "/v1/files/%2e%2e",
                 "/v1/batches/batch_1", "/v1/fine_tuning/jobs", "/v1/images/generations",
                 "/v1/moderations", "/v1/audio/speech", "/api/v1/customers", "//", "/.env",
                 "/../../etc/passwd", "/v1/%2e%2e/%2e%2e/etc/passwd", "/v1/models/%00",
                 "/v1/models/%zz", "/v1/responses/resp_1", "/index.php?a=b"]:
        yield Case(f"GET {path}", head("GET", path), {404, 400})
    for method, path in [("GET", CHAT), ("PUT", CHAT), ("DELETE", CHAT), ("PATCH", CHAT),
                         ("GET", EMBEDDINGS), ("GET", COMPLETIONS), ("DELETE", "/v1/models"),
                         ("GET", "/v1/responses"),
                         ("POST", "/health"), ("POST", "/v1/models"), ("TRACE", CHAT)]:
        yield Case(f"{method} {path}", head(method, path), {405, 400}, None)
    yield Case("CONNECT", head("CONNECT", "example.com:443"), {400, 404, 405, 501, 0}, closes=True,
               half_close=True)
    yield Case("absolute address elsewhere", head("GET", "http://example.com/"),
               {200, 400, 404, 421})


def kept():
    """Operations on what customers keep with us, which control answers."""
    for path in ["/custom-models", "/foundation-models/%zz", "/foundation-models/a/b",
                 "/foundation-models/", "/inference-profiles/%ff", "/model/a%2Fb/converse/c"]:
        yield Case(f"GET {path}", head("GET", path), {404}, exception="UnknownOperationException")
    for path in ["/foundation-models/..", "/inference-profiles/%00",
                 "/inference-profiles/arn%3Aaws%3Abedrock"]:
        yield Case(f"GET {path}", head("GET", path), {404}, exception="ResourceNotFoundException")
    for name, body in [("half", b"{"), ("list", b"[]"), ("nothing", b""), ("text", b'"a"'),
                       ("deep", b"[" * 100_000), ("null", b'{"inferenceProfileName":null}'),
                       ("broken text", b'{"inferenceProfileName":"\xff"}')]:
        yield Case(f"profile of {name}", post(body, "/inference-profiles"), {400},
                   exception="ValidationException")
    yield Case("profile too long", post(b" " * ((1 << 20) + 1), "/inference-profiles"), {400},
               closes=True, exception="ValidationException")
    signature = ("Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/bedrock/aws4_request, "
                 "SignedHeaders=host, Signature=" + "0" * 64)
    yield Case("profile signed by nobody", post(
        b"{}", "/inference-profiles", headers=[signature], key=None), {403},
        exception="UnrecognizedClientException")


def token_service():
    """The address of AWS's token service, and addresses that claim to be signed."""
    asked = b"Action=GetCallerIdentity&Version=2011-06-15"

    def form(name, payload, status, exception, headers=(), path="/", closes=False):
        lines = ["Content-Type: application/x-www-form-urlencoded",
                 f"Content-Length: {len(payload)}", *headers]
        return Case(f"token service: {name}", head("POST", path, lines, key=None) + payload,
                    {status}, exception=exception, closes=closes)

    missing, unknown = "MissingAuthenticationToken", "InvalidClientTokenId"
    header = "Authorization: AWS4-HMAC-SHA256 Credential={}/20261122/r/sts/aws4_request, "
    header += "SignedHeaders=host, Signature=" + "0" * 64
    query = ("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F20261122%2Fr%2F{}%2Faws4_request"
             "&X-Amz-Date=20261122T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
             "&X-Amz-Signature=" + "0" * 64)
    yield form("unsigned", asked, 403, missing)
    yield form("nothing", b"", 403, missing)
    yield form("no form at all", b"\xff=%zz&&&=&\x00", 403, missing)
    yield form("with a key", asked, 403, missing, ["Authorization: Bearer KEY"])
    yield form("signed by nobody", asked, 403, unknown, [header.format("AKIDEXAMPLE")])
    yield form("temporary without a token", asked, 403, unknown, [header.format("ASIA" + "A" * 16)])
    for name, token in [("empty", ""), ("short", "A"), ("zero", "A" * 100), ("long", "A" * 20_000),
                        ("no digits", "%%%%"), ("binary", "\xff\xfe")]:
        yield Case(f"token service: {name} token", head("POST", "/", [
            "Content-Type: application/x-www-form-urlencoded", "Content-Length: 0",
            header.format("ASIA" + "A" * 16)], key=None)[:-2]
            + f"X-Amz-Security-Token: {token}\r\n\r\n".encode("latin-1"), {403}, exception=unknown)
    yield form("half a signature", asked, 400, "IncompleteSignature",
               ["Authorization: AWS4-HMAC-SHA256 Credential=a"])
    yield form("too long", asked + b"&a=" + b"b" * (1 << 20), 413, "RequestEntityTooLarge",
               closes=True)
    yield form("signed twice", asked, 400, "IncompleteSignature", [header.format("AKIDEXAMPLE")],
               path="/?" + query.format("AKIDEXAMPLE", "sts"))
    yield Case("token service: in JSON", post(b"{}", "/", key=None), {405})
    models, incomplete = "/foundation-models?", "IncompleteSignatureException"
    good = query.format("AKIDEXAMPLE", "bedrock")
    for name, path, status, exception in [
            ("unsigned", "/?Action=GetCallerIdentity", 403, missing),
            ("by nobody", "/?Action=A&" + query.format("AKIDEXAMPLE", "sts"), 403, unknown),
            ("models by nobody", models + good, 403, "UnrecognizedClientException"),
            ("half", models + "X-Amz-Algorithm=", 403, incomplete),
            ("for no time", models + good.replace("=60", "=0"), 403, incomplete),
            ("twice", models + good + "&" + good, 403, incomplete),
            ("broken escape", models + query.format("%zz", "bedrock"), 403, incomplete)]:
        yield Case(f"signed address: {name}", head("GET", path, key=None), {status},
                   exception=exception)


def identities():
    """Keys that are none."""
    for name, value in [
        ("no header", None), ("empty", "Authorization:"), ("no scheme", "Authorization: KEY"),
        ("another scheme", "Authorization: Basic dXNlcjpwYXNz"),
        ("nothing behind the scheme", "Authorization: Bearer "),
        ("unknown key", "Authorization: Bearer sk-unknown"),
        ("key with something behind", "Authorization: Bearer KEYx"),
        ("long key", "Authorization: Bearer " + "a" * 10_000),
        ("SQL", "Authorization: Bearer ' or 1=1 --"),
        ("two keys", "Authorization: Bearer KEY, Bearer KEY"),
        ("bytes that are no text", "Authorization: Bearer \xff\xfe")]:
        payload = good_bytes()
        lines = ["Host: localhost", f"Content-Length: {len(payload)}"]
        lines += [value] if value else []
        data = "\r\n".join([f"POST {CHAT} HTTP/1.1", *lines]).encode("latin-1")
        yield Case(f"key: {name}", data + b"\r\n\r\n" + payload, {401}, "invalid_api_key")
    yield Case("key in the address", head(
        "GET", "/v1/models?api_key=KEY", key=None), {401}, "invalid_api_key")


def harmless():
    """Unusual and right: these are served."""
    body = good_bytes()
    yield Case("chunked body", head(headers=["Transfer-Encoding: chunked"]) + chunked(body), {200},
               billed=True)
    yield Case("one byte a chunk", head(headers=["Transfer-Encoding: chunked"])
               + chunked(body, (1,)), {200}, billed=True)
    yield Case("chunk extension", head(headers=["Transfer-Encoding: chunked"])
               + b"%x;name=value\r\n%s\r\n0\r\n\r\n" % (len(body), body), {200}, billed=True)
    yield Case("trailer", head(headers=["Transfer-Encoding: chunked"])
               + chunked(body, trailer=b"X-Trailer: a\r\n"), {200}, billed=True)
    yield Case("capitals in headers", b"POST /v1/chat/completions HTTP/1.1\r\nHOST: x\r\n"
               b"AUTHORIZATION: Bearer KEY\r\nCONTENT-LENGTH: %d\r\n\r\n" % len(body) + body,
               {200}, billed=True)
    yield Case("expects to continue", post(body, headers=["Expect: 100-continue"]), {200},
               billed=True)
    # A client that closes its sending side is taken to have left, as by most proxies: nothing else
    # tells of a client that went away while its answer was being made.
    yield Case("half closed behind the request", post(body), {0}, half_close=True)
    yield Case("version 1.0", post(body).replace(b"HTTP/1.1", b"HTTP/1.0", 1), {200}, billed=True)
    yield Case("empty lines in front", b"\r\n\r\n" + head("GET", "/v1/models"), {200, 400})
    yield Case("query behind the path", post(body, CHAT + "?beta=true"), {200}, billed=True)
    yield Case("bare newlines", head("GET", "/v1/models").replace(b"\r\n", b"\n"), {200, 400, 0})


def all_cases():
    return [case for group in (framing, sizes, malformed_json, wrong_fields, routes, kept,
                               token_service, identities, harmless) for case in group()]
