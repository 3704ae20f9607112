"""Kafka dies under load: everything goes on being accepted, and is shown in order soon after its return."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Measured, audited
from tests.faults.scale import short_or_whole
from tests.stack.crowd import Crowd, percentile
from tests.stack.invariants import stored
from tests.stack.own_services import OwnService
from tests.stack.processes import wait_for
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

AWAY_S = short_or_whole(8, 30)
SOCKETS, ROOMS, PER_SECOND = short_or_whole((40, 4, 50), (200, 20, 50))
ACCEPTED_WITHIN_S, DRAINED_WITHIN_S = 2.0, 60.0

Own, MakeStack = Callable[[str], OwnService], Callable[..., ServicesStack]


async def test_sends_are_accepted_while_kafka_is_dead_and_shown_in_order_after_it(
    own: Own, make_stack: MakeStack, measured: Measured
) -> None:
    kafka = own("kafka")
    stack = make_stack(kafka.exports)
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        await crowd.talk(2, PER_SECOND)
        await crowd.settle()
        talking = asyncio.create_task(crowd.talk(AWAY_S + 4, PER_SECOND))
        await asyncio.sleep(1)
        await asyncio.to_thread(kafka.kill)
        await asyncio.sleep(AWAY_S)
        assert stack.metric("chat_spooling") == 1
        await asyncio.to_thread(kafka.start)
        back = time.monotonic()
        await talking
        await crowd.settle(DRAINED_WITHIN_S)
        drained_s = time.monotonic() - back
        await crowd.check()
        accepted = crowd.accepted_after()
        assert len(accepted) == sum(len(client.sent) for client in crowd.clients), "somebody was not told"
        measured(
            f"Kafka killed for {AWAY_S} s",
            {
                "accepted within, s": (accepted[-1], ACCEPTED_WITHIN_S),
                "drained within, s": (drained_s, DRAINED_WITHIN_S),
            },
            f"{len(accepted)} sends, p99 accepted {percentile(accepted, 0.99):.2f} s",
        )
    assert audited(stack)["stored"] >= len(accepted)


@pytest.mark.long
async def test_what_a_dead_process_had_spooled_is_relayed_by_the_bridge(own: Own, make_stack: MakeStack) -> None:
    kafka = own("kafka")
    stack = make_stack(kafka.exports)
    people = stack.people(4, 1)
    async with Crowd(stack, people) as crowd:
        await crowd.talk(1, 20)
        await crowd.settle()
        await asyncio.to_thread(kafka.kill)
        said = {await client.say(f"into the spool {n}") for n in range(5) for client in crowd.clients}
        for client in crowd.clients:
            await client.until(lambda client=client: set(client.sent) <= set(client.accepted), "accepted", 15)
        await asyncio.to_thread(stack.web.kill)
        await asyncio.to_thread(kafka.start)
        here = people[0].room
        await asyncio.to_thread(
            wait_for, lambda: said <= {row[1] for row in stored(stack, here)}, DRAINED_WITHIN_S, "relayed by the bridge"
        )
        await asyncio.to_thread(stack.start_web)
        await crowd.settle()
        await crowd.check()
        await asyncio.to_thread(
            wait_for, lambda: stack.rows("SELECT COUNT(*) FROM messaging_spooledrecord")[0][0] == 0, 15, "nothing left"
        )
