"""A member of a consumer group, by kafka-python's consumer."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.base import MemberState
from kafka.errors import FencedInstanceIdError, KafkaError, OffsetOutOfRangeError

from messaging.log.kafka.strategies import KEYED, Placing
from messaging.log.kafka.transactions import Transactions
from messaging.log.kafka.unpacking import hand_out_records
from messaging.log.port import Fenced, LogUnavailable, Outgoing, Partition, Polled, Record

logger = logging.getLogger(__name__)

SETTINGS: dict[str, Any] = {
    "enable_auto_commit": False,
    # We seek to the offset in the database; an offset that is not there has to be an alert, not a guess.
    "auto_offset_reset": "none",
    "partition_assignment_strategy": [CooperativeStickyAssignor],
    "session_timeout_ms": 8_000,
    # By its answer a member hears that the group shares out anew: until then partitions that move stand still.
    "heartbeat_interval_ms": 500,
    "isolation_level": "read_committed",
    "max_poll_interval_ms": 120_000,
    "fetch_max_bytes": 8 * 1_048_576,
    "fetch_max_wait_ms": 50,
    # No deserializers: an exception in one makes a later poll spin for ever.
}
CALL_MS = 5_000
OPEN_MS = 1_500
"""How long another member's open transaction may keep us from the group's offset, before that member is fenced off."""

SETTLE_S = 10.0


class KafkaReader:
    """Connects at the first poll. Gained partitions stand paused until they are sought."""

    def __init__(
        self,
        client: Mapping[str, Any],
        prefix: str,
        group: str,
        topics: Sequence[str],
        instance_id: str | None,
        placing: Placing = KEYED,
    ) -> None:
        self._options = {**client, **SETTINGS, "group_id": prefix + group, "group_instance_id": instance_id}
        own_name = instance_id or f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._transactions = Transactions(client, prefix, f"{prefix}{group}-{own_name}", placing)
        self._prefix = prefix
        self._topics = [prefix + topic for topic in topics]
        self._consumer: KafkaConsumer | None = None
        self._moves = Moves()
        self._positions: dict[Partition, int] = {}
        """Next offset of each partition that was sought: what is not here delivers nothing."""
        self._ends: dict[Partition, int] = {}
        """As they were asked for last: a partition that was not read yet has no high-water mark here."""
        self._paused: set[Partition] = set()
        """What our caller paused, as against what stands still until it is sought."""

    def poll(self, timeout_s: float, max_records: int, max_bytes: int) -> Polled:
        try:
            consumer = self._connected()
            found = self._settled_poll(consumer, timeout_s, max_records)
        except FencedInstanceIdError as error:
            raise Fenced("another member has this instance id") from error
        except OffsetOutOfRangeError as error:
            self._hand_back(consumer, error.args[0])
            found = {}
        except KafkaError as error:
            self._rewind()
            raise LogUnavailable(f"Kafka: {error!r}") from error
        gained, lost = self._moves.take()
        polled = Polled(gained=set(map(self._ours, gained)), lost=set(map(self._ours, lost)))
        for partition in polled.lost | polled.gained:
            self._positions.pop(partition, None)
            self._paused.discard(partition)
        self._collect(polled, found, max_bytes)
        return polled

    def _hand_back(self, consumer: KafkaConsumer, wrong: Mapping[TopicPartition, int]) -> None:
        """Stop these until they are sought anew: left alone, they would end every poll for all the others too."""
        logger.error("Kafka does not have the next offset of %s", {self._ours(tp): at for tp, at in wrong.items()})
        stopped = [tp for tp in wrong if still_ours(consumer.pause, tp)]
        self._moves.lose(stopped)
        self._moves.gain(stopped)
        for tp in wrong:
            self._positions.pop(self._ours(tp), None)
        self._rewind()

    def _settled_poll(
        self, consumer: KafkaConsumer, timeout_s: float, max_records: int
    ) -> dict[TopicPartition, list[Record]]:
        """A join that ends between two polls is thrown away and sent again, which moves everybody: while the group
        settles, poll again at once and do nothing else."""
        deadline = time.monotonic() + SETTLE_S
        while True:
            found: dict[TopicPartition, list[Record]] = consumer.poll(
                timeout_ms=int(timeout_s * 1000), max_records=max_records
            )
            if found or self._moves.any() or consumer.group_metadata().state is MemberState.STABLE:
                return found
            ask_again_if_forgotten(consumer)
            if time.monotonic() > deadline:
                return found

    def _collect(self, polled: Polled, found: Mapping[TopicPartition, list[Record]], max_bytes: int) -> None:
        """Take what fits; what does not is read again by the next poll."""
        size = 0
        for tp, records in found.items():
            partition = self._ours(tp)
            if partition not in self._positions:
                continue
            for number, record in enumerate(records):
                size += len(record.value)
                if size > max_bytes and (number or polled.records):
                    still_ours(self._connected().seek, tp, record.offset)
                    del records[number:]
                    break
            if records:
                polled.records[partition] = records
                self._positions[partition] = records[-1].offset + 1

    def seek(self, partition: Partition, offset: int) -> None:
        tp = self._theirs(partition)
        if not still_ours(self._connected().seek, tp, offset):
            return
        self._positions[partition] = offset
        if partition not in self._paused:
            still_ours(self._connected().resume, tp)

    def follow(self, topics: Sequence[str]) -> None:
        self._topics = [self._prefix + topic for topic in topics]
        if self._consumer is not None:
            self._consumer.subscribe(self._topics, listener=Listener(self._consumer, self._moves))

    def pause(self, *partitions: Partition) -> None:
        for partition in partitions:
            if still_ours(self._connected().pause, self._theirs(partition)):
                self._paused.add(partition)

    def resume(self, *partitions: Partition) -> None:
        """What was not sought yet stands still all the same."""
        self._paused.difference_update(partitions)
        for partition in self._positions.keys() & set(partitions):
            still_ours(self._connected().resume, self._theirs(partition))

    def commit(self, offsets: dict[Partition, int]) -> None:
        if not offsets:
            return
        try:
            self._connected().commit(self._as_theirs(offsets), timeout_ms=CALL_MS)
        except FencedInstanceIdError as error:
            raise Fenced("another member has this instance id") from error
        except KafkaError as error:  # a rebalance, or Kafka is away: the database knows how far we are
            logger.info("offsets are not committed to the group: %r", error)

    @property
    def publisher(self) -> str:
        return self._transactions.transactional_id

    def publish(self, outgoing: Sequence[Outgoing], offsets: dict[Partition, int]) -> None:
        group = self._connected().group_metadata()
        if group.generation_id < 0:  # the broker would take it from anybody
            raise LogUnavailable("not published: not a member of the group at this moment")
        self._transactions.run(outgoing, self._as_theirs(offsets), group)

    def committed(self, partition: Partition, publisher: str = "") -> int | None:
        self._transactions.settle()
        tp = self._theirs(partition)
        try:
            # The broker names no offset while a transaction about it is open.
            return self._connected().committed(tp, timeout_ms=OPEN_MS)
        except KafkaError as error:
            logger.info("the group's offset of %s is not known yet: %r", partition, error)
        if publisher and publisher != self.publisher:
            self._transactions.fence_off(publisher)
        return self._asked(lambda: self._connected().committed(tp, timeout_ms=CALL_MS))

    def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        tps = list(map(self._theirs, partitions))
        consumer = self._connected()
        earliest = self._asked(lambda: consumer.beginning_offsets(tps, timeout_ms=CALL_MS))
        end = self._asked(lambda: consumer.end_offsets(tps, timeout_ms=CALL_MS))
        self._ends |= {self._ours(tp): end[tp] for tp in tps}
        return {self._ours(tp): (earliest[tp], end[tp]) for tp in tps}

    def lag(self) -> dict[Partition, int]:
        if self._consumer is None:
            return {}
        lags = {}
        for partition, position in self._positions.items():
            seen = self._consumer.highwater(self._theirs(partition)) or 0
            lags[partition] = max(0, max(seen, self._ends.get(partition, 0)) - position)
        return lags

    def close(self) -> None:
        self._transactions.close()
        if self._consumer is None:
            return
        try:
            self._consumer.close(autocommit=False, timeout_ms=CALL_MS)
        except KafkaError as error:
            logger.info("the consumer did not close cleanly: %r", error)
        self._consumer = None

    def _connected(self) -> KafkaConsumer:
        if self._consumer is None:
            try:
                consumer = KafkaConsumer(**self._options)
            except KafkaError as error:
                raise LogUnavailable(f"Kafka cannot be reached: {error!r}") from error
            hand_out_records(consumer, self._prefix)
            consumer.subscribe(self._topics, listener=Listener(consumer, self._moves))
            self._consumer = consumer
        return self._consumer

    def _asked(self, question: Any) -> Any:
        try:
            return question()
        except KafkaError as error:
            raise LogUnavailable(f"Kafka: {error!r}") from error

    def _rewind(self) -> None:
        """After an error out of poll: nothing between what we handed out and what comes next may be skipped."""
        for partition, offset in self._positions.items():
            still_ours(self._connected().seek, self._theirs(partition), offset)

    def _as_theirs(self, offsets: Mapping[Partition, int]) -> dict[TopicPartition, OffsetAndMetadata]:
        return {self._theirs(partition): OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}

    def _theirs(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition.topic, partition.number)

    def _ours(self, tp: TopicPartition) -> Partition:
        return Partition(tp.topic.removeprefix(self._prefix), tp.partition)


class Moves:
    """Partitions that came or went, handed from the consumer's IO thread to the thread that polls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gained: set[TopicPartition] = set()
        self._lost: set[TopicPartition] = set()

    def gain(self, partitions: Iterable[TopicPartition]) -> None:
        with self._lock:
            self._gained.update(partitions)

    def lose(self, partitions: Iterable[TopicPartition]) -> None:
        """One that was gained and lost between two polls is not told as gained."""
        with self._lock:
            self._gained.difference_update(partitions)
            self._lost.update(partitions)

    def any(self) -> bool:
        with self._lock:
            return bool(self._gained or self._lost)

    def take(self) -> tuple[set[TopicPartition], set[TopicPartition]]:
        with self._lock:
            moved = self._gained, self._lost
            self._gained, self._lost = set(), set()
        return moved


