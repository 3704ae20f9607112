"""Every screen and state that people meet, by name: for the tests that look at all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import uuid4

from playwright.async_api import Page

from tests.e2e.browser import open_room
from tests.stack.client import ask
from tests.stack.processes import wait_for
from tests.stack.stack import Stack

Way = Callable[[Page, str], Awaitable[None]]


def _at(path: str) -> Way:
    async def go(page: Page, url: str) -> None:
        await page.goto(f"{url}{path}")

    return go


def _first_of(path: str, links: str) -> Way:
    async def go(page: Page, url: str) -> None:
        await page.goto(f"{url}{path}")
        await page.locator(links).first.click()
        await page.wait_for_url(lambda now: not now.endswith(path))

    return go


async def _trying_a_filter(page: Page, url: str) -> None:
    await page.goto(f"{url}/admin/messaging/wordfilter/")
    await page.locator("input.action-select").first.check()
    await page.select_option("select[name=action]", "try_out")
    await page.locator(".actions button").click()
    await page.locator("#changelist-form").wait_for(state="detached")


async def _in_room(page: Page, url: str) -> None:
    await open_room(page, url)


async def _at_message(page: Page, url: str) -> None:
    await page.goto(f"{url}/rooms/1/3/")
    await page.wait_for_selector("html[data-connection=online]")


async def _wrong_password(page: Page, url: str) -> None:
    await page.goto(f"{url}/accounts/signup/")
    await page.fill("[name=username]", "ada")
    await page.fill("[name=password1]", "1")
    await page.fill("[name=password2]", "2")
    await page.click("main button[type=submit]")
    await page.locator(".field-error").first.wait_for()


async def _tools(page: Page, url: str) -> None:
    await open_room(page, url)
    await page.locator("[data-testid=message]").last.focus()
    await page.locator(".message-tools").wait_for()


async def _reaction_picker(page: Page, url: str) -> None:
    await _tools(page, url)
    await page.locator(".message-tools button").first.click()
    await page.get_by_test_id("emoji-picker").wait_for()


async def _emoji_picker(page: Page, url: str) -> None:
    await open_room(page, url)
    await page.locator(".composer-field .icon-button").nth(1).click()
    await page.get_by_test_id("emoji-picker").wait_for()


async def _no_emoji(page: Page, url: str) -> None:
    await _emoji_picker(page, url)
    await page.get_by_test_id("emoji-picker").locator("input").fill("zzzz")


async def _formats(page: Page, url: str) -> None:
    await open_room(page, url)
    await page.locator(".composer-field .icon-button").first.click()
    await page.get_by_test_id("format-hints").wait_for()


async def _suggestions(page: Page, url: str) -> None:
    await open_room(page, url)
    await page.focus("[data-testid=composer]")
    await page.keyboard.type("@")
    await page.locator("#suggestions").wait_for()


async def _too_long(page: Page, url: str) -> None:
    await open_room(page, url)
    await page.fill("[data-testid=composer]", "long " * 810)
    await page.locator(".composer-hint .danger").wait_for()


async def _replying(page: Page, url: str) -> None:
    await _tools(page, url)
    await page.keyboard.press("r")
    await page.locator(".composer-bar").wait_for()


async def _deleting(page: Page, url: str) -> None:
    await _tools(page, url)
    await page.keyboard.press("Delete")
    await page.get_by_test_id("delete-dialog").wait_for()


async def _journey(page: Page, url: str) -> None:
    await open_room(page, url)
    await page.locator("[data-testid=message]", has_text="Ada").last.focus()
    await page.keyboard.press("i")
    await page.get_by_test_id("journey-dialog").locator("dl").wait_for()


async def _switcher(page: Page, url: str) -> None:
    await open_room(page, url)
    await page.keyboard.press("Control+k")
    await page.locator(".switcher[open]").wait_for()


async def _shortcuts(page: Page, url: str) -> None:
    await open_room(page, url)
    await page.keyboard.press("Control+/")
    await page.get_by_test_id("shortcuts").wait_for()


async def _no_room_of_that_name(page: Page, url: str) -> None:
    await _switcher(page, url)
    await page.fill(".switcher input", "zzzz")


async def _offline(page: Page, url: str) -> None:
    await open_room(page, url)
    await page.context.set_offline(True)
    await page.locator("[data-testid=connection-banner]").wait_for()
    await page.fill("[data-testid=composer]", "written `offline`")
    await page.press("[data-testid=composer]", "Enter")
    await page.locator("[data-testid=message][data-state=sending]").last.wait_for()


GUEST: dict[str, Way] = {
    "sign in": _at("/accounts/login/"),
    "sign up, refused": _wrong_password,
    "password forgotten": _at("/accounts/password_reset/"),
}
PERSON: dict[str, Way] = {
    "rooms": _at("/rooms/"),
    "profile": _at("/accounts/profile/"),
    "sessions": _at("/accounts/sessions/"),
    "new password": _at("/accounts/password_change/"),
    "closing the account": _at("/accounts/delete/"),
    "not found": _at("/nowhere/"),
    "people": _at("/rooms/1/people/"),
    "room": _in_room,
    "room at a message": _at_message,
    "a message's tools": _tools,
    "reaction picker": _reaction_picker,
    "emoji picker": _emoji_picker,
    "no such emoji": _no_emoji,
    "formats": _formats,
    "suggestions": _suggestions,
    "too long": _too_long,
    "replying": _replying,
    "deleting": _deleting,
    "a message's journey": _journey,
    "switcher": _switcher,
    "no such room": _no_room_of_that_name,
    "shortcuts": _shortcuts,
    "offline": _offline,
}
MODERATOR: dict[str, Way] = {
    "open cases": _at("/rooms/1/cases/"),
    "a case": _first_of("/rooms/1/cases/", ".case-head a"),
    "my reports": _at("/reports/"),
}
"""Of an owner of room 1, once there is `something_to_moderate`."""

STAFF: dict[str, Way] = {
    "admin": _at("/admin/"),
    "dead letters": _at("/admin/messaging/deadletter/"),
    "messages in the admin": _at("/admin/messaging/message/"),
    "dashboard": _at("/admin/messaging/moderationcase/dashboard/"),
    "cases in the admin": _at("/admin/messaging/moderationcase/"),
    "a case in the admin": _first_of("/admin/messaging/moderationcase/", "#result_list tbody th a"),
    "held messages": _at("/admin/messaging/heldmessage/"),
    "a new sanction": _at("/admin/messaging/sanction/add/"),
    "a new filter": _at("/admin/messaging/wordfilter/add/"),
    "filters": _at("/admin/messaging/wordfilter/"),
    "trying a filter": _trying_a_filter,
    "a new retention rule": _at("/admin/messaging/retentionrule/add/"),
    "the log of moderation": _at("/admin/messaging/moderationaction/"),
    "a new webhook": _at("/admin/messaging/webhook/add/"),
    "operations": _at("/ops/"),
}
SCREENS = GUEST | PERSON | MODERATOR | STAFF


def something_to_moderate(stack: Stack) -> None:
    """A case and a held message in room 1, and a filter."""
    chen, bo, admin = (stack.sign_in(name) for name in ("chen", "bo", "admin"))
    ask(chen, "POST", "rooms/1/messages/2/report", reason="spam", comment="Again.").raise_for_status()
    fields = {"name": "raffles", "kind": "words", "pattern": "raffle", "action": "hold", "is_active": "on"}
    admin.get("/admin/messaging/wordfilter/add/")
    assert stack.post(admin, "/admin/messaging/wordfilter/add/", **fields).status_code == 302

    def is_held() -> bool:
        return "held" in ask(bo, "POST", "rooms/1/messages", client_id=str(uuid4()), body="A raffle!").text

    wait_for(is_held, 10, "the filter")
