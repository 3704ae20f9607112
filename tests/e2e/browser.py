"""Debian's Chromium without a window; every console error, page error and CSP report is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from playwright.async_api import Browser, BrowserContext, Dialog, Page, async_playwright

from tests.stack.stack import PASSWORD, Stack

CHROMIUM = "/usr/bin/chromium-headless-shell"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

# The console names most violations, the event names them all, with the place.
REPORT = """addEventListener("securitypolicyviolation", (event) => console.error(
  `CSP report: ${event.violatedDirective}, ${event.blockedURI || "inline"}, ${event.sample} ${event.sourceFile}`), true)"""

complaints: list[str] = []


_shared: Browser | None = None
_ending = AsyncExitStack()
"""Of the one browser of this process: starting one takes longer than many tests. All who use it share a loop."""


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """A browser without contexts, one of its own with `more` arguments; leaves with a failure when a page complained of
    something."""
    complaints.clear()
    async with AsyncExitStack() as own:
        browser = await _launch(own, more) if more else await _shared_browser()
        try:
            yield browser
        except Exception as error:
            error.add_note(f"the pages complained of: {complaints}")
            raise
        finally:
            for context in browser.contexts:
                await context.close()
    assert complaints == []


async def _shared_browser() -> Browser:
    global _shared
    if _shared is None or not _shared.is_connected():
        await end_browser()
        _shared = await _launch(_ending, ())
    return _shared


async def _launch(ending: AsyncExitStack, more: Sequence[str]) -> Browser:
    playwright = await ending.enter_async_context(async_playwright())
    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *more])
    ending.push_async_callback(browser.close)
    return browser


async def end_browser() -> None:
    """The shared one, on its loop."""
    global _shared
    _shared = None
    await _ending.aclose()


async def watched_context(browser: Browser, **options: object) -> BrowserContext:
    """A context whose pages keep nothing to themselves: the only way tests make one."""
    made = await browser.new_context(**options)  # type: ignore[arg-type]
    await made.add_init_script(REPORT)
    made.on("console", lambda message: _keep(message.type, message.text))
    made.on("weberror", lambda error: complaints.append(f"page error: {error.error}"))
    made.on("dialog", _dismiss)
    return made


async def _dismiss(dialog: Dialog) -> None:
    """No page of ours opens one: a script ran that is not ours."""
    complaints.append(f"{dialog.type}: {dialog.message}")
    await dialog.dismiss()


def forgive(part: str) -> None:
    """Forget complaints that a test made on purpose; there has to be one."""
    before = len(complaints)
    complaints[:] = [one for one in complaints if part not in one]
    assert len(complaints) < before, f"no page complained of {part}"


async def signed_in(browser: Browser, url: str, name: str, **context: object) -> tuple[BrowserContext, Page]:
    """A context of its own, signed in with one of the deployment's ready sessions or by the form, at the list of rooms."""
    made = await watched_context(browser, **context)
    page = await made.new_page()
    if session := Stack.at(url).ready_session(name):
        await made.add_cookies(
            [{"name": "sessionid", "value": session, "url": url, "httpOnly": True, "sameSite": "Lax"}]
        )
        await page.goto(f"{url}/rooms/")
        return made, page
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
