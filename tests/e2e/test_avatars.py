"""A picture from its upload to the pages of others, and what stands there without one."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.async_api import FilePayload, Page, expect

from tests.e2e.browser import chromium, forgive, open_room, see, signed_in, write
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOWN = "async (image) => (await image.decode(), image.naturalWidth === 256)"
DOT_LIES_ON_IT = """(face) => {
  face.scrollIntoView();
  const { left, top, width, height } = face.nextElementSibling.getBoundingClientRect();
  return document.elementFromPoint(left + width / 2, top + height / 2) === face.nextElementSibling;
}"""
PLACE = "(face) => JSON.stringify(face.getBoundingClientRect())"


def photo() -> FilePayload:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((900, 600)).convert("RGB").save(out, "JPEG")
    return {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


async def upload(page: Page, url: str, file: FilePayload) -> None:
    await page.goto(f"{url}/accounts/profile/")
    await page.get_by_label("Picture", exact=True).set_input_files(file)
    await page.get_by_role("button", name="Upload").click()


async def test_a_picture_reaches_others_and_goes_again(embedded_stack: EmbeddedStack) -> None:
    url = embedded_stack.url
    async with chromium() as browser:
        _, ada = await signed_in(browser, url, "ada")
        _, bo = await signed_in(browser, url, "bo")
        await open_room(bo, url)
        await upload(ada, url, {"name": "me.png", "mimeType": "image/png", "buffer": b"no picture"})
        await expect(ada.locator(".field-error")).to_have_text("This is not a PNG, JPEG or WebP picture.")
        await upload(ada, url, photo())
        await expect(ada.get_by_text("Your picture is saved.")).to_be_visible()
        assert await ada.locator(".own-picture img").evaluate(SHOWN)

        await open_room(ada, url)
        await write(ada, "with a face")
        await see(bo, "with a face")
        await open_room(bo, url)
        face = bo.locator("[data-testid=message]", has_text="with a face").get_by_test_id("avatar")
        await expect(face.locator("img")).to_have_attribute("alt", "")
        assert await face.locator("img").evaluate(SHOWN)
        await expect(bo.locator("[data-testid=message]", has_text="with a face").locator(".presence")).to_be_visible()
        assert await face.evaluate(DOT_LIES_ON_IT)
        place = await face.evaluate(PLACE)

        # An address that shows nothing leaves the initials, in the same place.
        await bo.route("**/accounts/avatars/*", lambda route: route.abort())
        await bo.goto(f"{url}/rooms/")
        await open_room(bo, url)
        await expect(face.locator("img")).to_have_count(0)
        await expect(face).to_have_text("A")
        assert await face.evaluate(PLACE) == place
        forgive("net::ERR_FAILED")

        await ada.goto(f"{url}/accounts/profile/")
        await ada.get_by_role("button", name="Remove the picture").click()
        await expect(ada.get_by_text("Your picture is removed.")).to_be_visible()
        await expect(ada.locator("img")).to_have_count(0)


async def test_the_face_of_somebody_new_comes_by_itself(embedded_stack: EmbeddedStack) -> None:
    url = embedded_stack.url
    async with chromium() as browser:
        _, stranger = await signed_in(browser, url, "admin")
        await upload(stranger, url, photo())
        _, bo = await signed_in(browser, url, "bo")
        await open_room(bo, url)
        await expect(bo.locator("#sidebar-rooms img")).to_have_count(0)
        await stranger.goto(f"{url}/rooms/")
        form = stranger.locator("form[action='/rooms/direct/']")
        await form.get_by_label("Username").fill("bo")
        await form.get_by_role("button").click()
        face = bo.locator("#sidebar-rooms img")
        await expect(face).to_have_count(1)
        await face.evaluate("(image) => image.decode()")
        assert await face.evaluate(SHOWN)
