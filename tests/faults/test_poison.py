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
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

SOCKETS, ROOMS, PER_SECOND, SECONDS = short_or_whole((20, 4, 100, 8), (200, 20, 100, 60))
BLOCKED_MOST_S = 5.0


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
    assert len(_dead_letters(servers, f"{topics}chat.dead-letters")) == put
    audited(stack)


def _dead_letters(servers: str, topic: str) -> list[bytes]:
    consumer = KafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest", consumer_timeout_ms=3000)
    found = [record.value for record in consumer]
    consumer.close()
    return found
