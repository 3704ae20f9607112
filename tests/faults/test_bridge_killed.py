"""A bridge that is killed, at whatever moment, loses nothing, doubles nothing and reorders nothing."""

from __future__ import annotations

import asyncio
import random

import pytest
import websockets

from tests.faults.conftest import audited
from tests.faults.scale import only_in_soak
from tests.stack.client import ChatClient
from tests.stack.invariants import check, stored
from tests.stack.processes import ManagePy
from tests.stack.stack import EmbeddedStack, ServicesStack

pytestmark = pytest.mark.asyncio

SENDS = 1000


@pytest.mark.services
async def test_a_bridge_killed_in_the_middle_of_a_thousand_sends_loses_and_doubles_nothing(
    services_stack: ServicesStack,
) -> None:
    bridge = services_stack.processes[0]
    async with ChatClient(services_stack, "ada") as ada, ChatClient(services_stack, "bo") as bo:
        await bo.until(lambda: bo.rev >= 8, "the demo talk")
        sending = asyncio.create_task(_send(ada, bo))
        await bo.until(lambda: len(bo.messages) > 8 + random.randint(50, 400), "the middle", within_s=30)
        await asyncio.to_thread(bridge.kill)
        await sending
        for client in (ada, bo):
            await client.until(lambda client=client: len(client.accepted) == SENDS / 2, "all accepted without a bridge")
        await asyncio.to_thread(services_stack.start_bridge)
        for client in (ada, bo):
            await client.until(lambda client=client: len(client.messages) >= SENDS, "everything shown", within_s=30)
            await client.until(lambda client=client: max(client.messages) == 8 + SENDS, "the last one", within_s=30)
        assert len(stored(services_stack)) == 8 + SENDS
        check(services_stack, ada, bo)
        for client in (ada, bo):
            mine = [body for _, client_id, body in stored(services_stack) if client_id in client.sent]
            assert mine == list(client.sent.values()), "the order of sending"
    audited(services_stack)


@only_in_soak
@pytest.mark.services
async def test_killed_again_and_again_under_load_it_still_loses_nothing(services_stack: ServicesStack) -> None:
    bridge: ManagePy = services_stack.processes[0]
    async with ChatClient(services_stack, "ada") as ada, ChatClient(services_stack, "bo") as bo:
        sending = asyncio.create_task(_send(ada, bo, pause_s=0.01))
        for _ in range(3):
            await asyncio.sleep(random.uniform(0.1, 1.2))
            await asyncio.to_thread(bridge.kill)
            bridge = await asyncio.to_thread(services_stack.start_bridge)
        await sending
        for client in (ada, bo):
            await client.until(lambda client=client: max(client.messages) == 8 + SENDS, "everything shown", within_s=40)
        check(services_stack, ada, bo)
    audited(services_stack)


async def test_an_embedded_process_killed_under_load_keeps_what_it_accepted(embedded_stack: EmbeddedStack) -> None:
    ada, bo = ChatClient(embedded_stack, "ada"), ChatClient(embedded_stack, "bo")
    await ada.open()
    await bo.open()
    sending = asyncio.create_task(_send(ada, bo, pause_s=0.001))
    await ada.until(lambda: len(ada.accepted) > 100, "under load")
    await asyncio.to_thread(embedded_stack.web.kill)
    with pytest.raises(websockets.ConnectionClosed):
        await sending
    await asyncio.to_thread(embedded_stack.start_web)
    for client in (ada, bo):
        unfinished = [client_id for client_id in client.sent if client_id not in client.accepted]
        await client.open(unfinished=unfinished[:1000])
        await client.until(
            lambda client=client: (
                set(client.accepted)
                <= {m["client_id"] for m in client.messages.values()}
                | set(ada.accepted if client is bo else bo.accepted)
            ),
            "caught up",
        )
    await ada.say("the end")
    for client in (ada, bo):
        await client.until(lambda client=client: client.shows("the end"), "the end")
    check(embedded_stack, ada, bo)
    await ada.close()
    await bo.close()


async def _send(ada: ChatClient, bo: ChatClient, pause_s: float = 0.001) -> None:
    """Half of the sends by each, taking turns."""
    for number in range(SENDS // 2):
        await ada.say(f"ada {number}")
        await bo.say(f"bo {number}")
        await asyncio.sleep(pause_s)
