"""What a page may weigh, how soon it says something, how little it moves and how little it does again."""

from __future__ import annotations

import gzip
import statistics

import pytest
from playwright.async_api import Page, Response

from tests.e2e.browser import chromium, open_room, see, signed_in, write
from tests.stack.client import ChatClient
from tests.stack.stack import EmbeddedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timed]

JS_BYTES = PAGE_BYTES = 60 * 1024
FIRST_MESSAGE_MS = 500
SHIFT_MOST = 0.02

SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().filter((one) => !one.hadRecentInput).map(
  (one) => one.value))).observe({ type: "layout-shift", buffered: true });"""
# Preact tells of every component that is rendered; our sources keep their names.
COUNT = """async () => {
  const { options } = await import("preact");
  const before = options.__r;
  window.rendered = {};
  window.rows = new Set();
  options.__r = (vnode) => {
    window.rendered[vnode.type.name] = (window.rendered[vnode.type.name] ?? 0) + 1;
    if (vnode.type.name === "Message") window.rows.add(vnode.props.row.key);
    before?.(vnode);
  };
}"""


async def _weigh(page: Page, url: str) -> dict[str, int]:
    """Compressed bytes of what opening a room fetches, by kind."""
    await page.goto("about:blank")  # what the page before still fetches is not ours
    found: list[Response] = []
    page.on("response", lambda response: found.extend([response]))  # Playwright marks handlers: none of C's
    await open_room(page, url)
    weights: dict[str, int] = {}
    for response in found:
        kind = response.request.resource_type
        weights[kind] = weights.get(kind, 0) + len(gzip.compress(await response.body(), 9))
    return weights


async def test_a_room_with_a_full_page_of_messages_is_light(embedded_stack: EmbeddedStack) -> None:
    async with ChatClient(embedded_stack, "bo") as bo, chromium() as browser:
        for number in range(50):
            await bo.say(f"{number}: " + "some words of a usual length, **with** a [link](https://example.org) in them")
        await bo.until(lambda: len(bo.messages) >= 50, "a full page")
        context, ada = await signed_in(browser, embedded_stack.url, "ada")
        weights = await _weigh(ada, embedded_stack.url)
        assert 10_000 < weights["script"] <= JS_BYTES, weights
        assert 5_000 < weights["document"] <= PAGE_BYTES, weights
        await context.add_init_script(SHIFTS)
        paints = []
        for size in ({"width": 1280, "height": 800}, {"width": 390, "height": 844}) * 2:
            await ada.set_viewport_size(size)  # type: ignore[arg-type]
            await open_room(ada, embedded_stack.url)
            await ada.get_by_test_id("message").filter(has_text="some words").first.wait_for()
            await ada.wait_for_timeout(300)
            paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            paints.append(await ada.evaluate(paint))
            moved = await ada.evaluate("window.shifts.reduce((sum, one) => sum + one, 0)")
            assert moved <= SHIFT_MOST, (size, await ada.evaluate("window.shifts"))
        assert min(paints) <= FIRST_MESSAGE_MS, f"{paints}, median {statistics.median(paints)}"


async def _rendered(page: Page) -> dict[str, int]:
    """Since the last question."""
    await page.wait_for_timeout(100)
    found: dict[str, int] = await page.evaluate(
        "(() => { const now = window.rendered; window.rendered = {}; return now })()"
    )
    return found


async def test_only_rows_that_show_something_else_are_rendered(embedded_stack: EmbeddedStack) -> None:
    async with ChatClient(embedded_stack, "bo") as bo, chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        await write(ada, "the last one so far")
        await ada.locator("[data-testid=message][data-state=sent]", has_text="the last one so far").wait_for()
        await ada.locator(".message .presence").first.wait_for()  # who is there has been told
        await ada.wait_for_timeout(1_500)
        rows = await ada.locator("[data-testid=message]").count()
        await ada.evaluate(COUNT)
        await ada.locator("[data-testid=composer]").press_sequentially("what somebody writes")
        typing = await _rendered(ada)
        assert typing["Composer"] >= 20, "the premise: renderings are counted"
        assert typing.get("Message", 0) == 0
        await bo.write(type="typing", room=1)
        await ada.get_by_text("Bo is writing").wait_for()
        told = await _rendered(ada)
        assert told["Timeline"] >= 1, "the premise: the timeline is asked"
        assert told.get("Message", 0) == 0
        await bo.say("a new one")
        await see(ada, "a new one")
        assert 1 <= (await _rendered(ada))["Message"] <= 2
        assert rows >= 9
        await ada.evaluate("window.rows.clear()")
        await ada.locator("[data-testid=message]", has_text="a new one").hover()
        await ada.locator(".message-tools").get_by_label("React", exact=True).click()
        await ada.get_by_test_id("emoji-picker").get_by_label("tada", exact=True).click()
        await ada.locator("[aria-pressed=true]").first.wait_for()
        assert await ada.evaluate("window.rows.size") <= 2, "the message, and where it was seen before"
