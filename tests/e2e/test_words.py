"""The app says nothing but its words: with every word marked, whatever has no mark is either data or raw."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, Route

from tests.e2e.browser import chromium, open_room, signed_in
from tests.e2e.screens import PERSON
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

MARK = """
const mark = (word) => typeof word === "string" ? `⟦${word}⟧`
  : typeof word === "function" ? { [word.name]: (...given) => mark(word(...given)) }[word.name]
  : Object.fromEntries(Object.entries(word).map(([key, one]) => [key, mark(one)]));
for (const key of Object.keys(words)) words[key] = mark(words[key]);
"""
# What the app shows of its own accord; names, bodies, times, keys and emoji are data.
RAW = """(withPlace) => {
  const data = ".message-body, .dialog-quote, .quote, time, kbd, code, .avatar, .emoji-grid, .reaction, .room-link-name, h1, .room-title p, strong, .badge, .seen-names, #switcher-rooms, #suggestions";
  const raw = (text) => /\\p{L}{2,}/u.test(text) && !text.includes("⟦");
  const found = [];
  for (const root of document.querySelectorAll("#room, #sidebar-rooms, #overlays")) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { parentElement, data: text } = texts.currentNode;
      const whole = parentElement.textContent;
      if (raw(text) && raw(whole) && !parentElement.closest(data)) {
        found.push(withPlace ? `${text} in ${parentElement.outerHTML.slice(0, 120)}` : text);
      }
    }
    for (const element of root.querySelectorAll("[title], [aria-label], [placeholder], [alt]")) {
      if (element.closest(data) || element.matches(".timeline")) continue;
      for (const name of ["title", "aria-label", "placeholder", "alt"]) {
        if (raw(element.getAttribute(name) ?? "")) found.push(`${name}: ${element.getAttribute(name)}`);
      }
    }
  }
  return found;
}"""
AWAY = {"rooms", "profile", "sessions", "new password", "closing the account", "not found", "people", "offline"}


async def _reader(browser: Browser, url: str) -> Page:
    """Somebody who reads Chinese, every word of the app marked."""

    async def marked(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=await answer.text() + MARK)

    context, page = await signed_in(browser, url, "ada", locale="zh-CN")
    await context.route("**/words.zh-hans*.js", marked)
    return page


async def test_no_state_of_a_room_says_anything_raw(shared_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        page = await _reader(browser, shared_stack.url)
        await open_room(page, shared_stack.url)
        await page.locator("[title^='⟦']").first.wait_for(state="attached")
        await page.locator(".composer-hint").evaluate("hint => (hint.textContent = 'Something raw')")
        assert await page.evaluate(RAW, False) == ["Something raw"], "the premise: what is raw is found"
        raw: dict[str, list[str]] = {}
        for screen in PERSON.keys() - AWAY:
            await PERSON[screen](page, shared_stack.url)
            if found := await page.evaluate(RAW, True):
                raw[screen] = found
            await page.evaluate("localStorage.clear()")
        assert raw == {}
