# Solutions of lesson 05. Each part replaces the cell with the same name.

# %% over
# To an EventSource a closed stream is a broken one, and it asks again for ever. Only an
# event can say that all is said. It has data, because without data it is not dispatched.
over_app = FastAPI()


@over_app.get("/stream")
async def over_stream():
    async def events():
        yield {"data": "Hello"}
        yield {"event": "end", "data": "{}"}

    return EventSourceResponse(events())


over_server = serve(over_app, name="over")


# %% drop
# The count stands outside of `layer`, because each request calls `layer` anew: inside, it
# would start again from 0, and every reconnection would break.
def drop(app, after):
    sent = 0

    async def layer(scope, receive, send):
        async def send_on(message):
            nonlocal sent
            if message["type"] == "http.response.body":
                sent += 1
                if sent == after + 1:  # only once: `sent` never comes here again
                    raise ConnectionError("on purpose")
            await send(message)

        await app(scope, receive, send_on)

    return layer


# %% resume
# The cursor is the number of the last event that arrived, so go on after it (`>`, not `>=`).
# 204 says that there is nothing more, and an EventSource does not ask again.
resume_app = FastAPI()
REPLY = "Streams break."


@resume_app.get("/stream")
async def resume_stream(request: Request):
    after = cursor_of(request)
    if after >= len(REPLY):
        return Response(status_code=204)

    async def events():
        for number, character in enumerate(REPLY, start=1):
            if number > after:
                yield {"id": str(number), "data": character}

    return EventSourceResponse(events())


resume_server = serve(resume_app, name="resume")


# %% once
# The number decides, not the text: two equal pieces may both be new. A gap is an error,
# because nobody would ever see it in the text.
def use(text, cursor, number, piece):
    if number > cursor + 1:
        raise LookupError(f"event {cursor + 1} is missing")
    if number == cursor + 1:
        text, cursor = text + piece, number
    return text, cursor


# %% survive
# Text and cursor live outside of the loop, so a new response goes on where the last one
# broke. That a response ends proves nothing: only `end` does.
async def read_reply(url):
    text, cursor = "", 0
    for _ in range(20):
        try:
            async for event in one_response(url, cursor):
                data, is_last = json.loads(event.data), event.type in ("end", "failure")
                text, cursor = use(text, cursor, int(event.id), "" if is_last else data)
                if is_last:  # and nothing is missing before it
                    return text, data
        except LookupError:
            pass  # the next response brings what is missing
        await asyncio.sleep(0.01)
    raise ConnectionError("20 responses, and no end")
