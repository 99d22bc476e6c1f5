# Solutions of lesson 02. Each part replaces the cell with the same name.

# %% lines
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
answers = {
    b"data\ndata\n\n": ["\n"],
    b"data: a\n data: b\n\n": ["a"],
    b"data: a\r\rdata: b\n\r\n": ["a", "b"],
    b":data: a\ndata:: b\n\n": [": b"],
    b"data: a\n\ndata: b\n": ["a"],
}


# %% poison
def write(number, text):
    return encode(json.dumps(text), id=str(number))
