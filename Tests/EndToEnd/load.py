"""Steady load in a thread of its own, while the test does harm to the product."""

import asyncio
import random
import threading
import time

import client


class Load:
    """Workers that ask one request after another until told to stop. Answers whose end a client
    saw are in `ended`, by request id, with the answer; what else came back is in `others`."""

    def __init__(self, port, key, model, workers, seed, stream_share=0.5, most_tokens=40):
        self.port = port
        self.key = key
        self.model = model
        self.workers = workers
        self.generator = random.Random(seed)
        self.stream_share = stream_share
        self.most_tokens = most_tokens
        self.ended = {}
        self.others = []
        self.twice = []
        self.stopping = False
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopping = True
        self.thread.join(timeout=180)
        assert not self.thread.is_alive(), "the load does not end"

    async def run(self):
        await asyncio.gather(*(self.work() for _ in range(self.workers)))

    async def work(self):
        while not self.stopping:
            options = {"max_tokens": self.generator.randint(1, self.most_tokens)}
            if self.generator.random() < self.stream_share:
                options |= {"stream": True, "stream_options": {"include_usage": True}}
            answer = await client.chat(
                self.port, self.key, "Keep it flowing.", self.model, **options)
            if answer.ended and answer.status == 200 and not answer.error:
                if answer.request_id in self.ended:
                    self.twice.append(answer.request_id)
                self.ended[answer.request_id] = answer
            else:
                self.others.append(answer)
                await asyncio.sleep(0.02)

    def wait_for_answers(self, count, seconds=60):
        """Until so many more answers have ended."""
        target, deadline = len(self.ended) + count, time.monotonic() + seconds
        while len(self.ended) < target:
            assert time.monotonic() < deadline, (
                f"{len(self.ended)} answers instead of {target}; the last other one: "
                f"{self.others[-1:]}")
            time.sleep(0.02)
