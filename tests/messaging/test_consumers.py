"""How events of sockets take their turns."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.exceptions import StopConsumer

from messaging.consumers import ChatConsumer

pytestmark = pytest.mark.asyncio

Told = list[tuple[str, int]]


class Listed(ChatConsumer):
    """Notes what it is given; None ends it."""

    def __init__(self, name: str, told: Told) -> None:
        self.name, self.told = name, told

    async def dispatch(self, message: Any) -> None:
        if message is None:
            raise StopConsumer
        self.told.append((self.name, message))


def started(name: str, told: Told) -> tuple[asyncio.Queue[Any], asyncio.Task[None]]:
    events: asyncio.Queue[Any] = asyncio.Queue()
    return events, asyncio.ensure_future(Listed(name, told)({"type": "websocket"}, events.get, None))


async def test_an_event_is_handled_in_the_next_pass_of_the_loop() -> None:
    """With thousands of sockets a pass takes long: each one more is a wait that people feel."""
    told: Told = []
    events, running = started("a", told)
    await asyncio.sleep(0)
    for number in range(3):
        events.put_nowait(number)
        await asyncio.sleep(0)
        assert told[-1:] == [("a", number)]
        await asyncio.sleep(0)
    events.put_nowait(None)
    await running


async def test_who_floods_is_heard_in_turn_with_the_others() -> None:
    told: Told = []
    sockets = [started(name, told) for name in ("a", "b")]
    for number in (0, 1, 2, None):
        for events, _ in sockets:
            events.put_nowait(number)
    await asyncio.gather(*(running for _, running in sockets))
    assert told == [(name, number) for number in range(3) for name in ("a", "b")]
