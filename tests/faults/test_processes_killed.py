"""Web processes and bridges end at any moment, badly or well: nothing is lost, and people are back soon."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from tests.faults.conftest import Measured, audited
from tests.faults.scale import only_in_soak, short_or_whole
from tests.stack.crowd import Crowd, percentile
from tests.stack.processes import ManagePy
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

MakeStack = Callable[..., ServicesStack]

SOCKETS, ROOMS, PER_SECOND = short_or_whole((30, 4, 50), (200, 20, 50))
KILLS = short_or_whole(2, 20)
RESUMED_WITHIN_S = 10.0
TAKE_OVER_S = 15.0
MOVED_S = 2.5
"""What partitions that move are late: 3.7-3.9 s when a bridge heard of it every 2 s only."""


async def test_kills_at_random_moments_lose_double_and_reorder_nothing(
    make_stack: MakeStack, measured: Measured
) -> None:
    stack = make_stack()
    bridge = stack.processes[0]
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        talking = asyncio.create_task(crowd.talk(3600, PER_SECOND))
        for number in range(KILLS):
            await asyncio.sleep(random.uniform(0.3, 3))
            if number % 2:
                await asyncio.to_thread(stack.web.kill)
                await asyncio.to_thread(stack.start_web)
            else:
                await asyncio.to_thread(bridge.kill)
                bridge = await asyncio.to_thread(stack.start_bridge)
        await asyncio.sleep(3)
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        await crowd.settle()
        await crowd.check()
        resumed = crowd.resumed_after()
        sent = sum(len(client.sent) for client in crowd.clients)
        measured(
            f"kill -9 of web and bridge, {KILLS} times",
            {"clients resumed p95, s": (percentile(resumed, 0.95), RESUMED_WITHIN_S)},
            f"{sent} sends: 0 lost, 0 doubled, 0 holes",
        )
    assert audited(stack)["stored"] >= sent


async def test_two_web_processes_are_restarted_one_after_the_other(make_stack: MakeStack, measured: Measured) -> None:
    """Each ends by SIGTERM: its sockets get 4412, spread over the drain window, and go on with the other."""
    stack = make_stack(CHAT_DRAIN_S="3")
    webs = [stack.web, await asyncio.to_thread(stack.start_web, stack.another_port())]
    ports = [stack.port, stack.ports[-1]]
    rounds = short_or_whole(1, 3)
    async with Crowd(stack, stack.people(SOCKETS, ROOMS), ports) as crowd:
        talking = asyncio.create_task(crowd.talk(3600, PER_SECOND))
        for _ in range(rounds):
            for place, port in enumerate(ports):
                crowd.go_elsewhere(port, ports[1 - place])
                await asyncio.to_thread(webs[place].end)
                webs[place] = await asyncio.to_thread(stack.start_web, port)
                crowd.spread(ports)
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        await crowd.settle()
        await crowd.check()
        codes = [code for client in crowd.clients for code in client.close_codes]
        others = sum(code != 4412 for code in codes) / max(1, len(codes))
        assert codes
        measured(
            f"rolling restart of two web processes, {rounds} times",
            {"sockets that did not get 4412, %": (100 * others, 1.0)},
            f"{len(codes)} sockets were asked to reconnect; 0 lost",
        )


@pytest.mark.long
async def test_a_bridge_that_sleeps_and_wakes_writes_nothing_twice(make_stack: MakeStack, measured: Measured) -> None:
    asleep_s = short_or_whole(15, 60)
    stack = make_stack()
    sleeper = stack.processes[0]
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        await crowd.talk(2, PER_SECOND)
        await asyncio.to_thread(stack.start_bridge)
        talking = asyncio.create_task(crowd.talk(asleep_s + 5, PER_SECOND))
        await asyncio.sleep(1)
        sleeper.stop()
        await asyncio.sleep(asleep_s)
        sleeper.go_on()
        await talking
        await crowd.settle()
        await crowd.check()
        shown = crowd.shown_after()
        measured(
            f"a bridge stopped for {asleep_s} s and continued, beside another",
            {"taken over within, s": (shown[-1], TAKE_OVER_S)},
            f"{len(shown)} sends, p50 {percentile(shown, 0.5):.2f} s",
        )
    assert audited(stack)["stored"] >= len(shown)


@only_in_soak
async def test_bridges_that_come_and_go_keep_half_of_the_pace(make_stack: MakeStack, measured: Measured) -> None:
    seconds = short_or_whole(20, 120)
    stack = make_stack()
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        await crowd.talk(2, PER_SECOND)
        await crowd.settle()
        talking = asyncio.create_task(crowd.talk(seconds, PER_SECOND))
        guest: ManagePy | None = None
        for _ in range(seconds // 5):
            if guest is None:
                guest = await asyncio.to_thread(stack.start_bridge)
            else:
                await asyncio.to_thread(guest.end)
                guest = None
            await asyncio.sleep(2.5)
        await talking
        waiting = sum(len(client.unfinished()) for client in crowd.clients)
        said = seconds * PER_SECOND
        await crowd.settle()
        await crowd.check()
        measured(
            f"a bridge started or stopped every 5 s for {seconds} s",
            {
                "not yet shown at the end, %": (100 * waiting / said, 50.0),
                "shown p99, s": (percentile(crowd.shown_after(), 0.99), MOVED_S),
            },
            f"{said} sends",
        )
    audited(stack)
