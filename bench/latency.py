"""Times of single steps, in milliseconds, one after the other: nothing else is under way."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sized
from contextlib import closing
from functools import partial
from uuid import uuid4

import redis
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from bench.filling import BODY, HTML
from bench.topics import bare_topic
from messaging.log.kafka.producer import SETTINGS
from tests.stack.client import ChatClient
from tests.stack.stack import ServicesStack

PAUSE_S = 0.02
"""Between two: the batch of the one before has ended."""

WARM = 5


async def sends(stack: ServicesStack, count: int) -> tuple[list[float], list[float]]:
    """(to `accepted`, to shown at another client) of each send."""
    talker, other = stack.people(2, 1)
    async with (
        ChatClient(stack, talker.name, talker.room, session=talker.session) as one,
        ChatClient(stack, other.name, other.room, session=other.session) as two,
    ):
        shown = []
        for number in range(WARM + count):
            client_id = await one.say(f"{number} {BODY}"[:150])
            await two.until(partial(_has, two.messages, number + 1), "the message")
            shown.append((time.monotonic() - one.sent_at[client_id]) * 1000)
            await one.until(partial(_has, one.accepted, number + 1), "accepted")
            await asyncio.sleep(PAUSE_S)
        return [seconds * 1000 for seconds in one.accepted_after[WARM:]], shown[WARM:]


def _has(found: Sized, count: int) -> bool:
    return len(found) == count


def timed(count: int, once: Callable[[], object]) -> list[float]:
    found = []
    for _ in range(WARM + count):
        started = time.perf_counter()
        once()
        found.append((time.perf_counter() - started) * 1000)
        time.sleep(PAUSE_S)
    return found[WARM:]


def kafka_round_trips(stack: ServicesStack, count: int) -> list[float]:
    """acks=all, as the chat's producer asks, but without its wait for more records."""
    servers = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    with bare_topic(servers) as topic, closing(_producer(servers)) as producer:
        return timed(count, lambda: producer.send(topic, BODY.encode()).get(10))


def kafka_ways(stack: ServicesStack, count: int) -> list[float]:
    """From a bare producer to a bare consumer that polls."""
    servers = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    with bare_topic(servers, 1) as topic, closing(_producer(servers)) as producer:
        partition = TopicPartition(topic, 0)
        with closing(KafkaConsumer(bootstrap_servers=servers, fetch_min_bytes=1)) as consumer:
            consumer.assign([partition])
            consumer.seek_to_end(partition)
            consumer.position(partition)

            def once() -> None:
                producer.send(topic, BODY.encode(), partition=0)
                while not consumer.poll(1000):
                    pass

            return timed(count, once)


def _producer(servers: str) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers=servers,
        **{**SETTINGS, "linger_ms": 0, "max_block_ms": 10_000},
    )


def transactions(stack: ServicesStack, count: int) -> list[float]:
    """What a bridge has to do for one message: lock the head, insert, move the head, commit; bare."""
    with stack.connection() as connection:
        connection.autocommit(False)
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE bench_message LIKE messaging_message")
        cursor.execute("CREATE TABLE bench_roomhead LIKE messaging_roomhead")
        cursor.execute("INSERT INTO bench_roomhead SELECT * FROM messaging_roomhead WHERE room_id = 1")
        connection.commit()
        places = iter(range(1, count + WARM + 1))

        def once() -> None:
            seq = next(places)
            cursor.execute("SELECT seq FROM bench_roomhead WHERE room_id = 1 FOR UPDATE")
            cursor.fetchall()
            cursor.execute(
                "INSERT INTO bench_message (room_id, seq, rev, client_id, sender_id, fingerprint, body, html, mentions,"
                " created_at) VALUES (1, %s, %s, %s, 1, 1, %s, %s, '[]', UTC_TIMESTAMP(6))",
                (seq, seq, uuid4().bytes, BODY, HTML),
            )
            cursor.execute("UPDATE bench_roomhead SET seq = %s, rev = %s WHERE room_id = 1", (seq, seq))
            connection.commit()

        try:
            return timed(count, once)
        finally:
            cursor.execute("DROP TABLE bench_message, bench_roomhead")


def redis_ways(stack: ServicesStack, count: int) -> list[float]:
    """From PUBLISH to the subscriber, who waits."""
    with (
        closing(redis.Redis.from_url(stack.environment["REDIS_URL"])) as client,
        closing(client.pubsub(ignore_subscribe_messages=True)) as listener,
    ):
        listener.subscribe("bench")
        while not listener.subscribed:
            listener.get_message(timeout=1)
        listener.get_message(timeout=1)
        arrived = threading.Event()

        def listen() -> None:
            seen = 0
            while seen < count + WARM:
                if listener.get_message(timeout=1) is not None:
                    seen += 1
                    arrived.set()

        def once() -> None:
            arrived.clear()
            client.publish("bench", BODY)
            if not arrived.wait(5):
                raise TimeoutError("Redis did not tell its subscriber")

        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        found = timed(count, once)
        listening.join(5)
        return found
