# Solutions of lesson 06. Each part replaces the cell with the same name.


# %% lost
# One Event wakes all who wait: `wake` sets it, then throws it away. A reader looks at the
# log before it waits, so what was added meanwhile is never missed.
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
# Ask the log how far it is, not the piece that woke you: a slow reader finds several pieces
# waiting, and only the last one is news.
async def newest(turn):
    sent = 0
    async for _ in turn.follow():
        if sent < turn.last:  # what waits may come in several pieces
            sent = turn.last
            yield turn.frames[-1]


# %% readers
# Leaving ends a generator at its `yield`, and nothing below runs but `finally`. Without it
# every closed tab would count for ever.
readers_of = {}


async def counted(turn):
    readers_of[turn.id] = readers_of.get(turn.id, 0) + 1
    try:
        async for piece in turn.follow():
            yield piece
    finally:
        readers_of[turn.id] -= 1


# %% counter
# Siblings are the turns that follow the same turn. The order in which they started gives
# the number, so it stays the same when another one comes.
def counter(turn, turns):
    siblings = [other for other in turns if other.parent == turn.parent]
    if len(siblings) == 1:
        return ""
    return f"{siblings.index(turn) + 1}/{len(siblings)}"
