"""Two people in two browsers, on every kind of deployment."""

from __future__ import annotations

import asyncio
import re
from uuid import uuid4

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.browser import chromium, forgive, open_room, see, signed_in, write
from tests.stack.client import ChatClient, read_all
from tests.stack.stack import EmbeddedStack, Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}


async def test_two_people_exchange_messages_both_ways(stack: Stack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, stack.url, "ada")
        _, bo = await signed_in(browser, stack.url, "bo", **PHONE)
        for page in (ada, bo):
            await open_room(page, stack.url)
        await write(ada, "Hello **Bo**, can you read this?")
        await see(bo, "Hello Bo, can you read this?")
        await write(bo, "I can, Ada.")
        await see(ada, "I can, Ada.")
        states = "els => els.slice(-2).map(e => [e.dataset.state, e.querySelector('.message-body').innerText])"
        for page in (ada, bo):
            shown = await page.eval_on_selector_all("[data-testid=message]", states)
            assert shown == [["sent", "Hello Bo, can you read this?"], ["sent", "I can, Ada."]]
        assert await ada.input_value("[data-testid=composer]") == ""
        assert await ada.evaluate("document.activeElement.dataset.testid") == "composer"


async def test_what_is_written_offline_is_sent_once_when_the_network_is_back(stack: Stack) -> None:
    async with chromium() as browser:
        context, ada = await signed_in(browser, stack.url, "ada")
        _, bo = await signed_in(browser, stack.url, "bo")
        for page in (ada, bo):
            await open_room(page, stack.url)
        await context.set_offline(True)
        await ada.wait_for_selector("[data-testid=connection-banner]")
        for number in range(3):
            await write(ada, f"offline {number}")
        await write(bo, "where is Ada?")
        await context.set_offline(False)
        await see(bo, "offline 2")
        await see(ada, "where is Ada?")
        bodies = "els => els.map(e => e.innerText).filter(t => /offline|where/.test(t)).map(t => t.split('\\n').at(-1))"
        for page in (ada, bo):
            sent = page.locator("[data-testid=message][data-state=sent]", has_text=re.compile("offline [0-2]|where is"))
            await expect(sent).to_have_count(4)
            shown = await page.eval_on_selector_all("[data-testid=message]", bodies)
            assert [one for one in shown if re.match(r"offline \d", one)] == ["offline 0", "offline 1", "offline 2"]
            assert shown.count("where is Ada?") == 1


