# Solutions of lesson 02. Each part replaces the cell with the same name.

# %% lines
# A CR may end a chunk, with its LF in the next one. So the line ends at the CR, and the LF
# is dropped when it comes: to wait for it could hold a complete event back.
def lines(chunks):
    rest = b""
    after_cr = False
    for chunk in chunks:
        if after_cr and chunk:
            after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if chunk.endswith(b"\r"):
            after_cr = True
        chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *complete, rest = (rest + chunk).split(b"\n")
        yield from complete


# %% fields
# An empty line ends an event, and its type ends with it even if it had no data. The last
# event ID stays, because a reconnection needs it.
def events(lines):
    data, event_type, last_id = [], "message", ""
    for line in lines:
        if line == "":
            if data:
                yield Event("\n".join(data), event_type, last_id)
            data, event_type = [], "message"  # with data or without
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            event_type = value or "message"
        elif field == "id" and "\0" not in value:
            last_id = value


# %% puzzles
# Only a blank line gives an event out, so the `b` of the last one is lost. A line is read as
# it stands: a space before `data` makes it another field, which is ignored.
answers = {
    b"data\ndata\n\n": ["\n"],
    b"data: a\n data: b\n\n": ["a"],
    b"data: a\r\rdata: b\n\r\n": ["a", "b"],
    b":data: a\ndata:: b\n\n": [": b"],
    b"data: a\n\ndata: b\n": ["a"],
}


# %% poison
# A line break in the text would end the `data:` line, and what follows could be a field of
# an attacker's. JSON writes it as two harmless characters.
def write(number, text):
    return encode(json.dumps(text), id=str(number))
