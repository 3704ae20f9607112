"""Rooms that people run themselves, in the browser: what one changes, the others see."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import chromium, complaints, open_room, see, signed_in, watched_context, write
from tests.stack.stack import PASSWORD, EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITHIN_MS = 2_500
"""Two seconds are promised; the browser looks now and then."""


async def test_what_an_owner_changes_is_on_other_pages_at_once(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        for page in (ada, bo):
            await open_room(page, embedded_stack.url)
            await page.get_by_role("button", name="Details").click()
        panel, of_bo = ada.get_by_test_id("details"), bo.get_by_test_id("details")
        await expect(of_bo.get_by_role("button", name="Change this room")).to_have_count(0)
        await expect(of_bo.get_by_role("button", name="Archive")).to_have_count(0)
        await panel.get_by_role("button", name="Change this room").click()
        await panel.get_by_label("Topic").fill("Tea at four")
        await panel.get_by_label("Only owners and moderators").check()
        await panel.get_by_role("button", name="Save").click()
        await expect(bo.locator(".room-title p")).to_have_text("Tea at four", timeout=WITHIN_MS)
        await expect(bo.get_by_test_id("composer")).to_have_count(0)
        await panel.get_by_test_id("members").get_by_role("button", name="Bo").click()
        await panel.get_by_role("button", name="Make moderator").click()
        await expect(bo.get_by_test_id("composer")).to_be_visible(timeout=WITHIN_MS)
        await write(bo, "I may again")
        await see(ada, "I may again")
        await expect(of_bo.get_by_test_id("members")).to_contain_text("moderator", timeout=WITHIN_MS)


async def test_the_last_owner_is_told_why_they_stay_and_who_is_put_out_is_out(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        _, chen = await signed_in(browser, embedded_stack.url, "chen", viewport={"width": 390, "height": 844})
        for page in (ada, chen):
            await open_room(page, embedded_stack.url, 2)
        await ada.get_by_role("button", name="Details").click()
        panel = ada.get_by_test_id("details")
        await panel.get_by_role("button", name="Leave").click()
        await ada.get_by_test_id("confirm").get_by_role("button", name="Leave").click()
        await expect(panel.get_by_role("alert")).to_contain_text("Make somebody else an owner first")
        [refused] = complaints  # the browser itself says it of every refusal
        assert "409" in refused
        complaints.clear()
        await panel.get_by_test_id("members").get_by_role("button", name="Chen").click()
        await panel.get_by_role("button", name="Remove").click()
        await ada.get_by_test_id("confirm").get_by_role("button", name="Remove").click()
        await chen.wait_for_url("**/rooms/", timeout=WITHIN_MS)
        await expect(panel.get_by_test_id("members")).not_to_contain_text("Chen")
        await ada.keyboard.press("Escape")
        await expect(panel).to_have_count(0)
        await expect(ada.get_by_role("button", name="Details")).to_be_focused()


async def test_an_invitation_leads_in_after_signing_in_until_it_is_revoked(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url, 2)
        await ada.get_by_role("button", name="Details").click()
        invites = ada.get_by_test_id("invites")
        await invites.get_by_role("button", name="Make a link").click()
        link = await invites.get_by_label("Link of the invitation").input_value()
        guest = await (await watched_context(browser)).new_page()
        await guest.goto(link)
        await expect(guest.get_by_role("heading", name="Plans")).to_be_visible()
        await guest.get_by_role("link", name="Sign in to join").click()
        await guest.fill("[name=username]", "admin")
        await guest.fill("[name=password]", PASSWORD)
        await guest.click("button[type=submit]")
        await guest.get_by_role("button", name="Join").click()
        await guest.wait_for_url("**/rooms/2/")
        await expect(guest.get_by_test_id("composer")).to_be_visible()
        await invites.get_by_role("button", name="Revoke").click()
        await expect(invites.get_by_label("Link of the invitation")).to_have_count(0)
