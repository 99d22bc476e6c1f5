# Solutions of lesson 05. Each part replaces the cell with the same name.

# %% resume
resume_app = FastAPI()
REPLY = "Streams break."


@resume_app.get("/stream")
async def resume_stream(request: Request):
    after = int(request.headers.get("last-event-id") or 0)
    if after >= len(REPLY):
        return Response(status_code=204)

    async def events():
        for number, character in enumerate(REPLY, start=1):
            if number > after:
                yield {"id": str(number), "data": character}

    return EventSourceResponse(events())


resume_server = serve(resume_app, name="resume")

# %% over
over_app = FastAPI()


@over_app.get("/stream")
async def over_stream():
    async def events():
        yield {"data": "Hello"}
        yield {"event": "end", "data": "{}"}

    return EventSourceResponse(events())


over_server = serve(over_app, name="over")


# %% once
def use(text, cursor, number, piece):
    if number > cursor + 1:
        raise LookupError(f"event {cursor + 1} is missing")
    if number == cursor + 1:
        text, cursor = text + piece, number
    return text, cursor
