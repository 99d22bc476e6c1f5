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


# %% bugs
def interpret(lines):
    events, data, type, id = [], [], "message", ""
    for line in lines:
        if line == "":
            if data:
                events.append((type, "\n".join(data), id))
                data = []
            type = "message"  # with data or without
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")  # one space
        if field == "data":
            data.append(value)
        elif field == "event":
            type = value or "message"
        elif field == "id" and "\0" not in value:
            id = value
    return events


# %% poison
def write(number, text):
    return encode(json.dumps(text), id=str(number))
