"""axe-core finds nothing on any screen: light and dark, English and Chinese, wide and narrow; and all fit 320 px.

In a usual run every screen is looked at once, each in another of the eight ways; with SOAK=1 in all of them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator
from importlib.resources import files
from itertools import product

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.e2e.browser import chromium, forgive, signed_in, watched_context
from tests.e2e.screens import GUEST, MODERATOR, PERSON, SCREENS, STAFF, something_to_moderate
from tests.faults.scale import SOAK
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOCALES, SCHEMES, WIDTHS = ("en", "zh-CN"), ("light", "dark"), ((1280, 800), (390, 844))
WAYS = list(product(LOCALES, SCHEMES, WIDTHS))
# Without `preload`, for which axe copies styles into the page, against our policy; only the rule of locked orientations uses it.
RUN = """async (rules) => (await axe.run({ runOnly: rules, resultTypes: ["violations"], preload: false })).violations.flatMap((one) =>
  one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} | ${node.failureSummary.replace(/\\s+/g, " ").slice(0, 300)}`))"""


# At 320 px nothing is cut or pushed aside, and everything but a link within text is large enough to be hit.
NARROW = """() => {
  const found = [];
  if (document.documentElement.scrollWidth > 320) found.push(`overflow: ${document.documentElement.scrollWidth} px`);
  for (const element of document.querySelectorAll("a, button, input, select, textarea, summary, [role=option]")) {
    const { width, height } = element.getBoundingClientRect();
    const isShown = element.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true }) && width > 1 && !element.matches(".skip-link");
    if (isShown && getComputedStyle(element).display !== "inline" && Math.min(width, height) < 24) {
      found.push(`small: ${Math.round(width)} x ${Math.round(height)}: ${element.outerHTML.slice(0, 120)}`);
    }
  }
  return found;
}"""


def visits(screens: Collection[str]) -> Iterator[tuple[str, tuple[str, str, tuple[int, int]]]]:
    for place, name in enumerate(screens):
        for way in WAYS if SOAK else [WAYS[place % len(WAYS)]]:
            yield name, way


async def findings(page: Page) -> list[str]:
    await page.evaluate(AXE)
    found: list[str] = await page.evaluate(RUN, RULES)
    return found


class Visitors:
    """A context for each kind of person and language; each person signs in once."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self._url = browser, url
        self._states: dict[str, str] = {}
        self._contexts: dict[tuple[str, str], BrowserContext] = {}

    async def look(self, screen: str, locale: str, scheme: str, width: int, height: int) -> list[str]:
        """What axe finds there; the next one begins as if nothing had been."""
        page = await (await self.context(screen, locale)).new_page()
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": height})
        await SCREENS[screen](page, self._url)
        found = await findings(page)
        if screen not in STAFF:
            await page.set_viewport_size({"width": 320, "height": 640})
            found += await page.evaluate(NARROW)
        await page.evaluate("localStorage.clear()")
        await page.close()
        await page.context.set_offline(False)
        return found

    async def context(self, screen: str, locale: str) -> BrowserContext:
        name = "" if screen in GUEST else "admin" if screen in STAFF else "ada"
        if name and name not in self._states:
            made, _ = await signed_in(self._browser, self._url, name)
            self._states[name] = json.dumps(await made.storage_state())
            await made.close()
        if (name, locale) not in self._contexts:
            state = json.loads(self._states[name]) if name else None
            made = await watched_context(self._browser, locale=locale, storage_state=state)
            self._contexts[name, locale] = made
        return self._contexts[name, locale]


async def test_axe_finds_what_is_wrong(shared_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        page = await (await watched_context(browser)).new_page()
        await page.goto(f"{shared_stack.url}/accounts/login/")
        await page.evaluate("document.querySelector('label').remove()")
        assert any(one.startswith("label:") for one in await findings(page))


@pytest.mark.parametrize("screens", [{**GUEST, **PERSON}, {**MODERATOR, **STAFF}], ids=["people", "moderators"])
async def test_axe_finds_nothing_on_any_screen(shared_stack: EmbeddedStack, screens: Collection[str]) -> None:
    assert len(screens) >= 15
    if MODERATOR.keys() <= set(screens):
        await asyncio.to_thread(something_to_moderate, shared_stack)
    wrong: dict[str, list[str]] = {}
    async with chromium() as browser:
        visitors = Visitors(browser, shared_stack.url)
        for screen, (locale, scheme, (width, height)) in visits(screens):
            if found := await visitors.look(screen, locale, scheme, width, height):
                wrong[f"{screen}, {locale}, {scheme}, {width}"] = found
            if screen == "not found":
                forgive("404")
    assert wrong == {}, "\n".join(f"{where}:\n  " + "\n  ".join(found) for where, found in wrong.items())
