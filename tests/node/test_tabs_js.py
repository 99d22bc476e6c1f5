"""static/client/tabs.js: what one tab says reaches the others of its page, and nobody else."""

from typing import Any

from node_runner import run_node


def heard(*paths: str, said: list[tuple[int, str]], denied: bool = False) -> Any:
    return run_node("run_tabs.mjs", {"paths": paths, "said": said, "denied": denied})


def test_others_hear_which_chat_has_changed() -> None:
    assert heard("/", "/", "/", said=[(0, "a"), (1, "b")]) == [["b"], ["a"], ["a", "b"]]


def test_another_server_of_the_same_origin_hears_nothing() -> None:
    paths = "/proxy/8001/", "/proxy/8002/", "/proxy/8002/"
    assert heard(*paths, said=[(0, "a"), (1, "b")]) == [[], [], ["b"]]


def test_page_that_may_have_no_channel_works_alone() -> None:
    assert heard("/", "/", said=[(0, "a")], denied=True) == [[], []]
