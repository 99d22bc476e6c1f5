# Solutions of lesson 03. Each part replaces the cell with the same name.

# %% moving
moving_app = FastAPI()

MOVING = """<!doctype html>
<link rel="stylesheet" href="style.css">
<p id="reply"></p>
<script src="reply.js"></script>
<a href="stream">the bytes</a>
"""


@moving_app.get("/", response_class=HTMLResponse)
async def moving_page():
    return MOVING


# %% listeners
async def for_the_page():
    yield {"data": "Hello"}
    yield {"event": "failure", "data": "no more"}
    yield {"event": "end", "data": "{}"}


# %% profile
def profile(name):
    safe = escape(name)
    return f'<p title="{safe}">Hello, {safe}!</p>'
