# Solutions of lesson 03. Each part replaces the cell with the same name.

# %% listeners
# `onmessage` gets only events without a name; a named one needs a listener of its own name.
# A failure cannot be named `error`: EventSource itself uses that name.
async def for_the_page():
    yield {"data": "Hello"}
    yield {"event": "failure", "data": "no more"}
    yield {"event": "end", "data": "{}"}


# %% profile
# A name is text from a person. In an attribute a quotation mark is what breaks out, so
# `escape` has to treat quotes as well as `<`.
def profile(name):
    safe = escape(name)
    return f'<p title="{safe}">Hello, {safe}!</p>'


# %% moving
# A relative URL starts from the folder of its page, wherever that folder is. One that begins
# with `/` would leave the prefix of a proxy, and find nothing.
in_the_home_page = ["style.css", "stream"]
in_the_help_page = ["../style.css", "keys.js"]  # this page is at /help/keys
