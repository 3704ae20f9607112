"""What is being read stays where it is: over pages of older messages, and over rows above it that grow late."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.browser import chromium, open_room, see, signed_in
from tests.faults.scale import short_or_whole
from tests.stack.client import ChatClient
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

PREPENDS = short_or_whole(4, 200)
PAGE = 50
BURST = 250
A_SECOND = 25

MOVED = """async (prepends) => {
  const list = document.querySelector(".timeline");
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const rows = () => [...list.querySelectorAll("[data-seq]")];
  const firstInSight = () => rows().find((row) => row.getBoundingClientRect().bottom > list.getBoundingClientRect().top);
  const seen = { pages: 0, moved: 0 };
  const watch = async (act) => {
    const row = firstInSight();
    const { top } = row.getBoundingClientRect();
    await act();
    for (let n = 0; n < 3; n += 1) await frame();
    seen.moved = Math.max(seen.moved, Math.abs(row.getBoundingClientRect().top - top));
  };
  for (; seen.pages < prepends; seen.pages += 1) {
    const { seq } = rows()[0].dataset;
    list.scrollTop = 600;
    await watch(async () => {
      for (let n = 0; n < 1800 && rows()[0].dataset.seq === seq; n += 1) await frame();
      if (rows()[0].dataset.seq === seq) throw new Error(`nothing older than ${seq} came`);
    });
    await watch(() => { rows()[0].style.minHeight = "300px"; });
    rows()[0].style.minHeight = "";
    await frame();
  }
  return seen;
}"""


async def fill(stack: EmbeddedStack, count: int) -> None:
    """Lines of different heights, within what one person may send."""
    async with ChatClient(stack, "bo") as bo:
        for number in range(count):
            await bo.say(f"line {number}" + "\n\nmore" * (number % 4))
            if number > BURST:
                await asyncio.sleep(1 / A_SECOND)
        await bo.until(lambda: len(bo.accepted) == count, "accepted")


async def test_pages_of_older_messages_and_late_heights_move_nothing(embedded_stack: EmbeddedStack) -> None:
    await fill(embedded_stack, (PREPENDS + 1) * PAGE)
    async with chromium() as browser:
        _, ada = await signed_in(browser, embedded_stack.url, "ada")
        await open_room(ada, embedded_stack.url)
        await ada.locator(".jump").click()  # it opens at the first unread one
        await see(ada, f"line {(PREPENDS + 1) * PAGE - 1}")
        seen = await ada.evaluate(MOVED, PREPENDS)
        assert seen["pages"] == PREPENDS
        assert seen["moved"] <= 1
