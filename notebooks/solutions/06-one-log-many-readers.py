# Solutions of lesson 06. Each part replaces the cell with the same name.


# %% lost
class Board:
    def __init__(self):
        self.pieces, self.closed = [], False
        self.news = None

    def add(self, piece):
        self.pieces.append(piece)
        self.wake()

    def close(self):
        self.closed = True
        self.wake()

    def wake(self):
        if self.news is not None:
            self.news.set()
            self.news = None

    async def follow(self):
        sent = 0
        while True:
            if sent < len(self.pieces):
                yield self.pieces[sent]
                sent += 1
            elif self.closed:
                return
            else:
                if self.news is None:
                    self.news = asyncio.Event()
                await self.news.wait()


# %% newest
async def newest(turn):
    sent = 0
    async for _ in turn.follow():
        if sent < turn.last:  # what waits may come in several pieces
            sent = turn.last
            yield turn.frames[-1]


# %% readers
readers_app = FastAPI()
readers_turns, readers_writers = Turns(), Writers()
readers_of = {}


@readers_app.post("/turns", status_code=201)
async def start_thinking():
    turn = await readers_turns.say("What is the answer?")
    readers_writers.start(turn, thinking())
    return {"turn": turn.id, "events": f"turns/{turn.id}/events"}


@readers_app.get("/turns/{turn_id}/events")
async def follow_thinking(turn_id: str):
    turn = await readers_turns.get(turn_id)

    async def counted():
        readers_of[turn_id] = readers_of.get(turn_id, 0) + 1
        try:
            async for piece in turn.follow():
                yield piece
        finally:
            readers_of[turn_id] -= 1

    return EventSourceResponse(counted())


@readers_app.get("/turns/{turn_id}/readers")
async def count_readers(turn_id: str):
    return readers_of.get(turn_id, 0)


readers_server = serve(readers_app, name="readers")
