"""Naming people who are not there is hinted at; calling many together is asked about."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Route, expect

from tests.e2e.browser import chromium, open_room, signed_in, write
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_who_is_not_here_is_told_before_sending(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        hint = ada.get_by_test_id("composer-hint")
        await ada.focus("[data-testid=composer]")
        await ada.keyboard.type("@bo and @nobody")
        await expect(hint).to_have_text("")
        await ada.keyboard.type(" look")
        await expect(hint).to_have_text("@nobody: not in this room, and will not be told.")


async def test_a_crowd_is_told_only_when_that_is_meant(embedded_stack: EmbeddedStack) -> None:
    crowd = [{"id": 1000 + number, "username": f"p{number}", "name": "P", "role": "member"} for number in range(20)]

    async def many(route: Route) -> None:
        await route.fulfill(json={"members": crowd, "more": False})

    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await ada.route("**/api/v1/rooms/1/members", many)
        await open_room(ada, embedded_stack.url)
        composer = ada.get_by_test_id("composer")
        await composer.fill("@")
        await ada.get_by_role("option").first.wait_for()
        await write(ada, "@room lunch?")
        dialog = ada.get_by_test_id("crowd-dialog")
        await expect(dialog).to_contain_text("19 people will be told")
        await dialog.get_by_role("button", name="Cancel").click()
        await expect(composer).to_have_value("@room lunch?")
        await expect(composer).to_be_focused()
        await ada.keyboard.press("Enter")
        await dialog.get_by_role("button", name="Send").click()
        sent = ada.locator("[data-testid=message][data-state=sent]", has_text=re.compile("@room lunch"))
        await expect(sent).to_have_count(1)
        await expect(composer).to_be_focused()
