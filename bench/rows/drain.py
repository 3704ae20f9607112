"""A backlog in Kafka drained into MariaDB by one bridge.

Reference, in the same run and into the same table with the same indexes: raw `executemany` of as many columns, in
transactions of the same size.
"""

from __future__ import annotations

import statistics
import time
from typing import Any
from uuid import UUID

from kafka import KafkaProducer

from bench.filling import BODY, HTML, fill
from bench.row import Limit, Row
from bench.stacks import resident_kib, services_stack

NAME = "drain"
ROUNDS = 3
ROOMS = 200
BATCH = 2_000
INSERT = (
    "INSERT INTO messaging_message (room_id, seq, rev, client_id, sender_id, fingerprint, body, html, mentions, "
    "created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def measure(quick: bool) -> Row:
    rows, messages = (100_000, 20_000) if quick else (3_000_000, 200_000)
    with services_stack(KAFKA_PARTITIONS="32") as stack:
        bridge = stack.start_bridge()
        stack.wait_for_demo()
        people = stack.people(ROOMS, ROOMS)
        bridge.end()
        fill(stack, 2, rows, first=1_000_001)
        rounds = [one_round(stack, people, messages, number) for number in range(ROUNDS)]
    drained, raw, memory = (statistics.median(values) for values in zip(*rounds, strict=True))
    return Row(
        NAME, "a backlog drained by one bridge into MariaDB", "messages/s", drained,
        raw, "raw `executemany` into the same table and indexes",
        figures={"memory of the bridge, MB": memory},
        must=(Limit("value", ">=", 8000), Limit("ratio", ">=", 0.5)), aim=(Limit("ratio", ">=", 0.7),),
        conditions={"rows before": rows, "backlog": messages, "rooms": ROOMS, "partitions": 32, "rounds": ROUNDS},
    )  # fmt: skip


def one_round(stack: Any, people: list[Any], messages: int, number: int) -> tuple[float, float, float]:
    """(drained a second, executemany a second, the bridge's memory in MB)"""
    raw = executemany_rate(stack, people, messages // 4, number)
    produce(stack, people, messages)
    before = applied(stack)
    bridge = stack.start_bridge()
    drained, memory = watch(stack, before, messages, bridge.process.pid)
    bridge.end()
    raw = statistics.mean([raw, executemany_rate(stack, people, messages // 4, number + 1000)])
    return drained, raw, memory


def executemany_rate(stack: Any, people: list[Any], count: int, number: int) -> float:
    """Rows a second, spread over the same rooms and people."""
    base = 50_000_000 + number * 1_000_000
    milliseconds = time.time_ns() // 1_000_000
    prefix = (milliseconds << 80) | (7 << 76)
    rows = [_raw_row(people[n % ROOMS], base + n, UUID(int=prefix | (base + n))) for n in range(count)]
    with stack.connection() as connection:
        connection.autocommit(False)
        cursor = connection.cursor()
        started = time.perf_counter()
        for first in range(0, count, BATCH):
            cursor.executemany(INSERT, rows[first : first + BATCH])
            connection.commit()
        return count / (time.perf_counter() - started)


def _raw_row(person: Any, seq: int, client_id: UUID) -> tuple[Any, ...]:
    at = "2026-01-01 00:00:00.000000"
    return (person.room, seq, seq, client_id.bytes, person.id, seq, BODY, HTML, "[]", at)


def produce(stack: Any, people: list[Any], count: int) -> None:
    from messaging.wire.commands import SendMessage
    from messaging.wire.records import COMMAND_HEADERS, encode_command, record_key

    topic = f"{stack.environment['KAFKA_TOPIC_PREFIX']}chat.commands"
    producer = KafkaProducer(
        bootstrap_servers=stack.environment["KAFKA_BOOTSTRAP_SERVERS"], linger_ms=20, batch_size=262_144,
        compression_type="lz4",
    )  # fmt: skip
    milliseconds = time.time_ns() // 1_000_000
    for n in range(count):
        person = people[n % len(people)]
        client_id = UUID(int=((milliseconds + n // 100) << 80) | (7 << 76) | (2 << 62) | n)
        command = SendMessage(client_id=client_id, room=person.room, sender=person.id, body=BODY, html=HTML)
        producer.send(topic, key=record_key(person.room), value=encode_command(command), headers=list(COMMAND_HEADERS))
    producer.flush()
    producer.close()


def applied(stack: Any) -> int:
    return int(stack.rows("SELECT COALESCE(SUM(next_offset), 0) FROM messaging_storedoffset")[0][0])


def watch(stack: Any, before: int, count: int, pid: int) -> tuple[float, float]:
    """From the first batch that is seen to the last: messages a second, and the largest memory in MB."""
    first = None
    memory = 0.0
    while (done := applied(stack) - before) < count:
        if done and first is None:
            first = (time.perf_counter(), done)
        memory = max(memory, resident_kib(pid) / 1024)
        time.sleep(0.2)
    assert first is not None
    return (count - first[1]) / (time.perf_counter() - first[0]), memory
