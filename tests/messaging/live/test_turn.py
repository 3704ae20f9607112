"""A long job lets others run, and does not stand still where they take long."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from messaging.live import turn as turn_module
from messaging.live.turn import MOST_S, SLICE_S, Turn


class Clock:
    now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.mark.asyncio
@pytest.mark.parametrize(("others_s", "slice_s"), [(0.0, SLICE_S), (0.04, 0.02), (60.0, MOST_S)])
async def test_a_slice_is_short_or_half_of_what_the_others_took_and_bounded(
    monkeypatch: pytest.MonkeyPatch, others_s: float, slice_s: float
) -> None:
    clock = Clock()
    monkeypatch.setattr(turn_module, "time", SimpleNamespace(perf_counter=clock.perf_counter))
    turn, passes = Turn(), 0

    async def others() -> None:
        nonlocal passes
        while True:
            clock.now += others_s
            passes += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(others())
    assert not await turn.share(), "it has just begun"
    clock.now += SLICE_S * 1.01
    assert await turn.share()
    assert passes == 1
    clock.now += slice_s * 0.99
    assert not await turn.share()
    clock.now += slice_s * 0.02
    assert await turn.share()
    assert passes == 2
    running.cancel()
