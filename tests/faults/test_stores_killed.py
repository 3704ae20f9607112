"""Redis and MariaDB die and come back: sockets stay, sends go on being accepted, and everything is shown soon after."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx
import pytest

from tests.faults.conftest import Measured, audited
from tests.faults.scale import short_or_whole
from tests.stack.crowd import Crowd
from tests.stack.own_services import OwnService
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

SOCKETS, ROOMS, PER_SECOND = short_or_whole((30, 4, 50), (200, 20, 50))
BACK_WITHIN_S = 10.0

Own, MakeStack = Callable[[str], OwnService], Callable[..., ServicesStack]


async def test_redis_killed_and_back_empty(own: Own, make_stack: MakeStack, measured: Measured) -> None:
    redis = own("redis")
    stack = make_stack(redis.exports)
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        talking = asyncio.create_task(crowd.talk(short_or_whole(10, 30), PER_SECOND))
        await asyncio.sleep(2)
        await asyncio.to_thread(redis.kill)
        await asyncio.sleep(3)
        await asyncio.to_thread(redis.start)
        await talking
        ended = time.monotonic()
        await crowd.settle(30)
        await crowd.check()
        assert all(client.connects == 1 for client in crowd.clients), "sockets stay, and nobody is signed out"
        measured(
            "Redis killed, back empty",
            {
                "accepted within, s": (crowd.accepted_after()[-1], 2.0),
                "holes filled within, s": (crowd.shown_after()[-1], BACK_WITHIN_S),
                "all shown after the last send, s": (time.monotonic() - ended, BACK_WITHIN_S),
            },
        )
    audited(stack)


async def test_mariadb_killed(own: Own, make_stack: MakeStack, measured: Measured) -> None:
    away_s = short_or_whole(6, 20)
    mariadb = own("mariadb")
    stack = make_stack(mariadb.exports)
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        await crowd.talk(2, PER_SECOND)
        await crowd.settle()
        talking = asyncio.create_task(crowd.talk(away_s + 6, PER_SECOND))
        await asyncio.sleep(1)
        await asyncio.to_thread(mariadb.kill)
        await asyncio.sleep(1)
        asked = time.monotonic()
        answer = await asyncio.to_thread(httpx.get, f"{stack.url}/readyz", timeout=10)
        answered_s = time.monotonic() - asked
        await asyncio.sleep(away_s - 1)
        await asyncio.to_thread(mariadb.start)
        back = time.monotonic()
        await talking
        await crowd.settle(60)
        await crowd.check()
        assert answer.status_code == 503
        assert all(client.connects == 1 for client in crowd.clients), "sockets stay"
        measured(
            f"MariaDB killed for {away_s} s",
            {
                "accepted within, s": (crowd.accepted_after()[-1], 2.0),
                "errors told within, s": (answered_s, 2.0),
                "all shown after its return, s": (time.monotonic() - back - 5, BACK_WITHIN_S),
            },
        )
    audited(stack)
