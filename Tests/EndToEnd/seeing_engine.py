"""An engine that takes pictures and thinks, as far as its callers can tell: what it reports as usage
is what a test says."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

USAGE = {
    "prompt_tokens": 1205, "completion_tokens": 30, "total_tokens": 1235,
    "prompt_tokens_details": {"cached_tokens": 5},
    "completion_tokens_details": {"reasoning_tokens": 20},
}
CHUNK = {"id": "a", "object": "chat.completion.chunk", "created": 1, "model": "seer"}


class SeeingEngine:
    """On a free port of the kernel's, until it is closed."""

    def __init__(self):
        self.requests = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def pictures(self):
        """The addresses of the pictures in the last request."""
        return [
            part["image_url"]["url"] for message in self.requests[-1]["messages"]
            if isinstance(message["content"], list) for part in message["content"]
            if part["type"] == "image_url"]

    def handler(engine):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *words):
                pass

            def answer(self, body, kind="application/json"):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.answer(json.dumps({"object": "list", "data": [{"id": "seer"}]}).encode())

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                engine.requests.append(request)
                if not request.get("stream"):
                    message = {
                        "role": "assistant", "content": "A cat.", "reasoning_content": "Fur."}
                    choice = {"index": 0, "message": message, "finish_reason": "stop"}
                    self.answer(json.dumps(
                        {**CHUNK, "object": "chat.completion", "choices": [choice],
                         "usage": USAGE}).encode())
                    return
                deltas = [{"role": "assistant", "reasoning_content": "Fur."},
                          {"content": "A cat."}, {}]
                chunks = [
                    {**CHUNK, "choices": [{
                        "index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]}
                    for delta in deltas] + [{**CHUNK, "choices": [], "usage": USAGE}]
                lines = [json.dumps(chunk) for chunk in chunks] + ["[DONE]"]
                self.answer(
                    "".join(f"data: {line}\n\n" for line in lines).encode(), "text/event-stream")

        return Handler
