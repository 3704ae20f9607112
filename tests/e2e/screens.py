"""Every screen and state that people meet, by name: for the tests that look at all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import Page

from tests.e2e.browser import open_room

Way = Callable[[Page, str], Awaitable[None]]


def _at(path: str) -> Way:
    async def go(page: Page, url: str) -> None:
        await page.goto(f"{url}{path}")

    return go


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
    "switcher": _switcher,
    "no such room": _no_room_of_that_name,
    "shortcuts": _shortcuts,
    "offline": _offline,
}
STAFF: dict[str, Way] = {
    "admin": _at("/admin/"),
    "dead letters": _at("/admin/messaging/deadletter/"),
    "messages in the admin": _at("/admin/messaging/message/"),
}
SCREENS = GUEST | PERSON | STAFF
