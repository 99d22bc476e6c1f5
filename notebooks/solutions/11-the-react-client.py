# Solutions of lesson 11. Each part replaces the cell with the same name.

# %% clean
# React runs effects twice in development to find what is not cleaned up. What `read` returns
# closes the stream; a setter that gets a function never adds to an old text.
def reply(root, id, open_stream):
    text, set_text = use_state(root, "")

    def read():
        set_text("")
        return open_stream(id, lambda piece: set_text(lambda text: text + piece))

    use_effect(root, read, [id])
    return text


# %% store
# Between the render and the effect the store may change, and nobody listens yet. So look
# once before subscribing, or that change is never shown.
def use_store(root, store, select):
    value, set_value = use_state(root, select(store.value))

    def subscribe():
        def look():
            set_value(select(store.value))

        look()  # it may have changed since the render
        return store.subscribe(look)

    use_effect(root, subscribe, [store])
    return value


# %% shared
# Two components that show one reply need one stream, not two. The first to come opens it and
# the last to leave closes it; who comes later gets at once what came before.
class Shared:
    def __init__(self, open_stream):
        self.open_stream, self.replies = open_stream, {}

    def watch(self, id, listener):
        if id not in self.replies:
            new = self.replies[id] = {"text": "", "listeners": []}

            def take(piece):
                new["text"] += piece
                for each in list(new["listeners"]):
                    each(new["text"])

            new["close"] = self.open_stream(id, take)
        reply = self.replies[id]
        reply["listeners"].append(listener)
        if reply["text"]:
            listener(reply["text"])

        def leave():
            reply["listeners"].remove(listener)
            if not reply["listeners"]:
                self.replies.pop(id)["close"]()

        return leave
