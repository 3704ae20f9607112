"""python -m bench.drain [--rows N] [--messages N]: a backlog in Kafka drained into MariaDB by one bridge.

Reference, in the same run and into the same table with the same indexes: raw `executemany` of as many columns, in
transactions of the same size.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from kafka import KafkaProducer

from bench.results import keep
from deploy.services.control import private_folder, running

ROOMS = 200
BATCH = 2_000
BODY = "A message of about a hundred and fifty characters, as people write them when they have something to say. " * 2
HTML = f"<p>{BODY[:150]}</p>\n"

FILL = """
INSERT INTO messaging_message
 (room_id, seq, rev, client_id, sender_id, fingerprint, body, html, mentions, created_at)
SELECT {room}, seq, seq, UNHEX(CONCAT(LPAD(HEX(1600000000000 + seq), 12, '0'), '7', LPAD(HEX(seq), 19, '0'))), 1, seq,
 '{body}', '{html}', '[]', UTC_TIMESTAMP(6)
FROM seq_{first}_to_{last}
"""
INSERT = (
    "INSERT INTO messaging_message (room_id, seq, rev, client_id, sender_id, fingerprint, body, html, mentions, "
    "created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000, help="messages that are there before")
    parser.add_argument("--messages", type=int, default=200_000, help="the backlog")
    parser.add_argument("--times", type=int, default=3, help="medians of so many rounds")
    options = parser.parse_args()
    with running(private_folder()) as exports, tempfile.TemporaryDirectory() as folder:
        import os

        os.environ.update(exports)
        measure(Path(folder), options)


def measure(folder: Path, options: argparse.Namespace) -> None:
    from tests.stack.stack import ServicesStack

    stack = ServicesStack(folder)
    try:
        stack.environment["KAFKA_PARTITIONS"] = "32"
        bridge = stack.start_bridge()
        stack.wait_for_demo()
        people = stack.people(ROOMS, ROOMS)
        bridge.end()
        fill(stack, options.rows)
        rounds = [one_round(stack, people, options, number) for number in range(options.times)]
    finally:
        stack.end()
    drained, raw = (statistics.median(values) for values in zip(*[one[:2] for one in rounds], strict=True))
    ratio = statistics.median(one[0] / one[1] for one in rounds)
    print(f"drained {drained:,.0f}/s, executemany {raw:,.0f}/s, ratio {ratio:.2f}, memory {rounds[-1][2]:.0f} MB")
    conditions = {"rows before": options.rows, "backlog": options.messages, "rooms": ROOMS, "partitions": 32}
    keep("bridge drain", drained, "messages/s", reference=raw, ratio=ratio, must=0.5, aim=0.7, conditions=conditions)


def fill(stack: Any, rows: int) -> None:
    """Rows of a room that nobody looks at; a million takes about 20 s."""
    with stack.connection() as connection:
        cursor = connection.cursor()
        cursor.execute("SET unique_checks = 0")
        for first in range(1, rows + 1, 250_000):
            last = min(first + 249_999, rows)
            cursor.execute(
                FILL.format(room=2, first=first + 1_000_000, last=last + 1_000_000, body=BODY[:150], html=HTML)
            )
            print(f"filled {last:,} of {rows:,}", flush=True)


def one_round(stack: Any, people: list[Any], options: argparse.Namespace, number: int) -> tuple[float, float, float]:
    """(drained a second, executemany a second, the bridge's memory in MB)"""
    raw = executemany_rate(stack, people, options.messages // 4, number)
    produce(stack, people, options.messages)
    before = applied(stack)
    bridge = stack.start_bridge()
    drained, memory = watch(stack, before, options.messages, bridge.process.pid)
    bridge.end()
    told = [line for line in bridge.printed().splitlines() if "catching up" in line or "caught up" in line]
    print("\n".join(told[:2] + told[-1:]))
    raw = statistics.mean([raw, executemany_rate(stack, people, options.messages // 4, number + 1000)])
    print(
        f"round {number + 1}: drained {drained:,.0f}/s, executemany {raw:,.0f}/s, ratio {drained / raw:.2f}", flush=True
    )
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
    return (person.room, seq, seq, client_id.bytes, person.id, seq, BODY[:150], HTML, "[]", at)


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
        command = SendMessage(client_id=client_id, room=person.room, sender=person.id, body=BODY[:150], html=HTML)
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
        memory = max(memory, resident_mb(pid))
        time.sleep(0.2)
    assert first is not None
    return (count - first[1]) / (time.perf_counter() - first[0]), memory


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1_048_576


if __name__ == "__main__":
    main()
