"""Bridges come and go under load: partitions move between them, and no message is lost, doubled or reordered."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.conftest import audited
from tests.stack.client import ChatClient
from tests.stack.invariants import check
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

ROOMS = (1, 2, 3)
TAKE_OVER_S = 15.0


async def test_bridges_join_and_leave_under_load_and_nothing_is_lost(services_stack: ServicesStack) -> None:
    clients = [ChatClient(services_stack, name, room) for room in ROOMS for name in ("ada", "bo")]
    for client in clients:
        await client.open()
    stop = asyncio.Event()
    talking = [asyncio.create_task(_talk(client, stop)) for client in clients]
    second = await asyncio.to_thread(services_stack.start_bridge)
    await asyncio.sleep(2)
    await asyncio.to_thread(services_stack.processes[0].end)
    third = await asyncio.to_thread(services_stack.start_bridge)
    await asyncio.sleep(2)
    await asyncio.to_thread(second.kill)
    await asyncio.sleep(1)
    stop.set()
    said = await asyncio.gather(*talking)
    for client, count in zip(clients, said, strict=True):
        await client.until(lambda client=client, count=count: len(client.accepted) == count, "accepted", within_s=10)
    for client in clients:
        await client.until(
            lambda client=client: set(client.sent) <= {one["client_id"] for one in client.messages.values()},
            "taken over",
            within_s=TAKE_OVER_S,
        )
    for room in ROOMS:
        one, other = (client for client in clients if client.room == room)
        await one.until(lambda one=one, other=other: max(one.messages) >= max(other.messages), "the same", within_s=5)
        await other.until(lambda one=one, other=other: max(other.messages) >= max(one.messages), "the same", within_s=5)
        check(services_stack, one, other, room=room)
    for client in clients:
        await client.close()
    assert audited(services_stack)["stored"] >= sum(said)
    assert third.process.poll() is None
    assert min(said) > 50
    assert services_stack.tracebacks() == []


async def _talk(client: ChatClient, stop: asyncio.Event) -> int:
    """Say something every 30 ms until told to stop; returns how often."""
    count = 0
    while not stop.is_set():
        await client.say(f"{client.name} {client.room} {count}")
        count += 1
        await asyncio.sleep(0.03)
    return count
