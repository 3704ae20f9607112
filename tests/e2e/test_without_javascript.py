"""With JavaScript off: signing in, the list of rooms, and a room's whole history by links."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import chromium, signed_in
from tests.stack.client import ChatClient
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _read(page: Page) -> list[int]:
    """The seqs on the page, which has them all: one stretch."""
    seqs: list[int] = await page.eval_on_selector_all(".message", "els => els.map(e => Number(e.id.slice(1)))")
    assert seqs == list(range(seqs[0], seqs[-1] + 1))
    return seqs


async def test_a_room_is_read_from_its_end_to_its_beginning_and_back(embedded_stack: EmbeddedStack) -> None:
    async with ChatClient(embedded_stack, "bo") as bo, chromium() as browser:
        for number in range(112):
            await bo.say(f"history {number}")
        await bo.until(lambda: bo.shows("history 111"), "the last one", within_s=20)
        _, ada = await signed_in(browser, embedded_stack.url, "ada", java_script_enabled=False)
        await ada.get_by_role("link", name="lobby").click()
        await ada.get_by_text("Writing needs JavaScript").wait_for()
        assert (await _read(ada))[0] < 20, "it opens at the first unread one"
        await ada.get_by_role("link", name="Newest messages").click()
        seqs = await _read(ada)
        assert seqs[-1] == 120
        await expect(ada.get_by_role("link", name="Newest messages")).to_have_count(0)
        for _ in range(10):
            if seqs[0] == 1:
                break
            oldest = seqs[0]
            await ada.get_by_role("link", name="Older messages").click()
            await expect(ada.locator(f"#m{oldest}")).to_be_in_viewport()
            seqs = await _read(ada)
            assert seqs[0] < oldest <= seqs[-1], "no hole between two pages"
        assert seqs[0] == 1
        await ada.get_by_text("Good morning!").wait_for()
        await ada.get_by_role("link", name="Newer messages").click()
        assert (await _read(ada))[-1] > seqs[-1]
        await ada.get_by_role("link", name="Newest messages").click()
        await ada.get_by_text("history 111").wait_for()
