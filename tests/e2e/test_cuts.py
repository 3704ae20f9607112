"""Two people talk while their browsers' networks are cut at random: nothing is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import random

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.browser import chromium, open_room, signed_in, write
from tests.faults.scale import short_or_whole
from tests.stack.invariants import stored
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

CUTS = short_or_whole(8, 100)
SEED = 20_261_126
HELD = 90
"""So many of the newest a page holds at least while it follows the talk."""

SHOWN = """els => els.filter((el) => el.dataset.state === "sent")
  .map((el) => el.querySelector(".message-body").innerText.trim()).filter((text) => text.startsWith("cut "))"""


async def talk(page: Page, name: str, chance: random.Random, over: asyncio.Event) -> list[str]:
    """Write numbered messages until it is over; returns them."""
    written: list[str] = []
    while not over.is_set():
        written.append(f"cut {name} {len(written)}")
        await write(page, written[-1])
        await asyncio.sleep(chance.uniform(0.05, 0.6))
    return written


async def cut(contexts: list[BrowserContext], chance: random.Random) -> None:
    """One side, or both, lose the network for a while; it comes back for a while."""
    hit = chance.sample(contexts, chance.randint(1, len(contexts)))
    for context in hit:
        await context.set_offline(True)
        await asyncio.sleep(chance.uniform(0, 0.3))
    await asyncio.sleep(chance.uniform(0.05, 1.0))
    for context in hit:
        await context.set_offline(False)
        await asyncio.sleep(chance.uniform(0, 0.3))
    await asyncio.sleep(chance.uniform(0.05, 1.0))


async def test_random_cuts_lose_double_and_swap_nothing(embedded_stack: EmbeddedStack) -> None:
    chance = random.Random(SEED)
    async with chromium() as browser:
        people = {name: await signed_in(browser, embedded_stack.url, name) for name in ("ada", "bo")}
        for _, page in people.values():
            await open_room(page, embedded_stack.url)
        over = asyncio.Event()
        talks = [asyncio.create_task(talk(page, name, chance, over)) for name, (_, page) in people.items()]
        for _ in range(CUTS):
            await cut([context for context, _ in people.values()], chance)
        over.set()
        written = dict(zip(people, await asyncio.gather(*talks), strict=True))
        await _arrived(people)
        bodies = [body for _, _, body in stored(embedded_stack) if body.startswith("cut ")]
        for name, said in written.items():
            assert [body for body in bodies if body.split()[1] == name] == said, f"{name}: lost, doubled or swapped"
            shown = await people[name][1].eval_on_selector_all("[data-testid=message]", SHOWN)
            assert len(shown) >= min(len(bodies), HELD)
            assert shown == bodies[-len(shown) :], f"{name} sees something else"


async def _arrived(people: dict[str, tuple[BrowserContext, Page]]) -> None:
    """Each writes a last word; who sees both, with nothing on its way, has seen everything."""
    for name, (_, page) in people.items():
        await write(page, f"the last word of {name}")
    for _, page in people.values():
        for name in people:
            last = page.locator("[data-testid=message][data-state=sent]", has_text=f"the last word of {name}")
            await expect(last).to_have_count(1, timeout=60_000)
        await expect(page.locator("[data-testid=message]:not([data-state=sent])")).to_have_count(0)
