"""A supervised producer: kafka-python's, thrown away and built anew at the first failed delivery.

A kafka-python producer does not come back from two states: with idempotence, a batch that was sent once and outlives
its delivery time-out leaves it mute for ever; and after one permanent error every later send fails with that error.
So everything unacknowledged is kept here, and sent again, in order, by the next producer. A re-send may double a
record; who applies them drops repeats.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from messaging.log.port import (
    MAX_PENDING,
    MAX_RECORD_BYTES,
    Appended,
    Headers,
    LogBusy,
    LogClosed,
    Partition,
    RecordTooLarge,
)

logger = logging.getLogger(__name__)

DELIVERY_S = 30.0
MUTE_S = DELIVERY_S + 5
"""A producer that has acknowledged nothing for this long, with records in flight, is mute."""

SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "compression_type": "lz4",
    "linger_ms": 5,
    "batch_size": 131_072,
    "delivery_timeout_ms": int(DELIVERY_S * 1000),
    "request_timeout_ms": 10_000,
    # Only this module's thread waits for metadata; short, so that it looks after the rest in time.
    "max_block_ms": 500,
    # Above our own bound: a record that is too large is refused here, where it harms nothing.
    "max_request_size": MAX_RECORD_BYTES * 2,
}


@dataclass(slots=True, eq=False)
class Item:
    topic: str
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]
    since: float = field(default_factory=time.monotonic)
    future: Future[Appended] = field(default_factory=Future)


class SupervisedProducer:
    """An Appender. Its thread feeds the producer, whose `send` can block; callers only queue."""

    def __init__(self, client: Mapping[str, Any], prefix: str) -> None:
        self._client, self._prefix = dict(client), prefix
        self._changed = threading.Condition()
        self._unacknowledged: dict[int, Item] = {}
        """By id(item), in the order of the appends."""
        self._queue: deque[Item] = deque()
        self._generation = 0
        self._broken = False
        self._closing = False
        self._progress_at = time.monotonic()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="kafka-appender", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        return len(self._unacknowledged)

    def append(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> Future[Appended]:
        if len(value) > MAX_RECORD_BYTES:
            raise RecordTooLarge(f"a record has at most {MAX_RECORD_BYTES} bytes, this one has {len(value)}")
        item = Item(topic, key, value, list(headers))
        with self._changed:
            if self._closing:
                raise LogClosed("the log is closed")
            if len(self._unacknowledged) >= MAX_PENDING:
                raise LogBusy(f"{len(self._unacknowledged)} records wait for Kafka")
            if not self._unacknowledged:
                self._progress_at = time.monotonic()
            self._unacknowledged[id(item)] = item
            self._queue.append(item)
            self._changed.notify_all()
        return item.future

    def close(self, timeout_s: float) -> None:
        """Wait for what is in flight; what is still unacknowledged then fails with LogClosed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._unacknowledged, timeout_s)
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        for item in list(self._unacknowledged.values()):
            item.future.set_exception(LogClosed("the log was closed before Kafka acknowledged this record"))
        self._unacknowledged.clear()

    def _run(self) -> None:
        while not self._closing:
            producer = self._build()
            if producer is None:
                continue
            try:
                self._feed(producer)
            finally:
                force_close(producer)

    def _build(self) -> KafkaProducer | None:
        """A new producer that starts with everything unacknowledged, in order; None when Kafka is away."""
        try:
            producer = KafkaProducer(**self._client, **SETTINGS)
        except KafkaError as error:
            logger.warning("Kafka is away: %r", error)
            self._back_off()
            return None
        with self._changed:
            self._generation += 1
            self._broken = False
            self._progress_at = time.monotonic()
            self._queue = deque(self._unacknowledged.values())
        return producer

    def _back_off(self) -> None:
        self._failures += 1
        wait_s = random.uniform(0, min(5.0, 0.1 * 2**self._failures))
        with self._changed:
            self._changed.wait_for(lambda: self._closing, wait_s)

    def _feed(self, producer: KafkaProducer) -> None:
        """Hand queued records over until the producer fails, falls mute or is to be closed."""
        while (item := self._next()) is not None:
            try:
                sent = producer.send(self._prefix + item.topic, key=item.key, value=item.value, headers=item.headers)
            except KafkaTimeoutError:  # no metadata yet: this record stays the first
                with self._changed:
                    self._queue.appendleft(item)
                self._back_off()
                continue
            except (MessageSizeTooLargeError, ValueError, TypeError) as error:
                self._drop(item, RecordTooLarge(str(error)))
                continue
            except KafkaError as error:
                self._failed(self._generation, item, error)
                continue
            sent.add_callback(self._acknowledged, item)
            sent.add_errback(self._failed, self._generation, item)

    def _next(self) -> Item | None:
        with self._changed:
            while not self._queue and not self._broken and not self._closing:
                self._changed.wait(1.0)
                if self._unacknowledged and time.monotonic() - self._progress_at > MUTE_S:
                    logger.error("the producer is mute with %d records in flight", len(self._unacknowledged))
                    self._broken = True
            if self._broken or self._closing:
                return None
            return self._queue.popleft()

    # On the producer's own thread: only bookkeeping here.

    def _acknowledged(self, item: Item, metadata: Any) -> None:
        with self._changed:
            self._progress_at = time.monotonic()
            self._failures = 0
            known = self._unacknowledged.pop(id(item), None)
            if not self._unacknowledged:
                self._changed.notify_all()
        if known is not None:
            place = Partition(item.topic, metadata.partition)
            item.future.set_result(Appended(place, metadata.offset, metadata.timestamp))

    def _failed(self, generation: int, item: Item, error: BaseException) -> None:
        """The item stays unacknowledged: the next producer sends it again, with all the others."""
        if isinstance(error, MessageSizeTooLargeError):
            self._drop(item, RecordTooLarge(str(error)))
        with self._changed:
            if generation == self._generation and not self._broken:
                logger.warning("delivery failed, building a new producer: %r", error)
                self._broken = True
                self._changed.notify_all()

    def _drop(self, item: Item, error: Exception) -> None:
        with self._changed:
            known = self._unacknowledged.pop(id(item), None)
        if known is not None:
            item.future.set_exception(error)


def force_close(producer: KafkaProducer) -> None:
    """End a producer whatever it waits for. `close()` flushes first, which never ends for a mute one."""
    sender = producer._sender
    sender.force_close()
    sender.join(3)
    try:
        producer.close(0)
    except (KafkaError, ValueError, AttributeError, RuntimeError) as error:
        logger.info("a failed producer did not close cleanly: %r", error)
