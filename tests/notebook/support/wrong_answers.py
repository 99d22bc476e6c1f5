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
    "03-the-browser-client": {
        "listeners": """\
async def for_the_page():
    yield {"data": "Hello"}
    yield {"event": "failure", "data": "no more"}
    yield {"event": "end"}
""",
        "profile": """\
def profile(name):
    safe = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<p title="{safe}">Hello, {safe}!</p>'
""",
        "moving": """\
in_the_home_page = ["style.css", "stream"]
in_the_help_page = ["../style.css", "help/keys.js"]
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
    "05-ending-and-reconnecting": {
        "over": """\
over_app = FastAPI()

@over_app.get("/stream")
async def over_stream():
    async def events():
        yield {"data": "Hello"}
        yield {"data": "end"}

    return EventSourceResponse(events())

over_server = serve(over_app, name="over")
""",
        "drop": """\
def drop(app, after):
    async def layer(scope, receive, send):
        sent = 0

        async def send_on(message):
            nonlocal sent
            if message["type"] == "http.response.body":
                sent += 1
                if sent > after:
                    raise ConnectionError("on purpose")
            await send(message)

        await app(scope, receive, send_on)

    return layer
""",
        "resume": """\
resume_app = FastAPI()
REPLY = "Streams break."

@resume_app.get("/stream")
async def resume_stream(request: Request):
    after = cursor_of(request)

    async def events():
        for number, character in enumerate(REPLY, start=1):
            if number >= after:
                yield {"id": str(number), "data": character}

    return EventSourceResponse(events())

resume_server = serve(resume_app, name="resume")
""",
        "once": """\
def use(text, cursor, number, piece):
    if number > cursor:
        text, cursor = text + piece, number
    return text, cursor
""",
        "survive": """\
async def read_reply(url):
    text = ""
    for _ in range(20):
        cursor = 0
        try:
            async for event in one_response(url, cursor):
                data, is_last = json.loads(event.data), event.type in ("end", "failure")
                text, cursor = use(text, cursor, int(event.id), "" if is_last else data)
                if is_last:
                    return text, data
        except LookupError:
            pass
        await asyncio.sleep(0.01)
    raise ConnectionError("20 responses, and no end")
""",
    },
    "06-one-log-many-readers": {
        "lost": """\
class Board:
    def __init__(self):
        self.pieces, self.closed = [], False
        self.news = asyncio.Event()

    def add(self, piece):
        self.pieces.append(piece)
        self.news.set()

    def close(self):
        self.closed = True
        self.news.set()

    async def follow(self):
        sent = 0
        while True:
            while sent < len(self.pieces):
                yield self.pieces[sent]
                sent += 1
            if self.closed:
                return
            self.news.clear()
            await asyncio.sleep(0.01)
""",
        "newest": """\
async def newest(turn):
    sent = 0
    async for piece in turn.follow():
        if sent < turn.last:
            sent = turn.last
            yield piece
""",
        "readers": """\
readers_of = {}

async def counted(turn):
    readers_of[turn.id] = readers_of.get(turn.id, 0) + 1
    async for piece in turn.follow():
        yield piece
    readers_of[turn.id] -= 1
""",
        "counter": """\
def counter(turn, turns):
    siblings = [other for other in turns if other.parent == turn.parent]
    return f"{siblings.index(turn) + 1}/{len(siblings)}"
""",
    },
    "07-when-a-reply-goes-wrong": {
        "secret": """\
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
        except Exception as error:
            yield {"event": "failure", "data": f"The reply failed: {error}"}

    return EventSourceResponse(events())

secret_server = serve(secret_app, name="secret")
""",
        "awake": """\
async def awake(frames, seconds):
    while True:
        try:
            yield await asyncio.wait_for(anext(frames), seconds)
        except TimeoutError:
            yield b": ping\\n\\n"
        except StopAsyncIteration:
            return
""",
        "queue": """\
class TooSlow(Exception):
    pass

class Radio:
    def __init__(self, most):
        self.most = most
        self.queues = []

    def say(self, piece):
        for queue in self.queues:
            if queue.full():
                raise TooSlow
            queue.put_nowait(piece)

    async def read(self):
        queue = asyncio.Queue(self.most)
        self.queues.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.queues.remove(queue)
""",
    },
    "08-a-real-model": {
        "own-relay": """\
def own_relay(base_url, model, key, system):
    async def reply(messages):
        messages.insert(0, {"role": "system", "content": system})
        request = {"model": model, "messages": messages, "stream": True}
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            httpx.AsyncClient(base_url=base_url, headers=headers, timeout=60) as client,
            aconnect_sse(client, "POST", "chat/completions", json=request) as source,
        ):
            async for event in source.aiter_sse():
                if event.data != "[DONE]":
                    yield text_in(json.loads(event.data))

    return reply
""",
        "careful": """\
