"""What is unread: where a room opens, what reads it, what marks it unread again, and where it is seen."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser import chromium, open_room, see, signed_in, write
from tests.e2e.test_talk import tool
from tests.stack.client import ChatClient, read_all
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

AWAY = "document.hasFocus = () => Boolean(window.isLookedAt)"


async def say_many(stack: EmbeddedStack, count: int, word: str) -> None:
    async with ChatClient(stack, "bo") as bo:
        for number in range(count):
            await bo.say(f"{word} {number}.")
        await bo.until(lambda: bo.shows(f"{word} {count - 1}."), "the last")


async def place_of_the_line(page: Page) -> float:
    """How far down the "New messages" line stands, as a share of the timeline."""
    return await page.evaluate("""() => {
        const timeline = document.querySelector(".timeline").getBoundingClientRect();
        const line = document.querySelector(".unread-line").getBoundingClientRect();
        return (line.top - timeline.top) / timeline.height;
    }""")


def badge(page: Page, room: int = 1) -> Locator:
    return page.locator(f"[data-room='{room}'] .badge")


@pytest.mark.parametrize("count", [30, 130])
@pytest.mark.parametrize("is_within_the_page", [True, False], ids=["within the page", "a new page"])
async def test_a_room_opens_at_the_first_unread_message_below_a_line_that_stays(
    embedded_stack: EmbeddedStack, count: int, is_within_the_page: bool
) -> None:
    for room in (1, 2):  # all rooms are counted in the title
        await read_all(embedded_stack, "ada", room)
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url, 2)
        await say_many(embedded_stack, count, "word")
        await expect(badge(ada)).to_have_text("99+" if count > 99 else str(count))
        if is_within_the_page:
            await ada.locator("[data-room='1']").click()
        else:
            await open_room(ada, embedded_stack.url)
        first = ada.locator(".unread-line + li")
        await expect(first).to_contain_text("word 0.")
        assert await place_of_the_line(ada) == pytest.approx(0.3, abs=0.02)
        await expect(ada).to_have_title(re.compile(r"^\(\d+\) lobby"))
        await ada.locator(".jump").click()
        await see(ada, f"word {count - 1}.")
        await expect(ada.locator(".jump")).to_have_count(0)
        await expect(ada).to_have_title(re.compile(r"^lobby"))
        if count == 30:
            await expect(first).to_contain_text("word 0.")


async def test_marked_unread_it_stays_so_in_every_tab_until_it_is_opened_again(embedded_stack: EmbeddedStack) -> None:
    for room in (1, 2, 3):
        await read_all(embedded_stack, "ada", room)
    async with chromium() as browser:
        context, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        await say_many(embedded_stack, 3, "word")
        await see(ada, "word 2.")
        other = await context.new_page()
        await open_room(other, embedded_stack.url, 2)
        await expect(badge(other)).to_have_count(0)
        await tool(ada, "word 1.", "Mark unread from here")
        await expect(badge(other)).to_have_text("2")
        await expect(badge(ada)).to_have_text("2")
        await expect(ada.locator(".unread-line + li")).to_contain_text("word 1.")
        for page in (ada, other):
            await expect(page).to_have_title(re.compile(r"^\(2\) "))
            await expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("favicon-unread"))
        await ada.locator(".timeline").hover()
        await ada.mouse.wheel(0, -50)
        await ada.mouse.wheel(0, 400)
        await expect(badge(other)).to_have_text("2")
        await other.locator("[data-room='1']").click()
        await see(other, "word 2.")
        for page in (ada, other):
            await expect(page).to_have_title(re.compile(r"^[^(]"), timeout=1_500)
            await expect(page.locator("link[rel=icon]")).not_to_have_attribute("href", re.compile("unread"))


async def test_a_window_that_nobody_looks_at_reads_nothing_but_counts(embedded_stack: EmbeddedStack) -> None:
    for room in (1, 2, 3):
        await read_all(embedded_stack, "ada", room)
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await ada.add_init_script(AWAY)
        await open_room(ada, embedded_stack.url)
        await ada.evaluate("window.isLookedAt = false; dispatchEvent(new Event('blur'))")
        await say_many(embedded_stack, 3, "later")
        await see(ada, "later 2.")
        await expect(ada).to_have_title(re.compile(r"^\(3\) lobby"))
        await ada.evaluate("window.isLookedAt = true; dispatchEvent(new Event('focus'))")
        await expect(ada).to_have_title(re.compile(r"^lobby"))
        await expect(ada.locator(".unread-line + li")).to_contain_text("later 0.")
        await write(ada, "back again")
        await see(ada, "back again")
