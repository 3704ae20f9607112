"""A thousand sockets are cut at once: they come back evenly, cheaply, and without taking anybody else's time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple, Self

import pytest

from tests.faults.conftest import Measured
from tests.faults.scale import short_or_whole
from tests.stack.crowd import Crowd, percentile
from tests.stack.processes import wait_for
from tests.stack.proxy import Proxy
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services, pytest.mark.timed]

SOCKETS, ROOMS, PEOPLE = short_or_whole((200, 20, 100), (1_000, 20, 250))
OTHERS, PER_SECOND = 20, 50
BEFORE_S = short_or_whole(5, 60)
BACK_WITHIN_S, QUERIES_EACH, TIMES_THE_RATE, OTHERS_WITHIN_S = 45.0, 4.0, 3.0, 1.0

STATEMENTS = 'django_db_execute_total{alias="default",vendor="mysql"}'


class Asked(NamedTuple):
    """Statements so far: of the web process, and of everybody together."""

    at: float
    web: float
    everybody: float

    @classmethod
    def so_far(cls, stack: ServicesStack) -> Self:
        return cls(time.monotonic(), stack.metric(STATEMENTS), stack.queries())

    def since(self, before: Asked) -> Asked:
        return Asked(self.at - before.at, self.web - before.web, self.everybody - before.everybody)


async def test_a_crowd_that_was_cut_comes_back(make_stack: Callable[..., ServicesStack], measured: Measured) -> None:
    stack = make_stack(CHAT_CONNECT_RATE="50")
    people = stack.people(PEOPLE, ROOMS)
    cut_off = [people[number % PEOPLE] for number in range(SOCKETS)]
    others = stack.people(OTHERS, 4)
    open_before = stack.web.descriptors()
    with Proxy(stack.port) as way:
        async with Crowd(stack, others) as here, Crowd(stack, cut_off, [way.port]) as there:
            await there.talk(2, ROOMS)  # a room without a message has no `rev` to come back with
            await there.settle()
            start = Asked.so_far(stack)
            await here.talk(BEFORE_S, PER_SECOND)
            cut = Asked.so_far(stack)
            before = cut.since(start)
            for client in here.clients:
                client.accepted_after.clear()
            way.cut()
            talking = asyncio.create_task(here.talk(3600, PER_SECOND))
            back_s = await _until_back(there, 0.95, cut.at)
            await _until_back(there, 1.0, cut.at)
            during = Asked.so_far(stack).since(cut)
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
            await here.settle()
            await here.check()
            usual = before.web / before.at * during.at
            measured(
                f"{SOCKETS} sockets cut at once",
                {
                    "95 % back within, s": (back_s, BACK_WITHIN_S),
                    "queries a reconnect": ((during.web - usual) / SOCKETS, QUERIES_EACH),
                    "queries a second, times the rate before": (
                        during.everybody / during.at / (before.everybody / before.at),
                        TIMES_THE_RATE,
                    ),
                    "others accepted p99, s": (percentile(here.accepted_after(), 0.99), OTHERS_WITHIN_S),
                },
                f"all back after {during.at:.1f} s",
            )
    # The pools of threads have connections of their own by now.
    await asyncio.to_thread(wait_for, lambda: stack.web.descriptors() < open_before + 30, 120, "descriptors are closed")


async def _until_back(crowd: Crowd, share: float, since: float) -> float:
    """Seconds until this share of the clients has been welcomed again."""
    while sum(bool(client.resumed_after) for client in crowd.clients) < share * len(crowd.clients):
        assert time.monotonic() - since < 2 * BACK_WITHIN_S, "they do not come back"
        await asyncio.sleep(0.1)
    return time.monotonic() - since
