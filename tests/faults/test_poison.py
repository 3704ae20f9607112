"""Records that can never be applied: put aside with their reason, and the rest is not held up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer

from messaging.wire import records_pb2
from messaging.wire.commands import SendMessage
from messaging.wire.records import encode_command, record_key
from tests.faults.conftest import Measured, audited
from tests.faults.scale import short_or_whole
from tests.stack.crowd import Crowd
from tests.stack.processes import wait_for
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

SOCKETS, ROOMS, PER_SECOND, SECONDS = short_or_whole((20, 4, 100, 8), (200, 20, 100, 60))
BLOCKED_MOST_S = 5.0
KINDS, MENDABLE = 8, {3, 4, 6}
"""Of `poison`: no key, a wrong key (a replay mends them), a person who does not exist (who is made)."""

MENDED = """
from accounts.models import User
from messaging.models import Membership, Room
person = User.objects.create(pk=999_999, username="found")
Membership.objects.bulk_create(Membership(room=room, user=person) for room in Room.objects.all())
ada = User.objects.get(pk=1)
here = set(Membership.objects.filter(user=ada).values_list("room_id", flat=True))
Membership.objects.bulk_create(Membership(room=room, user=ada) for room in Room.objects.exclude(pk__in=here))
"""


def poison(room: int) -> list[tuple[bytes | None, bytes | None]]:
    """Eight kinds, as (key, value)."""
    good = SendMessage(client_id=uuid4(), room=room, sender=1, body="x", html="x")
    unknown = SendMessage(client_id=uuid4(), room=room, sender=999_999, body="x", html="x")
    nameless = records_pb2.Command(client_id=b"abc", room=room, sender=1, leave=records_pb2.LeaveRoom())
    return [
        (record_key(room), b"\xff\xfe not protobuf"),
        (record_key(room), b""),
        (record_key(room), None),
        (None, encode_command(good)),
        (b"another room", encode_command(good)),
        (record_key(room), encode_command(good)[: len(encode_command(good)) // 2]),
        (record_key(room), encode_command(unknown)),
        (record_key(room), nameless.SerializeToString()),
    ]


@pytest.mark.long
async def test_one_percent_of_poison_holds_nobody_up(
    make_stack: Callable[..., ServicesStack], measured: Measured
) -> None:
    stack = make_stack()
    topics = stack.environment["KAFKA_TOPIC_PREFIX"]
    servers = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    people = stack.people(SOCKETS, ROOMS)
    producer = KafkaProducer(bootstrap_servers=servers)
    put = 0
    async with Crowd(stack, people) as crowd:
        await crowd.talk(2, PER_SECOND)
        await crowd.settle()
        talking = asyncio.create_task(crowd.talk(SECONDS, PER_SECOND))
        while not talking.done():
            kinds = poison(people[put % ROOMS].room)
            key, value = kinds[put % len(kinds)]
            producer.send(f"{topics}chat.commands", key=key, value=value)
            put += 1
            await asyncio.sleep(100 / PER_SECOND)
        await talking
        producer.close()
        await crowd.settle()
        await crowd.check()
        shown = crowd.shown_after()
        measured(
            f"{100 * put / (SECONDS * PER_SECOND):.0f} % poison of eight kinds",
            {"shown within, s": (shown[-1], BLOCKED_MOST_S)},
            f"{put} put in, all in dead letters",
        )
        copies = _dead_letters(servers, f"{topics}chat.dead-letters")
        letters = stack.rows("SELECT reason, COUNT(*) FROM messaging_deadletter GROUP BY reason")
        assert (len(copies), sum(count for _, count in letters)) == (put, put)
        assert all(reason for reason, _ in letters)
        await _replay(stack, crowd, put)
    audited(stack)


async def _replay(stack: ServicesStack, crowd: Crowd, put: int) -> None:
    """Those whose cause is mended are applied, each once; the others come back, each to its own row."""
    hopeless = sum(number % KINDS not in MENDABLE for number in range(put))
    before = _count(stack, "messaging_message")
    stack.run("shell", "-v", "0", "-c", MENDED)
    for _ in range(2):
        stack.run("kafka_bridge", "--replay-dead-letters", "all")
        for state, count in (("replay", 0), ("waiting", hopeless), ("replayed", put - hopeless)):
            where = f"messaging_deadletter WHERE state = '{state}'"
            await asyncio.to_thread(
                wait_for, lambda where=where, count=count: _count(stack, where) == count, 30, f"{count} {state}"
            )
    await asyncio.to_thread(
        wait_for, lambda: _count(stack, "messaging_message") >= before + put - hopeless, 30, "all applied"
    )
    await crowd.settle()
    assert _count(stack, "messaging_message") == before + put - hopeless
    assert _count(stack, "messaging_deadletter WHERE tries = 3") == hopeless


def _count(stack: ServicesStack, where: str) -> int:
    return int(stack.rows(f"SELECT COUNT(*) FROM {where}")[0][0])


def _dead_letters(servers: str, topic: str) -> list[bytes]:
    consumer = KafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest", consumer_timeout_ms=3000)
    found = [record.value for record in consumer]
    consumer.close()
    return found
