"""A look at single records, by nobody in particular: no group, no offsets."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from messaging.log.port import LogUnavailable, Partition

LOOK_S = 5.0


def first_times(client: Mapping[str, Any], prefix: str, offsets: Mapping[Partition, int]) -> dict[Partition, int]:
    """When the log took the record at each offset (ms); without those that do not come in LOOK_S."""
    wanted = {TopicPartition(prefix + place.topic, place.number): place for place in offsets}
    found: dict[Partition, int] = {}
    if not wanted:
        return found
    try:
        consumer = KafkaConsumer(**client, enable_auto_commit=False, auto_offset_reset="earliest")
        try:
            consumer.assign(list(wanted))
            for tp, place in wanted.items():
                consumer.seek(tp, offsets[place])
            deadline = time.monotonic() + LOOK_S
            while len(found) < len(wanted) and time.monotonic() < deadline:
                for tp, records in consumer.poll(timeout_ms=500, max_records=500).items():
                    found.setdefault(wanted[tp], records[0].timestamp)
                    consumer.pause(tp)
        finally:
            consumer.close(autocommit=False)
    except KafkaError as error:
        raise LogUnavailable(f"Kafka: {error!r}") from error
    return found
