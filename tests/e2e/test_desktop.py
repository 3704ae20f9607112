"""Desktop notifications: asked for by a click, of rooms that nobody looks at, one for all tabs."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import chromium, open_room, signed_in, write
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

# What the browser asks in a dialog of its own, and shows outside of the page: kept where all tabs of the context see it.
DESKTOP = """
  window.Notification = class {
    static get permission() { return localStorage.allowed ?? "default"; }
    static async requestPermission() { return (localStorage.allowed = "granted"); }
    constructor(title, { body }) { localStorage.shown = (localStorage.shown ?? "") + `${title}: ${body}|`; }
    close() {}
  };
"""


async def shown(page: Page) -> str:
    return str(await page.evaluate("localStorage.shown ?? ''"))


async def test_two_tabs_show_one_notification_of_a_room_that_is_not_on_screen(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        context, ada = await signed_in(browser, embedded_stack.url, "ada")
        await context.add_init_script(DESKTOP)
        await open_room(ada, embedded_stack.url)
        await ada.get_by_role("button", name="Details").click()
        await ada.get_by_role("button", name="Show on my desktop").click()
        await expect(ada.get_by_role("button", name="Show on my desktop")).to_have_count(0)
        other = await context.new_page()
        await open_room(other, embedded_stack.url)
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        await open_room(bo, embedded_stack.url, 2)
        await write(bo, "one for the plans")
        async with asyncio.timeout(10):
            while "Plans" not in await shown(ada):
                await asyncio.sleep(0.1)
        await ada.wait_for_timeout(1_500)
        assert (await shown(ada)).count("Plans: ") == 1
        await open_room(bo, embedded_stack.url)
        await write(bo, "and one for the lobby, which is on screen")
        await other.get_by_text("which is on screen").first.wait_for()
        await other.wait_for_timeout(2_500)
        assert "lobby" not in await shown(ada)