def careful(base_url, model, key):
    async def reply(messages):
        request = {"model": model, "messages": messages, "stream": True}
        headers = {"Authorization": f"Bearer {key}"}
        try:
            async with (
                httpx.AsyncClient(base_url=base_url, headers=headers, timeout=60) as client,
                aconnect_sse(client, "POST", "chat/completions", json=request) as source,
            ):
                source.response.raise_for_status()
                async for event in source.aiter_sse():
                    if event.data == "[DONE]":
                        return
                    yield text_in(json.loads(event.data))
        except httpx.HTTPError as error:
            raise ReplyFailed(f"The model failed: {error}") from None

    return reply
""",
        "dialect": """\
async def lines(turn):
    async for event in turn.events():
        if event.type == "message":
            line = {"text": event.data}
        elif event.type == "failure":
            line = {"error": event.data["message"]}
        else:
            line = {"done": "stop"}
        yield json.dumps(line).encode() + b"\\n"
""",
    },
    "09-limits-names-origins": {
        "two-at-a-time": """\
from chatkit.turns import Turns, Writers
from chatkit.web.answers import NewTurn

busy_app = FastAPI()
busy_turns, busy_writers = Turns(), Writers()

async def for_long():
    yield "Let me think. "
    await asyncio.sleep(600)

@busy_app.post("/turns", status_code=201)
async def start_busy(new: NewTurn):
    if new.chat and len(await busy_turns.chat(new.chat)) >= 2:
        raise HTTPException(429, "Two replies are being written.", {"Retry-After": "1"})
    turn = await busy_turns.say(new.message, new.chat)
    busy_writers.start(turn, for_long())
    return {"turn": turn.id, "chat": turn.chat}

@busy_app.post("/turns/{turn_id}/cancel")
async def cancel_busy(turn_id: str):
    return (await busy_turns.cancel(turn_id)).status

busy_server = serve(busy_app, name="busy")
""",
        "names": """\
class OwnName:
    def __init__(self, app, name):
        self.app, self.name = app, name

    async def __call__(self, scope, receive, send):
        app = self.app
        if scope["type"] == "http":
            if not Headers(scope=scope).get("host", "").startswith(self.name):
                app = JSONResponse({"detail": "This server does not go by that name."}, 421)
        await app(scope, receive, send)

own_name_server = serve(OwnName(secret_app, "chat.example"), name="own name")
""",
        "one-origin": """\
one_origin_app = FastAPI()
one_origin_app.add_middleware(
    CORSMiddleware,
    allow_origin_regex="https://chat.example",
    allow_methods=["GET", "POST"],
    allow_headers=["Last-Event-ID", "Retry-After"],
)

@one_origin_app.get("/said")
async def what_was_said():
    return "what Ada said"

@one_origin_app.post("/say")
async def say_it(said: Said):
    return "success"

one_origin_server = serve(one_origin_app, name="one origin")
""",
    },
    "10-more-than-one-machine": {
        "all": """\
async def follow_all(store, keys):
    cursors = dict.fromkeys(keys, "0-0")
    while cursors:
        for key, entries in await store.xread(cursors, block=1000):
            for id, fields in entries:
                if "message" in fields:
                    cursors[key] = id
                    yield key, fields["message"]
                else:
                    return
""",
        "fence": """\
APPEND = \"\"\"
local writer, id, text = ARGV[1], ARGV[2], ARGV[3]
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= writer then return 0 end
redis.call('XADD', KEYS[1], id, 'message', text)
return 1
\"\"\"
""",
        "paper": """\
def needed(readers, rate, micros=52.0, kib=41.0, full=0.6):
    cores = round(readers * rate * micros / 1_000_000 / full)
    gib = readers * kib / 1000 / 1000
    return cores, gib
""",
    },
    "11-the-react-client": {
        "clean": """\
def reply(root, id, open_stream):
    text, set_text = use_state(root, "")

    def read():
        return open_stream(id, lambda piece: set_text(text + piece))

    use_effect(root, read, [id])
    return text
""",
        "store": """\
def use_store(root, store, select):
    value, set_value = use_state(root, select(store.value))

    def subscribe():
        set_value(select(store.value))
        store.subscribe(lambda: set_value(select(store.value)))

    use_effect(root, subscribe, [store])
    return value
""",
        "shared": """\
class Shared:
    def __init__(self, open_stream):
        self.open_stream, self.replies = open_stream, {}

    def watch(self, id, listener):
        if id not in self.replies:
            new = self.replies[id] = {"text": "", "listeners": []}

            def take(piece):
                new["text"] += piece
                for each in new["listeners"]:
                    each(new["text"])

            new["close"] = self.open_stream(id, take)
        self.replies[id]["listeners"].append(listener)
        return self.replies[id]["close"]
""",
    },
    "H-the-engine-on-valkey": {
        "token": """\
TAKE = \"\"\"
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('INCR', KEYS[2])
\"\"\"
""",
        "gather": """\
class Sender:
    def __init__(self, send, pause=0.01):
        self.send, self.pause = send, pause
        self.unsent, self.something = [], asyncio.Event()

    def add(self, piece):
        self.unsent.append(piece)
        self.something.set()

    async def run(self):
        while True:
            await self.something.wait()
            self.something.clear()
            try:
                await self.send(self.unsent)
                self.unsent = []
            except EngineDown:
                await asyncio.sleep(self.pause)
                self.something.set()
""",
    },
}
