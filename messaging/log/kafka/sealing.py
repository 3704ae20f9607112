"""A topic is closed at the broker: from a moment on its leaders refuse every record, whoever sends it.

No agreement among writers could do that: a web process accepts while the database is away, and would go on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, MessageSizeTooLargeError

from messaging.log.port import PROBE, LogUnavailable

logger = logging.getLogger(__name__)

CLOSED = {"max.message.bytes": "1"}
ASK_EVERY_S = 0.2
CALL_S = 10.0
CLOSED_WITHIN_S = 60.0


def seal(client: Mapping[str, Any], admin: KafkaAdminClient, topic: str, partitions: int) -> None:
    """Close a topic, by its full name; returns when each partition has refused a record. Raises LogUnavailable."""
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=CLOSED)])
    producer = KafkaProducer(
        **client, acks="all", enable_idempotence=False, retries=0, linger_ms=0,
        request_timeout_ms=5_000, delivery_timeout_ms=int(CALL_S * 1000),
    )  # fmt: skip
    deadline = time.monotonic() + CLOSED_WITHIN_S
    with closing(producer):
        for number in range(partitions):
            while not _refuses(producer, topic, number):
                if time.monotonic() > deadline:
                    raise LogUnavailable(f"{topic}/{number} still takes records after {CLOSED_WITHIN_S:.0f} s")
                time.sleep(ASK_EVERY_S)


def _refuses(producer: KafkaProducer, topic: str, number: int) -> bool:
    """Leaders learn of the setting one by one. What is taken until then is passed over by whoever reads it."""
    try:
        producer.send(topic, value=b"", partition=number, headers=[(PROBE, b"")]).get(timeout=CALL_S)
    except MessageSizeTooLargeError:
        return True
    except KafkaError as error:
        logger.info("%s/%d does not answer: %r", topic, number, error)
    return False
