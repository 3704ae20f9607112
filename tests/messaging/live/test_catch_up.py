"""Equal questions share an answer, but only one that is still to come."""

from __future__ import annotations

import asyncio

import pytest

from messaging.live.catch_up import CatchUp, Read
from messaging.live.local_room import Caught

pytestmark = pytest.mark.asyncio


async def test_an_answer_that_has_just_come_is_too_old_for_who_asks_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the end of a reading and what its task calls when it is done, others run. Whoever got that answer, found
    it too old and asked again got it once more, without end, and the whole process stood still."""
    go_on = asyncio.Event()
    readings = 0

    async def read(room: int, after: int | None) -> Read:
        nonlocal readings
        await go_on.wait()
        readings += 1
        return Read(Caught(readings, [], reset=False), 0)

    monkeypatch.setattr(CatchUp, "_read", staticmethod(read))
    catch_ups = CatchUp()
    first, same = (asyncio.create_task(catch_ups.read(1, 5)) for _ in range(2))
    await asyncio.sleep(0.01)
    go_on.set()  # the reading ends in the next turn of the loop,
    late = asyncio.create_task(catch_ups.read(1, 5))  # and this one asks in the same turn, after it
    assert [(await one).caught.rev for one in (first, same, late)] == [1, 1, 2]
    assert (await catch_ups.read(1, 5)).caught.rev == 3, "nothing is kept"
