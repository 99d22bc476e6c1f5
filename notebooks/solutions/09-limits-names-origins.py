# Solutions of lesson 09. Each part replaces the cell with the same name.

# %% two-at-a-time
# Count before anything is started: a refused message should leave nothing behind.
# `Retry-After` tells a program when to ask again, or it asks at once.
from chatkit.turns import Turns, Writers
from chatkit.web.answers import NewTurn

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


# %% names
# The browser sets Host from the address that it thinks it visits. After DNS rebinding that
# is the attacker's name, whatever machine it leads to.
class OwnName:
    def __init__(self, app, name):
        self.app, self.name = app, name

    async def __call__(self, scope, receive, send):
        app = self.app
        if scope["type"] != "lifespan":
            name = Headers(scope=scope).get("host", "").partition(":")[0]
            if name.lower() != self.name:
                app = JSONResponse({"detail": "This server does not go by that name."}, 421)
        await app(scope, receive, send)


own_name_server = serve(OwnName(secret_app, "chat.example"), name="own name")


# %% one-origin
# CORS lets a page read, and `*` lets every page. Headers count too: a request header needs
# permission to be sent, an answer's header to be read.
one_origin_app = FastAPI()
one_origin_app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://chat.example"],
    allow_methods=["GET", "POST"],
    allow_headers=["Last-Event-ID"],
    expose_headers=["Retry-After"],
)


@one_origin_app.get("/said")
async def what_was_said():
    return "what Ada said"


@one_origin_app.post("/say")
async def say_it(said: Said):
    return "success"


one_origin_server = serve(one_origin_app, name="one origin")
