"""Deleting is asked for, by mouse and by keyboard; what a message said before is there to be read."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import chromium, open_room, see, signed_in, write
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_owner_deletes_and_the_tombstone_says_who(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        for page in (ada, bo):
            await open_room(page, embedded_stack.url)
        await write(bo, "buy my watches")
        await see(ada, "buy my watches")
        await write(ada, "not here, please")
        await see(bo, "not here, please")
        await bo.locator("[data-testid=message]", has_text="not here, please").last.hover()
        await expect(bo.locator(".message-tools").get_by_label("Reply")).to_be_visible()
        await expect(bo.locator(".message-tools").get_by_label("Delete")).to_have_count(0)
        spam = ada.locator("[data-testid=message]", has_text="buy my watches").last
        seq = await spam.get_attribute("data-seq")
        dialog = ada.get_by_test_id("delete-dialog")
        await spam.hover()
        await spam.get_by_label("Delete").click()
        await expect(dialog).to_contain_text("Delete the message of Bo")
        await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        await ada.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(spam).to_be_focused()
        await ada.keyboard.press("Delete")
        await dialog.get_by_role("button", name="Delete").click()
        for page in (ada, bo):
            tombstone = page.locator(f"[data-testid=message][data-seq='{seq}']")
            await expect(tombstone).to_contain_text("This message was deleted by Ada")
        await expect(ada.locator(f"[data-seq='{seq}']")).to_be_focused()


async def test_an_edited_message_shows_what_it_said(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        for page in (ada, bo):
            await open_room(page, embedded_stack.url)
        await write(ada, "we meet at **nine**")
        await see(bo, "we meet at nine")
        await ada.press("[data-testid=composer]", "ArrowUp")
        await write(ada, "we meet at ten")
        await see(bo, "we meet at ten")
        edited = bo.locator("[data-testid=message]", has_text="we meet at ten").get_by_role("button", name="edited")
        await edited.click()
        versions = bo.get_by_test_id("versions-dialog").get_by_role("listitem")
        await expect(versions).to_have_count(2)
        await expect(versions.nth(0)).to_contain_text("we meet at ten")
        await expect(versions.nth(1).locator("strong")).to_have_text("nine")
        await bo.get_by_role("button", name="Close").click()
        await expect(edited).to_be_focused()


async def test_a_sender_sees_what_became_of_a_message(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        for page in (ada, bo):
            await open_room(page, embedded_stack.url)
        await write(ada, "where have you been")
        await see(bo, "where have you been")
        await expect(ada.locator(".seen-names")).to_contain_text("Bo")
        await ada.locator("[data-testid=message]", has_text="where have you been").hover()
        await ada.locator(".message-tools").get_by_label("What became of this message").click()
        dialog = ada.get_by_test_id("journey-dialog")
        for station in ("Accepted", "In the log", "Stored", "Announced"):
            await expect(
                dialog.locator(".journey > div", has=ada.get_by_text(station, exact=True)).locator("time")
            ).to_be_visible()
        await expect(dialog).to_contain_text("chat.commands/0/")
        await expect(dialog).to_contain_text("by 1 of")
        await expect(dialog).to_contain_text("Bo")
        await bo.locator("[data-testid=message]", has_text="where have you been").hover()
        await expect(bo.locator(".message-tools").get_by_label("Reply")).to_be_visible()
        await expect(bo.locator(".message-tools").get_by_label("What became")).to_have_count(0)


async def test_messages_are_walked_and_answered_by_keyboard(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        for text in ("key one", "key two"):
            await write(ada, text)
            await see(ada, text)
        await ada.locator(".timeline").focus()
        await ada.keyboard.press("Enter")
        focused = ada.locator("[data-testid=message]:focus")
        await expect(focused).to_contain_text("key two")
        await ada.keyboard.press("ArrowUp")
        await expect(focused).to_contain_text("key one")
        await ada.keyboard.press("r")
        await expect(ada.locator(".composer-bar")).to_contain_text("Replying to Ada")
        await expect(ada.get_by_test_id("composer")).to_be_focused()
        await ada.keyboard.press("Escape")
        await expect(ada.locator(".composer-bar")).to_have_count(0)
