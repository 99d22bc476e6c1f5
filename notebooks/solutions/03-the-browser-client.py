# Solutions of lesson 03. Each part replaces the cell with the same name.

# %% listeners
async def for_the_page():
    yield {"data": "Hello"}
    yield {"event": "failure", "data": "no more"}
    yield {"event": "end", "data": "{}"}


# %% profile
def profile(name):
    safe = escape(name)
    return f'<p title="{safe}">Hello, {safe}!</p>'


# %% moving
in_the_home_page = ["style.css", "stream"]
in_the_help_page = ["../style.css", "keys.js"]  # this page is at /help/keys
