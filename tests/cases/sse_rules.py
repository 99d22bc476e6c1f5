"""Cases for every rule of how an event stream is read, each with the sentence that it follows.

Source: HTML Standard, 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream".
The sentences in `STANDARD` are quoted from it as they stand (WHATWG, CC BY 4.0).
"""

from dataclasses import dataclass

from chatkit.sse import Event

STANDARD = {
    # 9.2.5
    "separated": (
        "Lines must be separated by either a U+000D CARRIAGE RETURN U+000A LINE FEED (CRLF) "
        "character pair, a single U+000A LINE FEED (LF) character, or a single U+000D CARRIAGE "
        "RETURN (CR) character."
    ),
    "delays": (
        "In particular, while line buffering with lines are defined to end with a single U+000A "
        "LINE FEED (LF) character is safe, block buffering or line buffering with different "
        "expected line endings can cause delays in event dispatch."
    ),
    # 9.2.6
    "decode": "Streams must be decoded using the UTF-8 decode algorithm.",
    "bom": "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any.",
    "line ends": (
        "The stream must then be parsed by reading everything line by line, with a U+000D CARRIAGE "
        "RETURN U+000A LINE FEED (CRLF) character pair, a single U+000A LINE FEED (LF) character "
        "not preceded by a U+000D CARRIAGE RETURN (CR) character, and a single U+000D CARRIAGE "
        "RETURN (CR) character not followed by a U+000A LINE FEED (LF) character being the ways in "
        "which a line can end."
    ),
    "buffers": (
        "When a stream is parsed, a data buffer, an event type buffer, and a last event ID buffer "
        "must be associated with it. They must be initialized to the empty string."
    ),
    "order": "Lines must be processed, in the order they are received, as follows:",
    "blank": "If the line is empty (a blank line) Dispatch the event, as defined below.",
    "comment": "If the line starts with a U+003A COLON character (:) Ignore the line.",
    "name": (
        "Collect the characters on the line before the first U+003A COLON character (:), and let "
        "field be that string."
    ),
    "value": (
        "Collect the characters on the line after the first U+003A COLON character (:), and let "
        "value be that string."
    ),
    "space": "If value starts with a U+0020 SPACE character, remove it from value.",
    "no colon": (
        "Process the field using the steps described below, using the whole line as the field "
        "name, and the empty string as the field value."
    ),
    "end": (
        "Once the end of the file is reached, any pending data must be discarded. (If the file "
        "ends in the middle of an event, before the final empty line, the incomplete event is not "
        "dispatched.)"
    ),
    "literally": "Field names must be compared literally, with no case folding performed.",
    "event": "Set the event type buffer to the field value.",
    "data": (
        "Append the field value to the data buffer, then append a single U+000A LINE FEED (LF) "
        "character to the data buffer."
    ),
    "id": (
        "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the "
        "field value. Otherwise, ignore the field."
    ),
    "retry": (
        "If the field value consists of only ASCII digits, then interpret the field value as an "
        "integer in base ten, and set the event stream's reconnection time to that integer. "
        "Otherwise, ignore the field."
    ),
    "otherwise": "The field is ignored.",
    "last event ID": (
        "Set the last event ID string of the event source to the value of the last event ID "
        "buffer. The buffer does not get reset, so the last event ID string of the event source "
        "remains set to this value until the next time it is set by the server."
    ),
    "no data": (
        "If the data buffer is an empty string, set the data buffer and the event type buffer to "
        "the empty string and return."
    ),
    "last LF": (
        "If the data buffer's last character is a U+000A LINE FEED (LF) character, then remove the "
        "last character from the data buffer."
    ),
    "message": (
        'Initialize event\'s type attribute to "message", its data attribute to data, its origin '
        "to the origin of the event stream's final URL (i.e., the URL after redirects), and its "
        "lastEventId attribute to the last event ID string of the event source."
    ),
    "type": (
        "If the event type buffer has a value other than the empty string, change the type of the "
        "newly created event to equal the value of the event type buffer."
    ),
    "reset": "Set the data buffer and the event type buffer to the empty string.",
    "earlier id": (
        "If an event doesn't have an \"id\" field, but an earlier event did set the event source's "
        "last event ID string, then the event's lastEventId field will be set to the value of "
        'whatever the last seen "id" field was.'
    ),
}


