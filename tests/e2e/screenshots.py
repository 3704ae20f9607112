"""python -m tests.e2e.screenshots: the pictures in docs/images, of a fresh embedded chat with its demo people."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Page

from tests.e2e.browser import chromium, end_browser, open_room, see, signed_in, write
from tests.stack.stack import EmbeddedStack

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDE = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True}


async def take(stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        _, ada = await signed_in(browser, stack.url, "ada", **WIDE)
        _, bo = await signed_in(browser, stack.url, "bo", **PHONE)
        await open_room(ada, stack.url)
        await open_room(bo, stack.url)
        await _set_the_scene(ada, bo)
        for page, name in ((ada, "room.png"), (bo, "phone.png")):
            await page.mouse.move(2, 2)
            await page.evaluate("document.activeElement.blur()")
            await page.screenshot(path=IMAGES / name)
    await end_browser()


async def _set_the_scene(ada: Page, bo: Page) -> None:
    await _react(bo, "Four minutes", "tada")
    await _react(ada, "Four minutes", "tada")
    await _react(ada, "I owe you a cake", "cake")
    await bo.locator("[data-testid=message]", has_text="cut the network").last.hover()
    await bo.locator(".message-tools").get_by_label("Reply", exact=True).click()
    await write(bo, "Tried it: three messages on the train, all there. @ada look :tada:")
    await see(ada, "all there")
    await _react(ada, "all there", "heart")
    await see(bo, "all there")


async def _react(page: Page, text: str, emoji: str) -> None:
    await page.locator("[data-testid=message]", has_text=text).last.hover()
    await page.locator(".message-tools").get_by_label("React", exact=True).click()
    await page.get_by_test_id("emoji-picker").get_by_label(emoji, exact=True).click()
    await page.locator("[data-testid=message]", has_text=text).last.locator("[aria-pressed=true]").first.wait_for()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stack = EmbeddedStack(Path(folder))
        try:
            stack.start_web()
            asyncio.run(take(stack))
        finally:
            stack.end()


if __name__ == "__main__":
    main()
