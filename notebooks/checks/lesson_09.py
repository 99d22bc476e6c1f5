"""The checks of lesson 09, limits, names, origins."""

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

import httpx

from chatkit.server.background import Server
from checks.judging import PATIENCE, NotYet, Verdict, poster, verdict, want
from checks.own_lines import why


def check_two_at_a_time(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Two replies of one chat at once; a third is answered 429, with Retry-After."""

    async def check() -> None:
        async with poster() as client:

            async def post(chat: str | None) -> httpx.Response:
                body = {"message": "Hello"} | ({"chat": chat} if chat else {})
                return await client.post(server.url + "turns", json=body)

            async def started(chat: str | None, when: str) -> Any:
                answer = await post(chat)
                if answer.status_code != 201:
                    line = await why(server) if answer.status_code >= 500 else ""
                    raise NotYet(f"{when}: it answers {answer.status_code}, not 201" + line)
                return answer.json()

            first = await started(None, "the first message of a chat")
            chat = first["chat"]
            await started(chat, "the second message of a chat")
            try:
                for number in ("third", "fourth"):
                    answer = await post(chat)
                    line = await why(server) if answer.status_code >= 500 else ""
                    want(
                        answer.status_code == 429,
                        f"two replies of a chat are being written, and the {number} message is "
                        f"answered {answer.status_code}, not 429" + line,
                    )
                    seconds = answer.headers.get("retry-after", "")
                    want(
                        seconds.isascii() and seconds.isdigit() and int(seconds) > 0,
                        f"Retry-After should be a number of seconds, not {seconds!r}",
                    )
                other = await started(None, "the first message of another chat")
                await started(other["chat"], "the second message of another chat")
                await client.post(f"{server.url}turns/{first['turn']}/cancel")
                last = await started(chat, "one of the two is over, and a message comes")
                answer = await post(chat)
                want(answer.status_code == 429, "when one was over, two more are let in")
            finally:
                await client.post(f"{server.url}turns/{first['turn']}/cancel")
            await client.post(f"{server.url}turns/{last['turn']}/cancel")

    return verdict(check(), "09.1")


def check_one_origin(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Pages of one origin may read and post, with the headers they need; those of no other."""
    named = "https://chat.example"
    others = ("https://evil.example", "https://chat.example.evil.example", "http://chat.example")
    others += ("https://chat.example:8443", "https://notchat.example", "null")
    others += ("https://chatXexample",)
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    cursor = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "last-event-id",
    }

    async def check() -> None:
        async with poster() as client:

            async def allows(origin: str, preflight: bool) -> bool:
                headers = {"Origin": origin} | (asked if preflight else {})
                method, path = ("OPTIONS", "say") if preflight else ("GET", "said")
                answer = await client.request(method, server.url + path, headers=headers)
                allowed = answer.headers.get("access-control-allow-origin")
                kinds = answer.headers.get("access-control-allow-headers", "").lower()
                if preflight and (not answer.is_success or "content-type" not in kinds):
                    return False
                return allowed in (origin, "*")

            want(
                (await client.get(server.url + "said")).json() == "what Ada said",
                "GET /said should still say what Ada said",
            )
            want(
                await allows(named, False),
                f"a page of {named} may not read GET /said (an origin has no slash at its end)",
            )
            want(
                await allows(named, True),
                f"a page of {named} asks first whether it may POST JSON to /say, and is refused",
            )
            headers = {"Origin": named} | cursor
            answer = await client.options(server.url + "said", headers=headers)
            kinds = answer.headers.get("access-control-allow-headers", "").lower()
            want(
                answer.is_success and ("last-event-id" in kinds or kinds == "*"),
                f"a page of {named} asks whether it may send Last-Event-ID, and is refused",
            )
            answer = await client.get(server.url + "said", headers={"Origin": named})
            shown = answer.headers.get("access-control-expose-headers", "").lower()
            want(
                "retry-after" in shown,
                f"a page of {named} may not read the header Retry-After of an answer",
            )
            for origin in others:
                want(not await allows(origin, False), f"a page of {origin} may read GET /said")
                want(not await allows(origin, True), f"a page of {origin} may POST to /say")

    return verdict(check(), "09.3")


def check_names(server: Server) -> Coroutine[Any, Any, Verdict]:
    """A server answers to its own name, and to no other."""
    right = ("chat.example", f"chat.example:{server.port}", "Chat.EXAMPLE")
    wrong = ("evil.example", f"evil.example:{server.port}", "127.0.0.1", "")
    wrong += ("chat.example.evil.example", "evilchat.example", "evil.chat.example", "chat")

    def status(hosts: list[str]) -> int:
        """What is answered to a request with these headers `Host`, each in a line of its own."""
        lines = "".join(f"Host: {host}\r\n" for host in hosts)
        head = f"GET /secret HTTP/1.1\r\n{lines}Connection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE / 5) as wire:
            wire.sendall(head.encode())
            answer = b""
            while b"\r\n" not in answer and (part := wire.recv(1000)):
                answer += part
        return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else 0

    async def want_status(hosts: list[str], expected: int) -> None:
        asked = f"a request for {hosts[0]!r}" if hosts else "a request without Host"
        try:
            found = await asyncio.to_thread(status, hosts)
        except OSError:
            raise NotYet(f"{asked} gets no answer" + await why(server)) from None
        line = await why(server) if found >= 500 or not found else ""
        want(found == expected, f"{asked} should be answered {expected}, not {found}" + line)

    async def check() -> None:
        await want_status(["chat.example"], 200)
        for host in right:
            await want_status([host], 200)
        for host in wrong:
            await want_status([host], 421)
        await want_status([], 421)
        want(not server.messages, "it answers, but not without errors" + await why(server))

    return verdict(check(), "09.2")
