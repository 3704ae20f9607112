"""The list of shortcuts, and the switcher in a window that hides the sidebar."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import chromium, open_room, signed_in
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_shortcuts_are_listed_and_none_is_taken_from_who_writes(shared_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, chen = await signed_in(browser, shared_stack.url, "chen")
        await open_room(chen, shared_stack.url)
        shortcuts, composer = chen.get_by_test_id("shortcuts"), chen.get_by_test_id("composer")
        await composer.press("?")
        await expect(composer).to_have_value("?")
        await expect(shortcuts).to_have_count(0)
        await composer.press("Control+/")
        await expect(shortcuts).to_contain_text("Go to a room")
        await chen.keyboard.press("Escape")
        await expect(shortcuts).to_have_count(0)
        await expect(composer).to_be_focused()
        await chen.locator(".timeline").press("?")
        await expect(shortcuts.get_by_role("button", name="Close")).to_be_focused()


async def test_the_switcher_opens_where_the_sidebar_is_hidden(shared_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        narrow = {"viewport": {"width": 390, "height": 844}}
        _, chen = await signed_in(browser, shared_stack.url, "chen", **narrow)
        await open_room(chen, shared_stack.url)
        await expect(chen.locator(".sidebar")).to_be_hidden()
        await chen.keyboard.press("Control+k")
        await expect(chen.locator(".switcher")).to_be_visible()
        await chen.keyboard.type("plans")
        await chen.keyboard.press("Enter")
        await chen.wait_for_url("**/rooms/2/")
