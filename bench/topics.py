"""A topic for bare producers and consumers; the broker makes none by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

PARTITIONS = 8
WAIT_S = 30


@contextmanager
def bare_topic(servers: str, partitions: int = PARTITIONS) -> Iterator[str]:
    """Its name; it is known to the broker, and goes with the block."""
    name = f"bench-{uuid4().hex[:8]}"
    admin = KafkaAdminClient(bootstrap_servers=servers)
    try:
        admin.create_topics([NewTopic(name, partitions, 1)])
        _wait_for(servers, name)
        yield name
    finally:
        admin.delete_topics([name])
        admin.close()


def _wait_for(servers: str, name: str) -> None:
    producer = KafkaProducer(bootstrap_servers=servers)
    try:
        deadline = time.monotonic() + WAIT_S
        while not producer.partitions_for(name):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the broker does not know {name}")
    finally:
        producer.close()
