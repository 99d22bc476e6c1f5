# Solutions of lesson 08. Each part replaces the cell with the same name.

# %% own-relay
# The system prompt is added on the server: a page could leave it out, or show it. Chunks
# without text are normal (the first, the last), and are not pieces of the reply.
def own_relay(base_url, model, key, system):
    async def reply(messages):
        told = [{"role": "system", "content": system}, *messages]
        request = {"model": model, "messages": told, "stream": True}
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            httpx.AsyncClient(base_url=base_url, headers=headers, timeout=60) as client,
            aconnect_sse(client, "POST", "chat/completions", json=request) as source,
        ):
            async for event in source.aiter_sse():
                if event.data != "[DONE]" and (text := text_in(json.loads(event.data))):
                    yield text

    return reply


# %% careful
# A stream that ends is not yet a reply that is complete: only `[DONE]` says so. Each failure
# gets words of our own, because the model's may name the key.
def careful(base_url, model, key):
    async def reply(messages):
        request = {"model": model, "messages": messages, "stream": True}
        headers = {"Authorization": f"Bearer {key}"}
        try:
            async with (
                httpx.AsyncClient(base_url=base_url, headers=headers, timeout=60) as client,
                aconnect_sse(client, "POST", "chat/completions", json=request) as source,
            ):
                if source.response.status_code != 200:
                    status = source.response.status_code
                    raise ReplyFailed(f"The model refuses, with status {status}.")
                async for event in source.aiter_sse():
                    if event.data == "[DONE]":
                        return
                    chunk = json.loads(event.data)
                    if "error" in chunk:
                        raise ReplyFailed("The model reports an error.")
                    yield text_in(chunk)
        except httpx.HTTPError:
            raise ReplyFailed("The line to the model broke.") from None
        raise ReplyFailed("The model stopped before its reply was complete.")

    return reply


# %% dialect
# The log holds events, not bytes, so one more dialect is one more way to write them down.
# Each line is JSON, so a line break in the text cannot end it.
async def lines(turn):
    async for event in turn.events():
        if event.type == "message":
            line = {"text": event.data}
        elif event.type == "reasoning":
            line = {"thought": event.data}
        elif event.type == "failure":
            line = {"error": event.data["message"]}
        else:
            line = {"done": event.data.get("finish", {}).get("reason", "stop")}
        yield json.dumps(line).encode() + b"\n"