async def test_editing_deleting_and_badges(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        for page in (ada, bo):
            await open_room(page, embedded_stack.url)
        await write(ada, "a typo heer")
        await see(bo, "a typo heer")
        await ada.press("[data-testid=composer]", "ArrowUp")
        await write(ada, "no typo here")
        await see(bo, "no typo here")
        await ada.hover("[data-testid=message]:last-child")
        await ada.click("[data-testid=message]:last-child [aria-label=Delete]")
        await ada.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await bo.get_by_text("This message was deleted.").wait_for()
        await ada.click("[data-room='2']")
        await ada.wait_for_url("**/rooms/2/")
        await write(bo, "look over here")
        await ada.locator("[data-room='1'] .badge", has_text="1").wait_for()
        await expect(ada).to_have_title(re.compile(r"^\(\d+\) "))


async def test_a_refused_edit_is_told_with_what_was_written(embedded_stack: EmbeddedStack) -> None:
    async with ChatClient(embedded_stack, "ada") as elsewhere, chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        await write(ada, "first version")
        await see(ada, "first version")
        await elsewhere.until(lambda: elsewhere.shows("first version"), "the message")
        message = elsewhere.messages[max(elsewhere.messages)]
        # Deleted in another tab while it is being edited here.
        await ada.press("[data-testid=composer]", "ArrowUp")
        await ada.fill("[data-testid=composer]", "second version")
        await elsewhere.write(type="delete", client_id=str(uuid4()), room=1, seq=message["seq"])
        await ada.get_by_text("This message was deleted.").wait_for()
        await ada.press("[data-testid=composer]", "Enter")
        await ada.locator(".message-unsaved", has_text="second version").wait_for()
        await ada.get_by_role("button", name="Discard").click()
        await expect(ada.locator(".message-unsaved")).to_have_count(0)


async def test_a_draft_survives_a_reload_and_stays_in_its_room(embedded_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        await ada.fill("[data-testid=composer]", "half a thought")
        await open_room(ada, embedded_stack.url, room=2)
        assert await ada.input_value("[data-testid=composer]") == ""
        await open_room(ada, embedded_stack.url)
        assert await ada.input_value("[data-testid=composer]") == "half a thought"


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/signup/", "/rooms/", "/rooms/1/", "/accounts/profile/", "/nowhere/"]
)
async def test_no_page_overflows_a_small_phone(shared_stack: EmbeddedStack, path: str) -> None:
    async with chromium() as browser:
        small = {"viewport": {"width": 320, "height": 640}}
        _, page = await signed_in(browser, shared_stack.url, "ada", **small)
        if "login" in path or "signup" in path:
            await page.context.clear_cookies()
        await page.goto(f"{shared_stack.url}{path}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        if path == "/nowhere/":
            forgive("404")


async def settled(rows: Locator) -> int:
    """The number of rows once it stays the same: pages are fetched ahead of time."""
    count = -1
    async with asyncio.timeout(10):
        while count != (count := await rows.count()):
            await asyncio.sleep(0.3)
    return count


async def test_scrolling_up_brings_history_and_what_is_read_does_not_move(embedded_stack: EmbeddedStack) -> None:
    async with ChatClient(embedded_stack, "bo") as bo, chromium() as browser:
        for number in range(270):
            await bo.say(f"history {number}")
        await bo.until(lambda: bo.shows("history 269"), "the last one", within_s=20)
        await read_all(embedded_stack, "ada")  # so that the room opens at its end
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        await see(ada, "history 269")
        rows, timeline = ada.locator("[data-testid=message]"), ada.locator(".timeline")
        before = await settled(rows)
        assert before < 278, "the premise: not everything is loaded at once"
        watched = rows.nth(20)
        key = await watched.get_attribute("data-key")
        # Where the page itself has it: a box asked for from outside may be one of the frame before.
        at = await watched.evaluate("row => (row.scrollIntoView(), row.getBoundingClientRect().y)")
        assert await settled(rows) > before, "older ones came"
        after = await ada.locator(f"[data-key='{key}']").evaluate("row => row.getBoundingClientRect().y")
        assert abs(after - at) <= 1, "the row in sight stayed"
        async with asyncio.timeout(20):
            while await settled(rows) < 278:
                await timeline.evaluate("element => element.scrollTop = 0")
        await write(ada, "back at the end")
        await see(ada, "back at the end")
        await expect(rows.last).to_be_in_viewport()


async def test_a_long_room_has_few_rows_and_both_its_ends_are_reached(embedded_stack: EmbeddedStack) -> None:
    async with ChatClient(embedded_stack, "bo") as bo, chromium() as browser:
        for number in range(420):
            await bo.say(f"history {number}")
        await bo.until(lambda: bo.shows("history 419"), "the last one", within_s=20)
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        await ada.locator(".jump").click()  # it opens at the first unread one
        await see(ada, "history 419")
        rows, timeline = ada.locator("[data-testid=message]"), ada.locator(".timeline")
        seqs = "els => els.map(e => Number(e.dataset.seq))"
        async with asyncio.timeout(30):
            while (shown := await rows.evaluate_all(seqs))[0] > 1:
                assert shown == list(range(shown[0], shown[-1] + 1)), "one stretch without a hole"
                await timeline.evaluate("element => element.scrollTop = 0")
                await settled(rows)
        assert len(shown) <= 300
        await bo.say("said meanwhile")
        await ada.locator(".jump").click()
        await see(ada, "said meanwhile")
        await timeline.evaluate("element => element.scrollTop = 0")
        await settled(rows)
        await write(ada, "from far up")
        await see(ada, "from far up")
        await expect(rows.last).to_be_in_viewport()
        assert len(await rows.evaluate_all(seqs)) <= 300


async def test_a_permalink_opens_at_its_message_and_leads_back_to_the_end(embedded_stack: EmbeddedStack) -> None:
    async with ChatClient(embedded_stack, "bo") as bo, chromium() as browser:
        for number in range(170):
            await bo.say(f"history {number}")
        await bo.until(lambda: bo.shows("history 169"), "the last one", within_s=20)
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await ada.goto(f"{embedded_stack.url}/rooms/1/30/")
        await ada.wait_for_selector("html[data-connection=online]")
        await expect(ada.locator("[data-seq='30']")).to_be_in_viewport()
        await expect(ada.locator("[data-seq='178']")).to_have_count(0)
        await bo.say("said meanwhile")
        await ada.locator(".jump").click()
        await see(ada, "said meanwhile")
        seqs = await ada.eval_on_selector_all("[data-testid=message]", "els => els.map(e => Number(e.dataset.seq))")
        assert seqs == list(range(seqs[0], 180)), "no hole between what is shown"


async def test_slow_mode_counts_down_and_keeps_the_text(embedded_stack: EmbeddedStack) -> None:
    ada = embedded_stack.sign_in("ada")
    headers = {"X-CSRFToken": ada.cookies["csrftoken"], "Origin": embedded_stack.url}
    changed = ada.patch("/api/v1/rooms/1", json={"slow_mode_s": 4}, headers=headers)
    assert changed.status_code == 200, changed.text
    async with chromium() as browser:
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        await open_room(bo, embedded_stack.url)
        await write(bo, "my turn")
        hint = bo.get_by_test_id("composer-hint")
        await expect(hint).to_contain_text("You can write again in")
        await write(bo, "and once more")
        await expect(bo.get_by_test_id("composer")).to_have_value("and once more")
        await expect(bo.get_by_test_id("send")).to_be_disabled()
        await expect(hint).not_to_contain_text("You can write again", timeout=20_000)
        await bo.press("[data-testid=composer]", "Enter")
        await see(bo, "and once more")
        await expect(bo.get_by_test_id("composer")).to_have_value("")


async def test_a_text_that_was_refused_for_now_is_back_in_the_composer(embedded_stack: EmbeddedStack) -> None:
    """Another tab had the turn: the server says no, and nothing of what was written is lost."""
    ada = embedded_stack.sign_in("ada")
    headers = {"X-CSRFToken": ada.cookies["csrftoken"], "Origin": embedded_stack.url}
    assert ada.patch("/api/v1/rooms/1", json={"slow_mode_s": 5}, headers=headers).status_code == 200
    async with chromium() as browser, ChatClient(embedded_stack, "bo") as other_tab:
        _, bo = await signed_in(browser, embedded_stack.url, "bo")
        await open_room(bo, embedded_stack.url)
        await other_tab.say("from the other tab")
        await see(bo, "from the other tab")
        await write(bo, "too soon from here")
        await expect(bo.get_by_test_id("composer-hint")).to_contain_text("You can write again in")
        await expect(bo.get_by_test_id("composer")).to_have_value("too soon from here")
        await expect(bo.locator("[data-testid=message]", has_text="too soon")).to_have_count(0)
