"""Calls that are given up half-way: no reply reaches anybody else (a pool that hands a half-read connection on does that)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from uuid import uuid4

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer

from messaging.threads import in_database
from tests.faults.scale import short_or_whole

pytestmark = pytest.mark.asyncio

CALLS = short_or_whole(2_000, 10_000)


@pytest.mark.services
async def test_cancelled_sends_disturb_no_other_event() -> None:
    layer = RedisPubSubChannelLayer(hosts=[os.environ["REDIS_URL"]], prefix=uuid4().hex)
    channels = [await layer.new_channel() for _ in range(4)]
    for number, channel in enumerate(channels):
        await layer.group_add(f"group.{number}", channel)
    heard: list[list[int]] = [[] for _ in channels]

    async def listen(number: int) -> None:
        while True:
            event = await layer.receive(channels[number])
            assert event["group"] == number, "an event of another group"
            heard[number].append(event["place"])

    async def give_up_on(number: int, place: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(random.uniform(0, 0.002)):
                await layer.group_send(f"group.{number}", {"type": "x", "group": number, "place": place})

    listening = [asyncio.create_task(listen(number)) for number in range(len(channels))]
    for start in range(0, CALLS, 50):
        await asyncio.gather(*(give_up_on(random.randrange(4), place) for place in range(start, start + 50)))
    for number in range(len(channels)):
        await layer.group_send(f"group.{number}", {"type": "x", "group": number, "place": CALLS})
    async with asyncio.timeout(10):
        while not all(CALLS in places for places in heard):
            for task in listening:
                assert not task.done(), task
            await asyncio.sleep(0.05)
    for task in listening:
        task.cancel()
    await asyncio.wait(listening, timeout=2)
    assert all(len(set(places)) == len(places) for places in heard), "told twice"
    await layer.flush()


@pytest.mark.django_db(transaction=True)
async def test_cancelled_database_calls_answer_nobody_else() -> None:
    """Each gets its own answer or none, whoever gave up before."""
    answers: list[tuple[int, int]] = []

    async def ask(number: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(random.choice([0.0005, 5])):
                answers.append((number, await in_database(int, number)))

    for start in range(0, CALLS, 100):
        await asyncio.gather(*(ask(number) for number in range(start, start + 100)))
    assert answers
    assert all(number == answer for number, answer in answers)
