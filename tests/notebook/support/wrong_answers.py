"""Answers to exercises that look plausible, and for which there are no points."""

BROKEN = "def not_finished(:\n"

WRONG = {
    "00-start-here": {
        "rest": 'headers = {"Last-Event-ID": "9"}\n',
        "shout": """\
async def shout(messages):
    yield messages[-1]["content"].upper()
""",
        "memory": """\
async def memory(messages):
    yield f"{len(messages)}, and the first was: {messages[0]['content']}"
""",
    },
    "01-your-first-stream": {
        "words": """\
async def words(text):
    for word in text.split():
        yield word
        await asyncio.sleep(0)
""",
        "countdown": """\
countdown_app = FastAPI()

async def numbers():
    for number in (3, 2, 1):
        yield str(number)
        await asyncio.sleep(0.1)

@countdown_app.get("/countdown")
async def countdown():
    return EventSourceResponse(numbers())

countdown_server = serve(countdown_app, name="countdown")
""",
        "polite": """\
polite_app = FastAPI()
made = []

async def slow():
    for number in range(10):
        made.append(number)
        yield number
    await asyncio.sleep(0.5)

@polite_app.get("/slow")
async def slow_stream():
    return EventSourceResponse(slow())

@polite_app.get("/made")
async def count_made():
    return len(made)

polite_server = serve(polite_app, name="polite")
""",
    },
    "02-reading-the-wire": {
        "lines": """\
def lines(chunks):
    yield from b"".join(chunks).replace(b"\\r\\n", b"\\n").split(b"\\n")[:-1]
""",
        "fields": """\
def events(lines):
    data, event_type, last_id = [], "message", ""
    for line in lines:
        if line == "":
            if data:
                yield Event("\\n".join(data), event_type, last_id)
                data, event_type = [], "message"
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            event_type = value
        elif field == "id":
            last_id = value
""",
        "puzzles": """\
answers = {
    b"data\\ndata\\n\\n": [""],
    b"data: a\\n data: b\\n\\n": ["a\\nb"],
    b"data: a\\r\\rdata: b\\n\\r\\n": ["a", "b"],
    b":data: a\\ndata:: b\\n\\n": [": b"],
    b"data: a\\n\\ndata: b\\n": ["a"],
}
""",
        "poison": """\
def write(number, text):
    return unsafe(number, text.replace("\\n", " "))
""",
    },
    "04-a-chat": {
        "two-users": """\
two_users_app = FastAPI()

@two_users_app.post("/turns", status_code=201)
async def take_message(new: UserMessage):
    return {"events": "stream?message=" + new.message}

@two_users_app.get("/stream")
async def stream_reply(message: str):
    return EventSourceResponse(characters(message))

two_users_server = serve(two_users_app, "two users")
""",
        "guessing": """\
guessing_app = FastAPI()
said = {}

@guessing_app.post("/turns", status_code=201)
async def start_turn(new: UserMessage):
    turn = str(1000 + len(said))
    said[turn] = new.message
    return {"events": f"turns/{turn}/events"}

@guessing_app.get("/turns/{turn}/events")
async def turn_events(turn: str):
    if turn not in said:
        raise HTTPException(404, "Unknown turn")
    return EventSourceResponse(characters(said[turn]))

guessing_server = serve(guessing_app, "guessing")
""",
        "again": """\
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
    kept[turn] = new.message
    return {"events": f"turns/{turn}/events"}

@again_app.get("/turns/{turn}/events")
async def reply_events(turn: str):
    return EventSourceResponse(model(kept[turn]))

again_server = serve(again_app, "again")
""",
    },
}
