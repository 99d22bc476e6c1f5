# Solutions of lesson 01. Each part replaces the cell with the same name.

# %% words
# A space goes with its word, because the page only puts the pieces together. `time.sleep`
# would stop the event loop, and with it every other user.
async def words(text):
    for word in text.split():
        yield word + " "
        await asyncio.sleep(0.05)


# %% countdown
# The route calls `count_down()` anew for each request, since a generator can be read only
# once.
countdown_app = FastAPI()


async def count_down():
    for data in ("3", "2", "1", "lift-off"):
        yield data
        await asyncio.sleep(0.1)


@countdown_app.get("/countdown")
async def countdown():
    return EventSourceResponse(count_down())


countdown_server = serve(countdown_app, name="countdown")

# %% polite
# `await asyncio.sleep` gives the event loop back, so `/made` is answered while `/slow` is
# still running. `time.sleep` would hold everybody up.
polite_app = FastAPI()
made = []


async def slow():
    for number in range(10):
        made.append(number)
        yield number
        await asyncio.sleep(0.05)


@polite_app.get("/slow")
async def slow_stream():
    return EventSourceResponse(slow())


@polite_app.get("/made")
async def count_made():
    return len(made)


polite_server = serve(polite_app, name="polite")
