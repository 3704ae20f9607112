"""A supervised producer: kafka-python's, thrown away and built anew at the first failed delivery.

A kafka-python producer does not come back from two states: with idempotence, a batch that was sent once and outlives
its delivery time-out leaves it mute for ever; and after one permanent error every later send fails with that error.
So everything unacknowledged is kept here, and sent again, in order, by the next producer. A re-send may double a
record; who applies them drops repeats.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from django.db import Error
from kafka import KafkaProducer
from kafka.errors import (
    InvalidRecordError,
    InvalidTimestampError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from messaging.log.generations import Whereabouts
from messaging.log.kafka.strategies import KEYED, Placement, PlaceUnknown, Placing
from messaging.log.port import (
    MAX_PENDING,
    MAX_RECORD_BYTES,
    Appended,
    Headers,
    LogBusy,
    LogClosed,
    LogError,
    Partition,
    RecordRefused,
    RecordTooLarge,
)

logger = logging.getLogger(__name__)

DELIVERY_S = 30.0
MUTE_S = DELIVERY_S + 5
"""A producer that has acknowledged nothing for this long, with records in flight, is mute."""

STEADY_S = 10.0
"""A producer that lasted this long was well: the next failure starts a new row."""

REFUSALS = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidRecordError, InvalidTimestampError)
"""The broker's word about a record, not about its own state: asking again changes nothing."""

SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "compression_type": "lz4",
    "linger_ms": 5,
    "batch_size": 262_144,
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

    def __init__(
        self, client: Mapping[str, Any], prefix: str, placing: Placing = KEYED, whereabouts: Whereabouts | None = None
    ) -> None:
        self._client, self._prefix = dict(client), prefix
        self._whereabouts = whereabouts or Whereabouts()
        self._placement = Placement(placing, prefix)
        self._inbox: deque[Item] = deque()
        """Where callers put records. They take no lock: a flood of acknowledgements would hold it against them."""
        self._wake: SimpleQueue[None] = SimpleQueue()
        """Something in it: the feeding thread has to look again."""
        self._changed = threading.Condition()
        """For everything below; never taken by callers of `append`."""
        self._unacknowledged: dict[int, Item] = {}
        """By id(item), in the order of the appends."""
        self._queue: deque[Item] = deque()
        self._in_flight = 0
        """Records the present producer has and has not answered for."""
        self._suspects: set[int] = set()
        """Ids of records of which one is refused, but not which. While there are any, records go one at a time."""
        self._closed_topic: str | None = None
        """The broker takes nothing for it, perhaps because it has grown into another one."""
        self._generation = 0
        self._broken = False
        self._refusing = False
        self._closing = False
        self._thread_ended = False
        self._built_at = self._progress_at = time.monotonic()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="kafka-appender", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        return len(self._inbox) + len(self._unacknowledged)

    def append(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> Future[Appended]:
        if len(value) > MAX_RECORD_BYTES:
            raise RecordTooLarge(f"a record has at most {MAX_RECORD_BYTES} bytes, this one has {len(value)}")
        if self._refusing:
            raise LogClosed("the log is closed")
        if self.pending >= MAX_PENDING:
            raise LogBusy(f"{self.pending} records wait for Kafka")
        item = Item(topic, key, value, list(headers))
        item.future.set_running_or_notify_cancel()
        self._inbox.append(item)
        self._nudge()
        if self._thread_ended:  # closed between the question above and now
            self._fail_the_rest()
        return item.future

    def close(self, timeout_s: float) -> None:
        """Wait for what is in flight; what is still unacknowledged then fails with LogClosed."""
        with self._changed:
            self._refusing = True
            self._changed.wait_for(lambda: not self.pending, timeout_s)
            self._closing = True
            self._changed.notify_all()
        self._nudge()
        self._thread.join(timeout_s)
        self._thread_ended = True
        self._fail_the_rest()

    def retire(self) -> None:
        """Send nothing any more. Returns when that is certain, which takes some seconds while Kafka is away; what is
        unacknowledged fails with LogClosed."""
        with self._changed:
            self._refusing = self._closing = True
            self._changed.notify_all()
        self._nudge()
        self._thread.join()
        self._thread_ended = True
        self._fail_the_rest()

    def _fail_the_rest(self) -> None:
        with self._changed:
            self._take_in()
            left, self._unacknowledged = list(self._unacknowledged.values()), {}
        for item in left:
            item.future.set_exception(LogClosed("the log was closed before Kafka acknowledged this record"))

    def _nudge(self) -> None:
        if self._wake.empty():
            self._wake.put(None)

    def _run(self) -> None:
        while not self._closing:
            producer = self._build()
            if producer is not None:
                try:
                    self._feed(producer)
                finally:
                    force_close(producer)
            if not self._closing:
                self._back_off()

    def _build(self) -> KafkaProducer | None:
        """A new producer that starts with everything unacknowledged, in order; None when Kafka is away, or nobody says
        where to write."""
        if not self._knows_where_to_write():
            return None
        # One at a time there is nothing to wait for.
        settings = SETTINGS | ({"linger_ms": 0} if self._suspects else {})
        try:
            producer = KafkaProducer(**self._client, **settings)
        except KafkaError as error:
            logger.warning("Kafka is away: %r", error)
            return None
        with self._changed:
            self._generation += 1
            self._broken = False
            self._built_at = self._progress_at = time.monotonic()
            self._queue = deque(self._unacknowledged.values())
            self._in_flight = 0
        return producer

    def _knows_where_to_write(self) -> bool:
        if self._closed_topic is not None:
            try:
                has_grown = self._whereabouts.ask_again(self._closed_topic)
            except Error as error:
                logger.warning("it is not known where %s goes on: %s", self._closed_topic, error)
                return False
            if has_grown:
                logger.info("%s goes on in %s", self._closed_topic, self._whereabouts.of(self._closed_topic))
                self._suspects.clear()  # nothing is wrong with any record
            self._closed_topic = None
        return True

    def _back_off(self) -> None:
        """Full jitter. Only a producer that lasted ends a row of failures: others' records may succeed all along."""
        if time.monotonic() - self._built_at > STEADY_S:
            self._failures = 0
        self._failures += 1
        wait_s = random.uniform(0, min(5.0, 0.1 * 2**self._failures))
        with self._changed:
            self._changed.wait_for(lambda: self._closing, wait_s)

    def _feed(self, producer: KafkaProducer) -> None:
        """Hand queued records over until the producer fails, falls mute or is to be closed."""
        while (item := self._next()) is not None:
            try:
                topic = self._whereabouts.of(item.topic)
                sent = producer.send(
                    self._prefix + topic,
                    key=item.key,
                    value=item.value,
                    headers=item.headers,
                    partition=self._placement.of(producer, topic, item.key),
                )
            except (KafkaTimeoutError, PlaceUnknown, Error) as error:  # not known where to: this record stays the first
                logger.warning("records wait for %s%s: %r", self._prefix, item.topic, error)
                with self._changed:
                    self._queue.appendleft(item)
                    self._in_flight -= 1
                self._back_off()
                continue
            except (MessageSizeTooLargeError, ValueError, TypeError) as error:  # said by the client: it harms nothing
                self._settle(self._generation, item, RecordTooLarge(str(error)))
                continue
            except KafkaError as error:
                self._failed(self._generation, item, error)
                continue
            sent.add_callback(self._acknowledged, self._generation, item)
            sent.add_errback(self._failed, self._generation, item)

    def _next(self) -> Item | None:
        while True:
            with self._changed:
                self._take_in()
                if self._unacknowledged and time.monotonic() - self._progress_at > MUTE_S:
                    logger.error("the producer is mute with %d records in flight", len(self._unacknowledged))
                    self._broken = True
                if self._broken or self._closing:
                    return None
                if self._queue and not (self._suspects and self._in_flight):
                    self._in_flight += 1
                    return self._queue.popleft()
            with contextlib.suppress(Empty):
                self._wake.get(timeout=1.0)

    def _take_in(self) -> None:
        """With `_changed` held: what callers have put down is ours from here on."""
        if self._inbox and not self._unacknowledged:
            self._progress_at = time.monotonic()
        while self._inbox:
            item = self._inbox[0]
            self._unacknowledged[id(item)] = item
            self._queue.append(item)
            self._inbox.popleft()

    # On the producer's own thread: only bookkeeping here.

    def _acknowledged(self, generation: int, item: Item, metadata: Any) -> None:
        place = Partition(metadata.topic.removeprefix(self._prefix), metadata.partition)
        self._settle(generation, item, Appended(place, metadata.offset, metadata.timestamp))

    def _failed(self, generation: int, item: Item, error: BaseException) -> None:
        """What is unacknowledged is sent again by the next producer. Only a record that was alone in flight is refused
        for good: a batch fails as a whole, and after one permanent error a producer gives it as everybody's answer."""
        with self._changed:
            if generation != self._generation or self._broken:
                return
            self._broken = True
            if isinstance(error, MessageSizeTooLargeError) and self._whereabouts.may_have_grown(item.topic):
                self._closed_topic = item.topic
            refused = isinstance(error, REFUSALS) and self._in_flight == 1 and self._closed_topic is None
            # A plain KafkaError is what kafka-python tells those who shared a batch with a refused record.
            if (isinstance(error, REFUSALS) or type(error) is KafkaError) and not refused:
                self._suspects = self._unacknowledged.keys() - set(map(id, self._queue))
        self._nudge()
        if refused:
            logger.error("Kafka refuses a record for %s: %r", item.topic, error)
            kind = RecordTooLarge if isinstance(error, MessageSizeTooLargeError) else RecordRefused
            self._settle(generation, item, kind(f"Kafka refuses the record: {error!r}"))
        else:
            logger.warning("delivery failed, building a new producer: %r", error)

    def _settle(self, generation: int, item: Item, outcome: Appended | LogError) -> None:
        with self._changed:
            self._progress_at = time.monotonic()
            known = self._unacknowledged.pop(id(item), None)
            self._suspects.discard(id(item))
            if generation == self._generation:
                self._in_flight -= 1
            if self._suspects:
                self._nudge()
            if not self._unacknowledged:
                self._changed.notify_all()
        if known is None:
            return
        if isinstance(outcome, LogError):
            item.future.set_exception(outcome)
        else:
            item.future.set_result(outcome)


def force_close(producer: KafkaProducer) -> None:
    """End a producer whatever it waits for. `close()` flushes first, which never ends for a mute one."""
    sender = producer._sender
    sender.force_close()
    sender.join(3)
    try:
        producer.close(0)
    except (KafkaError, ValueError, AttributeError, RuntimeError) as error:
        logger.info("a failed producer did not close cleanly: %r", error)
