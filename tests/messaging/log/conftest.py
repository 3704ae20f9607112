from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from messaging.log.embedded import EmbeddedLog
from messaging.log.kafka import KafkaLog
from messaging.log.port import Log, Partition, Reader, TopicSpec

TOPIC = "chat.commands"
SPEC = TopicSpec(TOPIC, partitions=4, config={"message.timestamp.type": "LogAppendTime", "retention.ms": "1209600000"})
OTHER = TopicSpec("chat.other", partitions=1)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.services)])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """An empty log of each kind."""
    made: Log = EmbeddedLog(tmp_path / "log.sqlite3") if request.param == "embedded" else new_kafka_log()
    made.ensure_topics([SPEC, OTHER])
    yield made
    made.close()


def new_kafka_log() -> KafkaLog:
    """With a prefix of its own: tests do not see each other's topics."""
    return KafkaLog([os.environ["KAFKA_BOOTSTRAP_SERVERS"]], topic_prefix=f"t{uuid4().hex[:10]}-")


def take_gained(reader: Reader, count: int = 1) -> set[Partition]:
    """Poll until the reader has at least `count` partitions; it reads nothing on the way."""
    gained: set[Partition] = set()
    for _ in range(150):
        gained |= reader.poll(0.2, 1, 1).gained
        if len(gained) >= count:
            return gained
    raise AssertionError(f"{len(gained)} partitions were gained, not {count}")


def take_all(reader: Reader, count: int, rounds: int = 60) -> dict[Partition, list]:  # type: ignore[type-arg]
    """Read until `count` records came; gained partitions start at their beginning."""
    found: dict[Partition, list] = {}  # type: ignore[type-arg]
    for _ in range(rounds):
        polled = reader.poll(0.5, 500, 1 << 20)
        for partition in polled.gained:
            reader.seek(partition, reader.bounds([partition])[partition][0])
        for partition, records in polled.records.items():
            found.setdefault(partition, []).extend(records)
        if sum(map(len, found.values())) >= count:
            break
    return found