@dataclass(frozen=True)
class Rule:
    """One case: a stream, as the chunks in which it comes, and what a reader makes of it.

    `says` is the sentence of the standard. `last_event_id` and `retry` are those at the end of
    the stream; `retry` is None while the stream has set none. `out_after`, where it matters, is
    the number of events that must have come out after each chunk.
    """

    name: str
    says: str
    chunks: tuple[bytes, ...]
    events: tuple[Event, ...]
    last_event_id: str = ""
    retry: int | None = None
    out_after: tuple[int, ...] = ()


def rule(
    name: str,
    says: str,
    stream: bytes | tuple[bytes, ...],
    *events: Event,
    last_event_id: str = "",
    retry: int | None = None,
    out_after: tuple[int, ...] = (),
) -> Rule:
    chunks = stream if isinstance(stream, tuple) else (stream,)
    return Rule(name, STANDARD[says], chunks, events, last_event_id, retry, out_after)


BOM = b"\xef\xbb\xbf"
BAD = "\ufffd"
A, B, AB = Event("a"), Event("b"), Event("a\nb")

RULES = [
    # The byte order mark.
    rule("bom: one is stripped", "bom", BOM + b"data: a\n\n", A),
    rule("bom: only one is stripped", "bom", BOM + BOM + b"data: a\n\ndata: b\n\n", B),
    rule(
        "bom: it may come in three chunks",
        "bom",
        (b"\xef", b"\xbb", b"\xbf", b"data: a\n\n"),
        A,
    ),
    rule("bom: empty chunks before it", "bom", (b"", b"", BOM, b"", b"data: a\n\n"), A),
    rule("bom: on the second line it is text", "bom", b"\n" + BOM + b"data: a\n\ndata: b\n\n", B),
    rule(
        "bom: after the end of the first line it is text",
        "bom",
        (b":\n", BOM + b"data: a\n\ndata: b\n\n"),
        B,
    ),
    rule(
        "bom: on the second line of data it is text",
        "bom",
        b"data: a\ndata: " + BOM + b"b\n\n",
        Event("a\n\ufeffb"),
    ),
    rule(
        "bom: at the start of a value it is text",
        "bom",
        b"data:" + BOM + b"a\n\n",
        Event("\ufeffa"),
    ),
    rule("bom: before a blank line", "bom", BOM + b"\ndata: a\n\n", A),
    rule("bom: before a comment", "bom", BOM + b": data: b\ndata: a\n\n", A),
    rule("bom: alone", "bom", BOM),
    rule("bom: two of its bytes are not a mark", "bom", b"\xef\xbbdata: b\n\ndata: a\n\n", A),
    rule("bom: of UTF-16 is not a mark", "bom", b"\xff\xfedata: b\n\ndata: a\n\n", A),
    # Line ends.
    rule("line ends: LF", "separated", b"data: a\ndata: b\n\n", AB),
    rule("line ends: CR", "separated", b"data: a\rdata: b\r\r", AB),
    rule("line ends: CRLF", "separated", b"data: a\r\ndata: b\r\n\r\n", AB),
    rule("line ends: all three in one block", "line ends", b"data: a\rdata: b\r\n\n", AB),
    rule("line ends: LF CR is two", "line ends", b"data: a\n\rdata: b\n\r", A, B),
    rule("line ends: CRLF CR is two", "line ends", b"data: a\r\n\rdata: b\r\n\r", A, B),
    rule("line ends: CR CRLF is two", "line ends", b"data: a\r\r\ndata: b\r\r\n", A, B),
    rule("line ends: CRLF is one", "line ends", b"data: a\r\ndata: b\r\n\r\n\r\n", AB),
    rule("line ends: CRLF LF is two", "line ends", b"data: a\r\n\ndata: b\r\n\n", A, B),
    rule("line ends: CR in a value ends the line", "line ends", b"data: a\rb\r\r", A),
    rule(
        "line ends: not NEL",
        "line ends",
        "data: a\x85\x85data: b\n\n".encode(),
        Event("a\x85\x85data: b"),
    ),
    rule(
        "line ends: not the byte 0x85",
        "line ends",
        b"data: a\x85\x85data: b\n\n",
        Event(f"a{BAD}{BAD}data: b"),
    ),
    rule(
        "line ends: not U+2028 and U+2029",
        "line ends",
        "data: a\u2028\u2029data: b\n\n".encode(),
        Event("a\u2028\u2029data: b"),
    ),
    rule("line ends: not VT", "line ends", b"data: a\x0b\x0bdata: b\n\n", Event("a\v\vdata: b")),
    rule("line ends: not FF", "line ends", b"data: a\x0c\x0cdata: b\n\n", Event("a\f\fdata: b")),
    rule(
        "line ends: not FS, GS and RS",
        "line ends",
        b"data: a\x1c\x1d\x1edata: b\n\n",
        Event("a\x1c\x1d\x1edata: b"),
    ),
    rule("line ends: not NUL", "line ends", b"data: a\0\0data: b\n\n", Event("a\0\0data: b")),
    rule(
        "line ends: not the last byte of U+010A",
        "line ends",
        "data: \u010a\u0a0d\n\n".encode(),
        Event("\u010a\u0a0d"),
    ),
    # Line ends and chunks.
    rule(
        "chunks: CR at the end of a chunk ends its line at once",
        "delays",
        (b"data: a\r\r", b"data: b\r\r"),
        A,
        B,
        out_after=(1, 2),
    ),
    rule(
        "chunks: CRLF cut at the blank line is delivered at the CR",
        "delays",
        (b"data: a\r\n\r", b"\ndata: b\r\n\r", b"\n"),
        A,
        B,
        out_after=(1, 2, 2),
    ),
    rule(
        "chunks: LF, an event a chunk",
        "delays",
        (b"data: a\n\n", b"data: b\n\n"),
        A,
        B,
        out_after=(1, 2),
    ),
    rule(
        "chunks: LF that follows is the other half of the CR",
        "line ends",
        (b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n"),
        AB,
        out_after=(0, 0, 1, 1),
    ),
    rule(
        "chunks: CR, an empty chunk, LF",
        "line ends",
        (b"data: a\r", b"", b"\ndata: b\r", b"", b"", b"\n\r\n"),
        AB,
    ),
    rule("chunks: CR, LF, LF", "line ends", (b"data: a\r", b"\n", b"\n", b"data: b\n\n"), A, B),
    rule("chunks: CR, LF LF", "line ends", (b"data: a\r", b"\n\n", b"data: b\n\n"), A, B),
    rule("chunks: CR, CR", "line ends", (b"data: a\r", b"\r", b"data: b\r", b"\r"), A, B),
    rule("chunks: CR, CRLF", "line ends", (b"data: a\r", b"\r\ndata: b\r", b"\r\n"), A, B),
    rule("chunks: CR, text", "line ends", (b"data: a\r", b"data: b\r", b"\r"), AB),
    rule(
        "chunks: an LF after CR and text ends a line of its own",
        "line ends",
        (b"data: a\r", b"data: b", b"\n", b"\n", b"data: b\n\n"),
        AB,
        B,
    ),
    rule(
        "chunks: the LF after CRLF is a line end",
        "line ends",
        (b"data: a\r\n", b"\n", b"data: b\n\n"),
        A,
        B,
    ),
    rule(
        "chunks: an event byte by byte",
        "order",
        tuple(bytes([byte]) for byte in b"id: 7\r\nevent: t\r\ndata: a\r\n\r\n"),
        Event("a", "t", "7"),
        last_event_id="7",
    ),
    rule("chunks: none", "order", ()),
    rule("chunks: only empty ones", "order", (b"", b"", b"")),
    # Order, blank lines and buffers.
    rule("order: lines are data as they come", "order", b"data: b\ndata: a\n\n", Event("b\na")),
    rule(
        "order: fields of other names may come between data lines",
        "order",
        b"data: a\nid: 1\nevent: t\n: c\nfoo: d\nretry: 5\ndata: b\n\n",
        Event("a\nb", "t", "1"),
        last_event_id="1",
        retry=5,
    ),
    rule("blank: each dispatches the event before it", "blank", b"data: a\n\ndata: b\n\n", A, B),
    rule(
        "blank: more of them dispatch nothing",
        "blank",
        b"\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n",
        A,
        B,
    ),
    rule("blank: a line with a space is not blank", "blank", b"data: a\n \ndata: b\n\n", AB),
    rule("blank: a line with a tab is not blank", "blank", b"data: a\n\t\ndata: b\n\n", AB),
    rule("blank: a line with NUL is not blank", "blank", b"data: a\n\0\ndata: b\n\n", AB),
    rule("blank: a line with only U+FEFF is not blank", "blank", b"data: a\n" + BOM + b"\n\n", A),
    rule("buffers: nothing is there at the start", "buffers", b"\n"),
    rule("buffers: an empty stream", "buffers", b""),
    # Comments.
    rule("comment: is ignored", "comment", b": hello\ndata: a\n\n", A),
    rule("comment: bare colon", "comment", b":\ndata: a\n\n", A),
    rule("comment: that looks like a field", "comment", b":data: b\ndata: a\n\n", A),
    rule("comment: that looks like a field after a space", "comment", b": data: b\ndata: a\n\n", A),
    rule(
        "comment: that looks like an id", "comment", b":id: 1\n:retry: 1\n:event: t\ndata: a\n\n", A
    ),
    rule("comment: two colons", "comment", b"::data: b\n:: data: b\ndata: a\n\n", A),
    rule("comment: does not end the block", "comment", b"data: a\n: ping\ndata: b\n\n", AB),
    rule("comment: a block of it dispatches nothing", "comment", b": ping\n\n: ping\n\n"),
    rule(
        "comment: a block of it after an id dispatches nothing",
        "comment",
        b"id: 1\ndata: a\n\n: ping\n\n: ping\n\n",
        Event("a", id="1"),
        last_event_id="1",
    ),
    rule("comment: only where the colon is first", "comment", b" : b\ndata: a\n :\n\n", A),
    # Names, values, colons and spaces.
    rule("value: after the first colon", "value", b"data:a:b\n\n", Event("a:b")),
    rule("value: a colon and a space later", "value", b"data:x: y\n\n", Event("x: y")),
    rule("value: a colon and a space twice", "value", b"data: x: y: z\n\n", Event("x: y: z")),
    rule("value: it starts with a colon", "value", b"data::x\n\n", Event(":x")),
    rule("value: it starts with a colon and a space", "value", b"data:: x\n\n", Event(": x")),
    rule("value: space and colon", "value", b"data: :x\n\n", Event(":x")),
    rule("value: only a colon", "value", b"data::\n\n", Event(":")),
    rule("value: a URL", "value", b"data:http://a/b: c\n\n", Event("http://a/b: c")),
    rule("value: it looks like a field", "value", b"data:data: a\n\n", Event("data: a")),
    rule(
        "value: colons in an id and in a type",
        "value",
        b"id:1: 2\nevent:t: u\ndata: a\n\n",
        Event("a", "t: u", "1: 2"),
        last_event_id="1: 2",
    ),
    rule(
        "value: a field in an unknown field", "value", b"foo:data: b\nfoo: data: b\ndata: a\n\n", A
    ),
    rule("value: digits after a second colon", "value", b"retry:x: 5\nretry:: 5\ndata: a\n\n", A),
    rule("space: none is needed", "space", b"data:a\n\ndata: a\n\n", A, A),
    rule("space: one is removed", "space", b"data:  a\n\n", Event(" a")),
    rule("space: only the first", "space", b"data: a b  c\n\n", Event("a b  c")),
    rule("space: those at the end stay", "space", b"data: a  \n\n", Event("a  ")),
    rule("space: alone", "space", b"data: \n\n", Event("")),
    rule("space: two", "space", b"data:  \n\n", Event(" ")),
    rule("space: not a tab", "space", b"data:\ta\n\n", Event("\ta")),
    rule("space: then a tab", "space", b"data: \ta\n\n", Event("\ta")),
    rule("space: not U+00A0", "space", "data:\xa0a\n\n".encode(), Event("\xa0a")),
    rule("space: not U+3000", "space", "data:\u3000a\n\n".encode(), Event("\u3000a")),
    rule(
        "space: one is removed on each line",
        "space",
        b"data: a\ndata:  b\ndata:c\n\n",
        Event("a\n b\nc"),
    ),
    rule(
        "space: in an id and in a type",
        "space",
        b"id:  1 \nevent:  t \ndata: a\n\n",
        Event("a", " t ", " 1 "),
        last_event_id=" 1 ",
    ),
    rule("name: before the first colon", "name", b"foo:data\nfoo:data: b\ndata: a\n\n", A),
    rule("name: a space before the colon belongs to it", "name", b"data : b\ndata: a\n\n", A),
    rule("name: a space before it belongs to it", "name", b" data: b\n\tdata: b\ndata: a\n\n", A),
    rule(
        "name: spaces in every field's name",
        "name",
        b"event : t\nid : 1\nretry : 5\n event:t\n id:1\n retry:5\ndata: a\n\n",
        A,
    ),
    rule("name: a NUL in it belongs to it", "name", b"data\0: b\n\0data: b\ndata: a\n\n", A),
    rule("no colon: data", "no colon", b"data\n\n", Event("")),
    rule("no colon: data, twice", "no colon", b"data\ndata\n\n", Event("\n")),
    rule("no colon: data, then a value", "no colon", b"data\ndata: a\n\n", Event("\na")),
    rule(
        "no colon: id and event",
        "no colon",
        b"id: 1\nevent: t\nid\nevent\ndata: a\n\n",
        A,
    ),
    rule("no colon: retry", "no colon", b"retry: 5\nretry\n\n", retry=5),
    rule("no colon: any other line", "no colon", b"hello\ndata: a\nworld\n\n", A),
    rule("no colon: data and a space", "no colon", b"data \ndata b\ndata: a\n\n", A),
    rule("literally: no upper case", "literally", b"DATA: b\nData: b\ndatA: b\ndata: a\n\n", A),
    rule(
        "literally: no upper case in any name",
        "literally",
        b"ID: 1\nId: 1\nEvent: t\nEVENT: t\nRetry: 5\nRETRY: 5\ndata: a\n\n",
        A,
    ),
    rule(
        "literally: no part of a name",
        "literally",
        b"dat: b\ndatas: b\nda: b\nids: 1\ni: 1\nevents: t\nretries: 5\ndata: a\n\n",
        A,
    ),
    rule(
        "literally: no other names for it",
        "literally",
        b"type: t\nlastEventId: 1\nlast-event-id: 1\nreconnect: 5\ndata: a\n\n",
        A,
    ),
    rule(
        "literally: no compatibility characters",
        "literally",
        "\uff44ata: b\ndat\u0430: b\ndata: a\n\n".encode(),
        A,
    ),
    rule("otherwise: an unknown field", "otherwise", b"foo: b\ndata: a\nbar\n\n", A),
    rule("otherwise: a block of it dispatches nothing", "otherwise", b"foo: b\n\n"),
    # Data.
    rule("data: one line", "data", b"data: a\n\n", A),
    rule("data: two lines", "data", b"data: a\ndata: b\n\n", AB),
    rule("data: three lines", "data", b"data: YHOO\ndata: +2\ndata: 10\n\n", Event("YHOO\n+2\n10")),
    rule("data: an empty value", "data", b"data:\n\n", Event("")),
    rule("data: two empty values", "data", b"data:\ndata:\n\n", Event("\n")),
    rule("data: three empty values", "data", b"data:\ndata\ndata: \n\n", Event("\n\n")),
    rule("data: empty first", "data", b"data:\ndata: a\n\n", Event("\na")),
    rule("data: empty last", "data", b"data: a\ndata:\n\n", Event("a\n")),
    rule("data: empty in the middle", "data", b"data: a\ndata:\ndata: b\n\n", Event("a\n\nb")),
    rule("data: only one LF is removed", "last LF", b"data: a\ndata\ndata\n\n", Event("a\n\n")),
    rule("data: NUL stays", "data", b"data: \0a\0\n\n", Event("\0a\0")),
    rule(
        "data: JSON stays as it is",
        "data",
        b'data: {"a": "b\\n", "c": [1, 2]}\n\n',
        Event('{"a": "b\\n", "c": [1, 2]}'),
    ),
    rule("data: the next event starts empty", "reset", b"data: a\ndata: b\n\ndata: b\n\n", AB, B),
    rule(
        "data: none is carried over a block without data",
        "reset",
        b"data: a\n\n: c\n\ndata: b\n\n",
        A,
        B,
    ),
    # Event type.
    rule("type: message if there is none", "message", b"data: a\n\n", A),
    rule("type: the field sets it", "event", b"event: t\ndata: a\n\n", Event("a", "t")),
    rule("type: after the data", "event", b"data: a\nevent: t\n\n", Event("a", "t")),
    rule("type: the last one counts", "event", b"event: t\nevent: u\ndata: a\n\n", Event("a", "u")),
    rule("type: an empty one is message", "type", b"event:\ndata: a\n\n", A),
    rule(
        "type: an empty one takes back the one before", "type", b"event: t\nevent:\ndata: a\n\n", A
    ),
    rule("type: one space is message", "type", b"event: \ndata: a\n\n", A),
    rule("type: two spaces are a type", "type", b"event:  \ndata: a\n\n", Event("a", " ")),
    rule("type: message, said", "type", b"event: message\ndata: a\n\n", A),
    rule("type: case and marks stay", "type", "event: Tü\ndata: a\n\n".encode(), Event("a", "Tü")),
    rule("type: NUL stays", "type", b"event: t\0\ndata: a\n\n", Event("a", "t\0")),
    rule(
        "type: the next event starts without",
        "reset",
        b"event: t\ndata: a\n\ndata: b\n\n",
        Event("a", "t"),
        B,
    ),
    rule("type: without data nothing is dispatched", "no data", b"event: t\n\n"),
    rule("type: without data it is reset", "no data", b"event: t\n\ndata: a\n\n", A),
    rule(
        "type: without data it is reset, with an id",
        "no data",
        b"event: t\nid: 1\n\ndata: a\n\n",
        Event("a", id="1"),
        last_event_id="1",
    ),
    rule(
        "type: empty data is data",
        "no data",
        b"event: t\ndata\n\nevent: u\ndata:\n\n",
        Event("", "t"),
        Event("", "u"),
    ),
    # Last event ID.
    rule(
        "id: the field sets it", "id", b"id: 1\ndata: a\n\n", Event("a", id="1"), last_event_id="1"
    ),
    rule("id: after the data", "id", b"data: a\nid: 1\n\n", Event("a", id="1"), last_event_id="1"),
    rule(
        "id: the last one counts",
        "id",
        b"id: 1\nid: 2\ndata: a\n\n",
        Event("a", id="2"),
        last_event_id="2",
    ),
    rule(
        "id: later events keep it",
        "earlier id",
        b"id: 1\ndata: a\n\ndata: b\n\ndata: a\n\n",
        Event("a", id="1"),
        Event("b", id="1"),
        Event("a", id="1"),
        last_event_id="1",
    ),
    rule(
        "id: an event before it has none",
        "message",
        b"data: a\n\nid: 1\ndata: b\n\n",
        A,
        Event("b", id="1"),
        last_event_id="1",
    ),
    rule(
        "id: a new one replaces it",
        "last event ID",
        b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n",
        Event("a", id="1"),
        Event("b", id="2"),
        last_event_id="2",
    ),
    rule(
        "id: an empty one resets it",
        "id",
        b"id: 1\ndata: a\n\nid:\ndata: b\n\ndata: b\n\n",
        Event("a", id="1"),
        B,
        B,
    ),
    rule(
        "id: one without a colon resets it",
        "no colon",
        b": test stream\n\ndata: first event\nid: 1\n\n"
        b"data:second event\nid\n\ndata:  third event\n\n",
        Event("first event", id="1"),
        Event("second event"),
        Event(" third event"),
    ),
    rule("id: it need not be a number", "id", b"id: a/b?c=d e\n\n", last_event_id="a/b?c=d e"),
    rule("id: leading zeros stay", "id", b"id: 007\n\n", last_event_id="007"),
    rule("id: any characters", "id", "id: é😀\n\n".encode(), last_event_id="é😀"),
    rule("id: with NUL is ignored", "id", b"id: 1\0\ndata: a\n\n", A),
    rule("id: only NUL is ignored", "id", b"id: \0\ndata: a\n\n", A),
    rule(
        "id: with NUL leaves the one before",
        "id",
        b"id: 1\ndata: a\n\nid: 2\0003\ndata: b\n\n",
        Event("a", id="1"),
        Event("b", id="1"),
        last_event_id="1",
    ),
    rule(
        "id: with NUL leaves the one of the same block",
        "id",
        b"id: 1\nid: \0002\ndata: a\n\n",
        Event("a", id="1"),
        last_event_id="1",
    ),
    rule("id: without data it is set too", "last event ID", b"id: 1\n\n", last_event_id="1"),
    rule(
        "id: without data it is that of the next event",
        "last event ID",
        b"id: 1\n\ndata: a\n\n",
        Event("a", id="1"),
        last_event_id="1",
    ),
    rule(
        "id: without data it is reset too",
        "last event ID",
        b"id: 1\ndata: a\n\nid\n\n",
        Event("a", id="1"),
    ),
    rule("id: of an unfinished block is not set", "last event ID", b"id: 1\n"),
    rule(
        "id: of an unfinished block does not replace one",
        "last event ID",
        b"id: 1\ndata: a\n\nid: 2\ndata: b\n",
        Event("a", id="1"),
        last_event_id="1",
    ),
    rule(
        "id: it is that at the dispatch",
        "message",
        b"id: 1\ndata: a\n\nid: 2\n: c\n\nid: 3\ndata: b\n\n",
        Event("a", id="1"),
        Event("b", id="3"),
        last_event_id="3",
    ),
    # Reconnection time.
    rule("retry: digits", "retry", b"retry: 1500\n", retry=1500),
    rule("retry: at once, without a blank line", "retry", b"data: a\nretry: 1500\n", retry=1500),
    rule("retry: zero", "retry", b"retry: 0\n\n", retry=0),
    rule("retry: leading zeros", "retry", b"retry: 0012\n\n", retry=12),
    rule("retry: only zeros", "retry", b"retry: 0000\n\n", retry=0),
    rule("retry: in base ten", "retry", b"retry: 010\nretry: 0x20\nretry: 0b1\n\n", retry=10),
    rule("retry: no space", "retry", b"retry:7\n\n", retry=7),
    rule("retry: the last one counts", "retry", b"retry: 1\nretry: 2\n\nretry: 3\n\n", retry=3),
    rule("retry: it dispatches nothing", "retry", b"retry: 1\n\nretry: 2\n\n", retry=2),
    rule("retry: with data", "retry", b"data: a\nretry: 1\ndata: b\n\n", AB, retry=1),
    rule("retry: empty", "retry", b"retry: 5\nretry:\nretry: \n\n", retry=5),
    rule(
        "retry: a sign",
        "retry",
        b"retry: 5\nretry: +6\nretry: -6\nretry: \xe2\x88\x926\n\n",
        retry=5,
    ),
    rule("retry: spaces", "retry", b"retry: 5\nretry:  6\nretry: 6 \nretry: 6 7\n\n", retry=5),
    rule("retry: tabs", "retry", b"retry: 5\nretry:\t6\nretry: 6\t\n\n", retry=5),
    rule("retry: underscores", "retry", b"retry: 5\nretry: 1_000\n\n", retry=5),
    rule(
        "retry: a fraction", "retry", b"retry: 5\nretry: 1.5\nretry: 1e3\nretry: 1,000\n\n", retry=5
    ),
    rule("retry: letters", "retry", b"retry: 5\nretry: 6ms\nretry: six\nretry: ff\n\n", retry=5),
    rule("retry: NUL", "retry", b"retry: 5\nretry: 6\0\nretry: \0006\n\n", retry=5),
    rule("retry: Arabic digits", "retry", "retry: 5\nretry: ٣٠٠\n\n".encode(), retry=5),
    rule(
        "retry: full-width digits", "retry", "retry: 5\nretry: \uff11\uff12\n\n".encode(), retry=5
    ),
    rule(
        "retry: superscript digits", "retry", "retry: 5\nretry: 6²\nretry: ²\n\n".encode(), retry=5
    ),
    rule("retry: bytes that are not UTF-8", "retry", b"retry: 5\nretry: 6\xff\n\n", retry=5),
    rule(
        "retry: bad ones leave the event alone",
        "retry",
        b"retry: x\ndata: a\nretry: -1\n\n",
        A,
    ),
    rule("retry: 3,000 digits", "retry", b"retry: " + b"9" * 3000 + b"\n\n", retry=10**3000 - 1),
    rule("retry: 5,000 zeros", "retry", b"retry: " + b"0" * 5000 + b"7\n\n", retry=7),
    rule("retry: in an unfinished line", "end", b"retry: 5\n\nretry: 60", retry=5),
    # UTF-8.
    rule(
        "utf-8: characters of two, three and four bytes",
        "decode",
        "data: é€😀\n\n".encode(),
        Event("é€😀"),
    ),
    rule(
        "utf-8: the first and the last of each length",
        "decode",
        "data: \x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff\n\n".encode(),
        Event("\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"),
    ),
    rule(
        "utf-8: characters cut by chunks",
        "decode",
        (b"data: \xc3", b"\xa9\xe2", b"\x82", b"\xac\xf0\x9f", b"\x98", b"\x80\n", b"\n"),
        Event("é€😀"),
    ),
    rule("utf-8: a lone byte", "decode", b"data: a\xffb\n\n", Event(f"a{BAD}b")),
    rule("utf-8: each bad byte is one", "decode", b"data: \xff\xfe\x80\n\n", Event(BAD * 3)),
    rule(
        "utf-8: text after a cut character stays",
        "decode",
        b"data: \xe2\x82b\n\n",
        Event(f"{BAD}b"),
    ),
    rule(
        "utf-8: a maximal subpart is one",
        "decode",
        b"data: \xf0\x9f\x98 \xe2\x82 \xf0\x9f \xc3 \n\n",
        Event(f"{BAD} {BAD} {BAD} {BAD} "),
    ),
    rule(
        "utf-8: the example of the Unicode Standard, table 3-11",
        "decode",
        b"data: \xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41\n\n",
        Event(f"{BAD * 4}A"),
    ),
    rule("utf-8: no surrogates", "decode", b"data: \xed\xa0\x80\xed\xb0\x80\n\n", Event(BAD * 6)),
    rule(
        "utf-8: no overlong characters", "decode", b"data: \xc0\xaf\xe0\x80\xaf\n\n", Event(BAD * 5)
    ),
    rule(
        "utf-8: nothing past U+10FFFF",
        "decode",
        b"data: \xf4\x90\x80\x80\xf5\n\n",
        Event(BAD * 5),
    ),
    rule(
        "utf-8: an overlong LF ends no line", "decode", b"data: a\xc0\x8a\n\n", Event(f"a{BAD * 2}")
    ),
    rule(
        "utf-8: an overlong colon is not a colon",
        "decode",
        b"data\xc0\xba b\ndata: a\n\n",
        A,
    ),
    rule(
        "utf-8: a character cut by a line end",
        "decode",
        b"data: a\xe2\x82\ndata: \xacb\n\n",
        Event(f"a{BAD}\n{BAD}b"),
    ),
    rule(
        "utf-8: a character cut by a line end and by chunks",
        "decode",
        (b"data: a\xe2", b"\x82", b"\n\n", b"\xac\ndata: b\n\n"),
        Event(f"a{BAD}"),
        B,
    ),
    rule("utf-8: a cut character before CR", "decode", b"data: \xf0\x9f\x98\r\r", Event(BAD)),
    rule(
        "utf-8: in an id and in a type",
        "decode",
        b"id: 1\xff\nevent: t\xff\ndata: a\n\n",
        Event("a", f"t{BAD}", f"1{BAD}"),
        last_event_id=f"1{BAD}",
    ),
    rule("utf-8: in a name", "decode", b"data\xff: b\n\xffdata: b\ndata: a\n\n", A),
    rule("utf-8: in a comment", "decode", b":\xff\xc3\ndata: a\n\n", A),
    rule("utf-8: Latin-1 is not read as such", "decode", b"data: caf\xe9\n\n", Event(f"caf{BAD}")),
    rule(
        "utf-8: noncharacters stay",
        "decode",
        "data: \ufffe\uffff\n\n".encode(),
        Event("\ufffe\uffff"),
    ),
    rule("utf-8: no normalisation", "decode", "data: e\u0301é\n\n".encode(), Event("e\u0301é")),
    # The end of the stream.
    rule("end: no blank line", "end", b"data: a\n\ndata: b\n", A),
    rule("end: in a line", "end", b"data: a\n\ndata: b", A),
    rule("end: in a line that looks whole", "end", b"data: a\n\ndata: b\ndata: a", A),
    rule("end: CR and no blank line", "end", b"data: a\r\rdata: b\r", A),
    rule("end: CRLF and no blank line", "end", b"data: a\r\n\r\ndata: b\r\n", A),
    rule("end: only a type", "end", b"event: t\n"),
    rule("end: in a character", "end", b"data: a\n\ndata: \xe2\x82", A),
    rule("end: in the byte order mark", "end", b"\xef\xbb"),
    rule("end: after CR", "end", b"data: a\r\r", A),
    rule(
        "end: the standard's own example",
        "end",
        b"data\n\ndata\ndata\n\ndata:",
        Event(""),
        Event("\n"),
    ),
]
