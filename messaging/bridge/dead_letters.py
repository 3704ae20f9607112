"""Records that can never be applied: original bytes, reason and origin, in a topic of their own."""

from __future__ import annotations

import logging

from messaging import metrics
from messaging.bridge.backoff import Backoff
from messaging.bridge.topics import DEAD_LETTERS
from messaging.log.port import Appender, LogError, Record

logger = logging.getLogger(__name__)

ACKNOWLEDGE_S = 10.0


class DeadLetters:
    """`put` returns when the log has the letter safely: only then may the partition go on."""

    def __init__(self, appender: Appender, backoff: Backoff) -> None:
        self._appender = appender
        self._backoff = backoff
        self._of_this_batch: set[str] = set()

    def batch_is_done(self) -> None:
        """Until this is called, a record is put aside once, however often its batch is tried."""
        self._of_this_batch.clear()

    def put(self, record: Record, reason: str) -> None:
        partition = record.partition
        origin = f"{partition.topic}/{partition.number}/{record.offset}"
        if origin in self._of_this_batch:
            return
        headers = (("reason", reason[:500].encode()), ("origin", origin.encode()))
        while True:
            try:
                self._appender.append(DEAD_LETTERS, record.key, record.value, headers).result(ACKNOWLEDGE_S)
                break
            except (LogError, TimeoutError) as error:
                logger.warning("dead letter from %s waits: %s", origin, error)
                self._backoff.wait()
        self._backoff.reset()
        self._of_this_batch.add(origin)
        metrics.dead_letters.inc()
        logger.error("dead letter from %s: %s", origin, reason)
