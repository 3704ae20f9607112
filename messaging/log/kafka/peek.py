"""A look at single records, by nobody in particular: no group, no offsets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from messaging.log.kafka.strategies import Placement, PlaceUnknown
from messaging.log.kafka.unpacking import hand_out_records
from messaging.log.port import LOOK_RECORDS, LogUnavailable, Partition, Record

LOOK_S = 5.0


def first_times(client: Mapping[str, Any], prefix: str, offsets: Mapping[Partition, int]) -> dict[Partition, int]:
    """When the log took the record at each offset (ms); without those that do not come in LOOK_S."""
    wanted = {TopicPartition(prefix + place.topic, place.number): place for place in offsets}
    found: dict[Partition, int] = {}
    if not wanted:
        return found
    with _looking(client, prefix) as consumer:
        consumer.assign(list(wanted))
        for tp, place in wanted.items():
            consumer.seek(tp, offsets[place])
        deadline = time.monotonic() + LOOK_S
        while len(found) < len(wanted) and time.monotonic() < deadline:
            for tp, records in consumer.poll(timeout_ms=500, max_records=500).items():
                found.setdefault(wanted[tp], records[0].timestamp_ms)
                consumer.pause(tp)
    return found


def find(
    client: Mapping[str, Any],
    prefix: str,
    placement: Placement,
    topic: str,
    key: bytes,
    since_ms: int,
    is_it: Callable[[Record], bool],
) -> Record | None:
    """As `Log.find`. What does not come in LOOK_S is not there."""
    with _looking(client, prefix, isolation_level="read_committed") as consumer:
        count = len(consumer.partitions_for_topic(prefix + topic) or ())
        if not count:
            raise LogUnavailable(f"Kafka has no topic {prefix + topic}")
        place = Partition(topic, placement.whereabouts(topic, key, count))
        tp = TopicPartition(prefix + topic, place.number)
        start = consumer.offsets_for_times({tp: since_ms}, timeout_ms=int(LOOK_S * 1000))[tp]
        if start is None:
            return None
        consumer.assign([tp])
        end = consumer.end_offsets([tp])[tp]
        consumer.seek(tp, start.offset)
        deadline = time.monotonic() + LOOK_S
        while consumer.position(tp) < min(end, start.offset + LOOK_RECORDS) and time.monotonic() < deadline:
            for record in consumer.poll(timeout_ms=500, max_records=500).get(tp, ()):
                if record.key == key and is_it(record):
                    return record
    return None


@contextmanager
def _looking(client: Mapping[str, Any], prefix: str, **options: str) -> Iterator[KafkaConsumer]:
    """A consumer without a group. Raises LogUnavailable."""
    try:
        consumer = KafkaConsumer(**client, enable_auto_commit=False, auto_offset_reset="earliest", **options)
        hand_out_records(consumer, prefix)
        try:
            yield consumer
        finally:
            consumer.close(autocommit=False)
    except (KafkaError, PlaceUnknown) as error:
        raise LogUnavailable(f"Kafka: {error!r}") from error