class Listener(ConsumerRebalanceListener):
    """Runs on the consumer's IO thread: flags only, no call that waits."""

    def __init__(self, consumer: KafkaConsumer, moves: Moves) -> None:
        self._consumer, self._moves = consumer, moves

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        partitions = list(assigned)
        for partition in partitions:
            # Any position will do: it keeps the consumer from asking for the group's, and paused it delivers nothing.
            self._consumer.pause(partition)
            self._consumer.seek(partition, 0)
        self._moves.gain(partitions)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._moves.lose(revoked)

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        self._moves.lose(lost)


def ask_again_if_forgotten(consumer: KafkaConsumer) -> None:
    """A poll that gives up leaves its join to the consumer's thread, and the next one may start another beside it. When
    the first ends, nobody waits for the second any more: without heartbeats and without a wish to join, for ever.
    """
    coordinator = consumer._coordinator
    with coordinator._lock:
        if coordinator.state is MemberState.REBALANCING and not coordinator.rejoin_needed:
            logger.warning("a join of group %s was forgotten; joining again", coordinator.group_id)
            coordinator.request_rejoin()


def still_ours(step: Callable[..., object], *arguments: Any) -> bool:
    """Take a step with a partition. False when the consumer's thread lost it in this moment; the next poll says so."""
    try:
        step(*arguments)
    except (ValueError, KeyError):
        return False
    return True
