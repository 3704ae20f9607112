"""Networks that are slow, lossy or silent, between people and the web process and between it and its services."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.conftest import Measured
from tests.faults.scale import only_in_soak, short_or_whole
from tests.stack.crowd import Crowd, percentile
from tests.stack.own_services import OwnService
from tests.stack.proxy import Proxy
from tests.stack.stack import EmbeddedStack, ServicesStack

pytestmark = pytest.mark.asyncio

HEARTBEAT_S = short_or_whole(4, 20)
DEAD_WITHIN_S = short_or_whole(12.0, 50.0)
SOCKETS, ROOMS, PER_SECOND = short_or_whole((20, 2, 40), (200, 20, 50))
TALK_S = short_or_whole(5, 30)

MakeStack = Callable[..., ServicesStack]


@pytest.fixture
def way(embedded_stack: EmbeddedStack) -> Iterator[Proxy]:
    """To the web process."""
    with Proxy(embedded_stack.port) as proxy:
        yield proxy


async def test_a_slow_and_lossy_way_loses_nothing(
    embedded_stack: EmbeddedStack, way: Proxy, measured: Measured
) -> None:
    async with Crowd(embedded_stack, embedded_stack.people(SOCKETS, ROOMS), [way.port]) as crowd:
        way.faults.delay_s, way.faults.loss = 0.2, 0.05
        await crowd.talk(TALK_S, PER_SECOND)
        await crowd.settle()
        await crowd.check()
        shown = crowd.shown_after()
        measured(
            "+200 ms and 5 % loss to the clients",
            {"shown p95, s": (percentile(shown, 0.95), 3.0)},
            f"{len(shown)} sends, p50 {percentile(shown, 0.5):.2f} s",
        )


async def test_cuts_at_any_moment_lose_nothing(embedded_stack: EmbeddedStack, way: Proxy) -> None:
    async with Crowd(embedded_stack, embedded_stack.people(SOCKETS, ROOMS), [way.port]) as crowd:
        talking = asyncio.create_task(crowd.talk(TALK_S + 3, PER_SECOND))
        for _ in range(3):
            await asyncio.sleep(TALK_S / 3)
            way.cut()
        await talking
        await crowd.settle()
        await crowd.check()
        assert len(crowd.resumed_after()) >= SOCKETS


@pytest.mark.parametrize("half_open", [False, pytest.param(True, marks=only_in_soak)], ids=["blackhole", "half-open"])
async def test_a_dead_peer_is_found(
    embedded_stack: EmbeddedStack, way: Proxy, measured: Measured, half_open: bool
) -> None:
    """Its network says nothing: no packet, no end. The heartbeat finds it."""
    await asyncio.to_thread(embedded_stack.web.end)
    embedded_stack.environment["CHAT_HEARTBEAT_S"] = str(HEARTBEAT_S)
    await asyncio.to_thread(embedded_stack.start_web)
    people = embedded_stack.people(4, 1)
    async with Crowd(embedded_stack, people[:1]) as here:
        gone = Crowd(embedded_stack, people[1:], [way.port])
        for client in gone.clients:
            await client.open()
        way.faults.swallow_up = True
        way.faults.swallow_down = not half_open
        silent = time.monotonic()
        while embedded_stack.metric("chat_sockets") > 1:
            await asyncio.sleep(0.5)
            assert time.monotonic() - silent < 2 * DEAD_WITHIN_S + 5, "nobody notices"
        found_s = time.monotonic() - silent
        await here.talk(1, 20)
        await here.settle()
        for client in gone.clients:
            client.socket.transport.abort()
            await asyncio.wait([client._reading])
        measured(
            f"{'half-open' if half_open else 'blackholed'} clients, heartbeat {HEARTBEAT_S} s",
            {"found dead within, s": (found_s, DEAD_WITHIN_S)},
        )


@pytest.mark.services
@pytest.mark.parametrize(
    "fault", ["blackhole", pytest.param("slow", marks=only_in_soak), pytest.param("cut", marks=only_in_soak)]
)
async def test_redis_behind_a_bad_network_delays_and_loses_nothing(
    make_stack: MakeStack, own: Callable[[str], OwnService], measured: Measured, fault: str
) -> None:
    with Proxy(own("redis").port) as proxy:
        stack = make_stack({"REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0"})
        async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
            await crowd.talk(2, PER_SECOND)
            await crowd.settle()
            if fault == "slow":
                proxy.faults.delay_s = 0.2
            elif fault == "blackhole":
                proxy.faults.swallow_up = proxy.faults.swallow_down = True
            else:
                proxy.cut()
            await crowd.talk(TALK_S, PER_SECOND)
            await crowd.settle(40)
            proxy.faults.delay_s, proxy.faults.swallow_up, proxy.faults.swallow_down = 0.0, False, False
            proxy.cut()  # what was swallowed is gone: those connections are of no use to anybody
            await crowd.talk(2, PER_SECOND)
            await crowd.settle(40)
            await crowd.check()
            measured(
                f"Redis: {fault}",
                {
                    "accepted within, s": (crowd.accepted_after()[-1], 2.0),
                    "shown within, s": (crowd.shown_after()[-1], 10.0),
                },
            )
