# Solutions of lesson 00. Each part replaces the cell with the same name.

# %% rest
headers = {"Last-Event-ID": "10"}


# %% shout
async def shout(messages):
    for word in messages[-1]["content"].split():
        yield word.upper() + " "
        await asyncio.sleep(0.1)
