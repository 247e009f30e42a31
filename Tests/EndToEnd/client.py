"""A client that does exactly what a test wants, on plain asyncio streams: it goes away when told,
sends what it is told, and remembers whether it saw the end of each answer."""

import asyncio
import json
from dataclasses import dataclass, field

ANSWER_LIMIT_SECONDS = 120


@dataclass
class Answer:
    """What came back. `ended` is true only if the client saw the answer's end: the whole body, or
    `[DONE]` of a stream."""

    status: int = 0
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    events: list = field(default_factory=list)
    ended: bool = False
    problem: str = ""

    @property
    def request_id(self):
        return self.headers.get("x-request-id", "")

    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The error object of a refusal or of a stream that failed; None without one."""
        try:
            if self.events:
                return next((one["error"] for one in self.chunks() if "error" in one), None)
            return self.json().get("error")
        except ValueError:
            return None

    def chunks(self):
        return [json.loads(event) for event in self.events if event != "[DONE]"]

    @property
    def usage(self):
        if not self.events:
            return self.json().get("usage") if self.body else None
        found = [chunk["usage"] for chunk in self.chunks() if chunk.get("usage")]
        return found[-1] if found else None

    @property
    def text(self):
        if not self.events:
            return "".join(
                choice.get("message", {}).get("content") or "" for choice in self.json()["choices"])
        return "".join(
            choice["delta"].get("content") or ""
            for chunk in self.chunks() for choice in chunk.get("choices", []))


class Connection:
    """One TCP connection and the HTTP/1.1 on it."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port):
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 22))

    async def send(self, method, path, body=None, headers=None):
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
        payload = b""
        if body is not None:
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + payload)
        await self.writer.drain()

    async def read_head(self, answer):
        while True:
            head = await self.reader.readuntil(b"\r\n\r\n")
            first, *rest = head.decode("latin-1").split("\r\n")
            answer.status = int(first.split(" ")[1])
            if answer.status != 100:
                break
        for line in rest:
            name, colon, value = line.partition(":")
            if colon:
                answer.headers[name.strip().lower()] = value.strip()

    async def parts(self, answer):
        """The body's parts as they come."""
        if answer.headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
                yield await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readuntil(b"\r\n")
        elif "content-length" in answer.headers:
            left = int(answer.headers["content-length"])
            while left:
                part = await self.reader.read(min(left, 65536))
                if not part:
                    raise asyncio.IncompleteReadError(b"", left)
                left -= len(part)
                yield part
        elif answer.status not in (204, 304):
            while part := await self.reader.read(65536):
                yield part

    async def read(self, answer, on_event=None):
        """The rest of an answer whose head was read; `on_event` may end it by answering False."""
        streamed = answer.headers.get("content-type", "").startswith("text/event-stream")
        pending = b""
        async for part in self.parts(answer):
            if not streamed:
                answer.body += part
                continue
            pending += part
            while b"\n\n" in pending:
                event, _, pending = pending.partition(b"\n\n")
                for line in event.split(b"\n"):
                    if not line.startswith(b"data:"):
                        continue
                    data = line[5:].strip().decode()
                    answer.events.append(data)
                    answer.ended = answer.ended or data == "[DONE]"
                    if on_event and on_event(data) is False:
                        return
        answer.ended = answer.ended or not streamed

    def abort(self):
        """Gone at once: what was not read is answered with a reset."""
        self.writer.transport.abort()

    def close(self):
        self.writer.close()


async def call(
    port, key, path, body, headers=None, abort_after_events=None, abort_when=None, answer=None,
    limit=ANSWER_LIMIT_SECONDS
):
    """One request on a connection of its own. The client goes away after so many events or, having
    sent its request, when `abort_when` has come to its end, if told and if it has no answer by
    then; whatever goes wrong is in the answer, never raised. `answer` is one to fill, for who looks
    at it meanwhile."""
    answer = answer or Answer()
    connection = None
    seen = 0

    def on_event(_):
        nonlocal seen
        seen += 1
        return abort_after_events is None or seen < abort_after_events

    async def exchange():
        nonlocal connection
        connection = await Connection.open(port)
        all_headers = {"Authorization": f"Bearer {key}", **(headers or {})}
        await connection.send("POST" if body is not None else "GET", path, body, all_headers)
        if abort_after_events == 0:
            return
        if not abort_when:
            return await read()
        reading, leaving = asyncio.create_task(read()), asyncio.create_task(abort_when())
        try:
            await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
            await (reading if reading.done() else leaving)
        finally:
            reading.cancel()
            leaving.cancel()

    async def read():
        await connection.read_head(answer)
        await connection.read(answer, on_event)

    try:
        await asyncio.wait_for(exchange(), limit)
    except asyncio.TimeoutError:
        answer.problem = f"no end within {limit} s"
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        answer.problem = f"{type(error).__name__}: {error}"
    finally:
        if connection:
            connection.abort()
    return answer


async def chat(port, key, content, model, headers=None, abort_after_events=None, abort_when=None,
               answer=None, **options):
    """A chat request with one user message."""
    body = {"model": model, "messages": [{"role": "user", "content": content}], **options}
    return await call(
        port, key, "/v1/chat/completions", body, headers, abort_after_events, abort_when, answer)


async def gather_limited(coroutines, at_a_time):
    """Runs all, so many at a time; answers come in the order of the coroutines."""
    gate = asyncio.Semaphore(at_a_time)

    async def one(coroutine):
        async with gate:
            return await coroutine

    return await asyncio.gather(*(one(coroutine) for coroutine in coroutines))
