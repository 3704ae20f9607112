"""Who is there and who has read: on sockets of every kind of deployment, and on screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.browser import chromium, open_room, see, signed_in, write
from tests.stack.client import ChatClient
from tests.stack.stack import EmbeddedStack, Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

HIDE = """() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""

ROOM_BELOW = """() => {
    const bottomOf = (element) => element.getBoundingClientRect().bottom;
    return bottomOf(document.querySelector(".timeline")) - bottomOf(document.querySelector(".message:last-child"));
}"""


def last(client: ChatClient, kind: str, user: int) -> Any:
    """What this client was told last of a person."""
    told = [frame["people"] for frame in client.frames if frame["type"] == kind and str(user) in frame["people"]]
    return told[-1][str(user)] if told else None


async def test_presence_and_receipts_reach_who_looks(stack: Stack) -> None:
    async with ChatClient(stack, "ada") as ada, ChatClient(stack, "bo") as bo:
        user = bo.welcome["user"]["id"]
        direct = next(room for room in ada.welcome["rooms"] if room["kind"] == "direct")
        assert direct["person"] == user
        await ada.write(type="presence", people=[user])
        await ada.write(type="seen", room=1)
        await ada.until(lambda: last(ada, "presence", user) == "active", "active")
        await bo.write(type="presence", idle=True)
        await ada.until(lambda: last(ada, "presence", user) == "idle", "idle")
        await bo.write(type="presence", idle=False)
        await ada.until(lambda: last(ada, "presence", user) == "active", "active again")
        await ada.say("read this")
        await bo.until(lambda: bo.shows("read this"), "the message")
        seq = max(bo.messages)
        await bo.write(type="read", room=1, seq=seq)
        await ada.until(lambda: last(ada, "seen", user) == seq, "seen")
        assert not any(frame["type"] in {"presence", "seen"} for frame in bo.frames), "nobody is told who does not ask"


async def test_dots_and_seen_by_on_screen(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        for page in (ada, bo):
            await open_room(page, embedded_stack.url)
        dot = ada.locator(".room-link-face .presence")
        await expect(dot).to_have_attribute("aria-label", "Active")
        await write(ada, "hello?")
        await see(bo, "hello?")
        await write(bo, "are you there?")
        await see(ada, "are you there?")
        head = ada.locator("[data-testid=message][data-starts=true]", has_text="are you there?").last
        await expect(head.get_by_role("img", name="Active")).to_be_visible()
        line = ada.locator(".seen-by")
        await expect(line).to_have_count(0)
        below = await ada.evaluate(ROOM_BELOW)
        await write(ada, "here I am")
        await see(bo, "here I am")
        await expect(line).to_contain_text("Seen by 1")
        assert await ada.evaluate(ROOM_BELOW) == below, "no message moves"
        await expect(line).to_have_attribute("aria-label", "Seen by Bo")
        await line.focus()  # from a field: as by keyboard
        await expect(line.locator(".seen-names")).to_be_visible()
        await bo.evaluate(HIDE)
        await expect(dot).to_have_attribute("aria-label", "Away")
        await bo.goto("about:blank")
        await expect(dot).to_have_attribute("aria-label", "Offline", timeout=30_000)
