# Solutions of lesson 00. Each part replaces the cell with the same name.

# %% rest
headers = {"Last-Event-ID": "10"}


# %% shout
async def shout(messages):
    for word in messages[-1]["content"].split():
        yield word.upper() + " "
        await asyncio.sleep(0.1)


# %% memory
async def memory(messages):
    said = [message["content"] for message in messages if message["role"] == "user"]
    yield f"{len(said)}, and the first was: {said[0]}"
