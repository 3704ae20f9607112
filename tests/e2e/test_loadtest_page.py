"""The page that `manage.py loadtest --html` writes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.browser import chromium, watched_context
from tests.stack.processes import run_manage
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_lost_sockets_come_back_and_the_page_says_so(shared_stack: EmbeddedStack, tmp_path: Path) -> None:
    page_file = tmp_path / "report.html"
    told = [
        "loadtest", "reconnect-storm", "--sockets", "12", "--rooms", "3", "--rate", "10", "--seconds", "6",
        "--html", str(page_file), "--url", shared_stack.url,
    ]  # fmt: skip
    printed = await asyncio.to_thread(run_manage, told, shared_stack.environment)
    assert "resumed: p50" in printed
    async with chromium() as browser:
        context = await watched_context(browser, viewport={"width": 390, "height": 844})
        page = await context.new_page()
        await page.goto(page_file.as_uri())
        await expect(page.get_by_text("Every delivery was checked")).to_be_visible()
        assert await page.locator("svg path").count() > 8
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
