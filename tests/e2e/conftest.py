from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.e2e.browser import end_browser


@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def _one_browser() -> AsyncIterator[None]:
    """For all tests here, ended with the loop they share."""
    yield
    await end_browser()
