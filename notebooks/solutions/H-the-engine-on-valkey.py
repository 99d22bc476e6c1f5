# Solutions of appendix H. Each part replaces the cell with the same name.

# %% token
# A number that only grows tells an old holder from a new one, even if both believe that they
# hold the lease. Renewing keeps the number: the holder is the same.
TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if holder then return tonumber(redis.call('GET', KEYS[2])) end
return redis.call('INCR', KEYS[2])
"""


# %% gather
# What comes while one call is under way goes together in the next: the slower the store, the
# fewer the calls. After a failure the same pieces go again, before newer ones.
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
            pieces, self.unsent = self.unsent, []
            while True:
                try:
                    await self.send(pieces)
                    break
                except EngineDown:
                    await asyncio.sleep(self.pause)
