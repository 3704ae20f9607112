"""What people do with messages, in two browsers: react, reply, mention, and pick emoji."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import chromium, open_room, see, signed_in, write
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def tool(page: Page, text: str, label: str) -> None:
    """Click a tool of the newest message that shows a text."""
    await page.locator("[data-testid=message]", has_text=text).last.hover()
    await page.locator(".message-tools").get_by_label(label, exact=True).click()


async def test_reactions_are_seen_by_both_and_taken_back(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        for page in (ada, bo):
            await open_room(page, embedded_stack.url)
        await write(ada, "shall we ship it?")
        await see(bo, "shall we ship it?")
        await tool(bo, "shall we ship it?", "React")
        await bo.get_by_placeholder("Find an emoji").fill("rocket")
        await bo.keyboard.press("Enter")
        chip = ada.locator(".reaction", has_text="🚀")
        await expect(chip).to_have_text(re.compile(r"🚀\s*1"))
        await expect(chip).to_have_attribute("aria-pressed", "false")
        await chip.click()
        await expect(chip).to_have_attribute("aria-pressed", "true")
        await expect(bo.locator(".reaction", has_text="🚀")).to_have_text(re.compile(r"🚀\s*2"))
        await chip.click()
        await expect(bo.locator(".reaction", has_text="🚀")).to_have_text(re.compile(r"🚀\s*1"))
        await bo.reload()
        await expect(bo.locator(".reaction", has_text="🚀")).to_have_attribute("aria-pressed", "true")
        await bo.locator(".reaction", has_text="🚀").click()
        await expect(ada.locator(".reaction", has_text="🚀")).to_have_count(0)


async def test_a_reply_shows_what_it_answers_and_leads_there(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        for page in (ada, bo):
            await open_room(page, embedded_stack.url)
        await write(ada, "the first question")
        await see(bo, "the first question")
        await tool(bo, "the first question", "Reply")
        await expect(bo.locator(".composer-bar")).to_contain_text("Replying to Ada")
        await expect(bo.get_by_test_id("composer")).to_be_focused()
        await bo.keyboard.press("Escape")
        await expect(bo.locator(".composer-bar")).to_have_count(0)
        await tool(bo, "the first question", "Reply")
        await expect(bo.get_by_test_id("composer")).to_be_focused()
        await bo.keyboard.type("the answer")
        await bo.keyboard.press("Enter")
        quote = ada.get_by_test_id("quote").last
        await expect(quote).to_have_text(re.compile(r"Ada\s*the first question"))
        await expect(bo.locator(".composer-bar")).to_have_count(0)
        # The original is deleted: the quote says so, to who held it and to who has to ask for it.
        await quote.click()
        await expect(ada.locator("[data-testid=message]:focus")).to_contain_text("the first question")
        await ada.keyboard.press("Delete")
        await ada.get_by_role("dialog").get_by_role("button", name="Delete").click()
        for page in (ada, bo):
            await expect(page.get_by_test_id("quote").last).to_contain_text("This message was deleted.")


async def test_names_and_emoji_are_suggested_and_who_is_named_sees_it(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        await open_room(ada, embedded_stack.url)
        await open_room(bo, embedded_stack.url, room=2)
        await ada.focus("[data-testid=composer]")
        await ada.keyboard.type("hello @b")
        await expect(ada.locator(".suggestions [aria-selected=true]")).to_contain_text("@bo")
        await ada.keyboard.press("Enter")
        await ada.keyboard.type(":tad")
        await expect(ada.locator(".suggestions [aria-selected=true]")).to_contain_text("🎉")
        await ada.keyboard.press("Tab")
        await ada.keyboard.type("and :rocket:")
        await expect(ada.get_by_test_id("composer")).to_have_value("hello @bo 🎉 and 🚀")
        await ada.keyboard.press("Enter")
        badge = bo.locator("[data-room='1'] .badge[data-mention]")
        await expect(badge).to_be_visible()
        await bo.click("[data-room='1']")
        await see(bo, "hello @bo 🎉 and 🚀")
        await expect(bo.locator("[data-mention=true]", has_text="hello @bo")).to_have_count(1)


async def test_a_picker_opens_where_there_is_room_and_closes_without_a_trace(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        for number in (0, -1):
            await ada.locator("[data-testid=message]").nth(number).hover()
            await ada.locator(".message-tools").get_by_label("React", exact=True).click()
            picker = ada.get_by_test_id("emoji-picker")
            box, edge = await picker.bounding_box(), await ada.locator(".timeline").bounding_box()
            assert box is not None
            assert edge is not None
            assert box["y"] >= edge["y"], "its search field is in sight"
            await ada.keyboard.press("Escape")
            await expect(picker).to_have_count(0)
        await ada.get_by_label("Emoji", exact=True).click()
        await ada.get_by_test_id("emoji-picker").get_by_label("thumbsup", exact=True).click()
        await expect(ada.get_by_test_id("composer")).to_have_value("👍")


async def test_a_few_letters_lead_to_a_room(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        await ada.focus("[data-testid=composer]")
        await ada.keyboard.press("Control+k")
        field = ada.get_by_role("combobox", name="Go to a room")
        await expect(field).to_be_focused()
        await ada.keyboard.type("nowhere at all")
        await expect(ada.locator(".switcher")).to_contain_text("No room of yours is called that.")
        await field.fill("pla")
        await ada.keyboard.press("Enter")
        await ada.wait_for_url("**/rooms/2/")
        await expect(ada.locator(".room-title h1")).to_have_text("Plans")
        await ada.keyboard.press("Control+k")
        await expect(ada.locator(".switcher [aria-selected=true]")).to_be_visible()
        await ada.keyboard.press("Escape")
        await expect(ada.locator(".switcher")).to_be_hidden()
        await ada.goto(f"{embedded_stack.url}/rooms/")
        await ada.wait_for_selector("html[data-connection=online]")
        await ada.keyboard.press("Control+k")
        await expect(field).to_be_focused()
        await ada.keyboard.type("lobby")
        await ada.keyboard.press("Enter")
        await ada.wait_for_url("**/rooms/1/")


async def test_emoji_are_picked_by_keyboard(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        await ada.get_by_label("Emoji", exact=True).click()
        for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp"):
            await ada.keyboard.press(key)
        await expect(ada.get_by_placeholder("Find an emoji")).to_be_focused()
        for key in ("ArrowDown", "ArrowRight", "Enter"):
            await ada.keyboard.press(key)
        await expect(ada.get_by_test_id("composer")).to_have_value("❤️")
        await expect(ada.get_by_test_id("composer")).to_be_focused()
