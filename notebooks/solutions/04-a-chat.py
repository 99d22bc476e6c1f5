# Solutions of lesson 04. Each part replaces the cell with the same name.

# %% two-users
two_users_app = FastAPI()
said_by_turn = {}


@two_users_app.post("/turns", status_code=201)
async def take_message(new: UserMessage):
    turn = str(len(said_by_turn) + 1)
    said_by_turn[turn] = new.message
    return {"events": f"turns/{turn}/events"}


@two_users_app.get("/turns/{turn}/events")
async def stream_reply(turn: str):
    return EventSourceResponse(characters(said_by_turn[turn]))


two_users_server = serve(two_users_app, "two users")


# %% guessing
guessing_app = FastAPI()
said = {}


@guessing_app.post("/turns", status_code=201)
async def start_turn(new: UserMessage):
    turn = secrets.token_urlsafe(16)
    said[turn] = new.message
    return {"events": f"turns/{turn}/events"}


@guessing_app.get("/turns/{turn}/events")
async def turn_events(turn: str):
    if turn not in said:
        raise HTTPException(404, "Unknown turn")
    return EventSourceResponse(characters(said[turn]))


guessing_server = serve(guessing_app, "guessing")


# %% again
again_app = FastAPI()
kept, calls = {}, []


async def model(message):
    calls.append(message)
    for word in ("Reply", str(len(calls)), "to:", *message.split()):
        yield word + " "
        await asyncio.sleep(0.02)


@again_app.post("/turns", status_code=201)
async def start_reply(new: UserMessage):
    turn = secrets.token_urlsafe(16)
    kept[turn] = reply = Reply()
    reply.writer = asyncio.create_task(write(reply, model(new.message)))
    return {"events": f"turns/{turn}/events"}


@again_app.get("/turns/{turn}/events")
async def reply_events(turn: str):
    if turn not in kept:
        raise HTTPException(404, "Unknown turn")
    return EventSourceResponse(follow(kept[turn]))


again_server = serve(again_app, "again")
