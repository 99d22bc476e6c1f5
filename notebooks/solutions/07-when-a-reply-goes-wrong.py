# Solutions of lesson 07. Each part replaces the cell with the same name.

# %% secret
# The status 200 has long been sent, so only an event can tell of the failure. Its words are
# ours: those of an error may hold a key, and belong in the server's log.
import logging

secret_app = FastAPI()


async def fragile():
    yield "The answer is "
    raise ConnectionError("the model refused the key sk-1234")


@secret_app.get("/stream")
async def secret_stream():
    async def events():
        try:
            async for piece in fragile():
                yield {"data": piece}
        except Exception:
            logging.getLogger("uvicorn.error").exception("the reply failed")
            yield {"event": "failure", "data": "The reply failed on the server."}
        else:
            yield {"event": "end", "data": "{}"}

    return EventSourceResponse(events())


secret_server = serve(secret_app, name="secret")


# %% awake
# `asyncio.wait` leaves the task running when the time is up. `wait_for` would cancel it, and
# the generator below would be over after the first silence.
async def awake(frames, seconds):
    coming = asyncio.ensure_future(anext(frames))
    try:
        while True:
            await asyncio.wait([coming], timeout=seconds)
            if not coming.done():
                yield b": ping\n\n"
                continue
            try:
                frame = coming.result()
            except StopAsyncIteration:
                return
            yield frame
            coming = asyncio.ensure_future(anext(frames))
    finally:
        coming.cancel()


# %% queue
# A slow consumer may not hold memory without bound. To drop a piece would leave a gap that
# it cannot see; cut off, it knows, and can read again from its cursor.
class TooSlow(Exception):
    pass


class Radio:
    def __init__(self, most):
        self.most = most
        self.queues = []

    def say(self, piece):
        for queue in self.queues.copy():
            if queue.qsize() < self.most:
                queue.put_nowait(piece)
            else:
                self.queues.remove(queue)

    async def read(self):
        queue = asyncio.Queue()
        self.queues.append(queue)
        try:
            while queue in self.queues:
                yield await queue.get()
            raise TooSlow
        finally:
            if queue in self.queues:
                self.queues.remove(queue)
