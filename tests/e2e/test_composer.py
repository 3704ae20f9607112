"""Writing: what is sent looks right at once, formatting is found without knowing it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import chromium, open_room, signed_in
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_is_on_its_way_is_formatted_and_makes_no_elements_of_its_own(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        context, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        await context.set_offline(True)
        await ada.fill("[data-testid=composer]", "so **bold** `x` https://a.example <img src=x onerror=alert(1)>")
        await ada.press("[data-testid=composer]", "Enter")
        draft = ada.locator(".message-draft").last
        await expect(draft.locator("strong")).to_have_text("bold")
        await expect(draft.locator("code")).to_have_text("x")
        await expect(draft.locator("a")).to_have_attribute("href", "https://a.example")
        await expect(draft.locator("img")).to_have_count(0)
        await context.set_offline(False)
        sent = ada.locator("[data-state=sent] .message-body", has_text="so bold").last
        await expect(sent.locator("strong")).to_have_text("bold")
        await expect(ada.locator(".message-draft")).to_have_count(0)


async def test_formats_go_on_what_is_selected_by_key_and_by_popover(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        composer = ada.get_by_test_id("composer")
        await composer.fill("loud")
        await composer.select_text()
        await ada.keyboard.press("Control+b")
        await expect(composer).to_have_value("**loud**")
        await ada.get_by_label("Formatting", exact=True).first.click()
        hints = ada.get_by_test_id("format-hints")
        await expect(hints.get_by_role("button").first).to_be_focused()
        await ada.keyboard.press("Escape")
        await expect(hints).to_have_count(0)
        await expect(composer).to_be_focused()
        await ada.get_by_label("Formatting", exact=True).first.click()
        await hints.get_by_role("button", name="Quote").click()
        await expect(composer).to_have_value("> **loud**")
        await expect(composer).to_be_focused()
