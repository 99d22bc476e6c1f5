# Solutions of lesson 07. Each part replaces the cell with the same name.

# %% secret
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
