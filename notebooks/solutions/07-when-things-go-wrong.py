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


# %% two-at-a-time
busy_app = FastAPI()
busy_turns, busy_writers = Turns(), Writers()


async def for_long():
    yield "Let me think. "
    await asyncio.sleep(600)


@busy_app.post("/turns", status_code=201)
async def start_busy(new: NewTurn):
    chat = await busy_turns.chat(new.chat) if new.chat else []
    if sum(turn.status == "streaming" for turn in chat) >= 2:
        raise HTTPException(
            429, "Two replies of this chat are being written.", {"Retry-After": "1"}
        )
    turn = await busy_turns.say(new.message, new.chat)
    busy_writers.start(turn, for_long())
    return {"turn": turn.id, "chat": turn.chat}


@busy_app.post("/turns/{turn_id}/cancel")
async def cancel_busy(turn_id: str):
    return (await busy_turns.cancel(turn_id)).status


busy_server = serve(busy_app, name="busy")


# %% one-origin
one_origin_app = FastAPI()
one_origin_app.add_middleware(
    CORSMiddleware, allow_origins=["https://chat.example"], allow_methods=["GET", "POST"]
)


@one_origin_app.get("/said")
async def what_was_said():
    return "what Ada said"


@one_origin_app.post("/say")
async def say_it(said: Said):
    return "success"


one_origin_server = serve(one_origin_app, name="one origin")
