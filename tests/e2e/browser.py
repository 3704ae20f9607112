"""Debian's Chromium, as a person has it; every console error, page error and CSP report is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.stack.stack import PASSWORD

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

complaints: list[str] = []


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser; leaves with a failure when a page complained of something."""
    complaints.clear()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()
    assert complaints == []


async def signed_in(browser: Browser, url: str, name: str, **context: object) -> tuple[BrowserContext, Page]:
    """A context of its own, signed in by the form, at the list of rooms."""
    made = await browser.new_context(**context)  # type: ignore[arg-type]
    page = await made.new_page()
    page.on("console", lambda message: _keep(message.type, message.text))
    page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
    await page.goto(f"{url}/accounts/login/")
    await page.fill("[name=username]", name)
    await page.fill("[name=password]", PASSWORD)
    await page.click("button[type=submit]")
    await page.wait_for_url("**/rooms/")
    return made, page


def _keep(kind: str, text: str) -> None:
    """A cut network is said by the browser itself, as an error; that one we make on purpose."""
    if kind in {"error", "warning"} and "net::ERR_INTERNET_DISCONNECTED" not in text:
        complaints.append(f"{kind}: {text}")


async def open_room(page: Page, url: str, room: int = 1) -> None:
    await page.goto(f"{url}/rooms/{room}/")
    await page.wait_for_selector("html[data-connection=online]")


async def write(page: Page, text: str) -> None:
    await page.fill("[data-testid=composer]", text)
    await page.press("[data-testid=composer]", "Enter")


async def see(page: Page, text: str) -> None:
    """Wait until the newest messages show a text."""
    await page.locator("[data-testid=message]", has_text=text).last.wait_for()
