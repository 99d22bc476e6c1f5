# Solutions of lesson 04. Each part replaces the cell with the same name.

# %% two-users
# Each message has a place of its own, so that a second POST cannot change what the first
# user's GET is going to read.
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
# Whoever can count could read all turns 1, 2, 3 ... Nobody guesses a random id. A wrong one
# is refused before the stream starts, when a status can still be sent.
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
# The POST starts the writer, so a second GET writes nothing and costs nothing: it reads
# what is kept. The task is kept too, or Python may throw it away half done.
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
