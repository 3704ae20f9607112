"""Old messages go by the hundred thousand while people talk, and nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain

import pytest

from bench.filling import fill
from tests.faults.conftest import Measured
from tests.faults.scale import short_or_whole
from tests.stack.crowd import Crowd, percentile
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services, pytest.mark.timed]

SOCKETS, ROOMS, PER_SECOND = short_or_whole((30, 4, 50), (200, 20, 50))
OLD, KEPT, WINDOW_S = short_or_whole((4_000, 100, 5), (1_000_000, 1_000, 60))
SLOWER_AT_MOST = short_or_whole(3.0, 1.2)
LOBBY, HELD = 1, 2

AGE = "UPDATE messaging_message SET created_at = created_at - INTERVAL 200 DAY WHERE room_id = %s"
GROW = "UPDATE messaging_roomhead SET seq = %s, rev = %s WHERE room_id = %s"
RULE = "INSERT INTO messaging_retentionrule (room_id, days, legal_hold, note) VALUES (%s, 30, %s, '')"
LEFT = "SELECT COUNT(*) FROM messaging_message WHERE room_id = %s"


def make_old(stack: ServicesStack, room: int, old: int, kept: int) -> None:
    """A room with so many messages that are too old, and some behind them that are not."""
    with stack.connection() as connection:
        cursor = connection.cursor()
        cursor.execute(AGE, [room])
        cursor.execute("SELECT seq FROM messaging_roomhead WHERE room_id = %s", [room])
        said = cursor.fetchone()[0]
        fill(stack, room, old - said, first=said + 1, age_days=100)
        fill(stack, room, kept, first=old + 1)
        cursor.execute(GROW, [old + kept, old + kept, room])
        connection.commit()


def left(stack: ServicesStack, room: int) -> int:
    with stack.connection() as connection:
        cursor = connection.cursor()
        cursor.execute(LEFT, [room])
        return int(cursor.fetchone()[0])


@pytest.mark.long
async def test_a_purge_of_many_messages_stalls_no_send(
    make_stack: Callable[..., ServicesStack], measured: Measured
) -> None:
    stack = make_stack()
    await asyncio.to_thread(make_old, stack, LOBBY, OLD, KEPT)
    await asyncio.to_thread(make_old, stack, HELD, 500, 0)
    with stack.connection() as connection:
        connection.cursor().executemany(RULE, [(LOBBY, False), (HELD, True)])
        connection.commit()
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        await crowd.talk(3, PER_SECOND)

        async def accepted_p99() -> float:
            seen = [len(client.accepted_after) for client in crowd.clients]
            await crowd.talk(WINDOW_S, PER_SECOND)
            await crowd.settle()
            newest = (client.accepted_after[n:] for client, n in zip(crowd.clients, seen, strict=True))
            return percentile(sorted(chain.from_iterable(newest)), 0.99)

        before = await accepted_p99()
        purge = stack.start("purge", ["purge"])
        during = []
        while purge.process.poll() is None:
            during.append(await accepted_p99())
        after = await accepted_p99()
        await crowd.check()
    assert f"room {LOBBY}: {OLD} messages, up to seq {OLD}" in purge.printed()
    assert f"{OLD} messages are gone" in purge.printed()
    assert (left(stack, LOBBY), left(stack, HELD)) == (KEPT, 500)
    quiet = max(before, after)
    slowest = sorted(during)[len(during) // 2]
    measured(
        f"{OLD} messages purged while people talk",
        {"accepted p99, times that without it": (slowest / quiet, SLOWER_AT_MOST)},
        f"p99 {1000 * quiet:.0f} ms without, {1000 * slowest:.0f} ms with it; legal hold kept 500 in another room",
    )
