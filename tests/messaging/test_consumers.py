"""How events of sockets take their turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest
from channels.exceptions import StopConsumer

from messaging.consumers import ChatConsumer
from messaging.live.session import Session
from messaging.live.writers import FrameWriter

pytestmark = pytest.mark.asyncio

Told = list[tuple[str, int]]

SEND = '{"type":"send","client_id":"00000000-0000-0000-0000-00000000000%d","room":7,"body":"x"}'


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


def refusing(unread: Callable[[], int]) -> tuple[ChatConsumer, list[str]]:
    """A socket of which a message was refused in room 7; and the types of what it is told, in order."""
    told: list[str] = []
    writer = Mock(spec=FrameWriter, unread=unread, straight=lambda: None, backlog=lambda: 0)
    writer.write.side_effect = lambda frame: told.append(frame.split(b'"')[3].decode())
    writer.close.side_effect = lambda code: told.append(code.name)
    consumer = ChatConsumer()
    consumer.session = Session(SimpleNamespace(pk=1, display_name="Ada"), "key", writer)
    consumer.session.refused(7, UUID(int=1), 2.0)
    consumer.writer, consumer._greeted = writer, True
    return consumer, told


async def test_what_stood_behind_a_refused_message_takes_one_turn() -> None:
    events: asyncio.Queue[Any] = asyncio.Queue()
    consumer, told = refusing(events.qsize)
    running = asyncio.ensure_future(consumer({"type": "websocket"}, events.get, None))
    await asyncio.sleep(0)
    for text in (SEND % 2, SEND % 3, '{"type":"ping"}', '{"type":"ping"}', SEND % 4):
        events.put_nowait({"type": "websocket.receive", "text": text})
    await asyncio.sleep(0)
    assert told == ["rejected", "rejected", "pong"], "and then it is somebody else's turn"
    for _ in range(3):
        await asyncio.sleep(0)
    assert told[3:] == ["pong", "rejected"]
    running.cancel()


async def test_a_socket_that_is_closed_hears_of_its_refusals_first() -> None:
    consumer, told = refusing(lambda: 1)
    await consumer.dispatch({"type": "websocket.receive", "text": SEND % 2})
    assert told == []
    await consumer.dispatch({"type": "websocket.receive", "bytes": b"?"})
    assert told == ["rejected", "NOT_THE_PROTOCOL"]
