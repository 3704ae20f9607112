from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from messaging import limits
from messaging.live.hub import Hub


@pytest_asyncio.fixture
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setattr(limits, "REV_CHECK_EVERY_S", 0.05)
    monkeypatch.setattr(limits, "BADGES_EVERY_S", 0.02)
    made = Hub()
    await made.start()
    yield made
    await made.stop()
