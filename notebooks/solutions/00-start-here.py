# Solutions of lesson 00. Each part replaces the cell with the same name.

# %% rest
# A browser sends the last id that it has, and the server goes on after it: so 10 brings
# number 11, not number 10 again.
headers = {"Last-Event-ID": "10"}


# %% shout
# A reply is any async generator of text. Without the `await` between the words nobody
# else's reply could go on meanwhile.
async def shout(messages):
    for word in messages[-1]["content"].split():
        yield word.upper() + " "
        await asyncio.sleep(0.1)


# %% memory
# A model remembers nothing: the whole chat comes with each call. The replies are in it too,
# so count only what the user has said.
async def memory(messages):
    said = [message["content"] for message in messages if message["role"] == "user"]
    yield f"{len(said)}, and the first was: {said[0]}"
