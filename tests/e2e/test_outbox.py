"""What was written and not yet sent: kept over closed tabs, sent by one tab only, gone at sign-out."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.e2e.browser import chromium, open_room, see, signed_in, write
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEPT = """async () => {
  const names = (await indexedDB.databases()).map((one) => one.name).filter((name) => name.startsWith("chat.outbox."));
  const kept = names.map((name) => new Promise((resolve) => {
    indexedDB.open(name).onsuccess = ({ target }) => {
      const { result } = target;
      const all = result.transaction("entries").objectStore("entries").getAll();
      all.onsuccess = () => { result.close(); resolve(all.result.map((entry) => entry.frame.body)); };
    };
  }));
  return [...(await Promise.all(kept)).flat(), ...Object.keys(localStorage).filter((key) => key.startsWith("chat."))];
}"""


async def hears_nothing(page: Page) -> None:
    """Sockets of this page open, and no server is at their other end."""

    def mute(_: WebSocketRoute) -> None:
        pass

    await page.route_web_socket("**/ws/", mute)


async def shown(page: Page, text: str) -> int:
    return await page.locator("[data-testid=message]", has_text=text).count()


async def test_what_a_closed_tab_had_not_sent_goes_once_through_the_other(embedded_stack: EmbeddedStack) -> None:
    url = embedded_stack.url
    async with chromium() as browser:
        context, deaf = await signed_in(browser, url, "ada")
        _, bo = await signed_in(browser, url, "bo")
        await open_room(bo, url)
        await hears_nothing(deaf)
        await deaf.goto(f"{url}/rooms/1/")
        for word in ("outbox one", "outbox two"):
            await write(deaf, word)
        await expect(deaf.locator("[data-testid=message]", has_text="outbox")).to_have_count(2)
        assert await deaf.evaluate(KEPT) == ["outbox one", "outbox two"]
        other = await context.new_page()
        await open_room(other, url)
        await write(other, "the other tab is fine")
        await see(bo, "the other tab is fine")
        assert (await shown(other, "outbox"), await shown(bo, "outbox")) == (0, 0)
        await deaf.close()
        await see(bo, "outbox two")
        sent = other.locator("[data-testid=message][data-state=sent]", has_text="outbox")
        await expect(sent).to_have_count(2)
        assert [text.split("\n")[-1] for text in await sent.all_inner_texts()] == ["outbox one", "outbox two"]
        assert await shown(bo, "outbox") == 2
        assert await other.evaluate(KEPT) == []


async def test_what_never_left_can_be_edited_and_goes_at_sign_out(embedded_stack: EmbeddedStack) -> None:
    url = embedded_stack.url
    async with chromium() as browser:
        _, ada = await signed_in(browser, url, "ada")
        await hears_nothing(ada)
        await ada.goto(f"{url}/rooms/1/")
        await write(ada, "not what I meant")
        state = ada.locator("[role=alert]", has_text="Not sent")
        await state.wait_for(timeout=15_000)
        await state.get_by_role("button", name="Edit").click()
        await expect(ada.locator("[data-testid=composer]")).to_have_value("not what I meant")
        assert await shown(ada, "not what I meant") == 0
        await write(ada, "what I meant")
        await ada.fill("[data-testid=composer]", "and a draft")
        assert len(await ada.evaluate(KEPT)) == 2
        await ada.click("form[action='/accounts/logout/'] button")
        await ada.wait_for_url(lambda address: "/rooms/" not in address)
        assert await ada.evaluate(KEPT) == []


async def test_a_draft_is_in_step_in_two_tabs_and_marks_its_room(embedded_stack: EmbeddedStack) -> None:
    url = embedded_stack.url
    async with chromium() as browser:
        context, one = await signed_in(browser, url, "ada")
        other, elsewhere = await context.new_page(), await context.new_page()
        for page, room in ((one, 1), (other, 1), (elsewhere, 2)):
            await open_room(page, url, room)
        mark = elsewhere.locator("[data-room='1']").get_by_role("img", name="Something you have not sent")
        await one.fill("[data-testid=composer]", "half a thought")
        await expect(other.locator("[data-testid=composer]")).to_have_value("half a thought")
        await expect(elsewhere.locator("[data-testid=composer]")).to_have_value("")
        await expect(mark).to_be_visible()
        await one.press("[data-testid=composer]", "Enter")
        await expect(other.locator("[data-testid=composer]")).to_have_value("")
        await expect(mark).to_have_count(0)


async def test_a_copied_link_leads_to_its_message(embedded_stack: EmbeddedStack) -> None:
    url = embedded_stack.url
    async with chromium() as browser:
        context, ada = await signed_in(browser, url, "ada", permissions=["clipboard-read", "clipboard-write"])
        await open_room(ada, url)
        await write(ada, "worth a link")
        message = ada.locator("[data-testid=message][data-state=sent]", has_text="worth a link")
        await message.hover()
        await message.get_by_role("link", name="Copy link").click()
        await message.get_by_role("link", name="Copied").wait_for()
        link = await ada.evaluate("navigator.clipboard.readText()")
        assert link == f"{url}/rooms/1/{await message.get_attribute('data-seq')}/"
        there = await context.new_page()
        await there.goto(link)
        await there.locator("[data-focus=true]", has_text="worth a link").wait_for()
