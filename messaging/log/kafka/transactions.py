"""Records and a group's offsets in one Kafka transaction, by kafka-python's transactional producer.

A transaction that fails in any way is not mended: its producer is thrown away, and the next one, under the same
transactional id, has the broker end it first. Whether it was committed all the same, the group's offsets tell.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from kafka import KafkaProducer
from kafka.errors import InvalidProducerEpochError, KafkaError, KafkaTimeoutError, ProducerFencedError

from messaging.log.kafka.producer import force_close
from messaging.log.kafka.strategies import KEYED, Placement, Placing
from messaging.log.port import MAX_RECORD_BYTES, Fenced, LogUnavailable, Outgoing

logger = logging.getLogger(__name__)

STEP_MS = 8_000
"""For each of: init, records, offsets, commit. kafka-python's own calls would wait for ever."""

SETTINGS: dict[str, Any] = {
    "acks": "all",
    "compression_type": "lz4",
    # Everything of a transaction is there before it is waited for: nothing to linger for.
    "linger_ms": 0,
    "batch_size": 262_144,
    "retry_backoff_ms": 5,
    "request_timeout_ms": 5_000,
    "delivery_timeout_ms": STEP_MS,
    "max_block_ms": STEP_MS,
    "max_request_size": MAX_RECORD_BYTES * 4,
    # A killed bridge's open transaction holds up readers of what is committed for at most this and what the broker
    # takes to notice; a successor ends it at once.
    "transaction_timeout_ms": 10_000,
}
FENCED = (ProducerFencedError, InvalidProducerEpochError)


class Transactions:
    """One at a time, from one thread. Connects at first use."""

    def __init__(
        self,
        client: Mapping[str, Any],
        prefix: str,
        transactional_id: str,
        placing: Placing = KEYED,
    ) -> None:
        self.transactional_id = transactional_id
        self._client, self._prefix = dict(client), prefix
        self._placement = Placement(placing, prefix)
        self._producer: KafkaProducer | None = None
        self._is_in_doubt = False
        """The last transaction failed in a way that does not say whether it was committed."""

    def run(self, outgoing: Iterable[Outgoing], offsets: Mapping[Any, Any], group: Any) -> None:
        """Append and commit, both or neither; `offsets` and `group` (its metadata) as kafka-python has them.

        Raises Fenced when another producer took our transactional id, else LogUnavailable.
        """
        try:
            self._run(self._ready(), outgoing, offsets, group)
        except FENCED as error:
            self.close()
            raise Fenced("another bridge has ended our transaction") from error
        except KafkaError as error:
            logger.warning("a transaction failed, its producer is replaced: %r", error)
            self._is_in_doubt = True
            self.close()
            raise LogUnavailable(f"not published: {error!r}") from error

    def _run(self, producer: KafkaProducer, outgoing: Iterable[Outgoing], offsets: Any, group: Any) -> None:
        producer.begin_transaction()
        sent = [
            producer.send(
                self._prefix + one.topic,
                key=one.key,
                value=one.value,
                headers=list(one.headers),
                partition=self._placement.of(producer, one.topic, one.key),
            )
            for one in outgoing
        ]
        manager = producer._transaction_manager
        self._await(producer, manager.send_offsets_to_transaction(offsets, group))
        for future in sent:
            future.get(timeout=STEP_MS / 1000)
        self._await(producer, manager.begin_commit())

    @staticmethod
    def _await(producer: KafkaProducer, result: Any) -> None:
        producer._sender.wakeup()
        if not result.wait(timeout_ms=STEP_MS):
            raise KafkaTimeoutError("a step of the transaction took too long")

    def _ready(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = KafkaProducer(**self._client, **SETTINGS, transactional_id=self.transactional_id)
            self._producer.init_transactions()
            self._is_in_doubt = False
        return self._producer

    def settle(self) -> None:
        """After a failure: have the broker end it, one way or the other. Raises LogUnavailable or Fenced."""
        if not self._is_in_doubt:
            return
        try:
            self._ready()
        except FENCED as error:
            raise Fenced("another bridge has ended our transaction") from error
        except KafkaError as error:
            self.close()
            raise LogUnavailable(f"a transaction is not settled: {error!r}") from error

    def close(self) -> None:
        """Leaves an open transaction to whoever takes over, or to its time-out."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            force_close(producer)

    def fence_off(self, other: str) -> None:
        """End whatever another producer left open: from now on it is fenced. Raises LogUnavailable."""
        logger.warning("ending what %s left open", other)
        successor = Transactions(self._client, self._prefix, other)
        successor._is_in_doubt = True
        successor.settle()
        successor.close()
