"""Deadlocks, held locks and a full house of connections: bounded retries, and nothing is stored twice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack

import MySQLdb
import pytest

from tests.faults.conftest import Measured, audited
from tests.faults.scale import only_in_soak, short_or_whole
from tests.stack.crowd import Crowd
from tests.stack.own_services import OwnService
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

SECONDS, PER_SECOND = short_or_whole((8, 150), (60, 150))


async def test_held_locks_and_deadlocks_are_retried(
    make_stack: Callable[..., ServicesStack], measured: Measured
) -> None:
    stack = make_stack()
    people = stack.people(12, 3)
    rooms = sorted({person.room for person in people})
    stop = threading.Event()
    done = 0
    deadlocks = stack.status("Innodb_deadlocks")

    def disturb() -> None:
        """Lock heads in the other order than the bridge does, and hold one for longer than it waits."""
        nonlocal done
        with stack.connection() as connection:
            cursor = connection.cursor()
            while not stop.wait(0.2):
                try:
                    cursor.execute("BEGIN")
                    for room in reversed(rooms):
                        cursor.execute(f"SELECT seq FROM messaging_roomhead WHERE room_id = {room} FOR UPDATE")
                        stop.wait(0.1)
                    if done % 5 == 0:
                        stop.wait(2.5)
                except MySQLdb.OperationalError:  # this side was chosen to give way
                    pass
                cursor.execute("ROLLBACK")
                done += 1

    disturbing = threading.Thread(target=disturb)
    async with Crowd(stack, people) as crowd:
        await crowd.talk(1, PER_SECOND)
        disturbing.start()
        await crowd.talk(SECONDS, PER_SECOND)
        stop.set()
        await asyncio.to_thread(disturbing.join)
        await crowd.settle()
        await crowd.check()
        measured(
            "locks held for 2.5 s and taken in the wrong order",
            {
                "accepted within, s": (crowd.accepted_after()[-1], 2.0),
                "shown within, s": (crowd.shown_after()[-1], 15.0),
            },
            f"{done} transactions in the way, {stack.status('Innodb_deadlocks') - deadlocks} deadlocks",
        )
    audited(stack)


@only_in_soak
async def test_a_database_without_a_free_connection_refuses_nobody_for_good(
    own: Callable[[str], OwnService], make_stack: Callable[..., ServicesStack]
) -> None:
    stack = make_stack(own("mariadb").exports)
    people = stack.people(12, 2)
    async with Crowd(stack, people[:6]) as here:
        await here.talk(1, 20)
        await here.settle()
        with ExitStack() as full:
            admin = full.enter_context(stack.connection())
            admin.cursor().execute("SET GLOBAL max_connections = 20")
            for _ in range(40):
                try:
                    full.enter_context(stack.connection())
                except MySQLdb.OperationalError:
                    break
            else:
                pytest.fail("the house is not full")
            await here.talk(4, 20)
            late = [asyncio.create_task(_come(stack, person)) for person in people[6:]]
            await asyncio.sleep(2)
            admin.cursor().execute("SET GLOBAL max_connections = 300")
        for crowd in await asyncio.gather(*late):
            await crowd.settle(20)
            await crowd.__aexit__(None, None, None)
        await here.settle(20)
        await here.check()
    audited(stack)


async def _come(stack: ServicesStack, person: object) -> Crowd:
    """Somebody who tries until they are let in."""
    crowd = Crowd(stack, [person])  # type: ignore[list-item]
    while True:
        try:
            return await crowd.__aenter__()
        except (AssertionError, OSError):
            await asyncio.sleep(0.5)
